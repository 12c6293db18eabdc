"""What one chart knows of drawing: its document, what is selected, which tool is in hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.drawings import KINDS, Anchor, Drawing, DrawingStyle, PositionTerms, new_drawing, new_id
from strategy_tester.ui.charts.canvas import ChartCanvas
from strategy_tester.ui.charts.drawing.document import Changes, DrawingDocument
from strategy_tester.ui.charts.drawing.figures import Figure, Ground, Market
from strategy_tester.ui.charts.drawing.geometry import Point
from strategy_tester.ui.charts.drawing.kinds import figure_of
from strategy_tester.ui.charts.drawing.projection import Projection
from strategy_tester.ui.charts.drawing.words import Fonts
from strategy_tester.ui.charts.renderer import Frame
from strategy_tester.ui.i18n import mark

PRICE_PANE = "price"
ENDLESS = frozenset({"ray", "extended_line", "horizontal_line", "vertical_line", "cross_line", "fib_retracement",
                     "fib_extension", "text"})  # fmt: skip
"""Kinds that may be in sight while their anchors are not."""
OFFSET_PIXELS = 24.0
"""How far a pasted copy lies from where its original was."""

Looks = tuple[DrawingStyle, PositionTerms | None]


class DrawingScene(QObject):
    """The drawings on one chart's price pane.

    Args:
        canvas: The chart's canvas.
        parent: Qt's parent.
    """

    selection_changed = Signal()
    """Another drawing, or none, is selected, or the selected one looks different."""
    tool_changed = Signal()
    """Another tool is in hand, or a switch of it was flipped."""
    text_wanted = Signal(str)
    """The text of this drawing should be typed."""
    hint = Signal(str)
    """A sentence for the user."""

    def __init__(self, canvas: ChartCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.document: DrawingDocument | None = None
        self.market = Market()
        self.kind: str | None = None
        self.keeps_drawing = False
        self.has_magnet = False
        self.draft: Drawing | None = None
        """What is being made."""
        self.ruler: Drawing | None = None
        """A measure that nobody keeps."""
        self.hovered_id: str | None = None
        self.looks_of: Callable[[str], Looks] = lambda kind: (KINDS[kind].style, KINDS[kind].terms)
        """How a new drawing of a kind looks."""
        self.prices_at: Callable[[int], tuple[float, ...]] = lambda _bar: ()
        """Prices of a bar that the magnet may take."""
        self._selected_id: str | None = None
        self._fonts = Fonts()
        self._figures: tuple[Frame, list[tuple[Drawing, Figure]]] | None = None

    # --- document and selection

    def set_document(self, document: DrawingDocument | None) -> None:
        """Show the drawings of a symbol."""
        if document is self.document:
            return
        if self.document is not None:
            self.document.put_back()
            self.document.changed.disconnect(self._document_changed)
            self.document.moved.disconnect(self._document_moved)
        self.document, self.draft, self.ruler, self._selected_id = document, None, None, None
        if document is not None:
            document.changed.connect(self._document_changed)
            document.moved.connect(self._document_moved)
        self.refresh()
        self.selection_changed.emit()

    def _document_changed(self) -> None:
        if self._selected_id is not None and (self.selected is None or self.selected.is_hidden):
            self._selected_id = None
        self.refresh()
        self.selection_changed.emit()

    def _document_moved(self) -> None:
        self.canvas.viewport().update()

    def refresh(self) -> None:
        """Everything is to be drawn anew."""
        self._figures = None
        self.canvas.refresh()

    @property
    def selected(self) -> Drawing | None:
        """The selected drawing."""
        return self.document.get(self._selected_id) if self.document is not None else None

    def select(self, drawing_id: str | None) -> None:
        """Select a drawing, or none."""
        if drawing_id != self._selected_id:
            self._selected_id = drawing_id
            self.refresh()
            self.selection_changed.emit()

    def set_kind(self, kind: str | None) -> None:
        """Take a tool into the hand, or put it away."""
        if kind is not None:
            self.canvas.setFocus()  # Esc puts the tool away again
        self.follow_kind(kind)

    def follow_kind(self, kind: str | None) -> None:
        """The same without asking for the keyboard: another chart has it."""
        self.kind, self.draft = kind, None
        if kind is not None:
            self.ruler = None
            self.select(None)
        self.canvas.viewport().update()
        self.tool_changed.emit()

    def set_magnet(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Let points snap to the bar's prices."""
        self.has_magnet = wanted
        self.tool_changed.emit()

    def set_keeps_drawing(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Keep the tool in hand after a drawing is finished."""
        self.keeps_drawing = wanted
        self.tool_changed.emit()

    # --- figures

    def ground_of(self, frame: Frame) -> Ground | None:
        """What figures of a frame are made on; None without the price pane."""
        place = next((place for pane, place in frame.panes if pane.key == PRICE_PANE), None)
        if place is None:
            return None
        return Ground(Projection(place), self.market, self._fonts.measure(frame.lettering))

    def fonts(self) -> Fonts:
        """The fonts that words are painted with."""
        return self._fonts

    def figures_of(self, frame: Frame) -> list[tuple[Drawing, Figure]]:
        """The drawings that may be seen in a frame, with their figures, from bottom to top; kept for the screen."""
        if self._figures is not None and self._figures[0] is frame:
            return self._figures[1]
        ground = self.ground_of(frame)
        found: list[tuple[Drawing, Figure]] = []
        if ground is not None and self.document is not None:
            found = [
                (drawing, figure_of(drawing, ground))
                for drawing in self.document.drawings
                if not drawing.is_hidden and (drawing.kind in ENDLESS or ground.projection.may_show(drawing))
            ]
        if frame is self.canvas.renderer.frame:
            self._figures = frame, found
        return found

    def apart(self) -> frozenset[str]:
        """Ids that are drawn with every move of the pointer rather than with the candles."""
        moving = self.document.in_motion if self.document is not None else frozenset[str]()
        return moving | {self._selected_id} if self._selected_id is not None else moving

    def hit(self, point: Point, reach: float) -> Drawing | None:
        """The topmost drawing at a place; the selected one before all others."""
        frame = self.canvas.renderer.frame
        if frame is None:
            return None
        ratio = frame.lettering.ratio
        hits = [drawing for drawing, figure in self.figures_of(frame) if figure.is_hit(point, reach, ratio)]
        chosen = [drawing for drawing in hits if drawing.id == self._selected_id]
        return (chosen or hits[-1:] or [None])[0]

    def figure_now(self, drawing: Drawing) -> Figure | None:
        """The figure of a drawing in the frame on the screen, with everything it can tell."""
        frame = self.canvas.renderer.frame
        ground = self.ground_of(frame) if frame is not None else None
        return figure_of(drawing, ground, is_active=True) if ground is not None else None

    # --- commands

    def add(self, drawing: Drawing) -> None:
        """A drawing is finished: keep it, select it."""
        if self.document is None:
            return
        self.document.edit(mark("Draw"), {drawing.id: replace(drawing, order=self.document.top_order())})
        self.select(drawing.id)

    def make(self, kind: str, anchors: tuple[Anchor, ...], **rest: Any) -> Drawing:
        """A new drawing in the looks last used for its kind."""
        style, terms = self.looks_of(kind)
        return new_drawing(kind, anchors, **{"style": style, "terms": terms, **rest})

    def change_selected(self, title: str, merge_key: str = "", **fields: Any) -> None:
        """Change fields of the selected drawing."""
        drawing = self.selected
        if drawing is not None and self.document is not None:
            self.document.edit(title, {drawing.id: replace(drawing, **fields)}, merge_key)

    def delete_selected(self) -> bool:
        """Remove the selected drawing, unless it is locked; False when none is selected."""
        drawing = self.selected
        if drawing is None or self.document is None:
            return False
        if drawing.is_locked:
            self.hint.emit(mark("This drawing is locked. Unlock it first."))
        else:
            self.document.edit(mark("Delete drawing"), {drawing.id: None})
        return True

    def clone_selected(self) -> None:
        """Put a copy beside the selected drawing."""
        if self.selected is not None:
            self.paste(self.selected)

    def paste(self, drawing: Drawing) -> None:
        """Put a copy of a drawing a little aside of where it was."""
        frame = self.canvas.renderer.frame
        ground = self.ground_of(frame) if frame is not None else None
        if ground is None or self.document is None:
            return
        projection, away = ground.projection, OFFSET_PIXELS * ground.projection.ratio
        slots = max(1, projection.slot_at(away) - projection.slot_at(0.0))
        anchors = tuple(
            Anchor(
                projection.time_moved(anchor.time_ms, slots),
                self.rounded(projection.price_at(projection.y_of(anchor.price) + away)),
            )
            for anchor in drawing.anchors
        )
        copy = replace(
            drawing, id=new_id(), anchors=anchors, order=self.document.top_order(), is_locked=False, is_hidden=False
        )
        self.document.edit(mark("Paste drawing"), {copy.id: copy})
        self.select(copy.id)

    def rounded(self, price: float) -> float:
        """A price on the market's grid."""
        from strategy_tester.ui.charts.drawing.readings import on_grid

        tick = self.market.tick_size
        return on_grid(price, tick) if tick > 0 else round(price, self.market.decimals)

    def change_all(self, title: str, change: Callable[[Drawing], Drawing | None]) -> None:
        """Change every drawing of the symbol in one step."""
        if self.document is not None:
            changes: Changes = {drawing.id: change(drawing) for drawing in self.document.drawings}
            self.document.edit(title, changes)
