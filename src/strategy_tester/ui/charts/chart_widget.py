"""The price chart: candles, volume, indicators and trades. A million candles move as smoothly as a hundred."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QImage, QPainter, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import TradeColumns
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.canvas import ChartCanvas
from strategy_tester.ui.charts.chart_model import ChartModel
from strategy_tester.ui.charts.control_use import use_control
from strategy_tester.ui.charts.countdown import Clock, Countdown
from strategy_tester.ui.charts.frame_clock import Turn, frame_clock
from strategy_tester.ui.charts.legend import Row
from strategy_tester.ui.charts.pane_book import MAIN, VOLUME
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.preparation import Preparation
from strategy_tester.ui.charts.series import LineLike, PreparedCandles, PreparedLine
from strategy_tester.ui.charts.trade_label import trade_rows
from strategy_tester.ui.i18n import language_changed, tr

SMALL = 200_000
"""So many bars (or values of lines in sum) are made ready at once, in about 2 ms; more go to a worker thread."""


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
    look_changed = Signal()
    """Chart type, scale, or who holds the scale has changed."""
    panes_changed = Signal()
    """Panes were moved, resized, closed, opened, or one was given the whole chart."""
    pane_closed = Signal(str)
    """The user closed the pane with this key: whoever contributed it takes it away."""
    legend_button = Signal(str, str)
    """A button in the legend: the `owner` of the pieces, and its name in `controls.LEGEND_BUTTONS`."""
    zone_clicked = Signal()
    """The time zone in the corner was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ChartModel()
        self.canvas = ChartCanvas(self.model, self)
        self.canvas.label_at = self._label_at
        self.canvas.plot_clicked.connect(self._clicked)
        self.canvas.view_moved.connect(self.view_moved)
        self.canvas.pointer_moved.connect(self.pointer_moved)
        self.canvas.has_controls = True
        self.canvas.scale_kind = lambda: self.model.scale_kind
        self.canvas.time_left = lambda: self.countdown.text
        self.canvas.control_used.connect(lambda control: use_control(self, control))
        self.canvas.pane_dropped.connect(self.move_pane)
        self.canvas.borders_moved.connect(self.panes_changed)
        self.countdown = Countdown(lambda: self.model.base, self)
        self.countdown.ticked.connect(self._paint_time_left)
        self.countdown.switched.connect(self._switch_time_left)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self._candle_work, self._line_work, self._type_work = (Preparation(self) for _ in range(3))
        self._waiting_lines: list[LineLike | PreparedLine] | None = None
        self._waiting_trades: TradeColumns | None = None
        self._waiting_trade: int | None = None
        self._has_news = False
        self._turn = Turn()
        frame_clock().beat.connect(self._take_news)
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
        for work in (self._candle_work, self._line_work, self._type_work):
            work.cancel()
        self._waiting_lines = self._waiting_trades = self._waiting_trade = None
        if candles is None:
            self._show_nothing()
        elif isinstance(candles, PreparedCandles):
            self._show(candles)
        elif series.is_warm() and len(candles) <= SMALL:
            self._show(PreparedCandles(candles))
        else:
            self.model.is_loading = True
            self._make_ready(lambda: series.prepare(candles))

    def _make_ready(self, prepare: Callable[[], PreparedCandles]) -> None:
        kind = self.model.chart_type

        def ready() -> PreparedCandles:
            candles = prepare()
            candles.make_ready_for(kind)
            return candles

        self._candle_work.start(ready, self._show)
        self.canvas.refresh()

    @property
    def is_loading(self) -> bool:
        """Whether candles or lines are still being made ready."""
        return self._candle_work.is_running or self._line_work.is_running

    def _show_nothing(self) -> None:
        self.model.clear()
        self.countdown.look()
        self.canvas.refresh()

    def _show(self, candles: PreparedCandles) -> None:
        if len(candles) > SMALL and not candles.is_ready_for(self.model.chart_type):
            self._make_ready(lambda: candles)
            return
        self.model.is_loading = False
        self.model.set_candles(candles)
        self.countdown.look()
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
        self._has_news = True
        frame_clock().ask()

    def _take_news(self) -> None:
        if self._has_news and self._turn.take():
            self._has_news = False
            self.countdown.look()
            self.canvas.refresh()
            self.bars_changed.emit()

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

    # --- look

    @property
    def chart_type(self) -> str:
        """How prices are drawn, one of `candle_layer.CHART_TYPES`."""
        return self.model.chart_type

    def set_chart_type(self, kind: str) -> None:
        """Draw prices in one of `candle_layer.CHART_TYPES`. What long series need for it is made on a worker thread.

        Raises:
            ValueError: there is no such type.
        """
        candles = self.model.candles
        self._type_work.cancel()
        if candles is None or len(candles) <= SMALL or candles.is_ready_for(kind):
            self._take_chart_type(kind)
        else:
            self._type_work.start(lambda: candles.make_ready_for(kind), lambda _: self._take_chart_type(kind))

    def _take_chart_type(self, kind: str) -> None:
        self.model.set_chart_type(kind)
        self._look_changed()

    @property
    def scale(self) -> str:
        """What the price axis tells, one of `chart_model.SCALES`."""
        return self.model.scale_kind

    def set_scale(self, kind: str) -> None:
        """Let the price axis tell one of `chart_model.SCALES`.

        Raises:
            ValueError: there is no such scale.
        """
        self.model.set_scale(kind)
        self.canvas.renderer.forget_widths()
        self._look_changed()

    def set_log_scale(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch, as Qt's setters
        """Prices on a logarithmic scale."""
        self.set_scale("log" if wanted else "linear")

    def set_inverted(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """High prices below."""
        self.model.set_inverted(wanted)
        self._look_changed()

    @property
    def is_auto_scale(self) -> bool:
        """Whether the price scale fits itself to what is in sight."""
        return all(pane.scale.is_auto for pane in self.model.panes[:1])

    def set_auto_scale(self, wanted: bool, key: str = MAIN) -> None:  # noqa: FBT001  a plain switch
        """Let a pane's scale fit itself, or hold it as it is."""
        for pane in self.model.panes:
            if pane.key == key:
                pane.scale.is_auto = wanted
        self._look_changed()

    def _look_changed(self) -> None:
        self.canvas.refresh()
        self.look_changed.emit()

    # --- panes

    def move_pane(self, key: str, place: int) -> None:
        """Put a pane at a place from the top, counted with the pane itself taken out."""
        if self.model.move_pane(key, place):
            self._panes_changed()

    def move_pane_by(self, key: str, steps: int) -> None:
        """Move a pane down by so many places; up when negative."""
        shown = self.model.shown_keys()
        if key in shown:
            self.move_pane(key, shown.index(key) + steps)

    def close_pane(self, key: str) -> None:
        """Close a pane; the price pane stays."""
        if self.model.close_pane(key):
            self._panes_changed()
            self.pane_closed.emit(key)

    def open_pane(self, key: str) -> None:
        """Open a closed pane again."""
        self.model.open_pane(key)
        self._panes_changed()

    def set_volume(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Show the volume in its pane."""
        (self.open_pane if wanted else self.close_pane)(VOLUME)

    def maximize_pane(self, key: str | None) -> None:
        """Give the chart to one pane; None shows all of them again."""
        self.model.maximize_pane(key)
        self._panes_changed()

    def save_panes(self) -> dict[str, Any]:
        """Order, heights and closed panes as JSON values."""
        return self.model.save_panes()

    def restore_panes(self, state: Any) -> None:
        """Take up what `save_panes` gave; what does not fit is passed over."""
        self.model.restore_panes(state)
        self._panes_changed()

    def _panes_changed(self) -> None:
        self.canvas.renderer.forget_widths()
        self.canvas.refresh()
        self.panes_changed.emit()

    # --- time left

    @property
    def clock(self) -> Clock | None:
        """What the countdown to the candle's close goes by, UTC milliseconds; None hides it."""
        return self.countdown.clock

    @clock.setter
    def clock(self, clock: Clock | None) -> None:
        self.countdown.clock = clock
        self.countdown.look()

    def set_price_old(self, *, is_old: bool) -> None:
        """Show the last price in gray while it may be old."""
        if self.canvas.renderer.is_price_old != is_old:
            self.canvas.renderer.is_price_old = is_old
            self.canvas.refresh()

    def _paint_time_left(self) -> None:
        frame = self.canvas.renderer.frame
        if frame is not None and frame.below_tag is not None:
            rect, ratio = frame.below_tag, frame.lettering.ratio
            self.canvas.viewport().update(
                math.floor(rect.left() / ratio), math.floor(rect.top() / ratio) - 1,
                math.ceil(rect.width() / ratio) + 2, math.ceil(rect.height() / ratio) + 2,
            )  # fmt: skip

    def _switch_time_left(self) -> None:
        self.canvas.renderer.has_time_left = bool(self.countdown.text)
        self.canvas.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """The countdown goes on."""
        super().showEvent(event)
        self.countdown.set_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: the countdown rests."""
        self.countdown.set_seen(False)
        super().hideEvent(event)

    # --- visible period

    def visible_period_ms(self) -> tuple[int, int] | None:
        """UTC milliseconds at the left and right edge; None without candles."""
        base, view = self.model.base, self.model.view
        return None if base is None else (base.time_of(view.left), base.time_of(view.right))

    # --- pictures

    def to_image(self, ratio: float | None = None) -> QImage:
        """The chart as a picture; `ratio` device pixels per logical pixel, the screen's when left out."""
        return self.canvas.to_image(ratio)

    def render(self, painter: QPainter, size: tuple[int, int], ratio: float = 1.0) -> None:  # type: ignore[override]
        """Draw the chart with its legend on any device: a picture, a page, a vector file.

        Args:
            painter: Its unit is the device pixel; the chart begins at 0, 0.
            size: Width and height in device pixels.
            ratio: Device pixels per logical pixel: how large letters and lines are.
        """
        self.canvas.paint_picture(painter, size, ratio)

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
            return next((rows for layer in self.model.grounds if (rows := layer.rows_at(slot))), ())
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
