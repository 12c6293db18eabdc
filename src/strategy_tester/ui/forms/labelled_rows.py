"""Rows of a label and a field: side by side, or the label above the field where there is no room for both."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from strategy_tester.ui import theme


@dataclass(frozen=True)
class _Row:
    label: QLabel
    field: QWidget
    error: QLabel | None


class LabelledRows(QWidget):
    """Base of forms: a panel that is made narrow, or text that is made large, cuts no field.

    Args:
        shares: How the width is shared between labels and fields.
        parent: Qt's parent.
    """

    def __init__(self, shares: tuple[int, int] = (2, 3), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self.is_narrow = False
        """Whether labels stand above their fields now."""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.step(2))
        self._grid.setVerticalSpacing(theme.step(1))
        for column, share in enumerate(shares):
            self._grid.setColumnStretch(column, share)

    def add_row(self, label: QLabel, field: QWidget, error: QLabel | None = None) -> None:
        """Add a row below the others; `error` stands under the field."""
        self._rows.append(_Row(label, field, error))
        self._place(len(self._rows) - 1)

    def clear_rows(self) -> None:
        """Take every row away; their widgets are deleted."""
        for row in self._rows:
            for widget in (row.label, row.field, row.error):
                if widget is not None:
                    self._grid.removeWidget(widget)
                    widget.hide()
                    widget.deleteLater()
        self._rows.clear()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the widest field: labels can go above."""
        return QSize(self._widest_field(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _widest_field(self) -> int:
        return max((row.field.minimumSizeHint().width() for row in self._rows if not row.field.isHidden()), default=0)

    def _width_side_by_side(self) -> int:
        words = [
            row.label.fontMetrics().horizontalAdvance(word)
            for row in self._rows
            if not row.label.isHidden()
            for word in row.label.text().split()
        ]
        return max(words, default=0) + self._grid.horizontalSpacing() + self._widest_field()

    def _fit(self) -> None:
        is_narrow = self.width() < self._width_side_by_side()
        if is_narrow != self.is_narrow:
            self.is_narrow = is_narrow
            for number in range(len(self._rows)):
                self._place(number)

    def _place(self, number: int) -> None:
        row, top = self._rows[number], 3 * number
        # A widget that is added again leaves its old place.
        if self.is_narrow:
            self._grid.addWidget(row.label, top, 0, 1, 2)
            self._grid.addWidget(row.field, top + 1, 0, 1, 2)
        else:
            self._grid.addWidget(row.label, top, 0)
            self._grid.addWidget(row.field, top, 1)
        if row.error is not None:
            self._grid.addWidget(row.error, top + 2, 0, 1, 2)
