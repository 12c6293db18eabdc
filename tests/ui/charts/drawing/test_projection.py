"""Between anchors and pixels: inside the bars, beyond them, on every kind of time axis and scale."""

import numpy as np
import pytest

from builders import START_MS, make_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.drawings import Anchor
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui.charts.drawing.projection import Projection
from ui.charts.drawing.conftest import HOUR_MS, Board, anchor


def projection_on(show_chart, candles: Candles) -> Projection:
    chart = show_chart(candles)
    frame = chart.canvas.renderer.frame
    assert frame is not None
    return Projection(frame.panes[0][1])


def candles_at(times: list[int], timeframe: Timeframe | None) -> Candles:
    prices = np.linspace(100.0, 110.0, len(times))
    return Candles(
        np.array(times, dtype=np.int64), prices, prices + 1, prices - 1, prices, prices, symbol="T",
        timeframe=timeframe, source="test",
    )  # fmt: skip


def test_a_moment_lies_in_the_bar_that_contains_it(board: Board) -> None:
    projection = board.ground.projection
    inside = Anchor(anchor(10, 0).time_ms + 59 * 60_000, 100.0)
    assert projection.point_of(inside) == projection.point_of(anchor(10, 100.0))
    assert projection.x_of(anchor(11, 0).time_ms) > projection.x_of(inside.time_ms)


@pytest.mark.parametrize("bar", [-30, 0, 17, 59, 75])
def test_columns_and_moments_belong_together_also_beyond_the_bars(board: Board, bar: int) -> None:
    projection = board.ground.projection
    time_ms = anchor(bar, 0).time_ms
    assert projection.slot_of(time_ms) == bar
    assert projection.time_at(projection.x_of(time_ms)) == time_ms


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("is_inverted", [False, True])
def test_rows_and_prices_belong_together_on_every_scale(board: Board, is_log: bool, is_inverted: bool) -> None:
    scale = board.chart.model.panes[0].scale
    scale.is_inverted = is_inverted
    board.chart.set_log_scale(is_log)
    board.chart.grab()
    projection = board.ground.projection
    for price in (50.0, 97.25, 101.0, 180.0):
        assert projection.price_at(projection.y_of(price)) == pytest.approx(price)
    assert (projection.y_of(101.0) > projection.y_of(97.0)) is is_inverted


def test_times_without_a_grid_go_on_in_their_usual_step(show_chart) -> None:
    times = [START_MS + offset for offset in (0, 50_000, 130_000, 180_000)]
    projection = projection_on(show_chart, candles_at(times, None))
    assert [projection.slot_of(time_ms) for time_ms in times] == [0, 1, 2, 3]
    assert projection.slot_of(times[-1] + 60_000) == 4
    assert projection.slot_of(times[-1] + 59_999) == 3
    assert projection.slot_of(START_MS - 1) == -1
    assert projection.slot_of(START_MS - 60_001) == -2
    assert projection.time_at(projection.x_of(times[-1] + 120_000)) == times[-1] + 120_000


def test_months_are_counted_by_the_calendar(show_chart) -> None:
    months = [int(np.datetime64(month, "ms").astype(np.int64)) for month in ("2025-01", "2025-02", "2025-03")]
    projection = projection_on(show_chart, candles_at(months, Timeframe.MO1))
    may = int(np.datetime64("2025-05", "ms").astype(np.int64))
    assert projection.slot_of(may) == 4
    assert projection.time_moved(months[0] + 1, 4) == may + 1


def test_bars_are_counted_across_gaps_and_slots_in_the_future(show_chart) -> None:
    times = [START_MS + hour * HOUR_MS for hour in (0, 1, 2, 10, 11)]
    projection = projection_on(show_chart, candles_at(times, Timeframe.H1))
    places = [projection.place_among_bars(START_MS + hour * HOUR_MS) for hour in (-2, 0, 2, 10, 11, 13)]
    assert places == [-2, 0, 2, 3, 4, 6]


def test_far_away_places_stay_numbers_a_painter_can_take(board: Board) -> None:
    projection = board.ground.projection
    x, y = projection.point_of(Anchor(START_MS + 10**14, 1e17))
    assert (abs(x), abs(y)) == (1e7, 1e7)


def test_a_drawing_may_show_when_its_time_reaches_into_sight(show_chart) -> None:
    from strategy_tester.domain.drawings import new_drawing

    projection = projection_on(show_chart, make_candles([100.0] * 40))
    inside = new_drawing("trend_line", (anchor(-900, 1.0), anchor(5, 1.0)))
    outside = new_drawing("trend_line", (anchor(-900, 1.0), anchor(-800, 1.0)))
    assert projection.may_show(inside)
    assert not projection.may_show(outside)
