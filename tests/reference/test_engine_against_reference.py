"""The compiled engine and the plain one of `reference_engine.py` give the same answer on thousands of random cases."""

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest

from random_runs import Run, random_run
from reference_engine import Answer, Trade, reference_backtest
from strategy_tester.domain.results import EXIT_REASONS, REFUSAL_REASONS, BacktestResult
from strategy_tester.engine.run import run_signals

SEEDS_IN_ALL = 3_000
SEEDS_AT_ONCE = 150
TOLERANCE = 1e-9

# Seeds on which the two once differed, by the rule that settled it.
SETTLED = {
    "a level at its exact price: liquidation counts before an equally near stop": 81,
    "a fresh entry's stop beyond the open by slippage fills at the open": 71,
    "a slipped stop beyond the bankruptcy price is a liquidation": 184,
    "under `close` an exit signal names the reason": 106,
    "funding beyond the cash brings the liquidation nearer": 135,
    "an account at liquidation ends at zero although funding was paid": 153,
    "funding inside a magnified bar settles at its lower candle": 22,
    "an entry whose exit distance is unknown is refused": 13,
    "the dust of a lost account is no equity": 61,
}


def exact_columns(result: BacktestResult) -> list[tuple[object, ...]]:
    trades = result.trade_columns
    reasons = [EXIT_REASONS[code] for code in trades.exit_reason]
    columns = (trades.side, trades.entry_bar, trades.exit_bar, trades.signal_bar, trades.intent, trades.ambiguous)
    return list(zip(*(column.tolist() for column in columns), reasons, strict=True))


def exact_fields(trade: Trade) -> tuple[object, ...]:
    return (
        trade.side, trade.entry_bar, trade.exit_bar, trade.signal_bar, trade.intent, trade.ambiguous,
        trade.exit_reason,
    )  # fmt: skip


def check_same(result: BacktestResult, answer: Answer, run: Run) -> None:
    """Bit for bit in what happened, to nine digits in numbers."""
    assert exact_columns(result) == [exact_fields(trade) for trade in answer.trades]
    numbers = [field.name for field in fields(Trade) if field.type in {float, "float"}]
    assert len(numbers) == 13
    # Differences of large amounts keep the rounding of what they were made of.
    rounding = 1e-12 * run.config.initial_capital
    for name in numbers:
        np.testing.assert_allclose(
            getattr(result.trade_columns, name), [getattr(trade, name) for trade in answer.trades],
            rtol=TOLERANCE, atol=rounding, err_msg=name,
        )  # fmt: skip
    np.testing.assert_allclose(result.equity_curve, answer.equity, rtol=TOLERANCE, atol=rounding)
    assert result.ambiguous_bars.tolist() == answer.ambiguous_bars
    refusals = result.refusals
    assert answer.refusals == [
        (bar, REFUSAL_REASONS[reason], intent)
        for bar, reason, intent in zip(
            refusals.bar.tolist(), refusals.reason.tolist(), refusals.intent.tolist(), strict=True
        )
    ]
    assert result.conflicting_signals == answer.conflicting_signals


def both(seed: int) -> tuple[BacktestResult, Answer, Run]:
    run = random_run(seed)
    result = run_signals(run.candles, run.signals, run.config, lower_candles=run.lower_candles)
    return result, reference_backtest(run.candles, run.signals, run.config, run.lower_candles), run


@pytest.mark.parametrize("first_seed", range(0, SEEDS_IN_ALL, SEEDS_AT_ONCE))
def test_random_cases_agree(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + SEEDS_AT_ONCE):
        result, answer, run = both(seed)
        try:
            check_same(result, answer, run)
        except AssertionError as error:
            raise AssertionError(f"random_run({seed}): {run.config}\n{error}") from error


@pytest.mark.parametrize("seed", SETTLED.values(), ids=SETTLED.keys())
def test_cases_that_once_differed_agree(seed: int) -> None:
    check_same(*both(seed))


def test_the_random_cases_reach_every_corner() -> None:
    """A case that never happens proves nothing: every reason, mode and count turns up often."""
    exits: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for seed in range(400):
        run = random_run(seed)
        result = run_signals(run.candles, run.signals, run.config, lower_candles=run.lower_candles)
        trades = result.trade_columns
        exits.update(EXIT_REASONS[code] for code in trades.exit_reason)
        refusals.update(REFUSAL_REASONS[code] for code in result.refusals.reason)
        seen["fill " + run.config.fill] += len(trades)
        seen["intrabar " + run.config.intrabar] += len(trades)
        seen["opposite " + run.signals.on_opposite_signal] += len(trades)
        seen["ambiguous"] += result.ambiguous_bars.size
        seen["conflicting"] += result.conflicting_signals
        seen["funding paid"] += np.count_nonzero(trades.funding > 0.0)
        seen["funding received"] += np.count_nonzero(trades.funding < 0.0)
        seen["left on the entry bar"] += np.count_nonzero(trades.entry_bar == trades.exit_bar)
        seen["ruined"] += int(result.equity_curve[-1] == 0.0)
    assert set(exits) == set(EXIT_REASONS)
    assert set(refusals) == set(REFUSAL_REASONS)
    assert min(exits.values()) >= 50
    assert min(refusals.values()) >= 50
    assert len(seen) == 14
    assert min(seen.values()) >= 10
