"""A form drawn from Parameters: strategies, backtest settings and indicators need no interface code of their own."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.parameters import Parameter
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.forms.fields import Field, make_field
from strategy_tester.ui.forms.labelled_rows import LabelledRows
from strategy_tester.ui.i18n import tr

Entry = tuple[str, Parameter] | tuple[str, Parameter, Any]


class ParameterForm(LabelledRows):
    """Labels on the left (above, where it is narrow), fields on the right, errors under their field.

    Values are keyed by the parameter's name, or by the place given with it (`set_entries`).
    """

    changed = Signal()
    """The user changed a value."""
    edited = Signal(str, object, object)
    """The user changed the value of a place: what it was and what it is now. Comes before `changed`."""
    validity_changed = Signal(bool)
    """Whether every field is right; emitted when that changes."""

    def __init__(self, parameters: Sequence[Parameter] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._fields: dict[str, Field] = {}
        self._known: dict[str, Any] = {}
        self._labels: dict[str, QLabel] = {}
        self._errors: dict[str, QLabel] = {}
        self._outside_errors: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._was_valid = True
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        i18n.language_changed.connect(self._write_texts)
        self.set_parameters(parameters)

    def set_parameters(self, parameters: Sequence[Parameter]) -> None:
        """Show other parameters, at their defaults."""
        self.set_entries([(parameter.name, parameter) for parameter in parameters])

    def set_entries(self, entries: Sequence[Entry], owners: Mapping[str, str] | None = None) -> None:
        """Show (place, parameter) or (place, parameter, value); places key the values.

        `owners` names, by place, what a value belongs to, where the same parameter stands there more than once.
        """
        self._clear()
        self._owners = dict(owners or {})
        for entry in entries:
            place, parameter = entry[0], entry[1]
            field = make_field(parameter)
            field.setObjectName(f"field-{place}")
            if len(entry) == 3:
                field.set_value(entry[2])
            self._add_row(place, field)
        self._known = self.raw_values()
        self._write_texts()
        self._check()

    def places(self) -> list[str]:
        """The keys of the values, in order."""
        return list(self._fields)

    def field(self, place: str) -> Field:
        """The field of one value."""
        return self._fields[place]

    def values(self) -> dict[str, Any]:
        """Every value as its parameter wants it.

        Raises:
            InvalidParameter: something typed is not allowed; the form shows the same beside the field.
        """
        return {place: field.checked_value() for place, field in self._fields.items()}

    def raw_values(self) -> dict[str, Any]:
        """Every value as it stands, right or wrong."""
        return {place: field.value() for place, field in self._fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; places the form does not have are passed over. Emits nothing but validity."""
        for place, value in values.items():
            if place in self._fields:
                self._fields[place].set_value(value)
        self._outside_errors.clear()
        self._known = self.raw_values()
        self._check()

    def edit(self, place: str, value: Any) -> None:
        """Change a value as if the user had, without `edited`: undo and redo do so."""
        if place in self._fields:
            self.set_values({place: value})
            self.changed.emit()

    def title(self, place: str) -> str:
        """What the form calls a value, in the language in use."""
        return self._title(place, self._fields[place].parameter)

    def reset(self) -> None:
        """Back to the defaults; counts as a change by the user."""
        self.set_values({place: field.parameter.default for place, field in self._fields.items()})
        self.changed.emit()

    def is_valid(self) -> bool:
        """Whether every field is right."""
        return not any(self._problem(place) for place in self._fields)

    def set_error(self, place: str, text: str) -> None:
        """Show an error found elsewhere beside a field until its value changes; "" takes it away."""
        self._outside_errors[place] = text
        self._check()

    def set_row_visible(self, place: str, is_visible: bool) -> None:  # noqa: FBT001  like QWidget.setVisible
        """Show or hide one value with its label."""
        self._fields[place].setVisible(is_visible)
        self._labels[place].setVisible(is_visible)
        if not is_visible:
            self._errors[place].hide()

    def focus_first_error(self) -> bool:
        """Put the cursor into the first field with an error; False when there is none."""
        for place, field in self._fields.items():
            if self._problem(place):
                field.setFocus()
                return True
        return False

    def _add_row(self, place: str, field: Field) -> None:
        label = QLabel()
        label.setProperty("role", "label")
        label.setBuddy(field)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        error = QLabel()
        error.setProperty("role", "field-error")
        error.setWordWrap(True)
        error.hide()
        self.add_row(label, field, error)
        self._fields[place], self._labels[place], self._errors[place] = field, label, error
        field.changed.connect(lambda place=place: self._field_changed(place))

    def _field_changed(self, place: str) -> None:
        self._outside_errors.pop(place, None)
        self._check()
        before, after = self._known.get(place), self._fields[place].value()
        self._known[place] = after
        if before != after:
            self.edited.emit(place, before, after)
        self.changed.emit()

    def _check(self) -> None:
        for place, error in self._errors.items():
            problem = self._problem(place)
            error.setText(problem)
            error.setVisible(bool(problem) and not self._labels[place].isHidden())
            field = self._fields[place]
            if bool(field.property("invalid")) != bool(problem):
                field.setProperty("invalid", bool(problem))
                for child in field.findChildren(QWidget):
                    child.setProperty("invalid", bool(problem))
                    theme.refresh_style(child)
        is_valid = self.is_valid()
        if is_valid != self._was_valid:
            self._was_valid = is_valid
            self.validity_changed.emit(is_valid)

    def _problem(self, place: str) -> str:
        if self._outside_errors.get(place):
            return self._outside_errors[place]
        field = self._fields[place]
        try:
            field.checked_value()
        except InvalidParameter:
            return tr("Allowed: {allowed}", allowed=allowed_text(field.parameter))
        return ""

    def _write_texts(self) -> None:
        for place, field in self._fields.items():
            label, parameter = self._labels[place], field.parameter
            label.setText(self._title(place, parameter))
            help_text = tr(parameter.help) if parameter.help else ""
            label.setToolTip(help_text)
            field.setToolTip(help_text)
            field.setAccessibleName(self._title(place, parameter))
            proxy = field.focusProxy()
            if proxy is not None:
                proxy.setAccessibleName(self._title(place, parameter))
            field.write_texts()
        self._check()

    def _title(self, place: str, parameter: Parameter) -> str:
        owner = self._owners.get(place, "")
        return f"{owner} · {tr(parameter.label).lower()}" if owner else tr(parameter.label)

    def _clear(self) -> None:
        self.clear_rows()
        for widgets in (self._fields, self._labels, self._errors):
            widgets.clear()
        self._outside_errors.clear()


