"""Bybit's public data through pybit, from the practice exchange over real sockets: facts of pages and limits."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.errors import ExchangeBusy, ExchangeRefused, ExchangeUnreachable
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, Place, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.market_source import PriceKind

NOW_MS = START_MS + 3000 * MINUTE_MS + 30_000
BTC = Market("bybit", Category.LINEAR, "BTCUSDT")


def serve(*faults: dict, markets: list[StagedMarket] | None = None, **options) -> ServerThread:
    staged = markets or [StagedMarket(listing(), minute_candles(4000), funding(400, 3_600_000 // 4))]
    script = FaultScript.parse({"faults": list(faults)})
    settings = {"start_ms": NOW_MS, "speed": 0.001, "faults": script} | options
    return ServerThread(PracticeExchange(staged, **settings))


def source_of(server: ServerThread, **options) -> BybitSource:
    place = practice_place(server.port)
    rest = BybitRest(place, **options)
    rest.guard = RequestGuard(place.name, {"": Limit(400, 5.0)}, resync=rest._resync, first_wait_s=0.01)
    return BybitSource(rest)


@pytest.fixture(scope="module")
def source() -> Iterator[BybitSource]:
    with serve() as server:
        yield source_of(server)


def test_page_is_ascending_unique_and_within_its_range(source: BybitSource):
    page = source.candles(BTC, Timeframe.M1, START_MS, START_MS + 1000 * MINUTE_MS)
    stored = minute_candles(4000).between(START_MS, START_MS + 1000 * MINUTE_MS)
    assert page.forming is None
    for name in ("open_time_ms", "open", "high", "low", "close", "volume"):
        assert np.array_equal(getattr(page.candles, name), getattr(stored, name)), name
    assert (page.candles.symbol, page.candles.source) == ("BTCUSDT", "bybit-linear")


def test_unaligned_range_over_three_pages_has_no_hole(source: BybitSource):
    start, end = START_MS + 12_345, START_MS + 2500 * MINUTE_MS + 7
    times: list[int] = []
    step = source.page_limit * MINUTE_MS
    for begin in range(start, end, step):
        times += source.candles(BTC, Timeframe.M1, begin, min(begin + step, end)).candles.open_time_ms.tolist()
    assert times == list(range(START_MS + MINUTE_MS, START_MS + 2500 * MINUTE_MS + 1, MINUTE_MS))


def test_running_candle_is_kept_apart(source: BybitSource):
    page = source.candles(BTC, Timeframe.M1, NOW_MS - 5 * MINUTE_MS, NOW_MS + MINUTE_MS)
    assert page.candles.open_time_ms[-1] == START_MS + 2999 * MINUTE_MS
    assert page.forming is not None
    assert page.forming.open_time_ms.tolist() == [START_MS + 3000 * MINUTE_MS]


def test_first_candle_and_empty_ranges(source: BybitSource):
    assert source.first_candle_ms(BTC, Timeframe.M1) == START_MS
    page = source.candles(BTC, Timeframe.M1, START_MS - 10 * MINUTE_MS, START_MS)
    assert len(page.candles) == 0


def test_mark_prices_come_as_candles_without_volume(source: BybitSource):
    page = source.candles(BTC, Timeframe.H1, START_MS, START_MS + 10 * 60 * MINUTE_MS, PriceKind.MARK)
    stored = resample(minute_candles(4000), Timeframe.H1)
    assert np.array_equal(page.candles.close, stored.close[:10])
    assert page.candles.volume.sum() == 0.0


def test_every_settlement_is_found_though_pages_hold_two_hundred_and_the_interval_changes():
    import dataclasses

    eight_hours = funding(150, 8 * 3_600_000)
    later = START_MS + 150 * 8 * 3_600_000
    four_hours = funding(260, 4 * 3_600_000, start_ms=later)
    joined = type(eight_hours)(
        np.concatenate([eight_hours.time_ms, four_hours.time_ms]), np.concatenate([eight_hours.rate, four_hours.rate]),
        np.full(410, np.nan),
    )  # fmt: skip
    candles = minute_candles(60)
    end_ms = int(joined.time_ms[-1]) + 1
    late = dataclasses.replace(candles, open_time_ms=np.append(candles.open_time_ms[:-1], end_ms // 60_000 * 60_000))
    with serve(markets=[StagedMarket(listing(), late, joined)], start_ms=end_ms + 30_000) as server:
        found = source_of(server).funding(BTC, START_MS, end_ms)
    assert np.array_equal(found.time_ms, joined.time_ms)
    assert np.array_equal(found.rate, joined.rate)


def test_open_interest_is_whole_and_ascending(source: BybitSource):
    values = source.open_interest(BTC, Timeframe.M5, START_MS, START_MS + 2400 * MINUTE_MS)
    assert values.time_ms.tolist() == list(range(START_MS, START_MS + 2400 * MINUTE_MS, 5 * MINUTE_MS))
    assert (values.value > 0.0).all()


def test_seven_hundred_symbols_come_though_the_last_page_carries_a_cursor():
    candles = minute_candles(60)
    staged = [StagedMarket(listing(f"C{number:03}USDT"), candles) for number in range(1001)]
    staged.append(StagedMarket(listing("GONEUSDT", status=ListingStatus.CLOSED), candles))
    with serve(markets=staged, start_ms=START_MS + 30 * MINUTE_MS, repeats_last_cursor=True) as server:
        source = source_of(server)
        trading = source.listings(Category.LINEAR)
        everything = source.listings(Category.LINEAR, include_closed=True)
    assert len(trading) == 1001
    assert "GONEUSDT" not in {item.market.symbol for item in trading}
    gone = next(item for item in everything if item.market.symbol == "GONEUSDT")
    assert gone.status is ListingStatus.CLOSED
    assert trading[0].instrument.tick_size == 0.1
    assert trading[0].funding_interval_minutes == 480


@pytest.mark.parametrize(("category", "first"), [(Category.LINEAR, 0.005), (Category.INVERSE, 0.005)])
def test_tiers_are_fractions_whether_told_as_fractions_or_percents(category, first):
    staged = [StagedMarket(listing("BTCUSDT", category), minute_candles(60))]
    with serve(markets=staged, start_ms=START_MS + 30 * MINUTE_MS) as server:
        tiers = source_of(server).risk_tiers(Market("bybit", category, "BTCUSDT"))
    assert tiers[0].maintenance_margin_rate == first
    assert tiers[0].initial_margin_rate * tiers[0].max_leverage == pytest.approx(1.0, rel=1e-4)
    assert [tier.maintenance_deduction for tier in tiers[:3]] == [0.0, 1200.0, 3020.0]


def test_book_trades_and_tickers(source: BybitSource):
    book = source.order_book(BTC, 50)
    assert book.is_snapshot
    assert len(book.bids) == len(book.asks) == 50
    trades = source.recent_trades(BTC, 30)
    assert [trade.time_ms for trade in trades] == sorted(trade.time_ms for trade in trades)
    (ticker,) = source.tickers(Category.LINEAR)
    assert ticker.market == BTC
    assert ticker.bid_price < ticker.ask_price
    assert ticker.funding_interval_minutes == 480


def test_unknown_symbol_is_refused_at_once(source: BybitSource):
    sent = source.rest.guard.sent
    with pytest.raises(ExchangeRefused) as refused:
        source.candles(Market("bybit", Category.LINEAR, "NOPEUSDT"), Timeframe.M1, START_MS, NOW_MS)
    assert refused.value.code == 10001
    assert source.rest.guard.sent == sent + 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "answer", "path": "/v5/market/kline", "code": 10016, "times": 2},
        {"kind": "status", "path": "/v5/market/kline", "status": 502, "times": 2},
        {"kind": "html", "path": "/v5/market/kline", "times": 2},
        {"kind": "status", "path": "/v5/market/kline", "status": 429, "times": 1},
    ],
    ids=["busy", "502", "a page instead of an answer", "429"],
)
def test_troubles_that_pass_are_survived(fault):
    with serve(fault) as server:
        assert len(source_of(server).candles(BTC, Timeframe.M1, START_MS, START_MS + 5 * MINUTE_MS).candles) == 5


@pytest.mark.parametrize("bare", [False, True], ids=["reset time in the past", "no headers"])
def test_too_many_visits_are_waited_out(bare):
    fault = {"kind": "answer", "path": "/v5/market/kline", "code": 10006, "times": 1, "bare": bare}
    with serve(fault) as server:
        begun = time.monotonic()
        assert len(source_of(server).candles(BTC, Timeframe.M1, START_MS, START_MS + 5 * MINUTE_MS).candles) == 5
    assert 0.9 < time.monotonic() - begun < 6.0


def test_after_a_403_everything_is_silent():
    with serve({"kind": "ban", "times": 1}) as server:
        source = source_of(server)
        for _ in range(3):
            with pytest.raises(ExchangeBusy):
                source.server_time_ms()
        assert server.exchange.requests == 1
        assert source.rest.guard.silent_s() > 500.0


@pytest.mark.parametrize("skew_ms", [3000, -3000])
def test_skewed_clock_is_corrected_after_one_refusal(skew_ms):
    with serve({"kind": "skew_clock", "ms": skew_ms}, start_ms=None) as server:
        source = source_of(server, key="PRACTICE-KEY", secret="practice-secret")  # noqa: S106  opens nothing
        answer = source.rest.ask("get_account_info")
        assert answer["result"]["marginMode"] == "ISOLATED_MARGIN"
        assert source.rest.clock.is_known


def test_exchange_that_is_not_there_is_named():
    source = BybitSource(BybitRest(Place("Bybit", "http://127.0.0.1:9", "ws://127.0.0.1:9")))
    source.rest.guard = RequestGuard("Bybit", {}, first_wait_s=0.001)
    with pytest.raises(ExchangeUnreachable, match="Bybit cannot be reached"):
        source.server_time_ms()
