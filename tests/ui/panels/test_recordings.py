"""The recording of a market from the window."""

import pytest
from PySide6.QtWidgets import QLabel

from book_builders import LINEAR, change, trade
from book_panels import START_MS, show_panel, with_live
from live_fakes import MemoryLiveMarkets
from strategy_tester.domain.errors import DiskFull
from strategy_tester.domain.market_events import BookChange, PublicTrade, StreamState
from strategy_tester.marketdata.event_files import RecordingGap
from strategy_tester.services.context import Services
from strategy_tester.services.record_market import read_recording, recording_folder
from strategy_tester.ui.panels.books.record_button import RecordingMark
from strategy_tester.ui.panels.books.recordings import FOLDER_KEY, Recordings


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets, tmp_path) -> Services:
    services.settings.set(FOLDER_KEY, str(tmp_path))
    return with_live(services, live)


@pytest.fixture
def panel(open_panels, live, qtbot):
    return show_panel(open_panels("ladder"), live, "ladder", qtbot)


def test_what_is_heard_is_recorded_with_its_gaps(panel, live, qtbot, tmp_path):
    recordings = Recordings.of(panel.context)
    panel.record.click()
    assert panel.record.isChecked()
    live.say("bybit", [change(11, ((99.9, 9.0),), time_ms=START_MS + 100)])
    live.say("bybit", [trade(100.2, 0.5, time_ms=START_MS + 100)])
    live.be("bybit", StreamState.LOST, reason="the connection was cut")
    live.be("bybit", StreamState.LIVE)
    live.say("bybit", [trade(100.3, 0.5, time_ms=START_MS + 900)])
    (recorder, _), *_ = recordings._running.values()
    panel.record.click()
    assert not panel.record.isChecked()
    recorder.stop()
    events = list(read_recording(recording_folder(tmp_path, "1970-01-01", LINEAR)))
    assert [type(event) for event in events] == [BookChange, PublicTrade, RecordingGap, PublicTrade]
    assert events[2].reason == "the connection was cut"


def test_recording_shows_its_size_everywhere_and_listens_on_without_a_panel(panel, live, qtbot):
    recordings = Recordings.of(panel.context)
    panel.context.actions.trigger("market.record")
    assert [state.market for state in recordings.states()] == [LINEAR]
    live.say("bybit", [trade(100.2, 0.5, time_ms=START_MS + 100)])
    qtbot.waitUntil(lambda: recordings.states()[0].bytes > 0, timeout=10_000)
    recordings.changed.emit()
    assert "kB" in panel.record.text()
    (mark,) = panel.context.window.findChildren(RecordingMark)
    assert "● Recording BTCUSDT" in mark.text()
    panel.feed.shut_down()
    assert len(live.topics("bybit")) == 2
    recordings.stop_all()
    assert not live.topics("bybit")


def test_full_disk_ends_it_in_words(panel):
    recordings = Recordings.of(panel.context)
    recordings.start(LINEAR)
    (recorder, _), *_ = recordings._running.values()
    recorder._fail(DiskFull("there is no room left on the disk", hint="Free some space."))
    recordings._look()
    assert recordings.states() == []
    assert not panel.record.isChecked()
    said = [label.text() for label in panel.context.window.findChildren(QLabel)]
    assert any("Recording ended: there is no room left on the disk Free some space." in text for text in said)


def test_another_exchange_ends_it(panel, live):
    recordings = Recordings.of(panel.context)
    recordings.start(LINEAR)
    panel.context.live.choose("off")
    assert recordings.states() == []
