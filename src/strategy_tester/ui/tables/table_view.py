"""The view of every table: sorts on a click, copies as TSV, remembers its columns, says what to do when empty."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QMenu, QTableView, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.accessible_names import NamedAfterPlace
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.tables.records_model import RecordsModel

_SAMPLED_ROWS = 60
_WIDEST_STEPS = 70
_MOST_SPARE = 0.6


class RecordTable(QTableView):
    """A table over a RecordsModel. Give it an object name if its columns are to be remembered."""

    record_selected = Signal(object)
    """The record of the current row, whenever another row becomes current."""
    record_activated = Signal(object)
    """The record of a row that was double-clicked or opened with Enter."""
    menu_opening = Signal(object)
    """The QMenu of the selected rows is about to be shown: whoever knows what to do with them adds it."""

    def __init__(self, model: RecordsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._empty: QWidget | None = None
        self._is_sized_by_user = self._is_fitting = False
        self.setModel(model)
        self._set_behavior()
        self._set_header()
        self.activated.connect(self._tell_activated)
        self.selectionModel().currentRowChanged.connect(self._tell_selected)
        model.rows_changed.connect(self._rows_changed)
        model.dataChanged.connect(self._grow_columns)
        theme.theme_changed.connect(self._fit_rows)
        self._fit_rows()
        NamedAfterPlace(self)
        for number, column in enumerate(model.columns):
            self.setColumnHidden(number, column.is_hidden)
        self._rows_changed()

    def records_model(self) -> RecordsModel:
        """The model behind the table."""
        return self._model

    def set_empty_widget(self, widget: QWidget) -> None:
        """Show this (an EmptyState) over the table while there are no rows at all."""
        self._empty = widget
        widget.setParent(self.viewport())
        self._rows_changed()

    def selected_records(self) -> list[Any]:
        """The records of the selected rows, from top to bottom."""
        return [self._model.record(row) for row in self._selected_rows()]

    def select_source_row(self, source_row: int) -> bool:
        """Select and show the record given at this position; False while the filter hides it."""
        row = self._model.row_of(source_row)
        if row is None:
            return False
        self.selectRow(row)
        self.scrollTo(self._model.index(row, 0), QAbstractItemView.ScrollHint.EnsureVisible)
        return True

    def copy_selection(self) -> None:
        """Put the selected rows, or all rows if none is, on the clipboard as TSV with headings."""
        rows = self._selected_rows() or range(self._model.rowCount())
        QGuiApplication.clipboard().setText(self._model.as_tsv(rows, self._visible_columns()))

    def save_columns(self) -> dict[str, Any]:
        """Widths, order, visibility and sorting, ready for JSON."""
        header = self.horizontalHeader()
        columns = {
            column.name: [header.visualIndex(number), header.sectionSize(number), self.isColumnHidden(number)]
            for number, column in enumerate(self._model.columns)
        }
        sort_column = header.sortIndicatorSection()
        known = 0 <= sort_column < len(self._model.columns) and header.isSortIndicatorShown()
        return {
            "font_pixels": theme.font_pixels(),
            "sized": self._is_sized_by_user,
            "columns": columns,
            "stretched": header.stretchLastSection(),
            "sort": self._model.columns[sort_column].name if known else "",
            "descending": header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder,
        }

    def restore_columns(self, saved: object) -> None:
        """Take up what `save_columns` gave; anything that does not fit is passed over."""
        if not isinstance(saved, dict) or not isinstance(saved.get("columns"), dict):
            return
        header = self.horizontalHeader()
        scale = theme.font_pixels() / float(saved.get("font_pixels") or theme.font_pixels())
        header.setStretchLastSection(bool(saved.get("stretched", True)))
        entries = []
        for number, column in enumerate(self._model.columns):
            entry = saved["columns"].get(column.name)
            if isinstance(entry, list) and len(entry) == 3:
                entries.append((int(entry[0]), number, int(entry[1]), bool(entry[2])))
        for visual, number, width, is_hidden in sorted(entries):
            header.moveSection(header.visualIndex(number), min(max(visual, 0), header.count() - 1))
            if width > 0:
                header.resizeSection(number, round(width * scale))
            self.setColumnHidden(number, is_hidden)
        # Widths that were fitted to the rows of that time are fitted again to those that come.
        self._is_sized_by_user = bool(entries) and bool(saved.get("sized", True))
        for number, column in enumerate(self._model.columns):
            if column.name == saved.get("sort"):
                order = Qt.SortOrder.DescendingOrder if saved.get("descending") else Qt.SortOrder.AscendingOrder
                self.sortByColumn(number, order)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
            return
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self._tell_activated(self.currentIndex())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_empty_widget()
        if not self._is_sized_by_user and event.oldSize().width() != event.size().width():
            self.fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_rows()

    def fit_columns(self) -> None:
        """Make every column as wide as its heading and a sample of its cells need."""
        shown = self._visible_columns()
        widths = {number: self._needed_width(number) for number in shown}
        spare = self.viewport().width() - sum(widths.values())
        # A last column of words takes the spare room; figures would stand far away from their neighbors.
        is_stretched = bool(shown) and self._model.columns[shown[-1]].align == "left"
        self._is_fitting = True
        self.horizontalHeader().setStretchLastSection(is_stretched)
        for number, width in widths.items():
            share = 0 if is_stretched or spare <= 0 else min(spare // len(widths), round(width * _MOST_SPARE))
            self.setColumnWidth(number, width + share)
        self._is_fitting = False

    @property
    def is_sized_by_user(self) -> bool:
        """Whether the user chose widths; `fit_columns` would undo that."""
        return self._is_sized_by_user

    def _needed_width(self, number: int) -> int:
        column, metrics = self._model.columns[number], self.fontMetrics()
        count = self._model.rowCount()
        rows = {*range(min(count, _SAMPLED_ROWS)), *range(max(0, count - _SAMPLED_ROWS), count)}
        heading = QFontMetrics(theme.figures_font(bold=True)).horizontalAdvance(tr(column.title)) + theme.step(7)
        cells = (metrics.horizontalAdvance(column.shown(self._model.record(row))) for row in rows)
        return min(max(heading, max(cells, default=0) + theme.step(6.5)), theme.step(_WIDEST_STEPS))

    def _set_behavior(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setFont(theme.figures_font())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    def _set_header(self) -> None:
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.sectionResized.connect(self._note_resize)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_header_menu)
        header.sectionHandleDoubleClicked.connect(self.resizeColumnToContents)
        self.setSortingEnabled(True)

    def _note_resize(self, number: int, _old: int, _new: int) -> None:
        is_dragged = bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)
        if is_dragged and not self._is_fitting and number < len(self._model.columns):
            self._is_sized_by_user = True

    def _grow_columns(self, top: QModelIndex, bottom: QModelIndex) -> None:
        """Make room for one changed row; whole tables are measured by `fit_columns`."""
        if self._is_sized_by_user or top.row() != bottom.row():
            return
        record, metrics = self._model.record(top.row()), self.fontMetrics()
        self._is_fitting = True
        for number in self._visible_columns():
            needed = metrics.horizontalAdvance(self._model.columns[number].shown(record)) + theme.step(6.5)
            if needed > self.columnWidth(number):
                self.setColumnWidth(number, min(needed, theme.step(_WIDEST_STEPS)))
        self._is_fitting = False

    def _fit_rows(self) -> None:
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.step(7))
        self.verticalHeader().setMinimumSectionSize(theme.step(4))

    def _selected_rows(self) -> list[int]:
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def _visible_columns(self) -> Sequence[int]:
        header = self.horizontalHeader()
        shown = [number for number in range(len(self._model.columns)) if not self.isColumnHidden(number)]
        return sorted(shown, key=header.visualIndex)

    def _rows_changed(self) -> None:
        if not self._is_sized_by_user:
            self.fit_columns()
        if self._empty is not None:
            is_empty = self._model.total == 0
            self._empty.setVisible(is_empty)
            self.horizontalHeader().setVisible(not is_empty)
            self._place_empty_widget()

    def _place_empty_widget(self) -> None:
        if self._empty is not None:
            self._empty.setGeometry(self.viewport().rect())

    def _tell_activated(self, index: QModelIndex) -> None:
        if index.isValid():
            self.record_activated.emit(self._model.record(index.row()))

    def _tell_selected(self, current: QModelIndex) -> None:
        if current.isValid():
            self.record_selected.emit(self._model.record(current.row()))

    def _show_menu(self, position: QPoint) -> None:
        if not self._model.rowCount():
            return
        menu = QMenu(self)
        copy = QAction(icons.icon("copy"), tr("Copy rows"), menu)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.triggered.connect(self.copy_selection)
        menu.addAction(copy)
        self.menu_opening.emit(menu)
        menu.popup(self.viewport().mapToGlobal(position))
        menu.aboutToHide.connect(menu.deleteLater)

    def _show_header_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        fit = menu.addAction(icons.icon("columns"), tr("Fit columns"))
        fit.triggered.connect(self.fit_columns)
        menu.addSeparator()
        for number, column in enumerate(self._model.columns):
            action = menu.addAction(tr(column.title))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(number))
            action.setEnabled(self.isColumnHidden(number) or len(self._visible_columns()) > 1)
            action.toggled.connect(lambda shown, number=number: self.setColumnHidden(number, not shown))
        menu.popup(self.horizontalHeader().mapToGlobal(position))
        menu.aboutToHide.connect(menu.deleteLater)


class FilteredTable(QWidget):
    """A RecordTable under a field that filters it."""

    def __init__(self, table: RecordTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = table
        self.search = QLineEdit()
        self.search.setObjectName("table-search")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(table.records_model().set_filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.step())
        layout.addWidget(self.search)
        layout.addWidget(table)
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.search.setPlaceholderText(tr("Filter"))
        self.search.setAccessibleName(tr("Filter"))
