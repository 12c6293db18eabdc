"""How live the connection is: a badge for panels, and the corner of the status bar with its menu."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from strategy_tester.domain.market_events import StreamState
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.exchange_words import exchange_words
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.desk import EXCHANGES, OFF, PRACTICE, LiveDesk
from strategy_tester.ui.live.words import TOKENS, TONES, latency_words, state_words

DOT, RING = "circle", "circle-outline"


def fill_connection_menu(menu: QMenu, desk: LiveDesk) -> None:
    """Every exchange there is to listen to, and a new connection."""
    menu.clear()
    for exchange in desk.choices():
        action = menu.addAction(tr(EXCHANGES[exchange]))
        action.setCheckable(True)
        action.setChecked(exchange == desk.exchange)
        if exchange == PRACTICE and desk.practice is None:
            action.setText(tr("Practice exchange…"))
            action.triggered.connect(lambda _on=False: desk.practice_wanted.emit())
        else:
            action.triggered.connect(lambda _on=False, exchange=exchange: desk.choose(exchange))
    menu.addSeparator()
    again = menu.addAction(icons.icon("refresh"), tr("Connect anew"))
    again.setEnabled(desk.is_on)
    again.triggered.connect(lambda _on=False: desk.reconnect())


class LiveBadge(QToolButton):
    """A dot and a word: how live what stands beside it is.

    Args:
        desk: Tells the connection's health.
        parent: Qt's parent.
    """

    def __init__(self, desk: LiveDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._note, self._problem = "", ""
        self._shown: tuple[str, str, str] | None = None
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(lambda: fill_connection_menu(self._menu, desk))
        self.setMenu(self._menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setObjectName("live-badge")
        self.setIconSize(QSize(theme.step(2.5), theme.step(2.5)))
        desk.health_changed.connect(self._take_change)
        desk.exchange_changed.connect(self._take_change)
        desk.practice_changed.connect(self.refresh)
        i18n.retranslate_now_and_later(self.refresh)

    def _take_change(self, _change: object) -> None:
        self.refresh()

    def set_note(self, note: str, problem: str = "") -> None:
        """Say something else than the connection's state, already translated; "" takes it back."""
        self._note, self._problem = note, problem
        self.refresh()

    def words(self) -> tuple[str, str]:
        """What it says, and the tone: "good", "warn", "danger" or "muted"."""
        health = self._desk.health
        if health.state is StreamState.LIVE and self._note:
            return self._note, "danger" if self._problem else "warn"
        return state_words(health), TONES[health.state]

    def hint(self) -> str:
        """The tooltip: where the data come from, and what is wrong."""
        health = self._desk.health
        parts = [self._desk.title, latency_words(health), exchange_words(health.reason), exchange_words(self._problem)]
        if self._desk.exchange == PRACTICE:
            parts.append(tr("Trades and order books are synthetic: made up so that they fit the stored candles."))
        return "\n".join(filter(None, parts))

    def refresh(self) -> None:
        """Show the state as it is now."""
        text, tone = self.words()
        hint = self.hint()
        if (text, tone, hint) == self._shown:
            return
        before, self._shown = self._shown, (text, tone, hint)
        if before is None or before[1] != tone:
            self.setIcon(icons.icon(RING if tone == "muted" else DOT, TOKENS[tone]))
            self.setProperty("tone", tone)
            theme.refresh_style(self)
        self.setText(text)
        self.setToolTip(hint)
        self.setAccessibleName(f"{tr('Connection')}: {text}")


class ConnectionButton(LiveBadge):
    """The same in the status bar, with the exchange's name and the latency."""

    def words(self) -> tuple[str, str]:
        """`Bybit 38 ms`, `Bybit: no data for 6 s`, `Offline`."""
        desk, health = self._desk, self._desk.health
        if desk.exchange == OFF:
            return tr("Offline"), "muted"
        if health.state is not StreamState.LIVE:
            return f"{desk.title} · {state_words(health)}", TONES[health.state]
        if desk.exchange == PRACTICE and (practice := desk.practice) is not None:
            if practice.is_over:
                return f"{desk.title} · {tr('the data have ended')}", "warn"
            return f"{desk.title} · {practice.speed:g}×", "good"
        return " · ".join(filter(None, (desk.title, latency_words(health)))), "good"
