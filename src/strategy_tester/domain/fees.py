"""What an exchange charges for a trade, by the trader's tier."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeeTier:
    """One tier of fees. Rates are fractions of the executed value; a negative one is a rebate.

    Attributes:
        name: As the exchange calls it: "Non-VIP", "VIP 1".
        taker_rate: For orders that are filled at once.
        maker_rate: For orders that rested in the book.
    """

    name: str
    taker_rate: float
    maker_rate: float
