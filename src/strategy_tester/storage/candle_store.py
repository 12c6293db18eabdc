"""Candles, funding and instruments in DuckDB."""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import HistoryKey, MarketValues, SeriesKey, SeriesSummary, WriteOutcome
from strategy_tester.storage import market_values
from strategy_tester.storage.connection import Connection, fetch_columns, fetch_one, insert_columns
from strategy_tester.storage.coverage_table import forget_spans, write_spans
from strategy_tester.storage.vault import Change, Vault
from strategy_tester.storage.vault_tables import (
    CANDLES_DELETED,
    CANDLES_WRITTEN,
    FUNDING_WRITTEN,
    INSTRUMENTS_WRITTEN,
    SERIES_COLUMNS,
)

Columns = dict[str, NDArray[Any]]
_PRICES = ("open", "high", "low", "close", "volume")
_NOTHING = WriteOutcome(0, 0, 0)


class DuckDbCandleStore:
    """Fulfils `CandleStore`. Rows of a series are inserted in the order of time, so that ranges read fast."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def write(self, candles: Candles) -> WriteOutcome:
        """See `CandleStore.write`. Candles that are already there alike are not written again."""
        key = key_of_candles(candles)
        if not len(candles):
            return _NOTHING
        return self._vault.write(lambda connection: _write_unchecked(connection, key, candles))

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Candles:
        """See `CandleStore.read`."""
        columns, has_turnover = self._vault.database.run(lambda connection: _read(connection, key, start_ms, end_ms))
        turnover = columns.pop("turnover", None)
        return Candles(
            **columns, turnover=turnover if has_turnover else None,
            symbol=key.symbol, timeframe=key.timeframe, source=key.source,
        )  # fmt: skip

    def series(self) -> list[SeriesSummary]:
        """See `CandleStore.series`."""
        rows = self._vault.database.run(
            lambda connection: connection.execute(f"SELECT {', '.join(SERIES_COLUMNS)} FROM series").fetchall()  # noqa: S608 - ours
        )
        found = [
            SeriesSummary(SeriesKey(symbol, Timeframe.parse(timeframe), source), candles, first, last)
            for symbol, timeframe, source, candles, first, last in rows
        ]
        return sorted(found, key=lambda summary: summary.key)

    def delete(self, key: SeriesKey) -> int:
        """See `CandleStore.delete`."""
        return self._vault.write(lambda connection: _delete(connection, key))

    def write_funding(self, symbol: str, source: str, funding: FundingRates) -> int:
        """See `CandleStore.write_funding`."""
        if not len(funding):
            return 0
        return self._vault.write(lambda connection: _write_funding(connection, symbol, source, funding))

    def read_funding(
        self, symbol: str, source: str, start_ms: int | None = None, end_ms: int | None = None
    ) -> FundingRates:
        """See `CandleStore.read_funding`."""
        return self._vault.database.run(lambda connection: _read_funding(connection, symbol, source, start_ms, end_ms))

    def write_values(
        self, symbol: str, source: str, kind: str, times: NDArray[np.int64], values: NDArray[np.float64]
    ) -> int:
        """See `CandleStore.write_values`."""
        times, values = np.ascontiguousarray(times, dtype=np.int64), np.ascontiguousarray(values, dtype=np.float64)
        market_values.check_values(kind, times, values)
        if not times.size:
            return 0
        series = symbol, source, kind
        return self._vault.write(lambda connection: market_values.write_values(connection, series, times, values))

    def read_values(
        self, symbol: str, source: str, kind: str, start_ms: int | None = None, end_ms: int | None = None
    ) -> MarketValues:
        """See `CandleStore.read_values`."""
        series = symbol, source, kind
        return self._vault.database.run(
            lambda connection: market_values.read_values(connection, series, start_ms, end_ms)
        )

    def value_kinds(self, symbol: str, source: str) -> tuple[str, ...]:
        """See `CandleStore.value_kinds`."""
        return tuple(self._vault.database.run(lambda connection: market_values.value_kinds(connection, symbol, source)))

    def write_instruments(self, instruments: list[Instrument]) -> None:
        """See `CandleStore.write_instruments`."""
        if instruments:
            self._vault.write(lambda connection: _write_instruments(connection, instruments))

    def instrument(self, symbol: str, source: str) -> Instrument | None:
        """See `CandleStore.instrument`."""
        names = [field.name for field in fields(Instrument)]
        row = self._vault.database.run(
            lambda connection: fetch_one(
                connection,
                f"SELECT {', '.join(names)} FROM instruments WHERE symbol = ? AND source = ?",  # noqa: S608 - ours
                [symbol, source],
            )
        )
        return Instrument(**dict(zip(names, row, strict=True))) if row else None


def key_of_candles(candles: Candles) -> SeriesKey:
    """Under which name candles are stored. Raises InvalidParameter when they have none."""
    if not candles.symbol:
        raise InvalidParameter("symbol", candles.symbol, "a name such as BTCUSDT")
    if candles.timeframe is None:
        raise InvalidParameter("timeframe", None, "a known candle length")
    return SeriesKey(candles.symbol, candles.timeframe, candles.source)


def series_row(connection: Connection, key: SeriesKey) -> tuple[int, int, int, int, bool] | None:
    """Of a series: series_id, candles, first and last open time, has_turnover."""
    return fetch_one(
        connection,
        "SELECT series_id, candles, first_open_ms, last_open_ms, has_turnover FROM series"
        " WHERE symbol = ? AND timeframe = ? AND source = ?",
        [key.symbol, str(key.timeframe), key.source],
    )  # type: ignore[return-value]


def _select(connection: Connection, series_id: int, start_ms: int, end_ms: int, *, turnover: bool) -> Columns:
    """Columns of a range, end excluded, oldest first."""
    names = ("open_time_ms", *_PRICES, "turnover") if turnover else ("open_time_ms", *_PRICES)
    # No ORDER BY: rows come back in the order they were inserted, which is the order of time unless older candles
    # were added later. Looking is a hundred times cheaper than sorting.
    found = fetch_columns(
        connection,
        f"SELECT {', '.join(names)} FROM candles WHERE series_id = ? AND open_time_ms >= ? AND open_time_ms < ?",  # noqa: S608 - ours
        [series_id, start_ms, end_ms],
    )
    return _in_order(found, "open_time_ms")


def _in_order(columns: Columns, by: str) -> Columns:
    times = columns[by]
    if np.all(times[1:] > times[:-1]):
        return columns
    order = np.argsort(times, kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _read(connection: Connection, key: SeriesKey, start_ms: int | None, end_ms: int | None) -> tuple[Columns, bool]:
    row = series_row(connection, key)
    if row is None:
        raise MissingCandles(f"There are no candles of {key}.", hint="Import or download them first.")
    series_id, _, first, last, has_turnover = row
    start = first if start_ms is None else start_ms
    end = last + 1 if end_ms is None else end_ms
    return _select(connection, series_id, start, end, turnover=has_turnover), has_turnover


def _write_unchecked(connection: Connection, key: SeriesKey, candles: Candles) -> Change[WriteOutcome]:
    """Candles that do not come from the exchange itself: what they replace counts as unchecked again."""
    change = write_candles(connection, key, candles)
    if change.answer.replaced:
        frame = key.timeframe
        first, last = (int(moment) for moment in candles.open_time_ms[[0, -1]])
        forget_spans(connection, HistoryKey.of(key), first, frame.next_open(last))
    return change


def write_candles(connection: Connection, key: SeriesKey, candles: Candles) -> Change[WriteOutcome]:
    """Bring candles into their series, inside a transaction."""
    row = series_row(connection, key)
    incoming: Columns = {"open_time_ms": candles.open_time_ms, **{name: getattr(candles, name) for name in _PRICES}}
    if candles.turnover is not None:
        incoming["turnover"] = candles.turnover
    has_turnover = "turnover" in incoming or bool(row and row[4])
    if row is None:
        series_id = _next_series_id(connection)
        insert_columns(connection, "candles", incoming, series_id=series_id)
        outcome = WriteOutcome(len(candles), 0, 0)
        count, first, last = len(candles), int(candles.open_time_ms[0]), int(candles.open_time_ms[-1])
    else:
        series_id, count, first, last, _ = row
        is_beside = bool(candles.open_time_ms[0] > last or candles.open_time_ms[-1] < first)
        outcome = _merge(connection, series_id, incoming, has_turnover=has_turnover, is_beside=is_beside)
        if not outcome.added and not outcome.replaced:
            return Change(outcome)
        count += outcome.added
        first, last = min(first, int(candles.open_time_ms[0])), max(last, int(candles.open_time_ms[-1]))
        connection.execute("DELETE FROM series WHERE series_id = ?", [series_id])
    connection.execute(
        "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [series_id, key.symbol, str(key.timeframe), key.source, count, first, last, has_turnover],
    )
    body = (key.symbol, str(key.timeframe), key.source, count, first, last)
    return Change(outcome, CANDLES_WRITTEN, dict(zip(SERIES_COLUMNS, body, strict=True)))


def _next_series_id(connection: Connection) -> int:
    row = fetch_one(connection, "SELECT coalesce(max(series_id), 0) + 1 FROM series")
    return int(row[0]) if row else 1


def _merge(
    connection: Connection, series_id: int, incoming: Columns, *, has_turnover: bool, is_beside: bool
) -> WriteOutcome:
    """Bring candles into a series that exists: only the range that differs is deleted and inserted again.

    Candles that lie beside all that is stored need no look at it: in a table of many series that look takes longer
    than the insert.
    """
    if has_turnover and "turnover" not in incoming:
        incoming = {**incoming, "turnover": np.full(incoming["open_time_ms"].size, np.nan)}
    times = incoming["open_time_ms"]
    if is_beside:
        insert_columns(connection, "candles", incoming, series_id=series_id)
        return WriteOutcome(int(times.size), 0, 0)
    stored = _select(connection, series_id, int(times[0]), int(times[-1]) + 1, turnover=has_turnover)
    if not stored["open_time_ms"].size:
        insert_columns(connection, "candles", incoming, series_id=series_id)
        return WriteOutcome(int(times.size), 0, 0)
    is_new, differs = _compare(stored, incoming)
    outcome = WriteOutcome(int(is_new.sum()), int(differs.sum()), int((~is_new & ~differs).sum()))
    touched = np.flatnonzero(is_new | differs)
    if touched.size:
        start, end = int(times[touched[0]]), int(times[touched[-1]]) + 1
        merged = _join(_cut(stored, start, end), _cut(incoming, start, end))
        connection.execute(
            "DELETE FROM candles WHERE series_id = ? AND open_time_ms >= ? AND open_time_ms < ?",
            [series_id, start, end],
        )
        insert_columns(connection, "candles", merged, series_id=series_id)
    return outcome


def _compare(stored: Columns, incoming: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Per incoming candle: is its open time new; is it there with other values. A missing turnover is no difference."""
    times, known = incoming["open_time_ms"], stored["open_time_ms"]
    place = np.minimum(np.searchsorted(known, times), known.size - 1)
    is_new = known[place] != times
    differs = np.zeros(times.size, dtype=np.bool_)
    for name in _PRICES:
        differs |= stored[name][place] != incoming[name]
    if "turnover" in incoming:
        value = incoming["turnover"]
        differs |= ~np.isnan(value) & (stored["turnover"][place] != value)
    return is_new, differs & ~is_new


