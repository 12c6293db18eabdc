"""Distances that widgets took from the font when they were made, brought to a font of another size.

Margins, gaps, icons and smallest sizes were counted in steps of the rhythm. Each widget keeps its first figures and the
sum of all ratios since, so that going up and down again ends where it began.
"""

import shiboken6
from PySide6.QtCore import QMargins, QObject, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractButton, QApplication, QLayout, QWidget

from strategy_tester.ui import theme

_FACTOR = "_rescaled_by"
_FIRST = "_first_figures"
_UNLIMITED = 16_777_215


class Rescaling:
    """One change of the font's size: made before it, carried out after it."""

    def __init__(self) -> None:
        self._pixels, self._points = theme.font_pixels(), QApplication.font().pointSizeF()
        # A font that somebody gave a widget does not follow the application's, and a style sheet that is set anew
        # brings its first size back.
        self._own_fonts = {
            _address(widget): widget.font().pointSizeF()
            for widget in QApplication.allWidgets()
            if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont)
        }

    def carry_out(self) -> None:
        """Bring every window to the font in use now."""
        ratio, font_ratio = theme.font_pixels() / self._pixels, QApplication.font().pointSizeF() / self._points
        for widget in QApplication.allWidgets():
            self._rescale_font(widget, font_ratio)
            if not widget.inherits("ads::CDockSplitter") and not widget.objectName().startswith("qt_"):
                _rescale_widget(widget, ratio)
            outer = widget.layout()
            if outer is not None:
                for layout in (outer, *outer.findChildren(QLayout)):
                    _rescale_layout(layout, ratio)

    def _rescale_font(self, widget: QWidget, ratio: float) -> None:
        before = self._own_fonts.get(_address(widget), 0.0)
        if before > 0:
            font = QFont(widget.font())
            font.setPointSizeF(before * ratio)
            widget.setFont(font)


def _address(widget: QWidget) -> int:
    """Names a widget; its Python side may be made anew at every look."""
    return shiboken6.getCppPointer(widget)[0]


def _rescale_widget(widget: QWidget, ratio: float) -> None:
    icon = widget.iconSize() if isinstance(widget, QAbstractButton) else QSize()
    figures = [
        widget.minimumWidth(), widget.minimumHeight(), widget.maximumWidth(), widget.maximumHeight(),
        icon.width(), icon.height(),
    ]  # fmt: skip
    scaled = _scaled(widget, figures, ratio)
    if widget.isWindow():
        return
    if figures[0] > 1:
        widget.setMinimumWidth(scaled[0])
    if figures[1] > 1:
        widget.setMinimumHeight(scaled[1])
    if 1 < figures[2] < _UNLIMITED:
        widget.setMaximumWidth(scaled[2])
    if 1 < figures[3] < _UNLIMITED:
        widget.setMaximumHeight(scaled[3])
    if isinstance(widget, QAbstractButton):
        widget.setIconSize(QSize(scaled[4], scaled[5]))


def _rescale_layout(layout: QLayout, ratio: float) -> None:
    margins = layout.contentsMargins()
    spacing = layout.spacing()
    figures = [margins.left(), margins.top(), margins.right(), margins.bottom(), max(spacing, 0)]
    scaled = _scaled(layout, figures, ratio)
    layout.setContentsMargins(QMargins(*scaled[:4]))
    if spacing > 0:
        layout.setSpacing(scaled[4])


def _scaled(thing: QObject, figures: list[int], ratio: float) -> list[int]:
    """The figures times the sum of the ratios so far; begun anew where somebody set other ones meanwhile."""
    first, last = thing.property(_FIRST), thing.property(_FACTOR)
    factor = ratio * (float(last) if last else 1.0)
    if not first or [round(value * factor / ratio) for value in first] != figures:
        first, factor = figures, ratio
    thing.setProperty(_FIRST, [int(value) for value in first])
    thing.setProperty(_FACTOR, factor)
    return [round(value * factor) for value in first]
