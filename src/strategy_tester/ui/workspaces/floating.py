"""Floating windows: their homes, their titles, and which of them stay on top of everything."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QRect, QSize
from PySide6.QtWidgets import QWidget

from strategy_tester.ui import theme
from strategy_tester.ui.docks import Docks
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.screens import WindowPlace, current_screens
from strategy_tester.ui.workspaces.book import WindowRecord
from strategy_tester.ui.workspaces.stacking import Stacking, is_pinned, pin
from strategy_tester.ui.workspaces.window_keeper import WindowKeeper

_SMALLEST = QSize(260, 180)
_MOST_NAMES = 3


class FloatingWindows(QObject):
    """All floating windows of the main one."""

    def __init__(self, main: QWidget, docks: Docks, keeper: WindowKeeper) -> None:
        super().__init__(main)
        self._docks, self._keeper, self._main = docks, keeper, main
        self._stacking = Stacking(main, lambda: [window.widget for window in docks.floating_windows()])
        docks.window_created.connect(self._take_in)
        docks.layout_changed.connect(self.write_titles)

    def save(self) -> list[WindowRecord]:
        """Every window that holds an open panel."""
        return [
            WindowRecord(window.panels, self._keeper.place_of(window.widget), is_pinned(window.widget))
            for window in self._docks.floating_windows()
        ]

    def restore(self, records: Sequence[WindowRecord]) -> None:
        """Put the windows of a restored layout where they were; a window is known by the panels in it."""
        left = list(records)
        for window in self._docks.floating_windows():
            inside = set(window.panels)
            best = max(left, key=lambda record: len(inside & set(record.panels)), default=None)
            if best is None or not inside & set(best.panels):
                pin(window.widget, self._main, wanted=False)
                continue
            left.remove(best)
            self._keeper.put(window.widget, best.place)
            pin(window.widget, self._main, wanted=best.is_on_top)
        self.write_titles()

    def spread(self) -> bool:
        """Give the floating windows the screens the main window is not on; False when there is only one screen."""
        windows, screens = self._docks.floating_windows(), current_screens()
        here = self._keeper.place_of(self._main).screen
        others = [screen for screen in screens if screen.geometry != here.geometry]
        for number, window in enumerate(windows):
            room = others[number % len(others)] if others else here
            size = room.available.size() * (1 if others else 0.7)
            geometry = QRect(room.available.topLeft(), size)
            geometry.moveCenter(room.available.center())
            frame = self._keeper.place_of(window.widget).frame
            self._keeper.put(window.widget, WindowPlace(room, geometry.marginsRemoved(frame), frame))
        return bool(others)

    def toggle_on_top(self, panel_id: str) -> bool:
        """Keep the window of a panel above all others, or no longer; a docked panel gets a window first.

        Returns:
            Whether the window stays on top now.
        """
        if not self._docks.is_floating(panel_id):
            size = self._docks.content(panel_id).size()
            self._docks.float(panel_id)
            pin(self._docks.window_of(panel_id), self._main, wanted=False)
            self._stand_in_corner(panel_id, size)
        window = self._docks.window_of(panel_id)
        pin(window, self._main, wanted=not is_pinned(window))
        self.write_titles()
        return is_pinned(window)

    def is_on_top(self, panel_id: str) -> bool:
        """Whether a panel is in a window that stays on top."""
        return self._docks.is_floating(panel_id) and is_pinned(self._docks.window_of(panel_id))

    def write_titles(self) -> None:
        """Name each window after what is in it."""
        for window in self._docks.floating_windows():
            names = list(dict.fromkeys(self._docks.title(panel_id) for panel_id in window.panels))
            shown = ", ".join(names[:_MOST_NAMES]) + ("…" if len(names) > _MOST_NAMES else "")
            pinned = tr("{title} (on top)", title=shown) if is_pinned(window.widget) else shown
            window.widget.setWindowTitle(pinned)

    def _take_in(self, window: QWidget) -> None:
        window.setMinimumSize(_SMALLEST)
        self._keeper.watch(window)
        window.windowTitleChanged.connect(self._title_changed)

    def _title_changed(self, title: str) -> None:
        """The library names its windows after the program whenever something moves in them."""
        if title == tr("Bybit Strategy Tester"):
            self.write_titles()

    def _stand_in_corner(self, panel_id: str, size: QSize) -> None:
        """A pinned window is a small one at the right of the main window."""
        window, main = self._docks.window_of(panel_id), self._main
        small = QSize(theme.step(120), theme.step(80)).boundedTo(size).expandedTo(_SMALLEST)
        geometry = QRect(main.geometry().topLeft(), small)
        geometry.moveTopRight(main.geometry().topRight())
        geometry.translate(-theme.step(6), theme.step(24))
        place = self._keeper.place_of(main)
        self._keeper.put(window, WindowPlace(place.screen, geometry, place.frame))
