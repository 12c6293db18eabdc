"""Fifteen facts about Bybit that simple clients get wrong, each provoked over real sockets.

They are numbered as in the notes on the exchange. Facts 10 to 12 are about the user's orders, which this program does
not send: their tests hold to what exists of them, and each says what it cannot provoke before there are orders.
"""

import asyncio
import dataclasses
import json
import time
from typing import Any

import numpy as np
import pytest
import requests

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from practice_servers import NOW_MS, serve, source_of
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import ExchangeBusy, ExchangeUnreachable
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import BookChange, CandleUpdate, Category, Market, PublicTrade, Ticker
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit import rest as bybit_rest
from strategy_tester.exchange.bybit.rest import practice_place
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.candle_feed import CandleFeed
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import ServerThread
from strategy_tester.services.live_candles import CandleChange
from strategy_tester.services.market_source import Topic, TopicKind
from stream_feed import feed_and_hub, ticker, until

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
TRUTH = minute_candles(4000)
KEY = {"key": "PRACTICE-KEY", "secret": "practice-secret"}


def raw(server: ServerThread, query: str, path: str = "kline") -> Any:
    """What the exchange answers, before anybody of ours has read it."""
    return requests.get(f"{server.address}/v5/market/{path}?category=linear&symbol=BTCUSDT&{query}", timeout=5).json()


