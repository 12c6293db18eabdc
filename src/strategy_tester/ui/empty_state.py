"""What a panel shows while it has nothing to show: one sentence, one button. And the skeleton before it exists."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.i18n import tr


class EmptyState(QWidget):
    """One sentence and at most one button in the middle of a panel. Give English texts; they follow the language."""

    def __init__(
        self,
        sentence: str,
        button: str = "",
        on_click: Callable[[], object] | None = None,
        *,
        icon: str = "info",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sentence, self._button_text, self._icon = sentence, button, icon
        self._on_click = on_click
        self._picture, self._label, self.button = QLabel(), QLabel(), QPushButton()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setWordWrap(True)
        self._label.setProperty("role", "empty")
        self.button.clicked.connect(self._clicked)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.step(3))
        layout.addStretch(2)
        layout.addWidget(self._picture)
        layout.addWidget(self._label)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.setProperty("role", "empty-state")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme.theme_changed.connect(self._draw_icon)
        self._draw_icon()
        i18n.retranslate_now_and_later(self._write_texts)

    def set_texts(self, sentence: str, button: str = "", on_click: Callable[[], object] | None = None) -> None:
        """Say something else; texts in English."""
        self._sentence, self._button_text, self._on_click = sentence, button, on_click
        self._write_texts()

    def _write_texts(self) -> None:
        self._label.setText(tr(self._sentence))
        self.button.setText(tr(self._button_text) if self._button_text else "")
        self.button.setVisible(bool(self._button_text))

    def _draw_icon(self) -> None:
        self._picture.setPixmap(icons.pixmap(self._icon, theme.step(10), "disabled", self.devicePixelRatioF()))

    def _clicked(self) -> None:
        if self._on_click is not None:
            self._on_click()


class Skeleton(QWidget):
    """Pale bars in the place of a panel that is still being made; cheap to paint, never a white flash."""

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.color("panel"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("raised"))
        height, gap, left = theme.step(3), theme.step(6), theme.step(4)
        shares = (0.42, 0.68, 0.55, 0.3, 0.62)
        rows = min(len(shares), max(0, (self.height() - gap) // (height + gap)))
        for row in range(rows):
            width = min(self.width() - 2 * left, theme.step(140)) * shares[row]
            painter.drawRoundedRect(QRectF(left, gap + row * (height + gap), max(width, 0), height), 2, 2)
        painter.end()
