"""What the pointer and the keys do with drawings: make, select, move, measure."""

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent

from strategy_tester.domain.drawings import Anchor, Drawing, from_content, new_drawing, new_id, to_content
from strategy_tester.domain.errors import InvalidDrawing
from strategy_tester.ui.charts.drawing.editing import (
    Hold,
    anchor_at,
    clicks_of,
    draft_anchors,
    handle_origin,
    moved_whole,
    with_handle_at,
)
from strategy_tester.ui.charts.drawing.figures import Handle
from strategy_tester.ui.charts.drawing.geometry import Point, distance
from strategy_tester.ui.charts.drawing.projection import Projection
from strategy_tester.ui.charts.drawing.scene import PRICE_PANE, DrawingScene
from strategy_tester.ui.charts.tools import PointerTool, Spot
from strategy_tester.ui.i18n import mark

CLIPBOARD_FORMAT = "application/x-bst-drawing"
RULER = "ruler"
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CTRL = Qt.KeyboardModifier.ControlModifier


@dataclass
class _Grip:
    """A press on a drawing: which one, where, and by which handle (None: as a whole)."""

    drawing: Drawing
    start: Point
    handle: Handle | None
    is_clone: bool
    has_moved: bool = False


@dataclass
class _Making:
    """A drawing being made, or the ruler: the anchors placed so far."""

    kind: str
    placed: list[Anchor] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    pressed_at: Point | None = None


