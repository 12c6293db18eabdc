"""Icons of the program: glyphs of QtAwesome's Material Design font, tinted by the theme at the moment of painting.

The font files are read straight from the installed package: importing it costs 0.3 s at start (it loads OpenGL and
a wrapper of all of Qt), reading its font and character table 15 ms. An icon made once follows every later theme.
"""

import importlib.util
import json
import logging
import sys
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QImage, QPainter, QPixmap, QPixmapCache

from strategy_tester.ui.theme import current_theme

logger = logging.getLogger(__name__)

NAMES = {
    "add": "plus", "alert": "alert-outline", "backtest": "flask-outline", "buy": "arrow-up-bold",
    "cancel": "close-circle-outline", "chart": "chart-line-variant", "check": "check", "check_circle":
    "check-circle-outline", "chevron_down": "chevron-down", "chevron_left": "chevron-left", "chevron_right":
    "chevron-right", "chevron_up": "chevron-up", "clock": "clock-outline", "close": "close", "columns":
    "view-column-outline", "compare": "compare-horizontal", "copy": "content-copy", "csv": "file-delimited-outline",
    "data": "database-outline", "delete": "trash-can-outline", "detach": "dock-window", "down": "arrow-down",
    "duplicate": "content-duplicate", "edit": "pencil-outline", "error": "alert-circle-outline", "export": "export",
    "filter": "filter-outline", "fit": "fit-to-page-outline", "folder": "folder-open-outline", "help":
    "help-circle-outline", "import": "tray-arrow-down", "indicator": "function-variant", "info":
    "information-outline", "jobs": "progress-clock", "json": "code-json", "keyboard": "keyboard-outline", "language":
    "translate", "layout": "view-dashboard-outline", "market": "finance", "menu": "menu", "more": "dots-horizontal",
    "moon": "weather-night", "open": "open-in-new", "pause": "pause", "pin": "pin-outline", "refresh": "refresh",
    "reset": "restore",
    "results": "poll", "run": "play", "runs": "history", "save": "content-save-outline", "search": "magnify", "sell":
    "arrow-down-bold", "settings": "cog-outline", "stop": "stop", "strategy": "tune-variant", "sun":
    "white-balance-sunny", "table": "table", "template": "file-plus-outline", "trades": "swap-vertical", "undo":
    "undo-variant", "redo": "redo-variant", "star": "star", "star_outline": "star-outline", "palette":
    "palette-outline", "printer": "printer-outline", "up": "arrow-up", "validate": "check-decagram-outline", "warning":
    "alert-outline", "welcome": "home-outline",
}  # fmt: skip
"""Our names of icons, and their names in the font."""


def icon(name: str, color: str = "text") -> QIcon:
    """An icon by our name (see NAMES) or the font's, in a color token of the theme."""
    return QIcon(_GlyphEngine(_glyph(name), color))


def pixmap(name: str, size: int, color: str = "text", ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of the theme in use now; `size` in device independent pixels."""
    picture = _GlyphEngine(_glyph(name), color).pixmap(
        QSize(round(size * ratio), round(size * ratio)), QIcon.Mode.Normal, QIcon.State.Off
    )
    picture.setDevicePixelRatio(ratio)
    return picture


def is_known(name: str) -> bool:
    """Whether there is such an icon."""
    return NAMES.get(name, name) in _characters()


class _GlyphEngine(QIconEngine):
    """Draws one character in the color the theme has when it is drawn."""

    def __init__(self, character: str, color: str) -> None:
        super().__init__()
        self._character, self._color = character, color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.save()
        font = QFont(_family())
        font.setPixelSize(max(1, round(min(rect.width(), rect.height()) * 0.94)))
        painter.setFont(font)
        painter.setPen(self._tint(mode))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        # A layout that is restored asks for the same few pictures hundreds of times.
        key = f"glyph {self._character} {self._tint(mode).rgba():x} {size.width()} {size.height()}"
        known = QPixmap()
        if QPixmapCache.find(key, known):
            return known
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        made = QPixmap.fromImage(image)
        QPixmapCache.insert(key, made)
        return made

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._character, self._color)

    def _tint(self, mode: QIcon.Mode) -> QColor:
        theme = current_theme()
        return theme.color("disabled" if mode == QIcon.Mode.Disabled else self._color)


@cache
def _glyph(name: str) -> str:
    code = _characters().get(NAMES.get(name, name))
    if code is None:
        logger.error("there is no icon named %s", name)
        return "?"
    return chr(int(code, 16))


@cache
def _characters() -> dict[str, str]:
    files = sorted(_font_folder().glob("materialdesignicons6-webfont-charmap-*.json"))
    return json.loads(files[-1].read_text(encoding="utf-8")) if files else {}


@cache
def _family() -> str:
    for file in sorted(_font_folder().glob("materialdesignicons6-webfont-*.ttf")):
        number = QFontDatabase.addApplicationFont(str(file))
        families = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
        if families:
            return families[0]
    logger.error("the icon font is missing in %s", _font_folder())
    return QFont().family()


@cache
def _font_folder() -> Path:
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle:
        return Path(bundle) / "qtawesome" / "fonts"
    package = importlib.util.find_spec("qtawesome")
    places = list(package.submodule_search_locations or []) if package else []
    return Path(places[0]) / "fonts" if places else Path("qtawesome/fonts")
