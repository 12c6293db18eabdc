"""The chart's view: a pyqtgraph scene with our own items, and what pointer and keys do to it."""

import math
from collections.abc import Callable

from pyqtgraph import GraphicsView
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QEnterEvent,
    QFontInfo,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QToolTip, QWidget

from strategy_tester.ui.charts.chart_items import ChartItem, OverlayItem
from strategy_tester.ui.charts.control_hand import ControlHand
from strategy_tester.ui.charts.controls import PANE, Control
from strategy_tester.ui.charts.focus_ring import FocusRing
from strategy_tester.ui.charts.key_moves import WHEEL_FACTOR, move_by_key
from strategy_tester.ui.charts.legend import Row
from strategy_tester.ui.charts.overlay_painter import (
    Pointer,
    bar_told,
    legend_rows,
    paint_overlay,
    paint_time_left,
)
from strategy_tester.ui.charts.palette import chart_colors
from strategy_tester.ui.charts.pane_book import MAIN
from strategy_tester.ui.charts.panes import SMALLEST_PANE, Pane, move_border
from strategy_tester.ui.charts.places import CLICK_REACH, Part, Places
from strategy_tester.ui.charts.renderer import ChartRenderer, Drawable, Frame
from strategy_tester.ui.charts.tools import FramePainter, PointerTool, Spot
from strategy_tester.ui.charts.view_state import TimeView
from strategy_tester.ui.theme import Theme, current_theme, theme_changed


