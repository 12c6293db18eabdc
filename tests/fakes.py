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
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.results import BacktestResult
from strategy_tester.services.ports import (
    VALUE_KINDS,
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

    def write(self, candles: Candles) -> WriteOutcome:
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
        return len(self._rows.pop(key, {}))

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
