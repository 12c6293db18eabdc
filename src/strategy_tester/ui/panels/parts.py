"""Small pieces that several panels are built from."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.forms.fields import ChoiceBox
from strategy_tester.ui.i18n import tr


def page_layout(panel: QWidget) -> QVBoxLayout:
    """The column every panel is: the same margins and gaps everywhere."""
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(theme.step(2), theme.step(2), theme.step(2), theme.step(2))
    layout.setSpacing(theme.step(2))
    return layout


def row_layout(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    """Widgets side by side, the rest of the row empty when `stretch`."""
    row = QHBoxLayout()
    row.setSpacing(theme.step(1.5))
    for widget in widgets:
        row.addWidget(widget)
    if stretch:
        row.addStretch(1)
    return row


class TextLabel(QLabel):
    """A label in English that follows the language; `role` is a role of the style sheet."""

    def __init__(self, text: str, role: str = "label", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._english = text
        self.setProperty("role", role)
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.setText(tr(self._english))


class IconButton(QToolButton):
    """A button with an icon and a tooltip that follows the language."""

    def __init__(self, icon: str, tooltip: str, on_click: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._english = tooltip
        self.setIcon(icons.icon(icon))
        self.setAutoRaise(True)
        self.clicked.connect(lambda _on=False: on_click())
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.setToolTip(tr(self._english))
        self.setAccessibleName(tr(self._english))


class TextButton(QPushButton):
    """A button whose text follows the language."""

    def __init__(
        self,
        text: str,
        on_click: Callable[[], object],
        *,
        icon: str = "",
        role: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._english = text
        if icon:
            self.setIcon(icons.icon(icon, "on_accent" if role == "primary" else "text"))
        self.setProperty("role", role)
        self.clicked.connect(lambda _on=False: on_click())
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.setText(tr(self._english))


class ChoiceRow(QWidget):
    """A few choices side by side, exactly one of them on."""

    def __init__(
        self, choices: list[tuple[str, str]], on_choice: Callable[[str], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._choices = choices
        self._on_choice = on_choice
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.step(0.5))
        for code, _text in choices:
            button = QToolButton()
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.clicked.connect(lambda _on=False, code=code: on_choice(code))
            self._group.addButton(button)
            row.addWidget(button)
            self.buttons[code] = button
        if choices:
            self.buttons[choices[0][0]].setChecked(True)
        self._group.buttonToggled.connect(lambda *_: self._lead_tab())
        self._lead_tab()
        i18n.retranslate_now_and_later(self._write_texts)

    def _lead_tab(self) -> None:
        """Tab comes to the choice that is on, or to any while none is; arrow keys go to the others."""
        chosen = self._group.checkedButton()
        for button in self.buttons.values():
            leads = chosen is None or button is chosen
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if leads else Qt.FocusPolicy.NoFocus)

    def choose(self, code: str) -> None:
        """Show a choice without telling anybody."""
        if code in self.buttons:
            self.buttons[code].setChecked(True)

    def _write_texts(self) -> None:
        for code, text in self._choices:
            self.buttons[code].setText(tr(text))


class BriefLabel(QLabel):
    """A text on at most so many lines, cut with an ellipsis; the whole of it is the tooltip."""

    def __init__(self, role: str = "muted", most_lines: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole, self._most_lines = "", most_lines
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show this text."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        layout = QTextLayout(self._whole, self.font())
        layout.beginLayout()
        lines: list[str] = []
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(self.width(), 1))
            if len(lines) == self._most_lines - 1:
                rest = self._whole[line.textStart() :]
                lines.append(self.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, self.width()))
                break
            lines.append(self._whole[line.textStart() : line.textStart() + line.textLength()].rstrip())
        layout.endLayout()
        self.setText("\n".join(lines))


class Chooser(ChoiceBox):
    """A combo box that ends a text that is too long with an ellipsis and shows all of it as the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentTextChanged.connect(self.setToolTip)

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(theme.step(4), 0)  # Qt forgets the padding of the style sheet

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - 2
        text = option.currentText or self.placeholderText()
        option.currentText = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
