"""State of the panel of the practice exchange: how it is to be, and how the one that runs is doing."""

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.errors import InvalidSettings
from strategy_tester.domain.timeframes import DAY_MS
from strategy_tester.services.live_markets import PracticePlan, PracticeState
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.desk import PRACTICE, LiveDesk
from strategy_tester.ui.panels.practice.days import GOOD, OWN, day
from strategy_tester.ui.workbench import Workbench

FASTEST = 1000.0
PRESETS = (1.0, 10.0, 60.0, 300.0, 1000.0)
STEPS = 300
"""Places of the speed slider: a hundred for each factor of ten."""
_KEY = "practice.plan"
_LOOK_MS = 250


@dataclass(frozen=True)
class PracticeWishes:
    """What the form holds, as JSON values.

    Attributes:
        symbols: Which are traded; all when empty.
        start_ms: Market time at the start; a day before the data end when None.
        speed: Market seconds in a real second.
        seed: Of trades and books.
        day: Key of a day.
        script: Own fault script, as text.
    """

    symbols: tuple[str, ...] = ()
    start_ms: int | None = None
    speed: float = 60.0
    seed: int = 7
    day: str = GOOD
    script: str = '{"faults": [{"kind": "cut", "every_s": 30}]}'


class PracticeViewModel(QObject):
    """The practice exchange of the program.

    Args:
        desk: Starts it, and listens to it.
        workbench: What is stored, and what charts show.
        settings: Remembers the form.
        parent: Qt's parent.
    """

    state_changed = Signal()
    """It was started or stopped, runs at another speed, or market time went on."""
    symbols_changed = Signal()
    """Other candles are stored."""
    ended = Signal()
    """Market time has reached the end of the data."""

    def __init__(self, desk: LiveDesk, workbench: Workbench, settings: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._workbench, self._settings = desk, workbench, settings
        self.wishes = _read_wishes(settings.get(_KEY))
        self._resting_speed = 0.0
        self._has_told_end = False
        self._ticks = QTimer(self, interval=_LOOK_MS)
        self._ticks.timeout.connect(self._look)
        desk.practice_changed.connect(self._take_change)
        workbench.stored_changed.connect(self.symbols_changed)
        self._take_change()

    # --- what is wished for

    def symbols(self) -> list[str]:
        """What can be traded: every stored symbol."""
        return sorted({summary.key.symbol for summary in self._summaries()})

    def put(self, **changes: Any) -> None:
        """Change wishes; they are remembered."""
        self.wishes = replace(self.wishes, **changes)
        self._settings.set(_KEY, {**asdict(self.wishes), "symbols": list(self.wishes.symbols)})

    def usual_start_ms(self) -> int:
        """A day before the end of what is stored of the chosen symbols."""
        ends = [item.last_open_ms for item in self._summaries() if item.key.symbol in self._chosen()]
        return max(max(ends, default=0) - DAY_MS, 0)

    def period_ms(self) -> tuple[int, int]:
        """From where to where the chosen symbols are stored."""
        chosen = [item for item in self._summaries() if item.key.symbol in self._chosen()]
        if not chosen:
            return 0, 0
        return min(item.first_open_ms for item in chosen), max(item.last_open_ms for item in chosen)

    def plan(self) -> PracticePlan:
        """The wishes as a plan.

        Raises:
            InvalidSettings: the own script is no JSON object.
        """
        wishes = self.wishes
        known = set(self.symbols())
        symbols = tuple(symbol for symbol in wishes.symbols if symbol in known)
        return PracticePlan(symbols, wishes.start_ms, wishes.speed, wishes.seed, self._faults())

    def _faults(self) -> dict[str, Any] | None:
        wishes = self.wishes
        if wishes.day == GOOD:
            return None
        if wishes.day != OWN:
            return {"seed": wishes.seed, "faults": [dict(fault) for fault in day(wishes.day).faults or ()]}
        try:
            content = json.loads(wishes.script)
        except ValueError as error:
            raise InvalidSettings(tr("The fault script is no JSON: {problem}", problem=error)) from error
        if not isinstance(content, dict):
            raise InvalidSettings(tr("A fault script is an object with a list called faults."))
        return content

    def _chosen(self) -> set[str]:
        return set(self.wishes.symbols) or set(self.symbols())

    def _summaries(self) -> list[SeriesSummary]:
        return self._workbench.stored

    # --- what runs

    @property
    def state(self) -> PracticeState | None:
        """The practice exchange that runs."""
        return self._desk.practice

    @property
    def is_starting(self) -> bool:
        """Whether its candles are being loaded."""
        return self._desk.is_practice_starting

    @property
    def is_paused(self) -> bool:
        """Whether market time rests."""
        return self.state is not None and self.state.speed == 0.0

    def start(self) -> None:
        """Start it as wished, listen to it, and show its first market.

        Raises:
            InvalidSettings: see `plan`.
        """
        self._desk.start_practice(self.plan())

    def stop(self) -> None:
        """End it; charts that showed it go back to what is stored."""
        main = self._workbench.links.main
        if main.series is not None and main.series.source.startswith(f"{PRACTICE}-"):
            main.select(self._workbench.series)
        self._desk.stop_practice()

    def set_speed(self, speed: float) -> None:
        """Another speed, now and for the next start."""
        self.put(speed=min(max(speed, 1.0), FASTEST))
        if self.state is not None and not self.is_paused:
            self._desk.set_practice_speed(self.wishes.speed)

    def toggle_pause(self) -> None:
        """Let market time rest, or go on."""
        if self.state is not None:
            self._desk.set_practice_speed(self.wishes.speed if self.is_paused else 0.0)

    def show_market(self) -> None:
        """Put the first market on the main charts, unless they show the practice exchange already."""
        state, main = self.state, self._workbench.links.main
        if state is None or not state.markets:
            return
        market = state.markets[0]
        if main.series is not None and main.series.source == market.source:
            return
        frames = [item.key.timeframe for item in self._summaries() if item.key.symbol == market.symbol]
        finest = min(frames, key=lambda frame: frame.milliseconds, default=None)
        wanted = main.series.timeframe if main.series is not None else finest
        if finest is not None and wanted is not None:
            frame = wanted if wanted.milliseconds >= finest.milliseconds else finest
            main.select(SeriesKey(market.symbol, frame, market.source))

    def _take_change(self) -> None:
        is_running = self.state is not None and not self.is_starting
        if is_running and not self._ticks.isActive():
            self._ticks.start()
            self._has_told_end = False
            self.show_market()
        elif not is_running:
            self._ticks.stop()
        self.state_changed.emit()

    def _look(self) -> None:
        state = self.state
        if state is not None and state.is_over and not self._has_told_end:
            self._has_told_end = True
            self.ended.emit()
        self.state_changed.emit()


def speed_of(place: int) -> float:
    """The speed at a place of the slider, two significant figures."""
    speed = 10.0 ** (3.0 * place / STEPS)
    return min(round(speed, 1 if speed < 10 else 0) if speed < 100 else round(speed, -1), FASTEST)


def place_of(speed: float) -> int:
    """Where the slider stands at a speed."""
    return round(math.log10(min(max(speed, 1.0), FASTEST)) * STEPS / 3.0)


def _read_wishes(saved: Any) -> PracticeWishes:
    """What was remembered, as far as it fits."""
    usual = PracticeWishes()
    if not isinstance(saved, dict):
        return usual
    found: dict[str, Any] = {}
    for entry in fields(PracticeWishes):
        value, expected = saved.get(entry.name), getattr(usual, entry.name)
        if entry.name == "symbols" and isinstance(value, list):
            found["symbols"] = tuple(map(str, value))
        elif entry.name == "start_ms" and isinstance(value, int):
            found["start_ms"] = value
        elif entry.name == "speed" and isinstance(value, int | float):
            found["speed"] = min(max(float(value), 1.0), FASTEST)
        elif isinstance(value, type(expected)) and entry.name in {"seed", "day", "script"}:
            found[entry.name] = value
    return replace(usual, **found)
