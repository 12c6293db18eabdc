"""Instruments: what may be ordered, and rounding to it in whole steps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """One tradable contract. Prices in quote currency, quantities in base units.

    Source: Bybit v5 `instruments-info` (`priceFilter.tickSize`, `lotSizeFilter.qtyStep`, `minOrderQty`,
    `minNotionalValue`, `maxOrderQty`).
    """

    symbol: str
    tick_size: float
    quantity_step: float
    min_quantity: float
    min_notional: float = 0.0
    max_leverage: float = 100.0
    maintenance_margin_rate: float = 0.005
    base_currency: str = ""
    quote_currency: str = "USDT"
    source: str = ""

    @property
    def price_decimals(self) -> int:
        """Digits after the point that the tick size asks for."""
        return decimals_of(self.tick_size)

    @property
    def quantity_decimals(self) -> int:
        """Digits after the point that the quantity step asks for."""
        return decimals_of(self.quantity_step)


def decimals_of(step: float) -> int:
    """Digits after the point of a step such as 0.001 (3) or 5 (0)."""
    text = f"{step:.12f}".rstrip("0")
    return len(text.partition(".")[2])
