"""The list of an overlay: headings and hits, how they are kept and how they are drawn."""

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from strategy_tester.ui import icons, theme
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.search.hits import Hit
from strategy_tester.ui.search.matching import Query

ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Section:
    """Hits under one heading; the heading is in the language in use, "" for none."""

    title: str
    hits: list[Hit]


class RowsModel(QAbstractListModel):
    """Headings and hits one after the other. Headings cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Hit | str] = []
        self.hits: list[Hit] = []

    def show(self, sections: list[Section]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = []
        for section in sections:
            if section.title and section.hits:
                self.rows.append(section.title)
            self.rows += section.hits
        self.hits = [row for row in self.rows if isinstance(row, Hit)]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title if isinstance(row, Hit) else row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row) if isinstance(row, Hit) else row
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Hit):
            return row.hint or None
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.rows[index.row()]
        if isinstance(row, str):
            return Qt.ItemFlag.ItemNeverHasChildren
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEnabled if row.is_enabled else flags

    def hit_at(self, index: Index) -> Hit | None:
        """The hit of a row; None for headings and outside."""
        row = self.rows[index.row()] if index.isValid() else None
        return row if isinstance(row, Hit) else None

    def next_hit(self, row: int, steps: int) -> int:
        """The row of the hit so many hits away; one step goes round at the ends, more stop there."""
        places = [place for place, item in enumerate(self.rows) if isinstance(item, Hit)]
        if not places:
            return -1
        at = places.index(row) if row in places else -1 if steps > 0 else len(places)
        at += steps
        return places[at % len(places) if abs(steps) == 1 else min(max(at, 0), len(places) - 1)]


def spoken(hit: Hit) -> str:
    """A hit as a screen reader says it."""
    return ", ".join(part for part in (hit.title, hit.hint, hit.keys) if part)


class RowDelegate(QStyledItemDelegate):
    """A hit: icon, title with the typed letters marked, hint, keys, star. A heading: small and muted."""

    def __init__(self, memory: Remembered | None, parent: QObject) -> None:
        super().__init__(parent)
        self.query = Query("")
        self.memory = memory

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.step(40), row_height(is_heading=isinstance(index.data(ROW_ROLE), str)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        area = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, str):
            self._paint_heading(painter, area, row)
        else:
            is_current = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
            self._paint_hit(painter, area, row, is_current=is_current)
        painter.restore()

    def _paint_heading(self, painter: QPainter, area: QRect, title: str) -> None:
        painter.setFont(theme.figures_font(0.9, bold=True))
        painter.setPen(theme.current_theme().color("muted"))
        area.adjust(theme.step(3), theme.step(1), -theme.step(3), 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), title)

    def _paint_hit(self, painter: QPainter, area: QRect, hit: Hit, *, is_current: bool) -> None:
        colors = theme.current_theme()
        if is_current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("selection"))
            painter.drawRoundedRect(area.adjusted(theme.step(0.5), 0, -theme.step(0.5), 0), 4, 4)
        star = star_area(area)
        tone = "text" if hit.is_enabled else "disabled"
        muted = tone if is_current else "muted" if hit.is_enabled else "disabled"
        if hit.key and self.memory is not None:
            is_starred = self.memory.is_favorite(hit.key)
            if is_starred or is_current:
                name, color = ("star", "warn") if is_starred else ("star_outline", muted)
                icons.icon(name, color).paint(painter, star)
        size = theme.step(4.5)
        picture = QRect(area.left() + theme.step(3), area.center().y() - size // 2, size, size)
        if hit.icon:
            icons.icon(hit.icon, tone).paint(painter, picture)
        area.setLeft(picture.right() + theme.step(3))
        area.setRight(star.left() - theme.step(2) if self.memory is not None else area.right() - theme.step(3))
        area.setRight(area.right() - self._paint_keys(painter, area, hit.keys, muted))
        used = self._paint_title(painter, area, hit.title, tone)
        painter.setPen(colors.color(muted))
        rest = area.adjusted(used + theme.step(3), 0, 0, 0)
        hint = painter.fontMetrics().elidedText(hit.hint, Qt.TextElideMode.ElideRight, max(rest.width(), 0))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), hint)

    def _paint_title(self, painter: QPainter, area: QRect, title: str, tone: str) -> int:
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, area.width())
        layout = QTextLayout(shown, painter.font())
        layout.setFormats([_marked(place) for place in self.query.places(shown)])
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        painter.setPen(theme.current_theme().color(tone))
        top = area.center().y() - line.height() / 2 + 0.5
        layout.draw(painter, QPointF(area.left(), top))
        return round(line.naturalTextWidth())

    def _paint_keys(self, painter: QPainter, area: QRect, keys: str, tone: str) -> int:
        """Draw the shortcut as a key cap at the right; how much of the width it took."""
        if not keys:
            return 0
        colors = theme.current_theme()
        painter.save()
        painter.setFont(theme.figures_font(0.9))
        width = painter.fontMetrics().horizontalAdvance(keys) + theme.step(3)
        height = painter.fontMetrics().height() + theme.step(0.5)
        cap = QRect(area.right() - width, area.center().y() - height // 2, width, height)
        painter.setPen(colors.color("field_border"))
        painter.setBrush(colors.color("panel"))
        painter.drawRoundedRect(cap, 3, 3)
        painter.setPen(colors.color("text" if tone == "text" else tone))
        painter.drawText(cap, int(Qt.AlignmentFlag.AlignCenter), keys)
        painter.restore()
        return width + theme.step(3)


def row_height(*, is_heading: bool) -> int:
    """Height of a row in device independent pixels."""
    return theme.step(7 if is_heading else 8)


def star_area(row: QRect) -> QRect:
    """Where the star of a row is."""
    size = theme.step(4.5)
    return QRect(row.right() - size - theme.step(2.5), row.center().y() - size // 2, size, size)


def _marked(place: int) -> QTextLayout.FormatRange:
    look = QTextCharFormat()
    look.setForeground(theme.current_theme().color("mark_text"))
    look.setFontWeight(QFont.Weight.DemiBold)
    span = QTextLayout.FormatRange()
    span.start, span.length, span.format = place, 1, look  # type: ignore[misc]
    return span
