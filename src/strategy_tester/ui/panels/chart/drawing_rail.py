"""The column of drawing tools at the left of a chart."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QFrame, QMenu, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from strategy_tester.domain.drawings import KINDS
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import ActionRegistry
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.charts.drawing.tool_icons import tool_icon
from strategy_tester.ui.i18n import tr

GROUPS: tuple[tuple[str, ...], ...] = (
    ("trend_line", "ray", "extended_line", "arrow"),
    ("horizontal_line", "vertical_line", "cross_line"),
    ("channel", "rectangle"),
    ("fib_retracement", "fib_extension"),
    ("long_position", "short_position"),
    ("text",),
    ("measure",),
)
"""Tools that share a button, from top to bottom."""


class DrawingRail(QWidget):
    """Buttons for the tools and switches of one chart.

    Args:
        scene: The chart's drawings.
        actions: The program's actions; tooltips show their keys.
        show_list: Opens the list of drawings beside a widget.
        hide_all: Hides or shows every drawing.
    """

    def __init__(
        self,
        scene: DrawingScene,
        actions: ActionRegistry,
        show_list: Callable[[QWidget], object],
        hide_all: Callable[[], object],
    ) -> None:
        super().__init__()
        self._scene, self._actions = scene, actions
        self.setObjectName("drawing-rail")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.step(0.5), theme.step(0.5), theme.step(0.5), theme.step(0.5))
        column.setSpacing(theme.step(0.25))
        self.cursor_button = self._button("cursor-default-outline", lambda: scene.set_kind(None), is_switch=True)
        self.tools = [ToolButton(group, scene) for group in GROUPS]
        self.magnet = self._button("magnet", lambda: scene.set_magnet(not scene.has_magnet), is_switch=True)
        self.keep = self._button(
            "pencil-lock-outline", lambda: scene.set_keeps_drawing(not scene.keeps_drawing), is_switch=True
        )
        self.hide_button = self._button("eye-outline", hide_all, is_switch=True)
        self.list_button = self._button("format-list-bulleted", lambda: show_list(self.list_button))
        switches = (self.magnet, self.keep, self.hide_button, self.list_button)
        for widget in (self.cursor_button, *self.tools, _line(), *switches):
            column.addWidget(widget)
        column.addStretch(1)
        scene.tool_changed.connect(self.show_state)
        scene.selection_changed.connect(self.show_state)
        actions.shortcuts_changed.connect(self._write_texts)
        i18n.retranslate_now_and_later(self._write_texts)
        self.show_state()

    def _button(self, icon: str, on_click: Callable[[], object], *, is_switch: bool = False) -> QToolButton:
        button = QToolButton()
        button.setIcon(icons.icon(icon))
        button.setAutoRaise(True)
        button.setCheckable(is_switch)
        button.setIconSize(QSize(theme.step(5), theme.step(5)))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        def click() -> None:
            on_click()
            self.show_state()

        button.clicked.connect(lambda _on=False: click())
        return button

    def show_state(self) -> None:
        """Show the tool in hand and the switches."""
        scene = self._scene
        self.cursor_button.setChecked(scene.kind is None)
        for tool in self.tools:
            tool.show_kind(scene.kind)
        self.magnet.setChecked(scene.has_magnet)
        self.keep.setChecked(scene.keeps_drawing)
        drawings = scene.document.drawings if scene.document is not None else []
        are_hidden = bool(drawings) and all(drawing.is_hidden for drawing in drawings)
        self.hide_button.setChecked(are_hidden)
        self.hide_button.setIcon(icons.icon("eye-off-outline" if are_hidden else "eye-outline"))

    def _write_texts(self) -> None:
        self._tell(self.cursor_button, tr("Select and move drawings"), "draw.cursor")
        self._tell(self.magnet, tr("Magnet: points snap to open, high, low and close"), "draw.magnet")
        self._tell(self.keep, tr("Keep drawing with the same tool"), "draw.keep")
        self._tell(self.hide_button, tr("Hide all drawings"), "draw.hide_all")
        self._tell(self.list_button, tr("List of drawings"), "draw.list")
        for tool in self.tools:
            tool.write_texts(self._actions)

    def _tell(self, button: QToolButton, text: str, action_id: str) -> None:
        keys = self._actions.shortcut_text(action_id) if action_id in self._actions else ""
        button.setToolTip(f"{text}  {keys}" if keys else text)
        button.setAccessibleName(text)


class RailArea(QScrollArea):
    """The rail in a chart that may be lower than it: the wheel moves it then.

    Args:
        rail: The rail.
    """

    def __init__(self, rail: DrawingRail) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setWidget(rail)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:
        """As wide as the rail."""
        widget = self.widget()
        return QSize(widget.sizeHint().width() if widget is not None else 0, 0)

    def minimumSizeHint(self) -> QSize:
        """As wide as the rail, and as low as the chart likes."""
        return self.sizeHint()


class ToolButton(QToolButton):
    """A button for a group of tools: a click takes the one shown, holding or the right button shows the others."""

    def __init__(self, kinds: tuple[str, ...], scene: DrawingScene) -> None:
        super().__init__()
        self.kinds, self.kind = kinds, kinds[0]
        self._scene = scene
        self.setAutoRaise(True)
        self.setCheckable(True)
        self.setIconSize(QSize(theme.step(5), theme.step(5)))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(lambda _on=False: self._clicked())
        self._entries: dict[str, QAction] = {}
        if len(kinds) > 1:
            menu = QMenu(self)
            for kind in kinds:
                entry = menu.addAction(tool_icon(kind), "")
                entry.triggered.connect(lambda _on=False, kind=kind: scene.set_kind(kind))
                self._entries[kind] = entry
            self.setMenu(menu)
            self.setPopupMode(QToolButton.ToolButtonPopupMode.DelayedPopup)
        self.show_kind(None)

    def _clicked(self) -> None:
        self._scene.set_kind(None if self._scene.kind == self.kind else self.kind)

    def show_kind(self, kind: str | None) -> None:
        """The tool in hand is this one: if it is of this group the button shows it."""
        if kind in self.kinds and kind is not None:
            self.kind = kind
        self.setChecked(kind == self.kind)
        self.setIcon(tool_icon(self.kind))

    def write_texts(self, actions: ActionRegistry) -> None:
        """Tooltip and menu in the language in use."""
        lines = []
        for kind in self.kinds:
            title, action_id = tr(KINDS[kind].title), f"draw.{kind}"
            keys = actions.shortcut_text(action_id) if action_id in actions else ""
            lines.append(f"{title}  {keys}" if keys else title)
            if kind in self._entries:
                self._entries[kind].setText(f"{title}\t{keys}" if keys else title)
        if len(self.kinds) > 1:
            lines.append(tr("Hold or right-click for the others"))
        self.setToolTip("\n".join(lines))
        self.setAccessibleName(tr(KINDS[self.kind].title))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.menu() is not None:
            self.menu().popup(self.mapToGlobal(QPoint(self.width(), 0)))
            event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if len(self.kinds) > 1:
            # A small corner says that there is more behind the button.
            painter, side = QPainter(self), theme.step(1)
            right, bottom = self.width() - theme.step(0.5), self.height() - theme.step(0.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.current_theme().color("muted"))
            painter.drawPolygon(
                QPolygonF([QPointF(right, bottom), QPointF(right - side, bottom), QPointF(right, bottom - side)])
            )
            painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.setIconSize(QSize(theme.step(5), theme.step(5)))


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "separator")
    line.setFixedHeight(1)
    return line
