"""Pinned series are kept up to date while the program runs: quietly, and only when the user switched it on."""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.market_events import StreamState
from strategy_tester.services import scheduled_updates
from strategy_tester.services.context import Services
from strategy_tester.services.jobs import Job
from strategy_tester.services.market_history import SeriesOutcome
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.scheduled_updates import PinnedSeries
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.job_bridge import TOLD_BY_OWNER, JobBridge
from strategy_tester.ui.live.desk import OFF, LiveDesk
from strategy_tester.ui.panels.download.tasks import TaskMaker

INTERVALS_MINUTES = (5, 15, 30, 60, 240, 1440)
_SETTING = "data.auto_update"
_EXCHANGE_SETTING = "live.exchange"
_LOOK_MS = 30_000


class AutoUpdates(QObject):
    """Which series are pinned, how often they are updated, and doing it.

    Args:
        services: Stores, exchanges, settings.
        jobs: Runs the updates.
        maker: Gives exchanges.
        desk: Says whether the user is offline; None in tests.
        parent: Qt's parent.
    """

    changed = Signal()
    """The switch, the interval or the pins changed."""
    ended = Signal(object)
    """An update has ended: the list of SeriesOutcomes."""

    def __init__(
        self,
        services: Services,
        jobs: JobBridge,
        maker: TaskMaker,
        desk: LiveDesk | None = None,
        parent: QObject | None = None,
        now_ms: Callable[[], int] = lambda: round(time.time() * 1000),
    ) -> None:
        super().__init__(parent)
        self._services, self._jobs, self._maker, self._desk, self._now_ms = services, jobs, maker, desk, now_ms
        self._job: Job[list[SeriesOutcome]] | None = None
        self.is_on, self.minutes = False, scheduled_updates.DEFAULT_MINUTES
        saved = services.settings.get(_SETTING)
        if isinstance(saved, dict):
            self.is_on = saved.get("on") is True
            if saved.get("minutes") in INTERVALS_MINUTES:
                self.minutes = saved["minutes"]
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.update_due)
        self._run_timer()

    @property
    def pins(self) -> dict[SeriesKey, PinnedSeries]:
        """Pinned series by their keys."""
        return {one.key: one for one in scheduled_updates.pinned(self._services.settings)}

    def set_on(self, is_on: bool) -> None:  # noqa: FBT001  a switch's signal
        """Let updates run, or rest."""
        if is_on != self.is_on:
            self.is_on = is_on
            self._save()
            self._run_timer()
            self.changed.emit()
            self.update_due()

    def set_minutes(self, minutes: int) -> None:
        """Update every so many minutes; one of INTERVALS_MINUTES."""
        self.minutes = minutes
        self._save()
        for key in self.pins:
            scheduled_updates.pin(self._services.settings, key, minutes)
        self.changed.emit()

    def turn_pin(self, key: SeriesKey) -> None:
        """Pin a series, or let it rest.

        Raises:
            InvalidParameter: it comes from no exchange.
        """
        if key in self.pins:
            scheduled_updates.unpin(self._services.settings, key)
        else:
            scheduled_updates.pin(self._services.settings, key, self.minutes)
        self.changed.emit()

    def unpin(self, keys: Sequence[SeriesKey]) -> None:
        """Series that are gone are not updated."""
        for key in keys:
            scheduled_updates.unpin(self._services.settings, key)
        self.changed.emit()

    @property
    def why_not(self) -> str:
        """Why updates rest though they are switched on, in the language in use; empty when they do not."""
        if self._services.settings.get(_EXCHANGE_SETTING) == OFF:
            return tr("Updates rest: the program was told to be offline.")
        if self._desk is not None and self._desk.health.state is StreamState.LOST:
            return tr("Updates rest: the connection is lost.")
        return ""

    def update_due(self) -> None:
        """Update what is due, unless that is forbidden or going on."""
        is_busy = self._job is not None and not self._job.state.is_final
        if not self.is_on or is_busy or self.why_not:
            return
        services, now_ms = self._services, self._now_ms()
        if not scheduled_updates.due(services.settings, now_ms):
            return
        self._job = self._jobs.start(
            tr("Updating pinned series"),
            lambda checkpoint: scheduled_updates.update_all(
                services.settings, self._maker.source, services.candles, services.history, now_ms, checkpoint
            ),
            on_done=self.ended.emit,
            on_failed=lambda _error: self.changed.emit(),  # the jobs panel tells; the next try comes by itself
            group=f"{TOLD_BY_OWNER}updates",
        )

    def _save(self) -> None:
        self._services.settings.set(_SETTING, {"on": self.is_on, "minutes": self.minutes})

    def _run_timer(self) -> None:
        if self.is_on:
            self._timer.start()
        else:
            self._timer.stop()


def outcome_words(outcomes: Sequence[SeriesOutcome]) -> str:
    """What an update did, in one sentence for the status line."""
    added = sum(outcome.added for outcome in outcomes)
    failed = [outcome for outcome in outcomes if outcome.problem]
    text = plural("{count} pinned series updated|{count} pinned series updated", len(outcomes) - len(failed))
    text += f": {plural('{count} new candle|{count} new candles', added)}"
    if failed:
        text += f". {plural('{count} series failed|{count} series failed', len(failed))}: {tr(failed[0].problem)}"
    return text
