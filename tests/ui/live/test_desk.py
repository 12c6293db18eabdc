"""The live desk: nothing without a choice, wishes that outlive every change of the exchange."""

from dataclasses import replace

import pytest

from fakes import MemorySettings
from live_fakes import LINEAR, MemoryLiveMarkets, MemoryMarketSource
from strategy_tester.domain.errors import ExchangeError, InvalidParameter
from strategy_tester.domain.market_events import Category, Market, StreamHealth, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.live_markets import PracticePlan
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.live.desk import LiveDesk, ticker_topic

PRACTICE = Market("practice", Category.LINEAR, "BTCUSDT")


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def live_services(services: Services, live: MemoryLiveMarkets) -> Services:
    return replace(services, live=live, sources=lambda _name: MemoryMarketSource())


@pytest.fixture
def desk(live_services: Services, jobs, settings: MemorySettings) -> LiveDesk:
    return LiveDesk(live_services, jobs, settings)


def ticker(market: Market, price: float) -> Ticker:
    return Ticker(market, 1, last_price=price)


def test_nothing_is_listened_to_before_the_user_chose(desk: LiveDesk, live: MemoryLiveMarkets):
    desk.subscribe(ticker_topic(LINEAR), lambda _events: None)
    assert (desk.exchange, desk.is_on, live.listeners) == ("off", False, {})
    assert desk.market("BTCUSDT") is None
    assert desk.follow(LINEAR, Timeframe.M1, 0, lambda _changes: None) is None
    assert desk.health == StreamHealth("off", StreamState.CLOSED)


def test_wish_survives_changes_of_the_exchange(desk: LiveDesk, live: MemoryLiveMarkets, qtbot):
    heard: list = []
    wish = desk.subscribe(ticker_topic(LINEAR), heard.extend)
    desk.choose("bybit")
    live.say("bybit", [ticker(LINEAR, 5.0)])
    assert heard == [ticker(LINEAR, 5.0)]
    with qtbot.waitSignal(desk.practice_changed, check_params_cb=None), qtbot.waitSignal(desk.exchange_changed):
        desk.start_practice(PracticePlan(("BTCUSDT",), speed=10.0))
    qtbot.waitUntil(lambda: desk.exchange == "practice")
    assert live.topics("bybit") == set()
    live.say("practice:40001", [ticker(PRACTICE, 6.0)])
    assert heard[-1] == ticker(PRACTICE, 6.0)
    assert desk.ticker(PRACTICE) == ticker(PRACTICE, 6.0)
    desk.choose("off")
    assert live.topics("practice:40001") == set()
    desk.choose("bybit")
    wish.cancel()
    wish.cancel()
    assert live.topics("bybit") == set()


def test_choice_is_remembered_but_for_the_practice_exchange(desk, live_services, jobs, settings, qtbot):
    desk.choose("bybit-testnet")
    desk.start_practice(PracticePlan())
    qtbot.waitUntil(lambda: desk.exchange == "practice")
    assert LiveDesk(live_services, jobs, settings).exchange == "bybit-testnet"


def test_practice_that_starts_anew_is_listened_to_on_its_new_port(desk: LiveDesk, live: MemoryLiveMarkets, qtbot):
    desk.subscribe(ticker_topic(LINEAR), lambda _events: None)
    for port in (40001, 40002):
        desk.start_practice(PracticePlan())
        assert desk.is_practice_starting
        qtbot.waitUntil(lambda: not desk.is_practice_starting)
        assert live.topics(f"practice:{port}") == {ticker_topic(PRACTICE)}
    assert live.topics("practice:40001") == set()


def test_stopping_practice_goes_back_to_the_exchange_before(desk: LiveDesk, live: MemoryLiveMarkets, qtbot):
    desk.choose("bybit")
    desk.start_practice(PracticePlan())
    qtbot.waitUntil(lambda: desk.exchange == "practice")
    with qtbot.waitSignal(desk.practice_changed):
        desk.stop_practice()
    assert (desk.exchange, desk.practice) == ("bybit", None)


def test_practice_that_cannot_start_is_told_and_leaves_the_choice(desk: LiveDesk, live: MemoryLiveMarkets, qtbot):
    live.practice_error = ExchangeError("the port is taken")
    with qtbot.waitSignal(desk.failed) as told:
        desk.start_practice(PracticePlan())
    assert str(told.args[0]) == "the port is taken"
    assert (desk.exchange, desk.is_practice_starting) == ("off", False)


def test_seconds_of_a_lost_or_silent_connection_count_on(desk: LiveDesk, live: MemoryLiveMarkets, qtbot):
    desk.choose("bybit")
    desk.subscribe(ticker_topic(LINEAR), lambda _events: None)
    assert (desk.is_fresh, desk.health.latency_ms) == (True, 2.0)
    live.be("bybit", StreamState.LOST, retry_in_s=4.0, reason="cut")
    with qtbot.waitSignal(desk.health_changed, timeout=2000) as told:
        pass
    assert 2.0 < told.args[0].retry_in_s < 3.8
    assert not desk.is_fresh
    live.be("bybit", StreamState.STALE, silent_ms=4000.0)
    with qtbot.waitSignal(desk.health_changed, timeout=2000) as told:
        pass
    assert 4200.0 < told.args[0].silent_ms < 6000.0


def test_exchange_is_chosen_by_name_and_knows_its_markets(desk: LiveDesk):
    with pytest.raises(InvalidParameter):
        desk.choose("nowhere")
    desk.choose("bybit")
    assert desk.market("ETHUSDT", Category.SPOT) == Market("bybit", Category.SPOT, "ETHUSDT")
    assert desk.serves(LINEAR)
    assert not desk.serves(PRACTICE)
    series = SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
    assert desk.series_of(LINEAR, Timeframe.M1) == series
    assert desk.market_of(series) == LINEAR
    assert desk.market_of(SeriesKey("X", Timeframe.M1, "file")) is None


def test_live_data_that_need_loading_are_loaded_on_a_worker(live_services, jobs, settings, live, qtbot):
    live.needs_loading = True
    desk = LiveDesk(live_services, jobs, settings)
    with qtbot.waitSignal(desk.exchange_changed, timeout=5000):
        desk.choose("bybit")
        assert (desk.is_on, desk.health.state) == (False, StreamState.CONNECTING)
    assert desk.is_on
