"""Links between panels: those joined by a color share symbol, timeframe, crosshair and visible period.

What is shared is chosen per panel, not per group: a group then always has one symbol and one timeframe (the main group
needs both, because backtests use them), and a chart may still follow the symbol alone and keep its own timeframe beside
a chart that follows everything. Nothing is echoed: a panel never hears what it said itself, and what it hears it does
not say again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.derived_series import closest_series, source_of
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.i18n import mark
from strategy_tester.ui.theme import Theme, readable

MAIN = "blue"
"""The group whose series backtests use."""
COLORS: dict[str, tuple[str, str]] = {
    "blue": (mark("Blue"), "A"),
    "green": (mark("Green"), "B"),
    "orange": (mark("Orange"), "C"),
    "red": (mark("Red"), "D"),
    "violet": (mark("Violet"), "E"),
    "yellow": (mark("Yellow"), "F"),
}
"""Title and letter of each group; the letter stands wherever the color does."""
_HUES = {
    "blue": "#2F7DE1",
    "green": "#26A65B",
    "orange": "#E8762B",
    "red": "#E5484D",
    "violet": "#8B5CF6",
    "yellow": "#C9A400",
}
SYMBOL, TIMEFRAME, POINTER, PERIOD = PARTS = ("symbol", "timeframe", "pointer", "period")
"""What panels of a group may share: also the names in saved states."""
USUAL_PARTS = frozenset({SYMBOL, TIMEFRAME, POINTER})
FRAME_MS = 16


class Period(NamedTuple):
    """What a chart shows: UTC milliseconds at its edges, and whether it moves along with new candles."""

    start_ms: float
    end_ms: float
    follows: bool = False


def link_color(name: str, theme: Theme) -> str:
    """The color of a group, readable on the panels of a theme."""
    return readable(_HUES[name], theme.panel)


def series_to_json(series: SeriesKey | None) -> list[str] | None:
    """A series as JSON values."""
    return None if series is None else [series.symbol, str(series.timeframe), series.source]


def series_from_json(saved: Any) -> SeriesKey | None:
    """What `series_to_json` gave; None for anything else."""
    if not isinstance(saved, list) or len(saved) != 3:
        return None
    symbol, timeframe, source = map(str, saved)
    try:
        return SeriesKey(symbol, Timeframe.parse(timeframe), source)
    except InputError:
        return None


def free_series(
    usual: SeriesKey | None, stored: Sequence[SeriesKey], shown: Sequence[SeriesKey | None]
) -> SeriesKey | None:
    """A series for one more chart: of a market that is not shown yet, in the usual timeframe; else the usual series."""
    taken = {(key.symbol, key.source) for key in shown if key is not None}
    free = next((key for key in stored if (key.symbol, key.source) not in taken), None)
    if free is None or usual is None or not taken:
        return usual
    return closest_series(stored, SeriesKey(free.symbol, usual.timeframe, free.source))


class _Newest(QObject):
    """Hands on the newest of many values, at most once a frame; the first one as soon as the event loop is free."""

    def __init__(self, hand_on: Callable[[Any, Any], None], parent: QObject) -> None:
        super().__init__(parent)
        self._hand_on = hand_on
        self._waiting: tuple[Any, Any] | None = None
        self._since = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tell)

    def put(self, origin: Any, value: Any) -> None:
        self._waiting = (origin, value)
        if not self._timer.isActive():
            passed = self._since.elapsed() if self._since.isValid() else FRAME_MS
            self._timer.start(max(0, FRAME_MS - passed))

    def _tell(self) -> None:
        if self._waiting is not None:
            (origin, value), self._waiting = self._waiting, None
            self._since.start()
            self._hand_on(origin, value)


class LinkGroup(QObject):
    """The panels of one color. Every signal names first who said it, or None."""

    series_changed = Signal(object, object)
    """A SeriesKey, or None."""
    pointer_moved = Signal(object, object)
    """UTC milliseconds under the pointer of a panel, or None when it has left."""
    period_moved = Signal(object, object)
    """A Period."""
    time_wanted = Signal(object, object)
    """UTC milliseconds to bring into sight."""
    period_wanted = Signal(object)
    """A Period to show on every panel, whatever it shares."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.series: SeriesKey | None = None
        self.period: Period | None = None
        self._pointer = _Newest(self.pointer_moved.emit, self)
        self._period = _Newest(self.period_moved.emit, self)

    def select(self, series: SeriesKey | None, origin: QObject | None = None) -> None:
        """Show another series."""
        if series != self.series:
            self.series = series
            self.series_changed.emit(origin, series)

    def move_pointer(self, origin: QObject | None, time_ms: int | None) -> None:
        """The pointer of a panel is over a moment; told once a frame."""
        self._pointer.put(origin, time_ms)

    def show_period(self, origin: QObject | None, period: Period) -> None:
        """A panel shows another period; told once a frame."""
        self.period = period
        self._period.put(origin, period)

    def go_to_time(self, origin: QObject | None, time_ms: int) -> None:
        """Bring a moment into sight on every panel, whatever it shares."""
        self.time_wanted.emit(origin, time_ms)


