"""What the use-cases need from outside, gathered once at start-up and handed to the interface."""

from dataclasses import dataclass

from strategy_tester.services.jobs import JobRunner
from strategy_tester.services.ports import (
    CandleStore,
    DrawingStore,
    ReportWriter,
    RunStore,
    SettingsStore,
    StrategyStore,
)


@dataclass(frozen=True)
class Services:
    """The ports and the job runner of one running program."""

    candles: CandleStore
    strategies: StrategyStore
    runs: RunStore
    settings: SettingsStore
    reports: ReportWriter
    jobs: JobRunner
    drawings: DrawingStore
