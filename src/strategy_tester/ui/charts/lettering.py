"""The chart's fonts in device pixels, and widths measured once."""

from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStaticText, QTransform

MOST_WIDTHS = 4000
"""Measured texts that are remembered."""
MOST_TEXTS = 1000
"""Texts whose layout is remembered."""


@dataclass(frozen=True)
class Lettering:
    """The chart's fonts in device pixels, and what is measured from them once."""

    font: QFont
    bold: QFont
    metrics: QFontMetrics
    ratio: float
    bold_metrics: QFontMetrics
    _widths: dict[tuple[str, bool], int] = field(default_factory=dict, repr=False)
    _texts: dict[tuple[str, bool], tuple[QStaticText, int] | None] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, font: QFont, pixel_size: float, ratio: float) -> "Lettering":
        """Fonts of this many logical pixels for a screen of this ratio; figures are tabular."""
        regular = QFont(font)
        regular.setPixelSize(max(6, round(pixel_size * ratio)))
        regular.setFeature(QFont.Tag("tnum"), 1)
        bold = QFont(regular)
        bold.setBold(True)
        return cls(regular, bold, QFontMetrics(regular), ratio, QFontMetrics(bold))

    @property
    def height(self) -> int:
        """Rows from ascent to descent."""
        return self.metrics.height()

    def px(self, logical: float) -> int:
        """Device pixels of a logical distance, one at least."""
        return max(1, round(logical * self.ratio))

    def width(self, text: str, *, is_bold: bool = False) -> int:
        """Device pixels that a text takes; measured once."""
        known = self._widths.get((text, is_bold))
        if known is None:
            if len(self._widths) > MOST_WIDTHS:
                self._widths.clear()
            known = (self.bold_metrics if is_bold else self.metrics).horizontalAdvance(text)
            self._widths[text, is_bold] = known
        return known

    def draw(self, painter: QPainter, left: int, baseline: int, text: str, *, is_bold: bool = False) -> None:
        """Write a text with the painter's pen; the layout of a text that comes again is kept."""
        key = (text, is_bold)
        painter.setFont(self.bold if is_bold else self.font)
        known = self._texts.get(key)
        if known is not None:
            painter.drawStaticText(left, baseline - known[1], known[0])
            return
        painter.drawText(left, baseline, text)
        if len(self._texts) > MOST_TEXTS:
            self._texts.clear()
        # Figures that change with every frame are not worth a layout of their own.
        self._texts[key] = self._laid_out(text, is_bold=is_bold) if key in self._texts else None

    def _laid_out(self, text: str, *, is_bold: bool) -> tuple[QStaticText, int]:
        """A text's layout, and how far its top is above its baseline."""
        known = QStaticText(text)
        known.setTextFormat(Qt.TextFormat.PlainText)
        known.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        known.prepare(QTransform(), self.bold if is_bold else self.font)
        return known, (self.bold_metrics if is_bold else self.metrics).ascent()

    def baseline(self, middle: int) -> int:
        """Row of the baseline of a text whose middle is at a row."""
        return middle + (self.metrics.ascent() - self.metrics.descent()) // 2
