"""`bst`: everything the window does, for the terminal and for scripts.

Exit codes: 0 done, 1 a fault of the program, 2 wrong usage, 3 bad input, 4 missing or bad data, 5 the database,
130 cancelled.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from strategy_tester.domain.errors import (
    DataError,
    InputError,
    JobCancelled,
    StorageError,
    StrategyTesterError,
)
from strategy_tester.version import VERSION

EXIT_OK, EXIT_FAULT, EXIT_USAGE, EXIT_INPUT, EXIT_DATA, EXIT_STORAGE, EXIT_CANCELLED = 0, 1, 2, 3, 4, 5, 130
COMMANDS = {
    "import": "import candles or funding rates from CSV and Parquet files",
    "data": "list, check, resample and delete stored candles",
    "backtest": "run a strategy on a file or on stored candles",
    "runs": "list, show, compare and delete kept runs",
    "export": "write a kept run's trades, equity or metrics as CSV",
    "strategies": "list, show and check strategies",
    "indicators": "list and explain indicators",
    "metrics": "list and explain metrics",
    "doctor": "what works on this machine",
    "demo": "a finished backtest of the practice market",
    "app": "open the window",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
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


def _parser(given: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bst", description="Honest backtests of Bybit perpetuals.",
        epilog="Exit codes: 0 done, 1 fault of the program, 2 usage, 3 bad input, 4 data, 5 database, 130 cancelled.",
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
    except BrokenPipeError:
        return EXIT_OK


def exit_code(error: StrategyTesterError) -> int:
    """The exit code of an expected error."""
    if isinstance(error, InputError):
        return EXIT_INPUT
    if isinstance(error, DataError):
        return EXIT_DATA
    return EXIT_STORAGE if isinstance(error, StorageError) else EXIT_INPUT


if __name__ == "__main__":
    sys.exit(main())
