"""In-memory fulfilments of the services' ports, with the same promises as the real ones but durability."""

import copy
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter, MissingCandles
from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, RiskTier
from strategy_tester.domain.results import BacktestResult
from strategy_tester.services.coverage import put_over, take_out
from strategy_tester.services.ports import (
    VALUE_KINDS,
    CoveredSpan,
    DatedFeeTiers,
    DatedListing,
    DatedRiskTiers,
    HistoryKey,
    MarketValues,
    RunDescription,
    RunSummary,
    SeriesKey,
    SeriesSummary,
    StoredRun,
    StoredStrategy,
    WriteOutcome,
)

_PRICES = ("open", "high", "low", "close", "volume")


class MemoryCandleStore:
    """A dictionary of series; rows are dictionaries by open time."""

    def __init__(self) -> None:
        self._rows: dict[SeriesKey, dict[int, tuple[float, ...]]] = {}
        self._has_turnover: dict[SeriesKey, bool] = {}
        self._funding: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
        self._values: dict[tuple[str, str, str], dict[int, float]] = {}
        self._instruments: dict[tuple[str, str], Instrument] = {}
        self.spans: dict[HistoryKey, list[CoveredSpan]] = {}

    def write(self, candles: Candles) -> WriteOutcome:
        outcome = self.write_checked(candles)
        if outcome.replaced and candles.timeframe is not None:
            key = SeriesKey(candles.symbol, candles.timeframe, candles.source)
            first, last = (int(moment) for moment in candles.open_time_ms[[0, -1]])
            name = HistoryKey.of(key)
            self.spans[name] = take_out(self.spans.get(name, []), first, key.timeframe.next_open(last))
        return outcome

    def write_checked(self, candles: Candles) -> WriteOutcome:
        if not candles.symbol or candles.timeframe is None:
            raise InvalidParameter("symbol", candles.symbol, "candles with a symbol and a timeframe")
        if not len(candles):
            return WriteOutcome(0, 0, 0)
        key = SeriesKey(candles.symbol, candles.timeframe, candles.source)
        rows = self._rows.setdefault(key, {})
        self._has_turnover[key] = self._has_turnover.get(key, False) or candles.turnover is not None
        turnover = np.full(len(candles), np.nan) if candles.turnover is None else candles.turnover
        added = replaced = 0
        for bar, moment in enumerate(candles.open_time_ms.tolist()):
            row = (*(float(candles.column(name)[bar]) for name in _PRICES), float(turnover[bar]))
            old = rows.get(moment)
            if old is not None and np.isnan(row[5]):
                row = (*row[:5], old[5])
            if old is None:
                added += 1
            elif old[:5] != row[:5] or (old[5] != row[5] and not np.isnan(row[5])):
                replaced += 1
            rows[moment] = row
        return WriteOutcome(added, replaced, len(candles) - added - replaced)

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Candles:
        if key not in self._rows:
            raise MissingCandles(f"There are no candles of {key}.", hint="Import or download them first.")
        rows = self._rows[key]
        times = np.array(sorted(rows), dtype=np.int64)
        table = np.array([rows[moment] for moment in times.tolist()], dtype=float).reshape(-1, 6)
        return Candles(
            times, *(table[:, place] for place in range(5)),
            turnover=table[:, 5] if self._has_turnover[key] else None,
            symbol=key.symbol, timeframe=key.timeframe, source=key.source,
        ).between(start_ms, end_ms)  # fmt: skip

    def series(self) -> list[SeriesSummary]:
        return [SeriesSummary(key, len(rows), min(rows), max(rows)) for key, rows in sorted(self._rows.items())]

    def delete(self, key: SeriesKey) -> int:
        self.spans.pop(HistoryKey.of(key), None)
        return len(self._rows.pop(key, {}))

    def times(self, key: SeriesKey) -> list[int]:
        return sorted(self._rows.get(key, {}))

    def remove_before(self, key: SeriesKey, before_ms: int) -> int:
        rows = self._rows.get(key, {})
        gone = [moment for moment in rows if moment < before_ms]
        for moment in gone:
            del rows[moment]
        if not rows:
            self._rows.pop(key, None)
        return len(gone)

    def write_funding(self, symbol: str, source: str, funding: FundingRates) -> int:
        stored = self._funding.setdefault((symbol, source), {})
        known = len(stored)
        for moment, rate, mark in zip(funding.time_ms.tolist(), funding.rate, funding.mark_price, strict=True):
            stored[moment] = (float(rate), float(mark))
        return len(stored) - known

    def read_funding(
        self, symbol: str, source: str, start_ms: int | None = None, end_ms: int | None = None
    ) -> FundingRates:
        stored = self._funding.get((symbol, source), {})
        chosen = [
            moment
            for moment in sorted(stored)
            if (start_ms is None or moment >= start_ms) and (end_ms is None or moment < end_ms)
        ]
        return FundingRates(
            np.array(chosen, dtype=np.int64),
            np.array([stored[moment][0] for moment in chosen], dtype=float),
            np.array([stored[moment][1] for moment in chosen], dtype=float),
        )

    def write_values(self, symbol: str, source: str, kind: str, times: np.ndarray, values: np.ndarray) -> int:
        if kind not in VALUE_KINDS:
            raise InvalidParameter("kind", kind, ", ".join(VALUE_KINDS))
        if len(times) != len(values) or np.any(np.diff(times) <= 0) or not np.all(np.isfinite(values)):
            raise CorruptCandles(f"{kind}: values with rising times are needed")
        stored = self._values.setdefault((symbol, source, kind), {})
        known = len(stored)
        stored |= dict(zip(np.asarray(times).tolist(), np.asarray(values, dtype=float).tolist(), strict=True))
        return len(stored) - known

    def read_values(
        self, symbol: str, source: str, kind: str, start_ms: int | None = None, end_ms: int | None = None
    ) -> MarketValues:
        stored = self._values.get((symbol, source, kind), {})
        chosen = [
            moment
            for moment in sorted(stored)
            if (start_ms is None or moment >= start_ms) and (end_ms is None or moment < end_ms)
        ]
        return MarketValues(np.array(chosen, dtype=np.int64), np.array([stored[one] for one in chosen], dtype=float))

    def value_kinds(self, symbol: str, source: str) -> tuple[str, ...]:
        return tuple(kind for kind in VALUE_KINDS if self._values.get((symbol, source, kind)))

    def write_instruments(self, instruments: list[Instrument]) -> None:
        self._instruments |= {(instrument.symbol, instrument.source): instrument for instrument in instruments}

    def instrument(self, symbol: str, source: str) -> Instrument | None:
        return self._instruments.get((symbol, source))


