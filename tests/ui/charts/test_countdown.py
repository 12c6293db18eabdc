"""The time left until the candle closes, by a clock the test holds in its hand."""

import time

import pytest

from builders import HOUR_MS, START_MS, make_candles
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.ui.charts.countdown import countdown_text
from strategy_tester.ui.charts.time_base import TimeBase

LAST_MS = START_MS + 2 * HOUR_MS
"""Opening of the last of three hourly candles."""


@pytest.mark.parametrize(
    ("left", "text"),
    [(249_000, "04:09"), (248_001, "04:09"), (1, "00:01"), (60_000, "01:00"), (3_600_000, "1:00:00"),
     (14_347_000, "3:59:07"), (86_399_000, "23:59:59"), (86_400_000, "1 d 0 h"), (6 * DAY_MS + 3 * HOUR_MS, "6 d 3 h")],
)  # fmt: skip
def test_text(left: float, text: str) -> None:
    assert countdown_text(left) == text


@pytest.fixture
def chart(show_chart):
    made = show_chart(make_candles([100.0, 101.0, 102.0]))
    made.now = LAST_MS + 20 * 60_000
    made.clock = lambda: made.now
    return made


def test_a_candle_that_is_forming_has_its_time_below_the_price(chart) -> None:
    assert chart.countdown.text == "40:00"
    assert chart.countdown.is_running
    chart.canvas.refresh()
    chart.grab()
    frame = chart.canvas.renderer.frame
    assert frame.below_tag.top() == frame.last_tag.bottom() + 1
    assert frame.below_tag.width() == frame.last_tag.width()
    color = chart.grab().toImage().pixelColor(frame.below_tag.right() - 3, frame.below_tag.center().y())
    assert color == frame.colors.up


def test_a_candle_of_the_past_has_none(chart) -> None:
    chart.now = LAST_MS + HOUR_MS
    chart.countdown.look()
    assert chart.countdown.text == ""
    assert not chart.countdown.is_running
    chart.canvas.refresh()
    chart.grab()
    assert chart.canvas.renderer.frame.below_tag is None


def test_a_candle_of_the_future_has_none(chart) -> None:
    chart.now = LAST_MS - 1
    chart.countdown.look()
    assert chart.countdown.text == ""


def test_no_clock_hides_it(chart) -> None:
    chart.clock = None
    assert chart.countdown.text == ""
    assert not chart.countdown.is_running


def test_the_next_candle_starts_it_again(chart, qtbot) -> None:
    chart.now = LAST_MS + HOUR_MS + 1000
    chart.append(LAST_MS + HOUR_MS, 102.0, 103.0, 101.0, 102.0, 1.0)
    qtbot.waitUntil(lambda: chart.countdown.text == "59:59", timeout=2000)


def test_it_rests_while_nobody_looks(chart) -> None:
    chart.hide()
    assert not chart.countdown.is_running
    chart.show()
    assert chart.countdown.is_running


def test_a_second_paints_the_overlay_alone(chart, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    chart.canvas.refresh()
    chart.grab()
    drawn, areas = [], []
    monkeypatch.setattr(chart.canvas.renderer, "draw", lambda *arguments: drawn.append(arguments))
    monkeypatch.setattr(chart.canvas.viewport(), "update", lambda *area: areas.append(area))
    chart.now += 1000
    chart.countdown.look()
    assert chart.countdown.text == "39:59"
    assert drawn == []
    assert len(areas) == 1
    assert areas[0][3] < 30


def test_it_ticks_by_itself(chart, qtbot) -> None:
    seen: list[str] = []
    chart.countdown.ticked.connect(lambda: seen.append(chart.countdown.text))
    start = time.monotonic()
    chart.clock = lambda: LAST_MS + HOUR_MS - 6_050 + (time.monotonic() - start) * 1000
    seen.clear()
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=5000)
    assert seen == ["00:06", "00:05"]


def test_a_month_closes_with_the_month(show_chart) -> None:
    times = make_candles([1.0, 2.0], start_ms=START_MS, timeframe=Timeframe.MO1).open_time_ms
    times[1] = START_MS + 31 * DAY_MS
    base = TimeBase(times, Timeframe.MO1)
    from strategy_tester.ui.charts.countdown import time_left_ms

    assert time_left_ms(base, START_MS + 31 * DAY_MS) == 28 * DAY_MS


def test_a_low_price_keeps_both_lines_inside_the_pane(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 30 + [90.0]))
    chart.clock = lambda: START_MS + 30 * HOUR_MS
    chart.model.panes[0].scale.is_auto = False
    chart.model.panes[0].scale.low, chart.model.panes[0].scale.high = 89.99, 101.0
    chart.canvas.refresh()
    chart.grab()
    frame = chart.canvas.renderer.frame
    assert frame.below_tag.bottom() <= frame.place_of("price").bottom


def test_a_clock_that_stands_still_is_not_asked_without_rest(chart, qtbot) -> None:
    asked: list[int] = []

    def resting() -> float:
        asked.append(1)
        return LAST_MS + 20 * 60_000

    chart.clock = resting
    qtbot.wait(600)
    assert len(asked) <= 5
