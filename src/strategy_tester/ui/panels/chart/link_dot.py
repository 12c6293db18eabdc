"""The button that shows a chart's link: a dot of the group's color with its letter, a ring while there is none."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QMenu, QToolButton

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.linking import COLORS, MAIN, PARTS, SYMBOL, PanelLink, link_color

PART_TITLES = {
    "symbol": mark("Symbol"),
    "timeframe": mark("Timeframe"),
    "pointer": mark("Crosshair"),
    "period": mark("Visible period"),
}


class LinkDot(QToolButton):
    """Shows the link and lets it be changed.

    Args:
        link: The panel's link.
    """

    def __init__(self, link: PanelLink) -> None:
        super().__init__()
        self._link = link
        self.link_menu = QMenu(self)
        self.link_menu.aboutToShow.connect(self._fill_menu)
        self.setMenu(self.link_menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        link.changed.connect(self._write_texts)
        theme.theme_changed.connect(self.update)
        i18n.retranslate_now_and_later(self._write_texts)

    def sizeHint(self) -> QSize:
        """A square as high as the other buttons of the row."""
        height = super().sizeHint().height()
        return QSize(max(height, theme.step(6)), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dot over the ground of a button."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = float(theme.step(4.5))
        area = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        paint_dot(painter, area, self._link.color, is_filled=self._link.shares(SYMBOL))
        painter.end()

    def _fill_menu(self) -> None:
        menu, link = self.link_menu, self._link
        menu.clear()
        for color in ("", *COLORS):
            action = menu.addAction(_dot_icon(color, self.devicePixelRatioF()), color_title(color))
            action.setCheckable(True)
            action.setChecked(color == link.color)
            action.triggered.connect(lambda _on=False, color=color: link.join(color))
        menu.addSeparator()
        heading = menu.addAction(tr("Shared with the group"))
        heading.setEnabled(False)
        for part in PARTS:
            action = menu.addAction(tr(PART_TITLES[part]))
            action.setCheckable(True)
            action.setChecked(link.shares(part))
            action.setEnabled(bool(link.color))
            action.triggered.connect(lambda on=False, part=part: link.share(part, on))

    def _write_texts(self) -> None:
        title = color_title(self._link.color)
        lines = [tr("Link: {group}", group=title)]
        if self._link.color:
            lines.append(", ".join(tr(PART_TITLES[part]) for part in PARTS if self._link.shares(part)))
        self.setToolTip("\n".join(filter(None, lines)))
        self.setAccessibleName(lines[0])
        self.update()


def color_title(color: str) -> str:
    """A group's name with its letter, in the language in use."""
    if not color:
        return tr("Not linked")
    title, letter = COLORS[color]
    text = f"{letter} · {tr(title)}"
    return f"{text} · {tr('backtests use it')}" if color == MAIN else text


def paint_dot(painter: QPainter, area: QRectF, color: str, *, is_filled: bool = True) -> None:
    """A group's dot with its letter, hollow for a panel that keeps its own symbol; a gray ring for no group."""
    colors = theme.current_theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not color:
        painter.setPen(colors.color("muted"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(area.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.drawLine(area.center() - QPointF(area.width() / 6, 0), area.center() + QPointF(area.width() / 6, 0))
        return
    ground = link_color(color, colors)
    painter.setPen(Qt.PenStyle.NoPen if is_filled else QPen(QColor(ground), max(1.0, area.height() / 10)))
    painter.setBrush(QColor(ground) if is_filled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(area if is_filled else area.adjusted(1, 1, -1, -1))
    font = theme.figures_font(bold=True)
    font.setPixelSize(max(6, round(area.height() * 0.66)))
    painter.setFont(font)
    dark, light = "#000000", "#FFFFFF"
    letter = light if theme.contrast(light, ground) >= theme.contrast(dark, ground) else dark
    painter.setPen(QColor(letter if is_filled else ground))
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), COLORS[color][1])


def _dot_icon(color: str, ratio: float) -> QIcon:
    side = theme.step(4.5)
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_dot(painter, QRectF(0, 0, side, side), color)
    painter.end()
    return QIcon(picture)
