"""What a backtest is asked and what it answers."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.parameters import Parameter
from strategy_tester.domain.trades import EXIT_REASONS, TradeColumns, trade_table

if TYPE_CHECKING:
    import polars

__all__ = [
    "CONFIG_PARAMETERS",
    "EXIT_REASONS",
    "REFUSAL_REASONS",
    "BacktestConfig",
    "BacktestResult",
    "FillMode",
    "IntrabarMode",
    "Refusals",
    "TradeColumns",
]

FillMode = Literal["next_open", "close"]
IntrabarMode = Literal["worst", "ohlc", "magnifier"]

REFUSAL_REASONS = ("below_min_quantity", "below_min_notional", "no_equity", "rounded_to_zero", "exit_distance_unknown")
"""Why an order was refused, by code: `REFUSAL_REASONS[code]`."""

CONFIG_PARAMETERS = (
    Parameter("initial_capital", "float", 10_000.0, 0.01, 1e15, unit="USDT", title="Capital",
              help="Money in the account before the first bar."),
    Parameter("leverage", "float", 1.0, 1.0, 100.0, 1.0, unit="x", title="Leverage",
              help="Position value divided by the margin behind it; isolated margin."),
    Parameter("taker_fee_rate", "float", 0.00055, -0.01, 0.1, 0.00005, title="Taker fee",
              help="Fraction of the order's value paid when it takes liquidity."),
    Parameter("maker_fee_rate", "float", 0.0002, -0.01, 0.1, 0.00005, title="Maker fee",
              help="Fraction of the order's value paid when it rests in the book; negative is a rebate."),
    Parameter("slippage_rate", "float", 0.0, 0.0, 0.5, 0.0001, title="Slippage",
              help="Fraction by which market and stop fills are worse than their price."),
    Parameter("position_pct", "float", 100.0, 0.01, 100.0, 5.0, unit="%", title="Position size",
              help="Share of the equity that each entry puts up as margin."),
    Parameter("maintenance_margin_rate", "float", 0.005, 0.0, 0.5, 0.001, title="Maintenance margin",
              help="Fraction of the position's value below which it is liquidated."),
    Parameter("fixed_quantity", "float", None, 1e-12, 1e15, title="Fixed quantity",
              help="Base units per order instead of a share of the equity."),
    Parameter("quantity_step", "float", None, 1e-12, 1e12, title="Quantity step",
              help="Quantities are rounded down to whole steps of this."),
    Parameter("min_quantity", "float", None, 0.0, 1e12, title="Smallest quantity",
              help="Smaller orders are refused and counted."),
    Parameter("min_notional", "float", None, 0.0, 1e12, unit="USDT", title="Smallest order value",
              help="Orders of less value are refused and counted."),
    Parameter("fill", "choice", "next_open", choices=get_args(FillMode), title="Fill",
              help="When a signal is filled: at the next bar's open, or at its own bar's close."),
    Parameter("intrabar", "choice", "worst", choices=get_args(IntrabarMode), title="Inside the bar",
              help="What to assume when a losing and a winning level lie inside one bar."),
    Parameter("maker_exits", "bool", False, title="Take-profit pays the maker fee",
              help="Count take-profits as resting limit orders."),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class BacktestConfig:
    """The account, its costs and the rules of filling. Rates are fractions of 1, `position_pct` is percent.

    `funding` is a FundingRates, a frame or mapping with time_ms, rate and (if known) mark_price, or None.

    Raises:
        InvalidParameter: a value outside its bounds; the message names it.
    """

    initial_capital: float = 10_000.0
    leverage: float = 1.0
    taker_fee_rate: float = 0.00055
    maker_fee_rate: float = 0.0002
    slippage_rate: float = 0.0
    position_pct: float = 100.0
    maintenance_margin_rate: float = 0.005
    fixed_quantity: float | None = None
    quantity_step: float | None = None
    min_quantity: float | None = None
    fill: FillMode = "next_open"
    intrabar: IntrabarMode = "worst"
    maker_exits: bool = False
    funding: "FundingRates | polars.DataFrame | dict[str, Any] | None" = None
    min_notional: float | None = None

    def __post_init__(self) -> None:
        for parameter in CONFIG_PARAMETERS:
            checked = parameter.check(getattr(self, parameter.name))
            object.__setattr__(self, parameter.name, checked)
        object.__setattr__(self, "funding", FundingRates.of(self.funding))

    @property
    def funding_rates(self) -> FundingRates:
        """The funding series, empty when none was given."""
        return FundingRates.of(self.funding)

    def with_instrument(self, instrument: Instrument) -> "BacktestConfig":
        """This configuration with the instrument's steps, minimums and maintenance margin."""
        from dataclasses import replace

        return replace(
            self,
            quantity_step=instrument.quantity_step,
            min_quantity=instrument.min_quantity,
            min_notional=instrument.min_notional,
            maintenance_margin_rate=instrument.maintenance_margin_rate,
        )

    def to_dict(self) -> dict[str, Any]:
        """Every setting but the funding series, ready for JSON."""
        return {parameter.name: getattr(self, parameter.name) for parameter in CONFIG_PARAMETERS}

    @classmethod
    def from_dict(cls, values: dict[str, Any], funding: FundingRates | None = None) -> "BacktestConfig":
        """The reverse of `to_dict`; unknown keys are refused by name."""
        known = {parameter.name for parameter in CONFIG_PARAMETERS}
        for name, value in values.items():
            if name not in known:
                raise InvalidParameter(name, value, "one of " + ", ".join(sorted(known)))
        return cls(**values, funding=funding)


