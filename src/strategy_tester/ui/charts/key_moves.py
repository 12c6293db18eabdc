"""What keys do to the visible range."""

from collections.abc import Callable

from PySide6.QtCore import Qt

from strategy_tester.ui.charts.view_state import TimeView

WHEEL_FACTOR = 0.85
"""How much of the visible range one notch of the wheel, or one press of a key, leaves."""


def move_by_key(view: TimeView, key: int) -> bool:
    """Carry out what a key means; False when it means nothing here."""
    middle = view.width / 2
    steps: dict[int, Callable[[], object]] = {
        Qt.Key.Key_Plus: lambda: view.zoom(WHEEL_FACTOR, middle),
        Qt.Key.Key_Equal: lambda: view.zoom(WHEEL_FACTOR, middle),
        Qt.Key.Key_Up: lambda: view.zoom(WHEEL_FACTOR, middle),
        Qt.Key.Key_Minus: lambda: view.zoom(1 / WHEEL_FACTOR, middle),
        Qt.Key.Key_Down: lambda: view.zoom(1 / WHEEL_FACTOR, middle),
        Qt.Key.Key_Left: lambda: view.pan(view.width * 0.1),
        Qt.Key.Key_Right: lambda: view.pan(-view.width * 0.1),
        Qt.Key.Key_PageUp: lambda: view.pan(view.width * 0.9),
        Qt.Key.Key_PageDown: lambda: view.pan(-view.width * 0.9),
        Qt.Key.Key_Home: view.show_start,
        Qt.Key.Key_End: lambda: view.show_end(view.span),
    }
    if key not in steps:
        return False
    steps[key]()
    return True
