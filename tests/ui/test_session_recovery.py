"""What is kept of a session that ended badly, and when the layout is not taken up again."""

import json
import os
import time
from pathlib import Path

import pytest

from fakes import MemorySettings
from strategy_tester.ui.session_recovery import SessionRecovery

KEYS = ("window.layout", "workspaces")


@pytest.fixture
def start(tmp_path: Path, settings: MemorySettings):
    """Start the program anew on the same folder; `lived_s` is how long it lives before it dies, unless closed."""

    def make(lived_s: float = 600.0) -> SessionRecovery:
        recovery = SessionRecovery(tmp_path, settings, KEYS)
        recovery.begun = recovery.begin()
        os.utime(tmp_path / "running.json", (time.time() + lived_s, time.time() + lived_s))
        return recovery

    return make


def test_first_start_and_a_start_after_a_clean_end_find_nothing(start):
    first = start()
    assert first.begun.was_clean
    first.end()
    assert start().begun.was_clean


def test_session_that_ended_badly_is_kept_and_can_be_brought_back(start, settings):
    settings.set("workspaces", {"Research": 1})
    settings.set("window.theme", "light")
    start()
    settings.set("workspaces", {"Research": 2})
    found = start().begun
    assert not found.was_clean
    assert not found.needs_default_layout
    assert json.loads(found.backup.read_text()) == {"workspaces": {"Research": 2}}
    settings.set("workspaces", {})
    assert SessionRecovery(found.backup.parent, settings, KEYS).restore(found.backup)
    assert settings.get("workspaces") == {"Research": 2}


def test_second_crash_destroys_nothing_of_the_first(start, settings):
    settings.set("window.layout", "first")
    start()
    first = start().begun
    settings.set("window.layout", "second")
    second = start().begun
    assert first.backup != second.backup
    assert json.loads(first.backup.read_text()) == {"window.layout": "first"}
    assert json.loads(second.backup.read_text()) == {"window.layout": "second"}


def test_two_crashes_soon_after_the_start_ask_for_the_default_layout(start, settings):
    settings.set("window.layout", "bad")
    start(lived_s=5.0)
    assert not start(lived_s=5.0).begun.needs_default_layout
    assert start(lived_s=5.0).begun.needs_default_layout


def test_crashes_of_long_sessions_do_not_add_up(start, settings):
    settings.set("window.layout", "good")
    start(lived_s=5.0)
    start(lived_s=3000.0)
    assert start(lived_s=3000.0).begun.crashes_in_a_row == 1
    assert not start().begun.needs_default_layout


def test_clean_end_starts_the_count_anew(start, settings):
    start(lived_s=1.0)
    start(lived_s=1.0).end()
    start(lived_s=1.0)
    assert start().begun.crashes_in_a_row == 1


def test_marker_cut_in_the_middle_counts_as_an_unclean_end(start, tmp_path):
    (tmp_path / "running.json").write_text('{"began')
    assert not start().begun.was_clean


def test_damaged_backup_is_refused_and_nothing_is_changed(start, settings, tmp_path):
    (tmp_path / "bad.json").write_text("[1, 2")
    settings.set("window.layout", "mine")
    assert not start().restore(tmp_path / "bad.json")
    assert settings.get("window.layout") == "mine"


def test_no_more_than_twenty_sessions_are_kept(start, settings, tmp_path):
    settings.set("window.layout", "some")
    for _ in range(25):
        start()
    assert len(list((tmp_path / "recovery").glob("session-*.json"))) == 20