class LinkGroups(QObject):
    """All groups, and which series there are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups = {name: LinkGroup(name, self) for name in COLORS}
        self.stored: set[SeriesKey] = set()
        """Series known to be stored."""

    @property
    def main(self) -> LinkGroup:
        """The group whose series backtests use."""
        return self._groups[MAIN]

    def group(self, name: str) -> LinkGroup | None:
        """The group of a color; None for no or an unknown one."""
        return self._groups.get(name)

    def closest(self, wanted: SeriesKey) -> SeriesKey:
        """A series that can be shown in place of one that cannot."""
        return closest_series(self.stored, wanted)

    def is_derived(self, series: SeriesKey) -> bool:
        """Whether a series is not stored but made of finer candles."""
        return series not in self.stored and source_of(self.stored, series) is not None

    def know(self, stored: Iterable[SeriesKey]) -> None:
        """Take note of what is stored."""
        self.stored = set(stored)


class PanelLink(QObject):
    """One panel's part in the links: what it shows, its color, and what it shares."""

    series_changed = Signal(object)
    """The panel is to show another SeriesKey, or None: chosen in it or come from its group."""
    pointer_moved = Signal(object)
    """The crosshair of another panel stands at this moment (UTC milliseconds), or is gone (None)."""
    period_moved = Signal(object)
    """Another panel shows this Period."""
    time_wanted = Signal(object)
    """A moment (UTC milliseconds) to bring into sight."""
    changed = Signal()
    """Another color, or something is shared or not any more."""

    def __init__(self, groups: LinkGroups, color: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups = groups
        self.series: SeriesKey | None = None
        self._shared = set(USUAL_PARTS)
        self._group: LinkGroup | None = None
        self.join(color)

    @property
    def color(self) -> str:
        """Name of the group, or "" outside all of them."""
        return "" if self._group is None else self._group.name

    @property
    def is_main(self) -> bool:
        """Whether the panel belongs to the group that backtests use."""
        return self.color == MAIN

    def join(self, color: str) -> None:
        """Go to a group ("" for none) and take up what its panels show; the first panel brings its own series."""
        group = self.groups.group(color)
        if group is self._group:
            return
        self._leave()
        self._group = group
        if group is not None:
            group.series_changed.connect(self._hear_series)
            group.pointer_moved.connect(self._hear_pointer)
            group.period_moved.connect(self._hear_period)
            group.time_wanted.connect(self._hear_time)
            group.period_wanted.connect(self.period_moved)
            self._catch_up(group)
        self.changed.emit()

    def shares(self, part: str) -> bool:
        """Whether a part is shared (as far as the panel belongs to a group)."""
        return part in self._shared

    def share(self, part: str, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Share a part with the group, or keep it to the panel."""
        if wanted == self.shares(part):
            return
        (self._shared.add if wanted else self._shared.discard)(part)
        if wanted and self._group is not None:
            self._catch_up(self._group)
        if part == POINTER:
            self.pointer_moved.emit(None)
        self.changed.emit()

    def share_only(self, *parts: str) -> None:
        """Share these parts and no others."""
        for part in PARTS:
            self.share(part, part in parts)

    # --- what the panel says

    def select(self, series: SeriesKey | None) -> None:
        """A series was chosen in the panel; the group gets what is shared of it."""
        self._show(series)
        if self._group is not None and series is not None:
            self._give(self._group, series)

    def move_pointer(self, time_ms: int | None) -> None:
        """The pointer is over a moment in the panel, or has left it."""
        if self._group is not None and POINTER in self._shared:
            self._group.move_pointer(self, time_ms)

    def show_period(self, period: Period) -> None:
        """The user has moved the panel."""
        if self._group is not None and PERIOD in self._shared:
            self._group.show_period(self, period)

    def group_period(self) -> Period | None:
        """What the other panels show, if that is shared."""
        return self._group.period if self._group is not None and PERIOD in self._shared else None

    # --- saved states

    def save(self) -> dict[str, Any]:
        """Color, what is shared, and the series, as JSON values."""
        shared = [part for part in PARTS if part in self._shared]
        return {"color": self.color, "shares": shared, "series": series_to_json(self.series)}

    def restore(self, saved: Any) -> None:
        """Take up what `save` gave; what does not fit is passed over."""
        if not isinstance(saved, dict):
            return
        if isinstance(saved.get("shares"), list):
            self._shared = {part for part in saved["shares"] if part in PARTS}
        self._leave()
        series = series_from_json(saved.get("series"))
        if series is not None:
            self._show(series)
        self.join(str(saved.get("color") or ""))
        self.changed.emit()

    # --- what the group says

    def _leave(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            group.series_changed.disconnect(self._hear_series)
            group.pointer_moved.disconnect(self._hear_pointer)
            group.period_moved.disconnect(self._hear_period)
            group.time_wanted.disconnect(self._hear_time)
            group.period_wanted.disconnect(self.period_moved)

    def _catch_up(self, group: LinkGroup) -> None:
        if group.series is not None:
            self._hear_series(None, group.series)
        elif self.series is not None:
            self._give(group, self.series)
        if group.period is not None:
            self._hear_period(None, group.period)

    def _give(self, group: LinkGroup, series: SeriesKey) -> None:
        mixed = self._mixed(series, group.series)
        if mixed is not None:
            group.select(mixed if mixed == series else self.groups.closest(mixed), self)

    def _mixed(self, new: SeriesKey, old: SeriesKey | None) -> SeriesKey | None:
        """`new` as far as it is shared, the rest of `old`; None when nothing of it is."""
        if not {SYMBOL, TIMEFRAME} & self._shared:
            return None
        if old is None:
            return new
        market = new if SYMBOL in self._shared else old
        frame = new if TIMEFRAME in self._shared else old
        return SeriesKey(market.symbol, frame.timeframe, market.source)

    def _show(self, series: SeriesKey | None) -> None:
        if series != self.series:
            self.series = series
            self.series_changed.emit(series)

    def _hear_series(self, origin: object, series: SeriesKey | None) -> None:
        if origin is self:
            return
        if series is None:
            if SYMBOL in self._shared:
                self._show(None)
            return
        mixed = self._mixed(series, self.series)
        if mixed is not None:
            self._show(mixed if mixed == series else self.groups.closest(mixed))

    def _hear_pointer(self, origin: object, time_ms: int | None) -> None:
        if origin is not self and POINTER in self._shared:
            self.pointer_moved.emit(time_ms)

    def _hear_period(self, origin: object, period: Period) -> None:
        if origin is not self and PERIOD in self._shared:
            self.period_moved.emit(period)

    def _hear_time(self, origin: object, time_ms: int) -> None:
        if origin is not self:
            self.time_wanted.emit(time_ms)
