"""The dialog that downloads history: what, from where, how much of it, and what that takes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QDate, QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QDateEdit, QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from strategy_tester.domain.market_events import Category
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services.ports import SettingsStore
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.market_words import CATEGORIES, EXCHANGES
from strategy_tester.ui.panels.download.form import YEAR_MS, Forecast
from strategy_tester.ui.panels.download.symbols import SymbolPicker
from strategy_tester.ui.panels.download.tasks import Planned
from strategy_tester.ui.panels.download.view_model import DownloadViewModel
from strategy_tester.ui.panels.parts import Chooser, TextButton, TextLabel, row_layout

_SIZE_KEY = "data.download_size"
PERIODS = {"year": mark("the last year"), "all": mark("since the listing"), "dates": mark("these days")}
EXTRAS = {
    "funding": (mark("Funding rates"), mark("Backtests charge them.")),
    "mark_price": (mark("Mark price"), mark("Candles of the price that decides about liquidations.")),
    "open_interest": (mark("Open interest"), mark("One value an hour.")),
    "rules": (mark("Instrument rules"), mark("Steps, limits, launch dates and margin tiers of today.")),
}
_TIMEFRAMES_IN_A_ROW = 7


class DownloadDialog(QDialog):
    """Asks everything on one page; Enter downloads.

    Args:
        parent: The window.
        model: The state.
        settings: Remembers the size.
        on_download: Gets the planned downloads.
    """

    def __init__(
        self,
        parent: QWidget,
        model: DownloadViewModel,
        settings: SettingsStore,
        on_download: Callable[[Sequence[Planned]], object],
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view_model, self._settings, self._on_download = model, settings, on_download
        model.setParent(self)
        self.errors, self.picker = ErrorStrip(), SymbolPicker()
        self.exchange, self.category, self.period = Chooser(), Chooser(), Chooser()
        self.start, self.end = QDateEdit(), QDateEdit()
        self.timeframes = {frame: QCheckBox(str(frame)) for frame in Timeframe}
        self.extras = {name: QCheckBox() for name in EXTRAS}
        self.forecast = QLabel()
        self.download_button = TextButton(
            mark("Download"), self._download, icon="cloud-download-outline", role="primary"
        )
        self.cancel_button = TextButton(mark("Cancel"), self.reject)
        self._build()
        self._connect()
        self._fill()
        i18n.retranslate_now_and_later(self._write_texts)
        model.begin()

    def _build(self) -> None:
        self.download_button.setDefault(True)
        self.download_button.setAutoDefault(True)
        for field in (self.start, self.end):
            field.setDisplayFormat("yyyy-MM-dd")
            field.setCalendarPopup(True)
        self.forecast.setWordWrap(True)
        left = QVBoxLayout()
        left.setSpacing(theme.step(2))
        left.addLayout(self._fields())
        left.addWidget(TextLabel(mark("Timeframes"), "section"))
        left.addLayout(self._timeframes())
        left.addWidget(TextLabel(mark("Also download"), "section"))
        for box in self.extras.values():
            left.addWidget(box)
        left.addStretch(1)
        left.addWidget(self.forecast)
        middle = QHBoxLayout()
        middle.setSpacing(theme.step(5))
        middle.addLayout(left)
        middle.addWidget(self.picker, 1)
        foot = row_layout(stretch=True)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.download_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.step(4),) * 4)
        layout.setSpacing(theme.step(3))
        layout.addWidget(self.errors)
        layout.addLayout(middle, 1)
        layout.addLayout(foot)
        size = self._settings.get(_SIZE_KEY)
        steps = size if isinstance(size, list) and len(size) == 2 else (250, 130)
        self.resize(theme.step(float(steps[0])), theme.step(float(steps[1])))

    def _fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.step(2))
        grid.setVerticalSpacing(theme.step(1.5))
        days = QWidget()
        row = row_layout(self.start, self.end)
        row.setContentsMargins(0, 0, 0, 0)
        days.setLayout(row)
        self._days = days
        rows = ((mark("Exchange"), self.exchange), (mark("Market"), self.category), (mark("Period"), self.period),
                ("", days))  # fmt: skip
        for place, (text, field) in enumerate(rows):
            if text:
                grid.addWidget(TextLabel(text), place, 0)
            grid.addWidget(field, place, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _timeframes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(theme.step(1.5))
        for place, box in enumerate(self.timeframes.values()):
            grid.addWidget(box, *divmod(place, _TIMEFRAMES_IN_A_ROW))
        return grid

    def _connect(self) -> None:
        model = self.view_model
        self.exchange.activated.connect(lambda _place: model.change(exchange=self.exchange.currentData()))
        self.category.activated.connect(lambda _place: model.change(category=Category(self.category.currentData())))
        self.period.activated.connect(lambda _place: self._change_period())
        self.start.dateChanged.connect(lambda _date: self._change_period())
        self.end.dateChanged.connect(lambda _date: self._change_period())
        for box in self.timeframes.values():
            box.toggled.connect(lambda _on: model.change(timeframes=self._chosen_timeframes()))
        for name, box in self.extras.items():
            box.toggled.connect(lambda is_on, name=name: model.change(**{name: is_on}))
        self.picker.changed.connect(lambda: model.change(symbols=self.picker.symbols))
        self.picker.list_wanted.connect(self._load_list)
        self.picker.top_wanted.connect(self._take_top)
        model.form_changed.connect(self._fill)
        model.list_changed.connect(lambda: self.picker.show_list(model.listed))
        model.top_ready.connect(self.picker.select_by_turnover)
        model.forecast_changed.connect(self._show_forecast)
        model.busy_changed.connect(self._show_busy)
        model.failed.connect(self.errors.show_error)

    def _chosen_timeframes(self) -> tuple[Timeframe, ...]:
        return tuple(frame for frame, box in self.timeframes.items() if box.isChecked())

    def _change_period(self) -> None:
        period = self.period.currentData()
        if period != "dates":
            self.view_model.change(period=period)
            return
        end_ms = _day_ms(self.end.date()) + DAY_MS
        self.view_model.change(
            period=period, start_ms=_day_ms(self.start.date()),
            end_ms=end_ms if end_ms <= self.view_model.now_ms() else None,
        )  # fmt: skip

    def _load_list(self) -> None:
        self.errors.clear()
        self.view_model.load_list()

    def _take_top(self, count: int) -> None:
        self.errors.clear()
        self.view_model.change(top=count)
        if any(row.turnover for row in self.view_model.listed):
            self.picker.select_by_turnover(count)
        else:
            self.view_model.load_list(count)

    def _fill(self) -> None:
        """Bring the fields to what the form is, without telling it."""
        model, form = self.view_model, self.view_model.form
        boxes = [*self.timeframes.values(), *self.extras.values(), self.start, self.end]
        blocked = [QSignalBlocker(box) for box in boxes]
        _fill_chooser(self.exchange, {name: EXCHANGES[name] for name in model.exchanges}, form.exchange)
        kinds = {kind.value: CATEGORIES[kind] for kind in model.categories}
        _fill_chooser(self.category, kinds, form.category.value)
        _fill_chooser(self.period, PERIODS, form.period)
        for frame, box in self.timeframes.items():
            box.setChecked(frame in form.timeframes)
        is_spot = form.category is Category.SPOT
        for name, box in self.extras.items():
            box.setChecked(getattr(form, name))
            box.setEnabled(not is_spot or name == "rules")
        now_ms = model.now_ms()
        self.start.setDate(_date(form.start_ms if form.start_ms is not None else now_ms - YEAR_MS))
        self.end.setDate(_date(form.end_ms - DAY_MS if form.end_ms is not None else now_ms))
        del blocked
        self._days.setVisible(form.period == "dates")
        self.picker.choose(form.symbols)
        with QSignalBlocker(self.picker.top):
            self.picker.top.setValue(form.top)
        self._show_forecast()

    def _show_forecast(self) -> None:
        model, counted = self.view_model, self.view_model.forecast
        self.download_button.setEnabled(not model.problem)
        self.forecast.setProperty("role", "field-error" if model.problem else "muted")
        theme.refresh_style(self.forecast)
        if model.problem:
            self.forecast.setText(model.problem)
        elif counted is None:
            self.forecast.setText(tr("Counting…"))
        elif not counted.candles:
            self.forecast.setText(tr("Everything is here already; only the newest candles are asked for."))
        else:
            self.forecast.setText(forecast_words(counted))

    def _show_busy(self, is_busy: bool) -> None:  # noqa: FBT001  a signal's value
        for button in (self.picker.list_button, self.picker.top_button, self.picker.empty.button):
            button.setEnabled(not is_busy)

    def _download(self) -> None:
        if not self.view_model.problem:
            self._on_download(self.view_model.planned())
            self.accept()

    def done(self, result: int) -> None:
        self.view_model.close()
        self._settings.set(_SIZE_KEY, [round(self.width() / theme.step(), 1), round(self.height() / theme.step(), 1)])
        super().done(result)

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Download history"))
        for name, (text, hint) in EXTRAS.items():
            self.extras[name].setText(tr(text))
            self.extras[name].setToolTip(tr(hint))
        for field, text in ((self.exchange, tr("Exchange")), (self.category, tr("Market")), (self.period, tr("Period")),
                            (self.start, tr("First day")), (self.end, tr("Last day"))):  # fmt: skip
            field.setAccessibleName(text)
        self._fill()


def forecast_words(counted: Forecast) -> str:
    """What a download takes, in a sentence or two."""
    about = tr("about") + " " if counted.is_rough else ""
    parts = [
        plural("{count} series to download|{count} series to download", counted.series),
        about + plural("{count} candle|{count} candles", counted.candles),
        plural("{count} request|{count} requests", counted.requests),
        tr("{duration} at the exchange's limit", duration=numbers.format_duration(max(counted.seconds, 1.0) * 1000)),
        tr("{size} on the disk", size=numbers.format_bytes(counted.bytes)),
    ]
    return " · ".join(parts)


def _fill_chooser(chooser: Chooser, choices: dict[str, str], chosen: str) -> None:
    with QSignalBlocker(chooser):
        if [chooser.itemData(place) for place in range(chooser.count())] != list(choices):
            chooser.clear()
            for code in choices:
                chooser.addItem("", code)
        for place, text in enumerate(choices.values()):
            chooser.setItemText(place, tr(text))
        chooser.setCurrentIndex(max(chooser.findData(chosen), 0))


def _date(time_ms: int) -> QDate:
    day = datetime.fromtimestamp(time_ms / 1000, UTC)
    return QDate(day.year, day.month, day.day)


def _day_ms(date: QDate) -> int:
    return round(datetime(date.year(), date.month(), date.day(), tzinfo=UTC).timestamp() * 1000)
