import numpy as np
import pytest

from strategy_tester.engine import records
from strategy_tester.engine.sizing import order_quantity, refusal, whole_steps


def rules_of(**values: float) -> np.void:
    defaults = {
        "initial_capital": 1000.0, "leverage": 1.0, "position_share": 1.0, "fixed_quantity": np.nan,
    }  # fmt: skip
    row = np.zeros(1, records.RULES)
    for name, value in (defaults | values).items():
        row[name] = value
    return row.view(np.recarray)[0]


@pytest.mark.parametrize(
    ("quantity", "step", "steps_per_unit", "expected"),
    [
        (0.3, 0.1, 10.0, 0.3),
        (0.29999, 0.1, 10.0, 0.2),
        (0.7, 0.1, 10.0, 0.7),
        (1.1, 0.1, 10.0, 1.1),
        (0.001, 0.001, 1000.0, 0.001),
        (0.0009999, 0.001, 1000.0, 0.0),
        (2.3, 0.5, 2.0, 2.0),
        (27.0, 5.0, 0.0, 25.0),
        (123456.789, 0.001, 1000.0, 123456.789),
        (4.35, 0.01, 100.0, 4.35),
    ],
)
def test_whole_steps_counts_and_never_loses_one_to_rounding(
    quantity: float, step: float, steps_per_unit: float, expected: float
) -> None:
    assert whole_steps(quantity, step, steps_per_unit) == expected


def test_every_decimal_quantity_keeps_all_its_steps() -> None:
    lost = [count for count in range(1, 5000) if whole_steps(count / 1000, 0.001, 1000.0) != count / 1000]

    assert lost == []


def test_a_step_that_is_no_fraction_of_one_keeps_all_its_steps() -> None:
    lost = [count for count in range(1, 5000) if round(whole_steps(count * 0.7, 0.7, 0.0) / 0.7) != count]

    assert lost == []


def test_quantity_reserves_the_entry_fee() -> None:
    rules = rules_of(leverage=10.0, taker_fee_rate=0.1)

    assert order_quantity(1000.0, 100.0, rules) == 50.0


def test_quantity_takes_the_share_of_the_equity() -> None:
    rules = rules_of(leverage=3.0, position_share=0.5)

    assert order_quantity(1000.0, 100.0, rules) == 15.0


def test_a_rebate_is_not_put_up_as_margin() -> None:
    rules = rules_of(leverage=100.0, taker_fee_rate=-0.01)

    assert order_quantity(1000.0, 100.0, rules) == 1000.0


def test_a_fixed_quantity_ignores_the_equity_but_not_the_step() -> None:
    rules = rules_of(fixed_quantity=0.37, quantity_step=0.1, steps_per_unit=10.0)

    assert order_quantity(5.0, 100.0, rules) == 0.3


@pytest.mark.parametrize(
    ("equity", "quantity", "reason"),
    [
        (0.0, 5.0, "NO_EQUITY"),
        (-1.0, 5.0, "NO_EQUITY"),
        (1e-7, 5.0, "NO_EQUITY"),
        (1000.0, 0.0, "ROUNDED_TO_ZERO"),
        (1000.0, 0.1, "BELOW_MIN_QUANTITY"),
        (1000.0, 0.2, "BELOW_MIN_NOTIONAL"),
        (1000.0, 0.5, "ACCEPTED"),
    ],
)
def test_an_order_is_refused_for_the_first_reason_that_holds(equity: float, quantity: float, reason: str) -> None:
    rules = rules_of(min_quantity=0.2, min_notional=50.0)

    assert refusal(equity, quantity, 100.0, rules) == getattr(records, reason)


def test_a_fixed_quantity_needs_margin_and_fee() -> None:
    rules = rules_of(fixed_quantity=10.0, leverage=2.0, taker_fee_rate=0.001)

    assert refusal(501.0, 10.0, 100.0, rules) == records.ACCEPTED
    assert refusal(500.5, 10.0, 100.0, rules) == records.NO_EQUITY
