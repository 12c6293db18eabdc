"""How cells of the symbol list are painted: quickly, because dozens of them change every second.

The usual delegate asks the model for ten roles and lays out styled text for every cell; here everything is read from
the row at once.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from strategy_tester.ui import theme
from strategy_tester.ui.panels.markets.model import MarketsModel
from strategy_tester.ui.panels.markets.rows import CHANGE, FUNDING, LAST, RANGE, STAR, SYMBOL, MarketRow
from strategy_tester.ui.tables.records_model import Index

FLASH_S = 0.6
"""How long a changed price stays tinted, fading."""
_FLASH_SHARE = 0.22
_SELECTED = QStyle.StateFlag.State_Selected
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTER = int(Qt.AlignmentFlag.AlignCenter)
_TOKENS = ("text", "muted", "disabled", "line", "selection", "hover_row", "up_text", "down_text", "warn_text", "accent")


class MarketPainter(QStyledItemDelegate):
    """Paints the cells of a MarketsModel.

    Args:
        model: The rows.
        clock: Seconds, as the model's.
        hovered: The row under the pointer, -1 for none.
        parent: Qt's parent.
    """

    def __init__(
        self, model: MarketsModel, clock: Callable[[], float], hovered: Callable[[], int], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._model, self._clock, self._hovered = model, clock, hovered
        self._colors: dict[str, QColor] = {}
        self._pad = 0
        theme.theme_changed.connect(self._take_theme)
        self._take_theme()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: MarketRow = self._model.record(index.row())
        column, rect, colors = index.column(), option.rect, self._colors
        if option.state & _SELECTED:
            painter.fillRect(rect, colors["selection"])
        elif index.row() == self._hovered():
            painter.fillRect(rect, colors["hover_row"])
        if column == STAR:
            painter.setPen(colors["warn_text" if row.is_favorite else "disabled"])
            painter.drawText(rect, _CENTER, "★" if row.is_favorite else "☆")
        elif column == RANGE:
            self._paint_range(painter, rect, row)
        else:
            if column == LAST and row.flash:
                self._paint_flash(painter, rect, row)
            painter.setPen(colors[self._token(row, column)])
            painter.drawText(
                rect.adjusted(self._pad, 0, -self._pad, 0), _LEFT if column == SYMBOL else _RIGHT, row.text(column)
            )

    def _take_theme(self) -> None:
        current = theme.current_theme()
        self._colors = {token: current.color(token) for token in _TOKENS}
        self._pad = theme.step(2)

    def _token(self, row: MarketRow, column: int) -> str:
        if row.is_old and column != SYMBOL:
            return "disabled"
        if column in {CHANGE, FUNDING}:
            value = row.change if column == CHANGE else row.funding
            if value:
                return "up_text" if value > 0 else "down_text"
            return "muted"
        return "text"

    def _paint_flash(self, painter: QPainter, rect: QRect, row: MarketRow) -> None:
        left = 1.0 - (self._clock() - row.flash) / FLASH_S
        if left <= 0.0:
            return
        color = QColor(self._colors["up_text" if row.is_rise else "down_text"])
        color.setAlphaF(_FLASH_SHARE * min(left, 1.0))
        painter.fillRect(rect.adjusted(0, 1, 0, -1), color)

    def _paint_range(self, painter: QPainter, rect: QRect, row: MarketRow) -> None:
        """A bar from the low to the high of the day, with a mark where the price stands."""
        place = row.range_place
        if place is None:
            return
        colors, pad = self._colors, self._pad
        width = rect.width() - 2 * pad
        if width < pad:
            return
        thick = max(2.0, pad / 3.0)
        middle = rect.center().y() + 0.5
        bar = QRectF(rect.left() + pad, middle - thick / 2.0, width, thick)
        painter.fillRect(bar, colors["line"])
        bar.setWidth(width * place)
        painter.fillRect(bar, colors["disabled" if row.is_old else "accent"])
        mark = QRectF(bar.right() - thick / 2.0, middle - 2.0 * thick, thick, 4.0 * thick)
        painter.fillRect(mark, colors["disabled" if row.is_old else "text"])
