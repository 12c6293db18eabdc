"""The chart panel: the chart, and what belongs to it in the bar at the top."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.dialogs import choose_file
from strategy_tester.ui.empty_state import EmptyState, Skeleton
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.view_model import ChartViewModel
from strategy_tester.ui.panels.parts import Chooser
from strategy_tester.ui.view_context import ViewContext


class ChartPanel(QWidget):
    """Candles, the strategy's indicators, and the trades of the shown backtest."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = ChartViewModel(context.workbench, self)
        self.chart = ChartWidget()
        self.errors = ErrorStrip()
        self.empty = EmptyState(
            mark("There are no candles yet."),
            mark("Try it on the practice market"),
            lambda: context.actions.trigger("data.practice_market"),
            icon="chart",
        )
        self.loading = Skeleton()
        self.markets, self.frames = Chooser(), _TimeframeRow(context)
        self._build()
        self._declare_actions()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)
        self.view_model.refresh()

    def _build(self) -> None:
        self._pages = QStackedLayout()
        self._pages.addWidget(self.loading)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.chart)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.errors)
        layout.addLayout(self._pages, 1)
        self.markets.setObjectName("market-choice")
        self.markets.setMinimumWidth(theme.step(36))
        self.markets.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._context.top_bar.add_widget(self.markets)
        self._context.top_bar.add_widget(self.frames)
        if "backtest.run" in self._context.actions:  # in reach whichever form is in front
            self._context.top_bar.add_action("backtest.run")
        self.setFocusProxy(self.chart)

    def _connect(self) -> None:
        model = self.view_model
        model.candles_changed.connect(self._show_candles)
        model.loading_started.connect(self._show_page)
        model.lines_changed.connect(lambda: self.chart.set_lines(model.lines))
        model.series_changed.connect(self._show_series)
        model.trade_wanted.connect(self.chart.go_to_trade)
        model.failed.connect(self._show_error)
        self.chart.trade_clicked.connect(model.select_trade)
        self.markets.activated.connect(self._market_chosen)

    def _declare_actions(self) -> None:
        self._context.actions.add(
            Action("chart.reset", mark("Reset the view"), self.chart.reset_view, "chart", ("Alt+R",), "fit"),
            Action("chart.show_all", mark("Show all candles"), self.chart.show_all, "chart", ("Alt+A",)),
            Action("chart.zoom_in", mark("Zoom in"), self.chart.zoom_in, "chart", ("Ctrl+Up",)),
            Action("chart.zoom_out", mark("Zoom out"), self.chart.zoom_out, "chart", ("Ctrl+Down",)),
            Action(
                "chart.copy", mark("Copy the chart as a picture"), self.chart.copy_image, "chart", ("Alt+S",), "copy"
            ),
            Action("chart.save", mark("Save the chart as PNG"), self._save_image, "chart", (), "save"),
        )

    def _show_candles(self) -> None:
        self.errors.clear()
        self._show_page()
        model = self.view_model
        if model.candles is None or not len(model.candles):
            self.chart.set_candles(None)
            return
        self.chart.set_candles(model.candles)
        self.chart.set_lines(model.lines)
        self.chart.set_trades(model.finished.result.trade_columns if model.finished else None)

    def _show_page(self) -> None:
        """The chart once there are candles; before that a skeleton while some may come, else what to do."""
        model = self.view_model
        if model.candles is not None and len(model.candles):
            self._pages.setCurrentWidget(self.chart)
        else:
            self._pages.setCurrentWidget(self.loading if model.is_loading else self.empty)

    def _show_error(self, error: BaseException) -> None:
        self._show_page()
        self.errors.show_error(error)

    def _show_series(self) -> None:
        chosen = self._context.workbench.series
        self.markets.blockSignals(True)
        self.markets.clear()
        for symbol, source in self.view_model.markets():
            self.markets.addItem(f"{symbol} · {source}", (symbol, source))
            if chosen is not None and (chosen.symbol, chosen.source) == (symbol, source):
                self.markets.setCurrentIndex(self.markets.count() - 1)
        self.markets.blockSignals(False)
        self.markets.setVisible(self.markets.count() > 0)
        self.frames.show_frames(self.view_model.timeframes())

    def _market_chosen(self, index: int) -> None:
        symbol, source = self.markets.itemData(index)
        self.view_model.choose_market(symbol, source)

    def _save_image(self) -> None:
        def save(path: Path) -> None:
            try:
                self.chart.save_image(path)
            except OSError as error:
                self.errors.show_error(error)

        choose_file(
            self._context.window, self._context.settings, tr("Save the chart as PNG"), "PNG (*.png)", save,
            mode="save", name="chart.png",
        )  # fmt: skip

    def _write_texts(self) -> None:
        self.markets.setToolTip(tr("Market"))
        self.markets.setAccessibleName(tr("Market"))


class _TimeframeRow(QWidget):
    """A button for each stored timeframe of the market."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._workbench = context.workbench
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.step(0.5))

    def show_frames(self, keys: list) -> None:
        """Show these series' timeframes, the chosen one pressed."""
        while (item := self._row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                self._group.removeButton(old)  # type: ignore[arg-type]
                old.hide()
                old.deleteLater()
        for key in keys:
            button = QToolButton()
            button.setText(str(key.timeframe))
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setChecked(key == self._workbench.series)
            button.clicked.connect(lambda _on=False, key=key: self._workbench.select_series(key))
            self._group.addButton(button)
            self._row.addWidget(button)