class ChartCanvas(GraphicsView):
    """Shows a chart model and lets it be moved.

    Args:
        model: What to show.
        parent: Qt's parent.
    """

    plot_clicked = Signal(float, float, float, float)
    """Slot, value, and how far (in slots and values) a click on the main pane may be off."""
    view_moved = Signal()
    pointer_moved = Signal(object)
    """The slot under the pointer, or None when it has left."""
    borders_moved = Signal()
    """A border between two panes was dragged and let go."""
    control_used = Signal(object)
    """A button on the chart was pressed: its `controls.Control`."""
    pane_dropped = Signal(str, int)
    """A pane was dragged by its title: its key, and its new place from the top with itself taken out."""

    def __init__(self, model: Drawable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.renderer = ChartRenderer(model)
        self._places = Places(self.renderer)
        self.label_at: Callable[[float, float, float, float], tuple[Row, ...]] = lambda *_: ()
        self.tools: list[PointerTool] = []
        """Asked before the canvas itself, in this order."""
        self.frame_painters: list[FramePainter] = []
        """Draw over the candles; part of the kept picture, so call `refresh` when what they draw has changed."""
        self.overlay_painters: list[FramePainter] = [FocusRing(self)]
        """Draw with every move of the pointer, below the crosshair; `viewport().update()` is enough for a change."""
        self.has_controls = False
        """Whether buttons are offered on the chart; who sets it listens to `control_used`."""
        self.scale_kind: Callable[[], str] = lambda: "linear"
        self.time_left: Callable[[], str] = str
        """What to write below the last price."""
        self.pane_key = MAIN
        """Key of the pane the pointer was over last."""
        self._hand = ControlHand(self)
        self.renderer.kept_free = self._hand.resting_marks
        self._held: tuple[PointerTool, Pane] | None = None
        self._pointer: Pointer | None = None
        self._press: tuple[QPointF, Part, Pane | None, int] | None = None
        self._press_heights: list[int] = []
        self._last = QPointF()
        self._has_moved = False
        self._colors = chart_colors(current_theme())
        self._chart_item = ChartItem(self._draw)
        self._overlay_item = OverlayItem(self._draw_overlay)
        self.setBackgroundBrush(QBrush(Qt.BrushStyle.NoBrush))
        self.setCentralItem(None)
        self.scene().addItem(self._chart_item)
        self.scene().addItem(self._overlay_item)
        # Frames are asked for by us, never by items; the viewport is opaque, nothing need be cleared before.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing, enabled=True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAutoFillBackground(False)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        theme_changed.connect(self._take_theme)

    # --- drawing

    def _take_theme(self, theme: Theme) -> None:
        self._colors = chart_colors(theme)
        self.refresh()

    def refresh(self) -> None:
        """Something about the content or the visible part has changed: draw it with the next frame."""
        self._chart_item.content_changed()
        self.viewport().update()

    def _style(self):
        font = self.font()
        return font, float(QFontInfo(font).pixelSize()), self._colors

    def _draw(self, painter: QPainter, size: tuple[int, int], ratio: float) -> None:
        self._draw_with(self.renderer, painter, size, ratio)

    def _draw_with(self, renderer: ChartRenderer, painter: QPainter, size: tuple[int, int], ratio: float) -> None:
        renderer.draw(painter, size, ratio, self._style())
        if renderer.frame is not None:
            for one in self.frame_painters:
                one.paint(painter, renderer.frame)

    def _draw_overlay(self, painter: QPainter) -> None:
        if self.renderer.frame is not None:
            for one in self.overlay_painters:
                one.paint(painter, self.renderer.frame)
            self._paint_above(painter, self.renderer.frame)

    def _paint_above(self, painter: QPainter, frame: Frame) -> None:
        last = self.model.last_price()
        if last is not None:
            paint_time_left(painter, frame, self.time_left(), is_up=last[1], is_old=self.renderer.is_price_old)
        self._hand.rows = legend_rows(frame, self.model, bar_told(self.model, self._pointer))
        controls = self._hand.controls()
        label = () if self._hand.is_busy or self._hand.under_pointer(controls) is not None else self._label()
        paint_overlay(painter, frame, self.model, self._pointer, label, self._hand.rows)
        self._hand.paint(painter, frame, controls)

    def _label(self) -> tuple[Row, ...]:
        """What the card beside the pointer says now: the chart may have moved beneath a pointer that rests."""
        if self._pointer is None or self._pointer.y is None or self._press is not None:
            return ()
        found = self._places.point_at(self._pointer.x, self._pointer.y)
        return self.label_at(*found) if found is not None else ()

    def to_image(self, ratio: float | None = None) -> QImage:
        """The chart with its legend as a picture, without the crosshair.

        Args:
            ratio: Device pixels per logical pixel; the screen's when left out.
        """
        ratio = self.devicePixelRatioF() if ratio is None else ratio
        size = max(2, math.floor(self.width() * ratio)), max(2, math.floor(self.height() * ratio))
        image = QImage(*size, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        self.paint_picture(painter, size, ratio)
        painter.end()
        image.setDevicePixelRatio(ratio)
        return image

    def paint_picture(self, painter: QPainter, size: tuple[int, int], ratio: float) -> None:
        """Draw the chart with its legend, without crosshair and buttons, on any device.

        Args:
            painter: Its unit is the device pixel.
            size: Width and height in device pixels.
            ratio: Device pixels per logical pixel: how large letters and lines are.
        """
        view = self.model.view
        kept = view.left, view.span, view.width
        # A renderer of its own, so that the frame the pointer refers to stays as it is.
        renderer = ChartRenderer(self.model)
        view.width = 1
        self._draw_with(renderer, painter, size, ratio)
        if renderer.frame is not None:
            paint_overlay(painter, renderer.frame, self.model, None)
        view.left, view.span, view.width = kept
        self._chart_item.content_changed()

    def paintEvent(self, ev: QPaintEvent) -> None:
        """Let Qt paint the items; pyqtgraph's own preparations concern plots, which this scene has none of."""
        if not self.devicePixelRatioF().is_integer():
            self._paint_edges()
        QGraphicsView.paintEvent(self, ev)

    def _paint_edges(self) -> None:
        """The chart is whole device pixels wide; what is left of the view beside and below it takes the ground."""
        area = self.viewport().rect()
        painter = QPainter(self.viewport())
        painter.fillRect(area.right(), 0, 1, area.height(), self._colors.ground)
        painter.fillRect(0, area.bottom(), area.width(), 1, self._colors.ground)
        painter.end()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        """Items fill the view."""
        super().resizeEvent(ev)
        if hasattr(self, "_chart_item"):
            size = self.viewport().size()
            for item in (self._chart_item, self._overlay_item):
                item.set_size(size.width(), size.height())
            self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        """A new font changes every width."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "renderer"):
            self.refresh()

    # --- where the pointer is

    @property
    def _view(self) -> TimeView:
        return self.model.view

    def _ratio(self) -> float:
        frame = self.renderer.frame
        return frame.lettering.ratio if frame is not None else self.devicePixelRatioF()

    def _in_device_pixels(self, position: QPointF) -> QPoint:
        return QPoint(math.floor(position.x() * self._ratio()), math.floor(position.y() * self._ratio()))

    def part_at(self, position: QPointF) -> tuple[Part, Pane | None, int]:
        """What lies at a place (logical pixels): the part, its pane, and the number of the border if it is one."""
        return self._places.part_at(position.x() * self._ratio(), position.y() * self._ratio())

    def point_at(self, position: QPointF) -> tuple[float, float, float, float] | None:
        """Slot, value and reach (in slots and values) at a place in the main pane; None elsewhere."""
        return self._places.point_at(position.x() * self._ratio(), position.y() * self._ratio())

    def spot_at(self, position: QPointF, pane: Pane | None = None) -> Spot | None:
        """The place on a pane under a position (logical pixels); None off the panes.

        Args:
            position: Where.
            pane: Speak in this pane's values, wherever the position is.
        """
        return self._places.spot_at(position.x() * self._ratio(), position.y() * self._ratio(), pane)

    # --- pointer

    def _offer_press(self, ev: QMouseEvent) -> bool:
        spot = self.spot_at(ev.position()) if self.part_at(ev.position())[0] is Part.PLOT else None
        if spot is not None:
            for tool in self.tools:
                if tool.press(spot, ev):
                    self._held = tool, spot.pane
                    return True
        return False

    def _hold(self, ev: QMouseEvent, *, is_end: bool = False) -> bool:
        if self._held is None:
            return False
        tool, pane = self._held
        spot = self.spot_at(ev.position(), pane)
        if is_end:
            self._held = None
        if spot is not None:
            (tool.release if is_end else tool.move)(spot, ev)
        return True

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        """Begin a drag or a click, unless a tool takes it."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if ev.button() == Qt.MouseButton.LeftButton and self._hand.press(self._in_device_pixels(ev.position())):
            self.viewport().update()
            ev.accept()
            return
        if self._offer_press(ev):
            ev.accept()
            return
        if ev.button() == Qt.MouseButton.LeftButton:
            part, pane, border = self.part_at(ev.position())
            self._press = (ev.position(), part, pane, border)
            frame = self.renderer.frame
            self._press_heights = [place.height for _, place in frame.from_top()] if frame is not None else []
            self._view.is_held = True
            self._last = ev.position()
            self._has_moved = False
        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Drag, or move the crosshair."""
        position = ev.position()
        self._hand.move(self._in_device_pixels(position))
        if self._hand.is_busy:
            self._take_cursor(position, ev.modifiers())
            self.viewport().update()
            ev.accept()
            return
        if self._hold(ev):
            self._point_at(position)
            ev.accept()
            return
        if self._press is not None and ev.buttons() & Qt.MouseButton.LeftButton:
            away = position - self._press[0]
            if abs(away.x()) + abs(away.y()) > CLICK_REACH:
                self._has_moved = True
            if self._has_moved:
                self._drag(position)
        else:
            self._take_cursor(position, ev.modifiers())
        self._point_at(position)
        ev.accept()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        """A press without a move is a click."""
        self._view.is_held = False
        if self._hand.is_busy and ev.button() == Qt.MouseButton.LeftButton:
            self._hand.release(self._in_device_pixels(ev.position()))
            self._take_cursor(ev.position())
            self.viewport().update()
            ev.accept()
            return
        if self._hold(ev, is_end=True):
            self._take_cursor(ev.position(), ev.modifiers())
            ev.accept()
            return
        press, self._press = self._press, None
        if press is not None and press[1] is Part.BORDER and self._has_moved:
            self.borders_moved.emit()
        if press is not None and not self._has_moved and press[1] is Part.PLOT:
            found = self.point_at(ev.position())
            if found is not None:
                self.plot_clicked.emit(*found)
        self._take_cursor(ev.position())
        ev.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a value axis: fit by itself again. On the time axis: the usual view. On a pane: it alone, or all again."""
        if self._hand.press(self._in_device_pixels(event.position())):
            event.accept()
            return
        part, pane, _ = self.part_at(event.position())
        spot = self.spot_at(event.position()) if part is Part.PLOT else None
        if spot is not None and any(tool.double_click(spot, event) for tool in self.tools):
            event.accept()
            return
        if part is Part.VALUES and pane is not None:
            pane.scale.is_auto = True
            self.refresh()
        elif part is Part.TIMES:
            self.reset_view()
        elif part is Part.PLOT and pane is not None and self.has_controls and self.renderer.frame is not None:
            name = "restore" if self.renderer.frame.is_alone else "maximize"
            self.control_used.emit(Control(PANE, name, pane.key, QRect()))
        event.accept()

    def leaveEvent(self, ev: QEvent) -> None:
        """The crosshair goes."""
        self._pointer = self._hand.at = None
        self._view.is_held = False
        for tool in self.tools:
            tool.leave()
        self.pointer_moved.emit(None)
        self.viewport().update()
        super().leaveEvent(ev)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The crosshair comes."""
        self._point_at(event.position())
        super().enterEvent(event)

    def _point_at(self, position: QPointF) -> None:
        frame = self.renderer.frame
        ratio = self._ratio()
        x, y = math.floor(position.x() * ratio), math.floor(position.y() * ratio)
        self._hand.at = QPoint(x, y)
        if frame is None or not (0 <= x < frame.plot_width and 0 <= y < frame.strip.top()):
            if self._pointer is not None:
                self.pointer_moved.emit(None)
            self._pointer = None
        else:
            self._pointer = Pointer(x, y)
            found = frame.pane_at(y)
            self.pane_key = found[0].key if found is not None else self.pane_key
            self.pointer_moved.emit(math.floor(self._view.slot_at(x)))
        self.viewport().update()

    def show_pointer(self, slot: int | None) -> None:
        """Show the crosshair of another chart at a slot, or take it away."""
        self._pointer = None if slot is None else Pointer(self._view.pixel_of(slot), None)
        self.viewport().update()

    def _take_cursor(self, position: QPointF, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        shapes = {
            Part.PLOT: Qt.CursorShape.CrossCursor, Part.VALUES: Qt.CursorShape.SizeVerCursor,
            Part.TIMES: Qt.CursorShape.SizeHorCursor, Part.BORDER: Qt.CursorShape.SplitVCursor,
        }  # fmt: skip
        part = self.part_at(position)[0]
        shape = shapes[part] if self.renderer.frame is not None else Qt.CursorShape.ArrowCursor
        spot = self.spot_at(position) if part is Part.PLOT else None
        if spot is not None:
            wishes = [tool.hover(spot, modifiers) for tool in self.tools]
            shape = next((wish for wish in wishes if wish is not None), shape)
        shape = self._hand.cursor() or shape
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def _drag(self, position: QPointF) -> None:
        if self._press is None:
            return
        start, part, pane, border = self._press
        ratio = self._ratio()
        right, down = (position.x() - self._last.x()) * ratio, (position.y() - self._last.y()) * ratio
        self._last = position
        place = self._places.place_of(pane) if pane is not None else None
        if part is Part.BORDER:
            self._move_border(border, round((position.y() - start.y()) * ratio))
        elif part is Part.TIMES:
            self._view.zoom(math.exp(-right * 3.0 / max(self._view.width, 1)), self._view.width)
        elif part is Part.VALUES and pane is not None and place is not None:
            pane.scale.zoom(math.exp(down * 3.0 / place.height))
        elif pane is not None and place is not None:
            self._view.pan(right)
            pane.scale.pan(-down / place.height)
        self._moved()

    def _move_border(self, number: int, rows: int) -> None:
        # From the heights at the press: several moves may come before the next frame.
        frame = self.renderer.frame
        panes = [pane for pane, _ in frame.from_top()] if frame is not None else []
        if len(self._press_heights) == len(panes):
            move_border(panes, number, rows, self._press_heights, round(SMALLEST_PANE * self._ratio()))

    def wheelEvent(self, ev: QWheelEvent) -> None:
        """Zoom around the pointer; with Shift, or a sideways wheel, move. On a value axis: stretch the values."""
        notches = ev.angleDelta().y() / 120.0
        sideways = ev.angleDelta().x() / 120.0
        part, pane, _ = self.part_at(ev.position())
        if ev.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways, notches = sideways or notches, 0.0
        if sideways and abs(sideways) >= abs(notches):
            self._view.pan(sideways * self._view.width * 0.08)
        elif part is Part.VALUES and pane is not None:
            pane.scale.zoom(WHEEL_FACTOR**notches)
        else:
            self._view.zoom(WHEEL_FACTOR**notches, ev.position().x() * self._ratio())
        self._moved()
        self._point_at(ev.position())
        ev.accept()

    def _moved(self) -> None:
        self.refresh()
        self.view_moved.emit()

    # --- keys

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Move with the keyboard; keys that mean nothing here go on to the window."""
        if any(tool.key(ev) for tool in self.tools):
            ev.accept()
            return
        alt = bool(ev.modifiers() & Qt.KeyboardModifier.AltModifier)
        if alt and ev.key() == Qt.Key.Key_R:
            self.reset_view()
        elif ev.key() == Qt.Key.Key_Escape and self._hand.cancel():
            self.viewport().update()
        elif not alt and move_by_key(self._view, ev.key()):
            self._moved()
        else:
            ev.ignore()
            return
        ev.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips of the buttons on the chart."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            under = self._hand.under_pointer()
            QToolTip.showText(event.globalPos(), under.tip if under is not None else "", self.viewport())
            return True
        return super().viewportEvent(event)

    def zoom_in(self) -> None:
        """Fewer, wider bars."""
        self._view.zoom(WHEEL_FACTOR, self._view.width / 2)
        self._moved()

    def zoom_out(self) -> None:
        """More, narrower bars."""
        self._view.zoom(1 / WHEEL_FACTOR, self._view.width / 2)
        self._moved()

    def reset_view(self) -> None:
        """The last bars at their usual width, every scale fitted by itself."""
        for pane in self.model.panes:
            pane.scale.is_auto = True
        self.renderer.forget_widths()
        self.model.reset_view()
        self._moved()

    def visible_rect_of(self, pane: Pane) -> QRect:
        """A pane's place in logical pixels; empty before the first frame."""
        place, ratio = self._places.place_of(pane), self._ratio()
        if place is None:
            return QRect()
        return QRect(
            round(place.left / ratio), round(place.top / ratio), round((place.right - place.left + 1) / ratio),
            round(place.height / ratio),
        )  # fmt: skip