def minutes(times: Any) -> list[int]:
    return [(int(moment) - START_MS) // MINUTE_MS for moment in times]


def followed(server: ServerThread, last_bar: int, count: int) -> tuple[list[CandleChange], CandleFeed]:
    """The final candles that a feed tells after a bar, as many as wanted, and the feed."""

    async def work() -> tuple[list[CandleChange], CandleFeed]:
        hub = StreamHub(BybitWire(practice_place(server.port)), waits_s=(0.02, 0.1))
        final: list[CandleChange] = []
        feed = CandleFeed(
            hub, source_of(server), BTC, Timeframe.M1, START_MS + last_bar * MINUTE_MS,
            lambda changes: final.extend(change for change in changes if change.is_closed),
        )  # fmt: skip
        await until(lambda: len(final) >= count, 60.0)
        feed.close()
        await hub.close()
        return final[:count], feed

    return asyncio.run(work())


def assert_true(final: list[CandleChange], first_bar: int) -> None:
    """One candle a bar, from a bar on, each as the exchange knows it."""
    bars = range(first_bar, first_bar + len(final))
    assert minutes(change.open_time_ms for change in final) == list(bars)
    for bar, told in zip(bars, final, strict=True):
        row = TRUTH.open[bar], TRUTH.high[bar], TRUTH.low[bar], TRUTH.close[bar], TRUTH.volume[bar]
        assert (told.open, told.high, told.low, told.close, told.volume) == row


def test_1_a_range_longer_than_the_limit_returns_the_newest_and_the_limit_is_200():
    span = f"interval=1&start={START_MS}&end={START_MS + 999 * MINUTE_MS}"
    with serve() as server:
        assert minutes(row[0] for row in raw(server, span)["result"]["list"]) == list(range(999, 799, -1))
        page = source_of(server).candles(BTC, Timeframe.M1, START_MS, START_MS + 1000 * MINUTE_MS)
    assert minutes(page.candles.open_time_ms) == list(range(1000))


def test_2_pages_are_newest_first_the_end_is_inclusive_and_the_start_is_floored():
    start, end = START_MS + 12_345, START_MS + 2500 * MINUTE_MS + 7
    with serve() as server:
        inclusive = raw(server, f"interval=1&start={start}&end={START_MS + 2 * MINUTE_MS}")["result"]["list"]
        assert minutes(row[0] for row in inclusive) == [2, 1, 0]
        source = source_of(server)
        step = source.page_limit * MINUTE_MS
        times: list[int] = []
        for begin in range(start, end, step):
            times += source.candles(BTC, Timeframe.M1, begin, min(begin + step, end)).candles.open_time_ms.tolist()
    assert times == list(range(START_MS + MINUTE_MS, START_MS + 2500 * MINUTE_MS + 1, MINUTE_MS))


def test_3_the_open_candle_comes_without_a_flag_and_is_never_taken_as_final():
    with serve(speed=10.0, start_ms=NOW_MS - 25_000) as server:
        source = source_of(server)
        query = f"interval=1&start={START_MS + 2998 * MINUTE_MS}"
        first = raw(server, query)["result"]["list"][0]
        pages = [source.candles(BTC, Timeframe.M1, START_MS + 2998 * MINUTE_MS, NOW_MS + MINUTE_MS)]
        time.sleep(1.5)
        second = raw(server, query)["result"]["list"][0]
        pages.append(source.candles(BTC, Timeframe.M1, START_MS + 2998 * MINUTE_MS, NOW_MS + MINUTE_MS))
    assert first[0] == second[0]
    assert first != second  # it has changed between two calls
    for page in pages:
        assert minutes(page.candles.open_time_ms) == [2998, 2999]
        assert page.forming is not None
        assert minutes(page.forming.open_time_ms) == [3000]


def test_4_confirm_can_be_lost_repeated_late_or_joined_with_another():
    faults = (
        {"kind": "lose_confirm", "rate": 0.3}, {"kind": "repeat_confirm", "rate": 0.3},
        {"kind": "join_confirm", "rate": 0.5}, {"kind": "reorder", "topic": "kline", "rate": 0.3},
    )  # fmt: skip
    with serve(*faults, speed=300.0) as server:
        final, feed = followed(server, 2999, 60)
        happened = {fault.kind: fault.happened for fault in server.exchange.faults.faults}
    assert_true(final, 3000)
    assert all(count > 5 for count in happened.values()), happened
    assert feed.state.mended > 0
    assert feed.state.skipped == 0


def test_5_nothing_is_replayed_after_a_reconnect():
    """A cut across a fill, and `execId` used once, cannot be provoked: there are no orders yet. Public trades that
    come twice are under test in fact 11."""
    with serve({"kind": "cut", "every_s": 0.7}, speed=600.0) as server:
        final, feed = followed(server, 2990, 60)
        assert server.exchange.faults.faults[0].happened >= 3
    assert_true(final, 2991)
    assert feed.state.mended >= 10


def test_6_book_ids_rise_by_one_and_a_gap_spoils_the_book_until_a_snapshot():
    def said(number: int, bids: list[list[str]], asks: list[list[str]], form: str = "delta") -> str:
        data = {"s": "BTCUSDT", "b": bids, "a": asks, "u": number, "seq": number * 7}
        return json.dumps({"topic": "orderbook.50.BTCUSDT", "type": form, "ts": START_MS, "data": data})

    begin = [[["100", "1"], ["99", "2"]], [["101", "3"]]]

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            told: list[BookChange] = []
            hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=50), told.extend)  # type: ignore[arg-type]
            await until(lambda: bool(feed.topics))
            book = hub.book(BTC, 50)
            assert isinstance(book, OrderBook)

            async def say(*texts: str) -> None:
                count = hub.messages + len(texts)
                await feed.say(texts)
                await until(lambda: hub.messages == count)

            await say(said(10, [["98", "1"]], []))
            assert not book.is_usable  # a change before the snapshot
            await say(said(10, *begin, form="snapshot"), said(11, [["97", "0"]], []))
            assert book.is_usable  # the level that was to be taken away was not there: no fault
            assert book.bids() == [(100.0, 1.0), (99.0, 2.0)]
            await say(said(13, [["100", "9"]], []))
            assert not book.is_usable  # 12 is lost
            count = len(told)
            await say(said(14, [["100", "8"]], []))
            assert len(told) == count
            await say(said(20, *begin, form="snapshot"), said(1, [["50", "1"]], [["51", "1"]]))
            assert (book.bids(), book.asks()) == ([(50.0, 1.0)], [(51.0, 1.0)])  # 1 begins anew, whatever it is called

    asyncio.run(work())
    best = OrderBook(1)
    same = BookChange(BTC, 1, True, 7, 9, ((100.0, 1.0),), ((101.0, 1.0),), START_MS, START_MS)
    assert best.apply(same) is best.apply(same)  # depth 1 repeats itself with the same id
    assert best.is_usable


def test_7_ticker_changes_hold_only_what_changed_and_spot_has_no_best_prices():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            told: list[Any] = []
            hub.subscribe(Topic(TopicKind.TICKER, BTC), told.extend)
            await until(lambda: bool(feed.topics))
            data = {"symbol": "BTCUSDT", "bid1Price": "99.5", "bid1Size": "2"}
            one_sided = json.dumps({"topic": "tickers.BTCUSDT", "type": "delta", "ts": START_MS + 9, "data": data})
            await feed.say([ticker(7.0, form="delta"), ticker(100.0), one_sided])
            await until(lambda: len(told) == 2)
            assert [one.last_price for one in told] == [100.0, 100.0]
            assert told[1] == Ticker(BTC, START_MS + 9, last_price=100.0, bid_price=99.5, bid_size=2.0)

    asyncio.run(work())
    spot = Market("bybit", Category.SPOT, "BTCUSDT")
    with serve(markets=[StagedMarket(listing(category=Category.SPOT), TRUTH)], speed=60.0) as server:

        async def spot_work() -> Ticker:
            hub = StreamHub(BybitWire(practice_place(server.port)))
            told: list[Any] = []
            hub.subscribe(Topic(TopicKind.TICKER, spot), told.extend)
            await until(lambda: bool(told))
            await hub.close()
            return told[0]

        found = asyncio.run(spot_work())
    assert found.last_price is not None
    assert (found.bid_price, found.ask_price, found.funding_rate) == (None, None, None)


