"""The demo: one ready strategy on the practice market."""

from strategy_tester.domain.results import BacktestConfig
from strategy_tester.services.context import Services
from strategy_tester.services.edit_strategies import find_strategy
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.practice_market import ensure_practice_market
from strategy_tester.services.run_backtest import BacktestRequest, FinishedBacktest, run_backtest


def run_demo(services: Services, strategy: str, checkpoint: Checkpoint = no_checkpoint) -> FinishedBacktest:
    """Make the practice market where it is missing, backtest the strategy on it, keep the run."""
    series = ensure_practice_market(services.candles, checkpoint)
    content = find_strategy(strategy, services.strategies)
    return run_backtest(BacktestRequest(series, content, BacktestConfig()), services.candles, services.runs, checkpoint)
