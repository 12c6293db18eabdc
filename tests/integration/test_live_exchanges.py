"""Live markets as the program holds them: clocks, clean ends, names."""

import asyncio
import threading
from typing import Any

import pytest

from practice_builders import MINUTE_MS, START_MS
from practice_servers import serve, source_of
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.live import LiveExchanges
from strategy_tester.practice_exchange.runner import RunningPractice
from strategy_tester.services.jobs import no_checkpoint
from strategy_tester.services.live_markets import PracticePlan
from strategy_tester.services.market_source import Topic, TopicKind
from stream_feed import until

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")


def test_clock_of_an_exchange_is_learned_though_nobody_requests_anything():
    with serve({"kind": "skew_clock", "ms": 5000}, speed=1.0) as server:

        async def work() -> None:
            source = source_of(server)
            live = LiveExchanges(lambda _name: source, lambda *_: pytest.fail("not wanted"))
            live.subscribe("bybit", Topic(TopicKind.TICKER, BTC), lambda _events: None)
            await until(lambda: source.rest.clock.is_known)
            assert abs(live.now_ms("bybit") - server.exchange.told_ms()) < 500
            await live.close()

        asyncio.run(work())


def test_clock_of_the_practice_exchange_is_its_market_time_at_any_speed():
    with serve(speed=500.0) as server:

        async def work() -> None:
            live = LiveExchanges(lambda _name: source_of(server), lambda *_: RunningPractice(server))
            state = live.start_practice(PracticePlan(), no_checkpoint)
            await asyncio.sleep(0.2)
            assert abs(live.now_ms(state.name) - server.exchange.clock.now_ms()) < 20_000  # 40 ms of real time
            await live.close()

        asyncio.run(work())


def test_end_leaves_no_task_and_no_connection_behind():
    with serve(speed=60.0) as server:

        async def work() -> None:
            source = source_of(server)
            live = LiveExchanges(lambda _name: source, lambda *_: pytest.fail("not wanted"))
            changes: list[Any] = []
            live.follow("bybit", BTC, Timeframe.M1, START_MS + 2990 * MINUTE_MS, changes.extend)
            live.subscribe("bybit", Topic(TopicKind.BOOK, BTC, depth=50), lambda _events: None)
            await until(lambda: len(changes) > 5)
            await live.close()
            assert len(asyncio.all_tasks()) == 1
            await until(lambda: not server.exchange.sessions)
            await until(lambda: not [one for one in threading.enumerate() if one.name.startswith("candles-")])

        asyncio.run(work())


def test_source_without_a_stream_is_refused_and_leaves_nothing_half_made():
    async def work() -> None:
        live = LiveExchanges(lambda _name: object(), lambda *_: pytest.fail("not wanted"))  # type: ignore[arg-type]
        for _ in range(2):
            with pytest.raises(InvalidParameter, match="live stream"):
                live.subscribe("file", Topic(TopicKind.TICKER, BTC), lambda _events: None)
        await live.close()

    asyncio.run(work())
