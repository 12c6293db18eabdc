"""Coverage strips: a hole of one candle is seen among a million, and every place says what it is."""

import pytest

from practice_builders import MINUTE_MS, START_MS
from strategy_tester.services.coverage import CoverageInterval, CoverageState
from strategy_tester.ui.panels.data.strip import CoverageStrip, Stretch, StripLegend, part_at, stretches

COMPLETE, MISSING, NONE, NOT_ASKED = CoverageState.COMPLETE, CoverageState.MISSING, CoverageState.NONE, \
    CoverageState.NOT_ASKED  # fmt: skip


def parts(*lengths: tuple[int, CoverageState]) -> list[CoverageInterval]:
    """Parts of so many minutes each, one after the other."""
    found, start = [], START_MS
    for minutes, state in lengths:
        found.append(CoverageInterval(start, start + minutes * MINUTE_MS, state, minutes))
        start += minutes * MINUTE_MS
    return found


def test_a_hole_of_one_candle_is_two_pixels_wide_and_on_top():
    series = parts((500_000, COMPLETE), (1, MISSING), (499_999, COMPLETE))
    painted = stretches(series, START_MS, START_MS + 1_000_000 * MINUTE_MS, 100.0)
    assert [stretch.state for stretch in painted] == [COMPLETE, MISSING]
    assert painted[0] == Stretch(0.0, 100.0, COMPLETE)
    assert painted[1] == Stretch(50.0, 52.0, MISSING)


def test_a_hole_at_the_very_end_stays_inside():
    series = parts((999, COMPLETE), (1, MISSING))
    painted = stretches(series, START_MS, START_MS + 1000 * MINUTE_MS, 10.0)
    assert painted[-1] == Stretch(8.0, 10.0, MISSING)


def test_thousands_of_holes_become_few_stretches():
    series = parts(*[(1, COMPLETE if place % 2 else NONE) for place in range(20_000)])
    painted = stretches(series, START_MS, START_MS + 20_000 * MINUTE_MS, 200.0)
    assert len(painted) <= 4


def test_what_is_out_of_view_is_not_painted():
    series = parts((100, COMPLETE), (100, MISSING), (100, NOT_ASKED))
    painted = stretches(series, START_MS, START_MS + 100 * MINUTE_MS, 50.0)
    assert [stretch.state for stretch in painted] == [COMPLETE]
    assert stretches(series, START_MS, START_MS, 50.0) == []


def test_a_hole_close_by_is_found_before_what_is_around_it():
    series = parts((100, COMPLETE), (1, MISSING), (100, COMPLETE))
    assert part_at(series, START_MS + 97 * MINUTE_MS, 5 * MINUTE_MS) is series[1]
    assert part_at(series, START_MS + 50 * MINUTE_MS, 5 * MINUTE_MS) is series[0]
    assert part_at(series, START_MS - MINUTE_MS) is None


@pytest.fixture
def strip(qtbot) -> CoverageStrip:
    made = CoverageStrip()
    qtbot.addWidget(made)
    made.resize(300, 40)
    made.show_parts(parts((100, COMPLETE), (100, MISSING), (100, NONE)))
    return made


def test_words_of_each_place(strip):
    assert strip.text_at(50) == "complete · 100 candles\n2025-01-01 00:00 … 2025-01-01 01:40 UTC"
    assert strip.text_at(150).startswith("missing · 100 candles")
    assert strip.text_at(250).startswith("the exchange has none · 100 candles")


def test_zoom_keeps_the_moment_under_the_pointer_and_never_leaves_the_series(strip):
    moment = strip.time_at(100)
    strip.zoom(4.0, 100 / 300)
    assert strip.time_at(100) == pytest.approx(moment, abs=1)
    assert strip.end_ms - strip.start_ms == 75 * MINUTE_MS
    strip.move_by(100.0)
    assert strip.end_ms == START_MS + 300 * MINUTE_MS
    strip.zoom(1e9)
    assert strip.end_ms - strip.start_ms == 4 * MINUTE_MS
    strip.show_all()
    assert (strip.start_ms, strip.end_ms) == (START_MS, START_MS + 300 * MINUTE_MS)


def test_new_facts_of_the_same_series_keep_the_view(strip):
    strip.show_part(strip.parts[1])
    view = strip.start_ms, strip.end_ms
    strip.show_parts(parts((200, COMPLETE), (100, NONE)), keep_view=True)
    assert (strip.start_ms, strip.end_ms) == view
    strip.show_parts(parts((200, COMPLETE), (100, NONE)))
    assert (strip.start_ms, strip.end_ms) == (START_MS, START_MS + 300 * MINUTE_MS)


def test_missing_candles_stand_out_of_the_bar(strip, qtbot):
    image = strip.grab().toImage()
    red = image.pixelColor(150, 4)
    assert red.red() > 150
    assert red.green() < 120
    assert image.pixelColor(50, 4) != image.pixelColor(50, 12)
    legend = StripLegend()
    qtbot.addWidget(legend)
    assert legend.accessibleName() == "complete, missing, the exchange has none, not asked for"
    strip.show_parts([])
    assert strip.text_at(10) == ""
    assert not strip.grab().isNull()
