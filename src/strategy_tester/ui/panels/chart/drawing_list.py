"""The list of a symbol's drawings, opened from the rail."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.domain.drawings import KINDS, Drawing
from strategy_tester.ui import icons, theme
from strategy_tester.ui.charts.drawing.labelled import summary
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.charts.drawing.tool_icons import tool_icon
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.parts import TextButton

_ID = int(Qt.ItemDataRole.UserRole)
_NAME, _EYE, _LOCK, _DELETE = range(4)


class DrawingList(QFrame):
    """Every drawing with switches to hide and lock it and a button to delete it; below, the same for all.

    Args:
        scene: The chart's drawings.
        go_to: Brings a drawing into sight.
        parent: The chart.
    """

    def __init__(self, scene: DrawingScene, go_to: Callable[[Drawing], object], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        self._scene, self._go_to = scene, go_to
        self.title = QLabel()
        self.title.setProperty("role", "section")
        self.unread = QLabel()
        self.unread.setProperty("role", "muted")
        self.unread.setWordWrap(True)
        self.tree = self._make_tree()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.step(2), theme.step(2), theme.step(2), theme.step(2))
        column.setSpacing(theme.step(1.5))
        self.hide_all = TextButton(mark("Hide all"), self.toggle_hidden, icon="eye-off-outline", role="quiet")
        self.lock_all = TextButton(mark("Lock all"), self.toggle_locked, icon="lock-outline", role="quiet")
        self.delete_all = TextButton(mark("Delete all"), self.delete_unlocked, icon="delete", role="quiet")
        row = QHBoxLayout()
        for widget in (self.hide_all, self.lock_all, self.delete_all):
            row.addWidget(widget)
        for part in (self.title, self.tree, self.unread):
            column.addWidget(part)
        column.addLayout(row)
        self._document = scene.document
        if self._document is not None:
            self._document.changed.connect(self.fill)
        self.fill()

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setColumnCount(4)
        tree.setHeaderHidden(True)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setIconSize(QSize(theme.step(4), theme.step(4)))
        tree.setMinimumSize(theme.step(75), theme.step(60))
        tree.setAccessibleName(tr("List of drawings"))
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column in (_EYE, _LOCK, _DELETE):
            tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            tree.header().resizeSection(column, theme.step(7))
        tree.itemClicked.connect(self._clicked)
        tree.itemActivated.connect(lambda item, _column: self._clicked(item, _NAME))
        return tree

    def fill(self) -> None:
        """Show the drawings as they are now, the topmost first."""
        drawings = self._document.drawings if self._document is not None else []
        self.title.setText(plural("{count} drawing|{count} drawings", len(drawings)))
        unread = self._document.unread if self._document is not None else 0
        self.unread.setVisible(unread > 0)
        self.unread.setText(
            plural("{count} more cannot be shown by this version; it stays stored."
                   "|{count} more cannot be shown by this version; they stay stored.", unread)
        )  # fmt: skip
        self.tree.clear()
        selected = self._scene.selected
        self.tree.addTopLevelItems([self._item(drawing) for drawing in reversed(drawings)])
        for row, drawing in enumerate(reversed(drawings)):
            if selected is not None and drawing.id == selected.id:
                self.tree.setCurrentIndex(self.tree.model().index(row, _NAME))
        for button in (self.hide_all, self.lock_all, self.delete_all):
            button.setEnabled(bool(drawings))

    def _item(self, drawing: Drawing) -> QTreeWidgetItem:
        told = summary(drawing, self._scene.market)
        item = QTreeWidgetItem([f"{tr(KINDS[drawing.kind].title)}  {told}", "", "", ""])
        item.setIcon(_NAME, tool_icon(drawing.kind, "disabled" if drawing.is_hidden else "text"))
        item.setIcon(_EYE, icons.icon("eye-off-outline" if drawing.is_hidden else "eye-outline", "muted"))
        item.setIcon(_LOCK, icons.icon("lock-outline" if drawing.is_locked else "lock-open-variant-outline", "muted"))
        item.setIcon(_DELETE, icons.icon("delete", "disabled" if drawing.is_locked else "muted"))
        item.setToolTip(_EYE, tr("Show drawing") if drawing.is_hidden else tr("Hide drawing"))
        item.setToolTip(_LOCK, tr("Unlock drawing") if drawing.is_locked else tr("Lock drawing"))
        item.setToolTip(_DELETE, tr("Delete drawing"))
        item.setData(_NAME, _ID, drawing.id)
        return item

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        document = self._document
        drawing = document.get(str(item.data(_NAME, _ID))) if document is not None else None
        if document is None or drawing is None:
            return
        if column == _EYE:
            title = mark("Show drawing") if drawing.is_hidden else mark("Hide drawing")
            document.edit(title, {drawing.id: replace(drawing, is_hidden=not drawing.is_hidden)})
        elif column == _LOCK:
            title = mark("Unlock drawing") if drawing.is_locked else mark("Lock drawing")
            document.edit(title, {drawing.id: replace(drawing, is_locked=not drawing.is_locked)})
        elif column == _DELETE:
            if not drawing.is_locked:
                document.edit(mark("Delete drawing"), {drawing.id: None})
        else:
            self._go_to(drawing)

    def toggle_hidden(self) -> None:
        """Hide every drawing; show every one when all are hidden."""
        hide_or_show_all(self._scene)

    def toggle_locked(self) -> None:
        """Lock every drawing; unlock every one when all are locked."""
        lock_or_unlock_all(self._scene)

    def delete_unlocked(self) -> None:
        """Delete every drawing that is not locked; one undo brings them back."""
        delete_unlocked(self._scene)

    def open_beside(self, widget: QWidget) -> None:
        """Show at the right of a widget, inside the screen."""
        self.adjustSize()
        at = widget.mapToGlobal(QPoint(widget.width() + theme.step(1), 0))
        screen = widget.screen().availableGeometry()
        self.move(
            min(at.x(), screen.right() - self.width()), max(screen.top(), min(at.y(), screen.bottom() - self.height()))
        )
        self.show()
        self.tree.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.tree.currentItem()
        if event.key() == Qt.Key.Key_Delete and item is not None:
            self._clicked(item, _DELETE)
        else:
            super().keyPressEvent(event)


def hide_or_show_all(scene: DrawingScene) -> None:
    """Hide every drawing of the symbol; show every one when all are hidden."""
    drawings = scene.document.drawings if scene.document is not None else []
    wanted = not all(drawing.is_hidden for drawing in drawings)
    title = mark("Hide all drawings") if wanted else mark("Show all drawings")
    scene.change_all(title, lambda drawing: replace(drawing, is_hidden=wanted))


def lock_or_unlock_all(scene: DrawingScene) -> None:
    """Lock every drawing of the symbol; unlock every one when all are locked."""
    drawings = scene.document.drawings if scene.document is not None else []
    wanted = not all(drawing.is_locked for drawing in drawings)
    title = mark("Lock all drawings") if wanted else mark("Unlock all drawings")
    scene.change_all(title, lambda drawing: replace(drawing, is_locked=wanted))


def delete_unlocked(scene: DrawingScene) -> None:
    """Delete every drawing of the symbol that is not locked."""
    scene.change_all(mark("Delete all drawings"), lambda drawing: drawing if drawing.is_locked else None)
