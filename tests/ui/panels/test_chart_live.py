"""Charts fed by an exchange: what is on the chart is the truth, whatever happens to the connection."""

from dataclasses import replace

import numpy as np
import pytest

from live_fakes import MemoryLiveMarkets, MemoryMarketSource
from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import ExchangeUnreachable
from strategy_tester.domain.market_events import CandleUpdate, Category, Market, StreamState
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.coverage import CoverageState, coverage
from strategy_tester.services.live_markets import PracticePlan
from strategy_tester.services.market_source import Topic, TopicKind
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.live.keeper import LiveKeeper
from strategy_tester.ui.panels.chart.live import LiveFeature
from strategy_tester.ui.panels.chart.replay import ReplayFeature

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
PRACTICE = Market("practice", Category.LINEAR, "BTCUSDT")
KEY = SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
TRUTH = minute_candles(900)
STORED = 300


class Exchange:
    """An exchange over TRUTH whose clock tests set; `tell` says a candle on the stream."""

    def __init__(self) -> None:
        self.now_ms = START_MS + 500 * MINUTE_MS + 30_000
        self.name, self.market = "bybit", BTC
        self.source = MemoryMarketSource({(BTC, Timeframe.M1): TRUTH}, now_ms=lambda: self.now_ms)
        self.source.series[PRACTICE, Timeframe.M1] = replace(TRUTH, source="practice-linear")
        self.live = MemoryLiveMarkets(lambda _name: self.source)

    def tell(self, bar: int, *, closed: bool, close: float | None = None) -> None:
        open_ms = START_MS + bar * MINUTE_MS
        self.now_ms = max(self.now_ms, open_ms + (MINUTE_MS if closed else 30_000))
        self.live.clocks[self.name] = self.now_ms
        price = float(TRUTH.close[bar]) if close is None else close
        high, low = max(float(TRUTH.high[bar]), price), min(float(TRUTH.low[bar]), price)
        update = CandleUpdate(
            self.market, Timeframe.M1, open_ms, float(TRUTH.open[bar]), high, low, price, float(TRUTH.volume[bar]),
            0.0, closed, self.now_ms,
        )  # fmt: skip
        self.live.say(self.name, [update])


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def services(services: Services, exchange: Exchange) -> Services:
    services.candles.write(TRUTH.rows(0, STORED))
    return replace(services, live=exchange.live, sources=lambda _name: exchange.source)


@pytest.fixture
def shell(open_panels, qtbot):
    shell = open_panels("chart")
    qtbot.waitUntil(lambda: shell.panel("chart").chart.model.candles is not None, timeout=20_000)
    return shell


def feature_of(shell) -> LiveFeature:
    return shell.panel("chart").feature(LiveFeature)


def listen(shell, qtbot, exchange: str = "bybit") -> LiveFeature:
    shell.context.live.choose(exchange)
    feature = feature_of(shell)
    qtbot.waitUntil(lambda: feature.is_fed, timeout=20_000)
    return feature


def assert_equals(shown, truth: Candles) -> None:
    assert list(shown.base.times) == list(truth.open_time_ms)
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(shown, name).values[: len(shown)], getattr(truth, name), err_msg=name)


def test_chart_is_brought_up_to_now_and_what_came_is_stored(shell, services, qtbot):
    listen(shell, qtbot)
    panel = shell.panel("chart")
    assert_equals(panel.chart.model.candles, TRUTH.rows(0, 500))
    assert len(panel.view_model.candles) == 500
    stored = services.candles.read(KEY)
    assert 495 <= len(stored) <= 500
    assert services.sources("bybit").asked[0][2] >= START_MS + (STORED - 1) * MINUTE_MS


def test_candles_that_close_while_the_chart_is_live_are_stored_in_batches(shell, services, exchange, qtbot):
    feature = listen(shell, qtbot)
    keeper = LiveKeeper.of(shell.context)
    for bar in (500, 501, 502):
        exchange.tell(bar, closed=True)
    exchange.tell(503, closed=False)
    assert keeper.timer.isActive()
    keeper.store()
    qtbot.waitUntil(lambda: len(services.candles.read(KEY)) == 503, timeout=20_000)
    stored = services.candles.read(KEY)
    np.testing.assert_array_equal(stored.open_time_ms, TRUTH.open_time_ms[:503])
    np.testing.assert_array_equal(stored.close, TRUTH.close[:503])
    parts = coverage(services.candles, services.history, KEY)
    assert [(part.state, part.candles) for part in parts] == [(CoverageState.COMPLETE, 503)]
    shown = shell.panel("chart").chart.model.candles
    qtbot.waitUntil(lambda: shell.context.workbench.stored[0].candles == 503, timeout=20_000)
    exchange.tell(503, closed=True)
    assert shell.panel("chart").chart.model.candles is shown, "what is stored is on the chart already"
    assert feature.is_fed


