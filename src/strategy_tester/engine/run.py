"""run_signals: candles, signals and a configuration in, a BacktestResult out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.results import BacktestConfig, BacktestResult, Refusals, TradeColumns
from strategy_tester.domain.signals import Signals
from strategy_tester.engine import records
from strategy_tester.engine.candle_kernel import PER_BAR, run_bars
from strategy_tester.engine.timetable import close_times, funding_tables, lower_rows

CHUNK_BARS = 250_000
"""Bars between two calls of the checkpoint: some milliseconds of work."""

_OPPOSITE = {"reverse": records.REVERSE, "close": records.CLOSE, "ignore": records.IGNORE}
_FILL = {"next_open": records.NEXT_OPEN, "close": records.AT_CLOSE}
_INTRABAR = {"worst": records.WORST, "ohlc": records.OHLC, "magnifier": records.MAGNIFIER}
_NO_PRICES = np.empty(0)
_NO_ROWS = np.empty((2, 0), dtype=np.int64)


def run_signals(
    candles: Candles,
    signals: Signals,
    config: BacktestConfig,
    *,
    lower_candles: Candles | None = None,
    checkpoint: Callable[[float, float], None] | None = None,
) -> BacktestResult:
    """Trade these signals on these candles; `metrics` of the result are left empty.

    Args:
        candles: The bars, oldest first.
        signals: Wishes known at each bar's close, one value per bar.
        config: The account, its costs and the rules of filling.
        lower_candles: A shorter timeframe of the same market, for `intrabar="magnifier"` only.
        checkpoint: Called with (bars done, bars in all) between pieces of work; may raise to stop.

    Raises:
        MissingCandles: there are no bars.
        InvalidParameter: signals of another length, a leverage that the maintenance margin leaves no room for, or a
            magnifier without lower candles.
    """
    _check(candles, signals, config, lower_candles)
    lower = lower_candles if config.intrabar == "magnifier" else None
    rows = _NO_ROWS if lower is None else lower_rows(candles, lower)
    tables = _Tables(len(candles))
    account = np.zeros(1, records.ACCOUNT)
    account["cash"] = config.initial_capital
    inputs = (
        candles.open, candles.high, candles.low, candles.close,
        signals.long_entry, signals.short_entry, signals.long_exit, signals.short_exit,
        _distances(signals.take_profit), _distances(signals.stop_loss), _distances(signals.trailing_stop),
        *funding_tables(config.funding_rates, candles, lower, rows),
        *((_NO_PRICES,) * 3 if lower is None else (lower.open, lower.high, lower.low)), rows,
        _rules(signals, config, len(candles)), account,
    )  # fmt: skip
    bar = 0
    while bar < len(candles):
        until = len(candles) if checkpoint is None else min(bar + CHUNK_BARS, len(candles))
        bar = run_bars(*inputs, *tables.arrays, bar, until)
        if bar < until:
            tables.grow()
        if checkpoint is not None:
            checkpoint(bar, len(candles))
    return _result(candles, config, tables, account[0])


class _Tables:
    """The arrays the kernel writes into. Curves have one value per bar; the tables of trades can grow."""

    def __init__(self, bars: int) -> None:
        self.equity, self.cash, self.position = np.empty(bars), np.empty(bars), np.empty(bars)
        self._allocate(bars // 16 + 64)

    def _allocate(self, capacity: int) -> None:
        # An odd number of cache lines per row keeps the rows out of each other's cache sets.
        columns = capacity // 16 * 16 + 8
        self.numbers = np.empty((records.TRADE_NUMBERS, columns))
        self.places = np.empty((records.TRADE_PLACES, columns), dtype=np.int64)
        self.refused = np.empty((3, columns), dtype=np.int64)

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        return self.equity, self.cash, self.position, self.numbers, self.places, self.refused

    def grow(self) -> None:
        """Twice the room for trades and refusals."""
        old = self.numbers, self.places, self.refused
        self._allocate(2 * (self.numbers.shape[1] + PER_BAR))
        for before, after in zip(old, (self.numbers, self.places, self.refused), strict=True):
            after[:, : before.shape[1]] = before


def _check(candles: Candles, signals: Signals, config: BacktestConfig, lower: Candles | None) -> None:
    bars = len(candles)
    if bars == 0:
        raise MissingCandles("There are no candles to test on.", hint="Choose a longer period or import data first.")
    if len(signals) != bars:
        raise InvalidParameter("signals", f"{len(signals)} values", f"{bars} values, one per candle")
    if config.maintenance_margin_rate * config.leverage >= 1.0:
        raise InvalidParameter(
            "leverage", config.leverage, f"below {1.0 / config.maintenance_margin_rate:g}: "
            "the margin must exceed the maintenance margin, or every position is liquidated at once",
        )  # fmt: skip
    if config.intrabar == "magnifier":
        if lower is None:
            raise InvalidParameter(
                "intrabar", "magnifier", "worst, ohlc; magnifier only with candles of a lower timeframe"
            )
        both_known = candles.timeframe is not None and lower.timeframe is not None
        if both_known and lower.timeframe.milliseconds >= candles.timeframe.milliseconds:
            raise InvalidParameter("lower_candles", str(lower.timeframe), f"a timeframe below {candles.timeframe}")


def _rules(signals: Signals, config: BacktestConfig, bars: int) -> NDArray[np.void]:
    step = config.quantity_step or 0.0
    per_unit = round(1.0 / step) if step else 0
    whole = per_unit > 0 and abs(per_unit * step - 1.0) < 1e-12
    return np.array(
        [(
            config.initial_capital, config.leverage, config.taker_fee_rate,
            config.maker_fee_rate if config.maker_exits else config.taker_fee_rate,
            config.slippage_rate, config.position_pct / 100.0, config.maintenance_margin_rate,
            np.nan if config.fixed_quantity is None else config.fixed_quantity,
            step, float(per_unit) if whole else 0.0, config.min_quantity or 0.0, config.min_notional or 0.0,
            _percent(signals.take_profit), _percent(signals.stop_loss), _percent(signals.trailing_stop),
            _OPPOSITE[signals.on_opposite_signal], _FILL[config.fill], _INTRABAR[config.intrabar], bars - 1,
        )],
        dtype=records.RULES,
    )  # fmt: skip


def _percent(level: float | Floats | None) -> float:
    return level if isinstance(level, float) else np.nan


def _distances(level: float | Floats | None) -> Floats:
    return level if isinstance(level, np.ndarray) else _NO_PRICES


def _result(candles: Candles, config: BacktestConfig, tables: _Tables, account: np.void) -> BacktestResult:
    trades = _trades(candles, config, tables, int(account["trades"]))
    refused = tables.refused[:, : int(account["refusals"])].copy()
    return BacktestResult(
        trade_columns=trades,
        equity_curve=tables.equity,
        cash_curve=tables.cash,
        position_curve=tables.position,
        open_time_ms=candles.open_time_ms,
        close=candles.close,
        ambiguous_bars=trades.exit_bar[trades.ambiguous],
        refusals=Refusals(
            bar=refused[records.REFUSED_BAR],
            reason=refused[records.REFUSED_REASON].astype(np.int8),
            intent=refused[records.REFUSED_INTENT],
        ),
        conflicting_signals=int(account["conflicts"]),
        config=config,
        symbol=candles.symbol,
        timeframe="" if candles.timeframe is None else str(candles.timeframe),
    )


def _trades(candles: Candles, config: BacktestConfig, tables: _Tables, count: int) -> TradeColumns:
    numbers, places = tables.numbers[:, :count].copy(), tables.places[:, :count].copy()
    entry_bar, exit_bar = places[records.ENTRY_BAR], places[records.EXIT_BAR]
    reason = places[records.EXIT_REASON].astype(np.int8)
    entry_time_ms, exit_time_ms = candles.open_time_ms[entry_bar], candles.open_time_ms[exit_bar]
    at_close = reason == records.END_OF_DATA
    if config.fill == "close":
        entry_time_ms = close_times(candles, entry_bar)
        at_close |= (reason == records.SIGNAL) | (reason == records.OPPOSITE_SIGNAL)
    if at_close.any():
        exit_time_ms[at_close] = close_times(candles, exit_bar[at_close])
    return TradeColumns(
        side=places[records.SIDE].astype(np.int8),
        entry_bar=entry_bar,
        exit_bar=exit_bar,
        entry_time_ms=entry_time_ms,
        exit_time_ms=exit_time_ms,
        entry_price=numbers[records.ENTRY_PRICE],
        exit_price=numbers[records.EXIT_PRICE],
        quantity=numbers[records.QUANTITY],
        pnl=numbers[records.PNL],
        commission=numbers[records.COMMISSION],
        funding=numbers[records.FUNDING],
        slippage=numbers[records.SLIPPAGE],
        exit_reason=reason,
        mae_pct=numbers[records.MAE_PCT],
        mfe_pct=numbers[records.MFE_PCT],
        equity_after=numbers[records.EQUITY_AFTER],
        stop_price=numbers[records.STOP_PRICE],
        target_price=numbers[records.TARGET_PRICE],
        liquidation_price=numbers[records.LIQUIDATION_PRICE],
        signal_bar=places[records.SIGNAL_BAR],
        intent=places[records.INTENT],
        ambiguous=places[records.AMBIGUOUS].astype(np.bool_),
    )
