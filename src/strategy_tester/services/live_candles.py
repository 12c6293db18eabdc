"""Candles of a live market, each closed one told once and in order, whatever the stream loses, doubles or mixes up.

Rules (Bybit v5 `kline` stream, and what was seen of it): a candle is named by its open time; the exchange's word that
it is closed may be lost, repeated, or come late; an older picture of a candle never replaces a newer one; what the
stream did not tell is asked for by request. A candle is passed over only when the exchange, asked well after its end,
has none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from strategy_tester.domain.market_events import CandleUpdate, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.market_source import CandlePage

_SETTLED_MS = 30_000
"""So long after its end a candle that the exchange does not tell is one that it does not have."""
_FRESH_MS = 1_000
"""Requests may be answered from a copy that is a moment behind the stream: so young an end is asked for again."""
_AHEAD_MS = 60_000
"""A candle that opens so long after the message about it is a mistake, not a candle."""


@dataclass(frozen=True, slots=True)
class CandleChange:
    """What a chart is told.

    Attributes:
        is_closed: Whether the candle is final: told once, in order, without holes of our making.
        open_time_ms: Names the candle.
    """

    is_closed: bool
    open_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float


class LiveCandles:
    """The state of one series. No clock, no network: feed it, and ask what it needs.

    Args:
        market: Whose candles.
        timeframe: Their length.
        last_final_ms: Open time of the last candle that is known for good.
    """

    def __init__(self, market: Market, timeframe: Timeframe, last_final_ms: int) -> None:
        self.market, self.timeframe = market, timeframe
        self.last_final_ms = last_final_ms
        self.forming: CandleUpdate | None = None
        self.mended = 0
        """Candles that had to be asked for."""
        self.skipped = 0
        """Candles that the exchange does not have."""
        self.odd = 0
        """Messages about candles that cannot be."""
        self._ahead: dict[int, CandleUpdate] = {}

    @property
    def next_ms(self) -> int:
        """Open time of the candle that comes next."""
        return self.timeframe.next_open(self.last_final_ms)

    def take(self, update: CandleUpdate) -> list[CandleChange]:
        """A message of the stream: what the chart is told because of it."""
        open_ms = update.open_time_ms
        if open_ms < self.next_ms or update.timeframe is not self.timeframe:
            return []
        if self.timeframe.open_of(open_ms) != open_ms or open_ms > update.time_ms + _AHEAD_MS:
            self.odd += 1
            return []
        known = self._ahead.get(update.open_time_ms)
        if known is None or (update.is_closed, update.time_ms) >= (known.is_closed, known.time_ms):
            self._ahead[update.open_time_ms] = update
        return list(self._go_on())

    def missing(self) -> tuple[int, int] | None:
        """The range (end excluded) that must be asked for before the series can go on; None while nothing is."""
        later = [moment for moment in self._ahead if moment > self.next_ms]
        if not later:
            return None
        held = self._ahead.get(self.next_ms)
        return None if held is not None and held.is_closed else (self.next_ms, min(later))

    @property
    def may_be_confirmed(self) -> bool:
        """Whether all that is missing is the exchange's word that the next candle is closed."""
        missing = self.missing()
        return (
            missing is not None and self.next_ms in self._ahead and self.timeframe.next_open(missing[0]) == missing[1]
        )

    def take_page(self, page: CandlePage, start_ms: int, end_ms: int) -> list[CandleChange]:
        """The answer to a request for candles that open in start_ms..end_ms (end excluded)."""
        candles = page.candles
        changes: list[CandleChange] = []
        for bar in range(len(candles)):
            open_ms = int(candles.open_time_ms[bar])
            if open_ms < self.next_ms or not start_ms <= open_ms < end_ms:
                continue
            if self._ends(open_ms) + _FRESH_MS > page.server_time_ms:
                return changes + list(self._go_on())
            self.skipped += self._steps(self.next_ms, open_ms)
            turnover = float(candles.turnover[bar]) if candles.turnover is not None else 0.0
            change = self._close(
                open_ms, float(candles.open[bar]), float(candles.high[bar]), float(candles.low[bar]),
                float(candles.close[bar]), float(candles.volume[bar]), turnover,
            )  # fmt: skip
            changes.append(change)
            self.mended += 1
            # What the stream has confirmed meanwhile goes before what the page says of it.
            changes += self._confirmed()
        # The exchange was asked late enough: what it did not tell now it does not have.
        last_end = self._ends(self.timeframe.open_of(end_ms - 1))
        if self.next_ms < end_ms and page.server_time_ms >= last_end + _SETTLED_MS and start_ms <= self.next_ms:
            self.skipped += self._steps(self.next_ms, end_ms)
            self.last_final_ms = self.timeframe.open_of(end_ms - 1)
        return changes + list(self._go_on())

    def _ends(self, open_ms: int) -> int:
        return self.timeframe.next_open(open_ms)

    def _steps(self, first_ms: int, last_ms: int) -> int:
        count = 0
        while first_ms < last_ms:
            first_ms, count = self.timeframe.next_open(first_ms), count + 1
        return count

    def _go_on(self) -> Iterator[CandleChange]:
        """Tell closed candles that are next in line, then the one that forms."""
        for old in [moment for moment in self._ahead if moment < self.next_ms]:
            del self._ahead[old]
        yield from self._confirmed()
        held = self._ahead.get(self.next_ms)
        if held is not None and held is not self.forming:
            self.forming = held
            yield CandleChange(
                False, held.open_time_ms, held.open, held.high, held.low, held.close, held.volume, held.turnover
            )

    def _confirmed(self) -> Iterator[CandleChange]:
        while (held := self._ahead.get(self.next_ms)) is not None and held.is_closed:
            del self._ahead[held.open_time_ms]
            yield self._close(held.open_time_ms, held.open, held.high, held.low, held.close, held.volume, held.turnover)

    def _close(
        self, open_ms: int, open_: float, high: float, low: float, close: float, volume: float, turnover: float
    ) -> CandleChange:
        self.last_final_ms, self.forming = open_ms, None
        return CandleChange(True, open_ms, open_, high, low, close, volume, turnover)