def test_price_of_a_silent_market_is_gray(shell, exchange, qtbot):
    listen(shell, qtbot)
    renderer = shell.panel("chart").chart.canvas.renderer
    assert not renderer.is_price_old
    exchange.live.be("bybit", StreamState.STALE, silent_ms=6000.0, reason="no data for 6 s")
    assert renderer.is_price_old
    exchange.live.be("bybit", StreamState.LIVE)
    assert not renderer.is_price_old
    exchange.live.be("bybit", StreamState.LOST, retry_in_s=3.0, reason="cut")
    shell.context.live.choose("off")
    assert not renderer.is_price_old, "what is stored is not old"


def test_candle_that_has_ended_just_now_is_left_to_the_stream(shell, exchange, qtbot):
    exchange.now_ms = START_MS + 500 * MINUTE_MS + 400
    listen(shell, qtbot)
    assert len(shell.panel("chart").chart.model.candles) == 499
    exchange.tell(499, closed=True)
    assert_equals(shell.panel("chart").chart.model.candles, TRUTH.rows(0, 500))


def test_forming_candle_is_drawn_but_known_to_nobody(shell, exchange, qtbot):
    listen(shell, qtbot)
    panel = shell.panel("chart")
    exchange.tell(500, closed=False, close=60_500.0)
    exchange.tell(500, closed=False, close=60_600.0)
    shown = panel.chart.model.candles
    assert (len(shown), shown.close.values[500]) == (501, 60_600.0)
    assert len(panel.view_model.candles) == 500
    exchange.tell(500, closed=True)
    exchange.tell(501, closed=False)
    assert_equals(panel.chart.model.candles, TRUTH.rows(0, 502))
    assert len(panel.view_model.candles) == 501
    assert panel.view_model.candles.close[500] == TRUTH.close[500]


def test_hole_and_doubles_of_the_stream_leave_no_mark(shell, exchange, qtbot):
    feature = listen(shell, qtbot)
    for bar in (500, 500, 503, 502, 503, 507, 507):
        exchange.tell(bar, closed=True)
    assert_equals(shell.panel("chart").chart.model.candles, TRUTH.rows(0, 508))
    assert feature.live.last_final_ms == START_MS + 507 * MINUTE_MS


def test_open_that_was_told_before_the_first_trade_is_mended(shell, exchange, qtbot):
    listen(shell, qtbot)
    shown = shell.panel("chart").chart.model.candles
    shell.panel("chart").chart.append(START_MS + 500 * MINUTE_MS, 1.0, 1.0, 1.0, 1.0, 0.0)
    exchange.tell(500, closed=True)
    assert_equals(shown, TRUTH.rows(0, 501))


def test_hidden_chart_does_not_listen_and_catches_up_when_it_is_shown(shell, exchange, qtbot):
    feature = listen(shell, qtbot)
    topic = Topic(TopicKind.CANDLE, BTC, Timeframe.M1)
    assert exchange.live.topics("bybit") == {topic}
    shell.window.hide()
    assert exchange.live.topics("bybit") == set()
    exchange.now_ms = START_MS + 600 * MINUTE_MS + 1_000
    shell.window.show()
    qtbot.waitUntil(lambda: feature.is_fed, timeout=20_000)
    assert_equals(shell.panel("chart").chart.model.candles, TRUTH.rows(0, 600))


def test_going_offline_takes_the_forming_candle_away(shell, exchange, qtbot):
    feature = listen(shell, qtbot)
    exchange.tell(500, closed=False)
    shell.context.live.choose("off")
    panel = shell.panel("chart")
    qtbot.waitUntil(lambda: len(panel.chart.model.candles) == 500)
    assert not feature.is_fed
    assert feature.badge.isHidden()
    assert exchange.live.topics("bybit") == set()


def test_clock_of_the_exchange_counts_the_candle_down(shell, exchange, qtbot):
    listen(shell, qtbot)
    exchange.tell(500, closed=False)
    panel = shell.panel("chart")
    panel.chart.countdown.look()
    assert panel.chart.countdown.text == "00:30"


