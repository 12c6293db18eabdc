"""A program with two windows for tests of screens; run as a child, so that it can have screens of its own.

Commands come as arguments, one after the other; `report` prints where everything is as a line of JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QRect, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget

from strategy_tester.system.settings_file import JsonSettings
from strategy_tester.ui.application import make_application
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PanelFactory

PANELS = (
    PanelFactory("chart", "Chart", "chart", "center", lambda _context: QLabel(), is_multiple=True),
    PanelFactory("trades", "Trades", "trades", "bottom", lambda _context: QLabel()),
)
_PATIENCE_S = 8.0
UNPLUG = (("xrandr", "--delmonitor", "RIGHT"), ("xrandr", "--fb", "1600x900"))
PLUG = (("xrandr", "--fb", "3200x900"), ("xrandr", "--setmonitor", "RIGHT", "1600/423x900/238+1600+0", "none"))


def wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def describe(window: QWidget) -> dict:
    handle, shown = QWidget.windowHandle(window), window.geometry()
    screens = QGuiApplication.screens()
    frame = window.frameGeometry()
    return {
        "geometry": shown.getRect(),
        "frame": frame.getRect(),
        "screen": next((s.name() for s in screens if s.geometry().contains(shown.center())), ""),
        "is_whole": any(s.availableGeometry().contains(frame) for s in screens),
        "is_maximized": window.isMaximized(),
        "pixel_ratio": handle.devicePixelRatio() if handle is not None else 0,
        "is_visible": window.isVisible(),
    }


def wait_until_trades_are_at(window: MainWindow, left: int) -> None:
    end = time.monotonic() + _PATIENCE_S
    while window.docks.window_of("trades").geometry().x() != left and time.monotonic() < end:
        wait(50)


def float_trades(window: MainWindow, screen_name: str, *numbers: str) -> None:
    window.docks.float("trades")
    screen = next(s for s in QGuiApplication.screens() if s.name() == screen_name)
    place = QRect(*map(int, numbers)).translated(screen.geometry().topLeft())
    window.docks.window_of("trades").setGeometry(place)


def save(window: MainWindow) -> None:
    window.workspaces.keeper.note()
    window.save_layout()


def change_monitors(lines: tuple[tuple[str, ...], ...]) -> None:
    for line in lines:
        # The server keeps a picture as large as both screens; it says so and works.
        subprocess.run(line, check=False, capture_output=True)


def report(window: MainWindow) -> None:
    facts = {"main": describe(window), "screens": [s.name() for s in QGuiApplication.screens()]}
    facts["floating"] = [describe(floating.widget)["screen"] for floating in window.docks.floating_windows()]
    if window.docks.is_floating("trades"):
        facts["trades"] = describe(window.docks.window_of("trades"))
    sys.stdout.write(json.dumps(facts) + "\n")


COMMANDS = {
    "float": float_trades,
    "maximize": lambda window: window.docks.window_of("trades").showMaximized(),
    "main": lambda window, *numbers: window.setGeometry(*map(int, numbers)),
    "wait": lambda _window, milliseconds: wait(int(milliseconds)),
    "until": lambda window, left: wait_until_trades_are_at(window, int(left)),
    "switch": lambda window, name: window.workspaces.switch(name),
    "save": save,
    "unplug": lambda _window: change_monitors(UNPLUG),
    "plug": lambda _window: change_monitors(PLUG),
    "report": report,
}


def main() -> None:
    make_application()
    window = open_window()
    for argument in sys.argv[2:]:
        if argument == "restart":
            window.close()
            window.settings.flush()
            window.deleteLater()
            window = open_window()
        else:
            command, *values = argument.split(",")
            COMMANDS[command](window, *values)
    window.close()


def open_window() -> Any:
    window = MainWindow(JsonSettings(Path(sys.argv[1])), PANELS)
    window.restore_layout()
    window.show()
    wait(50)
    return window


if __name__ == "__main__":
    main()
