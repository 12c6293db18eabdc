"""What the outside must be able to do for the services: protocols that storage and others fulfil.

All calls block; they are made from jobs, never from the UI thread. All are safe to call from several threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, RiskTier
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe


@dataclass(frozen=True)
class SeriesKey:
    """Names one stored series of candles."""

    symbol: str
    timeframe: Timeframe
    source: str

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe} {self.source}"

    def __lt__(self, other: "SeriesKey") -> bool:
        mine = (self.symbol, self.source, self.timeframe.milliseconds)
        return mine < (other.symbol, other.source, other.timeframe.milliseconds)


@dataclass(frozen=True)
class SeriesSummary:
    """What is stored of one series. `last_open_ms` is the open time of the last candle."""

    key: SeriesKey
    candles: int
    first_open_ms: int
    last_open_ms: int


@dataclass(frozen=True)
class WriteOutcome:
    """How a write of candles ended: rows that are new, rows that replaced older ones, rows already there alike."""

    added: int
    replaced: int
    unchanged: int


VALUE_KINDS = ("mark_price", "index_price", "open_interest")
"""What dated values of a market may be: prices in the quote currency, open interest in the base currency."""


@dataclass(frozen=True, eq=False)
class MarketValues:
    """Dated values of one kind, oldest first, shape (n,) each. `time_ms` rises strictly, UTC milliseconds."""

    time_ms: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.time_ms.size)


class CandleStore(Protocol):
    """Candles, funding and instruments."""

    def write(self, candles: Candles) -> WriteOutcome:
        """Store candles under their symbol, timeframe and source, in one transaction; same open times are replaced."""
        ...

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Candles:
        """Candles that open in start_ms..end_ms (end excluded). Raises MissingCandles when the series is unknown."""
        ...

    def series(self) -> list[SeriesSummary]:
        """All stored series, sorted by key."""
        ...

    def delete(self, key: SeriesKey) -> int:
        """Remove a series; returns the number of candles removed."""
        ...

    def write_funding(self, symbol: str, source: str, funding: FundingRates) -> int:
        """Store settlements, replacing same times; returns how many were new."""
        ...

    def read_funding(
        self, symbol: str, source: str, start_ms: int | None = None, end_ms: int | None = None
    ) -> FundingRates:
        """Settlements in start_ms..end_ms (end excluded); empty when none are stored."""
        ...

    def write_values(
        self, symbol: str, source: str, kind: str, times: NDArray[np.int64], values: NDArray[np.float64]
    ) -> int:
        """Store values of one of VALUE_KINDS, replacing same times; returns how many times were new.

        Raises InvalidParameter for an unknown kind, CorruptCandles for times that do not rise or values that are none.
        """
        ...

    def read_values(
        self, symbol: str, source: str, kind: str, start_ms: int | None = None, end_ms: int | None = None
    ) -> MarketValues:
        """Values in start_ms..end_ms (end excluded); empty when none are stored."""
        ...

    def value_kinds(self, symbol: str, source: str) -> "tuple[str, ...]":
        """Which of VALUE_KINDS are stored for a market, in that order."""
        ...

    def write_instruments(self, instruments: list[Instrument]) -> None:
        """Store or replace instruments by (symbol, source)."""
        ...

    def instrument(self, symbol: str, source: str) -> Instrument | None:
        """One instrument, or None."""
        ...


@dataclass(frozen=True, slots=True)
class HistoryKey:
    """Names what coverage is kept of: candles of one length ("1m"), "funding", or one of VALUE_KINDS."""

    symbol: str
    source: str
    kind: str

    @classmethod
    def of(cls, key: SeriesKey) -> "HistoryKey":
        """Of a series of candles."""
        return cls(key.symbol, key.source, str(key.timeframe))


@dataclass(frozen=True, slots=True)
class CoveredSpan:
    """A span that the exchange was asked for, and everything it had is stored.

    Attributes:
        start_ms: First open time, UTC milliseconds.
        end_ms: End, excluded.
        checked_at_ms: When the exchange was asked; of joined spans the oldest.
        is_empty: Whether the exchange had nothing there, asked twice.
    """

    start_ms: int
    end_ms: int
    checked_at_ms: int
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class DatedListing:
    """A listing and since when it is known to be so."""

    from_ms: int
    listing: Listing


@dataclass(frozen=True, slots=True)
class DatedRiskTiers:
    """Margin tiers, lowest first, and since when they are known to be so."""

    from_ms: int
    tiers: tuple[RiskTier, ...]


@dataclass(frozen=True, slots=True)
class DatedFeeTiers:
    """Fee tiers of an exchange, the dearest first, since when they hold, and where they come from."""

    from_ms: int
    tiers: tuple[FeeTier, ...]
    note: str = ""


class HistoryStore(Protocol):
    """What was downloaded: which spans are verified, and what an exchange listed at which time.

    A dated question about a time before the first known row is answered with that row: nothing older is known, and
    its `from_ms` says so.
    """

    def append(self, candles: Candles, spans: Sequence[CoveredSpan]) -> WriteOutcome:
        """Store candles and the spans they cover in one transaction. Candles alone do not count as covered."""
        ...

    def cover(self, key: HistoryKey, spans: Sequence[CoveredSpan]) -> None:
        """Note spans; where they overlap older ones the new ones count."""
        ...

    def uncover(self, key: HistoryKey, start_ms: int, end_ms: int) -> None:
        """Forget that a span was checked."""
        ...

    def covered(self, key: HistoryKey) -> list[CoveredSpan]:
        """Everything checked, oldest first, without overlaps; alike neighbors are one."""
        ...

    def open_times(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> NDArray[np.int64]:
        """Open times of stored candles in start_ms..end_ms (end excluded), rising; empty for an unknown series."""
        ...

    def delete_before(self, key: SeriesKey, before_ms: int) -> int:
        """Remove candles that open before a moment, and their coverage; returns how many candles went."""
        ...

    def stored_bytes(self) -> dict[SeriesKey, int]:
        """About how much of the disk each series takes: its share, by rows, of what all candles take."""
        ...

    def tidy(self) -> None:
        """Bring what was written lately into its final, smaller form. Takes up to seconds."""
        ...

    def write_listings(self, listings: Sequence[Listing], at_ms: int) -> int:
        """Store what is listed now; only what changed makes a new row. Returns how many rows were new."""
        ...

    def listing(self, symbol: str, source: str, time_ms: int | None = None) -> DatedListing | None:
        """The listing as it was at a time, the latest by default; None for an unknown symbol."""
        ...

    def listing_changes(self, symbol: str, source: str) -> list[DatedListing]:
        """Every known state of a listing, oldest first."""
        ...

    def listings(self, source: str) -> list[DatedListing]:
        """The latest state of everything listed at a source, by symbol."""
        ...

    def write_risk_tiers(self, symbol: str, source: str, tiers: Sequence[RiskTier], at_ms: int) -> bool:
        """Store the margin tiers of now; False when they are those that are stored."""
        ...

    def risk_tiers(self, symbol: str, source: str, time_ms: int | None = None) -> DatedRiskTiers | None:
        """Margin tiers as they were at a time, the latest by default."""
        ...

    def write_fee_tiers(self, source: str, tiers: Sequence[FeeTier], from_ms: int, note: str = "") -> bool:
        """Store the fee tiers that hold from a moment on; False when they are those that are stored."""
        ...

    def fee_tiers(self, source: str, time_ms: int | None = None) -> DatedFeeTiers | None:
        """Fee tiers as they were at a time, the latest by default."""
        ...


@dataclass(frozen=True)
class StoredStrategy:
    """One version of a strategy file. `content` is the JSON object of the contract's strategy form."""

    name: str
    version: int
    content: dict[str, Any]
    saved_at_ms: int


