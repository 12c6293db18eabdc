"""A chart of the exchange that is listened to: brought up to now, then fed, with a badge that says how live it is."""

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.market_events import Market
from strategy_tester.services.jobs import Checkpoint, Job
from strategy_tester.services.live_candles import CandleChange
from strategy_tester.services.load_chart import ChartLine, chart_lines
from strategy_tester.services.market_source import Subscription
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.countdown import now_ms
from strategy_tester.ui.charts.preparation import Preparation
from strategy_tester.ui.charts.series import PreparedCandles
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.badge import LiveBadge
from strategy_tester.ui.live.desk import PRACTICE
from strategy_tester.ui.live.keeper import LiveKeeper
from strategy_tester.ui.live.recent import Recent, bring_up_to_now
from strategy_tester.ui.live.visible import Visible
from strategy_tester.ui.panels.chart.features import ChartFeature
from strategy_tester.ui.panels.chart.live_series import ROOM, LiveSeries
from strategy_tester.ui.replay_clock import ReplayClock

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel

FIRST_RETRY_MS, LONGEST_RETRY_MS = 2000, 60_000
REST_FACTOR = 4
"""After the strategy's lines took so long, wait this many times as long: a fifth of one core at most."""


class LiveFeature(ChartFeature):
    """Feeds one chart while it is in sight and its market belongs to the exchange that is listened to."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.desk = panel.context.live
        self.live: LiveSeries | None = None
        """What is on the chart while it is fed."""
        self._keeper = LiveKeeper.of(panel.context)
        self._is_kept = False
        self.badge = LiveBadge(self.desk)
        panel.header.addWidget(self.badge)
        self._set_badge(shown=False)
        self._market: Market | None = None
        self._asking: Job[Any] | None = None
        self._asked_for: Candles | None = None
        self._subscription: Subscription | None = None
        self._line_work = Preparation(self)
        self._are_lines_due = False
        self._drawn_content: dict[str, Any] | None = None
        self._retry, self._rest_of_lines = QTimer(self, singleShot=True), QTimer(self, singleShot=True)
        self._retry.setInterval(FIRST_RETRY_MS)
        self._retry.timeout.connect(self.look)
        self._rest_of_lines.timeout.connect(self._next_lines)
        self._replay = ReplayClock.of(panel.context)
        self._visible = Visible(panel, self.look, self.look)
        self._connect()

    def _connect(self) -> None:
        panel, model = self.panel, self.panel.view_model
        self.desk.exchange_changed.connect(self._take_exchange)
        self.desk.health_changed.connect(self._take_health)
        model.series_changed.connect(self.look)
        model.candles_changed.connect(self.look)
        model.loading_started.connect(self.look)
        panel.chart.candles_shown.connect(self._take_shown)
        # Bound methods: these senders outlive the chart.
        panel.context.workbench.strategy_changed.connect(self._make_lines)
        # Made before the replay's own feature: the live market is off the chart before a replay takes its candles.
        self._replay.switched.connect(self.look)
        self._replay.changed.connect(self.look)

    @property
    def is_fed(self) -> bool:
        """Whether the chart follows the market."""
        return self._subscription is not None

    # --- when

    def look(self) -> None:
        """Begin, go on, or stop, as things are now."""
        market = self.desk.market_of(self.panel.view_model.series)
        self._show_badge(market)
        if not self._is_wanted(market):
            self._stop()
        elif market != self._market or not self._is_same_series():
            self._stop()
            self._ask(market)

    def _is_wanted(self, market: Market | None) -> bool:
        model = self.panel.view_model
        candles, key = model.candles, model.series
        if not self._visible.is_shown or not self.desk.serves(market) or self._replay.wants(self.panel):
            return False
        return (
            key is not None and candles is not None and len(candles) > 0 and not model.is_loading
            and (candles.symbol, candles.timeframe, candles.source) == (key.symbol, key.timeframe, key.source)
        )  # fmt: skip

    def _is_same_series(self) -> bool:
        """Whether what is fed, or asked for, is what the chart shows."""
        if self._asking is not None:
            return self._asked_for is self.panel.view_model.candles
        live = self.live
        return live is not None and self.panel.chart.model.candles is live.prepared

    def _show_badge(self, market: Market | None) -> None:
        wanted = self.desk.serves(market) and not self._replay.wants(self.panel)
        if wanted == self.badge.isHidden():
            self._set_badge(shown=wanted)
            self.panel.bar.arrange()

    def _set_badge(self, *, shown: bool) -> None:
        place = self.badge.parentWidget()
        for widget in (self.badge, place):
            if widget is not None:
                widget.setVisible(shown)  # an empty place takes room too

    def _take_exchange(self, _exchange: str) -> None:
        self._stop()
        model = self.panel.view_model
        market = self.desk.market_of(model.series)
        if market is not None and market.exchange == PRACTICE:
            # Another practice exchange begins at another moment: what it told before is not its past.
            model.reload()
        self._retry.setInterval(FIRST_RETRY_MS)
        self.look()

    def _take_health(self, _health: object) -> None:
        self.panel.chart.set_price_old(is_old=self.is_fed and not self.desk.is_fresh)

    def _stop(self) -> None:
        self._retry.stop()
        self.panel.chart.set_price_old(is_old=False)
        self.panel.view_model.is_live = False
        self._asking = None
        self._asked_for = None
        self._market = None
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.cancel()
        live, self.live = self.live, None
        if live is None:
            return
        self._line_work.cancel()
        panel, model = self.panel, self.panel.view_model
        panel.chart.clock = now_ms
        if model.finished is not None:
            # Whoever shows the backtest again finds it over the candles it saw.
            model.candles, model.lines = model.finished.candles, model.finished.lines
        has_forming = panel.chart.model.candles is live.prepared and len(live.prepared) > live.closed
        if has_forming and self._visible.is_shown and not self._replay.wants(panel):
            # Nobody tells any more how the last bar goes on: it is no candle.
            self._put_on_chart(model.candles)

    # --- up to now

    def _ask(self, market: Market | None) -> None:
        known, source = self.panel.view_model.candles, self.desk.source
        if market is None or known is None or source is None:
            return
        self._market, self._asked_for = market, known
        services, chart_type = self.panel.context.services, self.panel.chart.model.chart_type
        can_store = market.exchange != PRACTICE

        def work(checkpoint: Checkpoint) -> tuple[Recent, PreparedCandles]:
            recent = bring_up_to_now(services, source, market, known, can_store=can_store, checkpoint=checkpoint)
            return recent, series.prepare(recent.candles, room=ROOM, chart_type=chart_type)

        job = self.panel.context.jobs.start(
            tr("Bringing {market} up to now", market=str(market)),
            work,
            on_done=lambda found: self._take_recent(job, *found),
            on_failed=lambda error: self._fail(job, error),
            group=f"live-{id(self)}",
            is_quiet=self._is_short(known, source.page_limit),
        )
        self._asking = job
        self.badge.set_note(tr("Loading…"))

    def _is_short(self, known: Candles, page: int) -> bool:
        """Whether one answer of the exchange will do: nothing worth a line in the list of jobs."""
        frame = known.timeframe
        return frame is not None and self.desk.now_ms() - int(known.open_time_ms[-1]) < page * frame.milliseconds

    def _fail(self, job: Job[Any], error: BaseException) -> None:
        if job is not self._asking:
            return
        self._stop()
        self.badge.set_note(tr("Not reached"), str(error))
        self.panel.errors.show_error(error)
        self._retry.start()
        self._retry.setInterval(min(self._retry.interval() * 2, LONGEST_RETRY_MS))

    def _take_recent(self, job: Job[Any], recent: Recent, prepared: PreparedCandles) -> None:
        if job is not self._asking:
            return
        self._asking = None
        panel, model = self.panel, self.panel.view_model
        panel.errors.clear()
        self.badge.set_note("")
        self.live, self._is_kept = LiveSeries(panel.chart, prepared, recent.candles), recent.is_kept
        model.take_newer(recent.candles)
        if recent.is_stored:
            panel.context.workbench.candles.forget()
            panel.context.workbench.refresh_stored()
        if recent.hole_bars:
            text = tr("{count} candles are missing before these. Download them in Data.", count=recent.hole_bars)
            panel.context.workbench.message.emit(text)
        panel.linked.keep_moment(recent.candles)
        self._put_on_chart(prepared)

    def _put_on_chart(self, candles: Candles | PreparedCandles | None) -> None:
        panel, model = self.panel, self.panel.view_model
        panel.chart.set_candles(candles)
        panel.chart.set_lines(model.lines)
        panel.chart.set_trades(model.finished.result.trade_columns if model.finished else None)
        self._drawn_content = None
        panel.candles_shown.emit()

    def _take_shown(self) -> None:
        live, market = self.live, self._market
        if live is None or self.panel.chart.model.candles is not live.prepared:
            self.look()
            return
        if self._subscription is None and market is not None and live.prepared.timeframe is not None:
            self._retry.setInterval(FIRST_RETRY_MS)
            self._subscription = self.desk.follow(market, live.prepared.timeframe, live.last_final_ms, self._take)
            self.panel.chart.clock = lambda: float(self.desk.now_ms())
            self._take_health(self.desk.health)
            self.panel.view_model.is_live = True
            self._make_lines()

    # --- what the market says

    def _take(self, changes: list[CandleChange]) -> None:
        live = self.live
        if live is None:
            return
        has_closed = live.take(changes)
        if has_closed is None:
            self._stop()
            self.look()
        elif has_closed:
            self.panel.view_model.take_newer(live.closed_candles())
            if self._is_kept and self._market is not None and live.prepared.timeframe is not None:
                self._keeper.note(self._market, live.prepared.timeframe)
            self._make_lines()

    # --- lines of the strategy, over closed candles only

    def _make_lines(self) -> None:
        self._are_lines_due = self.live is not None
        if not self._line_work.is_running and not self._rest_of_lines.isActive():
            self._next_lines()

    def _next_lines(self) -> None:
        live, model = self.live, self.panel.view_model
        content = self.panel.context.workbench.strategy if model.link.is_main else None
        if live is None or content is None or not self._are_lines_due or self._line_work.is_running:
            return
        self._are_lines_due = False
        candles, begun = live.closed_candles(), time.monotonic()

        def arrived(lines: list[ChartLine]) -> None:
            if live is self.live:
                self._show_lines(content, lines)
            self._rest_of_lines.start(round(REST_FACTOR * 1000 * (time.monotonic() - begun)))

        self._line_work.start(lambda: _lines(content, candles), arrived)

    def _show_lines(self, content: dict[str, Any], lines: list[ChartLine]) -> None:
        chart, model = self.panel.chart, self.panel.view_model
        model.lines = lines
        shown, drawn, self._drawn_content = chart.model.lines, self._drawn_content, content
        if drawn != content or [line.title for line in shown] != [line.title for line in lines]:
            chart.set_lines(series.prepare_lines(lines, room=ROOM))
            return
        # Indicators look back only: what was drawn before stays as it is.
        for old, new in zip(shown, lines, strict=True):
            for value in new.values[len(old) :]:
                old.append(float(value))
        chart.canvas.refresh()


def _lines(content: dict[str, Any], candles: Candles) -> list[ChartLine]:
    """The strategy's lines; none while it has a fault: its own panel tells that."""
    from strategy_tester.domain.errors import InputError

    series.warm_up()
    try:
        return chart_lines(content, candles)
    except InputError:
        return []
