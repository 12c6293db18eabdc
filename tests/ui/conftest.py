"""Tests of the window: the program's looks on pytest-qt's application, everything set back afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from fakes import (
    MemoryCandleStore,
    MemoryDrawingStore,
    MemoryHistoryStore,
    MemoryRunStore,
    MemorySettings,
    MemoryStrategyStore,
)
from strategy_tester.services.context import Services
from strategy_tester.services.jobs import JobRunner
from strategy_tester.ui import i18n, numbers, style_images, theme
from strategy_tester.ui.job_bridge import JobBridge, PoolExecutor
from strategy_tester.ui.style_sheet import style_sheet


@pytest.fixture(scope="session", autouse=True)
def _private_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The style sheet's pictures go to a folder of this test run."""
    folder: Path = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style_images, "cache_folder", lambda: folder)
        yield


@pytest.fixture(autouse=True)
def looks(qapp: QApplication) -> Iterator[None]:
    """Dark, English, UTC: before every test and after it."""
    if theme.current_theme() is not theme.DARK or not qapp.styleSheet():
        qapp.setStyle("Fusion")
        theme.prepare_font(qapp)
        theme.apply_theme(qapp, "dark", style_sheet)
    yield
    numbers.set_local_time(False)
    if i18n.language() != "en":
        i18n.set_language("en")


@pytest.fixture
def settings() -> MemorySettings:
    return MemorySettings()


@pytest.fixture
def services(settings: MemorySettings) -> Iterator[Services]:
    """Services over stores in memory, with jobs on a real thread pool."""
    from strategy_tester.reports import csv_file

    runner = JobRunner(PoolExecutor(2))
    candles = MemoryCandleStore()
    yield Services(
        candles, MemoryStrategyStore(), MemoryRunStore(), settings, csv_file, runner, MemoryDrawingStore(),
        MemoryHistoryStore(candles),
    )  # fmt: skip
    runner.shut_down()


@pytest.fixture
def jobs(services: Services) -> Iterator[JobBridge]:
    bridge = JobBridge(services.jobs)
    yield bridge
    bridge.close()
