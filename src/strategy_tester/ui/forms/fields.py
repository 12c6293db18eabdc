"""One field per kind of Parameter: a widget, its value in code's units, and what is wrong with what was typed.

Fractions of 1 whose name ends in `_rate` are shown and typed as percent.
"""

import math
from typing import Any

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.parameters import Parameter
from strategy_tester.ui import numbers, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.tables.columns import readable_word

_DECIMALS = 12
_LARGEST = 1e15
_USUAL = "1 000 000 USDT"


class Field(QWidget):
    """Edits one parameter's value. `changed` comes only from the user, not from `set_value`."""

    changed = Signal()

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(theme.step())

    def value(self) -> Any:
        """The value in code's units, unchecked."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value given in code's units."""
        raise NotImplementedError

    def write_texts(self) -> None:
        """Write texts in the language in use."""

    def checked_value(self) -> Any:
        """The value as the parameter wants it; raises InvalidParameter."""
        return self.parameter.check(self.value())


class NumberBox(QDoubleSpinBox):
    """A spin box that shows no needless zeros, takes a comma as a point, and ignores the wheel unless focused."""

    def __init__(self, *, is_whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_whole = is_whole
        self._is_unset = False
        self.setLocale(QLocale.c())
        self.setDecimals(0 if is_whole else _DECIMALS)
        self.setRange(-_LARGEST, _LARGEST)
        self.setKeyboardTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccelerated(True)
        self.setFont(theme.figures_font())

    def minimumSizeHint(self) -> QSize:
        """Room for usual numbers; Qt would make room for the longest one that can be typed."""
        wished = super().minimumSizeHint()
        return QSize(
            min(wished.width(), self.fontMetrics().horizontalAdvance(_USUAL) + theme.step(10)), wished.height()
        )

    def show_unset(self, is_unset: bool, suffix: str) -> None:  # noqa: FBT001  a plain switch
        """Show no number at all, or the number with its unit."""
        self._is_unset = is_unset
        line = self.lineEdit()
        if line is not None:
            line.setPlaceholderText(tr("not set") if is_unset else "")
        blocked = self.blockSignals(True)
        self.setSuffix(suffix + " ")  # another suffix first: only a changed one makes the box write its text again
        self.setSuffix("" if is_unset else suffix)
        self.setSpecialValueText("")
        self.blockSignals(blocked)

    def textFromValue(self, value: float) -> str:
        if self._is_unset:
            return ""
        decimals = 0 if self._is_whole else len(f"{value:.10f}".rstrip("0").partition(".")[2])
        return numbers.format_number(value, decimals).replace(numbers.MINUS, "-")

    def valueFromText(self, text: str) -> float:
        try:
            return float(self._bare(text))
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        bare = self._bare(text)
        try:
            number = float(bare)
        except ValueError:
            is_beginning = bare in {"", "-", "+", ".", "-."} or bare.lower().endswith(("e", "e-", "e+"))
            state = QValidator.State.Intermediate if is_beginning else QValidator.State.Invalid
            return (state, text, position)
        if not math.isfinite(number) or (self._is_whole and "." in bare):
            return (QValidator.State.Invalid, text, position)
        return (QValidator.State.Acceptable, text, position)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _bare(self, text: str) -> str:
        bare = text.removeprefix(self.prefix()).removesuffix(self.suffix())
        for space in (numbers.THIN_SPACE, " ", "\u00a0", "\u2009"):
            bare = bare.replace(space, "")
        return bare.replace(numbers.MINUS, "-").replace(",", ".")


class NumberField(Field):
    """Whole and broken numbers, with a unit; optional ones have a switch in front."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._scale = 100.0 if parameter.name.endswith("_rate") else 1.0
        self._suffix = ""
        self.box = NumberBox(is_whole=parameter.type == "int")
        self.box.setSingleStep(_step_of(parameter) * self._scale)
        self.switch: QCheckBox | None = None
        if parameter.default is None:
            self.switch = QCheckBox()
            self.switch.toggled.connect(self._switched)
            self.row.addWidget(self.switch)
        self.row.addWidget(self.box, 1)
        self.setFocusProxy(self.box)
        self.box.valueChanged.connect(self.changed)
        self.write_texts()
        self.set_value(parameter.default)

    def value(self) -> Any:
        if self.switch is not None and not self.switch.isChecked():
            return None
        number = self.box.value() / self._scale
        if self.parameter.type == "int":
            return round(number)
        # 0.055 / 100 is 0.00055000000000000003; the fifteenth figure carries what was typed.
        return float(f"{number:.12g}")

    def set_value(self, value: Any) -> None:
        self.box.blockSignals(True)
        if value is not None:
            self.box.setValue(float(f"{float(value) * self._scale:.12g}"))
        self.box.blockSignals(False)
        if self.switch is not None:
            self.switch.blockSignals(True)
            self.switch.setChecked(value is not None)
            self.switch.blockSignals(False)
            self._show_switch()

    def write_texts(self) -> None:
        unit = "%" if self._scale != 1.0 else self.parameter.unit
        self._suffix = f"{numbers.THIN_SPACE}{tr(unit)}" if unit else ""
        if self.switch is not None:
            self.switch.setToolTip(tr("Switch this setting on or off"))
            self.switch.setAccessibleName(tr("Switch this setting on or off"))
        self._show_switch()

    def _switched(self, is_on: bool) -> None:  # noqa: FBT001  Qt's signal
        if is_on and not self.parameter_allows(self.box.value() / self._scale):
            start = self.parameter.minimum if self.parameter.minimum and self.parameter.minimum >= 1e-6 else 1.0
            self.box.setValue(start * self._scale)
        self._show_switch()
        if is_on:
            self.box.setFocus()
            self.box.selectAll()
        self.changed.emit()

    def parameter_allows(self, value: float) -> bool:
        """Whether the parameter would take this value."""
        try:
            self.parameter.check(value)
        except InvalidParameter:
            return False
        return True

    def _show_switch(self) -> None:
        is_on = self.switch is None or self.switch.isChecked()
        self.box.setEnabled(is_on)
        self.box.show_unset(not is_on, self._suffix)


class ChoiceField(Field):
    """One of several words, each translated."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.box = ChoiceBox()
        for choice in parameter.choices:
            self.box.addItem(choice, choice)
        self.box.setMinimumContentsLength(6)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.row.addWidget(self.box, 1)
        self.setFocusProxy(self.box)
        self.set_value(parameter.default)
        self.write_texts()
        self.box.activated.connect(self.changed)
        self.box.currentIndexChanged.connect(self._show_tooltip)

    def value(self) -> Any:
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        self.box.blockSignals(True)
        self.box.setCurrentIndex(self.box.findData(value))
        self.box.blockSignals(False)

    def write_texts(self) -> None:
        for number, choice in enumerate(self.parameter.choices):
            self.box.setItemText(number, tr(readable_word(choice)) if choice == choice.lower() else choice)
        self._show_tooltip()

    def _show_tooltip(self) -> None:
        self.box.setToolTip(self.box.currentText())


class ChoiceBox(QComboBox):
    """A combo box that leaves the wheel to the panel unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class SwitchField(Field):
    """Yes or no; the form's label stands beside it."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.box = QCheckBox()
        self.row.addWidget(self.box)
        self.row.addStretch(1)
        self.setFocusProxy(self.box)
        self.set_value(parameter.default)
        self.box.toggled.connect(self.changed)

    def value(self) -> Any:
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        self.box.blockSignals(True)
        self.box.setChecked(bool(value))
        self.box.blockSignals(False)


class TextField(Field):
    """A line of text; empty means 'not set' where that is allowed."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.box = QLineEdit()
        self.row.addWidget(self.box, 1)
        self.setFocusProxy(self.box)
        self.set_value(parameter.default)
        self.write_texts()
        self.box.textEdited.connect(self.changed)

    def value(self) -> Any:
        text = self.box.text()
        return None if not text and self.parameter.default is None else text

    def set_value(self, value: Any) -> None:
        self.box.setText("" if value is None else str(value))

    def write_texts(self) -> None:
        self.box.setPlaceholderText(tr("not set") if self.parameter.default is None else "")


def make_field(parameter: Parameter, parent: QWidget | None = None) -> Field:
    """The field for a parameter's type."""
    kinds: dict[str, type[Field]] = {
        "int": NumberField, "float": NumberField, "choice": ChoiceField, "bool": SwitchField, "text": TextField,
    }  # fmt: skip
    return kinds[parameter.type](parameter, parent)


def _step_of(parameter: Parameter) -> float:
    if parameter.step:
        return parameter.step
    if parameter.type == "int":
        return 1.0
    size = abs(float(parameter.default or 0.0)) or 1.0
    return 10.0 ** (math.floor(math.log10(size)) - 1)
