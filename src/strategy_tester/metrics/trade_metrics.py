"""Metrics of the closed trades, and the counts of what did not become a trade."""

import math

from strategy_tester.metrics.facts import RunFacts
from strategy_tester.metrics.spec import NAN, MetricSpec, ratio

MINUTE_MS = 60_000


def net_profit(run: RunFacts) -> float:
    """Sum of the trades' net results."""
    return run.trades.gross_profit + run.trades.gross_loss


def payoff_ratio(run: RunFacts) -> float:
    """Average win over average loss, both as sizes."""
    average_win = ratio(run.trades.gross_profit, run.trades.wins)
    return ratio(average_win, -ratio(run.trades.gross_loss, run.trades.losses))


def sqn(run: RunFacts) -> float:
    """How far the average result stands out of its scatter."""
    trades = run.trades
    if trades.trades < 2 or not trades.pnl_deviation > 0.0:
        return NAN
    return math.sqrt(trades.trades) * net_profit(run) / trades.trades / trades.pnl_deviation


def kelly_pct(run: RunFacts) -> float:
    """The share of the capital that the Kelly rule would stake."""
    win_rate = ratio(run.trades.wins, run.trades.trades)
    return (win_rate - ratio(1.0 - win_rate, payoff_ratio(run))) * 100.0


_WIN = "A win is a net result above zero, a loss one below; a result of exactly zero is neither. "

