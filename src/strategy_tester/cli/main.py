"""`bst`: everything the window does, for the terminal and for scripts.

Exit codes: 0 done, 1 a fault of the program, 2 wrong usage, 3 bad input, 4 missing or bad data, 5 the database,
6 the exchange or the way to it (what came before is kept), 130 cancelled.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from strategy_tester.cli.exit_codes import EXIT_CANCELLED, EXIT_FAULT, EXIT_OK, EXIT_USAGE, exit_code
from strategy_tester.domain.errors import JobCancelled, StrategyTesterError
from strategy_tester.version import VERSION

COMMANDS = {
    "import": "import candles or funding rates from CSV and Parquet files",
    "data": "download, update, list, check, repair, resample and delete candles",
    "backtest": "run a strategy on a file or on stored candles",
    "runs": "list, show, compare and delete kept runs",
    "export": "write a kept run's trades, equity or metrics as CSV",
    "strategies": "list, show and check strategies",
    "indicators": "list and explain indicators",
    "metrics": "list and explain metrics",
    "exchange": "replay candles as a local exchange that speaks Bybit v5",
    "record": "record the order book and trades of a market to Parquet",
    "doctor": "what works on this machine",
    "demo": "a finished backtest of the practice market",
    "app": "open the window",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        _speak_utf8()
    if given[:1] == ["--probe-database"]:  # the storage's own child process, in a bundle too
        from strategy_tester.storage.probe import main as probe

        return probe(given[1:])
    parser = _parser(given)
    try:
        options = parser.parse_args(given)
    except SystemExit as leaving:
        return EXIT_OK if leaving.code in {0, None} else EXIT_USAGE
    if not hasattr(options, "run"):
        parser.print_help()
        return EXIT_USAGE
    return _guarded(options)


def _speak_utf8() -> None:
    """Names may be Russian; a redirected stream on Windows would otherwise refuse them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")


def _parser(given: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bst", description="Honest backtests of Bybit perpetuals.",
        epilog="Exit codes: 0 done, 1 fault of the program, 2 usage, 3 bad input, 4 data, 5 database, 6 exchange, "
        "130 cancelled.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"bst {VERSION}")
    commands = parser.add_subparsers(metavar="command")
    wanted = next((word for word in given if not word.startswith("-")), "")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        # Only the command in use is loaded: the others cost nothing at start-up.
        if name == wanted:
            import_module(f"strategy_tester.cli.{name}_command").add_arguments(command)
    return parser


def _guarded(options: Any) -> int:
    try:
        return int(options.run(options) or EXIT_OK)
    except StrategyTesterError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return exit_code(error)
    except (KeyboardInterrupt, JobCancelled):
        print("cancelled", file=sys.stderr)
        return EXIT_CANCELLED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except Exception as error:  # noqa: BLE001 - the top: whatever arrives here is our fault, and is written down
        return _own_fault(error)


def _own_fault(error: Exception) -> int:
    from strategy_tester.cli.fault_file import write_fault

    print(f"error: a fault of the program itself: {type(error).__name__}: {error}", file=sys.stderr)
    path = write_fault(error)
    if path is not None:
        print(f"hint: Please report it; the details are in {path}", file=sys.stderr)
    return EXIT_FAULT


if __name__ == "__main__":
    sys.exit(main())
