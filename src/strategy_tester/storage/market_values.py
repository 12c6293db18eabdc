"""Dated values of a market, such as mark prices, in DuckDB."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.errors import CorruptCandles, InvalidParameter
from strategy_tester.services.ports import VALUE_KINDS, MarketValues
from strategy_tester.storage.connection import Connection, fetch_columns
from strategy_tester.storage.vault import Change
from strategy_tester.storage.vault_tables import VALUES_WRITTEN

_WHERE = "symbol = ? AND source = ? AND kind = ?"


def check_values(kind: str, times: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Refuse what is no series of values.

    Raises:
        InvalidParameter: an unknown kind.
        CorruptCandles: different lengths, times that do not rise, or a value that is not a number.
    """
    if kind not in VALUE_KINDS:
        raise InvalidParameter("kind", kind, ", ".join(VALUE_KINDS))
    if times.size != values.size:
        raise CorruptCandles(f"{kind}: {times.size} times and {values.size} values")
    if np.any(np.diff(times) <= 0):
        raise CorruptCandles(f"{kind}: times do not rise")
    if not np.all(np.isfinite(values)):
        raise CorruptCandles(f"{kind}: a value is not a number")


def read_values(
    connection: Connection, series: tuple[str, str, str], start_ms: int | None, end_ms: int | None
) -> MarketValues:
    """Values of (symbol, source, kind) in start_ms..end_ms, oldest first."""
    bounds = np.iinfo(np.int64)
    found = fetch_columns(
        connection,
        f"SELECT time_ms, value FROM market_values WHERE {_WHERE} AND time_ms >= ? AND time_ms < ? ORDER BY time_ms",  # noqa: S608 - ours
        [*series, bounds.min if start_ms is None else start_ms, bounds.max if end_ms is None else end_ms],
    )
    return MarketValues(found["time_ms"], found["value"])


def write_values(
    connection: Connection, series: tuple[str, str, str], times: NDArray[np.int64], values: NDArray[np.float64]
) -> Change[int]:
    """Replace the range that the times span by what was there and what is new."""
    first, last = int(times[0]), int(times[-1])
    stored = read_values(connection, series, first, last + 1)
    kept = ~np.isin(stored.time_ms, times)
    added = int((~np.isin(times, stored.time_ms)).sum())
    joined = {
        "time_ms": np.concatenate((stored.time_ms[kept], times)),
        "value": np.concatenate((stored.value[kept], values)),
    }
    order = np.argsort(joined["time_ms"], kind="stable")
    connection.execute(
        f"DELETE FROM market_values WHERE {_WHERE} AND time_ms >= ? AND time_ms <= ?",  # noqa: S608 - ours
        [*series, first, last],
    )
    connection.register("incoming_values", {name: column[order] for name, column in joined.items()})
    try:
        connection.execute("INSERT INTO market_values SELECT ?, ?, ?, time_ms, value FROM incoming_values", [*series])
    finally:
        connection.unregister("incoming_values")
    symbol, source, kind = series
    body = {"symbol": symbol, "source": source, "kind": kind, "values": int(times.size)}
    return Change(added, VALUES_WRITTEN, body)


def value_kinds(connection: Connection, symbol: str, source: str) -> list[str]:
    """Kinds that are stored for a market, in the order of VALUE_KINDS."""
    rows = connection.execute(
        "SELECT DISTINCT kind FROM market_values WHERE symbol = ? AND source = ?", [symbol, source]
    ).fetchall()
    return [kind for kind in VALUE_KINDS if (kind,) in rows]
