"""Drawing on a chart panel: the rail of tools, the strip of the selected drawing, the actions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QWidget

from strategy_tester.domain.drawings import KINDS, Drawing
from strategy_tester.domain.instruments import Instrument
from strategy_tester.ui.actions import Action, FixedKey
from strategy_tester.ui.charts.drawing.chart_drawing import ChartDrawing
from strategy_tester.ui.charts.drawing.figures import Market
from strategy_tester.ui.charts.drawing.scene import PRICE_PANE, DrawingScene
from strategy_tester.ui.charts.drawing.tool_icons import tool_icon
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.drawing_library import library_of
from strategy_tester.ui.panels.chart.drawing_list import (
    DrawingList,
    delete_unlocked,
    hide_or_show_all,
    lock_or_unlock_all,
)
from strategy_tester.ui.panels.chart.drawing_menu import drawing_menu
from strategy_tester.ui.panels.chart.drawing_rail import DrawingRail, RailArea
from strategy_tester.ui.panels.chart.drawing_strip import DrawingStrip
from strategy_tester.ui.panels.chart.drawing_text import TextField
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current
from strategy_tester.ui.undo import follow_focus

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

KEYS = {
    "trend_line": ("Alt+T",), "horizontal_line": ("Alt+H",), "vertical_line": ("Alt+V",), "cross_line": ("Alt+C",),
    "fib_retracement": ("Alt+F",),
}  # fmt: skip
SYNONYMS = {
    "trend_line": ("trendline", "draw"), "horizontal_line": ("support", "resistance", "level"),
    "fib_retracement": ("fibo", "fib"), "fib_extension": ("fibo", "fib", "projection"),
    "long_position": ("risk reward", "R multiple", "buy"), "short_position": ("risk reward", "R multiple", "sell"),
    "measure": ("ruler", "distance", "price range", "date range"), "channel": ("parallel",), "text": ("note", "label"),
}  # fmt: skip
FIXED_KEYS = (
    FixedKey("draw", mark("Measure without keeping it"), ("Shift+click",)),
    FixedKey("draw", mark("Clone drawing"), ("Ctrl+drag",)),
    FixedKey("draw", mark("Whole angles; level or upright moves"), ("Shift+drag",)),
    FixedKey("draw", mark("Turn the magnet round while drawing"), ("Ctrl",)),
    FixedKey("draw", mark("Copy drawing"), ("Ctrl+C",)),
    FixedKey("draw", mark("Paste drawing"), ("Ctrl+V",)),
    FixedKey("draw", mark("Delete drawing"), ("Del",)),
    FixedKey("draw", mark("Cancel drawing"), ("Esc",)),
    FixedKey("draw", mark("Type the text of a drawing"), ("Double-click",)),
)
_MAGNET_KEY, _KEEP_KEY = "drawing.magnet", "drawing.keep"
_NARROWEST, _LOWEST = 420, 220
"""Logical pixels: a narrower or lower panel has no room for the rail."""


class DrawingFeature(ChartFeature):
    """What a chart panel has for drawing. Drawings belong to the price pane; panes of indicators take none."""

    key = "drawing"

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        context = panel.context
        self.context = context
        self.library = library_of(context)
        self.drawing = ChartDrawing(panel.chart, self)
        self.scene = self.drawing.scene
        self.scene.looks_of = self.library.looks_of
        self.scene.has_magnet = bool(context.settings.get(_MAGNET_KEY, False))
        self.scene.keeps_drawing = bool(context.settings.get(_KEEP_KEY, False))
        self.wants_rail = True
        self.rail = DrawingRail(self.scene, context.actions, self._open_list, lambda: hide_or_show_all(self.scene))
        self.rail_area = RailArea(self.rail)
        panel.rail.addWidget(self.rail_area)
        self.strip = DrawingStrip(self.scene, self.library.remember_looks, panel.chart)
        self._market_of: tuple[str, str] = ("", "")
        panel.chart.candles_shown.connect(self._show_market)
        panel.candles_shown.connect(self._show_market)
        self.scene.text_wanted.connect(self._type_text)
        self.scene.hint.connect(lambda text: context.workbench.message.emit(tr(text)))
        self.scene.tool_changed.connect(self._tool_changed)
        self.library.tool_changed.connect(self._follow_tool)
        follow_focus(panel.chart.canvas, lambda: self.scene.document.stack if self.scene.document else None)
        panel.installEventFilter(self)
        panel.chart.canvas.installEventFilter(self)
        panel.chart.canvas.viewport().installEventFilter(self)
        context.actions.note_keys(*FIXED_KEYS)
        self._show_market()
        self._fit_rail()
        QTimer.singleShot(0, self, lambda: dress_actions(context))

    # --- the market

    def _show_market(self) -> None:
        candles = self.panel.chart.model.candles
        if candles is None or not len(candles):
            return
        symbol, source = candles.symbol, candles.source
        self._take_document(symbol)
        self._take_decimals(candles.decimals)
        if (symbol, source) != self._market_of:
            self._market_of = symbol, source
            store = self.context.services.candles
            self.context.jobs.start(
                tr("Reading the instrument {symbol}", symbol=symbol),
                lambda _checkpoint: store.instrument(symbol, source),
                on_done=lambda found: self._take_instrument((symbol, source), found),
                on_failed=lambda _error: None,
                is_quiet=True,
            )
            self.scene.market = Market(self.panel.chart.model.tick_size, candles.decimals)

    def _take_document(self, symbol: str) -> None:
        before = self.scene.document
        if before is not None and before.symbol == symbol:
            return
        document = self.library.document(symbol)
        if before is not None:
            before.undone.disconnect(self._show_undone)
        self.scene.set_document(document)
        document.undone.connect(self._show_undone)
        # Undo must not reach drawings that are no longer to be seen.
        if self.panel.chart.canvas.hasFocus():
            document.stack.setActive(True)
        elif before is not None and before.stack.isActive() and not self._is_shown_elsewhere(before):
            before.stack.setActive(False)

    def _is_shown_elsewhere(self, document: Any) -> bool:
        panels = self.context.charts.all()
        return any(
            panel is not self.panel and panel.feature(DrawingFeature).scene.document is document for panel in panels
        )

    def _take_decimals(self, decimals: int) -> None:
        market = self.scene.market
        if market.decimals != decimals and not market.tick_size:
            self.scene.market = Market(0.0, decimals, market.quantity_step, market.quote, market.base)

    def _take_instrument(self, market_of: tuple[str, str], found: Instrument | None) -> None:
        if market_of != self._market_of or found is None:
            return
        self.scene.market = Market(
            found.tick_size, found.price_decimals, found.quantity_step, found.quote_currency, found.base_currency
        )
        self.scene.refresh()

    # --- what others ask for

    def take_tool(self, kind: str | None) -> None:
        """Take a tool into the hand; the same one again puts it away."""
        self.scene.set_kind(None if kind == self.scene.kind else kind)

    def show_drawing(self, drawing: Drawing) -> None:
        """Select a drawing and bring it into sight."""
        self.scene.select(drawing.id)
        base, view = self.panel.chart.model.base, self.panel.chart.model.view
        if base is not None:
            first, last = base.slot_of(drawing.first_ms), base.slot_of(drawing.last_ms)
            if last < view.left or first > view.right:
                self.panel.chart.go_to_time((drawing.first_ms + drawing.last_ms) // 2)

    def _show_undone(self, drawing_ids: list[str]) -> None:
        """What undo has changed is shown by the chart in use, wherever it lies."""
        document = self.scene.document
        if document is None or self.context.charts.current is not self.panel or len(drawing_ids) != 1:
            return
        drawing = document.get(drawing_ids[0])
        if drawing is not None and not drawing.is_hidden:
            self.show_drawing(drawing)

    def open_list(self) -> DrawingList:
        """Open the list of drawings."""
        return self._open_list(self.rail if self.rail.isVisible() else self.panel.chart)

    def _open_list(self, beside: QWidget) -> DrawingList:
        popup = DrawingList(self.scene, self.show_drawing, self.panel)
        popup.open_beside(beside)
        return popup

    def toggle_rail(self) -> None:
        """Show or hide the rail of this chart."""
        self.wants_rail = not self.wants_rail
        self._fit_rail()

    # --- inside

    def _type_text(self, drawing_id: str) -> None:
        TextField(self.scene, drawing_id, self.panel.chart)

    def _tool_changed(self) -> None:
        settings, scene = self.context.settings, self.scene
        for name, value in ((_MAGNET_KEY, scene.has_magnet), (_KEEP_KEY, scene.keeps_drawing)):
            if settings.get(name, False) is not value:
                settings.set(name, value)
        self.library.tool_changed.emit(scene)

    def _follow_tool(self, other: DrawingScene) -> None:
        """One tool is in the hand, whichever chart the hand goes to."""
        scene = self.scene
        if other is scene:
            return
        if scene.has_magnet != other.has_magnet:
            scene.set_magnet(other.has_magnet)
        if scene.keeps_drawing != other.keeps_drawing:
            scene.set_keeps_drawing(other.keeps_drawing)
        if scene.kind != other.kind:
            scene.follow_kind(other.kind)

    def _open_menu(self, event: QContextMenuEvent) -> bool:
        """Open the menu of the drawing under the pointer; False where there is none."""
        canvas = self.panel.chart.canvas
        spot = canvas.spot_at(QPointF(event.pos()))
        drawing = self.scene.hit((spot.x, spot.y), spot.reach) if spot is not None else None
        if drawing is None or spot is None or spot.pane.key != PRICE_PANE:
            return False
        self.scene.select(drawing.id)
        menu = drawing_menu(self.scene, self.drawing.tool, canvas)
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())
        return True

    def _fit_rail(self) -> None:
        self._fit_rail_to(self.panel.width(), self.panel.height())

    def _fit_rail_to(self, width: int, height: int) -> None:
        self.rail_area.setVisible(self.wants_rail and width >= _NARROWEST and height >= _LOWEST)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The rail needs room; the strip stands where the chart is; a drawing has a menu."""
        if event.type() == QEvent.Type.ContextMenu and isinstance(event, QContextMenuEvent):
            return self._open_menu(event)
        if event.type() == QEvent.Type.Resize:
            if watched is self.panel:
                self._fit_rail()
            elif self.strip.isVisible():
                self.strip.place()
        return super().eventFilter(watched, event)

    def save_state(self) -> Any:
        """Whether the rail is wanted, and which tool each of its buttons shows."""
        return {"rail": self.wants_rail, "tools": [tool.kind for tool in self.rail.tools]}

    def restore_state(self, state: Any) -> None:
        """See `save_state`."""
        if not isinstance(state, dict):
            return
        self.wants_rail = state.get("rail") is not False
        kinds = state.get("tools")
        for kind in kinds if isinstance(kinds, list) else ():
            for tool in self.rail.tools:
                if kind in tool.kinds:
                    tool.kind = kind
        self.rail.show_state()
        self._fit_rail()

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """One for every tool, and what concerns all drawings."""

        def current() -> "DrawingFeature | None":
            panel = context.charts.current
            return panel.feature(cls) if panel is not None else None

        def is_on(name: str) -> bool:
            feature = current()
            return feature is not None and bool(getattr(feature.scene, name))

        def has_drawings() -> bool:
            feature = current()
            return feature is not None and feature.scene.document is not None and bool(feature.scene.document.drawings)

        tools = [
            Action(
                f"draw.{kind.key}", kind.title, on_current(context, cls, lambda one, key=kind.key: one.take_tool(key)),
                "draw", KEYS.get(kind.key, ()), synonyms=SYNONYMS.get(kind.key, ()),
            )
            for kind in KINDS.values()
        ]  # fmt: skip
        return (
            Action("draw.cursor", mark("Select and move drawings"),
                   on_current(context, cls, lambda one: one.take_tool(None)), "draw", (), "cursor-default-outline"),
            *tools,
            Action("draw.magnet", mark("Magnet: points snap to open, high, low and close"),
                   on_current(context, cls, lambda one: one.scene.set_magnet(not one.scene.has_magnet)), "draw", (),
                   "magnet", is_checked=lambda: is_on("has_magnet"), synonyms=("snap",)),
            Action("draw.keep", mark("Keep drawing with the same tool"),
                   on_current(context, cls, lambda one: one.scene.set_keeps_drawing(not one.scene.keeps_drawing)),
                   "draw", (), "pencil-lock-outline", is_checked=lambda: is_on("keeps_drawing")),
            Action("draw.list", mark("List of drawings"), on_current(context, cls, lambda one: one.open_list()), "draw",
                   (), "format-list-bulleted", is_enabled=lambda: current() is not None, synonyms=("object tree",)),
            Action("draw.hide_all", mark("Hide all drawings"),
                   on_current(context, cls, lambda one: hide_or_show_all(one.scene)), "draw", ("Ctrl+Alt+H",),
                   "eye-off-outline", is_enabled=has_drawings, synonyms=("show all drawings",)),
            Action("draw.lock_all", mark("Lock all drawings"),
                   on_current(context, cls, lambda one: lock_or_unlock_all(one.scene)), "draw", (), "lock-outline",
                   is_enabled=has_drawings),
            Action("draw.delete_all", mark("Delete all drawings"),
                   on_current(context, cls, lambda one: delete_unlocked(one.scene)), "draw", (), "delete",
                   is_enabled=has_drawings, synonyms=("remove drawings",)),
            Action("draw.rail", mark("Drawing tools at the left"),
                   on_current(context, cls, lambda one: one.toggle_rail()), "draw", (), "draw-pen",
                   is_checked=lambda: (one := current()) is not None and one.wants_rail),
        )  # fmt: skip


def dress_actions(context: "ViewContext") -> None:
    """Give the actions of the tools the icons of the rail."""
    for kind in KINDS:
        if f"draw.{kind}" in context.actions:
            context.actions.qaction(f"draw.{kind}").setIcon(tool_icon(kind))