def _cut(columns: Columns, start_ms: int, end_ms: int) -> Columns:
    part = slice(*np.searchsorted(columns["open_time_ms"], [start_ms, end_ms]))
    return {name: column[part] for name, column in columns.items()}


def _join(older: Columns, newer: Columns) -> Columns:
    """Both, sorted by time; where both have a time the newer one counts (an unknown turnover keeps the older)."""
    if "turnover" in newer and older["open_time_ms"].size:
        newer = {**newer, "turnover": _fill_turnover(older, newer)}
    kept = ~np.isin(older["open_time_ms"], newer["open_time_ms"], assume_unique=True)
    joined = {name: np.concatenate((older[name][kept], newer[name])) for name in newer}
    return _in_order(joined, "open_time_ms")


def _fill_turnover(older: Columns, newer: Columns) -> NDArray[np.float64]:
    place = np.minimum(np.searchsorted(older["open_time_ms"], newer["open_time_ms"]), older["open_time_ms"].size - 1)
    fills = np.isnan(newer["turnover"]) & (older["open_time_ms"][place] == newer["open_time_ms"])
    return np.where(fills, older["turnover"][place], newer["turnover"])


def _delete(connection: Connection, key: SeriesKey) -> Change[int]:
    row = series_row(connection, key)
    if row is None:
        return Change(0)
    series_id, count, first, last, _ = row
    connection.execute("DELETE FROM candles WHERE series_id = ?", [series_id])
    connection.execute("DELETE FROM series WHERE series_id = ?", [series_id])
    write_spans(connection, HistoryKey.of(key), [])
    body = (key.symbol, str(key.timeframe), key.source, count, first, last)
    return Change(int(count), CANDLES_DELETED, dict(zip(SERIES_COLUMNS, body, strict=True)))


