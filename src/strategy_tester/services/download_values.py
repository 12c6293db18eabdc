"""Downloads what is dated beside candles: funding rates, open interest, listings, margin tiers, and fee tiers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import ExchangeRefused
from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import DAY_MS, MINUTE_MS, Timeframe
from strategy_tester.services.coverage import Span, subtract
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_history import source_name
from strategy_tester.services.market_source import MarketSource, PriceKind
from strategy_tester.services.ports import (
    CandleStore,
    CoveredSpan,
    DatedFeeTiers,
    HistoryKey,
    HistoryStore,
)

_FUNDING_PART_MS = 60 * DAY_MS
_INTEREST_PART = 2_000
_LATE_MS = 10 * MINUTE_MS
"""A settlement or a value may be told some minutes after its moment."""
_FUNDING, _INTEREST = "funding", "open_interest"

FEE_NOTE = "Bybit help centre, Trading Fee Structure, read in 2026; rates differ by region"
_FEES_FROM_MS = 1_735_689_600_000
_DERIVATIVES = (
    ("Non-VIP", 0.00055, 0.0002), ("VIP 1", 0.0004, 0.00018), ("VIP 2", 0.000375, 0.00016),
    ("VIP 3", 0.00035, 0.00014), ("VIP 4", 0.00032, 0.00012), ("VIP 5", 0.00032, 0.0001),
    ("Supreme VIP", 0.0003, 0.0),
)  # fmt: skip
_SPOT = (
    ("Non-VIP", 0.001, 0.001), ("VIP 1", 0.0008, 0.000675), ("VIP 2", 0.000775, 0.00065),
    ("VIP 3", 0.00075, 0.000625), ("VIP 4", 0.0006, 0.0005), ("VIP 5", 0.0005, 0.0004),
    ("Supreme VIP", 0.00045, 0.0003),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListingsReport:
    """What a look at the listings of one category brought.

    Attributes:
        source: Under which source they are stored.
        listed: Symbols that were told, closed ones included.
        changed: Symbols that are new or have other rules than before.
        changes: The first of these in words.
    """

    source: str
    listed: int
    changed: int
    changes: tuple[str, ...] = ()


def download_funding(
    market: Market,
    source: MarketSource,
    candle_store: CandleStore,
    history: HistoryStore,
    start_ms: int | None = None,
    end_ms: int | None = None,
    checkpoint: Checkpoint = no_checkpoint,
) -> int:
    """Bring a market's settlements up to what is wanted; returns how many are new. Spot has none.

    The mark price of a settlement is the open of the stored mark candle of that minute, where there is one.

    Raises:
        ExchangeError, StorageError: as their names say; parts that came before are kept.
    """
    if market.category is Category.SPOT:
        return 0

    def bring(span: Span) -> tuple[int, int]:
        found = with_mark_prices(source.funding(market, *span), market, candle_store)
        last_ms = int(found.time_ms[-1]) if len(found) else 0
        return candle_store.write_funding(market.symbol, market.source, found), last_ms

    return _in_parts(market, _FUNDING, (start_ms, end_ms), _FUNDING_PART_MS, bring, (source, history, checkpoint))


def download_open_interest(
    market: Market,
    source: MarketSource,
    candle_store: CandleStore,
    history: HistoryStore,
    start_ms: int | None = None,
    end_ms: int | None = None,
    step: Timeframe = Timeframe.H1,
    checkpoint: Checkpoint = no_checkpoint,
) -> int:
    """Bring a market's open interest up to what is wanted; returns how many values are new. Spot has none.

    Raises:
        ExchangeError, StorageError: as their names say; parts that came before are kept.
    """
    if market.category is Category.SPOT:
        return 0

    def bring(span: Span) -> tuple[int, int]:
        found = source.open_interest(market, step, *span)
        last_ms = int(found.time_ms[-1]) if found.time_ms.size else 0
        added = candle_store.write_values(market.symbol, market.source, _INTEREST, found.time_ms, found.value)
        return added, last_ms

    part_ms = step.milliseconds * _INTEREST_PART
    return _in_parts(market, _INTEREST, (start_ms, end_ms), part_ms, bring, (source, history, checkpoint))


def _in_parts(
    market: Market,
    kind: str,
    wanted: tuple[int | None, int | None],
    part_ms: int,
    bring: Callable[[Span], tuple[int, int]],
    means: tuple[MarketSource, HistoryStore, Checkpoint],
) -> int:
    """Bring what of a period was not verified, some time at once, noting each part."""
    source, history, checkpoint = means
    key = HistoryKey(market.symbol, market.source, kind)
    now_ms = source.server_time_ms()
    start_ms, end_ms = wanted
    if start_ms is None:
        start_ms = source.first_candle_ms(market, Timeframe.D1) or now_ms
    end_ms = now_ms if end_ms is None else min(end_ms, now_ms)
    known = [(span.start_ms, span.end_ms) for span in history.covered(key)]
    parts = [
        (begin, min(begin + part_ms, last))
        for first, last in subtract((start_ms, end_ms), known)
        for begin in range(first, last, part_ms)
    ]
    added = 0
    words = kind.replace("_", " ")
    for done, part in enumerate(parts):
        checkpoint(done, len(parts), f"{market.symbol}: {words}")
        new, last_ms = bring(part)
        added += new
        # The newest value may be late: only what lies before the last one told is surely whole.
        settled_ms = min(part[1], max(now_ms - _LATE_MS, last_ms + 1))
        if settled_ms > part[0]:
            history.cover(key, [CoveredSpan(part[0], settled_ms, now_ms)])
    return added


def with_mark_prices(funding: FundingRates, market: Market, candle_store: CandleStore) -> FundingRates:
    """Settlements with the mark price of their moment, where mark candles are stored; others stay as they are."""
    if not len(funding) or not np.isnan(funding.mark_price).any():
        return funding
    marks = funding.mark_price.copy()
    name = source_name(market, PriceKind.MARK)
    stored = [item for item in candle_store.series() if item.key.symbol == market.symbol and item.key.source == name]
    # The finest series last: its opens are put over those of the coarser ones.
    for item in sorted(stored, key=lambda item: -item.key.timeframe.milliseconds):
        candles = candle_store.read(item.key, int(funding.time_ms[0]), int(funding.time_ms[-1]) + 1)
        if not len(candles):
            continue
        place = np.minimum(np.searchsorted(candles.open_time_ms, funding.time_ms), len(candles) - 1)
        is_there = (candles.open_time_ms[place] == funding.time_ms) & np.isnan(funding.mark_price)
        marks = np.where(is_there, candles.open[place], marks)
    return replace(funding, mark_price=marks)


def fill_mark_prices(market: Market, candle_store: CandleStore) -> int:
    """Give stored settlements their mark price from stored mark candles; returns how many got one."""
    stored = candle_store.read_funding(market.symbol, market.source)
    filled = with_mark_prices(stored, market, candle_store)
    count = int(np.isnan(stored.mark_price).sum() - np.isnan(filled.mark_price).sum())
    if count:
        candle_store.write_funding(market.symbol, market.source, filled)
    return count


def download_listings(
    category: Category, source: MarketSource, candle_store: CandleStore, history: HistoryStore
) -> ListingsReport:
    """Store what is listed now: a dated row for every symbol that changed, and the instruments of today.

    Raises:
        ExchangeError, StorageError: as their names say.
    """
    at_ms = source.server_time_ms()
    listed = source.listings(category, include_closed=True)
    name = listed[0].market.source if listed else Market(source.exchange, category, "").source
    before = {row.listing.market.symbol: row.listing for row in history.listings(name)}
    changed = history.write_listings(listed, at_ms)
    candle_store.write_instruments([_kept_margin(listing.instrument, candle_store) for listing in listed])
    words = [_change_words(before.get(one.market.symbol), one) for one in listed] if before else []
    return ListingsReport(name, len(listed), changed, tuple(word for word in words if word)[:20])


def _kept_margin(instrument: Instrument, candle_store: CandleStore) -> Instrument:
    """Listings do not tell the maintenance margin: what the margin tiers told before stays."""
    known = candle_store.instrument(instrument.symbol, instrument.source)
    if known is None:
        return instrument
    return replace(instrument, maintenance_margin_rate=known.maintenance_margin_rate)


def _change_words(before: Listing | None, now: Listing) -> str:
    symbol = now.market.symbol
    if before is None:
        return f"{symbol}: new"
    parts: list[str] = []
    if before.status is not now.status:
        parts.append(f"{before.status.value} is now {now.status.value}")
    if before.funding_interval_minutes != now.funding_interval_minutes:
        parts.append(f"funding every {now.funding_interval_minutes} min instead of {before.funding_interval_minutes}")
    if before.instrument.tick_size != now.instrument.tick_size:
        parts.append(f"tick {now.instrument.tick_size:g} instead of {before.instrument.tick_size:g}")
    if before.instrument.quantity_step != now.instrument.quantity_step:
        parts.append(f"step {now.instrument.quantity_step:g} instead of {before.instrument.quantity_step:g}")
    return f"{symbol}: {', '.join(parts)}" if parts else ""


def download_risk_tiers(
    markets: Sequence[Market],
    source: MarketSource,
    candle_store: CandleStore,
    history: HistoryStore,
    checkpoint: Checkpoint = no_checkpoint,
) -> int:
    """Store today's margin tiers of some markets; returns for how many they are new.

    Raises:
        ExchangeError, StorageError: as their names say.
    """
    changed = 0
    at_ms = source.server_time_ms()
    for done, market in enumerate(dict.fromkeys(markets)):
        checkpoint(done, len(markets), f"{market.symbol}: margin tiers")
        try:
            tiers = source.risk_tiers(market)
        except ExchangeRefused:
            continue  # a symbol without tiers, or one that is gone
        changed += history.write_risk_tiers(market.symbol, market.source, tiers, at_ms)
        instrument = candle_store.instrument(market.symbol, market.source)
        if tiers and instrument is not None:
            rate = tiers[0].maintenance_margin_rate
            candle_store.write_instruments([replace(instrument, maintenance_margin_rate=rate)])
    return changed


def fee_tiers(history: HistoryStore, source: str, time_ms: int | None = None) -> DatedFeeTiers:
    """Fee tiers at a time: those that were stored, or else the published ones of Bybit."""
    stored = history.fee_tiers(source, time_ms)
    if stored is not None:
        return stored
    rows = _SPOT if source.endswith("-spot") else _DERIVATIVES
    return DatedFeeTiers(_FEES_FROM_MS, tuple(FeeTier(*row) for row in rows), FEE_NOTE)