class StrategyStore(Protocol):
    """The user's strategies with all their versions. Durable: journaled before the call returns."""

    def save(self, name: str, content: dict[str, Any]) -> StoredStrategy:
        """Store a new version; saving the same content again returns the version that is there."""
        ...

    def load(self, name: str, version: int | None = None) -> StoredStrategy | None:
        """One version, the newest by default; None when there is none."""
        ...

    def list(self) -> list[StoredStrategy]:
        """The newest version of every strategy that was not deleted, by name."""
        ...

    def versions(self, name: str) -> "list[StoredStrategy]":
        """Every version of one strategy, oldest first."""
        ...

    def delete(self, name: str) -> bool:
        """Forget a strategy; False when there was none."""
        ...


@dataclass(frozen=True)
class RunDescription:
    """What makes a run repeatable: what was tested, on what, under which settings, by which program."""

    strategy_name: str
    strategy: dict[str, Any]
    series: SeriesKey
    start_ms: int
    end_ms: int
    config: dict[str, Any]
    data_hash: str
    engine_version: str
    funding_count: int = 0


@dataclass(frozen=True)
class RunSummary:
    """One row of the history of runs. `metrics` are the numbers of the whole run."""

    run_id: int
    created_at_ms: int
    description: RunDescription
    metrics: dict[str, float]
    duration_ms: float
    label: str = ""


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run with its trades and equity, as when it was made."""

    summary: RunSummary
    result: BacktestResult


class RunStore(Protocol):
    """The history of runs. Durable: journaled before `save` returns."""

    def save(self, description: RunDescription, result: BacktestResult, duration_ms: float) -> RunSummary:
        """Store a run with metrics, trades and equity; all or nothing."""
        ...

    def list(self) -> list[RunSummary]:
        """All runs, newest first."""
        ...

    def load(self, run_id: int) -> StoredRun | None:
        """One run, or None when it was deleted or never was."""
        ...

    def delete(self, run_ids: "list[int]") -> int:
        """Forget runs; returns how many there were."""
        ...


class DrawingStore(Protocol):
    """What the user drew on charts, by symbol. Durable: journaled before `change` returns.

    A drawing belongs to the symbol alone: candles of the same symbol from another source, and of every timeframe, show
    the same drawings, because their anchors are moments and prices.
    """

    def change(self, symbol: str, saved: Mapping[str, dict[str, Any]], deleted: Sequence[str] = ()) -> None:
        """Store contents by id in place of older ones, and forget the ids in `deleted`; all or nothing."""
        ...

    def load(self, symbol: str) -> dict[str, dict[str, Any]]:
        """The content of every drawing of a symbol by its id; empty when there are none."""
        ...

    def symbols(self) -> dict[str, int]:
        """How many drawings there are of each symbol that has some."""
        ...


class SettingsStore(Protocol):
    """Small preferences as JSON values; written at once and never half."""

    def get(self, key: str, default: Any = None) -> Any:
        """The stored value, or the default."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Store a JSON value."""
        ...


Separator = Literal["comma", "semicolon"]
"""`comma` writes a decimal point, `semicolon` a decimal comma, as Russian-locale spreadsheets expect."""


class ReportWriter(Protocol):
    """Writes reports of a backtest as CSV files; a file is whole or not there at all."""

    def write_trades(
        self, path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False
    ) -> None:
        """One row per closed trade."""
        ...

    def write_equity(
        self, path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False
    ) -> None:
        """One row per bar."""
        ...

    def write_metrics(
        self, path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False
    ) -> None:
        """One row per metric."""
        ...