def allowed_text(parameter: Parameter) -> str:
    """What may stand in a field, in the units of the screen and the language in use."""
    scale = 100.0 if parameter.name.endswith("_rate") else 1.0
    unit = "%" if scale != 1.0 else tr(parameter.unit) if parameter.unit else ""
    if parameter.type == "choice":
        return ", ".join(parameter.choices)
    kind = tr("a whole number") if parameter.type == "int" else tr("a number")
    low = _bound(parameter.minimum, scale, unit)
    high = _bound(parameter.maximum, scale, unit)
    if low and high:
        return tr("{kind} from {low} to {high}", kind=kind, low=low, high=high)
    if low:
        return tr("{kind}, {low} or more", kind=kind, low=low)
    if high:
        return tr("{kind}, {high} or less", kind=kind, high=high)
    return kind


def _bound(value: float | None, scale: float, unit: str) -> str:
    if value is None:
        return ""
    scaled = float(f"{value * scale:.12g}")
    if abs(scaled) >= 1e12 or (scaled != 0 and abs(scaled) < 1e-6):
        exponent_text = f"{scaled:g}".replace("-", numbers.MINUS)
        return f"{exponent_text}{numbers.THIN_SPACE}{unit}" if unit else exponent_text
    return numbers.format_quantity(scaled, unit=unit)
