"""The words of downloading: which series is wanted, under which name it is stored, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import HistoryStore, SeriesKey

_KINDS = {PriceKind.MARK: "-mark", PriceKind.INDEX: "-index", PriceKind.PREMIUM: "-premium"}


@dataclass(frozen=True, slots=True)
class WantedSeries:
    """Candles to be downloaded.

    Attributes:
        market: Whose.
        timeframe: Their length.
        start_ms: From here on, UTC milliseconds; from the very first candle when None.
        end_ms: Up to here, excluded; up to the last closed candle when None.
        kind: Which price. Candles of other prices are stored beside those of the last price, under a source of
            their own ("bybit-linear-mark").
    """

    market: Market
    timeframe: Timeframe
    start_ms: int | None = None
    end_ms: int | None = None
    kind: PriceKind = PriceKind.LAST

    @property
    def key(self) -> SeriesKey:
        """Under which name they are stored."""
        return SeriesKey(self.market.symbol, self.timeframe, source_name(self.market, self.kind))


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """What one download brings.

    Attributes:
        series: Candles.
        funding: Funding rates of the same markets and periods, where there are any.
        open_interest: Open interest likewise.
        open_interest_step: How often, at least 5 minutes.
        tiers: Today's margin tiers of the same markets.
    """

    series: tuple[WantedSeries, ...]
    funding: bool = True
    open_interest: bool = False
    open_interest_step: Timeframe = Timeframe.H1
    tiers: bool = True


@dataclass(frozen=True, slots=True)
class SeriesOutcome:
    """What came of one series.

    Attributes:
        key: The series.
        added: Candles that are new.
        replaced: Candles that were stored with other values.
        unchanged: Candles that were stored alike.
        none: Candles that the exchange does not have, asked twice.
        failed: Candles that could not be had now.
        problem: Why, for the user; empty when nothing failed.
        hint: What to do about it.
    """

    key: SeriesKey
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    none: int = 0
    failed: int = 0
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class DownloadReport:
    """What a download brought.

    Attributes:
        series: Outcome per series of candles, in the order they were asked for.
        settlements: Funding settlements that are new.
        values: Values of open interest that are new.
        tiers: Markets whose margin tiers changed.
        seconds: How long it took.
        problems: What failed beside candles, in words.
    """

    series: tuple[SeriesOutcome, ...]
    settlements: int = 0
    values: int = 0
    tiers: int = 0
    seconds: float = 0.0
    problems: tuple[str, ...] = ()

    @property
    def added(self) -> int:
        """Candles that are new."""
        return sum(outcome.added for outcome in self.series)

    @property
    def failed(self) -> int:
        """Candles that could not be had."""
        return sum(outcome.failed for outcome in self.series)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for is there."""
        return not self.problems and not any(outcome.problem for outcome in self.series)


def source_name(market: Market, kind: PriceKind = PriceKind.LAST) -> str:
    """Under which source candles of a market are stored: "bybit-linear", "bybit-linear-mark"."""
    return market.source + _KINDS.get(kind, "")


def market_of(key: SeriesKey) -> tuple[Market, PriceKind] | None:
    """The market and price of a stored series; None when it came from no exchange we can ask."""
    kind, name = PriceKind.LAST, key.source
    for other, ending in _KINDS.items():
        if name.endswith(ending):
            kind, name = other, name.removesuffix(ending)
    market = Market.of_source(name, key.symbol)
    return (market, kind) if market is not None and market.source == name else None


def wanted_series(
    markets: Iterable[Market],
    timeframes: Iterable[Timeframe],
    start_ms: int | None = None,
    end_ms: int | None = None,
    kinds: Iterable[PriceKind] = (PriceKind.LAST,),
) -> tuple[WantedSeries, ...]:
    """Every market in every timeframe and price.

    Raises:
        InvalidParameter: the period ends before it starts, or a price that the market does not have.
    """
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        raise InvalidParameter("period", f"{start_ms} ... {end_ms}", "a start that lies before the end")
    frames, prices = tuple(timeframes), tuple(kinds)
    found: list[WantedSeries] = []
    for market in markets:
        for kind in prices:
            refuse_kind(market, kind)
            found += [WantedSeries(market, frame, start_ms, end_ms, kind) for frame in frames]
    return tuple(found)


def refuse_kind(market: Market, kind: PriceKind) -> None:
    """Refuse prices that a market does not have, or that are no candles.

    Raises:
        InvalidParameter: mark and index prices of spot; the premium, which is a ratio below zero half of the time.
    """
    if kind is PriceKind.PREMIUM:
        raise InvalidParameter("price", kind.value, "last, mark or index; a premium is no price and makes no candles")
    if kind is not PriceKind.LAST and market.category is Category.SPOT:
        raise InvalidParameter("price", kind.value, "last: spot markets have no other price")


def instrument_at(history: HistoryStore, symbol: str, source: str, time_ms: int | None = None) -> Instrument | None:
    """Steps and limits of a symbol as they were at a time, its lowest maintenance margin included.

    Rows begin when the program first asked; an earlier time gets the earliest known row. None when the exchange was
    never asked for its listings.
    """
    from dataclasses import replace

    row = history.listing(symbol, source, time_ms)
    if row is None:
        return None
    tiers = history.risk_tiers(symbol, source, time_ms)
    if tiers is None or not tiers.tiers:
        return row.listing.instrument
    return replace(row.listing.instrument, maintenance_margin_rate=tiers.tiers[0].maintenance_margin_rate)
