"""Keys that mean the replay while it is on and the chart has the keyboard."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from strategy_tester.ui.actions import FixedKey
from strategy_tester.ui.charts.tools import PointerTool
from strategy_tester.ui.i18n import mark
from strategy_tester.ui.replay_clock import ReplayClock

_NONE, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
_CTRL = Qt.KeyboardModifier.ControlModifier

KEYS = (
    FixedKey("chart", mark("Replay: play or pause"), ("Space", "Shift+Down")),
    FixedKey("chart", mark("Replay: one candle on"), ("Right", "Shift+Right", "F12")),
    FixedKey("chart", mark("Replay: one candle back"), ("Left", "Shift+Left")),
    FixedKey("chart", mark("Replay: one candle of the lower timeframe on or back"), ("Ctrl+Right", "Ctrl+Left")),
    FixedKey("chart", mark("Replay: leave"), ("Esc",)),
)
"""For the key sheet."""


class ReplayKeys(PointerTool):
    """Takes keys, nothing of the pointer.

    Args:
        clock: What they move.
    """

    def __init__(self, clock: ReplayClock) -> None:
        self._keys: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[], object]] = {
            (Qt.Key.Key_Space, _NONE): clock.toggle,
            (Qt.Key.Key_Down, _SHIFT): clock.toggle,
            (Qt.Key.Key_Right, _NONE): clock.step,
            (Qt.Key.Key_Right, _SHIFT): clock.step,
            (Qt.Key.Key_F12, _NONE): clock.step,
            (Qt.Key.Key_Left, _NONE): lambda: clock.step(-1),
            (Qt.Key.Key_Left, _SHIFT): lambda: clock.step(-1),
            (Qt.Key.Key_Right, _CTRL): lambda: clock.step(lower=True),
            (Qt.Key.Key_Left, _CTRL): lambda: clock.step(-1, lower=True),
            (Qt.Key.Key_Escape, _NONE): clock.stop,
        }

    def key(self, event: QKeyEvent) -> bool:
        """Carry out what the key means here."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        act = self._keys.get((Qt.Key(event.key()), modifiers))
        if act is None:
            return False
        act()
        return True
