"""The recordings of a window: started and stopped by the user, heard from the live desk, written off the UI thread."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.domain.market_events import Market, StreamHealth, StreamState
from strategy_tester.locations import data_folder
from strategy_tester.services.market_source import Subscription
from strategy_tester.services.record_market import MarketRecorder, RecordingState
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.desk import book_topic, trade_topic
from strategy_tester.ui.panels.books.feed import BOOK_DEPTH

if TYPE_CHECKING:
    from strategy_tester.ui.view_context import ViewContext

FOLDER_KEY = "recordings.folder"
"""Setting: where recordings go; beside the database when left out."""
_TELL_MS = 500


class Recordings(QObject):
    """What is being recorded. One for all panels: `Recordings.of(context)`."""

    changed = Signal()
    """A recording began or ended, or has grown; twice a second."""

    def __init__(self, context: "ViewContext") -> None:
        super().__init__(context.live)
        self._context, self._desk = context, context.live
        self._running: dict[Market, tuple[MarketRecorder, list[Subscription]]] = {}
        self._ticks = QTimer(self, interval=_TELL_MS)
        self._ticks.timeout.connect(self._look)
        self._was_live = True
        self._desk.exchange_changed.connect(self._exchange_changed)
        self._desk.health_changed.connect(self._health_changed)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.stop_all)

    @classmethod
    def of(cls, context: "ViewContext") -> "Recordings":
        """The recordings of a window."""
        found = next((child for child in context.live.children() if isinstance(child, cls)), None)
        return found or cls(context)

    @property
    def root(self) -> Path:
        """The folder of all recordings."""
        chosen = self._context.settings.get(FOLDER_KEY)
        return Path(chosen) if isinstance(chosen, str) and chosen else data_folder() / "recordings"

    def states(self) -> list[RecordingState]:
        """How each of them is doing."""
        return [recorder.state() for recorder, _ in self._running.values()]

    def state(self, market: Market | None) -> RecordingState | None:
        """How the recording of a market is doing; None while it is not recorded."""
        running = self._running.get(market) if market is not None else None
        return running[0].state() if running is not None else None

    def toggle(self, market: Market) -> None:
        """Start or stop recording a market."""
        if market in self._running:
            self.stop(market)
        else:
            self.start(market)

    def start(self, market: Market) -> None:
        """Record a market of the chosen exchange from now on."""
        if market in self._running or not self._desk.serves(market):
            return
        recorder = MarketRecorder(self.root, market)
        held = [
            self._desk.subscribe(trade_topic(market), recorder.take),
            self._desk.subscribe(book_topic(market, BOOK_DEPTH), recorder.take),
        ]
        self._running[market] = (recorder, held)
        self._ticks.start()
        self.changed.emit()

    def stop(self, market: Market) -> None:
        """Record a market no longer; what was heard is written in the background."""
        running = self._running.pop(market, None)
        if running is None:
            return
        recorder, held = running
        for subscription in held:
            subscription.cancel()
        recorder.ask_to_stop()
        if not self._running:
            self._ticks.stop()
        self.changed.emit()
        self._tell_end(recorder.state())

    def stop_all(self) -> None:
        """End every recording and wait until all of it is written: the program ends."""
        running, self._running = self._running, {}
        for recorder, held in running.values():
            for subscription in held:
                subscription.cancel()
            recorder.ask_to_stop()
        for recorder, _ in running.values():
            recorder.stop()
        self._ticks.stop()

    def _look(self) -> None:
        for market, (recorder, _) in list(self._running.items()):
            if not recorder.state().is_running:
                self.stop(market)
        self.changed.emit()

    def _tell_end(self, state: RecordingState) -> None:
        if state.error is not None:
            self._context.toast(tr("Recording ended: {reason}", reason=_reason(state.error)), kind="danger")
        elif state.folder is not None:
            text = tr("Recorded {size} of {symbol}", size=numbers.format_bytes(state.bytes), symbol=state.market.symbol)
            self._context.toast(text)

    def _health_changed(self, health: StreamHealth) -> None:
        is_live = health.state is StreamState.LIVE
        if self._was_live and not is_live:
            for recorder, _ in self._running.values():
                recorder.note_gap(health.reason or health.state.value)
        self._was_live = is_live

    def _exchange_changed(self, _exchange: str) -> None:
        for market, (recorder, _) in list(self._running.items()):
            if self._desk.serves(market):
                recorder.note_gap("the connection was made anew")
            else:
                self.stop(market)


def _reason(error: StrategyTesterError) -> str:
    return f"{error} {error.hint}".strip()
