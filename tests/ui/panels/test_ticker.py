"""The ticker card: its figures, the countdown at a given clock, past funding, and what it listens to."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from builders import START_MS
from fakes import MemoryCandleStore
from live_fakes import MemoryLiveMarkets, MemoryMarketSource
from market_builders import NEXT_FUNDING_MS, listing, market, ticker
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import ExchangeUnreachable
from strategy_tester.domain.market_events import Category, Market, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.ticker.facts import (
    Reading,
    annual_rate,
    basis,
    change_24h,
    countdown,
    facts_of,
    funding_facts,
    headline,
    spread_bps,
)
from strategy_tester.ui.panels.ticker.funding_bars import FundingBars
from strategy_tester.ui.panels.ticker.funding_history import FundingHistory, read_funding_history
from strategy_tester.ui.panels.ticker.view import TickerPanel

BTC = market("BTCUSDT")
HOUR_MS = 3_600_000
EIGHT_HOURS_MS = 8 * HOUR_MS


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def facts(of: Ticker, tick: float = 0.1) -> dict[str, tuple[str, str]]:
    reading = Reading(of, listing(of.market, base="BTC", tick=tick).instrument, 480)
    return {fact.key: (plain(fact.text), plain(fact.detail)) for fact in [*facts_of(reading), *funding_facts(reading)]}


# --- figures


def test_every_figure_of_a_linear_contract_with_its_unit():
    assert facts(ticker(BTC, 100.0)) == {
        "mark": ("101.0 USDT", ""),
        "index": ("99.0 USDT", ""),
        "basis": ("+1.0 USDT", "+1.010 %"),
        "high": ("110.0 USDT", ""),
        "low": ("90.0 USDT", ""),
        "volume": ("2.00 K BTC", ""),
        "turnover": ("200.0 K USDT", ""),
        "bid": ("99.9 USDT", "1.500 BTC"),
        "ask": ("100.1 USDT", "2.000 BTC"),
        "spread": ("2 ticks", "20.00 bps"),
        "interest": ("50 BTC", "5.05 K USDT"),
        "funding": ("+0.0100 %", "every 8 h"),
        "annual": ("+10.95 %", ""),
    }


def test_inverse_contract_counts_in_dollars_and_pays_in_coins():
    of = market("BTCUSD", Category.INVERSE)
    shown = facts(ticker(of, 50_000.0, volume_24h=4e6, turnover_24h=80.0, open_interest=2e6))
    assert (shown["volume"], shown["turnover"]) == (("4.00 M USD", ""), ("80 BTC", ""))
    assert shown["interest"] == ("2.00 M USD", "")


def test_spot_has_no_mark_no_open_interest_and_no_funding():
    of = market("BTCUSDT", Category.SPOT)
    spot = Ticker(of, 1, last_price=100.0, bid_price=99.9, ask_price=100.1)
    assert list(facts(spot)) == ["high", "low", "volume", "turnover", "bid", "ask", "spread"]


def test_change_of_the_day_is_reckoned_from_the_price_24_hours_ago():
    assert change_24h(ticker(BTC, 125.0, change_24h_rate=0.25)) == 25.0
    assert change_24h(ticker(BTC, 125.0, change_24h_rate=-1.0)) is None
    reading = Reading(ticker(BTC, 80.0, change_24h_rate=-0.2), listing(BTC).instrument)
    price, change, tone = headline(reading)
    assert (plain(price), plain(change), tone) == ("80.0 USDT", "▼ −20.0 USDT (−20.00 %)", "down")


def test_what_cannot_be_computed_is_a_dash():
    bare = Ticker(BTC, 1, last_price=100.0)
    assert (basis(bare), spread_bps(bare), annual_rate(0.0001, 0)) == (None, None, None)
    assert {text for text, _detail in facts(bare).values()} == {"—"}
    crossed = ticker(BTC, bid_price=101.0, ask_price=100.0)
    assert spread_bps(crossed) is None


@pytest.mark.parametrize(
    ("left_ms", "text"),
    [
        (11_565_000, "03:12:45"), (11_564_001, "03:12:45"), (11_564_000, "03:12:44"), (1000, "00:00:01"),
        (1, "00:00:01"), (0, "due now"), (-5000, "due now"), (90_061_000, "1 d 01:01:01"),
    ],
)  # fmt: skip
def test_countdown_at_a_given_clock(left_ms: int, text: str):
    assert countdown(NEXT_FUNDING_MS, NEXT_FUNDING_MS - left_ms) == text


def test_countdown_without_a_settlement_is_a_dash():
    assert countdown(None, 5) == countdown(0, 5) == "—"


# --- past funding


def settlements(count: int, last_ms: int = START_MS) -> FundingRates:
    times = last_ms - np.arange(count, dtype=np.int64)[::-1] * EIGHT_HOURS_MS
    return FundingRates(times, np.arange(count) * 1e-5, np.full(count, np.nan))


class FundingSource(MemoryMarketSource):
    """Knows settlements; notes what it was asked for."""

    def __init__(self, known: FundingRates) -> None:
        super().__init__()
        self.known, self.spans = known, []

    def funding(self, market: Market, start_ms: int, end_ms: int) -> FundingRates:
        self._fail()
        self.spans.append((start_ms, end_ms))
        wanted = (self.known.time_ms >= start_ms) & (self.known.time_ms < end_ms)
        return FundingRates(self.known.time_ms[wanted], self.known.rate[wanted], self.known.mark_price[wanted])


def test_nothing_is_asked_for_what_is_stored():
    store, source = MemoryCandleStore(), FundingSource(settlements(200))
    store.write_funding("BTCUSDT", "bybit-linear", settlements(200))
    history = read_funding_history(store, source, BTC, 480, START_MS + HOUR_MS)
    assert (len(history), history.times[-1], source.spans) == (90, START_MS, [])
    assert history.rates[-1] == pytest.approx(0.00199)


def test_only_what_is_newer_than_the_stored_ones_is_asked_for():
    store, source = MemoryCandleStore(), FundingSource(settlements(200))
    store.write_funding("BTCUSDT", "bybit-linear", settlements(100, START_MS - 3 * EIGHT_HOURS_MS))
    history = read_funding_history(store, source, BTC, 480, START_MS + HOUR_MS)
    assert source.spans == [(START_MS - 3 * EIGHT_HOURS_MS + 1, START_MS + HOUR_MS + 1)]
    assert history.times[-4:] == tuple(START_MS - number * EIGHT_HOURS_MS for number in (3, 2, 1, 0))


def test_practice_exchange_never_shows_stored_funding():
    store, source = MemoryCandleStore(), FundingSource(settlements(5))
    store.write_funding("BTCUSDT", "practice-linear", settlements(90))
    history = read_funding_history(store, source, market("BTCUSDT", exchange="practice"), 480, START_MS)
    assert len(history) == 5


def test_exchange_that_does_not_answer_leaves_what_is_stored_and_says_so():
    store, source = MemoryCandleStore(), FundingSource(settlements(9))
    source.error = ExchangeUnreachable("Bybit does not answer.")
    store.write_funding("BTCUSDT", "bybit-linear", settlements(3))
    history = read_funding_history(store, source, BTC, 480, START_MS)
    assert (len(history), history.problem) == (3, "Bybit does not answer.")


def test_bars_say_their_mean_and_which_one_is_under_the_pointer(qtbot):
    bars = FundingBars()
    qtbot.addWidget(bars)
    assert bars.words() == "No past settlements are known."
    assert bars.bar_at(5.0) is None
    bars.resize(300, 50)
    bars.show_history(FundingHistory((1, 2, 3), (0.0001, -0.0003, 0.0005)))
    assert plain(bars.accessibleName()) == "Mean of 3 settlements: +0.0100 %"
    assert [bars.bar_at(x) for x in (0.0, 99.0, 101.0, 299.0, 300.0, -1.0)] == [0, 0, 1, 2, None, None]
    assert not bars.grab().isNull()


# --- the panel


@pytest.fixture
def live() -> MemoryLiveMarkets:
    made = MemoryLiveMarkets()
    made.clocks["bybit"] = NEXT_FUNDING_MS - 11_565_000
    return made


@pytest.fixture
def source() -> FundingSource:
    made = FundingSource(settlements(50, NEXT_FUNDING_MS - EIGHT_HOURS_MS))
    made.all_listings = [listing(BTC, base="BTC")]
    return made


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets, source: FundingSource) -> Services:
    return replace(services, live=live, sources=lambda _name: source)


@pytest.fixture
def panel(open_panels, settings, live, qtbot):
    """The card in a window, BTCUSDT of Bybit on it."""
    settings.set("live.exchange", "bybit")
    shell = open_panels("ticker")
    shell.window.docks.show("ticker")
    made = shell.panel("ticker")
    shell.workbench.links.main.select(SeriesKey("BTCUSDT", Timeframe.H1, "bybit-linear"))
    qtbot.waitUntil(lambda: bool(live.topics("bybit")))
    shell.come_to_rest()
    return made


def test_card_shows_the_linked_symbol(panel: TickerPanel, live, qtbot):
    live.say("bybit", [ticker(BTC, 100.0)])
    qtbot.waitUntil(lambda: plain(panel.last.text()) == "100.0 USDT")
    assert panel.symbol.text() == "BTCUSDT · Bybit"
    assert panel.countdown.text() == "03:12:45"
    assert plain(panel.facts.value("mark").text()) == "101.0 USDT"
    assert plain(panel.facts.detail("spread").text()) == "20.00 bps"
    assert plain(panel.mean.text()).startswith("Mean of 50 settlements")
    assert panel.facts.value("mark").toolTip() != ""


def test_countdown_goes_on_without_any_message(panel: TickerPanel, live, qtbot):
    live.say("bybit", [ticker(BTC)])
    qtbot.waitUntil(lambda: panel.countdown.text() == "03:12:45")
    live.clocks["bybit"] += 1000
    qtbot.waitUntil(lambda: panel.countdown.text() == "03:12:44", timeout=3000)


def test_hidden_card_listens_to_nothing_and_counts_nothing(panel: TickerPanel, live):
    panel.window().docks.close_panel("ticker")
    assert live.topics("bybit") == set()
    assert not panel.view_model._seconds.isActive()
    panel.window().docks.show("ticker")
    assert {topic.market for topic in live.topics("bybit")} == {BTC}


def test_past_funding_is_read_again_after_a_settlement(panel: TickerPanel, live, source, qtbot):
    live.say("bybit", [ticker(BTC)])
    asked = len(source.spans)
    live.say("bybit", [ticker(BTC, next_funding_ms=NEXT_FUNDING_MS + EIGHT_HOURS_MS)])
    qtbot.waitUntil(lambda: len(source.spans) == asked + 1)


def test_stale_figures_are_gray_and_said_in_words(panel: TickerPanel, live, qtbot):
    live.say("bybit", [ticker(BTC)])
    qtbot.waitUntil(lambda: panel.change.property("tone") == "up")
    live.be("bybit", StreamState.LOST, retry_in_s=3.0)
    qtbot.waitUntil(lambda: not panel.last.isEnabled())
    assert panel.badge.text() == "Reconnecting in 3 s"
    assert panel.change.property("tone") == ""
    live.be("bybit", StreamState.LIVE)
    qtbot.waitUntil(panel.last.isEnabled)
    assert panel.change.property("tone") == "up"


def test_symbol_of_a_file_that_the_exchange_does_not_list_is_said(panel: TickerPanel, qtbot):
    panel.link.groups.main.select(SeriesKey("NOSUCH", Timeframe.H1, "file"))
    qtbot.waitUntil(lambda: panel.last.text() == "The exchange does not list this symbol.")
    assert panel.funding.isHidden()


def test_exchange_out_of_reach_is_not_said_to_lack_the_symbol(panel: TickerPanel, live, source, qtbot):
    live.be("bybit", StreamState.LOST, retry_in_s=3.0, reason="the exchange cannot be reached")
    source.all_listings = []
    panel.link.groups.main.select(SeriesKey("NOSUCH", Timeframe.H1, "bybit-linear"))
    qtbot.waitUntil(lambda: panel.view_model._has_asked, timeout=10_000)
    assert panel.last.text() == "…"
    live.be("bybit", StreamState.LIVE)
    qtbot.waitUntil(lambda: panel.last.text() == "The exchange does not list this symbol.")


def test_without_an_exchange_there_is_one_sentence_and_one_button(open_panels):
    shell = open_panels("ticker")
    shell.window.docks.show("ticker")
    panel = shell.panel("ticker")
    assert panel.empty.isVisible()
    assert panel.empty.button.text() == "Choose an exchange"
    shell.context.live.choose("bybit")
    assert panel.empty.isVisible()
    assert not panel.empty.button.isVisible()


def test_wide_card_has_several_columns(panel: TickerPanel, live, qtbot):
    live.say("bybit", [ticker(BTC)])
    qtbot.waitUntil(lambda: "mark" in panel.facts._lines)
    panel.facts.resize(300, 400)
    narrow = panel.facts._columns
    panel.facts.resize(900, 400)
    assert (narrow, panel.facts._columns > 1) == (1, True)


def test_copy_that_was_removed_hears_nothing_any_more(panel: TickerPanel, live, qtbot):
    window = panel.window()
    assert isinstance(window, MainWindow)
    copy_id = window.add_panel_copy("ticker")
    qtbot.waitUntil(lambda: isinstance(window.docks.content(copy_id), TickerPanel))
    window.docks.show(copy_id)
    qtbot.waitUntil(lambda: bool(live.topics("bybit")))
    window.remove_copy(copy_id)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    live.be("bybit", StreamState.STALE)
    panel._context.live.choose("off")
    panel._context.live.choose("bybit")
    panel.link.groups.main.select(SeriesKey("ETHUSDT", Timeframe.H1, "bybit-linear"))
    qtbot.waitUntil(lambda: panel.view_model.market == market("ETHUSDT"))
