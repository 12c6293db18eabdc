"""Holes in the data: marked, named, and never where candles are."""

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest

from builders import HOUR_MS, START_MS
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui.charts.gap_layer import GapLayer
from strategy_tester.ui.charts.time_base import TimeBase

HOURS = [0, 1, 2, 3, 5, 6, 7, 10, 11, 12, 40, 41, 42]


def gappy() -> Candles:
    times = START_MS + np.array(HOURS) * HOUR_MS
    prices = np.full(len(HOURS), 100.0)
    ones = np.ones(len(HOURS))
    return Candles(times, prices, prices + 5, prices - 5, prices, ones, symbol="GAP", timeframe=Timeframe.H1)


def test_three_missing_candles_are_a_hole_and_fewer_are_not() -> None:
    layer = GapLayer(TimeBase(START_MS + np.array([0, 1, 4, 5, 9, 10]) * HOUR_MS, Timeframe.H1))
    assert layer.hole_at(2) is None
    assert [layer.hole_at(slot) for slot in (5, 6, 8.9, 9)] == [None, (6, 8), (6, 8), None]


def test_a_hole_is_named_with_its_length_and_times() -> None:
    layer = GapLayer(TimeBase(gappy().open_time_ms, Timeframe.H1))
    rows = layer.rows_at(20.0)
    assert [[piece.text for piece in row] for row in rows] == [
        ["No data: 1 d 3 h"], ["2025-01-01 13:00 – 2025-01-02 16:00 UTC"],
    ]  # fmt: skip
    assert layer.rows_at(11.0) == ()


def test_a_hole_before_a_bar_added_later_is_found() -> None:
    base = TimeBase(START_MS + np.arange(5) * HOUR_MS, Timeframe.H1)
    layer = GapLayer(base)
    base.append(START_MS + 5 * HOUR_MS)
    base.append(START_MS + 20 * HOUR_MS)
    assert layer.hole_at(10) == (6, 19)
    base.append(START_MS + 30 * HOUR_MS)
    assert layer.hole_at(10) == (6, 19)
    assert layer.hole_at(25) == (21, 29)


def test_holes_before_bars_that_are_hidden_again_are_forgotten() -> None:
    base = TimeBase(gappy().open_time_ms, Timeframe.H1)
    layer = GapLayer(base)
    assert layer.hole_at(20) == (13, 39)
    base.size = 10
    assert layer.hole_at(20) is None
    base.size = 11
    assert layer.hole_at(20) == (13, 39)


def test_bars_on_no_grid_have_no_holes() -> None:
    assert GapLayer(TimeBase(START_MS + np.array([0, 7, 9000]), Timeframe.M1)).hole_at(1) is None


def test_the_band_fills_the_hole_in_every_pane_and_nothing_else(show_chart) -> None:
    chart = show_chart(gappy())
    image = chart.grab().toImage()
    frame = chart.canvas.renderer.frame
    ground, grid = frame.colors.gap.name(), frame.colors.ground.name()
    for place in (frame.place_of("price"), frame.place_of("volume")):
        row = place.bottom - 6
        inside = {image.pixelColor(x, row).name() for x in range(view(chart, 13) + 1, view(chart, 40) - 1)}
        assert ground in inside
        assert grid not in inside
        before = {image.pixelColor(x, row).name() for x in range(view(chart, 5), view(chart, 7))}
        assert ground not in before


def view(chart, slot: int) -> int:
    """The first column of a slot."""
    seen = chart.model.view
    return int(slot * seen.pixels_per_slot) - seen.shift


def test_the_pointer_in_a_hole_is_told_what_is_missing(show_chart) -> None:
    chart = show_chart(gappy())
    place = chart.canvas.renderer.frame.place_of("price")
    QTest.mouseMove(chart.canvas.viewport(), QPoint(view(chart, 25), place.bottom - 40))
    assert [piece.text for piece in chart.canvas._label()[0]] == ["No data: 1 d 3 h"]
    QTest.mouseMove(chart.canvas.viewport(), QPoint(view(chart, 6), place.bottom - 40))
    assert chart.canvas._label() == ()
