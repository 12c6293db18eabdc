"""The equity chart: the account over time, buy and hold as a thin line, drawdowns below."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strategy_tester.domain.results import BacktestResult
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.canvas import ChartCanvas
from strategy_tester.ui.charts.equity_model import EquityModel, PreparedEquity, prepare_equity
from strategy_tester.ui.charts.preparation import Preparation
from strategy_tester.ui.i18n import language_changed, tr

SMALL = 60_000
"""Results of so many bars are made ready at once; longer ones on a worker thread."""


class EquityChart(QWidget):
    """Shows how one backtest went. Pans, zooms and reads values like the price chart."""

    pointer_moved = Signal(object)
    """Slot under the pointer, or None."""
    result_shown = Signal()
    """The result given to `set_result` is on the chart now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = EquityModel()
        self.canvas = ChartCanvas(self.model, self)
        self.canvas.pointer_moved.connect(self.pointer_moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self._work = Preparation(self)
        language_changed.connect(self._write_texts)
        self._write_texts()

    def _write_texts(self) -> None:
        self.canvas.setAccessibleName(tr("Equity chart"))
        self.model.rebuild()
        self.canvas.refresh()

    @property
    def is_loading(self) -> bool:
        """Whether the curves are still being made ready."""
        return self._work.is_running

    def set_result(self, result: BacktestResult | PreparedEquity | None) -> None:
        """Show a result; None empties the chart. Long results appear once a worker has made them ready."""
        self._work.cancel()
        if result is None or isinstance(result, PreparedEquity):
            self._show(result)
        elif series.is_warm() and result.equity_curve.size <= SMALL:
            self._show(prepare_equity(result))
        else:
            self.model.is_loading = True
            self._work.start(lambda: prepare_equity(result), self._show)
            self.canvas.refresh()

    def _show(self, content: PreparedEquity | None) -> None:
        self.model.set_content(content)
        self.canvas.renderer.forget_widths()
        self.canvas.refresh()
        self.result_shown.emit()

    def to_image(self, ratio: float | None = None) -> QImage:
        """The chart as a picture; `ratio` device pixels per logical pixel, the screen's when left out."""
        return self.canvas.to_image(ratio)
