"""A live series: the stream's candles, mended by requests where the stream leaves something out."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor

from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.market_events import CandleUpdate, Market, MarketEvent
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.live_candles import CandleChange, LiveCandles
from strategy_tester.services.market_source import CandlePage, MarketSource, MarketStream, Topic, TopicKind

logger = logging.getLogger(__name__)
_AGAIN_S = 0.3
_LONGEST_AGAIN_S = 5.0
OnChanges = Callable[[list[CandleChange]], None]


class CandleFeed:
    """Follows one series from its last known candle on. Use it on the stream's thread.

    Args:
        stream: Tells candles.
        source: Is asked for what the stream left out; on the executor, never here.
        market: Whose candles.
        timeframe: Their length.
        last_final_ms: Open time of the last candle that is known for good.
        on_changes: Told of changes, in order, on the stream's thread.
        executor: Where requests wait for their answer; the loop's own by default.
    """

    def __init__(
        self,
        stream: MarketStream,
        source: MarketSource,
        market: Market,
        timeframe: Timeframe,
        last_final_ms: int,
        on_changes: OnChanges,
        executor: Executor | None = None,
    ) -> None:
        self.state = LiveCandles(market, timeframe, last_final_ms)
        self._source, self._executor = source, executor
        self._on_changes = on_changes
        self._loop = asyncio.get_event_loop()
        self._asking: asyncio.Task[None] | None = None
        self._is_closed = False
        self._subscription = stream.subscribe(Topic(TopicKind.CANDLE, market, timeframe), self._take)

    @property
    def is_closed(self) -> bool:
        """Whether it follows no longer."""
        return self._is_closed

    def cancel(self) -> None:
        """Follow no longer, as the holder of a subscription says it."""
        self.close()

    def close(self) -> None:
        """Follow no longer. Safe to call twice."""
        self._is_closed = True
        self._subscription.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def _take(self, events: list[MarketEvent]) -> None:
        changes = [change for event in events if isinstance(event, CandleUpdate) for change in self.state.take(event)]
        self._tell(changes)
        if self.state.missing() is not None and (self._asking is None or self._asking.done()):
            self._asking = self._loop.create_task(self._ask())

    async def _ask(self) -> None:
        """Ask until nothing is missing; the exchange may need a moment until a closed candle can be asked for."""
        wait_s = _AGAIN_S
        if self.state.may_be_confirmed:
            await asyncio.sleep(wait_s)  # the exchange's word may only be late
        while not self._is_closed and (missing := self.state.missing()) is not None:
            if await self._mend(*self._page(*missing)):
                wait_s = _AGAIN_S
            else:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2.0, _LONGEST_AGAIN_S)

    async def _mend(self, start_ms: int, end_ms: int) -> bool:
        """Ask for a page; whether that brought the series on."""
        before = self.state.last_final_ms
        try:
            page = await self._loop.run_in_executor(self._executor, self._request, start_ms, end_ms)
            self._tell(self.state.take_page(page, start_ms, end_ms))
        except ExchangeError as error:
            logger.warning("%s %s: %s", self.state.market, self.state.timeframe, error)
        except Exception:
            if not self._is_closed:
                logger.exception("%s %s: mending stumbled", self.state.market, self.state.timeframe)
        return self.state.last_final_ms != before

    def _page(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        longest_ms = self._source.page_limit * self.state.timeframe.milliseconds
        return start_ms, min(end_ms, start_ms + longest_ms)

    def _request(self, start_ms: int, end_ms: int) -> CandlePage:
        return self._source.candles(self.state.market, self.state.timeframe, start_ms, end_ms)

    def _tell(self, changes: list[CandleChange]) -> None:
        if changes and not self._is_closed:
            self._on_changes(changes)
