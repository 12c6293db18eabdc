"""Import dated values of a market from a file: mark price, index price, open interest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from strategy_tester.domain.errors import CorruptCandles, InvalidParameter, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import VALUE_KINDS, CandleStore, MarketValues

_TIMES = ("opentime", "timestamp", "time", "timems", "createtime", "starttime", "start", "datetime", "date")
_VALUES = {
    "mark_price": ("markprice", "mark", "price", "value"),
    "index_price": ("indexprice", "index", "price", "value"),
    "open_interest": ("openinterest", "sumopeninterest", "oi", "value"),
}
_CANDLE = {"open", "high", "low", "close"}


@dataclass(frozen=True, eq=False)
class ValuesPreview:
    """The values of a file and the market they are taken for.

    Attributes:
        symbol: Market.
        source: Where it is traded.
        kind: One of `ports.VALUE_KINDS`.
        values: Values with the moment at which each was known.
        is_from_candles: Whether the file holds candles: their closes count, dated at the end of the candle.
    """

    symbol: str
    source: str
    kind: str
    values: MarketValues
    is_from_candles: bool


def kind_of(word: str) -> str:
    """`mark-price` as a kind of value. Raises InvalidParameter."""
    kind = word.replace("-", "_").lower()
    if kind not in VALUE_KINDS:
        raise InvalidParameter("kind", word, ", ".join(name.replace("_", "-") for name in VALUE_KINDS))
    return kind


def preview_values(path: Path, kind: str, symbol: str | None = None, source: str | None = None) -> ValuesPreview:
    """Read a CSV or Parquet file with a time and a value per row, or with candles of the value; nothing is stored.

    The close of a candle is known when the candle ends: that is the moment it is dated at.

    Raises:
        UnreadableFile: not there, or without the columns needed.
        MissingCandles: no row at all.
        CorruptCandles: a time or value that is none, or one time with two values.
    """
    from strategy_tester.marketdata.columns import numbers
    from strategy_tester.marketdata.file_names import guess_from_name
    from strategy_tester.marketdata.tables import file_errors, load_columns, read_head
    from strategy_tester.marketdata.times import NO_TIME, UnknownTimes, parse_times

    head = read_head(path)
    time_name, value_name, is_from_candles = _columns(path, head.names, kind)
    frame = load_columns(head, [time_name, value_name])
    if not len(frame):
        raise MissingCandles(f"{path.name} holds no values", hint="Download it again.")
    with file_errors(path):
        try:
            times, _ = parse_times(frame[time_name])
        except UnknownTimes as error:
            raise UnreadableFile(f"the column {time_name!r} of {path.name} holds no times: {error}") from error
        values = numbers(frame, value_name)
    _refuse(path, times == NO_TIME, "the time is missing or not readable")
    _refuse(path, ~np.isfinite(values) | (values < 0.0), "the value is missing or not a number of zero or more")
    name = guess_from_name(path.name)
    times, values = _in_order(path, times, values)
    if is_from_candles:
        times = _ends(path, times, name.timeframe)
    market = (symbol or name.symbol or path.stem.upper(), source or _market_of(name.source))
    return ValuesPreview(*market, kind, MarketValues(times, values), is_from_candles)


def store_values(preview: ValuesPreview, candle_store: CandleStore) -> int:
    """Store the values; returns how many of their times were new."""
    return candle_store.write_values(
        preview.symbol, preview.source, preview.kind, preview.values.time_ms, preview.values.value
    )


def _columns(path: Path, names: Sequence[str], kind: str) -> tuple[str, str, bool]:
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(re.sub(r"[\s._\-]", "", name).lower(), name)
    time = next((plain[word] for word in _TIMES if word in plain), None)
    value = next((plain[word] for word in _VALUES[kind] if word in plain), None)
    is_from_candles = value is None and plain.keys() >= _CANDLE
    if is_from_candles:
        value = plain["close"]
    if time is None or value is None:
        what = kind.replace("_", " ")
        raise UnreadableFile(
            f"{path.name} does not look like values of {what}; its columns are {', '.join(names[:20])}",
            hint=f"A column for the time and one named {_VALUES[kind][0]} or value are needed, or candles.",
        )
    return time, value, is_from_candles


def _in_order(path: Path, times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    repeated = np.append(False, times[1:] == times[:-1])
    _refuse(path, repeated & np.append(False, values[1:] != values[:-1]), "the same time stands there with two values")
    return times[~repeated], values[~repeated]


def _ends(path: Path, opens: np.ndarray, named: Timeframe | None) -> np.ndarray:
    """When each candle ends; the file's own steps count more than its name."""
    if opens.size > 1:
        steps, counts = np.unique(np.diff(opens), return_counts=True)
        named = Timeframe.from_milliseconds(int(steps[np.argmax(counts)])) or named
    if named is None:
        raise CorruptCandles(f"{path.name}: the length of its candles cannot be told", hint="Put it into the name: 1h.")
    return named.closes_of(opens)


def _market_of(source: str) -> str:
    """Mark and index prices are those of the perpetual."""
    from strategy_tester.marketdata.files import UNKNOWN_SOURCE

    words = source.split("-")
    kept = [word for word in words if word not in {"mark", "index", "premium"}]
    if len(kept) == len(words):
        return source or UNKNOWN_SOURCE
    perpetual = {"binance": "usdm"}.get(kept[0], "linear") if kept else ""
    return "-".join(kept if len(kept) > 1 else [*kept, perpetual])


def _refuse(path: Path, faulty: np.ndarray, problem: str) -> None:
    rows = np.flatnonzero(faulty)
    if rows.size:
        raise CorruptCandles(
            f"{path.name}: {problem} in {rows.size} of the rows", rows=tuple(int(row) for row in rows[:5]),
            hint="Mend the file or download it again.",
        )  # fmt: skip