TRADE_METRICS = (
    MetricSpec("total_trades", "Trades", "", "neutral", "Number of closed trades.", "TradingView: total trades",
               lambda run: float(run.trades.trades)),
    MetricSpec("winning_trades", "Winning trades", "", "higher", _WIN + "Number of wins.",
               "TradingView: winning trades", lambda run: float(run.trades.wins)),
    MetricSpec("losing_trades", "Losing trades", "", "lower", _WIN + "Number of losses.",
               "TradingView: losing trades", lambda run: float(run.trades.losses)),
    MetricSpec("win_rate_pct", "Win rate", "%", "higher", _WIN + "Wins / all trades x 100. NaN without trades.",
               "TradingView: percent profitable", lambda run: ratio(run.trades.wins, run.trades.trades) * 100.0),
    MetricSpec("profit_factor", "Profit factor", "", "higher",
               "Gross profit / gross loss as a size. NaN without losses.", "TradingView: profit factor",
               lambda run: ratio(run.trades.gross_profit, -run.trades.gross_loss)),
    MetricSpec("avg_win", "Average win", "USDT", "higher", "Gross profit / winning trades. NaN without wins.",
               "TradingView: avg winning trade", lambda run: ratio(run.trades.gross_profit, run.trades.wins)),
    MetricSpec("avg_loss", "Average loss", "USDT", "higher",
               "Gross loss / losing trades, zero or below. NaN without losses.", "TradingView: avg losing trade",
               lambda run: ratio(run.trades.gross_loss, run.trades.losses)),
    MetricSpec("avg_trade_pct", "Average trade", "%", "higher",
               "Mean of net result / position size at entry x 100. NaN without trades.", "TradingView: avg trade %",
               lambda run: ratio(run.trades.pnl_pct_sum, run.trades.trades)),
    MetricSpec("largest_win", "Largest win", "USDT", "higher", "Largest net result. NaN without wins.",
               "TradingView: largest winning trade",
               lambda run: run.trades.largest_win if run.trades.wins else NAN),
    MetricSpec("largest_loss", "Largest loss", "USDT", "higher", "Smallest net result. NaN without losses.",
               "TradingView: largest losing trade",
               lambda run: run.trades.largest_loss if run.trades.losses else NAN),
    MetricSpec("avg_trade_duration_minutes", "Average trade duration", "minutes", "neutral",
               "Mean of exit time - entry time; an exit inside a bar counts at that bar's open. NaN without trades.",
               "backtesting.py: Avg. Trade Duration",
               lambda run: ratio(run.trades.duration_ms, run.trades.trades) / MINUTE_MS),
    MetricSpec("expectancy", "Expectancy", "USDT", "higher",
               "Net profit / trades: what one more trade like these would bring. NaN without trades.",
               "MetaTrader 5: expected payoff", lambda run: ratio(net_profit(run), run.trades.trades)),
    MetricSpec("exposure_pct", "Exposure", "%", "neutral",
               "Bars through at least a part of which a position lived / all bars x 100. A bar at whose open the "
               "position was left on a signal, or at whose close it was entered, does not count.",
               "backtesting.py: Exposure Time", lambda run: ratio(run.trades.exposed_bars, run.bars) * 100.0),
    MetricSpec("total_commission", "Commission", "USDT", "lower", "Sum of entry and exit fees of all trades.",
               "TradingView: commission paid", lambda run: run.trades.commission),
    MetricSpec("total_funding", "Funding", "USDT", "lower",
               "Sum of funding paid by all trades; below zero when more was received than paid.",
               "Bybit: funding fee; sign as in MetaTrader's swap reversed", lambda run: run.trades.funding),
    MetricSpec("net_profit", "Net profit", "USDT", "higher", "Sum of the trades' net results.",
               "TradingView: net profit", net_profit),
    MetricSpec("gross_profit", "Gross profit", "USDT", "higher", _WIN + "Sum of the wins, net of costs.",
               "TradingView: gross profit", lambda run: run.trades.gross_profit),
    MetricSpec("gross_loss", "Gross loss", "USDT", "higher", _WIN + "Sum of the losses, zero or below.",
               "TradingView: gross loss", lambda run: run.trades.gross_loss),
    MetricSpec("payoff_ratio", "Win/loss ratio", "", "higher",
               "Average win / average loss as a size. NaN without wins or without losses.",
               "TradingView: ratio avg win / avg loss", payoff_ratio),
    MetricSpec("sqn", "System quality number", "", "higher",
               "Square root of the number of trades x mean result / sample deviation of the results (n - 1). NaN "
               "with fewer than two trades or when all results are equal.",
               "Van Tharp; in money as in backtesting.py", sqn),
    MetricSpec("kelly_pct", "Kelly", "%", "neutral",
               "(win rate - (1 - win rate) / payoff ratio) x 100. NaN without wins or without losses.",
               "Kelly, A New Interpretation of Information Rate (1956); as in backtesting.py", kelly_pct),
    MetricSpec("zero_trades", "Zero-result trades", "", "neutral", _WIN + "Number of trades that are neither.",
               "This program", lambda run: float(run.trades.trades - run.trades.wins - run.trades.losses)),
    MetricSpec("max_consecutive_wins", "Most wins in a row", "", "higher", _WIN + "Longest run of wins.",
               "MetaTrader 5: maximum consecutive wins", lambda run: float(run.trades.longest_wins)),
    MetricSpec("max_consecutive_losses", "Most losses in a row", "", "lower", _WIN + "Longest run of losses.",
               "MetaTrader 5: maximum consecutive losses", lambda run: float(run.trades.longest_losses)),
    MetricSpec("avg_bars", "Average bars in a trade", "bars", "neutral", "Mean of exit bar - entry bar.",
               "TradingView: avg # bars in trades", lambda run: ratio(run.trades.bars_all, run.trades.trades)),
    MetricSpec("avg_bars_win", "Average bars in a win", "bars", "neutral", "Mean of exit bar - entry bar over wins.",
               "TradingView: avg # bars in winning trades", lambda run: ratio(run.trades.bars_wins, run.trades.wins)),
    MetricSpec("avg_bars_loss", "Average bars in a loss", "bars", "neutral",
               "Mean of exit bar - entry bar over losses.", "TradingView: avg # bars in losing trades",
               lambda run: ratio(run.trades.bars_losses, run.trades.losses)),
    MetricSpec("avg_mae_pct", "Average adverse excursion", "%", "lower",
               "Mean over the trades of the worst price lived through, as percent of the entry price; without fees.",
               "Sweeney, Maximum Adverse Excursion (1996)", lambda run: ratio(run.trades.mae_sum, run.trades.trades)),
    MetricSpec("avg_mfe_pct", "Average favorable excursion", "%", "higher",
               "Mean over the trades of the best price lived through, as percent of the entry price; without fees.",
               "Sweeney, Maximum Adverse Excursion (1996)", lambda run: ratio(run.trades.mfe_sum, run.trades.trades)),
    MetricSpec("total_slippage", "Slippage", "USDT", "lower", "Sum of what slippage cost all trades.",
               "This program", lambda run: run.trades.slippage),
    MetricSpec("total_turnover", "Turnover", "USDT", "neutral", "Sum of the position sizes at entry.",
               "This program", lambda run: run.trades.turnover),
    MetricSpec("max_quantity", "Largest quantity held", "", "neutral",
               "Largest quantity of a trade, base units. NaN without trades.", "TradingView: max contracts held",
               lambda run: run.trades.largest_quantity if run.trades.trades else NAN),
    MetricSpec("max_entry_leverage", "Largest leverage", "x", "neutral",
               "Largest position size at entry / equity before the entry (equity after the trade - its result). NaN "
               "without trades.",
               "MetaTrader 5: the near relative is deposit load",
               lambda run: run.trades.largest_leverage if run.trades.trades else NAN),
    MetricSpec("liquidations", "Liquidations", "", "lower", "Number of trades that ended in liquidation.",
               "TradingView: margin calls", lambda run: float(run.trades.liquidations)),
    MetricSpec("ambiguous_trades", "Ambiguous trades", "", "lower",
               "Number of trades whose result depended on the unknown path inside a bar.", "This program",
               lambda run: float(run.trades.ambiguous)),
    MetricSpec("ambiguous_bars", "Ambiguous bars", "bars", "lower",
               "Number of bars in which the order of two levels decided the outcome.", "This program",
               lambda run: float(run.ambiguous_bars), per_side=False),
    MetricSpec("refused_orders", "Refused orders", "", "lower",
               "Number of orders below the instrument's minimums or without equity behind them.",
               "freqtrade: rejected entry signals", lambda run: float(run.refused_orders), per_side=False),
    MetricSpec("conflicting_signals", "Conflicting signals", "bars", "lower",
               "Number of bars on which long and short were both wanted; the last bar does not count.",
               "This program", lambda run: float(run.conflicting_signals), per_side=False),
)  # fmt: skip
"""All of them; the registry decides the order."""
