"""Every table beside this file is a backtest whose fills were worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from scenarios.tables import Scenario, read_scenarios
from strategy_tester.domain.results import EXIT_REASONS, REFUSAL_REASONS, BacktestResult
from strategy_tester.engine.run import run_signals

SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario.name}")
    for path in sorted(Path(__file__).parent.glob("*.txt"))
    for scenario in read_scenarios(path)
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: Scenario) -> None:
    result = run_signals(
        scenario.candles, scenario.signals, scenario.config, lower_candles=scenario.lower_candles
    )  # fmt: skip

    trades = result.trade_columns
    fills = [
        (
            "LONG" if trades.side[row] > 0 else "SHORT", int(trades.entry_bar[row]), float(trades.entry_price[row]),
            int(trades.exit_bar[row]), float(trades.exit_price[row]), EXIT_REASONS[trades.exit_reason[row]],
        )
        for row in range(len(trades))
    ]  # fmt: skip
    expected_fills = [
        (trade.side, trade.entry_bar, pytest.approx(trade.entry_price, rel=1e-12), trade.exit_bar,
         pytest.approx(trade.exit_price, rel=1e-12), trade.reason)
        for trade in scenario.trades
    ]  # fmt: skip
    assert fills == expected_fills
    for row, trade in enumerate(scenario.trades):
        found = {name: float(getattr(trades, name)[row]) for name in trade.numbers}
        assert found == pytest.approx(trade.numbers, rel=1e-12, abs=1e-9, nan_ok=True)
    _check_the_rest(scenario, result)


def _check_the_rest(scenario: Scenario, result: BacktestResult) -> None:
    refused = [
        (int(bar), REFUSAL_REASONS[reason])
        for bar, reason in zip(result.refusals.bar, result.refusals.reason, strict=True)
    ]
    assert refused == scenario.refused
    expected = {"ambiguous_bars": [], "conflicting_signals": [0], "unmagnified_bars": [0]} | scenario.expected
    for name, values in expected.items():
        found = np.atleast_1d(getattr(result, name))
        assert found.tolist() == pytest.approx(values, rel=1e-12, abs=1e-9), name
    assert result.equity_curve[-1] == pytest.approx(scenario.config.initial_capital + result.trade_columns.pnl.sum())


def test_there_are_at_least_sixty_scenarios_with_names_of_their_own() -> None:
    names = [parameter.values[0].name for parameter in SCENARIOS]
    assert len(set(names)) == len(names) >= 60
