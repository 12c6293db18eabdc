"""What a metric is: a name, the words around it, and the small function that computes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from strategy_tester.metrics.facts import RunFacts

NAN = float("nan")


@dataclass(frozen=True)
class MetricSpec:
    """One metric.

    Attributes:
        name: Key in results and files, snake case.
        title: Short name on screen, English; the interface translates it.
        unit: "%", "USDT" (the quote currency), "bars", "days", "minutes", "x", or "" for a plain number.
        better: Which way is better for the account.
        formula: How it is computed, in plain text; also says when it is NaN.
        source: Who defines it so.
        compute: The formula as code.
        per_side: Whether it also makes sense for the long or the short trades alone; else it is NaN there.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower", "neutral"]
    formula: str
    source: str
    compute: Callable[[RunFacts], float]
    per_side: bool = True


def ratio(numerator: float, denominator: float) -> float:
    """The quotient, NaN where there is nothing to divide by."""
    return numerator / denominator if denominator else NAN
