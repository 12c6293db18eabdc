"""A chart among linked ones: its pointer and its visible period told to the group, those of the others shown."""

import math
from typing import Any

from PySide6.QtCore import QObject

from strategy_tester.domain.candles import Candles
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.linking import PERIOD, PanelLink, Period


class LinkedView(QObject):
    """Between a chart and its link.

    Only what the user does on this chart is told: setting a view or a pointer from here emits nothing, so that two
    charts never push each other.

    Args:
        chart: The chart.
        link: Its link.
        parent: Qt's parent.
    """

    def __init__(self, chart: ChartWidget, link: PanelLink, parent: QObject) -> None:
        super().__init__(parent)
        self._chart, self._link = chart, link
        chart.pointer_moved.connect(self._tell_pointer)
        chart.view_moved.connect(self._tell_period)
        chart.candles_shown.connect(self._candles_shown)
        link.pointer_moved.connect(self.show_pointer)
        link.period_moved.connect(self.show_period)
        link.changed.connect(self._link_changed)
        self._did_share = link.shares(PERIOD)
        self._moment: int | None = None
        self._restored: Period | None = None

    def period(self) -> Period | None:
        """What the chart shows; None without candles."""
        base, view = self._chart.model.base, self._chart.model.view
        if base is None:
            return None
        return Period(moment_at(base, view.left), moment_at(base, view.right), view.follows)

    def show_period(self, period: Period) -> None:
        """Show a period as far as there are candles for it."""
        base, view = self._chart.model.base, self._chart.model.view
        if base is None:
            return
        left, right = slot_at(base, period.start_ms), slot_at(base, period.end_ms)
        if right > left:
            view.show(left, right)
            view.follows = period.follows
            self._chart.canvas.refresh()

    def show_pointer(self, time_ms: int | None) -> None:
        """The crosshair at the bar that contains a moment; none where the chart does not show it."""
        base, view = self._chart.model.base, self._chart.model.view
        slot = None if base is None or time_ms is None else base.slot_of(time_ms)
        if slot is not None and not view.left - 1.0 < slot < view.right:
            slot = None
        self._chart.canvas.show_pointer(slot)

    def keep_moment(self, candles: Candles) -> None:
        """Other candles are about to be shown: in another timeframe of the same market the same moment stays in sight.

        A chart that follows the newest candle goes on following it.
        """
        model = self._chart.model
        old = model.candles
        self._moment = None
        if model.base is None or old is None or model.view.follows or candles.timeframe is old.timeframe:
            return
        if (old.symbol, old.source) == (candles.symbol, candles.source):
            self._moment = round(moment_at(model.base, model.view.left + model.view.span / 2))

    def save_view(self) -> dict[str, Any] | None:
        """The visible period as JSON values."""
        period = self._restored or self.period()
        if period is None:
            return None
        return {"start_ms": period.start_ms, "end_ms": period.end_ms, "follows": period.follows}

    def restore_view(self, saved: Any) -> None:
        """Show the saved period as soon as there are candles; one that followed shows as many of the newest ones."""
        if not isinstance(saved, dict):
            return
        start_ms, end_ms = saved.get("start_ms"), saved.get("end_ms")
        if isinstance(start_ms, int | float) and isinstance(end_ms, int | float) and start_ms < end_ms:
            self._restored = Period(float(start_ms), float(end_ms), bool(saved.get("follows")))
            if self._chart.model.base is not None:
                self._candles_shown()

    def _candles_shown(self) -> None:
        base, view = self._chart.model.base, self._chart.model.view
        restored, self._restored = self._restored, None
        moment, self._moment = self._moment, None
        if base is None:
            return
        if restored is not None and restored.follows:
            view.show_end(slot_at(base, restored.end_ms) - slot_at(base, restored.start_ms))
        elif restored is not None:
            self.show_period(restored)
        elif moment is not None:
            view.center(base.slot_of(moment))
        self._take_up_period()
        self._chart.canvas.refresh()

    def _tell_pointer(self, slot: int | None) -> None:
        base = self._chart.model.base
        self._link.move_pointer(None if base is None or slot is None else base.time_of(slot))

    def _tell_period(self) -> None:
        period = self.period()
        if period is not None:
            self._link.show_period(period)

    def _take_up_period(self) -> None:
        period = self._link.group_period()
        if period is not None:
            self.show_period(period)

    def _link_changed(self) -> None:
        """The first panel that shares its period gives it to the group."""
        shares = self._link.shares(PERIOD)
        if shares and not self._did_share and self._link.group_period() is None:
            self._tell_period()
        self._did_share = shares


def moment_at(base: TimeBase, slot: float) -> float:
    """UTC milliseconds at a slot with its fraction."""
    whole = math.floor(slot)
    start, end = base.time_of(whole), base.time_of(whole + 1)
    return start + (slot - whole) * (end - start)


def slot_at(base: TimeBase, time_ms: float) -> float:
    """The reverse of `moment_at`."""
    whole = base.slot_of(time_ms)
    start, end = base.time_of(whole), base.time_of(whole + 1)
    return whole + (time_ms - start) / max(end - start, 1)
