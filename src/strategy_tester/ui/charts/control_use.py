"""What the chart's own buttons do."""

from typing import TYPE_CHECKING

from strategy_tester.ui.charts.chart_legend import LINE_OWNER
from strategy_tester.ui.charts.controls import LEGEND, PANE, SCALE, Control

if TYPE_CHECKING:
    from strategy_tester.ui.charts.chart_widget import ChartWidget


def use_control(chart: "ChartWidget", control: Control) -> None:
    """A button on a chart was pressed."""
    if control.kind == SCALE:
        _use_scale_mark(chart, control)
    elif control.kind == PANE:
        _use_pane_button(chart, control)
    elif control.kind == LEGEND:
        _use_legend_button(chart, control)
    else:
        chart.zone_clicked.emit()


def _use_scale_mark(chart: "ChartWidget", control: Control) -> None:
    if control.name == "auto":
        chart.set_auto_scale(not control.is_on, control.key)
    else:
        chart.set_scale("linear" if control.is_on else control.name)


def _use_pane_button(chart: "ChartWidget", control: Control) -> None:
    if control.name in ("up", "down"):
        chart.move_pane_by(control.key, 1 if control.name == "down" else -1)
    elif control.name == "close":
        chart.close_pane(control.key)
    else:
        chart.maximize_pane(control.key if control.name == "maximize" else None)


def _use_legend_button(chart: "ChartWidget", control: Control) -> None:
    if control.key.startswith(LINE_OWNER):
        chart.model.hide_line(control.key.removeprefix(LINE_OWNER), hidden=control.name == "hide")
        chart.canvas.refresh()
    chart.legend_button.emit(control.key, control.name)
