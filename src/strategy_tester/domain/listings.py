"""What an exchange lists: symbols with their rules and dates, and the margin tiers of a contract."""

from dataclasses import dataclass
from enum import Enum

from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.market_events import Market


class ListingStatus(Enum):
    """Where a symbol stands in its life; the value is Bybit's name of it."""

    PRE_LAUNCH = "PreLaunch"
    TRADING = "Trading"
    DELIVERING = "Delivering"
    CLOSED = "Closed"


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol as its exchange lists it.

    Source: Bybit v5 `instruments-info`; Binance `exchangeInfo`.

    Attributes:
        market: Exchange, category and symbol.
        status: See ListingStatus.
        instrument: Steps and limits of orders.
        launch_ms: UTC milliseconds of the listing; 0 where it is not told.
        delivery_ms: UTC milliseconds of delivery or delisting; 0 for none.
        funding_interval_minutes: Time between settlements now; 0 for markets without funding. It may change.
        max_quantity: Largest limit order; 0 where it is not told.
        max_market_quantity: Largest market order; 0 where it is not told.
        settle_currency: What profit is paid in.
        kind: The exchange's word for the contract: "LinearPerpetual", "InverseFutures", "spot".
    """

    market: Market
    status: ListingStatus
    instrument: Instrument
    launch_ms: int = 0
    delivery_ms: int = 0
    funding_interval_minutes: int = 0
    max_quantity: float = 0.0
    max_market_quantity: float = 0.0
    settle_currency: str = ""
    kind: str = ""

    @property
    def is_perpetual(self) -> bool:
        """Whether it never expires."""
        return "Perpetual" in self.kind


@dataclass(frozen=True, slots=True)
class RiskTier:
    """One margin tier: what a position up to a value must hold.

    Attributes:
        max_value: Upper position value, settle currency.
        initial_margin_rate: Fraction.
        maintenance_margin_rate: Fraction.
        max_leverage: Times.
        maintenance_deduction: Settle currency; makes the tiers a step function without jumps.
    """

    max_value: float
    initial_margin_rate: float
    maintenance_margin_rate: float
    max_leverage: float
    maintenance_deduction: float
