"""One item model for every table: rows are any objects, columns say what to read from them.

Sorting and filtering happen in the model, on a list of row numbers: a QSortFilterProxyModel asks Python for two values
per comparison, which takes seconds for 100,000 rows; sorting keys that were read once takes a tenth of one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.i18n import tr

VALUE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""The value a cell is sorted by."""
RECORD_ROLE = int(Qt.ItemDataRole.UserRole) + 2
"""The row's object."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Column:
    """What one column shows.

    Attributes:
        title: Heading, English; translated when shown.
        value: Reads the value that is sorted, filtered and copied.
        text: The value as shown; `str` when None.
        align: Numbers stand right.
        tooltip: Tooltip of a cell, or of the heading when it is a text.
        color: Theme token of a cell's text, "" for the usual one.
        key: Name under which width and visibility are remembered; the title when empty.
        is_hidden: Not shown until the user asks.
    """

    title: str
    value: Callable[[Any], Any]
    text: Callable[[Any], str] | None = None
    align: Literal["left", "right", "center"] = "left"
    tooltip: Callable[[Any], str] | str | None = None
    color: Callable[[Any], str] | None = None
    key: str = ""
    is_hidden: bool = False

    @property
    def name(self) -> str:
        """What identifies the column in saved layouts."""
        return self.key or self.title

    def shown(self, record: Any) -> str:
        """The cell's text; `text` gets the row's object, as `value` does."""
        if self.text is not None:
            return self.text(record)
        value = self.value(record)
        return "" if value is None else str(value)


_ALIGNMENTS = {
    "left": Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    "right": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
    "center": Qt.AlignmentFlag.AlignCenter,
}


class RecordsModel(QAbstractTableModel):
    """Rows of any objects under declared columns, sortable and filterable."""

    rows_changed = Signal()
    """The rows or the filter changed; `rowCount` and `total` are up to date."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Any] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._rows: Sequence[Any] = rows
        self._order: Sequence[int] = range(len(rows))
        self._sort_column, self._sort_order = -1, Qt.SortOrder.AscendingOrder
        self._needle = ""
        self._predicate: Callable[[Any], bool] | None = None
        i18n.language_changed.connect(self._show_again)
        theme.theme_changed.connect(self._show_again)

    @property
    def total(self) -> int:
        """Rows before the filter."""
        return len(self._rows)

    @property
    def rows(self) -> Sequence[Any]:
        """All records, in the order they were given."""
        return self._rows

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Show other records; sorting and filter stay."""
        self.beginResetModel()
        self._rows = rows
        self._order = self._sorted(self._matching())
        self.endResetModel()
        self.rows_changed.emit()

    def set_filter(self, needle: str) -> None:
        """Show only rows in which some cell contains all words of the text, whatever their case."""
        self._needle = needle.casefold().strip()
        self._filter_again()

    def set_predicate(self, predicate: Callable[[Any], bool] | None) -> None:
        """Show only records for which this is true, besides the text filter."""
        self._predicate = predicate
        self._filter_again()

    def record(self, row: int) -> Any:
        """The record shown in this row."""
        return self._rows[self._order[row]]

    def source_row(self, row: int) -> int:
        """Position, in the order they were given, of the record shown in this row."""
        return self._order[row]

    def row_of(self, source_row: int) -> int | None:
        """Where the record given at this position is shown now, or None while the filter hides it."""
        try:
            return self._order.index(source_row)
        except ValueError:
            return None

    def update_record(self, source_row: int) -> None:
        """Tell the views that the record at this position changed its values."""
        row = self.row_of(source_row)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, record = self.columns[index.column()], self._rows[self._order[index.row()]]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.shown(record)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _ALIGNMENTS[column.align]
            case Qt.ItemDataRole.ForegroundRole:
                token = column.color(record) if column.color else ""
                return theme.current_theme().color(token) if token else None
            case Qt.ItemDataRole.ToolTipRole:
                return column.tooltip(record) if callable(column.tooltip) else None
            case _ if role == VALUE_ROLE:
                return column.value(record)
            case _ if role == RECORD_ROLE:
                return record
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        if not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return tr(column.title)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _ALIGNMENTS[column.align]
            case Qt.ItemDataRole.ToolTipRole:
                return tr(column.tooltip) if isinstance(column.tooltip, str) else None
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column's values; what is missing or NaN comes last either way. -1: as given."""
        self._sort_column, self._sort_order = column, order
        self._reorder(self._matching())

    def as_tsv(self, rows: Sequence[int], columns: Sequence[int], *, headings: bool = True) -> str:
        """Cells as text for a spreadsheet: tab separated, plain numbers with a point."""
        lines = ["\t".join(tr(self.columns[column].title) for column in columns)] if headings else []
        for row in rows:
            record = self.record(row)
            lines.append("\t".join(_plain(self.columns[column], record) for column in columns))
        return "\n".join(lines)

    def _filter_again(self) -> None:
        self._reorder_with_reset(self._matching())
        self.rows_changed.emit()

    def _matching(self) -> Sequence[int]:
        if not self._needle and self._predicate is None:
            return range(len(self._rows))
        words = self._needle.split()
        return [number for number, record in enumerate(self._rows) if self._matches(record, words)]

    def _matches(self, record: Any, words: list[str]) -> bool:
        if self._predicate is not None and not self._predicate(record):
            return False
        if not words:
            return True
        text = "\n".join(column.shown(record) for column in self.columns).casefold()
        return all(word in text for word in words)

    def _sorted(self, numbers: Sequence[int]) -> Sequence[int]:
        if not 0 <= self._sort_column < len(self.columns):
            return numbers
        value = self.columns[self._sort_column].value
        present: list[tuple[Any, int]] = []
        missing: list[int] = []
        for number in numbers:
            key = value(self._rows[number])
            if key is None or (isinstance(key, float) and math.isnan(key)):
                missing.append(number)
            else:
                present.append((key, number))
        descending = self._sort_order == Qt.SortOrder.DescendingOrder
        try:
            present.sort(key=_first, reverse=descending)
        except TypeError:  # a column of mixed types
            present.sort(key=_first_as_text, reverse=descending)
        return [number for _, number in present] + missing

    def _reorder(self, numbers: Sequence[int]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        sources = [self._order[index.row()] for index in before]
        self._order = self._sorted(numbers)
        if before:
            places = {number: row for row, number in enumerate(self._order)}
            after = [self.index(places[source], index.column()) for source, index in zip(sources, before, strict=True)]
            self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _reorder_with_reset(self, numbers: Sequence[int]) -> None:
        self.beginResetModel()
        self._order = self._sorted(numbers)
        self.endResetModel()

    def _show_again(self) -> None:
        if self._order:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._order) - 1, len(self.columns) - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)


def _first(pair: tuple[Any, int]) -> Any:
    return pair[0]


def _first_as_text(pair: tuple[Any, int]) -> str:
    return str(pair[0])


def _plain(column: Column, record: Any) -> str:
    value = column.value(record)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return column.shown(record).replace("\t", " ").replace("\n", " ")
