"""Fonts of words on drawings in several sizes, and what they measure."""

import math

from PySide6.QtGui import QFont, QFontMetrics

from strategy_tester.ui.charts.drawing.figures import Measure
from strategy_tester.ui.charts.lettering import Lettering

MOST_MEASURED = 2000


class Fonts:
    """The chart's font in the sizes that drawings use."""

    def __init__(self) -> None:
        self._lettering: Lettering | None = None
        self._fonts: dict[float, tuple[QFont, QFontMetrics]] = {}
        self._measured: dict[tuple[tuple[str, ...], float], tuple[float, float]] = {}

    def of(self, lettering: Lettering, size: float) -> tuple[QFont, QFontMetrics]:
        """The font of a size, in device pixels."""
        if lettering is not self._lettering:
            self._lettering = lettering
            self._fonts.clear()
            self._measured.clear()
        found = self._fonts.get(size)
        if found is None:
            font = QFont(lettering.font)
            font.setPixelSize(max(6, round(lettering.font.pixelSize() * size)))
            found = self._fonts[size] = font, QFontMetrics(font)
        return found

    def measure(self, lettering: Lettering) -> Measure:
        """A function that measures lines of text."""

        def size_of(lines: tuple[str, ...], size: float) -> tuple[float, float]:
            _, metrics = self.of(lettering, size)
            known = self._measured.get((lines, size))
            if known is None:
                if len(self._measured) > MOST_MEASURED:
                    self._measured.clear()
                width = max((metrics.horizontalAdvance(line) for line in lines), default=0)
                known = self._measured[lines, size] = float(width), float(math.ceil(metrics.height() * len(lines)))
            return known

        return size_of
