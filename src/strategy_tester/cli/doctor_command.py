"""`bst doctor`: what works on this machine."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from strategy_tester.cli import common, output
from strategy_tester.cli.exit_codes import EXIT_OK, EXIT_STORAGE

if TYPE_CHECKING:
    from strategy_tester.system.health import Check


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    common.add_data_folder(parser)
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Look at everything; the storage exit code when something that is needed does not work."""
    from strategy_tester.locations import data_folder
    from strategy_tester.system.health import guarded, run_checks

    folder = options.data_dir or data_folder()
    checks: list[Check] = []
    for check in run_checks(folder):
        checks.append(check)
        _say(check, options)
    checks.append(guarded("Database", lambda: _check_database(folder)))
    _say(checks[-1], options)
    failed = [check.name for check in checks if check.status == "fail"]
    if options.json:
        facts = [vars(check) for check in checks]
        output.print_json({"ok": not failed, "checks": facts})
    else:
        print(f"Not working: {', '.join(failed)}" if failed else "Everything that is needed works.")
    return EXIT_STORAGE if failed else EXIT_OK


def _say(check: "Check", options: Namespace) -> None:
    if options.json:
        return
    print(f"{check.status:<4}  {check.name}: {check.sentence}")
    if check.hint:
        print(f"      {check.hint}")


def _check_database(folder: Path) -> "Check":
    """Open the user's database, or a new one in a temporary folder where there is none yet, and read all of it."""
    import tempfile

    from strategy_tester.domain.errors import DatabaseLocked, StorageError
    from strategy_tester.storage.stores import open_stores
    from strategy_tester.system.health import Check

    is_new = not any(folder.glob("*.duckdb"))
    with tempfile.TemporaryDirectory(prefix="bst-doctor-", ignore_cleanup_errors=True) as empty:
        try:
            with open_stores(Path(empty) if is_new else folder) as stores:
                found = [*stores.notices, *stores.check()]
                series, runs = len(stores.candles.series()), len(stores.runs.list())
        except DatabaseLocked as error:
            return Check("Database", "warn", str(error), "Close the window and ask again to have the data read.")
        except StorageError as error:
            return Check("Database", "fail", str(error), error.hint)
    problems = [notice for notice in found if notice.level != "info"]
    if problems:
        level = "fail" if any(notice.level == "error" for notice in problems) else "warn"
        return Check("Database", level, " ".join(notice.text for notice in problems), problems[0].hint)
    text = "a new database opens" if is_new else f"{series} series and {runs} runs were read without a fault"
    return Check("Database", "ok", text)
