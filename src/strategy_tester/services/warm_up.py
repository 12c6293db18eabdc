"""Compile or load the kernels that every backtest needs, before the user asks for the first one."""

from strategy_tester.services.jobs import Checkpoint, no_checkpoint


def warm_up(checkpoint: Checkpoint = no_checkpoint) -> None:
    """Run one tiny backtest whose result nobody sees. A few seconds after an update, half a second otherwise."""
    from strategy_tester.domain.results import BacktestConfig
    from strategy_tester.domain.timeframes import Timeframe
    from strategy_tester.marketdata.synthetic import practice_market
    from strategy_tester.services.edit_strategies import template
    from strategy_tester.services.run_backtest import backtest_candles

    checkpoint(0, 2, "market")
    market = practice_market(bars=300, timeframe=Timeframe.H1)
    checkpoint(1, 2, "engine")
    backtest_candles(template("warm-up"), market.candles, BacktestConfig(funding=market.funding))
