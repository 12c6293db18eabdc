"""Screens: which there are, and how a window gets back onto one of them."""

from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from strategy_tester.ui import theme

_LEAST_VISIBLE_STEPS = 16


def describe_screens() -> list[dict[str, Any]]:
    """Name, serial number, place and pixel ratio of every screen, ready for JSON."""
    return [
        {
            "name": screen.name(),
            "serial": screen.serialNumber(),
            "geometry": _numbers(screen.geometry()),
            "pixel_ratio": screen.devicePixelRatio(),
        }
        for screen in QGuiApplication.screens()
    ]


def on_visible_screen(wanted: QRect) -> QRect:
    """The rectangle if enough of it, title bar included, can be seen; else moved and shrunk onto the nearest screen."""
    areas = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    if not areas:
        return wanted
    least = theme.step(_LEAST_VISIBLE_STEPS)
    title_bar = QRect(wanted.x(), wanted.y(), wanted.width(), theme.step(8))
    for area in areas:
        shown = area.intersected(title_bar)
        if shown.width() >= min(least, wanted.width()) and shown.height() >= min(theme.step(4), title_bar.height()):
            return wanted
    nearest = min(areas, key=lambda area: _distance(area, wanted))
    width, height = min(wanted.width(), nearest.width()), min(wanted.height(), nearest.height())
    x = min(max(wanted.x(), nearest.left()), nearest.right() + 1 - width)
    y = min(max(wanted.y(), nearest.top()), nearest.bottom() + 1 - height)
    return QRect(x, y, width, height)


def _distance(area: QRect, wanted: QRect) -> int:
    away = area.center() - wanted.center()
    return away.x() ** 2 + away.y() ** 2


def _numbers(area: QRect) -> list[int]:
    return [area.x(), area.y(), area.width(), area.height()]
