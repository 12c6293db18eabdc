"""Ctrl+P: every action of the window, found by a few letters in either language."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import GROUPS, Action, ActionRegistry
from strategy_tester.ui.i18n import tr

_HIT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_MOST_HITS = 60
_MOST_LINES = 12
_WORST_SHARE = 0.4
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Hit:
    """One line of the palette."""

    score: float
    title: str
    detail: str
    keys: str
    icon: str
    is_enabled: bool
    run: Callable[[], object]


def match_score(query: str, text: str) -> float:
    """How well the letters of a query fit a text: 0 when some are missing, more for beginnings and runs."""
    wanted, found = query.casefold().replace(" ", ""), text.casefold()
    if not wanted:
        return 1.0
    score, place, run = 0.0, -1, 0
    for letter in wanted:
        next_place = _best_place(found, letter, place)
        if next_place < 0:
            return 0.0
        is_start = next_place == 0 or not found[next_place - 1].isalnum()
        run = run + 1 if next_place == place + 1 else 0
        score += 1.0 + (2.0 if is_start else 0.0) + 1.5 * min(run, 4)
        place = next_place
    return (score + _whole_bonus(query.casefold().strip(), found)) / len(wanted) - 0.01 * len(found)


def _whole_bonus(query: str, text: str) -> float:
    """More for a query that stands in the text as it is, most at the beginning of a word."""
    place = text.find(query)
    if place < 0:
        return 0.0
    return 8.0 if place == 0 or not text[place - 1].isalnum() else len(query) - 1.0


def _best_place(text: str, letter: str, after: int) -> int:
    """Where a letter is next: right behind the last one, else at the next beginning of a word, else anywhere."""
    if text[after + 1 : after + 2] == letter:
        return after + 1
    for place in range(after + 1, len(text)):
        if text[place] == letter and (place == 0 or not text[place - 1].isalnum()):
            return place
    return text.find(letter, after + 1)


def find_hits(actions: ActionRegistry, query: str) -> list[Hit]:
    """Actions that fit a query, best first; all of them, by menu, for an empty one."""
    hits: list[Hit] = []
    for action in actions.all():
        score = _score(action, query)
        if score > 0:
            qaction = actions.qaction(action.id)
            hits.append(
                Hit(
                    score,
                    tr(action.title),
                    tr(GROUPS[action.group]),
                    actions.shortcut_text(action.id),
                    action.icon,
                    qaction.isEnabled(),
                    lambda action=action: actions.trigger(action.id),
                )
            )
    if query.strip() and hits:
        best = max(hit.score for hit in hits)
        hits = [hit for hit in hits if hit.score >= _WORST_SHARE * best]
        hits.sort(key=lambda hit: -hit.score - hit.is_enabled)
    return hits[:_MOST_HITS]


def _score(action: Action, query: str) -> float:
    titles = (i18n.translate(action.title, "en"), i18n.translate(action.title, "ru"))
    group = tr(GROUPS[action.group])
    best = max(match_score(query, title) for title in titles)
    others = [f"{group} {tr(action.title)}", *action.synonyms]
    return max(best, *(0.7 * match_score(query, other) for other in others))


class _HitsModel(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []

    def show(self, hits: list[Hit]) -> None:
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self.hits[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return hit.title
        return hit if role == _HIT_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEnabled if self.hits[index.row()].is_enabled else flags


class _HitDelegate(QStyledItemDelegate):
    """Icon, title, menu in a muted tone, keys on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.step(40), theme.step(8))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit: Hit = index.data(_HIT_ROLE)
        colors = theme.current_theme()
        area = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.fillRect(area, colors.color("selection"))
        area.adjust(theme.step(3), 0, -theme.step(3), 0)
        text_color = colors.color("text" if hit.is_enabled else "disabled")
        size = theme.step(4.5)
        picture = QRect(area.left(), area.center().y() - size // 2, size, size)
        if hit.icon:
            icons.icon(hit.icon, "text" if hit.is_enabled else "disabled").paint(painter, picture)
        area.setLeft(picture.right() + theme.step(3))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(text_color)
        painter.drawText(area, int(middle | Qt.AlignmentFlag.AlignLeft), hit.title)
        used = painter.fontMetrics().horizontalAdvance(hit.title) + theme.step(3)
        painter.setPen(colors.color("muted" if hit.is_enabled else "disabled"))
        painter.drawText(area.adjusted(used, 0, 0, 0), int(middle | Qt.AlignmentFlag.AlignLeft), hit.detail)
        font = QFont(painter.font())
        painter.setFont(font)
        painter.drawText(area, int(middle | Qt.AlignmentFlag.AlignRight), hit.keys)
        painter.restore()


class CommandPalette(QFrame):
    """The overlay with the search field."""

    def __init__(self, actions: ActionRegistry, window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("role", "palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._actions, self._window = actions, window
        self._focus_before: QWidget | None = None
        self.search, self.list = QLineEdit(), QListView()
        self._model = _HitsModel(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_HitDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda _index: self._run_current())
        self.search.textChanged.connect(self._find)
        self.search.installEventFilter(self)
        window.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(1), theme.step(1), theme.step(1), theme.step(1))
        layout.setSpacing(theme.step(1))
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        i18n.retranslate_now_and_later(self._write_texts)
        self.hide()

    def open(self) -> None:
        """Show the palette with an empty search."""
        self._focus_before = self._window.focusWidget()
        self._actions.refresh()
        self.search.clear()
        self._find("")
        self._place()
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Hide it and give the keyboard back."""
        if self.isHidden():
            return
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._focus_before = None

    def toggle(self) -> None:
        """Open or close."""
        if self.isHidden():
            self.open()
        else:
            self.close_palette()

    def hits(self) -> list[Hit]:
        """What is listed now, best first."""
        return self._model.hits

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event)
        if watched is self.search and isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self._lose_focus(event.reason())
        return super().eventFilter(watched, event)

    def _lose_focus(self, reason: Qt.FocusReason) -> None:
        """A click elsewhere closes the palette; a window that is switched away keeps it."""
        leaving = {Qt.FocusReason.MouseFocusReason, Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        if reason in leaving and not self.isHidden():
            self._focus_before = None
            self.close_palette()

    def _take_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        key = Qt.Key(event.key())
        if key in steps:
            self._move(steps[key])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._run_current()
        elif key == Qt.Key.Key_Escape:
            self.close_palette()
        else:
            return False
        return True

    def _move(self, rows: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self.list.currentIndex().row() + rows
            row = row % count if abs(rows) == 1 else min(max(row, 0), count - 1)
            self.list.setCurrentIndex(self._model.index(row))

    def _find(self, query: str) -> None:
        self._model.show(find_hits(self._actions, query))
        self._place()
        self.list.setCurrentIndex(self._model.index(0))

    def _run_current(self) -> None:
        index = self.list.currentIndex()
        if not index.isValid() or not self._model.hits[index.row()].is_enabled:
            return
        hit = self._model.hits[index.row()]
        self.close_palette()
        hit.run()

    def _place(self) -> None:
        width = min(theme.step(150), self._window.width() - theme.step(8))
        lines = theme.step(8) * max(1, min(self._model.rowCount(), _MOST_LINES))
        height = min(self.search.sizeHint().height() + lines + theme.step(5), self._window.height() - theme.step(24))
        self.setGeometry((self._window.width() - width) // 2, theme.step(14), width, height)

    def _write_texts(self) -> None:
        self.search.setPlaceholderText(tr("Type a command"))
        self.search.setAccessibleName(tr("Find any command"))
