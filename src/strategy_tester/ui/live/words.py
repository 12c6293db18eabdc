"""How a connection is doing, in a few words."""

from strategy_tester.domain.market_events import StreamHealth, StreamState
from strategy_tester.ui.i18n import tr

TONES = {
    StreamState.LIVE: "good",
    StreamState.CONNECTING: "warn",
    StreamState.STALE: "warn",
    StreamState.LOST: "danger",
    StreamState.CLOSED: "muted",
}
"""What a state means: a tone of the style sheet."""
TOKENS = {"good": "up", "warn": "warn", "danger": "danger", "muted": "muted"}
"""The theme's color of each tone, for dots."""


def state_words(health: StreamHealth) -> str:
    """`Live`, `No data for 6 s`, `Reconnecting in 3 s`: the state, with what changes from second to second."""
    if health.state is StreamState.LIVE:
        return tr("Live")
    if health.state is StreamState.STALE:
        return tr("No data for {seconds} s", seconds=round(health.silent_ms / 1000.0))
    if health.state is StreamState.LOST:
        if health.retry_in_s is None:
            return tr("Connection lost")
        return tr("Reconnecting in {seconds} s", seconds=max(round(health.retry_in_s), 1))
    if health.state is StreamState.CONNECTING:
        return tr("Connecting…")
    return tr("Not in use")


def latency_words(health: StreamHealth) -> str:
    """Age of the latest message, `38 ms`; empty while it is not known."""
    return "" if health.latency_ms is None else tr("{milliseconds} ms", milliseconds=round(health.latency_ms))
