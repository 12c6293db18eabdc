"""Past funding rates as small bars over and under zero."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.panels.ticker.funding_history import FundingHistory

_NARROWEST = 2.0
_FUNDING_DECIMALS = 4


class FundingBars(QWidget):
    """One bar per settlement, the newest at the right; the tooltip says which one it is over."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = FundingHistory()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.theme_changed.connect(self.update)
        i18n.retranslate_now_and_later(self._write_texts)

    def sizeHint(self) -> QSize:
        return QSize(theme.step(40), theme.step(14))

    def show_history(self, history: FundingHistory) -> None:
        """Show these settlements."""
        self._history = history
        self._write_texts()
        self.update()

    def shown(self) -> tuple[Sequence[int], Sequence[float]]:
        """As many of the newest settlements as have room."""
        room = max(int(self.width() / (_NARROWEST + 1.0)), 1)
        return self._history.times[-room:], self._history.rates[-room:]

    def words(self) -> str:
        """What the bars say, for those who cannot see them."""
        rates = self._history.rates
        if not rates:
            return tr("No past settlements are known.")
        mean = numbers.format_percent(sum(rates) / len(rates) * 100.0, sign=True, decimals=_FUNDING_DECIMALS)
        return plural("Mean of {count} settlement: {mean}|Mean of {count} settlements: {mean}", len(rates), mean=mean)

    def bar_at(self, x: float) -> int | None:
        """Which of the shown settlements is at a place; None beside the bars."""
        count = len(self.shown()[0])
        place = int(x / (self.width() / count)) if count and 0 <= x < self.width() else -1
        return place if 0 <= place < count else None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.bar_at(event.pos().x())
            if place is None:
                QToolTip.hideText()
            else:
                times, rates = self.shown()
                rate = numbers.format_percent(rates[place] * 100.0, sign=True, decimals=_FUNDING_DECIMALS)
                QToolTip.showText(event.globalPos(), f"{numbers.format_time(times[place])}\n{rate}", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        _times, rates = self.shown()
        colors = theme.current_theme()
        painter = QPainter(self)
        if not rates:
            painter.setPen(colors.color("muted"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.words())
            painter.end()
            return
        top, bottom = max(*rates, 0.0), min(*rates, 0.0)
        height, pitch = self.height() - 2.0, self.width() / len(rates)
        scale = height / (top - bottom) if top > bottom else 0.0
        zero = 1.0 + top * scale if scale else self.height() / 2.0
        painter.setPen(Qt.PenStyle.NoPen)
        width = max(pitch - 1.0, 1.0)
        for place, rate in enumerate(rates):
            length = max(abs(rate) * scale, 1.0)
            painter.setBrush(colors.color("up" if rate >= 0 else "down"))
            painter.drawRect(QRectF(place * pitch, zero - length if rate >= 0 else zero, width, length))
        painter.setPen(colors.color("muted", 0.6))
        painter.drawLine(QPointF(0.0, zero), QPointF(self.width(), zero))
        painter.end()

    def _write_texts(self) -> None:
        self.setAccessibleName(self.words())
