"""What measures and positions tell, in numbers."""

import math

import pytest

from strategy_tester.domain.drawings import PositionTerms
from strategy_tester.ui.charts.drawing.readings import measure, on_grid, read_position

NOTHING = PositionTerms()


def test_a_measure_tells_bars_time_price_percent_and_ticks() -> None:
    reading = measure((10, 0, 100.0), (34, 86_400_000, 97.5), 0.5)
    assert (reading.bars, reading.duration_ms) == (24, 86_400_000)
    assert (reading.change, reading.change_rate, reading.ticks) == (-2.5, -0.025, -5.0)


def test_a_measure_without_a_tick_tells_no_ticks_and_from_zero_no_percent() -> None:
    reading = measure((0, 0, 0.0), (-3, -180_000, 4.0), 0.0)
    assert math.isnan(reading.ticks)
    assert math.isnan(reading.change_rate)
    assert reading.bars == -3


def test_r_of_a_long_position() -> None:
    reading = read_position((100.0, 95.0, 112.5), NOTHING, is_long=True, tick_size=0.1)
    assert (reading.risk, reading.reward, reading.ratio) == (5.0, 12.5, 2.5)
    assert (reading.risk_rate, reading.reward_rate) == (0.05, 0.125)
    assert (reading.risk_ticks, reading.reward_ticks) == (50.0, 125.0)
    assert math.isnan(reading.net_ratio)
    assert math.isnan(reading.quantity)


def test_r_of_a_short_position() -> None:
    reading = read_position((100.0, 104.0, 90.0), NOTHING, is_long=False)
    assert (reading.risk, reading.reward, reading.ratio) == (4.0, 10.0, 2.5)
    assert math.isnan(reading.risk_ticks)


def test_fees_of_both_sides_lower_r() -> None:
    reading = read_position((100.0, 99.0, 102.0), PositionTerms(taker_fee_rate=0.001), is_long=True)
    assert reading.ratio == 2.0
    # Won: 2 - 0.1 - 0.102; lost: 1 + 0.1 + 0.099.
    assert reading.net_ratio == pytest.approx(1.798 / 1.199)


def test_a_target_nearer_than_the_fees_loses() -> None:
    reading = read_position((100.0, 99.0, 100.1), PositionTerms(taker_fee_rate=0.001), is_long=True)
    assert reading.net_ratio < 0


@pytest.mark.parametrize(
    ("prices", "is_long"),
    [
        ((100.0, 101.0, 110.0), True),
        ((100.0, 95.0, 99.0), True),
        ((100.0, 100.0, 110.0), True),
        ((100.0, 95.0, 90.0), False),
        ((0.0, -1.0, 1.0), True),
    ],
)
def test_a_stop_or_target_on_the_wrong_side_has_no_r(prices: tuple[float, float, float], is_long: bool) -> None:
    reading = read_position(prices, NOTHING, is_long=is_long)
    assert not reading.is_valid
    assert math.isnan(reading.ratio)
    assert math.isnan(reading.risk)


def test_the_quantity_loses_the_risk_at_the_stop_with_fees() -> None:
    terms = PositionTerms(account=10_000.0, risk_rate=0.01, taker_fee_rate=0.0005)
    reading = read_position((200.0, 190.0, 230.0), terms, is_long=True)
    assert reading.quantity == pytest.approx(100.0 / (10.0 + 0.0005 * 390.0))
    assert reading.loss == pytest.approx(100.0)
    assert reading.gain == pytest.approx(reading.quantity * (30.0 - 0.0005 * 430.0))


def test_the_quantity_is_rounded_down_to_whole_steps() -> None:
    terms = PositionTerms(account=1_000.0, risk_rate=0.01)
    reading = read_position((100.0, 97.0, 109.0), terms, is_long=True, quantity_step=0.1)
    assert reading.quantity == 3.3
    assert reading.loss == pytest.approx(9.9)


def test_a_quantity_of_whole_steps_does_not_lose_one_to_binary_fractions() -> None:
    terms = PositionTerms(account=3.0, risk_rate=0.1)  # 0.3 / 1 in steps of 0.1: three, though 0.3 // 0.1 is 2
    assert read_position((10.0, 9.0, 12.0), terms, is_long=True, quantity_step=0.1).quantity == 0.3


def test_prices_are_rounded_to_the_tick_before_anything_is_told() -> None:
    reading = read_position((100.04, 95.02, 110.06), NOTHING, is_long=True, tick_size=0.1)
    assert (reading.entry, reading.stop, reading.target) == (100.0, 95.0, 110.1)
    assert reading.ratio == pytest.approx(10.1 / 5.0)


@pytest.mark.parametrize(
    ("price", "tick", "expected"),
    [(0.1 + 0.2, 0.1, 0.3), (64_210.37, 0.5, 64_210.5), (1.23456, 0.0, 1.23456), (0.000012346, 1e-8, 0.00001235)],
)
def test_on_the_grid(price: float, tick: float, expected: float) -> None:
    assert on_grid(price, tick) == expected