def test_badge_says_how_live_it_is(shell, exchange, qtbot):
    feature = listen(shell, qtbot)
    assert not feature.badge.isHidden()
    assert feature.badge.text() == "Live"
    exchange.live.be("bybit", StreamState.STALE, silent_ms=6000.0, reason="no data for 6 s")
    assert feature.badge.text() == "No data for 6 s"
    exchange.live.be("bybit", StreamState.LOST, retry_in_s=3.0, reason="cut")
    assert feature.badge.text() == "Reconnecting in 3 s"


def test_replay_suspends_the_market_and_gives_it_back(shell, exchange, qtbot):
    feature = listen(shell, qtbot)
    exchange.tell(500, closed=False)
    panel = shell.panel("chart")
    replay = panel.feature(ReplayFeature)
    replay.start_at(START_MS + 100 * MINUTE_MS)
    qtbot.waitUntil(lambda: replay.player is not None, timeout=20_000)
    assert not feature.is_fed
    assert len(panel.view_model.candles) == 100
    replay.clock.stop()
    qtbot.waitUntil(lambda: feature.is_fed, timeout=20_000)
    exchange.tell(500, closed=True)
    assert_equals(panel.chart.model.candles, TRUTH.rows(0, 501))


def test_practice_market_is_opened_without_anything_stored_and_never_stored(shell, services, exchange, qtbot):
    exchange.name, exchange.market = "practice:40001", PRACTICE
    shell.context.live.start_practice(PracticePlan(("BTCUSDT",)))
    qtbot.waitUntil(lambda: shell.context.live.exchange == "practice")
    panel = shell.panel("chart")
    panel.view_model.choose_market("BTCUSDT", "practice-linear")
    feature = feature_of(shell)
    qtbot.waitUntil(lambda: feature.is_fed, timeout=20_000)
    exchange.tell(500, closed=True)
    assert panel.chart.model.candles.base.times[-1] == START_MS + 500 * MINUTE_MS
    assert not LiveKeeper.of(shell.context).timer.isActive()
    assert [summary.key for summary in services.candles.series()] == [KEY]
    assert SeriesKey("BTCUSDT", Timeframe.M5, "practice-linear") in panel.view_model.live()
    assert shell.context.workbench.series == KEY


def test_exchange_that_cannot_be_reached_is_told_and_asked_again(shell, exchange, qtbot):
    exchange.source.error = ExchangeUnreachable("the exchange cannot be reached")
    feature = feature_of(shell)
    feature._retry.setInterval(50)
    panel = shell.panel("chart")
    exchange.source.server_time_ms = lambda: exchange.source.listings(Category.LINEAR) and 0  # type: ignore[method-assign]
    shell.context.live.choose("bybit")
    qtbot.waitUntil(lambda: "cannot be reached" in panel.errors.text(), timeout=20_000)
    exchange.source.error = None
    exchange.source.server_time_ms = lambda: exchange.now_ms  # type: ignore[method-assign]
    feature._retry.start(10)
    qtbot.waitUntil(lambda: feature.is_fed, timeout=20_000)
    assert panel.errors.text() == ""


def test_lines_of_the_strategy_stand_over_closed_candles_only(shell, exchange, qtbot):
    listen(shell, qtbot)
    panel = shell.panel("chart")
    content = {
        "name": "one line",
        "indicators": [{"type": "SMA", "params": {"period": 3}}],
        "entry_conditions": {"long": [{"indicator": "SMA_3", "operator": ">", "value": 100}], "short": []},
    }
    shell.workbench.set_strategy(content)
    exchange.tell(500, closed=True)
    exchange.tell(501, closed=False, close=90_000.0)
    qtbot.waitUntil(lambda: bool(panel.chart.model.lines) and len(panel.chart.model.lines[0]) == 501, timeout=20_000)
    assert panel.chart.model.lines[0].values[500] == pytest.approx(float(np.mean(TRUTH.close[498:501])), rel=1e-12)


def test_live_market_of_an_empty_store_stays_on_the_chart(shell, services, exchange, qtbot):
    listen(shell, qtbot)
    services.candles.delete(KEY)
    shell.workbench.select_series(None)
    panel = shell.panel("chart")
    panel.view_model.link.select(SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear"))
    shell.workbench.refresh_stored()
    shell.come_to_rest()
    qtbot.waitUntil(lambda: feature_of(shell).is_fed, timeout=20_000)
    assert panel.view_model.series == KEY
    assert panel.chart.model.candles.base.times[-1] == START_MS + 499 * MINUTE_MS
    assert services.candles.series() == []
