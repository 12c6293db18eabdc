"""Coverage strips: what is there of a series and what is not, along its time.

Each state has a shape of its own, so that colors are not needed to tell them apart: whole candles are a full bar, what
is missing stands out above and below it, what the exchange has not is hatched, what was never asked for is a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from strategy_tester.services.coverage import CoverageInterval, CoverageState
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.data.words import STATES, WHY, span_words

_ORDER = (CoverageState.NOT_ASKED, CoverageState.COMPLETE, CoverageState.NONE, CoverageState.MISSING)
"""What is painted later lies above: a hole of one candle must be seen among a million."""
_LEAST = {CoverageState.NOT_ASKED: 0.0, CoverageState.COMPLETE: 0.0, CoverageState.NONE: 2.0,
          CoverageState.MISSING: 2.0}  # fmt: skip
_CLOSEST_BARS = 4


@dataclass(frozen=True)
class Stretch:
    """A part of a strip as it is painted, in pixels from its left edge."""

    left: float
    right: float
    state: CoverageState


def stretches(parts: Sequence[CoverageInterval], start_ms: int, end_ms: int, width: float) -> list[Stretch]:
    """What to paint, in the order of painting. Neighbors of one state that touch are one: thousands become few."""
    if end_ms <= start_ms or width <= 0:
        return []
    scale = width / (end_ms - start_ms)
    painted: list[Stretch] = []
    for state in _ORDER:
        left = right = -1.0
        for part in parts:
            if part.state is not state or part.end_ms <= start_ms or part.start_ms >= end_ms:
                continue
            first = max((part.start_ms - start_ms) * scale, 0.0)
            last = min(max((part.end_ms - start_ms) * scale, first + _LEAST[state]), width)
            first = min(first, width - _LEAST[state])
            if right >= 0 and first <= right + 0.5:
                right = max(right, last)
                continue
            if right >= 0:
                painted.append(Stretch(left, right, state))
            left, right = first, last
        if right >= 0:
            painted.append(Stretch(left, right, state))
    return painted


def bounds(parts: Sequence[CoverageInterval]) -> tuple[int, int]:
    """From where to where a strip goes; (0, 0) when there is nothing."""
    return (parts[0].start_ms, parts[-1].end_ms) if parts else (0, 0)


def part_at(parts: Sequence[CoverageInterval], time_ms: float, slack_ms: float = 0.0) -> CoverageInterval | None:
    """The part at a moment; a hole close by comes first, since it is painted wider than it is."""
    near = [part for part in parts if part.start_ms - slack_ms <= time_ms < part.end_ms + slack_ms]
    return max(near, key=lambda part: _ORDER.index(part.state), default=None)


def paint_strip(painter: QPainter, area: QRectF, parts: Sequence[CoverageInterval], start_ms: int, end_ms: int) -> None:
    """Paint a strip into an area."""
    paint_stretches(painter, area, stretches(parts, start_ms, end_ms, area.width()))


def paint_stretches(painter: QPainter, area: QRectF, painted: Sequence[Stretch]) -> None:
    """Paint what `stretches` made for the width of this area."""
    colors = theme.current_theme()
    bar = area.adjusted(0, area.height() * 0.2, 0, -area.height() * 0.2)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    for stretch in painted:
        left, width = area.left() + stretch.left, stretch.right - stretch.left
        whole = QRectF(left, bar.top(), width, bar.height())
        match stretch.state:
            case CoverageState.COMPLETE:
                painter.fillRect(whole, colors.color("up"))
            case CoverageState.MISSING:
                painter.fillRect(QRectF(left, area.top(), width, area.height()), colors.color("danger"))
            case CoverageState.NONE:
                painter.fillRect(whole, colors.color("panel"))
                painter.fillRect(whole, QBrush(colors.color("warn"), Qt.BrushStyle.BDiagPattern))
            case CoverageState.NOT_ASKED:
                painter.fillRect(QRectF(left, bar.center().y() - 0.5, width, 1.0), colors.color("muted"))
    painter.restore()


class CoverageStrip(QWidget):
    """A large strip: the wheel zooms at the pointer, dragging moves, a double click shows all. Keys: + − ← → Home."""

    view_changed = Signal()
    """Another period is in view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: Sequence[CoverageInterval] = ()
        self.start_ms = self.end_ms = 0
        self._dragged_from: tuple[float, int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.theme_changed.connect(self.update)

    def show_parts(self, parts: Sequence[CoverageInterval], *, keep_view: bool = False) -> None:
        """Show a series; `keep_view` when it is the one shown before."""
        self.parts = parts
        whole = bounds(parts)
        if keep_view and whole[0] <= self.start_ms < self.end_ms <= whole[1]:
            self.update()
            return
        self._set_view(*whole)

    def show_all(self) -> None:
        """Show the whole series."""
        self._set_view(*bounds(self.parts))

    def show_part(self, part: CoverageInterval) -> None:
        """Show a part with some of what is around it."""
        room = max((part.end_ms - part.start_ms) * 2, 1)
        self._set_view(part.start_ms - room, part.end_ms + room)

    def zoom(self, factor: float, at: float = 0.5) -> None:
        """Show a `factor` times shorter period; the moment at a share of the width stays where it is."""
        length = (self.end_ms - self.start_ms) / factor
        middle = self.start_ms + (self.end_ms - self.start_ms) * at
        self._set_view(round(middle - length * at), round(middle + length * (1 - at)))

    def move_by(self, share: float) -> None:
        """Show what is later by a share of the width."""
        shift = round((self.end_ms - self.start_ms) * share)
        self._set_view(self.start_ms + shift, self.end_ms + shift)

    def time_at(self, x: float) -> float:
        """The moment at a place."""
        return self.start_ms + (self.end_ms - self.start_ms) * x / max(self.width(), 1)

    def text_at(self, x: float) -> str:
        """What is known at a place."""
        slack_ms = (self.end_ms - self.start_ms) / max(self.width(), 1) * 2
        part = part_at(self.parts, self.time_at(x), slack_ms)
        return span_words(part) if part is not None else ""

    def sizeHint(self) -> QSize:
        return QSize(theme.step(60), theme.step(11))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.step(20), theme.step(11))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = theme.current_theme()
        painter = QPainter(self)
        painter.setFont(theme.figures_font(0.9))
        line = painter.fontMetrics().height()
        area = QRectF(0, 0, self.width(), max(self.height() - line - theme.step(1), theme.step(4)))
        painter.fillRect(area, colors.color("raised"))
        paint_strip(painter, area.adjusted(0, 2, 0, -2), self.parts, self.start_ms, self.end_ms)
        if self.end_ms > self.start_ms:
            painter.setPen(colors.color("muted"))
            below = QRectF(0, area.bottom(), self.width(), line + theme.step(1))
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                             numbers.format_time(self.start_ms, zone=False))  # fmt: skip
            painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                             numbers.format_time(self.end_ms))  # fmt: skip
        if self.hasFocus():
            painter.setPen(QPen(colors.color("focus"), 1))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120.0
        if steps:
            self.zoom(1.3**steps, event.position().x() / max(self.width(), 1))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged_from = event.position().x(), self.start_ms, self.end_ms

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is None:
            return
        x, start_ms, end_ms = self._dragged_from
        shift = round((x - event.position().x()) * (end_ms - start_ms) / max(self.width(), 1))
        self._set_view(start_ms + shift, end_ms + shift)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._dragged_from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.show_all()

    def keyPressEvent(self, event) -> None:
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(1.3)
            case Qt.Key.Key_Minus:
                self.zoom(1 / 1.3)
            case Qt.Key.Key_Left:
                self.move_by(-0.1)
            case Qt.Key.Key_Right:
                self.move_by(0.1)
            case Qt.Key.Key_Home:
                self.show_all()
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos()).x()), self)
            return True
        return super().event(event)

    def _set_view(self, start_ms: int, end_ms: int) -> None:
        """Show a period, cut and moved to lie within the series."""
        first, last = bounds(self.parts)
        shortest = (
            min((part.end_ms - part.start_ms) // max(part.candles, 1) for part in self.parts) if self.parts else 0
        )
        length = min(max(end_ms - start_ms, shortest * _CLOSEST_BARS), last - first)
        start_ms = min(max(start_ms, first), last - length)
        if (start_ms, start_ms + length) != (self.start_ms, self.end_ms):
            self.start_ms, self.end_ms = start_ms, start_ms + length
            self.view_changed.emit()
        self.update()


class StripLegend(QWidget):
    """What the shapes of a strip mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.theme_changed.connect(self.update)
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.setAccessibleName(", ".join(tr(word) for word in STATES.values()))
        self.setToolTip("\n".join(f"{tr(STATES[state])}: {tr(why)}" for state, why in WHY.items()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.step(60), theme.step(5))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics, left = painter.fontMetrics(), 0.0
        for state in STATES:
            sample = QRectF(left, 1, theme.step(5), self.height() - 2)
            paint_strip(painter, sample, [CoverageInterval(0, 10, state, 1)], 0, 10)
            left = sample.right() + theme.step(1)
            painter.setPen(theme.current_theme().color("muted"))
            width = metrics.horizontalAdvance(tr(STATES[state]))
            painter.drawText(QRectF(left, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter,
                             tr(STATES[state]))  # fmt: skip
            left += width + theme.step(3)
        painter.end()
