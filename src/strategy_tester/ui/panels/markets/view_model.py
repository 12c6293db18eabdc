"""State of the symbol list: the symbols of an exchange and category, live where they are in sight, asked for elsewhere.

A list of seven hundred symbols would fill the line with what nobody looks at: only rows in sight are subscribed, all
others are asked for together every ten seconds.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.domain.listings import Listing
from strategy_tester.domain.market_events import Category, Market, MarketEvent, StreamHealth, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Job
from strategy_tester.services.market_source import MarketSource, Subscription
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.watch_lists import WatchLists
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.linking import PanelLink
from strategy_tester.ui.live.desk import LiveDesk, ticker_topic
from strategy_tester.ui.live.visible import OncePerFrame
from strategy_tester.ui.panels.markets.model import MarketsModel
from strategy_tester.ui.panels.markets.rows import MarketRow, give_quote_rates
from strategy_tester.ui.workbench import Workbench

REFRESH_MS = 10_000
OLD_S = 25.0
"""Age from which figures that are asked for count as old: two requests were missed."""
UNCERTAIN = frozenset({StreamState.STALE, StreamState.LOST, StreamState.CONNECTING})
_PART = 200
Answer = list[Ticker] | StrategyTesterError
_USUAL_FRAME = Timeframe.H1


@dataclass(frozen=True)
class Board:
    """What an exchange says of a category: its symbols and their figures."""

    listings: list[Listing]
    tickers: list[Ticker]


class MarketsViewModel(QObject):
    """The rows, and where their figures come from.

    Args:
        workbench: Jobs and links.
        desk: Live data of the chosen exchange.
        link: The panel's link: a symbol chosen here goes to it.
        lists: Favorites and watch lists.
        parent: Qt's parent.
        clock: Seconds; a test's own.
    """

    page_changed = Signal()
    """There are rows now, or none any more, or they are being loaded."""
    health_changed = Signal()
    """Figures became doubtful or good again."""
    favorites_changed = Signal()
    rows_moved = Signal()
    """Other rows may stand in sight now."""
    failed = Signal(object)

    def __init__(
        self,
        workbench: Workbench,
        desk: LiveDesk,
        link: PanelLink,
        lists: WatchLists,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.workbench, self.desk, self.link, self.lists = workbench, desk, link, lists
        self._clock = clock
        self.model = MarketsModel(clock, self)
        self.category = Category.LINEAR
        self.is_loading = False
        self.health: StreamHealth = desk.health
        self.problem: BaseException | None = None
        """Why the figures of all symbols could not be asked for the last time."""
        self.refreshed_at = 0.0
        """When they were, by the clock."""
        self._is_shown = False
        self._wishes: dict[Market, Subscription] = {}
        self._heard: dict[Market, Ticker] = {}
        self._asked_for: list[Ticker] = []
        self._job: Job[Board] | None = None
        self._beat = OncePerFrame(self._take_heard, self)
        self._refreshing: Job[Answer] | None = None
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        desk.exchange_changed.connect(self._exchange_changed)
        desk.health_changed.connect(self._take_health)
        lists.listeners.append(self._lists_changed)

    # --- what is shown

    @property
    def rows(self) -> list[MarketRow]:
        """All symbols of the category, by name."""
        return list(self.model.rows)

    @property
    def is_doubtful(self) -> bool:
        """Whether the live figures may be old."""
        return self.desk.is_on and bool(self._wishes) and self.health.state in UNCERTAIN

    @property
    def age_s(self) -> float:
        """Seconds since all figures were asked for."""
        return self._clock() - self.refreshed_at if self.refreshed_at else 0.0

    def begin(self) -> None:
        """The list is in sight."""
        self._is_shown = True
        self._timer.start()
        if not self.model.total or self.age_s > OLD_S:
            self.load()
        else:
            self.refresh()

    def end(self) -> None:
        """Nobody sees it: nothing is listened to and nothing is asked."""
        self._is_shown = False
        self._timer.stop()
        self._refreshing = None
        self.see(())

    def close(self) -> None:
        """The panel is about to be deleted."""
        self.end()
        self._job = None
        if self._lists_changed in self.lists.listeners:
            self.lists.listeners.remove(self._lists_changed)

    def choose_category(self, category: Category) -> None:
        """Show another kind of markets."""
        if category is not self.category:
            self.category = category
            self._start_anew()

    def load(self) -> None:
        """Ask for the symbols and their figures."""
        if not self.desk.is_on:
            self.page_changed.emit()
            return
        desk, category, source = self.desk, self.category, self.desk.source
        if source is None:
            return
        self.is_loading = not self.model.total
        self.page_changed.emit()
        job = self.workbench.jobs.start(
            tr("Reading the symbols of {exchange}", exchange=desk.title),
            lambda _checkpoint: Board(source.listings(category), source.tickers(category)),
            on_done=lambda board: self._take_board(job, board),
            on_failed=lambda error: self._load_failed(job, error),
            on_cancelled=lambda: self._load_failed(job, None),
            group="markets-load",
            is_quiet=True,
        )
        self._job = job

    def refresh(self) -> None:
        """Ask for the figures of all symbols anew."""
        source = self.desk.source if self.desk.is_on else None
        if source is None or not self._is_shown:
            return
        if not self.model.total:
            if self._job is None:
                self.load()
            return
        if self._refreshing is not None:
            return
        category = self.category
        job = self.workbench.jobs.start(
            tr("Reading the prices of {exchange}", exchange=self.desk.title),
            lambda _checkpoint: _tickers_of(source, category),
            on_done=lambda answer: self._take_tickers(job, answer),
            on_failed=lambda error: self._take_tickers(job, error),
            on_cancelled=lambda: self._take_tickers(job, None),
            is_quiet=True,
        )
        self._refreshing = job

    # --- what is in sight

    def see(self, markets: Iterable[Market]) -> None:
        """Listen to exactly these."""
        wanted = dict.fromkeys(markets if self._is_shown and self.desk.is_on else ())
        for market in [known for known in self._wishes if known not in wanted]:
            self._wishes.pop(market).cancel()
            self._heard.pop(market, None)
            row = self.model.row_for(market)
            if row is not None:
                row.is_live = False
        for market in wanted:
            if market not in self._wishes:
                self._wishes[market] = self.desk.subscribe(ticker_topic(market), self._hear)

    @property
    def listened(self) -> set[Market]:
        """What is listened to."""
        return set(self._wishes)

    def _hear(self, events: list[MarketEvent]) -> None:
        for event in events:
            if isinstance(event, Ticker):
                self._heard[event.market] = event
        self._beat.wish()

    def _take_heard(self) -> None:
        heard, self._heard = self._heard, {}
        if self._asked_for:
            self._take_some()
        for market in heard:
            row = self.model.row_for(market)
            if row is not None:
                row.is_live, row.is_old = True, False
        self.model.take(list(heard.values()))

    # --- choosing

    def series_of(self, market: Market) -> SeriesKey:
        """The series a chart of the panel's group shows of a market: in the timeframe that group has."""
        group = self.link.groups.group(self.link.color)
        shown = group.series if group is not None else self.link.series
        return SeriesKey(market.symbol, shown.timeframe if shown is not None else _USUAL_FRAME, market.source)

    def choose(self, market: Market) -> None:
        """Let the linked charts show a market."""
        self.link.select(self.series_of(market))

    def toggle_favorite(self, market: Market) -> None:
        """Give a market a star, or take it away."""
        self.lists.toggle_favorite(market)

    # --- answers

    def _take_board(self, job: Job[Board], board: Board) -> None:
        if job is not self._job:
            return
        self._job, self.is_loading, self.problem = None, False, None
        tickers = {ticker.market: ticker for ticker in board.tickers}
        rows = [MarketRow(listing.market, listing, tickers.pop(listing.market, None)) for listing in board.listings]
        rows += [MarketRow(market, None, ticker) for market, ticker in tickers.items()]
        rows.sort(key=lambda row: row.name)
        give_quote_rates(rows)
        favorites = set(self.lists.favorites)
        for row in rows:
            row.is_favorite = row.entry in favorites
        self.refreshed_at = self._clock()
        self.model.set_rows(rows)
        self.page_changed.emit()
        self.rows_moved.emit()

    def _load_failed(self, job: Job[Board], error: BaseException | None) -> None:
        if job is not self._job:
            return
        self._job, self.is_loading, self.problem = None, False, error
        if error is not None:
            self.failed.emit(error)
        self.page_changed.emit()

    def _take_tickers(self, job: Job[Answer], answer: Answer | BaseException | None) -> None:
        if job is not self._refreshing:
            return
        self._refreshing = None
        if isinstance(answer, list):
            self.problem, self.refreshed_at = None, self._clock()
            self._asked_for = answer
            self._beat.wish()
        elif answer is not None:
            self.problem = answer
        self._note_age()
        self.health_changed.emit()

    def _take_some(self) -> None:
        """A part of the answer in each frame: all of it at once would be felt."""
        some, self._asked_for = self._asked_for[:_PART], self._asked_for[_PART:]
        self.model.take([ticker for ticker in some if self._is_newer(ticker)])
        if self._asked_for:
            self._beat.wish()
        else:
            give_quote_rates(self.model.rows)

    def _is_newer(self, ticker: Ticker) -> bool:
        row = self.model.row_for(ticker.market)
        return row is not None and (row.ticker is None or not row.is_live or ticker.time_ms > row.ticker.time_ms)

    def _take_health(self, health: StreamHealth) -> None:
        self.health = health
        self._note_age()
        self.health_changed.emit()

    def _note_age(self) -> None:
        """Mark rows whose figures are not of now."""
        doubtful, missed = self.is_doubtful, self.age_s > OLD_S
        for row in self.model.rows:
            row.is_old = doubtful if row.is_live else missed

    def _lists_changed(self) -> None:
        self.model.give_stars(set(self.lists.favorites))
        self.favorites_changed.emit()

    def _exchange_changed(self, _exchange: str) -> None:
        self._start_anew()

    def _start_anew(self) -> None:
        self._refreshing, self._asked_for = None, []
        self._job, self.problem, self.refreshed_at = None, None, 0.0
        self.see(())
        self.model.set_rows([])
        if self._is_shown:
            self.load()
        else:
            self.page_changed.emit()


def _tickers_of(source: MarketSource, category: Category) -> Answer:
    """The figures, or why there are none: what fails every ten seconds is no failed job every ten seconds."""
    try:
        return source.tickers(category)
    except StrategyTesterError as error:
        return error