@pytest.mark.parametrize("skew_ms", [3000, -3000])
def test_8_a_skewed_clock_is_corrected_after_one_refusal(skew_ms: int):
    with serve({"kind": "skew_clock", "ms": skew_ms}, start_ms=None) as server:
        source = source_of(server, **KEY)
        answer = source.rest.ask("get_account_info")
        assert answer["result"]["marginMode"] == "ISOLATED_MARGIN"
        assert source.rest.clock.is_known


def test_9_after_a_403_everything_is_silent():
    with serve({"kind": "ban", "times": 1}) as server:
        source = source_of(server)
        for _ in range(3):
            with pytest.raises(ExchangeBusy):
                source.server_time_ms()
        assert server.exchange.requests == 1
        assert source.rest.guard.silent_s() > 500.0


@pytest.mark.parametrize("bare", [False, True], ids=["reset time in the past", "no headers"])
def test_9_too_many_visits_come_with_http_200_and_are_waited_out(bare: bool):
    fault = {"kind": "answer", "path": "/v5/market/kline", "code": 10006, "times": 1, "bare": bare}
    with serve(fault) as server:
        assert raw(server, "interval=1")["retCode"] == 10006
        server.exchange.faults.faults[0].happened = 0
        begun = time.monotonic()
        assert len(source_of(server).candles(BTC, Timeframe.M1, START_MS, START_MS + 5 * MINUTE_MS).candles) == 5
    assert 0.9 < time.monotonic() - begun < 6.0


@pytest.mark.parametrize(
    "fault", [{"kind": "answer", "code": 10016}, {"kind": "hang", "ms": 700}, {"kind": "status", "status": 502}],
    ids=["10016", "no answer", "502"],
)  # fmt: skip
def test_10_a_request_that_changes_something_is_never_sent_twice(fault: dict, monkeypatch: pytest.MonkeyPatch):
    """What exists: requests marked as not safe to repeat. Asking by `orderLinkId`, and 110072 for a resend, cannot be
    provoked before the program sends orders."""
    monkeypatch.setattr(bybit_rest, "_TIMEOUT_S", 0.4)
    with serve(fault | {"path": "/v5/order/create"}) as server:
        source = source_of(server, **KEY)
        order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "0.001"}
        with pytest.raises(ExchangeUnreachable):
            source.rest.ask("place_order", order, is_safe=False)
        assert server.exchange.requests == 1
        with pytest.raises(ExchangeUnreachable):
            source.rest.ask("place_order", order)  # the same, said to be safe, is tried again
        assert server.exchange.requests == 6


