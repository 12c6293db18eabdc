"""Opens the whole program in a process of its own and takes pictures of its main states.

    python tests/golden/stage.py FOLDER SETTING

SETTING is a key of `pictures.SETTINGS`. Fonts, clock and data are the same on every machine: DejaVu Sans without
hinting, a stopped clock, the practice market.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from golden.pictures import NOON_S, SETTINGS, Setting, prepare_environment


class Stage:
    """The open program, moved by a script.

    Attributes:
        context: The window's parts.
        folder: Where pictures go.
        setting: Screens and pixels.
    """

    def __init__(self, context: Any, folder: Path, setting: Setting) -> None:
        self.context, self.folder, self.setting = context, folder, setting

    @property
    def window(self) -> Any:
        return self.context.window

    def panel(self, panel_id: str) -> Any:
        return self.context.docks.content(panel_id)

    def do(self, action_id: str) -> None:
        """Carry out an action and wait until all is quiet."""
        if not self.context.actions.trigger(action_id):
            raise RuntimeError(f"the action {action_id} is not possible now")
        self.rest()

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 30.0) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        timer = QTimer(interval=20)
        ends = time.monotonic() + seconds
        timer.timeout.connect(lambda: loop.quit() if is_so() or time.monotonic() > ends else None)
        timer.start()
        loop.exec()
        if not is_so():
            raise TimeoutError("the program did not come to rest")

    def rest(self) -> None:
        """Wait until no job runs, every chart shows its data, and the last repaint is done."""
        from PySide6.QtCore import QThreadPool

        def is_quiet() -> bool:
            is_loading = any(panel.chart.is_loading for panel in self.context.charts.all())
            busy = QThreadPool.globalInstance().activeThreadCount() or self.window.panel_host.is_busy()
            return not is_loading and not self.context.jobs.unfinished() and not busy

        self.wait_until(is_quiet)
        begun = time.monotonic()
        self.wait_until(lambda: time.monotonic() - begun > 0.3 and is_quiet())

    def take(self, name: str, widget: Any = None) -> None:
        """Save a picture of the window, or of another one."""
        self._settle()
        self._save((widget or self.window).grab().toImage(), name)

    def take_all(self, name: str) -> None:
        """Save a picture of the window with the dialogs that stand over it."""
        self._settle()
        self._save(self._composed(self.window.frameGeometry()), name)

    def take_desktop(self, name: str) -> None:
        """Save a picture of all monitors."""
        from PySide6.QtCore import QRect
        from PySide6.QtGui import QGuiApplication

        self._settle()
        area = QRect()
        for screen in QGuiApplication.screens():
            area = area.united(screen.geometry())
        self._save(self._composed(area), name)

    def draw(self, kind: str, anchors: list[Any]) -> None:
        """Put a drawing on the first chart."""
        from strategy_tester.domain.drawings import new_drawing
        from strategy_tester.ui.panels.chart.drawing import DrawingFeature

        document = self.panel("chart").feature(DrawingFeature).scene.document
        drawing = new_drawing(kind, tuple(anchors))
        document.edit(kind, {drawing.id: drawing})
        self.rest()

    def close_overlays(self) -> None:
        """Close whatever stands over the window."""
        from PySide6.QtWidgets import QApplication

        from strategy_tester.ui.search.overlay import SearchOverlay

        for window in QApplication.topLevelWidgets():
            for overlay in window.findChildren(SearchOverlay):
                if overlay.isVisible():
                    overlay.close_palette()
            if window is not self.window and window.isVisible() and window.parent() is not None:
                window.close()
        self.rest()

    def _settle(self) -> None:
        from PySide6.QtWidgets import QApplication

        from strategy_tester.ui.toasts import Toast

        for toast in self.window.findChildren(Toast):
            toast.hide()
        QApplication.processEvents()

    def _composed(self, area: Any) -> Any:
        from PySide6.QtGui import QColor, QImage, QPainter
        from PySide6.QtWidgets import QApplication

        image = QImage(area.size() * self.setting.scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.setting.scale)
        image.fill(QColor("#000000"))
        painter = QPainter(image)
        windows = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
        for window in sorted(windows, key=lambda one: (one is not self.window, one.windowTitle())):
            painter.drawPixmap(window.geometry().topLeft() - area.topLeft(), window.grab())
        painter.end()
        return image

    def _save(self, image: Any, name: str) -> None:
        """Half the size is enough to see a label change, and a quarter of the bytes."""
        from PySide6.QtCore import Qt

        keeps, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image.setDevicePixelRatio(1.0)
        image = image.scaled(image.size() / 2, keeps, smooth)
        path = self.folder / f"{name}.{self.setting.name}.png"
        if not image.save(str(path)):
            raise OSError(f"{path} cannot be written")


def main(folder: Path, setting: Setting) -> int:
    """Take all pictures of a setting; the exit code."""
    home = Path(tempfile.mkdtemp(prefix="bst-golden-"))
    prepare_environment(home, setting)
    # The program's clock stands still; jobs use the monotonic one.
    time.time = lambda: NOON_S  # type: ignore[assignment]
    time.time_ns = lambda: round(NOON_S * 1e9)  # type: ignore[assignment]
    from PySide6.QtCore import QTimer

    from golden import states
    from strategy_tester.app import open_window
    from strategy_tester.ui import numbers

    # Times the machine took are new with every run; times of trades, longer than a minute, stay.
    real = numbers.format_duration
    numbers.format_duration = lambda milliseconds: real(milliseconds if milliseconds >= 60_000 else 12.0)
    failed: list[Exception] = []

    def ready(context: Any) -> None:
        QTimer.singleShot(0, lambda: play(context))

    def play(context: Any) -> None:
        try:
            states.play(Stage(context, folder, setting))
        except Exception as error:  # noqa: BLE001  raised again below; the window must close in any case
            failed.append(error)
        context.window.close()

    code = open_window(home / "data", on_ready=ready)
    if failed:
        raise failed[0]
    return code


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    raise SystemExit(main(Path(sys.argv[1]), SETTINGS[sys.argv[2]]))
