"""The clock of the replay: one moment that every chart taking part shows, and how fast it goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from strategy_tester.ui.i18n import mark, tr

if TYPE_CHECKING:
    from strategy_tester.ui.view_context import ViewContext

FRAME_MS = 16
LONGEST_FRAME_MS = 250
"""A frame that took longer counts as this much: after a stall the replay goes on where it was instead of leaping."""
TAKES_ALL_KEY, SPEED_KEY = "replay.all_charts", "replay.speed"


class Timeline(Protocol):
    """What the clock must know of a chart's candles; `services.replay.ReplayFeed` does."""

    @property
    def first_ms(self) -> int: ...
    @property
    def last_ms(self) -> int: ...
    @property
    def bar_ms(self) -> int: ...
    def next_close(self, now_ms: int, *, lower: bool = False) -> int | None: ...
    def previous_close(self, now_ms: int, *, lower: bool = False) -> int | None: ...


@dataclass(frozen=True)
class Speed:
    """How fast market time goes by: `amount` times real time, or so many bars of the chart in use per second."""

    amount: int
    is_in_bars: bool = False

    @property
    def key(self) -> str:
        """Names it in settings."""
        return f"{self.amount}{'bars' if self.is_in_bars else 'x'}"

    @property
    def text(self) -> str:
        """What the choice says, in the language in use."""
        return tr(BARS_A_SECOND, count=self.amount) if self.is_in_bars else f"{self.amount}\u00d7"


BARS_A_SECOND = mark("{count} bars/s")
SPEEDS = (
    *(Speed(amount) for amount in (1, 2, 5, 10, 30, 60, 300, 1800)),
    *(Speed(amount, is_in_bars=True) for amount in (1, 2, 5, 10, 30)),
)
USUAL_SPEED = Speed(2, is_in_bars=True)


