"""The connection in the window: a corner of the status bar, actions, and a word when it is lost for long."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from strategy_tester.domain.market_events import StreamHealth, StreamState
from strategy_tester.ui.actions import Action
from strategy_tester.ui.exchange_words import exchange_words
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.live.badge import ConnectionButton
from strategy_tester.ui.live.desk import OFF, PRACTICE, LiveDesk
from strategy_tester.ui.replay_clock import ReplayClock

if TYPE_CHECKING:
    from strategy_tester.ui.status_bar import StatusBar
    from strategy_tester.ui.view_context import ViewContext

LOST_MS = 10_000
"""A connection that is away for longer is worth a word."""


class ConnectionWatch(QObject):
    """Says once when the connection is away for long, and once when it is back.

    Args:
        desk: Tells its health.
        context: Shows toasts and the environment.
    """

    def __init__(self, desk: LiveDesk, context: "ViewContext") -> None:
        super().__init__(desk)
        self._desk, self._context = desk, context
        self._has_told = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOST_MS)
        self._timer.timeout.connect(self._tell_lost)
        desk.health_changed.connect(self._take_health)
        desk.exchange_changed.connect(self._take_exchange)
        desk.failed.connect(self._tell_failure)
        # After the clock itself has set the word: a replay that ends leaves a practice exchange running.
        ReplayClock.of(context).switched.connect(lambda on: None if on else self._show_environment())
        desk.practice_wanted.connect(lambda: context.workbench.panel_wanted.emit("practice"))

    def _take_health(self, health: StreamHealth) -> None:
        if health.state is StreamState.LIVE:
            self._timer.stop()
            if self._has_told:
                self._has_told = False
                self._context.toast(tr("{exchange}: the connection is back.", exchange=self._desk.title))
        elif health.state is StreamState.CLOSED:
            self._timer.stop()
        elif not self._timer.isActive() and not self._has_told:
            self._timer.start()

    def _show_environment(self) -> None:
        environment = {PRACTICE: "practice", "bybit-testnet": "testnet"}.get(self._desk.exchange, "backtest")
        self._context.status.set_environment(environment)

    def _take_exchange(self, _exchange: str) -> None:
        self._has_told = False
        if not self._desk.is_on:
            self._timer.stop()
        self._show_environment()
        # What an exchange told before it was changed is not known of the new one.
        self._context.workbench.candles.forget()
        self._context.workbench.stored_changed.emit()

    def _tell_lost(self) -> None:
        self._has_told = True
        reason = exchange_words(self._desk.health.reason)
        text = tr("{exchange}: no connection for {seconds} s.", exchange=self._desk.title, seconds=LOST_MS // 1000)
        self._context.toast(" ".join(filter(None, (text, reason))), kind="warn", button=tr("Connect anew"),
                            on_click=self._desk.reconnect)  # fmt: skip

    def _tell_failure(self, error: BaseException) -> None:
        self._context.toast(str(error), kind="danger")


def show_connection(context: "ViewContext", status: "StatusBar") -> None:
    """Let the window say how its live desk is doing, and let charts find what it offers."""
    desk, workbench = context.live, context.workbench
    workbench.live_series, workbench.live_markets = desk.live_series, desk.live_markets
    workbench.candles.ask_live = desk.candles_of
    ConnectionWatch(desk, context)
    if desk.choices() == [OFF]:
        return
    status.add_widget(ConnectionButton(desk, status))
    exchanges = {
        OFF: mark("Go offline"),
        "bybit": mark("Listen to Bybit"),
        "bybit-testnet": mark("Listen to the Bybit testnet"),
        "binance": mark("Listen to Binance"),
    }
    context.actions.add(
        *(
            Action(
                f"live.{name}", title, lambda name=name: desk.choose(name), "run",
                is_checked=lambda name=name: desk.exchange == name, synonyms=("live", "connect", "stream"),
            )
            for name, title in exchanges.items()
        ),
        Action("live.reconnect", mark("Connect anew"), desk.reconnect, "run", (), "refresh", lambda: desk.is_on),
    )  # fmt: skip
    names = [f"live.{name}" for name in exchanges] + ["live.reconnect"]
    desk.exchange_changed.connect(lambda _exchange: context.actions.refresh_only(*names))