class DrawingTool(PointerTool):
    """The tool of one chart.

    Args:
        scene: The chart's drawings.
    """

    def __init__(self, scene: DrawingScene) -> None:
        self._scene = scene
        self._grip: _Grip | None = None
        self._making: _Making | None = None
        scene.tool_changed.connect(self._tool_changed)

    def _tool_changed(self) -> None:
        if self._making is not None and self._making.kind != (self._scene.kind or RULER):
            self._making = None

    # --- pointer

    def press(self, spot: Spot, event: QMouseEvent) -> bool:
        """Begin to draw, to move, or to measure."""
        scene = self._scene
        if event.button() == Qt.MouseButton.RightButton and scene.kind is not None:
            self.cancel()
            return True
        if event.button() != Qt.MouseButton.LeftButton or spot.pane.key != PRICE_PANE or scene.document is None:
            return False
        if scene.kind is not None or self._making is not None:
            self._press_making(spot, event, scene.kind or RULER)
            return True
        if scene.ruler is not None:
            scene.ruler = None
            scene.canvas.viewport().update()
        if self._press_drawing(spot, event):
            return True
        if event.modifiers() & _SHIFT:
            self._press_making(spot, event, RULER)
            return True
        return False

    def move(self, spot: Spot, event: QMouseEvent) -> None:
        """Draw or move on."""
        if self._making is not None:
            self._show_draft(spot, event.modifiers())
        elif self._grip is not None:
            self._drag(spot, event.modifiers())

    def release(self, spot: Spot, event: QMouseEvent) -> None:
        """A point is placed, or a move is over."""
        grip, self._grip = self._grip, None
        if self._making is not None and self._making.pressed_at is not None:
            self._place(spot, event.modifiers())
        elif grip is not None and grip.has_moved and self._scene.document is not None:
            title = mark("Clone drawing") if grip.is_clone else mark("Move drawing")
            if grip.handle is not None:
                title = mark("Change drawing")
            self._scene.document.end_motion(title)

    def double_click(self, spot: Spot, event: QMouseEvent) -> bool:
        """On a drawing: type its text."""
        scene = self._scene
        if scene.kind is not None or self._making is not None:
            return True
        drawing = scene.hit((spot.x, spot.y), spot.reach) if spot.pane.key == PRICE_PANE else None
        if drawing is None:
            return False
        scene.select(drawing.id)
        if not drawing.is_locked:
            scene.text_wanted.emit(drawing.id)
        return True

    def hover(self, spot: Spot, modifiers: Qt.KeyboardModifier) -> Qt.CursorShape | None:
        """Show where the next point would be, or what would be taken."""
        scene = self._scene
        if spot.pane.key != PRICE_PANE or scene.document is None:
            return None
        if self._making is not None or scene.kind is not None:
            self._show_draft(spot, modifiers)
            return Qt.CursorShape.CrossCursor
        drawing, handle = self._under(spot)
        scene.hovered_id = drawing.id if drawing is not None else None
        if drawing is None:
            return None
        if handle is None or drawing.is_locked:
            return Qt.CursorShape.PointingHandCursor
        if handle.time_of is None:
            return Qt.CursorShape.SizeVerCursor
        return Qt.CursorShape.SizeHorCursor if handle.price_of is None else Qt.CursorShape.SizeAllCursor

    def leave(self) -> None:
        """Nothing lies under the pointer."""
        self._scene.hovered_id = None

    # --- keys

    def key(self, event: QKeyEvent) -> bool:
        """Esc, Del, copy and paste."""
        scene = self._scene
        if event.key() == Qt.Key.Key_Escape:
            return self.cancel()
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            return scene.delete_selected()
        if event.matches(QKeySequence.StandardKey.Copy) and scene.selected is not None:
            self.copy()
            return True
        return event.matches(QKeySequence.StandardKey.Paste) and self.paste()

    def cancel(self) -> bool:
        """Give up the nearest thing: a drag, a half-made drawing, the tool, the ruler, the selection."""
        scene = self._scene
        if self._grip is not None and self._grip.has_moved and scene.document is not None:
            self._grip = None
            scene.document.put_back()
        elif self._making is not None:
            self._making = scene.draft = scene.ruler = None
            scene.canvas.viewport().update()
        elif scene.kind is not None:
            scene.set_kind(None)
        elif scene.ruler is not None:
            scene.ruler = None
            scene.canvas.viewport().update()
        elif scene.selected is not None:
            scene.select(None)
        else:
            return False
        return True

    def copy(self) -> None:
        """Put the selected drawing on the clipboard."""
        import json

        drawing = self._scene.selected
        if drawing is not None:
            data = QMimeData()
            data.setData(CLIPBOARD_FORMAT, json.dumps(to_content(drawing)).encode())
            QGuiApplication.clipboard().setMimeData(data)

    def paste(self) -> bool:
        """Put the drawing of the clipboard on this chart; False when there is none."""
        import json

        data = QGuiApplication.clipboard().mimeData()
        if data is None or not data.hasFormat(CLIPBOARD_FORMAT) or self._scene.document is None:
            return False
        try:
            drawing = from_content(json.loads(bytes(data.data(CLIPBOARD_FORMAT).data())))
        except (ValueError, InvalidDrawing):
            return False
        self._scene.paste(drawing)
        return True

    # --- taking hold

    def _under(self, spot: Spot) -> tuple[Drawing | None, Handle | None]:
        scene, point = self._scene, (spot.x, spot.y)
        selected = scene.selected
        if selected is not None and not selected.is_hidden:
            figure = scene.figure_now(selected)
            number = figure.handle_at(point, spot.reach * 2) if figure is not None else None
            if figure is not None and number is not None:
                return selected, figure.handles[number]
        return scene.hit(point, spot.reach), None

    def _press_drawing(self, spot: Spot, event: QMouseEvent) -> bool:
        drawing, handle = self._under(spot)
        if drawing is None:
            return False
        self._scene.select(drawing.id)
        is_clone = bool(event.modifiers() & _CTRL) and handle is None
        if drawing.is_locked and not is_clone:
            handle = None
        self._grip = _Grip(drawing, (spot.x, spot.y), handle, is_clone)
        return True

    def _drag(self, spot: Spot, modifiers: Qt.KeyboardModifier) -> None:
        grip, document = self._grip, self._scene.document
        if grip is None or document is None or (grip.drawing.is_locked and not grip.is_clone):
            return
        point = spot.x, spot.y
        if not grip.has_moved:
            if distance(grip.start, point) <= spot.reach:
                return
            self._begin_drag(grip)
        if grip.drawing.id not in document.in_motion:
            self._grip = None  # the drag was given up meanwhile
            return
        projection = Projection(spot.place)
        if grip.handle is None:
            hold = self._hold(is_constrained=bool(modifiers & _SHIFT))
            changed = moved_whole(grip.drawing, grip.start, point, projection, hold)
        else:
            origin = handle_origin(grip.drawing, grip.handle)
            anchor = self._anchor(spot, modifiers, grip.drawing.kind, origin)
            changed = with_handle_at(grip.drawing, grip.handle, anchor, projection)
        document.move({changed.id: changed})

    def _begin_drag(self, grip: _Grip) -> None:
        document = self._scene.document
        if document is None:
            return
        grip.has_moved = True
        if grip.is_clone:
            grip.drawing = replace(
                grip.drawing, id=new_id(), order=document.top_order(), is_locked=False
            )  # fmt: skip
        document.begin_motion([grip.drawing.id])
        if grip.is_clone:
            document.move({grip.drawing.id: grip.drawing})
            self._scene.select(grip.drawing.id)

    # --- making

    def _press_making(self, spot: Spot, event: QMouseEvent, kind: str) -> None:
        if self._making is None:
            self._making = _Making(kind)
        self._making.pressed_at = spot.x, spot.y
        self._show_draft(spot, event.modifiers())

    def _place(self, spot: Spot, modifiers: Qt.KeyboardModifier) -> None:
        making, point = self._making, (spot.x, spot.y)
        if making is None or making.pressed_at is None:
            return
        pressed_at, making.pressed_at = making.pressed_at, None
        if not making.placed and clicks_of(_kind_of(making)) > 1:
            # The first point is where the button went down: a drag makes two points at once.
            self._take_point(making, spot, modifiers, pressed_at)
            if distance(pressed_at, point) <= spot.reach:
                return
        if making.points and distance(making.points[-1], point) <= spot.reach:
            return  # a second click on the same place
        self._take_point(making, spot, modifiers, point)
        if len(making.placed) >= clicks_of(_kind_of(making)):
            self._finish(making, spot)

    def _take_point(self, making: _Making, spot: Spot, modifiers: Qt.KeyboardModifier, at: Point) -> None:
        origin = making.placed[-1] if making.placed else None
        making.placed.append(self._anchor(replace(spot, x=at[0], y=at[1]), modifiers, _kind_of(making), origin))
        making.points.append(at)

    def _finish(self, making: _Making, spot: Spot) -> None:
        scene = self._scene
        self._making = scene.draft = None
        if making.kind == RULER:
            return  # it stays on the screen until the next click
        anchors = tuple(making.placed)
        if len(anchors) == 1:
            anchors = draft_anchors(making.kind, (), anchors[0], Projection(spot.place), self._hold())
        drawing = scene.make(making.kind, anchors)
        scene.add(drawing)
        kind = making.kind
        if not scene.keeps_drawing:
            scene.set_kind(None)
            scene.select(drawing.id)
        if kind == "text":
            scene.text_wanted.emit(drawing.id)

    def _show_draft(self, spot: Spot, modifiers: Qt.KeyboardModifier) -> None:
        scene, making = self._scene, self._making
        kind = _kind_of(making) if making is not None else scene.kind
        if kind is None or (making is None and clicks_of(kind) > 1):
            return  # nothing to show before the first point
        placed = making.placed if making is not None else []
        first: list[Anchor] = []
        if making is not None and not placed and making.pressed_at is not None and clicks_of(kind) > 1:
            at = making.pressed_at
            first = [self._anchor(replace(spot, x=at[0], y=at[1]), modifiers, kind, None)]
        so_far = [*placed, *first]
        last = self._anchor(spot, modifiers, kind, so_far[-1] if so_far else None)
        anchors = draft_anchors(kind, so_far, last, Projection(spot.place), self._hold())
        if making is not None and making.kind == RULER:
            scene.ruler = new_drawing(kind, anchors)
        else:
            scene.draft = scene.make(kind, anchors)
        scene.canvas.viewport().update()

    # --- points

    def _hold(self, *, prices: tuple[float, ...] = (), is_constrained: bool = False) -> Hold:
        market = self._scene.market
        return Hold(market.tick_size, market.decimals, prices, is_constrained)

    def _anchor(
        self, spot: Spot, modifiers: Qt.KeyboardModifier, kind: str, origin: Anchor | None
    ) -> Anchor:  # fmt: skip
        """The anchor under the pointer; the magnet takes prices of the bar, Ctrl turns it round while drawing."""
        projection, prices = Projection(spot.place), ()
        if self._scene.has_magnet != bool(modifiers & _CTRL):
            bar = projection.bar_at(projection.time_at(spot.x))
            prices = self._scene.prices_at(bar) if bar is not None else ()
        hold = self._hold(prices=prices, is_constrained=bool(modifiers & _SHIFT) and origin is not None)
        return anchor_at((spot.x, spot.y), projection, hold, kind, origin)


def _kind_of(making: _Making) -> str:
    return "measure" if making.kind == RULER else making.kind