class ReplayClock(QObject):
    """Play, pause, step and jump. No widgets; a timer drives it while it plays.

    Attributes:
        now_ms: The moment shown, UTC milliseconds.
        is_on: Whether a replay is under way.
        is_playing: Whether it goes on by itself.
        speed: How fast.
        takes_all: Whether every open chart takes part, or only the one the replay was begun on.
        starter: The chart panel the replay was begun on.
    """

    switched = Signal(bool)
    """A replay began, or was left."""
    moved = Signal(object)
    """The moment shown is another one: UTC milliseconds. Once per frame at most while it plays."""
    changed = Signal()
    """Playing, speed, range, or who takes part has changed."""

    def __init__(self, context: "ViewContext | None" = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = context.settings if context is not None else None
        self.now_ms = 0
        self.is_on = self.is_playing = False
        self.starter: QObject | None = None
        self.takes_all = self._saved(TAKES_ALL_KEY, "yes") != "no"
        saved = self._saved(SPEED_KEY, USUAL_SPEED.key)
        self.speed = next((speed for speed in SPEEDS if speed.key == saved), USUAL_SPEED)
        self._members: dict[QObject, Timeline] = {}
        self._guests: set[QObject] = set()
        self._exact = 0.0
        self._elapsed = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._frame)
        self.in_use: Callable[[], QObject | None] = lambda: None

    @classmethod
    def of(cls, context: "ViewContext") -> "ReplayClock":
        """The program's clock; made at the first use."""
        found = context.charts.findChild(cls)
        if found is None:
            found = cls(context, context.charts)
            found.in_use = lambda: context.charts.current
            charts = context.charts
            charts.charts_changed.connect(lambda: found.keep_only(charts.all()))
            found.switched.connect(lambda on: context.status.set_environment("replay" if on else "backtest"))
        return found

    # --- who takes part

    def join(self, owner: QObject, timeline: Timeline) -> None:
        """A chart takes part with its candles; again with others when it shows another market."""
        self._members[owner] = timeline
        self.changed.emit()

    def leave(self, owner: QObject) -> None:
        """A chart no longer takes part."""
        if self._members.pop(owner, None) is not None:
            self.changed.emit()

    def keep_only(self, owners: Sequence[QObject]) -> None:
        """These charts are open: others are gone for good."""
        self._guests.intersection_update(owners)
        for gone in [owner for owner in self._members if owner not in owners]:
            self.leave(gone)
        if self.starter is None or self.starter in owners:
            return
        if owners and self.takes_all:
            self.starter = owners[0]
            self.changed.emit()
        else:
            self.stop()

    @property
    def timeline(self) -> Timeline | None:
        """Candles of the chart in use, else of the one the replay was begun on, else of any."""
        for owner in (self.in_use(), self.starter):
            if owner in self._members:
                return self._members[owner]
        return next(iter(self._members.values()), None)

    @property
    def range_ms(self) -> tuple[int, int]:
        """First and last moment that any chart can show."""
        members = self._members.values()
        first = min((member.first_ms for member in members), default=self.now_ms)
        return first, max((member.last_ms for member in members), default=self.now_ms)

    def wants(self, owner: QObject) -> bool:
        """Whether a chart is to take part now."""
        return self.is_on and (self.takes_all or owner is self.starter or owner in self._guests)

    def invite(self, owner: QObject) -> None:
        """Let one more chart take part in a replay that is on."""
        if self.is_on:
            self._guests.add(owner)
            self.changed.emit()

    def set_takes_all(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Let every open chart take part, or only one."""
        if wanted != self.takes_all:
            self.takes_all = wanted
            self._guests.clear()
            self._save(TAKES_ALL_KEY, "yes" if wanted else "no")
            self.changed.emit()

    # --- on and off

    def start(self, now_ms: int, starter: QObject) -> None:
        """Begin a replay at a moment."""
        self.starter = starter
        self._put(now_ms)
        if self.is_on:
            self.moved.emit(self.now_ms)
            self.changed.emit()
            return
        self.is_on = True
        self.switched.emit(True)

    def stop(self) -> None:
        """Leave the replay; every chart shows everything again."""
        if self.is_on:
            self.pause()
            self.is_on = False
            self.starter = None
            self._guests.clear()
            self.switched.emit(False)
            self._members.clear()

    # --- going on

    def play(self) -> None:
        """Go on by itself."""
        if self.is_on and not self.is_playing and self.now_ms < self.range_ms[1]:
            self.is_playing = True
            self._exact = float(self.now_ms)
            self._elapsed.start()
            self._timer.start()
            self.changed.emit()

    def pause(self) -> None:
        """Stand still."""
        if self.is_playing:
            self.is_playing = False
            self._timer.stop()
            self.changed.emit()

    def toggle(self) -> None:
        """Play or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def set_speed(self, speed: Speed) -> None:
        """Go on faster or slower."""
        if speed != self.speed:
            self.speed = speed
            self._save(SPEED_KEY, speed.key)
            self.changed.emit()

    def _frame(self) -> None:
        self.tick(min(self._elapsed.restart(), LONGEST_FRAME_MS))

    def tick(self, real_ms: float) -> None:
        """So much real time has gone by."""
        if not self.is_playing:
            return
        rate = float(self.speed.amount)
        if self.speed.is_in_bars:
            timeline = self.timeline
            rate *= (timeline.bar_ms if timeline is not None else 60_000) / 1000.0
        end = self.range_ms[1]
        self._exact = min(self._exact + real_ms * rate, float(end))
        self.now_ms = int(self._exact)
        self.moved.emit(self.now_ms)
        if self.now_ms >= end:
            self.pause()

    # --- stepping and jumping

    def step(self, bars: int = 1, *, lower: bool = False) -> None:
        """Go to the close of the next candle of the chart in use, or back with -1; pauses.

        Args:
            bars: 1 or -1.
            lower: Candles of its lower timeframe, where it has one.
        """
        timeline = self.timeline
        self.pause()
        if timeline is None:
            return
        find = timeline.next_close if bars > 0 else timeline.previous_close
        moment = find(self.now_ms, lower=lower)
        if moment is not None:
            self.jump(moment)

    def jump(self, now_ms: int) -> None:
        """Go to a moment, inside what the charts can show."""
        first, last = self.range_ms
        moment = min(max(int(now_ms), first), last) if self._members else int(now_ms)
        if self.is_on and moment != self.now_ms:
            self._put(moment)
            self.moved.emit(self.now_ms)

    def _put(self, now_ms: int) -> None:
        self.now_ms = int(now_ms)
        self._exact = float(now_ms)

    # --- settings

    def _saved(self, key: str, default: str) -> str:
        return default if self._settings is None else str(self._settings.get(key, default))

    def _save(self, key: str, value: str) -> None:
        if self._settings is not None:
            self._settings.set(key, value)
