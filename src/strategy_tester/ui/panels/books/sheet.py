"""A picture that kernels write and Qt shows, and the glyphs they write into it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter

from strategy_tester.numeric.pixel_text import GLYPHS
from strategy_tester.ui import theme


class GlyphFont(NamedTuple):
    """Glyphs for kernels: how much of each pixel they cover, and their advances in device pixels."""

    sheet: NDArray[np.uint8]
    advances: NDArray[np.int64]

    @property
    def height(self) -> int:
        """Rows from ascent to descent."""
        return int(self.sheet.shape[1])


def glyph_font(ratio: float, scale: float = 1.0) -> GlyphFont:
    """The application's font of figures for a screen of this ratio."""
    font = theme.figures_font(scale)
    font.setPixelSize(max(6, round(theme.font_pixels() * scale * ratio)))
    return _paint_glyphs(font.toString(), font.pixelSize())


@lru_cache(maxsize=8)
def _paint_glyphs(name: str, pixel_size: int) -> GlyphFont:
    font = QFont()
    font.fromString(name)
    font.setPixelSize(pixel_size)
    font.setFeature(QFont.Tag("tnum"), 1)
    metrics = QFontMetrics(font)
    advances = np.array([metrics.horizontalAdvance(glyph) for glyph in GLYPHS], dtype=np.int64)
    width, height = int(advances.max()) + 2, metrics.height()
    sheet = np.zeros((len(GLYPHS), height, width), dtype=np.uint8)
    for number, glyph in enumerate(GLYPHS):
        picture = QImage(width, height, QImage.Format.Format_Grayscale8)
        picture.fill(0)
        painter = QPainter(picture)
        painter.setFont(font)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(QPoint(0, metrics.ascent()), glyph)
        painter.end()
        rows = np.frombuffer(picture.constBits(), dtype=np.uint8).reshape(height, picture.bytesPerLine())
        sheet[number] = rows[:, :width]
    return GlyphFont(sheet, advances)


class PixelSheet:
    """A picture in device pixels that lives in numpy's memory."""

    def __init__(self) -> None:
        self.pixels: NDArray[np.uint32] = np.zeros((1, 1), dtype=np.uint32)
        self.image = QImage()
        self.ratio = 1.0
        self.fit(1, 1, 1.0)

    def fit(self, width: int, height: int, ratio: float) -> bool:
        """Have this size in device independent pixels; whether that is another one than before."""
        columns, rows = max(1, round(width * ratio)), max(1, round(height * ratio))
        if self.pixels.shape == (rows, columns) and self.ratio == ratio and not self.image.isNull():
            return False
        self.pixels = np.zeros((rows, columns), dtype=np.uint32)
        # Qt shows the very memory that kernels write: nothing is copied.
        self.image = QImage(self.pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        self.image.setDevicePixelRatio(ratio)
        self.ratio = ratio
        return True


def rgb(color: str | QColor) -> int:
    """A color as kernels take it: 0xffRRGGBB."""
    return QColor(color).rgb()
