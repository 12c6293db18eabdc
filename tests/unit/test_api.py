import numpy as np
import pytest

import strategy_tester as st
from builders import make_candles

FIXED_COLUMNS = [
    "trade",
    "side",
    "entry_time",
    "exit_time",
    "entry_price",
    "exit_price",
    "quantity",
    "position_size",
    "pnl",
    "pnl_pct",
    "commission",
    "funding",
    "exit_reason",
    "duration_candles",
    "mae_pct",
    "mfe_pct",
    "equity_after",
]


def test_every_public_name_is_listed_and_there() -> None:
    assert set(st.__all__) <= set(dir(st))
    assert all(getattr(st, name) is not None for name in st.__all__)


def test_the_first_columns_of_the_trades_are_the_fixed_ones() -> None:
    candles = make_candles([100.0, 101.0, 102.0])

    result = st.backtest(st.Signals(long_entry=[True, False, False]), candles)

    assert result.trades.columns[:17] == FIXED_COLUMNS
    assert result.equity.columns == ["open_time_ms", "equity", "drawdown_rate"]
    assert list(result.metrics) == st.list_metrics()


@pytest.mark.parametrize("period", [np.int64(3), np.int32(3), np.float64(3.0)])
def test_a_period_may_be_a_number_of_numpy(period: int) -> None:
    candles = make_candles([100.0, 103.0, 109.0, 100.0])

    assert st.indicator("SMA", candles, period=period)["sma"].tolist()[2:] == [104.0, 104.0]