class MemoryHistoryStore:
    """Spans and dated rows in lists, beside a memory store of candles."""

    def __init__(self, candles: MemoryCandleStore | None = None) -> None:
        self._candles = candles or MemoryCandleStore()
        self._listings: dict[tuple[str, str], list[DatedListing]] = {}
        self._risk_tiers: dict[tuple[str, str], list[DatedRiskTiers]] = {}
        self._fee_tiers: dict[str, dict[int, DatedFeeTiers]] = {}

    def append(self, candles: Candles, spans: Sequence[CoveredSpan]) -> WriteOutcome:
        outcome = self._candles.write_checked(candles)
        assert candles.timeframe is not None
        self.cover(HistoryKey(candles.symbol, candles.source, str(candles.timeframe)), spans)
        return outcome

    def cover(self, key: HistoryKey, spans: Sequence[CoveredSpan]) -> None:
        self._candles.spans[key] = put_over(self.covered(key), spans)

    def uncover(self, key: HistoryKey, start_ms: int, end_ms: int) -> None:
        self._candles.spans[key] = take_out(self.covered(key), start_ms, end_ms)

    def covered(self, key: HistoryKey) -> list[CoveredSpan]:
        return list(self._candles.spans.get(key, []))

    def open_times(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> np.ndarray:
        times = self._candles.times(key)
        chosen = [one for one in times if (start_ms or one) <= one and (end_ms is None or one < end_ms)]
        return np.array(chosen, dtype=np.int64)

    def delete_before(self, key: SeriesKey, before_ms: int) -> int:
        self.uncover(HistoryKey.of(key), 0, before_ms)
        return self._candles.remove_before(key, before_ms)

    def stored_bytes(self) -> dict[SeriesKey, int]:
        return {summary.key: summary.candles * 64 for summary in self._candles.series()}

    def tidy(self) -> None:
        pass

    def write_listings(self, listings: Sequence[Listing], at_ms: int) -> int:
        added = 0
        for listing in listings:
            market = listing.market
            named = replace(listing, instrument=replace(listing.instrument, symbol=market.symbol, source=market.source))
            known = self._listings.setdefault((market.symbol, market.source), [])
            if not known or (known[-1].listing != named and at_ms > known[-1].from_ms):
                known.append(DatedListing(at_ms, named))
                added += 1
        return added

    def listing(self, symbol: str, source: str, time_ms: int | None = None) -> DatedListing | None:
        return _at_time(self.listing_changes(symbol, source), time_ms)

    def listing_changes(self, symbol: str, source: str) -> list[DatedListing]:
        return list(self._listings.get((symbol, source), []))

    def listings(self, source: str) -> list[DatedListing]:
        return [rows[-1] for (_, place), rows in sorted(self._listings.items()) if place == source and rows]

    def write_risk_tiers(self, symbol: str, source: str, tiers: Sequence[RiskTier], at_ms: int) -> bool:
        known = self._risk_tiers.setdefault((symbol, source), [])
        if not tiers or (known and (known[-1].tiers == tuple(tiers) or at_ms <= known[-1].from_ms)):
            return False
        known.append(DatedRiskTiers(at_ms, tuple(tiers)))
        return True

    def risk_tiers(self, symbol: str, source: str, time_ms: int | None = None) -> DatedRiskTiers | None:
        return _at_time(self._risk_tiers.get((symbol, source), []), time_ms)

    def write_fee_tiers(self, source: str, tiers: Sequence[FeeTier], from_ms: int, note: str = "") -> bool:
        known, new = self._fee_tiers.setdefault(source, {}), DatedFeeTiers(from_ms, tuple(tiers), note)
        is_new = known.get(from_ms) != new
        known[from_ms] = new
        return is_new

    def fee_tiers(self, source: str, time_ms: int | None = None) -> DatedFeeTiers | None:
        return _at_time([row for _, row in sorted(self._fee_tiers.get(source, {}).items())], time_ms)


def _at_time(rows: Sequence[Any], time_ms: int | None) -> Any:
    if not rows:
        return None
    held = [row for row in rows if time_ms is None or row.from_ms <= time_ms]
    return held[-1] if held else rows[0]


class MemoryStrategyStore:
    """A dictionary of lists of versions."""

    def __init__(self) -> None:
        self._versions: dict[str, list[StoredStrategy]] = {}

    def save(self, name: str, content: dict[str, Any]) -> StoredStrategy:
        if not name.strip():
            raise InvalidParameter("name", name, "a name that is not empty")
        versions = self._versions.setdefault(name, [])
        if versions and json.dumps(versions[-1].content, sort_keys=True) == json.dumps(content, sort_keys=True):
            return versions[-1]
        versions.append(StoredStrategy(name, len(versions) + 1, copy.deepcopy(content), _now_ms()))
        return versions[-1]

    def load(self, name: str, version: int | None = None) -> StoredStrategy | None:
        versions = self._versions.get(name, [])
        if version is None:
            return versions[-1] if versions else None
        return next((stored for stored in versions if stored.version == version), None)

    def list(self) -> list[StoredStrategy]:
        return [versions[-1] for _, versions in sorted(self._versions.items()) if versions]

    def versions(self, name: str) -> "list[StoredStrategy]":
        return list(self._versions.get(name, []))

    def delete(self, name: str) -> bool:
        return bool(self._versions.pop(name, []))


class MemoryRunStore:
    """A dictionary of runs."""

    def __init__(self) -> None:
        self._runs: dict[int, StoredRun] = {}
        self._last_run_id = 0

    def save(self, description: RunDescription, result: BacktestResult, duration_ms: float) -> RunSummary:
        self._last_run_id += 1
        summary = RunSummary(self._last_run_id, _now_ms(), description, dict(result.metrics), duration_ms)
        config = replace(result.config, funding=None)
        self._runs[self._last_run_id] = StoredRun(summary, replace(result, config=config))
        return summary

    def list(self) -> list[RunSummary]:
        return [self._runs[run_id].summary for run_id in sorted(self._runs, reverse=True)]

    def load(self, run_id: int) -> StoredRun | None:
        return self._runs.get(run_id)

    def delete(self, run_ids: "list[int]") -> int:
        return sum(self._runs.pop(run_id, None) is not None for run_id in set(run_ids))


class MemoryDrawingStore:
    """A dictionary of JSON texts by symbol and id."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = {}

    def change(self, symbol: str, saved: Mapping[str, dict[str, Any]], deleted: Sequence[str] = ()) -> None:
        if not symbol.strip():
            raise InvalidParameter("symbol", symbol, "a symbol that is not empty")
        texts = self._texts.setdefault(symbol, {})
        for drawing_id in deleted:
            texts.pop(drawing_id, None)
        texts |= {drawing_id: json.dumps(content) for drawing_id, content in saved.items()}

    def load(self, symbol: str) -> dict[str, dict[str, Any]]:
        return {drawing_id: json.loads(text) for drawing_id, text in sorted(self._texts.get(symbol, {}).items())}

    def symbols(self) -> dict[str, int]:
        return {symbol: len(texts) for symbol, texts in sorted(self._texts.items()) if texts}


class MemorySettings:
    """A dictionary."""

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        self._values = dict(values or {})

    def get(self, key: str, default: Any = None) -> Any:
        return copy.deepcopy(self._values.get(key, default))

    def set(self, key: str, value: Any) -> None:
        self._values[key] = copy.deepcopy(value)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
