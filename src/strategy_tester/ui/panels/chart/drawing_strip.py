"""The strip above a chart that shows and changes how the selected drawing looks."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QColorDialog, QFrame, QGridLayout, QHBoxLayout, QMenu, QToolButton, QWidget, QWidgetAction

from strategy_tester.domain.drawings import COLORS, LINES, TEXT_SIZES, WIDEST, Drawing
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.charts.drawing.painter import DASHES, color_named
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.charts.palette import chart_colors
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.drawing_values import LevelsForm, TermsForm
from strategy_tester.ui.panels.parts import IconButton

COLOR_TITLES = {
    "blue": mark("Blue"), "orange": mark("Orange"), "purple": mark("Purple"), "cyan": mark("Cyan"),
    "pink": mark("Pink"), "green": mark("Green"), "yellow": mark("Yellow"), "indigo": mark("Indigo"),
    "up": mark("Rising"), "down": mark("Falling"), "text": mark("Text color"), "muted": mark("Grey"),
}  # fmt: skip
LINE_TITLES = {"solid": mark("Solid"), "dashed": mark("Dashed"), "dotted": mark("Dotted")}
FILLED_KINDS = frozenset({"channel", "rectangle", "fib_retracement", "fib_extension"})
LINED_KINDS = frozenset({"trend_line", "ray", "extended_line", "arrow", "horizontal_line", "vertical_line",
                         "cross_line", "channel", "rectangle", "fib_retracement", "fib_extension"})  # fmt: skip


class DrawingStrip(QFrame):
    """Color, width, line, fill, text, numbers, clone, lock, hide, delete of the selected drawing.

    Args:
        scene: The chart's drawings.
        remember: Called with a drawing whose looks new ones of its kind should have.
        parent: The chart.
    """

    def __init__(self, scene: DrawingScene, remember: Callable[[Drawing], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._scene, self._remember = scene, remember
        self.setObjectName("drawing-strip")
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.step(1), theme.step(0.5), theme.step(1), theme.step(0.5))
        row.setSpacing(theme.step(0.5))
        self.color = _menu_button(self._fill_colors)
        self.width_button, self.line = _menu_button(self._fill_widths), _menu_button(self._fill_lines)
        self.fill = IconButton("format-color-fill", mark("Fill the inside"), self._toggle_fill)
        self.fill.setCheckable(True)
        self.text = IconButton("format-title", mark("Text of the drawing"), self._want_text)
        self.size_button = _menu_button(self._fill_sizes)
        self.values = IconButton("settings", mark("Numbers of the drawing"), self._show_values)
        self.clone = IconButton("duplicate", mark("Clone drawing"), scene.clone_selected)
        self.lock = IconButton("lock-open-variant-outline", mark("Lock drawing"), self._toggle_lock)
        self.lock.setCheckable(True)
        self.hide_button = IconButton("eye-off-outline", mark("Hide drawing"), self._hide_drawing)
        self.delete = IconButton("delete", mark("Delete drawing"), scene.delete_selected)
        self._form: QWidget | None = None
        for widget in (self.color, self.width_button, self.line, self.fill, self.text, self.size_button, self.values,
                       self.clone, self.lock, self.hide_button, self.delete):  # fmt: skip
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(widget)
        scene.selection_changed.connect(self.show_drawing)
        theme.theme_changed.connect(self._theme_changed)
        i18n.retranslate_now_and_later(self._write_texts)
        self.show_drawing()

    def _theme_changed(self, _theme: object) -> None:
        self.show_drawing()

    def show_drawing(self) -> None:
        """Show the selected drawing's looks; the strip hides while none is selected."""
        drawing = self._scene.selected
        self.setVisible(drawing is not None)
        if drawing is None:
            return
        style, free = drawing.style, not drawing.is_locked
        self.color.setIcon(_swatch(style.color))
        self.width_button.setIcon(_sample(style.width, "solid"))
        self.line.setIcon(_sample(2, style.line))
        self.size_button.setIcon(icons.icon("format-size"))
        has_text = bool(drawing.text.strip()) or drawing.kind == "text"
        self.color.setVisible(not drawing.kind.endswith("_position") and drawing.kind != "measure")
        self.width_button.setVisible(drawing.kind in LINED_KINDS)
        self.line.setVisible(drawing.kind in LINED_KINDS)
        self.fill.setVisible(drawing.kind in FILLED_KINDS)
        self.size_button.setVisible(has_text and drawing.kind in LINED_KINDS | {"text"})
        self.text.setVisible(not drawing.kind.startswith("fib_"))
        self.values.setVisible(bool(drawing.style.levels) or drawing.terms is not None
                               or drawing.kind.startswith("fib_"))  # fmt: skip
        self.fill.setChecked(style.is_filled)
        self.lock.setChecked(drawing.is_locked)
        self.lock.setIcon(icons.icon("lock-outline" if drawing.is_locked else "lock-open-variant-outline"))
        for widget in (self.color, self.width_button, self.line, self.fill, self.text, self.size_button, self.values,
                       self.delete):  # fmt: skip
            widget.setEnabled(free)
        self.adjustSize()
        self.place()

    def place(self) -> None:
        """Stand at the top of the price pane, in the middle."""
        canvas, parent = self._scene.canvas, self.parentWidget()
        if not canvas.model.panes or parent is None:
            return
        pane = canvas.visible_rect_of(canvas.model.panes[0])
        left = pane.left() + max(0, (pane.width() - self.width()) // 2)
        self.move(canvas.mapTo(parent, QPoint(left, pane.top() + theme.step(7))))
        self.raise_()

    # --- what the buttons do

    def _restyle(self, title: str, **fields: object) -> None:
        drawing = self._scene.selected
        if drawing is not None:
            self._scene.change_selected(title, style=replace(drawing.style, **fields))  # type: ignore[arg-type]
            self._remember_now()

    def _remember_now(self) -> None:
        if self._scene.selected is not None:
            self._remember(self._scene.selected)

    def _toggle_fill(self) -> None:
        drawing = self._scene.selected
        if drawing is not None:
            self._restyle(mark("Fill drawing"), is_filled=not drawing.style.is_filled)

    def _toggle_lock(self) -> None:
        drawing = self._scene.selected
        if drawing is not None:
            title = mark("Unlock drawing") if drawing.is_locked else mark("Lock drawing")
            self._scene.change_selected(title, is_locked=not drawing.is_locked)

    def _hide_drawing(self) -> None:
        self._scene.change_selected(mark("Hide drawing"), is_hidden=True)

    def _want_text(self) -> None:
        if self._scene.selected is not None:
            self._scene.text_wanted.emit(self._scene.selected.id)

    def _show_values(self) -> None:
        drawing = self._scene.selected
        if drawing is None:
            return
        if drawing.terms is not None:
            self._form = TermsForm(self._scene, self._remember_now, self)
        else:
            self._form = LevelsForm(self._scene, self._remember_now, self)
        self._form.move(self.values.mapToGlobal(QPoint(0, self.values.height() + theme.step(0.5))))
        self._form.show()

    # --- menus

    def _fill_colors(self, menu: QMenu) -> None:
        grid_widget = QWidget()
        grid = QGridLayout(grid_widget)
        grid.setContentsMargins(theme.step(1), theme.step(1), theme.step(1), theme.step(1))
        grid.setSpacing(theme.step(0.5))
        for number, name in enumerate(COLORS):
            button = QToolButton()
            button.setIcon(_swatch(name))
            button.setAutoRaise(True)
            button.setToolTip(tr(COLOR_TITLES[name]))
            button.setAccessibleName(tr(COLOR_TITLES[name]))
            button.clicked.connect(lambda _on=False, name=name: (menu.close(), self._take_color(name)))
            grid.addWidget(button, number // 4, number % 4)
        action = QWidgetAction(menu)
        action.setDefaultWidget(grid_widget)
        menu.addAction(action)
        menu.addAction(tr("Other color…")).triggered.connect(self._choose_color)

    def _take_color(self, name: str) -> None:
        self._restyle(mark("Color drawing"), color=name)

    def _choose_color(self) -> None:
        drawing = self._scene.selected
        if drawing is None:
            return
        dialog = QColorDialog(color_named(chart_colors(theme.current_theme()), drawing.style.color), self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self._take_color(QColor(color).name()))
        dialog.open()

    def _fill_widths(self, menu: QMenu) -> None:
        for width in range(1, WIDEST + 1):
            entry = menu.addAction(_sample(width, "solid"), tr("{width} px", width=width))
            entry.triggered.connect(lambda _on=False, width=width: self._restyle(mark("Width of lines"), width=width))

    def _fill_lines(self, menu: QMenu) -> None:
        for name in LINES:
            entry = menu.addAction(_sample(2, name), tr(LINE_TITLES[name]))
            entry.triggered.connect(lambda _on=False, name=name: self._restyle(mark("Style of lines"), line=name))

    def _fill_sizes(self, menu: QMenu) -> None:
        for size in TEXT_SIZES:
            entry = menu.addAction(f"{round(size * 100)} %")
            entry.triggered.connect(lambda _on=False, size=size: self._restyle(mark("Size of text"), text_size=size))

    def _write_texts(self) -> None:
        for button, text in (
            (self.color, tr("Color")),
            (self.width_button, tr("Width of lines")),
            (self.line, tr("Style of lines")),
            (self.size_button, tr("Size of text")),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)


def _menu_button(fill: Callable[[QMenu], object]) -> QToolButton:
    """A button whose menu is made when it opens: its samples follow theme and language."""
    button = QToolButton()
    button.setAutoRaise(True)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)

    def prepare() -> None:
        menu.clear()
        fill(menu)

    menu.aboutToShow.connect(prepare)
    button.setMenu(menu)
    return button


def _picture(ratio: float) -> QPixmap:
    side = theme.step(4)
    picture = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def _swatch(name: str) -> QIcon:
    picture = _picture(2.0)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.current_theme().color("field_border"))
    painter.setBrush(color_named(chart_colors(theme.current_theme()), name))
    side = theme.step(4)
    painter.drawRoundedRect(1, 1, side - 2, side - 2, 3, 3)
    painter.end()
    return QIcon(picture)


def _sample(width: int, line: str) -> QIcon:
    """A short line as it would be drawn."""
    picture = _picture(2.0)
    painter = QPainter(picture)
    pen = painter.pen()
    pen.setColor(theme.current_theme().color("text"))
    pen.setWidth(width)
    if DASHES[line]:
        pen.setDashPattern([max(1.0, dash / width) for dash in DASHES[line]])
    painter.setPen(pen)
    side = theme.step(4)
    painter.drawLine(0, side // 2, side, side // 2)
    painter.end()
    return QIcon(picture)
