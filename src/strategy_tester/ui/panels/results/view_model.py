"""State of the results panel: cards, the table of all metrics by side, the months."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from strategy_tester.services.metric_catalog import MetricInfo, metric_info, metric_infos
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.workbench import Workbench

CARDS = (
    "net_profit", "total_return_pct", "max_drawdown_pct", "sharpe_ratio", "profit_factor", "win_rate_pct",
    "total_trades", "total_commission", "total_funding",
)  # fmt: skip
_SIGNED = {"net_profit", "total_return_pct", "avg_trade_pct", "expectancy", "buy_and_hold_return_pct", "cagr_pct"}
_LEAST_DAYS_FOR_A_YEAR = 90


@dataclass(frozen=True)
class MetricRow:
    """One metric for all, long and short trades."""

    info: MetricInfo
    all: float
    long: float
    short: float


@dataclass(frozen=True)
class MetricCard:
    """One number at the top; `tone` is 1 for good, -1 for bad, 0 for neither."""

    title: str
    text: str
    tooltip: str
    tone: int


class ResultsViewModel(QObject):
    """What the shown backtest was worth."""

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        workbench.backtest_shown.connect(lambda _finished: self.changed.emit())

    @property
    def finished(self) -> FinishedBacktest | None:
        """What is shown, or None."""
        return self.workbench.shown

    def cards(self) -> list[MetricCard]:
        """The numbers a trader looks at first."""
        finished = self.finished
        if finished is None:
            return []
        metrics = finished.result.metrics
        cards: list[MetricCard] = []
        for name in CARDS:
            info = metric_info(name)
            if info is not None and name in metrics:
                cards.append(self._card(info, metrics[name]))
        return cards

    def rows(self) -> list[MetricRow]:
        """Every metric by side."""
        finished = self.finished
        if finished is None:
            return []
        sides = finished.sides
        return [
            MetricRow(info, *(sides.get(side, {}).get(info.name, math.nan) for side in ("all", "long", "short")))
            for info in metric_infos()
        ]

    def months(self) -> list[tuple[int, list[float], float]]:
        """(year, twelve monthly returns in percent with NaN where none, the year's compounded return)."""
        finished = self.finished
        years: dict[int, list[float]] = {}
        for year, month, value in finished.monthly if finished else []:
            years.setdefault(year, [math.nan] * 12)[month - 1] = value
        table: list[tuple[int, list[float], float]] = []
        for year, values in sorted(years.items(), reverse=True):
            growth = math.prod(1.0 + value / 100.0 for value in values if not math.isnan(value))
            table.append((year, values, (growth - 1.0) * 100.0))
        return table

    def days(self) -> float:
        """Length of the tested period in days."""
        if self.finished is None or not len(self.finished.result.open_time_ms):
            return 0.0
        times = self.finished.result.open_time_ms
        return float(times[-1] - times[0]) / 86_400_000.0

    def text_of(self, info: MetricInfo, value: float) -> str:
        """A metric as shown: with unit and sign, a dash for what cannot be computed."""
        if info.name == "cagr_pct" and self.days() < _LEAST_DAYS_FOR_A_YEAR:
            return numbers.DASH
        if info.name == "profit_factor" and math.isnan(value):
            has_wins = self.finished is not None and self.finished.result.metrics.get("winning_trades", 0) > 0
            return tr("no losses") if has_wins else numbers.DASH
        return format_metric(info, value)

    def _card(self, info: MetricInfo, value: float) -> MetricCard:
        tone = 0
        if info.name in _SIGNED and not math.isnan(value) and value != 0:
            tone = 1 if value > 0 else -1
        return MetricCard(tr(info.title), self.text_of(info, value), metric_tooltip(info), tone)


def format_metric(info: MetricInfo, value: float) -> str:
    """A metric's value with its unit."""
    sign = info.name in _SIGNED
    match info.unit:
        case "%":
            return numbers.format_percent(value, sign=sign)
        case "USDT":
            return numbers.format_money(value, "USDT", sign=sign)
        case "minutes":
            return numbers.format_duration(value * 60_000)
        case "days":
            return numbers.format_duration(value * 86_400_000)
        case "":
            is_whole = not math.isnan(value) and float(value).is_integer() and info.name.endswith(_COUNT_ENDINGS)
            return numbers.format_count(value) if is_whole else numbers.format_ratio(value)
        case unit:
            whole = not math.isnan(value) and float(value).is_integer()
            text = numbers.format_count(value) if whole else numbers.format_ratio(value)
            return text if text == numbers.DASH else f"{text}{numbers.THIN_SPACE}{tr(unit)}"


def metric_tooltip(info: MetricInfo) -> str:
    """What a metric is computed from, for hovering."""
    lines = [tr(info.title), info.formula]
    if info.source:
        lines.append(info.source)
    return "\n".join(lines)


_COUNT_ENDINGS = ("trades", "bars", "orders", "signals", "wins", "losses", "liquidations", "count")
