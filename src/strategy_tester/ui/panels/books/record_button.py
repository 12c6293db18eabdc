"""The switch of a market's recording, with its size and rate while it runs; and the mark at the top of the window."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton

from strategy_tester.domain.market_events import Market
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.books.recordings import Recordings

if TYPE_CHECKING:
    from strategy_tester.services.record_market import RecordingState
    from strategy_tester.ui.view_context import ViewContext

ACTION = "market.record"


class RecordButton(QToolButton):
    """Starts and stops the recording of the panel's market.

    Args:
        context: The window's parts.
    """

    def __init__(self, context: "ViewContext") -> None:
        super().__init__()
        self.recordings = Recordings.of(context)
        self._market: Market | None = None
        self._is_brief = False
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.clicked.connect(self._toggle)
        self.recordings.changed.connect(self._show_state)
        theme.theme_changed.connect(self._show_state)
        declare_action(context)
        i18n.retranslate_now_and_later(self._show_state)

    def show_market(self, market: Market | None) -> None:
        """The panel shows another market."""
        self._market = market
        self._show_state()

    def set_brief(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Only the sign and the tooltip, where there is no room for figures."""
        if wanted != self._is_brief:
            self._is_brief = wanted
            self._show_state()

    def _toggle(self, _checked: bool = False) -> None:  # noqa: FBT001, FBT002  Qt's own signature
        if self._market is not None:
            self.recordings.toggle(self._market)
        self._show_state()

    def _show_state(self, _theme: object = None) -> None:
        state = self.recordings.state(self._market)
        self.setChecked(state is not None)
        self.setEnabled(self._market is not None)
        colors = theme.current_theme()
        self.setIcon(icons.icon("record-rec" if state is not None else "record-circle-outline", "danger"))
        danger = theme.readable(colors.danger, colors.selection)
        self.setStyleSheet(f"QToolButton {{ color: {danger}; }}" if state is not None else "")
        text = recording_text(state) if state is not None else ""
        self.setText("" if self._is_brief else text)
        title = tr("Stop recording") if state is not None else tr("Record the order book and trades")
        folder = str(state.folder) if state is not None and state.folder is not None else ""
        self.setToolTip("\n".join(filter(None, (title, text, folder))))
        self.setAccessibleName(title)


class RecordingMark(QLabel):
    """At the top of the window: that something is being recorded, wherever the panels are.

    Args:
        recordings: The window's recordings.
    """

    def __init__(self, recordings: Recordings) -> None:
        super().__init__()
        self._recordings = recordings
        recordings.changed.connect(self._show_state)
        theme.theme_changed.connect(self._show_state)
        i18n.retranslate_now_and_later(self._show_state)

    def _show_state(self, _theme: object = None) -> None:
        states = self._recordings.states()
        self.setVisible(bool(states))
        if not states:
            return
        colors = theme.current_theme()
        names = ", ".join(state.market.symbol for state in states)
        size = numbers.format_bytes(sum(state.bytes for state in states))
        color = theme.readable(colors.danger, colors.window)
        self.setText(f'<span style="color:{color}">● {tr("Recording")} {names} · {size}</span>')
        self.setToolTip("\n".join(str(state.folder) for state in states if state.folder is not None))


def declare_action(context: "ViewContext") -> None:
    """The action and the mark, once for the window."""
    if ACTION in context.actions:
        return
    recordings = Recordings.of(context)

    def toggle() -> None:
        series = context.workbench.links.main.series
        known = context.live.market_of(series)
        if series is None:
            return
        market = context.live.market(series.symbol, *((known.category,) if known is not None else ()))
        if market is not None:
            recordings.toggle(market)
        else:
            context.toast(tr("Nothing can be recorded while no exchange is listened to"), kind="warn")

    context.actions.add(
        Action(
            ACTION, mark("Record the order book and trades"), toggle, "file", (), "record-rec",
            is_checked=lambda: bool(recordings.states()), synonyms=("recording", "parquet", "tape"),
        )
    )  # fmt: skip
    context.top_bar.add_widget(RecordingMark(recordings))


def recording_text(state: "RecordingState") -> str:
    """Size and rate of a recording: `1.2 MB · 35 kB/s`."""
    rate = tr("{size}/s", size=numbers.format_bytes(state.bytes_per_s))
    return f"{numbers.format_bytes(state.bytes)} · {rate}"
