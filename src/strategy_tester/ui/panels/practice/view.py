"""The panel of the practice exchange: how it is to be above, how it is doing below."""

from PySide6.QtCore import QDateTime, QSignalBlocker, Qt, QTimeZone
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDateTimeEdit,
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.parts import (
    ChoiceRow,
    Chooser,
    IconButton,
    TextButton,
    TextLabel,
    page_layout,
    row_layout,
)
from strategy_tester.ui.panels.practice.days import DAYS, OWN, day
from strategy_tester.ui.panels.practice.view_model import PRESETS, STEPS, PracticeViewModel, place_of, speed_of
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.status_bar import Dot
from strategy_tester.ui.view_context import ViewContext

SYNTHETIC = mark(
    "Candles are the stored ones. Trades, order books and funding forecasts are synthetic: made up so that they fit."
)
_LISTED_SYMBOLS = 5
_MOST_SEED = 999_999


class PracticePanel(QWidget):
    """Start, steer and stop the practice exchange."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = PracticeViewModel(context.live, context.workbench, context.settings, self)
        self.errors = ErrorStrip()
        self.empty = EmptyState(mark("There are no candles to replay yet."), icon="access-point")
        self.symbols, self.begin_late, self.start = QListWidget(), QCheckBox(), QDateTimeEdit()
        self.speed, self.speed_text, self.seed = QSlider(Qt.Orientation.Horizontal), QLabel(), QSpinBox()
        presets = [(f"{speed:g}", f"{speed:g}×") for speed in PRESETS]
        self.presets = ChoiceRow(presets, lambda code: self._set_speed(float(code)))
        self.day, self.story, self.script = Chooser(), QLabel(), QPlainTextEdit()
        self.day.setSizeAdjustPolicy(Chooser.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.start_button = TextButton(mark("Start"), self.run, icon="run", role="primary")
        self.stop_button = TextButton(mark("Stop"), self.view_model.stop, icon="stop")
        self.pause_button = TextButton(mark("Pause"), self.view_model.toggle_pause, icon="pause")
        self.word, self.market_time, self.address = QLabel(), QLabel(), QLabel()
        self.copy_button = IconButton("copy", mark("Copy the address"), self.copy_address)
        self._shown: tuple[bool, bool, bool] | None = None
        self._declare_actions()
        self._build()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)

    def run(self) -> None:
        """Start it as the form says."""
        self.errors.clear()
        try:
            self.view_model.start()
        except StrategyTesterError as error:
            self.errors.show_error(error)

    def copy_address(self) -> None:
        """Put the address on the clipboard, for other programs that speak Bybit v5."""
        state = self.view_model.state
        if state is not None:
            QGuiApplication.clipboard().setText(state.address)
            self._context.workbench.message.emit(tr("The address was copied."))

    def _declare_actions(self) -> None:
        model, context = self.view_model, self._context
        context.actions.add(
            Action(
                "practice.open", mark("Practice exchange…"),
                lambda: context.docks.show("practice", focus=True), "run", (), "access-point",
                synonyms=("live", "simulated exchange", "demo", "rehearse"),
            ),
            Action(
                "practice.start", mark("Start the practice exchange"), self.run, "run", (), "run",
                is_enabled=lambda: model.state is None and not model.is_starting,
            ),
            Action(
                "practice.stop", mark("Stop the practice exchange"), model.stop, "run", (), "stop",
                is_enabled=lambda: model.state is not None,
            ),
            Action(
                "practice.pause", mark("Practice exchange: pause or go on"), model.toggle_pause, "run", (), "pause",
                is_enabled=lambda: model.state is not None, is_checked=lambda: model.is_paused,
            ),
        )  # fmt: skip

    # --- layout

    def _build(self) -> None:
        self.symbols.setUniformItemSizes(True)
        self.start.setTimeZone(QTimeZone.utc())
        self.start.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.start.setCalendarPopup(True)
        self.start.setFont(theme.figures_font())
        self.speed.setRange(0, STEPS)
        self.speed_text.setFont(theme.figures_font())
        self.speed_text.setMinimumWidth(self.speed_text.fontMetrics().horizontalAdvance("1 000×"))
        self.speed_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.seed.setRange(0, _MOST_SEED)
        for one in DAYS:
            self.day.addItem(one.title, one.key)
        self.story.setWordWrap(True)
        self.story.setProperty("role", "muted")
        self.script.setFont(_fixed_font())
        self.script.setFixedHeight(self.script.fontMetrics().height() * 6 + theme.step(3))
        page = QWidget()
        column = page_layout(page)
        column.addWidget(self._state_card())
        column.addLayout(self._fields())
        column.addStretch(1)
        self.form = PageScroll(page)
        layout = page_layout(self)
        layout.addWidget(self.errors)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.form, 1)
        self.buttons = QWidget()
        row = row_layout(stretch=False)
        row.setContentsMargins(0, 0, 0, 0)
        self.buttons.setLayout(row)
        row.addWidget(self.start_button, 1)
        row.addWidget(self.pause_button)
        row.addWidget(self.stop_button)
        layout.addWidget(self.buttons)

    def _state_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setSpacing(theme.step(1))
        bold = self.word.font()
        bold.setBold(True)
        self.word.setFont(bold)
        self.market_time.setFont(theme.figures_font())
        self.address.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.address.setFont(_fixed_font())
        self.address_row = QWidget()
        address = row_layout(self.address, self.copy_button)
        address.setContentsMargins(0, 0, 0, 0)
        self.address_row.setLayout(address)
        note = TextLabel(SYNTHETIC, "muted")
        note.setWordWrap(True)
        column.addLayout(row_layout(Dot("replay"), self.word))
        column.addWidget(self.market_time)
        column.addWidget(self.address_row)
        column.addWidget(note)
        return card

    def _fields(self) -> QVBoxLayout:
        """Titles above their fields: the panel is narrow."""
        slider = row_layout(stretch=False)
        slider.addWidget(self.speed, 1)
        slider.addWidget(self.speed_text)
        column = QVBoxLayout()
        column.setSpacing(theme.step(1))
        for title, fields, buddy in (
            (mark("Symbols"), (self.symbols,), self.symbols),
            (mark("Begin (UTC)"), (self.begin_late, self.start), self.start),
            (mark("Speed"), (slider, self.presets), self.speed),
            (mark("Day"), (self.day, self.story, self.script), self.day),
            (mark("Seed"), (self.seed,), self.seed),
        ):
            label = TextLabel(title)
            label.setBuddy(buddy)
            column.addWidget(label)
            for field in fields:
                if isinstance(field, QWidget):
                    column.addWidget(field)
                else:
                    column.addLayout(field)
            column.addSpacing(theme.step(1))
        return column

    # --- what changes

    def _connect(self) -> None:
        model = self.view_model
        model.state_changed.connect(self._show_state)
        model.symbols_changed.connect(self._show_symbols)
        model.ended.connect(self._tell_end)
        self._context.live.failed.connect(self._show_failure)
        self.symbols.itemChanged.connect(lambda _item: self._take_symbols())
        self.begin_late.toggled.connect(lambda _on: self._take_start())
        self.start.dateTimeChanged.connect(lambda _moment: self._take_start())
        self.speed.valueChanged.connect(lambda place: self._set_speed(speed_of(place)))
        self.seed.valueChanged.connect(lambda seed: model.put(seed=seed))
        self.day.activated.connect(lambda place: self._take_day(str(self.day.itemData(place))))
        self.script.textChanged.connect(lambda: model.put(script=self.script.toPlainText()))
        self._show_wishes()
        self._show_symbols()

    def _show_wishes(self) -> None:
        wishes = self.view_model.wishes
        fields = (self.seed, self.script, self.day)
        blockers = [QSignalBlocker(field) for field in fields]
        self.seed.setValue(wishes.seed)
        self.script.setPlainText(wishes.script)
        self.day.setCurrentIndex(max(self.day.findData(wishes.day), 0))
        for blocker in blockers:
            blocker.unblock()
        self._show_speed()
        self._show_day()

    def _show_symbols(self) -> None:
        model = self.view_model
        names = model.symbols()
        blocker = QSignalBlocker(self.symbols)
        self.symbols.clear()
        for name in names:
            item = QListWidgetItem(name, self.symbols)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            is_on = not model.wishes.symbols or name in model.wishes.symbols
            item.setCheckState(Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)
        blocker.unblock()
        rows = min(max(len(names), 1), _LISTED_SYMBOLS)
        self.symbols.setFixedHeight(rows * max(self.symbols.sizeHintForRow(0), theme.step(5)) + theme.step(1.5))
        for widget in (self.form, self.buttons):
            widget.setVisible(bool(names))
        self.empty.setVisible(not names)
        self._show_start()
        self._show_state()

    def _show_start(self) -> None:
        model = self.view_model
        first, last = model.period_ms()
        moment = model.wishes.start_ms
        blockers = [QSignalBlocker(self.start), QSignalBlocker(self.begin_late)]
        if last > first:
            self.start.setDateTimeRange(_moment(first), _moment(last))
        self.start.setDateTime(_moment(model.usual_start_ms() if moment is None else moment))
        self.begin_late.setChecked(moment is None)
        self.start.setEnabled(moment is not None)
        for blocker in blockers:
            blocker.unblock()

    def _take_symbols(self) -> None:
        items = [self.symbols.item(row) for row in range(self.symbols.count())]
        chosen = [item.text() for item in items if item.checkState() is Qt.CheckState.Checked]
        self.view_model.put(symbols=() if len(chosen) == len(items) else tuple(chosen))
        self.start_button.setEnabled(bool(chosen) and not self.view_model.is_starting)
        self._show_start()

    def _take_start(self) -> None:
        own = None if self.begin_late.isChecked() else self.start.dateTime().toMSecsSinceEpoch()
        self.view_model.put(start_ms=own)
        self._show_start()

    def _set_speed(self, speed: float) -> None:
        self.view_model.set_speed(speed)
        self._show_speed()

    def _show_speed(self) -> None:
        speed = self.view_model.wishes.speed
        blocker = QSignalBlocker(self.speed)
        self.speed.setValue(place_of(speed))
        blocker.unblock()
        self.speed_text.setText(f"{numbers.format_number(speed, 0 if speed == int(speed) else 1)}×")
        buttons = self.presets.buttons
        chosen = next((button for code, button in buttons.items() if float(code) == speed), None)
        if chosen is not None:
            chosen.setChecked(True)
            return
        group = next(iter(buttons.values())).group()
        group.setExclusive(False)
        for button in buttons.values():
            button.setChecked(False)
        group.setExclusive(True)

    def _take_day(self, key: str) -> None:
        self.view_model.put(day=key)
        self._show_day()

    def _show_day(self) -> None:
        one = day(self.view_model.wishes.day)
        self.story.setText(tr(one.story))
        self.script.setVisible(one.key == OWN)

    def _show_failure(self, error: BaseException) -> None:
        self.errors.show_error(error)

    def _tell_end(self) -> None:
        text = tr("The practice exchange has reached the end of its data.")
        self._context.toast(text, kind="info", button=tr("Practice exchange"),
                            on_click=lambda: self._context.docks.show("practice"))  # fmt: skip

    def _show_state(self) -> None:
        model, state = self.view_model, self.view_model.state
        is_starting = model.is_starting
        is_running = state is not None and not is_starting
        self.word.setText(self._state_word())
        self.market_time.setVisible(is_running)
        self.address_row.setVisible(is_running)
        if state is not None:
            time = numbers.format_time(state.now_ms, seconds=True)
            self.market_time.setText(tr("Market time {time}", time=time))
            self.address.setText(state.address)
        has_symbols = bool(model.wishes.symbols) or bool(model.symbols())
        self.start_button.setText(tr("Start anew") if is_running else tr("Start"))
        self.start_button.setEnabled(has_symbols and not is_starting)
        self.pause_button.setVisible(is_running)
        self.stop_button.setVisible(is_running)
        self.pause_button.setText(tr("Go on") if model.is_paused else tr("Pause"))
        self.pause_button.setIcon(icons.icon("run" if model.is_paused else "pause"))
        now = (is_running, is_starting, model.is_paused)
        if now != self._shown:
            self._shown = now
            self._context.actions.refresh_only("practice.start", "practice.stop", "practice.pause")

    def _state_word(self) -> str:
        model, state = self.view_model, self.view_model.state
        if model.is_starting:
            return tr("Loading candles…")
        if state is None:
            return tr("Not running")
        if state.is_over:
            return tr("The data have ended")
        if model.is_paused:
            return tr("Paused")
        return tr("Running at {speed}×", speed=f"{state.speed:g}")

    def _write_texts(self) -> None:
        self.begin_late.setText(tr("A day before the data end"))
        self.seed.setToolTip(tr("Another seed makes up other trades and order books."))
        self.seed.setAccessibleName(tr("Seed"))
        self.speed.setAccessibleName(tr("Speed"))
        self.start.setAccessibleName(tr("Begin (UTC)"))
        self.symbols.setAccessibleName(tr("Symbols"))
        self.day.setAccessibleName(tr("Day"))
        self.script.setAccessibleName(tr("Own script"))
        for place, one in enumerate(DAYS):
            self.day.setItemText(place, tr(one.title))
        self.empty.set_texts(
            mark("There are no candles to replay yet."), mark("Make the practice market"),
            lambda: self._context.actions.trigger("data.practice_market"),
        )  # fmt: skip
        self._show_day()
        self._show_state()


def _moment(time_ms: int) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(time_ms, QTimeZone.utc())


def _fixed_font() -> QFont:
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
