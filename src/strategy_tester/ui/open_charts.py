"""The charts that are open, and the one the user works with: actions of charts go to that one."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:  # kept from loading pyqtgraph before the first paint
    from strategy_tester.services.ports import SeriesKey
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext


class OpenCharts(QObject):
    """All chart panels of the program, in the order they were opened."""

    current_changed = Signal(object)
    """The chart panel that actions go to from now on, or None."""
    charts_changed = Signal()
    """A chart was opened or closed for good."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panels: list[ChartPanel] = []
        self._current: ChartPanel | None = None

    @property
    def current(self) -> "ChartPanel | None":
        """The chart used last; None while there is none."""
        return self._current

    def all(self) -> "list[ChartPanel]":
        """Every chart panel."""
        return list(self._panels)

    def add(self, panel: "ChartPanel") -> None:
        """A chart was made; the first one becomes the current one."""
        self._panels.append(panel)
        self.charts_changed.emit()
        if self._current is None:
            self.set_current(panel)

    def remove(self, panel: "ChartPanel") -> None:
        """A chart is gone for good."""
        if panel in self._panels:
            self._panels.remove(panel)
            self.charts_changed.emit()
        if self._current is panel:
            self.set_current(self._panels[0] if self._panels else None)

    def set_current(self, panel: "ChartPanel | None") -> None:
        """The user turned to a chart."""
        if panel is not self._current:
            self._current = panel
            self.current_changed.emit(panel)


def open_in_new_chart(context: "ViewContext", series: "SeriesKey", view: dict[str, Any] | None = None) -> str:
    """One more chart that shows a series; its panel's id.

    Args:
        context: The window's parts.
        series: What to show.
        view: The visible period, as a chart's saved state has it; the newest candles when left out.

    Raises:
        ValueError: there are too many charts.
    """
    from strategy_tester.ui.linking import MAIN, POINTER, series_to_json

    link = {"color": MAIN, "shares": [POINTER], "series": series_to_json(series)}
    add_copy: Callable[..., str] = getattr(context.window, "add_panel_copy")  # noqa: B009  not every window has it
    panel_id = add_copy("chart", {"link": link, "view": view})
    context.docks.show(panel_id, focus=True)
    return panel_id
