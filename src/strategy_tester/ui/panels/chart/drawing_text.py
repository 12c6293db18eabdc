"""The field in which the text of a drawing is typed, right on the chart."""

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from strategy_tester.domain.drawings import LONGEST_TEXT
from strategy_tester.ui import theme
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.i18n import mark, tr

_WIDTH, _LINES = 60, 3


class TextField(QPlainTextEdit):
    """Enter keeps the text, Shift+Enter begins a line, Esc leaves it as it was.

    Args:
        scene: The chart's drawings.
        drawing_id: Whose text.
        parent: The chart.
    """

    def __init__(self, scene: DrawingScene, drawing_id: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene, self._drawing_id, self._is_over = scene, drawing_id, False
        drawing = scene.document.get(drawing_id) if scene.document is not None else None
        self.setPlainText(drawing.text if drawing is not None else "")
        self.setPlaceholderText(tr("Text, Enter to keep"))
        self.setAccessibleName(tr("Text of the drawing"))
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.resize(theme.step(_WIDTH), self.fontMetrics().lineSpacing() * _LINES + theme.step(4))
        self._place()
        self.selectAll()
        self.show()
        self.setFocus()

    def _place(self) -> None:
        drawing = self._scene.document.get(self._drawing_id) if self._scene.document is not None else None
        figure = self._scene.figure_now(drawing) if drawing is not None else None
        canvas, parent = self._scene.canvas, self.parentWidget()
        if figure is None or not figure.handles or parent is None:
            return
        ratio = canvas.devicePixelRatioF()
        x, y = figure.words[-1].box.left if figure.words else figure.handles[0].at[0], figure.handles[0].at[1]
        at = canvas.mapTo(parent, QPoint(round(x / ratio), round(y / ratio)))
        left = min(max(at.x(), 0), max(parent.width() - self.width(), 0))
        self.move(left, min(max(at.y() - self.height(), 0), max(parent.height() - self.height(), 0)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if event.key() == Qt.Key.Key_Escape:
            self._finish(keeps=False)
        elif is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._finish(keeps=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._finish(keeps=True)

    def _finish(self, *, keeps: bool) -> None:
        if self._is_over:
            return
        self._is_over = True
        document = self._scene.document
        drawing = document.get(self._drawing_id) if document is not None else None
        if document is not None and drawing is not None:
            text = self.toPlainText().rstrip()[:LONGEST_TEXT] if keeps else drawing.text
            if drawing.kind == "text" and not text.strip():
                document.edit(mark("Delete drawing"), {drawing.id: None})  # a text without words is nothing
            else:
                document.edit(mark("Text of the drawing"), {drawing.id: replace(drawing, text=text)})
        if self.hasFocus():
            self._scene.canvas.setFocus()
        self.hide()
        self.deleteLater()
