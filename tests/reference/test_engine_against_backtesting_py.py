"""Trade lists equal to backtesting.py's on the same rules, on real Bybit candles.

Where the rules of the two coincide: a signal of one bar's close fills at the next open, a stop comes before a target
in the same bar, both count from the entry bar on, and a gapped stop fills at the open. backtesting.py counts whole
units, so its prices are those of a small unit; one of 2^-k changes no digit. It places stops from the signal's close,
we from the fill; on Bybit's candles both are the same price, because each opens at the close before it.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from builders import shared_data
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import EXIT_REASONS, BacktestConfig, BacktestResult
from strategy_tester.domain.signals import Signals
from strategy_tester.engine.run import run_signals

pytestmark = pytest.mark.filterwarnings(
    "ignore:DatetimeIndex.dayofweek is deprecated",
)
pandas = pytest.importorskip("pandas")
backtesting = pytest.importorskip("backtesting")

UNIT = 2.0**-32
CAPITAL = 10_000.0
FEE_RATE = 0.00055
MOST_BARS = 12_000
FILES = (
    "bybit-linear-BTCUSDT-5m-20250915_20260721", "bybit-linear-ETHUSDT-5m-20250924_20260721",
    "bybit-linear-SOLUSDT-5m-20250924_20260721", "bybit-linear-ADAUSDT-5m-20250924_20260721",
    "bybit-linear-WIFUSDT-1m-20250423_20250524", "bybit-linear-DOGEUSDT-1m-20250530_20250629",
    "bybit-linear-ADAUSDT-15m-20250530_20250629", "bybit-linear-WIFUSDT-1h-20250101_20250524",
    "bybit-linear-BTCUSDT-4h-20250924_20260721", "bybit-linear-SOLUSDT-4h-20250924_20260721",
    "bybit-linear-DOGEUSDT-1h-20250530_20250629",
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """A moving-average cross that always reverses, with exits in percent of the entry price or none."""

    fast: int
    slow: int
    take_profit: float | None = None
    stop_loss: float | None = None


RULES = {
    "stop and reverse": Rules(10, 30),
    "with target and stop": Rules(10, 30, take_profit=2.0, stop_loss=1.0),
    "with a tight stop": Rules(5, 12, take_profit=0.6, stop_loss=0.3),
}


def bybit_candles(name: str) -> Candles:
    table = pl.read_parquet(shared_data(f"{name}.parquet")).head(MOST_BARS)
    columns = {column: table[column].to_numpy() for column in ("open", "high", "low", "close", "volume")}
    return Candles(table["open_time"].to_numpy(), **columns)


def moving_average(values: np.ndarray, period: int) -> np.ndarray:
    averages = np.convolve(values, np.full(period, 1.0 / period), mode="valid")
    return np.concatenate([np.full(period - 1, np.nan), averages])


def crosses(candles: Candles, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Bars at whose close the fast average has just risen above the slow one, and fallen below it."""
    above = moving_average(candles.close, rules.fast) > moving_average(candles.close, rules.slow)
    known = np.arange(len(candles)) >= rules.slow
    changed = np.append(False, above[1:] != above[:-1]) & known
    return changed & above, changed & ~above


def our_run(candles: Candles, rules: Rules) -> BacktestResult:
    ups, downs = crosses(candles, rules)
    config = BacktestConfig(
        initial_capital=CAPITAL, taker_fee_rate=FEE_RATE, position_pct=95.0, quantity_step=UNIT,
        maintenance_margin_rate=0.0,
    )  # fmt: skip
    return run_signals(candles, Signals(ups, downs, take_profit=rules.take_profit, stop_loss=rules.stop_loss), config)


def their_trades(candles: Candles, rules: Rules) -> "pandas.DataFrame":
    ups, downs = crosses(candles, rules)

    class Cross(backtesting.Strategy):
        def init(self) -> None:
            pass

        def next(self) -> None:
            bar, close = len(self.data) - 1, self.data.Close[-1]
            up = None if rules.take_profit is None else close * rules.take_profit / 100.0
            down = None if rules.stop_loss is None else close * rules.stop_loss / 100.0
            if ups[bar]:
                self.buy(size=0.95, tp=up and close + up, sl=down and close - down)
            elif downs[bar]:
                self.sell(size=0.95, tp=up and close - up, sl=down and close + down)

    prices = {name.capitalize(): getattr(candles, name) * UNIT for name in ("open", "high", "low", "close")}
    table = pandas.DataFrame(
        prices | {"Volume": candles.volume / UNIT}, index=pandas.to_datetime(candles.open_time_ms, unit="ms")
    )
    test = backtesting.Backtest(
        table, Cross, cash=CAPITAL, commission=FEE_RATE, exclusive_orders=True, finalize_trades=True
    )
    return test.run()["_trades"]


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES.keys())
@pytest.mark.parametrize("name", FILES)
def test_trade_lists_are_equal(name: str, rules: Rules) -> None:
    candles = bybit_candles(name)
    result, theirs = our_run(candles, rules), their_trades(candles, rules).sort_values(["ExitBar", "EntryBar"])
    # Both close at the end what is open; we at the last close, backtesting.py at the last open.
    ours = result.trade_columns
    ours = ours.where(ours.exit_reason != EXIT_REASONS.index("end_of_data"))
    assert len(ours) >= 5
    assert len(theirs) - len(ours) in {0, 1}
    theirs = theirs.iloc[: len(ours)]

    np.testing.assert_array_equal(ours.side, np.sign(theirs["Size"]))
    np.testing.assert_array_equal(ours.entry_bar, theirs["EntryBar"])
    np.testing.assert_array_equal(ours.exit_bar, theirs["ExitBar"])
    np.testing.assert_allclose(ours.entry_price, theirs["EntryPrice"] / UNIT, rtol=1e-12)
    np.testing.assert_allclose(ours.exit_price, theirs["ExitPrice"] / UNIT, rtol=1e-12)
    np.testing.assert_allclose(ours.quantity, theirs["Size"].abs() * UNIT, rtol=1e-9)
    np.testing.assert_allclose(ours.commission, theirs["Commission"], rtol=1e-9)
    gross = theirs["Size"] * (theirs["ExitPrice"] - theirs["EntryPrice"])
    np.testing.assert_allclose(ours.pnl, gross - theirs["Commission"], rtol=1e-9, atol=1e-8)