def remove_before(connection: Connection, key: SeriesKey, before_ms: int) -> Change[int]:
    """Remove the candles of a series that open before a moment, inside a transaction."""
    row = series_row(connection, key)
    if row is None or row[2] >= before_ms:
        return Change(0)
    series_id, count, _, last, has_turnover = row
    if last < before_ms:
        return _delete(connection, key)
    where = "series_id = ? AND open_time_ms < ?"
    gone = fetch_one(connection, f"SELECT count(*) FROM candles WHERE {where}", [series_id, before_ms])  # noqa: S608 - ours
    removed = int(gone[0]) if gone else 0
    connection.execute(f"DELETE FROM candles WHERE {where}", [series_id, before_ms])  # noqa: S608 - ours
    first = fetch_one(connection, "SELECT min(open_time_ms) FROM candles WHERE series_id = ?", [series_id])
    connection.execute("DELETE FROM series WHERE series_id = ?", [series_id])
    body = (key.symbol, str(key.timeframe), key.source, count - removed, int(first[0]) if first else last, last)
    connection.execute("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [series_id, *body, has_turnover])
    return Change(removed, CANDLES_WRITTEN, dict(zip(SERIES_COLUMNS, body, strict=True)))


def _read_funding(
    connection: Connection, symbol: str, source: str, start_ms: int | None, end_ms: int | None
) -> FundingRates:
    bounds = np.iinfo(np.int64)
    found = fetch_columns(
        connection,
        "SELECT time_ms, rate, mark_price FROM funding WHERE symbol = ? AND source = ? AND time_ms >= ? AND time_ms < ?"
        " ORDER BY time_ms",
        [symbol, source, bounds.min if start_ms is None else start_ms, bounds.max if end_ms is None else end_ms],
    )
    return FundingRates(**found)


def _write_funding(connection: Connection, symbol: str, source: str, funding: FundingRates) -> Change[int]:
    times = funding.time_ms
    stored = _read_funding(connection, symbol, source, int(times[0]), int(times[-1]) + 1)
    added = int((~np.isin(times, stored.time_ms)).sum())
    connection.execute(
        "DELETE FROM funding WHERE symbol = ? AND source = ? AND time_ms >= ? AND time_ms <= ?",
        [symbol, source, int(times[0]), int(times[-1])],
    )
    kept = ~np.isin(stored.time_ms, times)
    joined = _in_order(
        {
            name: np.concatenate((getattr(stored, name)[kept], getattr(funding, name)))
            for name in ("time_ms", "rate", "mark_price")
        },
        "time_ms",
    )
    connection.register("incoming_funding", joined)
    try:
        connection.execute(
            "INSERT INTO funding SELECT ?, ?, time_ms, rate, mark_price FROM incoming_funding", [symbol, source]
        )
    finally:
        connection.unregister("incoming_funding")
    return Change(added, FUNDING_WRITTEN, {"symbol": symbol, "source": source, "settlements": int(times.size)})


def _write_instruments(connection: Connection, instruments: list[Instrument]) -> Change[None]:
    names = [field.name for field in fields(Instrument)]
    marks = ", ".join("?" for _ in names)
    for instrument in instruments:
        connection.execute(
            "DELETE FROM instruments WHERE symbol = ? AND source = ?", [instrument.symbol, instrument.source]
        )
        connection.execute(
            f"INSERT INTO instruments ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - names are ours
            [getattr(instrument, name) for name in names],
        )
    return Change(None, INSTRUMENTS_WRITTEN, {"instruments": len(instruments)})
