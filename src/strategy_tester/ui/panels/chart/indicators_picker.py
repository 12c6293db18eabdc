"""The dialog that puts indicators on a chart: search, families, favorites, and what is on the chart already."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from strategy_tester.services.chart_indicators import IndicatorEntry
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.indicators_words import find_entries
from strategy_tester.ui.panels.parts import IconButton, TextLabel
from strategy_tester.ui.scrolling import PageScroll

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore
    from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature
    from strategy_tester.ui.panels.chart.indicators_state import ChartIndicator

FAVORITES_KEY, RECENT_KEY = "indicators.favorites", "indicators.recent"
MOST_RECENT = 12
ALL, FAVORITES, RECENT = mark("All indicators"), mark("Favorites"), mark("Used recently")
_ENTRY_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class FavoriteNames:
    """Names of the favorite and the recently used indicators, kept in the settings."""

    def __init__(self, settings: "SettingsStore") -> None:
        self._settings = settings
        self.favorites = _names(settings.get(FAVORITES_KEY))
        self.recent = _names(settings.get(RECENT_KEY))

    def toggle(self, name: str) -> None:
        """Make a favorite, or take it off the favorites."""
        if name in self.favorites:
            self.favorites.remove(name)
        else:
            self.favorites.append(name)
        self._settings.set(FAVORITES_KEY, self.favorites)

    def note_use(self, name: str) -> None:
        """An indicator was used: it stands first among the recent ones."""
        self.recent = [name, *(other for other in self.recent if other != name)][:MOST_RECENT]
        self._settings.set(RECENT_KEY, self.recent)


def _names(saved: object) -> list[str]:
    return [name for name in saved if isinstance(name, str)] if isinstance(saved, list) else []


class _EntriesModel(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[IndicatorEntry] = []

    def show(self, entries: Sequence[IndicatorEntry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return f"{tr(entry.title)}, {entry.name}"
        return entry if role == _ENTRY_ROLE else None


class _EntryDelegate(QStyledItemDelegate):
    """A star, the title, the short name in a muted tone, and the family at the right."""

    def __init__(self, names: FavoriteNames, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = names

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.step(40), theme.step(8))

    @staticmethod
    def star_width() -> int:
        """Pixels at the left of a row that belong to the star."""
        return theme.step(9)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: IndicatorEntry = index.data(_ENTRY_ROLE)
        colors, area = theme.current_theme(), QRect(option.rect)  # type: ignore[attr-defined]
        is_favorite = entry.name in self._names.favorites
        state = option.state  # type: ignore[attr-defined]
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, colors.color("selection"))
        size = theme.step(4.5)
        star = QRect(area.left() + theme.step(2), area.center().y() - size // 2, size, size)
        icons.icon("star" if is_favorite else "star_outline", "warn" if is_favorite else "disabled").paint(
            painter, star
        )
        area.adjust(self.star_width(), 0, -theme.step(3), 0)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        family = tr(entry.group)
        room = area.width() - painter.fontMetrics().horizontalAdvance(f"{family}  ")
        title = painter.fontMetrics().elidedText(tr(entry.title), Qt.TextElideMode.ElideRight, room)
        painter.setPen(colors.color("text"))
        painter.drawText(area, middle | int(Qt.AlignmentFlag.AlignLeft), title)
        used = painter.fontMetrics().horizontalAdvance(title) + theme.step(2)
        painter.setPen(colors.color("muted"))
        name = painter.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideRight, max(room - used, 0))
        painter.drawText(area.adjusted(used, 0, 0, 0), middle | int(Qt.AlignmentFlag.AlignLeft), name)
        painter.drawText(area, middle | int(Qt.AlignmentFlag.AlignRight), family)
        painter.restore()


class IndicatorPicker(QDialog):
    """Stays open while indicators are added, so that several can be put on the chart in a row.

    Args:
        feature: The indicators of the chart it adds to.
    """

    def __init__(self, feature: "IndicatorsFeature") -> None:
        super().__init__(feature.panel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._feature = feature
        self._entries: Sequence[IndicatorEntry] = ()
        self.names = FavoriteNames(feature.panel.context.settings)
        self.search, self.families, self.list = QLineEdit(), QListWidget(), QListView()
        self.hint, self._nothing = QLabel(), QLabel()
        self.on_chart = _OnChart(feature)
        self._model = _EntriesModel(self)
        self._build()
        self.search.textChanged.connect(lambda _text: self._show())
        self.families.currentRowChanged.connect(lambda _row: self._show())
        self.list.clicked.connect(lambda _index: self.add_current())
        for watched in (self.search, self.list.viewport()):
            watched.installEventFilter(self)
        i18n.retranslate_now_and_later(self._write_texts)
        feature.load_entries(lambda entries: self._take_entries(entries) if isValid(self) else None)

    def _build(self) -> None:
        self.list.setModel(self._model)
        self.list.setItemDelegate(_EntryDelegate(self.names, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.families.setFixedWidth(theme.step(44))
        for label in (self.hint, self._nothing):
            label.setProperty("role", "muted")
            label.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle = QHBoxLayout()
        middle.setSpacing(theme.step(2))
        found = QVBoxLayout()
        found.addWidget(self.list, 1)
        found.addWidget(self._nothing, 1)
        middle.addWidget(self.families)
        middle.addLayout(found, 1)
        middle.addWidget(self.on_chart)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(3), theme.step(3), theme.step(3), theme.step(3))
        layout.setSpacing(theme.step(2))
        layout.addWidget(self.search)
        layout.addLayout(middle, 1)
        layout.addWidget(self.hint)
        self.resize(theme.step(250), theme.step(150))

    def shown(self) -> list[IndicatorEntry]:
        """What the list shows now."""
        return list(self._model.entries)

    def add_current(self) -> None:
        """Put the chosen indicator on the chart."""
        index = self.list.currentIndex()
        if index.isValid():
            self._add(self._model.entries[index.row()])

    def toggle_favorite(self) -> None:
        """Make the chosen indicator a favorite, or take it off."""
        index = self.list.currentIndex()
        if index.isValid():
            self.names.toggle(self._model.entries[index.row()].name)
            self.list.viewport().update()

    def _add(self, entry: IndicatorEntry) -> None:
        self._feature.add(entry)
        self.names.note_use(entry.name)

    def _take_entries(self, entries: Sequence[IndicatorEntry]) -> None:
        self._entries = entries
        self._write_texts()
        self.families.setCurrentRow(0)
        self._show()
        self.search.setFocus()

    def _family(self) -> str:
        item = self.families.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else ALL

    def _show(self) -> None:
        family, query = self._family(), self.search.text()
        by_name = {entry.name: entry for entry in self._entries}
        if family in (FAVORITES, RECENT):
            names = self.names.favorites if family == FAVORITES else self.names.recent
            members = [by_name[name] for name in names if name in by_name]
        else:
            members = [entry for entry in self._entries if family in (ALL, entry.group)]
        found = find_entries(members, query)
        self._model.show(found)
        self.list.setCurrentIndex(self._model.index(0))
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter work while the search has the keyboard; a press on a star makes a favorite."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is self.search:
            return self._take_key(event)
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            index = self.list.indexAt(event.position().toPoint())
            is_star = index.isValid() and event.position().x() < _EntryDelegate.star_width()
            if is_star:
                self.list.setCurrentIndex(index)
                self.toggle_favorite()
                return True
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        key, count = Qt.Key(event.key()), self._model.rowCount()
        if key in steps and count:
            row = self.list.currentIndex().row() + steps[key]
            self.list.setCurrentIndex(self._model.index(min(max(row, 0), count - 1)))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            is_star = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.toggle_favorite if is_star else self.add_current)()
            return True
        return False

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Indicators"))
        self.search.setPlaceholderText(tr("Find an indicator: name, other programs' names, either language"))
        self.search.setAccessibleName(tr("Find an indicator"))
        self.list.setAccessibleName(tr("Indicators"))
        self.families.setAccessibleName(tr("Families of indicators"))
        self.hint.setText(tr("Enter adds, Ctrl+Enter stars, Esc closes."))
        self._nothing.setText(tr("No indicator fits."))
        chosen = max(self.families.currentRow(), 0)
        self.families.blockSignals(True)
        self.families.clear()
        for family in (ALL, FAVORITES, RECENT, *dict.fromkeys(entry.group for entry in self._entries)):
            self.families.addItem(tr(family))
            self.families.item(self.families.count() - 1).setData(Qt.ItemDataRole.UserRole, family)
        self.families.setCurrentRow(chosen)
        self.families.blockSignals(False)


class _OnChart(QWidget):
    """What is on the chart: change, hide, move, remove."""

    def __init__(self, feature: "IndicatorsFeature") -> None:
        super().__init__()
        self._feature = feature
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._none = TextLabel(mark("Nothing yet."), "muted")
        self._strategy_title, self._strategy = TextLabel(mark("From the strategy"), "section"), QLabel()
        self._strategy.setProperty("role", "muted")
        self._strategy.setWordWrap(True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._none)
        column.addLayout(self._rows)
        column.addWidget(self._strategy_title)
        column.addWidget(self._strategy)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(TextLabel(mark("On this chart"), "section"))
        layout.addWidget(PageScroll(page), 1)
        self.setFixedWidth(theme.step(84))
        feature.changed.connect(self._show)
        feature.panel.view_model.lines_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for one in self._feature.indicators:
            self._rows.addWidget(self._row(one))
        self._none.setVisible(not self._feature.indicators)
        lines = [line.title for line in self._feature.panel.view_model.lines]
        self._strategy.setText("\n".join(lines))
        for label in (self._strategy_title, self._strategy):
            label.setVisible(bool(lines))

    def _row(self, one: "ChartIndicator") -> QWidget:
        row, feature, number = QWidget(), self._feature, one.number
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        title = QLabel(one.title)
        title.setEnabled(not one.is_hidden)
        title.setToolTip(one.title)
        layout.addWidget(title, 1)
        for icon, tooltip, act in (
            ("up", mark("Move up"), lambda: feature.move(number, -1)),
            ("down", mark("Move down"), lambda: feature.move(number, 1)),
            ("eye-off-outline", mark("Show"), lambda: feature.put(replace(one, is_hidden=False)))
            if one.is_hidden
            else ("eye-outline", mark("Hide"), lambda: feature.put(replace(one, is_hidden=True))),
            ("settings", mark("Settings and colors"), lambda: feature.open_settings(number)),
            ("delete", mark("Remove"), lambda: feature.remove(number)),
        ):
            layout.addWidget(IconButton(icon, tooltip, act))
        return row
