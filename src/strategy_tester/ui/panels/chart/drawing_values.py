"""Small forms for the numbers of a drawing: levels of Fibonacci drawings, account, risk and fee of positions."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

from strategy_tester.domain.drawings import KINDS, MOST_LEVELS, PositionTerms
from strategy_tester.ui import theme
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.parts import TextButton


class _Form(QFrame):
    """A popup beside the strip; it goes with Esc or a click elsewhere."""

    def __init__(self, scene: DrawingScene, changed: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        self._scene, self._changed = scene, changed
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(theme.step(2), theme.step(2), theme.step(2), theme.step(2))
        self.column.setSpacing(theme.step(1.5))


class LevelsForm(_Form):
    """The levels of a Fibonacci drawing, typed one after the other."""

    def __init__(self, scene: DrawingScene, changed: Callable[[], object], parent: QWidget) -> None:
        super().__init__(scene, changed, parent)
        drawing = scene.selected
        self.field = QLineEdit(", ".join(f"{level:g}" for level in drawing.style.levels) if drawing else "")
        self.field.setMinimumWidth(theme.step(70))
        self.field.setAccessibleName(tr("Levels, separated by commas"))
        self.error = QLabel()
        self.error.setProperty("role", "field-error")
        title = QLabel(tr("Levels, separated by commas"))
        title.setProperty("role", "label")
        for widget in (title, self.field, self.error):
            self.column.addWidget(widget)
        self.column.addWidget(TextButton(mark("Usual levels"), self._reset, role="quiet"))
        self.error.hide()
        self.field.textEdited.connect(self._take)
        self.field.returnPressed.connect(self.close)
        self.field.setFocus()

    def _take(self, text: str) -> None:
        levels = parse_levels(text)
        problem = levels is None
        self.error.setVisible(problem)
        if levels is None:
            self.error.setText(tr("Up to {most} numbers between −100 and 100.", most=MOST_LEVELS))
            return
        drawing = self._scene.selected
        if drawing is not None:
            style = replace(drawing.style, levels=levels)
            self._scene.change_selected(mark("Levels of the drawing"), merge_key=f"levels {drawing.id}", style=style)
            self._changed()

    def _reset(self) -> None:
        drawing = self._scene.selected
        if drawing is not None:
            self.field.setText(", ".join(f"{level:g}" for level in KINDS[drawing.kind].style.levels))
            self._take(self.field.text())


def parse_levels(text: str) -> tuple[float, ...] | None:
    """The numbers of a text such as `0, 0.5, 1`; None when it holds anything else."""
    words = [word for word in text.replace(";", ",").replace(" ", ",").split(",") if word]
    try:
        levels = tuple(float(word.replace("−", "-")) for word in words)
    except ValueError:
        return None
    is_sound = 0 < len(levels) <= MOST_LEVELS and all(-100.0 <= level <= 100.0 for level in levels)
    return levels if is_sound else None


class TermsForm(_Form):
    """Account, risk and fee that a position's numbers are worked out with, and its prices."""

    def __init__(self, scene: DrawingScene, changed: Callable[[], object], parent: QWidget) -> None:
        super().__init__(scene, changed, parent)
        drawing = scene.selected
        terms = (drawing.terms if drawing is not None else None) or PositionTerms()
        form = QFormLayout()
        form.setHorizontalSpacing(theme.step(3))
        self.column.addLayout(form)
        decimals = scene.market.decimals
        self.account = _number(terms.account, 1e12, 2, scene.market.quote)
        self.risk = _number(terms.risk_rate * 100, 100.0, 3, "%")
        self.fee = _number(terms.taker_fee_rate * 100, 10.0, 4, "%")
        self.prices: list[QDoubleSpinBox] = []
        for title, field in ((tr("Account"), self.account), (tr("Risk"), self.risk), (tr("Taker fee"), self.fee)):
            self._add(form, title, field)
            field.valueChanged.connect(self._take_terms)
        names = (tr("Entry"), tr("Target"), tr("Stop"))
        for number, name in enumerate(names if drawing is not None else ()):
            price = drawing.anchors[number].price if drawing is not None else 0.0
            field = _number(price, 1e12, decimals, scene.market.quote)
            if scene.market.tick_size > 0:
                field.setSingleStep(scene.market.tick_size)
            self._add(form, name, field)
            self.prices.append(field)
            field.valueChanged.connect(lambda value, number=number: self._take_price(number, value))
        note = QLabel(tr("The quantity loses the risk at the stop, fees of both sides included."))
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        self.column.addWidget(note)
        self.account.setFocus()

    def _add(self, form: QFormLayout, title: str, field: QDoubleSpinBox) -> None:
        label = QLabel(title)
        label.setProperty("role", "label")
        field.setAccessibleName(title)
        form.addRow(label, field)

    def _take_terms(self) -> None:
        drawing = self._scene.selected
        if drawing is None:
            return
        terms = PositionTerms(
            self.account.value(), round(self.risk.value() / 100, 8), round(self.fee.value() / 100, 8)
        )  # fmt: skip
        self._scene.change_selected(mark("Numbers of the drawing"), merge_key=f"terms {drawing.id}", terms=terms)
        self._changed()

    def _take_price(self, number: int, value: float) -> None:
        drawing = self._scene.selected
        if drawing is None:
            return
        anchors = list(drawing.anchors)
        anchors[number] = replace(anchors[number], price=self._scene.rounded(value))
        self._scene.change_selected(
            mark("Change drawing"), merge_key=f"price {number} {drawing.id}", anchors=tuple(anchors)
        )  # fmt: skip


def _number(value: float, most: float, decimals: int, unit: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setDecimals(decimals)
    field.setRange(0.0, most)
    field.setValue(value)
    field.setKeyboardTracking(False)
    field.setSuffix(f" {unit}" if unit else "")
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setMinimumWidth(theme.step(36))
    return field
