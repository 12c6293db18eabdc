"""What was downloaded, in DuckDB: verified spans, dated listings, tiers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import StorageError
from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.listings import Listing, RiskTier
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.coverage import put_over, take_out
from strategy_tester.services.ports import (
    CoveredSpan,
    DatedFeeTiers,
    DatedListing,
    DatedRiskTiers,
    HistoryKey,
    SeriesKey,
    WriteOutcome,
)
from strategy_tester.storage import dated_rows
from strategy_tester.storage.candle_store import key_of_candles, remove_before, series_row, write_candles
from strategy_tester.storage.connection import Connection, fetch_columns, fetch_one, wal_of
from strategy_tester.storage.coverage_table import read_spans, write_spans
from strategy_tester.storage.vault import Change, Vault

_BLOCK_BYTES = 262_144
_ROW_BYTES = 64


class DuckDbHistoryStore:
    """Fulfils `HistoryStore`. Everything here can be asked for again: no journal keeps it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def append(self, candles: Candles, spans: Sequence[CoveredSpan]) -> WriteOutcome:
        """See `HistoryStore.append`."""
        key = key_of_candles(candles)

        def work(connection: Connection) -> Change[WriteOutcome]:
            change = write_candles(connection, key, candles) if len(candles) else Change(WriteOutcome(0, 0, 0))
            covered = HistoryKey.of(key)
            write_spans(connection, covered, put_over(read_spans(connection, covered), spans))
            return change

        return self._vault.write(work)

    def cover(self, key: HistoryKey, spans: Sequence[CoveredSpan]) -> None:
        """See `HistoryStore.cover`."""
        self._change_spans(key, lambda known: put_over(known, spans))

    def uncover(self, key: HistoryKey, start_ms: int, end_ms: int) -> None:
        """See `HistoryStore.uncover`."""
        self._change_spans(key, lambda known: take_out(known, start_ms, end_ms))

    def covered(self, key: HistoryKey) -> list[CoveredSpan]:
        """See `HistoryStore.covered`."""
        return self._vault.database.run(lambda connection: read_spans(connection, key))

    def open_times(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> NDArray[np.int64]:
        """See `HistoryStore.open_times`."""
        return self._vault.database.run(lambda connection: _open_times(connection, key, start_ms, end_ms))

    def delete_before(self, key: SeriesKey, before_ms: int) -> int:
        """See `HistoryStore.delete_before`."""

        def work(connection: Connection) -> Change[int]:
            covered = HistoryKey.of(key)
            spans = read_spans(connection, covered)
            if spans:
                write_spans(connection, covered, take_out(spans, min(spans[0].start_ms, before_ms), before_ms))
            return remove_before(connection, key, before_ms)

        return self._vault.write(work)

    def stored_bytes(self) -> dict[SeriesKey, int]:
        """See `HistoryStore.stored_bytes`. Rows that are not in the file yet count as they are in memory."""
        return self._vault.database.run(self._stored_bytes)

    def tidy(self) -> None:
        """See `HistoryStore.tidy`."""
        self._vault.database.run(self._vault.database.checkpoint)

    def write_listings(self, listings: Sequence[Listing], at_ms: int) -> int:
        """See `HistoryStore.write_listings`."""
        if not listings:
            return 0
        return self._vault.write(lambda connection: Change(dated_rows.write_listings(connection, listings, at_ms)))

    def listing(self, symbol: str, source: str, time_ms: int | None = None) -> DatedListing | None:
        """See `HistoryStore.listing`."""
        return at_time(self.listing_changes(symbol, source), time_ms)

    def listing_changes(self, symbol: str, source: str) -> list[DatedListing]:
        """See `HistoryStore.listing_changes`."""
        return self._vault.database.run(lambda connection: dated_rows.read_listings(connection, source, symbol))

    def listings(self, source: str) -> list[DatedListing]:
        """See `HistoryStore.listings`."""
        rows = self._vault.database.run(lambda connection: dated_rows.read_listings(connection, source))
        latest = {row.listing.market.symbol: row for row in rows}
        return [latest[symbol] for symbol in sorted(latest)]

    def write_risk_tiers(self, symbol: str, source: str, tiers: Sequence[RiskTier], at_ms: int) -> bool:
        """See `HistoryStore.write_risk_tiers`."""
        return self._vault.write(
            lambda connection: Change(dated_rows.write_risk_tiers(connection, (symbol, source), tiers, at_ms))
        )

    def risk_tiers(self, symbol: str, source: str, time_ms: int | None = None) -> DatedRiskTiers | None:
        """See `HistoryStore.risk_tiers`."""
        return at_time(
            self._vault.database.run(lambda connection: dated_rows.read_risk_tiers(connection, symbol, source)), time_ms
        )

    def write_fee_tiers(self, source: str, tiers: Sequence[FeeTier], from_ms: int, note: str = "") -> bool:
        """See `HistoryStore.write_fee_tiers`."""
        return self._vault.write(
            lambda connection: Change(dated_rows.write_fee_tiers(connection, source, tiers, from_ms, note))
        )

    def fee_tiers(self, source: str, time_ms: int | None = None) -> DatedFeeTiers | None:
        """See `HistoryStore.fee_tiers`."""
        return at_time(
            self._vault.database.run(lambda connection: dated_rows.read_fee_tiers(connection, source)), time_ms
        )

    def _change_spans(self, key: HistoryKey, change: Any) -> None:
        def work(connection: Connection) -> Change[None]:
            write_spans(connection, key, change(read_spans(connection, key)))
            return Change(None)

        self._vault.write(work)

    def _stored_bytes(self, connection: Connection) -> dict[SeriesKey, int]:
        rows = connection.execute("SELECT symbol, timeframe, source, candles FROM series").fetchall()
        total = sum(row[3] for row in rows)
        if not total:
            return {}
        wal = wal_of(self._vault.database.path)
        taken = _candle_blocks(connection) * _BLOCK_BYTES + (wal.stat().st_size if wal.exists() else 0)
        per_row = taken / total if taken else float(_ROW_BYTES)
        return {
            SeriesKey(symbol, Timeframe.parse(timeframe), source): round(candles * per_row)
            for symbol, timeframe, source, candles in rows
        }


def at_time(rows: Sequence[Any], time_ms: int | None) -> Any:
    """Of dated rows, oldest first, the one that held at a time; the first where nothing older is known."""
    if not rows:
        return None
    if time_ms is None:
        return rows[-1]
    return next((row for row in reversed(rows) if row.from_ms <= time_ms), rows[0])


def _candle_blocks(connection: Connection) -> int:
    try:
        row = fetch_one(
            connection,
            "SELECT count(DISTINCT block_id) FROM pragma_storage_info('candles') WHERE persistent AND block_id >= 0",
        )
    except StorageError:
        return 0
    return int(row[0]) if row else 0


def _open_times(connection: Connection, key: SeriesKey, start_ms: int | None, end_ms: int | None) -> NDArray[np.int64]:
    row = series_row(connection, key)
    if row is None:
        return np.empty(0, np.int64)
    first = row[2] if start_ms is None else start_ms
    end = row[3] + 1 if end_ms is None else end_ms
    times = fetch_columns(
        connection,
        "SELECT open_time_ms FROM candles WHERE series_id = ? AND open_time_ms >= ? AND open_time_ms < ?",
        [row[0], first, end],
    )["open_time_ms"]
    return times if np.all(times[1:] > times[:-1]) else np.sort(times)
