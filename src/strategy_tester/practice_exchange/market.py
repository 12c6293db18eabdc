"""One market of the practice exchange: what is true at a moment.

Stored candles are the truth; trades, book and figures are made up so that they agree with them.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.listings import Listing
from strategy_tester.domain.market_events import Market
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, Timeframe
from strategy_tester.marketdata.resample import fits_into, resample
from strategy_tester.practice_exchange.depth import Books, DepthMaker
from strategy_tester.practice_exchange.tape import NO_TRADES, Tape, tape_of

_KEPT_TAPES = 512
Row = tuple[int, float, float, float, float, float, float]
"""Open time, open, high, low, close, volume, turnover."""


@dataclass(frozen=True)
class Figures:
    """The latest figures of a market, as its ticker tells them."""

    last_price: float
    mark_price: float
    price_24h_ago: float
    price_1h_ago: float
    high_24h: float
    low_24h: float
    volume_24h: float
    turnover_24h: float
    open_interest: float
    funding_rate: float
    next_funding_ms: int


class StagedMarket:
    """A market replayed from stored candles.

    Args:
        listing: Its rules.
        candles: The finest stored series; coarser ones are made of it.
        funding: Settlements.
        mark: Mark prices as candles; the last prices stand in for them where there are none.
        seed: Of everything that is made up.
    """

    def __init__(
        self,
        listing: Listing,
        candles: Candles,
        funding: FundingRates | None = None,
        mark: Candles | None = None,
        seed: int = 7,
    ) -> None:
        if candles.timeframe is None or not len(candles):
            raise InvalidParameter("candles", len(candles), "a series with a timeframe and at least one candle")
        self.listing = listing
        self.base = candles
        self.base_frame: Timeframe = candles.timeframe
        self.funding = funding or FundingRates.empty()
        self.mark = mark
        self.seed = seed
        self._closes = candles.timeframe.closes_of(candles.open_time_ms)
        self._coarser: dict[tuple[Timeframe, bool], Candles] = {}
        self._tapes: OrderedDict[int, Tape] = OrderedDict()

    @property
    def market(self) -> Market:
        """Exchange, category and symbol."""
        return self.listing.market

    @property
    def start_ms(self) -> int:
        """When its data begin."""
        return int(self.base.open_time_ms[0])

    @property
    def end_ms(self) -> int:
        """When its data end."""
        return int(self._closes[-1])

    def closed_bars(self, now_ms: int) -> int:
        """How many base candles have closed."""
        return int(np.searchsorted(self._closes, now_ms, side="right"))

    # --- candles

    def offers(self, timeframe: Timeframe) -> bool:
        """Whether candles of this length can be told."""
        return timeframe is self.base_frame or fits_into(self.base_frame, timeframe)

    def candles(self, timeframe: Timeframe, *, of_mark: bool = False) -> Candles:
        """Every candle of a length, also those the clock has not reached."""
        key = (timeframe, of_mark and self.mark is not None)
        if key not in self._coarser:
            series = self.mark if key[1] and self.mark is not None else self.base
            self._coarser[key] = resample(series, timeframe, keep_partial=True)
        return self._coarser[key]

    def forming(self, timeframe: Timeframe, now_ms: int) -> Row | None:
        """The candle that contains this moment as it looks now; None where there are no data."""
        if not self.start_ms <= now_ms < self.end_ms:
            return None
        open_ms = timeframe.open_of(now_ms)
        first = int(np.searchsorted(self.base.open_time_ms, open_ms))
        last = self.closed_bars(now_ms)
        rows = [self._closed_part(first, last)] if last > first else []
        current = self._current_part(last, now_ms)
        if current is not None:
            rows.append(current)
        if not rows:
            return None
        return (
            open_ms, rows[0][1], max(row[2] for row in rows), min(row[3] for row in rows), rows[-1][4],
            sum(row[5] for row in rows), sum(row[6] for row in rows),
        )  # fmt: skip

    def _closed_part(self, first: int, last: int) -> Row:
        base, part = self.base, slice(first, last)
        turnover = base.turnover[part].sum() if base.turnover is not None else (base.volume * base.close)[part].sum()
        return (
            int(base.open_time_ms[first]), float(base.open[first]), float(base.high[part].max()),
            float(base.low[part].min()), float(base.close[last - 1]), float(base.volume[part].sum()), float(turnover),
        )  # fmt: skip

    def _current_part(self, bar: int, now_ms: int) -> Row | None:
        if bar >= len(self.base) or int(self.base.open_time_ms[bar]) > now_ms:
            return None
        tape = self.tape(bar)
        seen = int(np.searchsorted(tape.time_ms, now_ms, side="right"))
        open_ = float(self.base.open[bar])
        prices = np.append(open_, tape.price[:seen])
        volume = float(tape.quantity[:seen].sum())
        turnover = float((tape.price[:seen] * tape.quantity[:seen]).sum())
        return (
            int(self.base.open_time_ms[bar]), open_, float(prices.max()), float(prices.min()), float(prices[-1]),
            volume, turnover,
        )  # fmt: skip

    # --- trades

    def tape(self, bar: int) -> Tape:
        """The trades of one base candle."""
        if not 0 <= bar < len(self.base):
            return NO_TRADES
        known = self._tapes.get(bar)
        if known is None:
            instrument = self.listing.instrument
            known = tape_of(
                self.base, bar, int(self._closes[bar]), instrument.tick_size, instrument.quantity_step, self.seed
            )
            self._tapes[bar] = known
            if len(self._tapes) > _KEPT_TAPES:
                self._tapes.popitem(last=False)
        else:
            self._tapes.move_to_end(bar)
        return known

    def trades(self, after_ms: int, until_ms: int) -> list[tuple[int, float, float, bool, str]]:
        """Trades after one moment up to another, both of market time: time, price, quantity, taker buys, id."""
        first = max(int(np.searchsorted(self._closes, after_ms, side="right")) - 1, 0)
        last = min(int(np.searchsorted(self.base.open_time_ms, until_ms, side="right")), len(self.base))
        found: list[tuple[int, float, float, bool, str]] = []
        for bar in range(first, last):
            tape = self.tape(bar)
            begin, end = np.searchsorted(tape.time_ms, [after_ms, until_ms], side="right")
            found += [
                (
                    int(tape.time_ms[number]), float(tape.price[number]), float(tape.quantity[number]),
                    bool(tape.is_buy[number]), f"{self.seed:04x}-{int(self.base.open_time_ms[bar]):x}-{number:04x}",
                )
                for number in range(int(begin), int(end))
            ]  # fmt: skip
        return found

    def latest_trades(self, now_ms: int, count: int) -> list[tuple[int, float, float, bool, str]]:
        """The last trades up to a moment, oldest first."""
        bar = int(np.searchsorted(self.base.open_time_ms, now_ms, side="right")) - 1
        found: list[tuple[int, float, float, bool, str]] = []
        while bar >= 0 and len(found) < count:
            open_ms = int(self.base.open_time_ms[bar])
            found = self.trades(open_ms - 1, min(now_ms, int(self._closes[bar]) - 1))[-count:] + found
            now_ms, bar = open_ms - 1, bar - 1
        return found[-count:]

    def price_at(self, now_ms: int) -> tuple[float, bool]:
        """The last price at a moment, and whether the taker of its trade bought."""
        bar = min(max(int(np.searchsorted(self.base.open_time_ms, now_ms, side="right")) - 1, 0), len(self.base) - 1)
        tape = self.tape(bar)
        seen = int(np.searchsorted(tape.time_ms, now_ms, side="right"))
        if seen:
            return float(tape.price[seen - 1]), bool(tape.is_buy[seen - 1])
        return float(self.base.open[bar]), True

    # --- book and figures

    @cached_property
    def depth(self) -> DepthMaker:
        """Makes the order book."""
        instrument = self.listing.instrument
        typical = float(np.median(self.base.volume)) / max(self.base_frame.milliseconds / 60_000.0, 1.0) / 20.0
        return DepthMaker(
            self.seed, instrument.tick_size, instrument.quantity_step, max(typical, instrument.quantity_step * 20.0)
        )

    def book(self, now_ms: int, levels: int) -> Books:
        """Sizes by price of both sides at a moment."""
        price, was_buy = self.price_at(now_ms)
        return self.depth.book(now_ms, price, last_was_buy=was_buy, levels=levels)

    def mark_at(self, now_ms: int) -> float:
        """The mark price; the last price where no mark prices are stored."""
        series = self.mark
        if series is None or not len(series) or now_ms < int(series.open_time_ms[0]):
            return self.price_at(now_ms)[0]
        return float(series.open[int(np.searchsorted(series.open_time_ms, now_ms, side="right")) - 1])

    def open_interest_at(self, time_ms: int) -> float:
        """Synthetic open interest: a slow wave around a multiple of the usual volume."""
        usual = float(np.median(self.base.volume)) * (DAY_MS / self.base_frame.milliseconds)
        hours = time_ms / HOUR_MS
        wave = 1.0 + 0.08 * np.sin(hours / 31.0 + self.seed) + 0.03 * np.sin(hours / 5.3)
        step = self.listing.instrument.quantity_step
        return round(round(usual * 0.6 * wave / step) * step, 10)

    def figures(self, now_ms: int) -> Figures:
        """What the ticker says at a moment."""
        base = self.base
        last = int(np.searchsorted(base.open_time_ms, now_ms, side="right"))
        day = int(np.searchsorted(base.open_time_ms, now_ms - DAY_MS))
        hour = int(np.searchsorted(base.open_time_ms, now_ms - HOUR_MS))
        price, _ = self.price_at(now_ms)
        closed = slice(day, max(last - 1, day))
        turnover = base.turnover if base.turnover is not None else base.volume * base.close
        step_minutes = self.listing.funding_interval_minutes or 480
        coming = int(np.searchsorted(self.funding.time_ms, now_ms, side="right"))
        has_coming = coming < len(self.funding)
        next_ms = (
            int(self.funding.time_ms[coming])
            if has_coming
            else -(-now_ms // (step_minutes * 60_000)) * (step_minutes * 60_000)
        )
        return Figures(
            last_price=price, mark_price=self.mark_at(now_ms),
            price_24h_ago=float(base.open[day]) if day < len(base) else price,
            price_1h_ago=float(base.open[hour]) if hour < len(base) else price,
            high_24h=max(float(base.high[closed].max()) if last - 1 > day else price, price),
            low_24h=min(float(base.low[closed].min()) if last - 1 > day else price, price),
            volume_24h=float(base.volume[closed].sum()), turnover_24h=float(turnover[closed].sum()),
            open_interest=self.open_interest_at(now_ms // 300_000 * 300_000),
            funding_rate=float(self.funding.rate[coming]) if has_coming else 0.0001, next_funding_ms=next_ms,
        )  # fmt: skip
