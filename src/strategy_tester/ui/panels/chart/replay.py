"""Replay on a chart: a moment is chosen, the future is hidden, time goes on as fast as one likes.

While it is on, the view model's candles are the closed ones only, and the chart is given nothing else: whatever
computes on either of them knows the past alone. One clock moves every chart that takes part.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRandomGenerator, Qt, QTimer
from PySide6.QtWidgets import QToolButton

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestResult
from strategy_tester.services.jobs import Job
from strategy_tester.services.load_chart import ChartLine, chart_lines
from strategy_tester.services.replay import first_candles, read_feed
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts.countdown import now_ms
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.replay_marks import MomentPicker, OpenTradeBox, OpenTradeMarks, ReplayFrame
from strategy_tester.ui.charts.replay_player import PlayedSeries, ReplayPlayer
from strategy_tester.ui.charts.replay_signals import SignalMarks
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current
from strategy_tester.ui.panels.chart.replay_bar import WHOLE_RUN, ChooseBar, PlayBar
from strategy_tester.ui.panels.chart.replay_keys import KEYS, ReplayKeys
from strategy_tester.ui.panels.chart.replay_view import KeptView
from strategy_tester.ui.replay_clock import ReplayClock

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

OWNER = "replay"
LOOK_MS = 100
"""How often the countdown looks at the clock while it runs."""


class ReplayFeature(ChartFeature):
    """One chart's part in the replay."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.clock = ReplayClock.of(panel.context)
        self.player: ReplayPlayer | None = None
        self.is_in = False
        """Whether this chart takes part."""
        self._whole: Candles | None = None
        self._lines: list[ChartLine] = []
        self._kept: KeptView | None = None
        self._job: Job[Any] | None = None
        self._frame, self._keys = ReplayFrame(), ReplayKeys(self.clock)
        self._picker: MomentPicker | None = None
        self.button = QToolButton()
        self.choose_bar = ChooseBar(self.start_at, self.start_random, self.give_up)
        self.play_bar = PlayBar(self.clock, self.jump_to_event)
        self._looks = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._looks.timeout.connect(self._look_at_countdown)
        self._build()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)
        if self.clock.wants(panel):
            QTimer.singleShot(0, self, self._follow_clock)  # the panel is not finished yet

    def _build(self) -> None:
        self.button.setIcon(icons.icon("skip-backward"))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.button.setCheckable(True)
        self.button.setObjectName("replay-button")
        self.button.clicked.connect(lambda _on=False: self.toggle())
        self.panel.header.addWidget(self.button)
        for bar in (self.choose_bar, self.play_bar):
            bar.hide()
            self.panel.foot.addWidget(bar)

    def _connect(self) -> None:
        clock, model = self.clock, self.panel.view_model
        clock.switched.connect(self._follow_clock)
        clock.changed.connect(self._follow_clock)
        clock.moved.connect(self._moved)
        model.candles_changed.connect(self._candles_changed)
        model.trade_wanted.connect(self._trade_wanted)
        self.panel.context.workbench.strategy_changed.connect(self._strategy_changed)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Replay in menus and palette; its other keys belong to the chart."""
        clock = ReplayClock.of(context)
        context.actions.note_keys(*KEYS)

        def is_on() -> bool:
            return clock.is_on

        actions = (
            Action(
                "chart.replay", mark("Replay"), on_current(context, cls, cls.toggle), "chart", (), "skip-backward",
                is_checked=is_on, synonyms=("bar replay", "practice", "backtest by hand", "visual mode"),
                help=mark("Hide the future from a moment on and let the market go by again."),
            ),
            Action("replay.play", mark("Replay: play or pause"), clock.toggle, "chart", (), "run", is_on),
            Action("replay.step", mark("Replay: one candle on"), clock.step, "chart", ("F12",), "skip-next", is_on),
            Action(
                "replay.next_event", mark("Replay: next trade or signal"),
                on_current(context, cls, lambda one: one.jump_to_event(1)), "chart", (), "arrow-right", is_on,
            ),
            Action(
                "replay.previous_event", mark("Replay: previous trade or signal"),
                on_current(context, cls, lambda one: one.jump_to_event(-1)), "chart", (), "arrow-left", is_on,
            ),
        )  # fmt: skip
        names = [action.id for action in actions]
        clock.switched.connect(lambda _on: context.actions.refresh_only(*names))
        QTimer.singleShot(0, clock, lambda: context.actions.refresh_only(*names))
        return actions

    # --- choosing a moment

    @property
    def is_choosing(self) -> bool:
        """Whether the user is asked for a moment."""
        return self._picker is not None

    def toggle(self) -> None:
        """Ask for a moment; while a replay is on, take part in it, or leave it."""
        if self.is_in:
            self.clock.stop()
        elif self.clock.is_on:
            self.clock.invite(self.panel)
        elif self.is_choosing:
            self.give_up()
        else:
            self.choose()
        self._show_bars()

    def choose(self) -> None:
        """Ask for the moment to begin at."""
        chart = self.panel.chart
        if chart.model.base is None or self.is_choosing:
            return
        self._picker = MomentPicker(chart.canvas, self.start_at, self.give_up)
        chart.canvas.tools.insert(0, self._picker)
        chart.canvas.overlay_painters.append(self._picker)
        times = chart.model.base.times
        self.choose_bar.field.show_moment(int(times[times.size // 2]))
        chart.setFocus()
        self._show_bars()

    def give_up(self) -> None:
        """No replay after all."""
        picker, self._picker = self._picker, None
        if picker is not None:
            canvas = self.panel.chart.canvas
            canvas.tools.remove(picker)
            canvas.overlay_painters.remove(picker)
            canvas.viewport().update()
        self._show_bars()

    def start_at(self, moment_ms: int) -> None:
        """Begin, or go on, at a moment."""
        self.give_up()
        base = self.panel.chart.model.base
        if base is not None and not self.clock.is_on:
            moment_ms = min(max(moment_ms, base.time_of(1)), base.time_of(base.last_slot + 1))
        self.clock.start(moment_ms, self.panel)
        self.panel.chart.setFocus()

    def start_random(self) -> None:
        """Begin somewhere in the middle of the data."""
        base = self.panel.chart.model.base
        if base is not None:
            first, end = base.size // 5, base.size * 9 // 10
            bar = QRandomGenerator.global_().bounded(first, max(end, first + 1))
            self.start_at(int(base.times[bar]) + base.step_ms)

    # --- in and out

    def _follow_clock(self, _on: object = None) -> None:
        wanted = self.clock.wants(self.panel)
        if wanted and not self.is_in:
            self._enter()
        elif self.is_in and not wanted:
            self._exit()
        self._show_bars()

    def _enter(self) -> None:
        self.give_up()
        self.is_in = True
        panel = self.panel
        self._kept = KeptView.of(panel.chart)
        panel.presenter = self
        panel.chart.canvas.frame_painters.append(self._frame)
        panel.chart.canvas.tools.append(self._keys)
        # What comes after the moment is on the chart until the past is ready.
        self._veil(True)
        self._load()

    def _exit(self) -> None:
        panel, model, kept = self.panel, self.panel.view_model, self._kept
        whole, self._whole = self._whole, None
        self.is_in = False
        self.player = self._job = self._kept = None
        panel.presenter = None
        canvas = panel.chart.canvas
        canvas.frame_painters.remove(self._frame)
        canvas.tools.remove(self._keys)
        self._veil(False)
        panel.chart.contribute(OWNER, None)
        self.clock.leave(panel)
        panel.chart.clock = now_ms
        if whole is not None:
            model.candles, model.lines = whole, self._lines
            self._lines = []
        shown = model.candles
        if shown is None or not len(shown):
            canvas.refresh()
            return
        panel.chart.set_candles(kept.candles if kept is not None and kept.fits(shown) else shown)
        panel.chart.set_lines(model.lines)
        panel.chart.set_trades(model.finished.result.trade_columns if model.finished else None)
        if kept is not None:
            kept.put_back(panel.chart)
        panel.candles_shown.emit()

    def _veil(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        canvas = self.panel.chart.canvas
        canvas.renderer.is_veiled = wanted
        canvas.refresh()

    # --- what is shown: the panel asks for it in place of its own way

    @property
    def known_until_ms(self) -> int:
        """The moment of the replay."""
        return self.clock.now_ms

    def show_candles(self) -> None:
        """The view model has other candles."""
        self._load()

    def show_lines(self) -> None:
        """The view model's lines are over the candles it knows, the closed ones: here they come from the whole."""

    def _strategy_changed(self, _content: object) -> None:
        model, whole = self.panel.view_model, self._whole
        if self.player is None or whole is None or self._job is not None:
            return
        finished, content = model.finished, self._content()
        self._start(lambda: _lines_over(whole, finished, content), self._take_lines)

    def _content(self) -> dict[str, Any] | None:
        """The strategy whose lines belong on this chart beside those of a shown backtest."""
        is_main = self.panel.view_model.link.is_main
        return self.panel.context.workbench.strategy if is_main else None

    def _candles_changed(self) -> None:
        candles = self.panel.view_model.candles
        if self.is_in and (candles is None or not len(candles)):
            self.player = self._whole = self._job = None
            self.clock.leave(self.panel)

    def _load(self) -> None:
        """Make the view model's candles ready; until then the chart stays as it is."""
        model = self.panel.view_model
        whole, moment_ms = model.candles, self.clock.now_ms
        if whole is None or not len(whole):
            return
        # What was on the chart belongs to other candles from now on.
        self.player, self._whole = None, whole
        store, content = self.panel.context.services.candles, self._content()
        finished, chart_type = model.finished, self.panel.chart.model.chart_type

        def work() -> tuple[PlayedSeries, list[ChartLine]]:
            lines = _lines_over(whole, finished, content)
            result = finished.result if finished is not None and _is_of(finished.result, whole) else None
            return PlayedSeries(read_feed(whole, store), lines, result, moment_ms, chart_type), lines

        def take(found: tuple[PlayedSeries, list[ChartLine]]) -> None:
            self._take(found)
            if self._content() is not content:
                self._strategy_changed(None)  # another one was chosen meanwhile

        self._start(work, take)

    def _start(self, work: Any, take: Any) -> None:
        job = self.panel.context.jobs.start(
            tr("Preparing the replay"),
            lambda _checkpoint: work(),
            on_done=lambda found: self._arrived(job, found, take),
            on_failed=self._failed,
            group=f"replay-{id(self)}",
        )
        self._job = job

    def _failed(self, error: BaseException) -> None:
        """A chart that could not be made ready would show the future: then rather no replay."""
        self.clock.stop()
        self.panel.errors.show_error(error)

    def _arrived(self, job: Job[Any], found: Any, take: Any) -> None:
        if job is self._job and self.is_in:
            self._job = None
            take(found)

    def _take(self, found: tuple[PlayedSeries, list[ChartLine]]) -> None:
        played, self._lines = found
        panel = self.panel
        self.player = ReplayPlayer(panel.chart, played)
        marks, signals = OpenTradeMarks(self.player), SignalMarks(self.player)
        self.clock.join(panel, played.feed)
        panel.chart.contribute(OWNER, Contribution(
            [OpenTradeBox(self.player)], [marks, signals], legend=lambda bar: marks.legend(bar) + signals.legend(bar)
        ))  # fmt: skip
        self._show_now(self.player)
        self._veil(False)
        view = panel.chart.model.view
        view.show_end(view.span)
        panel.chart.canvas.refresh()
        panel.chart.clock = lambda: float(self.clock.now_ms)
        self._show_bars()
        if played.timeline is not None and self.clock.starter is panel:
            panel.context.workbench.message.emit(tr(WHOLE_RUN))

    def _take_lines(self, lines: list[ChartLine]) -> None:
        if self.player is not None:
            self._lines = lines
            self.player.played.replace_lines(lines, self.player.now_ms)
            self.player.show_lines()

    # --- time goes on

    def _show_now(self, player: ReplayPlayer) -> None:
        self._tell_candles(player)
        player.show(self.clock.now_ms)
        self.panel.candles_shown.emit()

    def _tell_candles(self, player: ReplayPlayer) -> None:
        """The view model's candles are the closed ones, before anybody hears of them."""
        feed, model = player.played.feed, self.panel.view_model
        closed = feed.at(self.clock.now_ms).closed
        if model.candles is None or len(model.candles) != closed or model.candles is self._whole:
            model.candles = first_candles(feed.candles, closed)

    def _moved(self, moment_ms: int) -> None:
        if not self.is_in:
            return
        player = self.player
        if player is not None:
            known = player.known
            self._tell_candles(player)
            if player.go_to(moment_ms):
                self.panel.candles_shown.emit()
            elif player.known is not known:
                self.panel.chart.canvas.refresh()
            if not self._looks.isActive():
                self._looks.start()
        if self.play_bar.isVisible():
            self.play_bar.show_moment()

    def jump_to_event(self, direction: int) -> None:
        """Go to the next fill, exit or refused order of the shown backtest, or with -1 to the one before."""
        timeline = self.player.played.timeline if self.player is not None else None
        if timeline is None:
            return
        find = timeline.next_moment if direction > 0 else timeline.previous_moment
        moment = find(self.clock.now_ms)
        if moment is not None:
            self.clock.pause()
            self.clock.jump(moment)

    def _trade_wanted(self, position: int) -> None:
        if self.player is not None and position >= self.player.known.closed:
            known = any(trade.number == position for trade in self.player.known.open)
            text = (
                mark("This trade is still open at the moment of the replay.")
                if known
                else mark("This trade lies after the moment of the replay.")
            )
            self.panel.context.workbench.message.emit(tr(text))

    # --- looks

    def _look_at_countdown(self) -> None:
        if self.is_in:
            self.panel.chart.countdown.look()

    def _show_bars(self) -> None:
        is_bearer = self.is_in and self.clock.starter is self.panel
        self.choose_bar.setVisible(self.is_choosing)
        self.play_bar.setVisible(is_bearer)
        self.button.setChecked(self.is_in or self.is_choosing)
        if is_bearer:
            self.play_bar.show_clock()
            self.play_bar.show_events(has_run=self.player is not None and self.player.played.timeline is not None)

    def _write_texts(self) -> None:
        self.button.setText(tr("Replay"))
        self.button.setToolTip(tr("Hide the future from a moment on and let the market go by again."))
        self.button.setAccessibleName(tr("Replay"))


def _lines_over(whole: Candles, finished: FinishedBacktest | None, content: dict[str, Any] | None) -> list[ChartLine]:
    """The strategy's lines over all candles. Indicators look back only, so their first values are those of then."""
    if finished is not None and (content is None or finished.request.strategy == content):
        return [line for line in finished.lines if len(line.values) == len(whole)]
    return [] if content is None else chart_lines(content, whole)


def _is_of(result: BacktestResult, whole: Candles) -> bool:
    """Whether a result belongs to exactly these candles."""
    times = result.open_time_ms
    return len(times) == len(whole) and (not len(times) or int(times[0]) == int(whole.open_time_ms[0]))
