"""Options and steps that several commands share."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.timeframes import Timeframe

if TYPE_CHECKING:
    from strategy_tester.composition import Assembled
    from strategy_tester.services.ports import CandleStore, SeriesKey


def add_json(parser: ArgumentParser) -> None:
    """The `--json` switch."""
    parser.add_argument("--json", action="store_true", help="machine-readable output")


def add_data_folder(parser: ArgumentParser) -> None:
    """The `--data-dir` option."""
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="data folder instead of the user's own")


def add_series(parser: ArgumentParser, *, required: bool) -> None:
    """The options that name a stored series."""
    parser.add_argument("--symbol", required=required, help="instrument, such as BTCUSDT")
    parser.add_argument("--timeframe", required=required, help="1m 3m 5m 15m 30m 1h 2h 4h 6h 12h 1d 1w 1M")
    parser.add_argument("--source", help="where the candles come from; needed only when several have the symbol")


@contextmanager
def opened(folder: Path | None) -> Iterator["Assembled"]:
    """The program's stores, closed afterwards; what happened while opening goes to standard error."""
    import sys

    from strategy_tester.composition import assemble

    program = assemble(folder)
    try:
        for notice in program.notices:
            print(f"{notice.level}: {notice.text} {notice.hint}".strip(), file=sys.stderr)
        yield program
    finally:
        program.close()


def on_store(name: str, work: Callable[[Namespace, Any], None]) -> Callable[[Namespace], int]:
    """A command that opens the stores, gives one of them (`candles`, `runs`, ...) to `work`, and closes them."""

    def run(options: Namespace) -> int:
        with opened(options.data_dir) as program:
            work(options, getattr(program.services, name))
        return 0

    return run


def find_series(store: "CandleStore", symbol: str, timeframe: str, source: str | None) -> "SeriesKey":
    """The stored series these words name.

    Raises:
        InvalidParameter: none, or more than one; the message lists what there is.
    """
    frame = Timeframe.parse(timeframe)
    stored = [summary.key for summary in store.series()]
    found = [key for key in stored if key.symbol == symbol and key.timeframe is frame and source in {None, key.source}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(str(key) for key in (found or stored)) or "nothing is stored yet"
    wanted = " ".join(filter(None, (symbol, str(frame), source)))
    hint = "Say which with --source." if found else "Import candles first: bst import FILE"
    raise InvalidParameter("series", wanted, known, hint=hint)


def moment(text: str | None, name: str) -> int | None:
    """A day or moment in UTC as milliseconds.

    Raises:
        InvalidParameter: it is no date.
    """
    if text is None:
        return None
    from datetime import UTC, datetime, timedelta

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidParameter(name, text, "a day or moment in UTC, such as 2025-09-15 or 2025-09-15T08:00") from error
    moment_ms = (found.replace(tzinfo=found.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(
        milliseconds=1
    )
    return round(moment_ms)
