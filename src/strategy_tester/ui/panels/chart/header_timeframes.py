"""Timeframes in the header of a chart: a row of the usual ones, a menu of all, one button where room is short."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QToolButton, QWidget

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.chart.view_model import ChartViewModel

USUAL = (Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)
"""In the row even where they have to be made of finer candles."""
DERIVED_MARK = "*"


def frame_text(key: SeriesKey, *, is_derived: bool) -> str:
    """A timeframe as buttons say it; a star marks one that is not stored."""
    return str(key.timeframe) + (DERIVED_MARK if is_derived else "")


def fill_menu(menu: QMenu, model: ChartViewModel) -> None:
    """All timeframes there are candles for: stored ones, then those made of finer candles."""
    menu.clear()
    for title, keys, is_derived in (
        (tr("Stored"), model.timeframes(), False),
        (tr("Made of finer candles"), model.derived(), True),
        (tr("Live from the exchange"), model.live(), False),
    ):
        if not keys:
            continue
        heading = menu.addAction(title)
        heading.setEnabled(False)
        for key in keys:
            action = menu.addAction(frame_text(key, is_derived=is_derived))
            action.setCheckable(True)
            action.setChecked(key == model.series)
            action.triggered.connect(lambda _on=False, key=key: model.choose_timeframe(key.timeframe))


def frame_tooltip(key: SeriesKey, source: Timeframe | None) -> str:
    """What a timeframe is made of, if it is not stored."""
    if source is None:
        return str(key.timeframe)
    return tr(
        "{timeframe}, made of the stored {source} candles. Backtests use stored candles.",
        timeframe=str(key.timeframe),
        source=str(source),
    )


class TimeframeRow(QWidget):
    """A button for each stored or usual timeframe of the chart's market, and a menu of all."""

    def __init__(self, model: ChartViewModel) -> None:
        super().__init__()
        self._model = model
        self._group = QButtonGroup(self)
        self._shown: list[tuple[SeriesKey, bool]] = []
        self.buttons: dict[Timeframe, QToolButton] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.more = _menu_button(lambda menu: fill_menu(menu, model))
        self.more.setIcon(icons.icon("chevron_down", "muted"))
        self._row.addWidget(self.more)
        i18n.retranslate_now_and_later(self._write_texts)

    def refresh(self) -> None:
        """Show the timeframes of the chart's market, the chosen one pressed."""
        model = self._model
        wanted = [(key, False) for key in model.timeframes()]
        wanted += [(key, True) for key in model.derived() if key.timeframe in USUAL or key == model.series]
        wanted += [(key, False) for key in model.live() if key.timeframe in USUAL or key == model.series]
        wanted.sort(key=lambda item: item[0].timeframe.milliseconds)
        if wanted != self._shown:
            self._shown = wanted
            self._make_buttons()
        for timeframe, button in self.buttons.items():
            button.setChecked(model.series is not None and model.series.timeframe is timeframe)
        self.more.setVisible(bool(wanted))

    def _make_buttons(self) -> None:
        for old in self.buttons.values():
            self._group.removeButton(old)
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.buttons = {}
        for place, (key, is_derived) in enumerate(self._shown):
            button = QToolButton()
            button.setText(frame_text(key, is_derived=is_derived))
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _on=False, key=key: self._model.choose_timeframe(key.timeframe))
            self._group.addButton(button)
            self._row.insertWidget(place, button)
            self.buttons[key.timeframe] = button
        self._write_texts()

    def _write_texts(self) -> None:
        for key, is_derived in self._shown:
            text = frame_tooltip(key, self._model.source_timeframe(key) if is_derived else None)
            self.buttons[key.timeframe].setToolTip(text)
        self.more.setToolTip(tr("All timeframes") + "\n" + tr("Or type one on the chart: 15, 4h, D"))
        self.more.setAccessibleName(tr("All timeframes"))


class TimeframeButton(QToolButton):
    """The chosen timeframe, with the menu of all."""

    def __init__(self, model: ChartViewModel) -> None:
        super().__init__()
        self._model = model
        _make_menu_button(self, lambda menu: fill_menu(menu, model))
        i18n.retranslate_now_and_later(self.refresh)

    def refresh(self) -> None:
        """Show the chosen timeframe."""
        key = self._model.series
        source = None if key is None else self._model.source_timeframe(key)
        self.setText("" if key is None else frame_text(key, is_derived=source is not None))
        self.setToolTip(tr("Timeframe") if key is None else frame_tooltip(key, source))
        self.setAccessibleName(tr("Timeframe"))


def _menu_button(fill: Callable[[QMenu], None]) -> QToolButton:
    button = QToolButton()
    _make_menu_button(button, fill)
    return button


def _make_menu_button(button: QToolButton, fill: Callable[[QMenu], None]) -> None:
    menu = QMenu(button)
    menu.aboutToShow.connect(lambda: fill(menu))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setIconSize(QSize(theme.step(3), theme.step(3)))
