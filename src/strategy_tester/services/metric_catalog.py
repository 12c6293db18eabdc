"""What each metric is called, measured in and computed from, for tooltips and reports."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class MetricInfo:
    """One metric as the interface shows it. `better` is 'higher', 'lower' or 'neutral'."""

    name: str
    title: str
    unit: str
    better: str
    formula: str
    source: str


@cache
def metric_infos() -> tuple[MetricInfo, ...]:
    """Every metric, in the order reports show them."""
    from strategy_tester.metrics.registry import all_metrics

    return tuple(
        MetricInfo(spec.name, spec.title, spec.unit, spec.better, spec.formula, spec.source) for spec in all_metrics()
    )


def metric_info(name: str) -> MetricInfo | None:
    """One metric by name, or None."""
    return next((info for info in metric_infos() if info.name == name), None)