def test_11_messages_that_come_twice_or_out_of_order_are_told_once():
    """What exists: public trades. That a position equals the sum of its executions, and that fills come before their
    order, cannot be provoked before there are orders; their messages on this stream are passed over."""

    def trades(*names: str) -> str:
        data = [{"T": START_MS, "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "2", "i": name, "seq": 5} for name in names]
        return json.dumps({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": START_MS, "data": data})

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            told: list[PublicTrade] = []
            hub.subscribe(Topic(TopicKind.TRADE, BTC), told.extend)  # type: ignore[arg-type]
            await until(lambda: bool(feed.topics))
            fill = json.dumps({"topic": "execution.fast", "creationTime": 1, "data": [{"execId": "a", "orderId": "o"}]})
            order = json.dumps(
                {"topic": "order", "creationTime": 1, "data": [{"orderId": "o", "orderStatus": "Filled"}]}
            )
            await feed.say([fill, order, order, trades("c", "a"), trades("a", "b"), trades("c", "a"), trades("d")])
            await until(lambda: len(told) >= 4)
            assert [trade.trade_id for trade in told] == ["c", "a", "b", "d"]
            assert hub.faulty == 0

    asyncio.run(work())


def test_12_a_client_that_comes_back_days_later_catches_up_and_stops_asking():
    """What exists: candles. That cancelled orders leave the history after 24 hours, and that their queries span seven
    days at most, cannot be provoked before there are orders."""
    with serve(speed=60.0) as server:
        final, feed = followed(server, 9, 2991)
        requests_then = server.exchange.requests
        time.sleep(0.5)
        assert server.exchange.requests == requests_then
    assert_true(final, 10)
    assert feed.state.missing() is None
    assert requests_then <= 6  # three pages of a thousand, no question twice


def test_13_the_funding_interval_changes_and_every_settlement_is_found():
    """The signs of payments in the account's records cannot be provoked before there is an account."""
    eight_hours = funding(150, 8 * 3_600_000)
    four_hours = funding(260, 4 * 3_600_000, start_ms=START_MS + 150 * 8 * 3_600_000)
    joined = FundingRates(
        np.concatenate([eight_hours.time_ms, four_hours.time_ms]), np.concatenate([eight_hours.rate, four_hours.rate]),
        np.full(410, np.nan),
    )  # fmt: skip
    candles = minute_candles(60)
    end_ms = int(joined.time_ms[-1]) + 1
    late = dataclasses.replace(candles, open_time_ms=np.append(candles.open_time_ms[:-1], end_ms // 60_000 * 60_000))
    with serve(markets=[StagedMarket(listing(), late, joined)], start_ms=end_ms + 30_000) as server:
        assert raw(server, f"startTime={START_MS}", "funding/history")["retCode"] == 10001  # alone it is an error
        newest = raw(server, f"startTime={START_MS}&endTime={end_ms}", "funding/history")["result"]["list"]
        assert len(newest) == 200
        found = source_of(server).funding(BTC, START_MS, end_ms)
    assert np.array_equal(found.time_ms, joined.time_ms)
    assert np.array_equal(found.rate, joined.rate)


def test_14_closed_symbols_are_hidden_lists_have_pages_and_the_last_cursor_repeats():
    """That a position is closed by an execution without an order cannot be provoked before there are positions."""
    candles = minute_candles(60)
    staged = [StagedMarket(listing(f"C{number:03}USDT"), candles) for number in range(1001)]
    staged.append(StagedMarket(listing("GONEUSDT", status=ListingStatus.CLOSED), candles))
    with serve(markets=staged, start_ms=START_MS + 30 * MINUTE_MS, repeats_last_cursor=True) as server:
        source = source_of(server)
        trading = source.listings(Category.LINEAR)
        assert server.exchange.requests == 3  # two pages, and one that shows the end
        everything = source.listings(Category.LINEAR, include_closed=True)
    assert len(trading) == 1001
    assert "GONEUSDT" not in {item.market.symbol for item in trading}
    gone = next(item for item in everything if item.market.symbol == "GONEUSDT")
    assert gone.status is ListingStatus.CLOSED
    assert trading[0].instrument.tick_size == 0.1
    assert trading[0].funding_interval_minutes == 480


@pytest.mark.parametrize("category", [Category.LINEAR, Category.INVERSE])
def test_15_margin_tiers_come_as_fractions_or_percents(category: Category):
    staged = [StagedMarket(listing("BTCUSDT", category), minute_candles(60))]
    with serve(markets=staged, start_ms=START_MS + 30 * MINUTE_MS) as server:
        url = f"{server.address}/v5/market/risk-limit?category={category.value}&symbol=BTCUSDT"
        told = requests.get(url, timeout=5).json()["result"]["list"][0]["maintenanceMargin"]
        tiers = source_of(server).risk_tiers(Market("bybit", category, "BTCUSDT"))
    assert told == ("0.005" if category is Category.LINEAR else "0.5")
    assert tiers[0].maintenance_margin_rate == 0.005
    assert tiers[0].initial_margin_rate * tiers[0].max_leverage == pytest.approx(1.0, rel=1e-4)
    assert [tier.maintenance_deduction for tier in tiers[:3]] == [0.0, 1200.0, 3020.0]


def test_15_numbers_are_written_without_exponents_in_both_directions():
    """Batches, codes that are harmless, and the quote amount of a spot order cannot be provoked before there are
    orders; what is written today are the exchange's own texts, and what is read must not care."""
    small = Instrument("PEPEUSDT", 0.00000001, 0.00001, 0.00001, 5.0, source="bybit-linear")
    staged = [StagedMarket(dataclasses.replace(listing("PEPEUSDT"), instrument=small), minute_candles(60))]
    with serve(markets=staged, start_ms=START_MS + 30 * MINUTE_MS) as server:
        url = f"{server.address}/v5/market/instruments-info?category=linear"
        text = requests.get(url, timeout=5).json()["result"]["list"][0]
        (found,) = source_of(server).listings(Category.LINEAR)
    assert text["priceFilter"]["tickSize"] == "0.00000001"
    assert text["lotSizeFilter"]["qtyStep"] == "0.00001"
    assert (found.instrument.tick_size, found.instrument.quantity_step) == (1e-8, 1e-5)
    item = {
        "start": START_MS, "open": "1e-05", "high": "0.00002", "low": "0.00001", "close": "2e-5", "volume": "1E3",
        "turnover": "0.0", "confirm": False,
    }  # fmt: skip
    message = {"topic": "kline.1.PEPEUSDT", "ts": START_MS, "data": [item]}
    (update,) = BybitWire(practice_place(1)).read(json.dumps(message), "linear").events
    assert isinstance(update, CandleUpdate)
    assert (update.open, update.close, update.volume) == (0.00001, 0.00002, 1000.0)
