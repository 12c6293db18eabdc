"""An indicator's settings and looks; the chart shows every change at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QMenu,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.domain.errors import InputError
from strategy_tester.services.chart_indicators import IndicatorEntry
from strategy_tester.ui import i18n, theme
from strategy_tester.ui.charts.palette import chart_colors
from strategy_tester.ui.forms.fields import ChoiceBox, NumberBox
from strategy_tester.ui.forms.parameter_form import ParameterForm
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.indicators_state import LINE_STYLES, WIDEST, ChartIndicator, OutputLook
from strategy_tester.ui.panels.parts import TextLabel
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.tables.columns import readable_word

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature

DASH_WORDS = {"solid": mark("Solid"), "dashed": mark("Dashed"), "dotted": mark("Dotted")}
STYLE_WORDS = {"line": mark("Line"), "histogram": mark("Histogram"), "dots": mark("Dots"), "band": mark("Band")}


class IndicatorSettings(QDialog):
    """Two pages: what it is computed from, and how it looks. Cancel puts everything back.

    Args:
        feature: The indicators of the chart.
        indicator: The one to change.
        entry: What the registry says of it.
    """

    def __init__(self, feature: "IndicatorsFeature", indicator: ChartIndicator, entry: IndicatorEntry) -> None:
        super().__init__(feature.panel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._feature, self._before, self._now, self._entry = feature, indicator, indicator, entry
        self.form = ParameterForm()
        self.form.set_entries(
            [
                (parameter.name, parameter, indicator.settings.get(parameter.name, parameter.default))
                for parameter in entry.parameters
            ]
        )
        self.looks = {
            output.name: _LookRow(self._word(output.name), indicator.look(output.name)) for output in entry.outputs
        }
        self.tabs, self.buttons = QTabWidget(), QDialogButtonBox()
        self._build()
        self.form.changed.connect(self._take_settings)
        for name, row in self.looks.items():
            row.on_change = lambda look, name=name: self._take_look(name, look)
        self.rejected.connect(lambda: feature.try_out(self._before))
        self.accepted.connect(lambda: feature.keep_tried(self._before))
        i18n.retranslate_now_and_later(self._write_texts)

    def _word(self, output: str) -> str:
        return readable_word(output) if len(self._entry.outputs) > 1 else self._entry.title

    def _build(self) -> None:
        settings = QWidget()
        column = QVBoxLayout(settings)
        column.setContentsMargins(0, theme.step(2), theme.step(2), 0)
        if self._entry.parameters:
            column.addWidget(self.form)
        else:
            column.addWidget(TextLabel(mark("It has no settings."), "muted"))
        column.addStretch(1)
        looks = QWidget()
        grid = QGridLayout(looks)
        grid.setContentsMargins(0, theme.step(2), theme.step(2), 0)
        grid.setHorizontalSpacing(theme.step(2))
        for row, look in enumerate(self.looks.values()):
            for place, widget in enumerate(look.widgets()):
                grid.addWidget(widget, row, place)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(len(self.looks), 1)
        self.tabs.addTab(PageScroll(settings), "")
        self.tabs.addTab(PageScroll(looks), "")
        if not self._entry.parameters:
            self.tabs.setCurrentIndex(1)
        self.ok = self.buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel = self.buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        self.defaults = self.buttons.addButton("", QDialogButtonBox.ButtonRole.ResetRole)
        for button in (self.cancel, self.defaults):
            button.setAutoDefault(False)
        self.ok.setDefault(True)
        self.defaults.clicked.connect(lambda _on=False: self.form.reset())
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(3), theme.step(3), theme.step(3), theme.step(3))
        layout.setSpacing(theme.step(2))
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.buttons)
        self.resize(theme.step(120), theme.step(100))

    def _take_settings(self) -> None:
        self.ok.setEnabled(self.form.is_valid())
        try:
            settings = self.form.values()
        except InputError:
            return  # the form says what is wrong beside the field
        self._put(replace(self._now, settings={**self._now.settings, **settings}))

    def _take_look(self, output: str, look: OutputLook) -> None:
        self._put(self._now.with_look(output, look))

    def _put(self, indicator: ChartIndicator) -> None:
        self._now = indicator
        self._feature.try_out(indicator)

    def _write_texts(self) -> None:
        self.setWindowTitle(tr(self._entry.title))
        self.tabs.setTabText(0, tr("Settings"))
        self.tabs.setTabText(1, tr("Looks"))
        self.ok.setText(tr("OK"))
        self.cancel.setText(tr("Cancel"))
        self.defaults.setText(tr("Defaults"))
        for row in self.looks.values():
            row.write_texts()


class _LookRow:
    """Shown or not, color, width, pattern and style of one output."""

    def __init__(self, word: str, look: OutputLook) -> None:
        self.look = look
        self.on_change: Callable[[OutputLook], object] = lambda _look: None
        self._word = word
        self.switch, self.color = QCheckBox(), ColorButton(look.color)
        self.width = NumberBox(is_whole=False)
        self.width.setRange(0.5, WIDEST)
        self.width.setSingleStep(0.5)
        self.width.setValue(look.width)
        self.dash, self.style = ChoiceBox(), ChoiceBox()
        for code in DASH_WORDS:
            self.dash.addItem(code, code)
        for code in ("", *LINE_STYLES):
            self.style.addItem(code, code)
        self.switch.setChecked(look.is_visible)
        self.dash.setCurrentIndex(max(self.dash.findData(look.dash), 0))
        self.style.setCurrentIndex(max(self.style.findData(look.style), 0))
        self.switch.toggled.connect(lambda on: self._set(is_visible=on))
        self.width.valueChanged.connect(lambda value: self._set(width=value))
        self.dash.activated.connect(lambda _row: self._set(dash=self.dash.currentData()))
        self.style.activated.connect(lambda _row: self._set(style=self.style.currentData()))
        self.color.on_color = lambda color: self._set(color=color)

    def widgets(self) -> tuple[QWidget, ...]:
        """In the order of a row."""
        return self.switch, self.color, self.width, self.dash, self.style

    def _set(self, **changes: object) -> None:
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]
        self.on_change(self.look)

    def write_texts(self) -> None:
        """In the language in use."""
        name = tr(self._word)
        self.switch.setText(name)
        for place, word in enumerate(DASH_WORDS.values()):
            self.dash.setItemText(place, tr(word))
        self.style.setItemText(0, tr("As usual"))
        for place, style in enumerate(LINE_STYLES):
            self.style.setItemText(place + 1, tr(STYLE_WORDS[style]))
        for widget, what in (
            (self.color, tr("Color")), (self.width, tr("Width, px")), (self.dash, tr("Pattern")),
            (self.style, tr("Drawn as")),
        ):  # fmt: skip
            widget.setToolTip(what)
            widget.setAccessibleName(f"{name}: {what}")


class ColorButton(QToolButton):
    """Shows a color; its menu has the theme's line colors, which follow the theme, and any other color."""

    def __init__(self, color: int | str) -> None:
        super().__init__()
        self.color = color
        self.on_color: Callable[[int | str], object] = lambda _color: None
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setIconSize(QSize(theme.step(6), theme.step(4)))
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        theme.theme_changed.connect(self._paint)
        self._paint()

    def choose(self, color: int | str) -> None:
        """Take a color and tell it."""
        self.color = color
        self._paint()
        self.on_color(color)

    def _fill(self) -> None:
        self._menu.clear()
        for number in range(len(chart_colors(theme.current_theme()).lines)):
            action = QAction(_swatch(_visible(number)), tr("Color {number}", number=number + 1), self._menu)
            action.triggered.connect(lambda _on=False, number=number: self.choose(number))
            self._menu.addAction(action)
        other = QAction(tr("Another color…"), self._menu)
        other.triggered.connect(lambda _on=False: self._ask())
        self._menu.addAction(other)

    def _ask(self) -> None:
        dialog = QColorDialog(_visible(self.color), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self.choose(color.name().upper()))
        dialog.open()

    def _paint(self) -> None:
        self.setIcon(_swatch(_visible(self.color)))


def _visible(color: int | str) -> QColor:
    return chart_colors(theme.current_theme()).line_color(color) if isinstance(color, int) else QColor(color)


def _swatch(color: QColor) -> QIcon:
    picture = QPixmap(theme.step(6), theme.step(4))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(picture.rect(), theme.step(0.75), theme.step(0.75))
    painter.end()
    return QIcon(picture)
