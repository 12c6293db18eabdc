"""The price chart: candles, volume, indicators and trades. A million candles move as smoothly as a hundred."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import TradeColumns
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.canvas import ChartCanvas
from strategy_tester.ui.charts.chart_model import ChartModel
from strategy_tester.ui.charts.legend import Row
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.preparation import Preparation
from strategy_tester.ui.charts.series import LineLike, PreparedCandles, PreparedLine
from strategy_tester.ui.charts.trade_label import trade_rows
from strategy_tester.ui.i18n import language_changed, tr

SMALL = 200_000
"""So many bars (or values of lines in sum) are made ready at once, in about 2 ms; more go to a worker thread."""
FRAME_MS = 16


class ChartWidget(QWidget):
    """Shows one market. All calls are cheap; large data are made ready on a worker thread and then appear."""

    trade_clicked = Signal(int)
    """Number of the trade, as in the columns, whose box was clicked."""
    candles_shown = Signal()
    """Candles given to `set_candles` are on the chart now."""
    view_moved = Signal()
    """The user has panned or zoomed."""
    pointer_moved = Signal(object)
    """Slot under the pointer, or None."""
    bars_changed = Signal()
    """Bars were added or the last one changed; once per frame however many changes there were."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ChartModel()
        self.canvas = ChartCanvas(self.model, self)
        self.canvas.label_at = self._label_at
        self.canvas.plot_clicked.connect(self._clicked)
        self.canvas.view_moved.connect(self.view_moved)
        self.canvas.pointer_moved.connect(self.pointer_moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self._candle_work, self._line_work = Preparation(self), Preparation(self)
        self._waiting_lines: list[LineLike | PreparedLine] | None = None
        self._waiting_trades: TradeColumns | None = None
        self._waiting_trade: int | None = None
        self._data_timer = QTimer(self)
        self._data_timer.setSingleShot(True)
        self._data_timer.setInterval(FRAME_MS)
        self._data_timer.timeout.connect(self.canvas.refresh)
        self._data_timer.timeout.connect(self.bars_changed)
        language_changed.connect(self._write_texts)
        self._write_texts()

    def _write_texts(self) -> None:
        self.canvas.setAccessibleName(tr("Price chart"))
        self.model.rebuild()
        self.canvas.refresh()

    # --- content

    def set_candles(self, candles: Candles | PreparedCandles | None) -> None:
        """Show candles; None empties the chart. Lines and trades go with the candles they belonged to.

        The same market and timeframe again keeps the visible period. Candles made ready by `series.prepare` appear at
        once, others too when they are few and the kernels are compiled; else a worker makes them ready first.
        """
        self._candle_work.cancel()
        self._line_work.cancel()
        self._waiting_lines = self._waiting_trades = self._waiting_trade = None
        if candles is None:
            self._show_nothing()
        elif isinstance(candles, PreparedCandles):
            self._show(candles)
        elif series.is_warm() and len(candles) <= SMALL:
            self._show(PreparedCandles(candles))
        else:
            self.model.is_loading = True
            self._candle_work.start(lambda: series.prepare(candles), self._show)
            self.canvas.refresh()

    @property
    def is_loading(self) -> bool:
        """Whether candles or lines are still being made ready."""
        return self._candle_work.is_running or self._line_work.is_running

    def _show_nothing(self) -> None:
        self.model.clear()
        self.canvas.refresh()

    def _show(self, candles: PreparedCandles) -> None:
        self.model.is_loading = False
        self.model.set_candles(candles)
        self.canvas.renderer.forget_widths()
        if self._waiting_trades is not None:
            self.model.set_trades(self._waiting_trades)
        lines, self._waiting_lines, self._waiting_trades = self._waiting_lines, None, None
        if lines is not None:
            self.set_lines(lines)
        if self._waiting_trade is not None:
            self.model.show_trade(self._waiting_trade)
            self._waiting_trade = None
        self.canvas.refresh()
        self.candles_shown.emit()

    def set_lines(self, lines: Sequence[LineLike | PreparedLine]) -> None:
        """Show these indicator lines instead of the ones so far: one value per candle, NaN where there is none."""
        self._line_work.cancel()
        if self._candle_work.is_running:
            self._waiting_lines = list(lines)
            return
        fresh = sum(len(line.values) for line in lines if not isinstance(line, PreparedLine))
        if not fresh or (series.is_warm() and fresh <= SMALL):
            self._show_lines(series.prepare_lines(lines))
        else:
            given = list(lines)
            self._line_work.start(lambda: _ready_lines(given), self._show_lines)

    def _show_lines(self, lines: list[PreparedLine]) -> None:
        self.model.set_lines(lines)
        self.canvas.refresh()

    def set_trades(self, trades: TradeColumns | None) -> None:
        """Show these trades as boxes instead of the ones so far."""
        if self._candle_work.is_running:
            self._waiting_trades = trades
            return
        self.model.set_trades(trades)
        self.canvas.refresh()

    def contribute(self, owner: str, contribution: Contribution | None) -> None:
        """Add layers and panes under a name, in place of what stood under it; None takes them away."""
        self.model.contribute(owner, contribution)
        self.canvas.refresh()

    def set_tick_size(self, tick_size: float) -> None:
        """Prices move in steps of this: decimals of the axis and its marks follow. 0 when not known."""
        self.model.set_tick_size(tick_size)
        self.canvas.refresh()

    def append(
        self, open_time_ms: int, open_: float, high: float, low: float, close: float, volume: float = 0.0
    ) -> None:
        """Add one candle at the end. The visible part stays, unless it follows the newest candle.

        Raises:
            ValueError: there are no candles yet, or the time is not after the last one.
        """
        self.model.append(open_time_ms, open_, high, low, close, volume)
        self._data_changed()

    def update_last(self, high: float, low: float, close: float, volume: float) -> None:
        """Change the candle that is still forming; ignored while there is none."""
        self.model.update_last(high, low, close, volume)
        self._data_changed()

    def extend_lines(self, values: Sequence[float], *, is_new_bar: bool) -> None:
        """The lines' values at the last bar, in the order of `set_lines`: added, or in place of the last ones."""
        for line, value in zip(self.model.lines, values, strict=True):
            if is_new_bar:
                line.append(value)
            else:
                line.update_last(value)
        self._data_changed()

    def _data_changed(self) -> None:
        # However many messages arrive, they make one frame in 16 ms.
        if not self._data_timer.isActive():
            self._data_timer.start()

    # --- moving

    def go_to_trade(self, trade: int) -> bool:
        """Center and frame a trade, by its number in the columns; False when there is no such trade (yet)."""
        if self._candle_work.is_running:
            self._waiting_trade = trade
            return False
        found = self.model.show_trade(trade)
        self.canvas.refresh()
        return found

    def go_to_time(self, time_ms: int) -> None:
        """Center a moment, UTC milliseconds."""
        if self.model.base is not None:
            self.model.view.center(self.model.base.slot_of(time_ms))
            self.canvas.refresh()

    def show_all(self) -> None:
        """Every candle at once."""
        self.model.view.show_all()
        self.canvas.refresh()

    def reset_view(self) -> None:
        """The newest candles at their usual width, scales fitted by themselves."""
        self.canvas.reset_view()

    def zoom_in(self) -> None:
        """Fewer, wider candles."""
        self.canvas.zoom_in()

    def zoom_out(self) -> None:
        """More, narrower candles."""
        self.canvas.zoom_out()

    def set_log_scale(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch, as Qt's setters
        """Prices on a logarithmic scale."""
        self.model.set_log_scale(wanted)
        self.canvas.refresh()

    def visible_period_ms(self) -> tuple[int, int] | None:
        """UTC milliseconds at the left and right edge; None without candles."""
        base, view = self.model.base, self.model.view
        return None if base is None else (base.time_of(view.left), base.time_of(view.right))

    # --- pictures

    def to_image(self, ratio: float | None = None) -> QImage:
        """The chart as a picture; `ratio` device pixels per logical pixel, the screen's when left out."""
        return self.canvas.to_image(ratio)

    def copy_image(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.to_image())

    def save_image(self, path: Path, ratio: float | None = None) -> None:
        """Write the picture; the ending of the name chooses the format, `.png` as a rule.

        Raises:
            OSError: it could not be written.
        """
        if not self.to_image(ratio).save(str(path)):
            raise OSError(f"the picture could not be written to {path}")

    # --- trades under the pointer

    def _trade_at(self, slot: float, price: float, slot_reach: float, price_reach: float) -> int | None:
        return None if self.model.trades is None else self.model.trades.find(slot, price, slot_reach, price_reach)

    def _label_at(self, slot: float, price: float, slot_reach: float, price_reach: float) -> tuple[Row, ...]:
        trade = self._trade_at(slot, price, slot_reach, price_reach)
        if trade is None or self.model.trades is None or self.model.candles is None:
            return ()
        return trade_rows(self.model.trades.trades, trade, self.model.candles.decimals)

    def _clicked(self, slot: float, price: float, slot_reach: float, price_reach: float) -> None:
        trade = self._trade_at(slot, price, slot_reach, price_reach)
        self.model.highlight(trade)
        self.canvas.refresh()
        if trade is not None:
            self.trade_clicked.emit(trade)

    def contextMenuEvent(self, event) -> None:
        """The panel that holds the chart owns its menu."""
        event.ignore()

    def wait_until_shown(self, milliseconds: int = 10_000) -> None:
        """Let events run until everything given is on the chart: for pictures made without a screen."""
        from PySide6.QtCore import QDeadlineTimer, QEventLoop

        deadline = QDeadlineTimer(milliseconds)
        loop = QEventLoop()
        while self.is_loading and not deadline.hasExpired():
            loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def _ready_lines(lines: list[LineLike | PreparedLine]) -> list[PreparedLine]:
    series.warm_up()
    return series.prepare_lines(lines)