@dataclass(frozen=True)
class Refusals:
    """Orders that were not placed: the bar whose signal asked, the reason code, the order-intent id; shape (n,)."""

    bar: NDArray[np.int64]
    reason: NDArray[np.int8]
    intent: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.bar.size)


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Everything one backtest found out.

    Attributes:
        trade_columns: Closed trades.
        equity_curve: Equity after each bar's close, quote currency, shape (bars,).
        cash_curve: Equity without the open position's unrealized result (the position's margin counts as cash), so
            that cash + unrealized result = equity at every bar, shape (bars,).
        position_curve: Signed base units held after each bar's close, shape (bars,).
        open_time_ms: Open time of each bar, shape (bars,).
        close: Close of each bar, shape (bars,), for buy and hold and for marking.
        ambiguous_bars: Bars in which the order of two levels decided the outcome.
        refusals: Orders that were refused.
        conflicting_signals: Bars, but for the last, on which long and short were both true.
        config: What was asked.
        metrics: Name to value; NaN where it cannot be computed.
        strategy_name: For reports.
        symbol: For reports.
        timeframe: For reports.
        unmagnified_bars: Bars from an entry to its exit that the magnifier had to leave whole because their lower
            candles were missing or not their own; they were treated as `worst`.
    """

    trade_columns: TradeColumns
    equity_curve: Floats
    cash_curve: Floats
    position_curve: Floats
    open_time_ms: Times
    close: Floats
    ambiguous_bars: NDArray[np.int64]
    refusals: Refusals
    conflicting_signals: int
    config: BacktestConfig
    metrics: dict[str, float] = field(default_factory=dict)
    strategy_name: str = ""
    symbol: str = ""
    timeframe: str = ""
    unmagnified_bars: int = 0

    @property
    def drawdown_rate(self) -> Floats:
        """Distance below the highest equity so far (the initial capital included), 0..1, shape (bars,)."""
        peak = np.maximum.accumulate(np.append(self.config.initial_capital, self.equity_curve))[1:]
        return 1.0 - self.equity_curve / peak

    @property
    def trades(self) -> "polars.DataFrame":
        """One row per closed trade; columns as in the trade CSV, times as Datetime[ms, UTC]."""
        import polars as pl

        # Words are named as such: without a single trade polars could not tell what the column holds.
        words = {"side": pl.String, "exit_reason": pl.String}
        return pl.DataFrame(trade_table(self.trade_columns), schema_overrides=words).with_columns(
            pl.col("entry_time", "exit_time").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
        )

    @property
    def equity(self) -> "polars.DataFrame":
        """open_time_ms, equity, drawdown_rate: one row per bar, after that bar's close."""
        import polars as pl

        return pl.DataFrame(
            {
                "open_time_ms": self.open_time_ms,
                "equity": self.equity_curve,
                "drawdown_rate": self.drawdown_rate,
            }
        )
