"""The settings file: never half, never a reason not to start."""

import json
import os

import pytest

from strategy_tester.system.settings_file import JsonSettings


def store(settings: JsonSettings, key: str, value: object) -> None:
    """Set a value and wait until it is in the file."""
    settings.set(key, value)
    assert settings.flush()


def test_a_value_is_there_again_after_a_restart(tmp_path):
    store(JsonSettings(tmp_path / "settings.json"), "window", {"width": 1600, "panels": ["chart", "trades"]})
    assert JsonSettings(tmp_path / "settings.json").get("window") == {"width": 1600, "panels": ["chart", "trades"]}


def test_what_was_never_set_is_the_default(tmp_path):
    settings = JsonSettings(tmp_path / "settings.json")
    assert settings.get("theme", "dark") == "dark"
    assert settings.problem == ""
    assert not (tmp_path / "settings.json").exists()


def test_the_folder_is_made_when_it_is_missing(tmp_path):
    store(JsonSettings(tmp_path / "new" / "settings.json"), "language", "ru")
    assert json.loads((tmp_path / "new" / "settings.json").read_text(encoding="utf-8")) == {"language": "ru"}


@pytest.mark.parametrize(
    "content",
    [b"{half", b"[1, 2]", b"\xff\xfe\x00", b"", b"[" * 100_000],
    ids=["cut", "list", "bytes", "empty", "deep"],
)
def test_a_damaged_file_is_kept_aside_and_said_so(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = JsonSettings(path)
    assert settings.get("theme", "dark") == "dark"
    assert "was damaged" in settings.problem
    kept = [entry for entry in tmp_path.iterdir() if "damaged" in entry.name]
    assert [entry.read_bytes() for entry in kept] == [content]
    store(settings, "theme", "light")
    assert JsonSettings(path).get("theme") == "light"


def test_a_write_that_fails_leaves_the_old_file_and_the_program_running(tmp_path, monkeypatch):
    settings = JsonSettings(tmp_path / "settings.json")
    store(settings, "theme", "light")

    def no_room(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    store(settings, "theme", "dark")
    assert settings.get("theme") == "dark"
    assert JsonSettings(tmp_path / "settings.json").get("theme") == "light"


def test_the_same_value_is_not_written_again(tmp_path, monkeypatch):
    settings = JsonSettings(tmp_path / "settings.json")
    store(settings, "theme", "light")
    before = (tmp_path / "settings.json").stat()
    store(settings, "theme", "light")
    assert (tmp_path / "settings.json").stat().st_ino == before.st_ino


def test_setting_does_not_wait_for_a_slow_disk(tmp_path, monkeypatch):
    import time

    settings = JsonSettings(tmp_path / "settings.json")
    monkeypatch.setattr(os, "fsync", lambda _descriptor: time.sleep(0.3))
    begun = time.perf_counter()
    for number in range(50):
        settings.set("number", number)
    assert time.perf_counter() - begun < 0.15
    assert settings.flush()
    assert JsonSettings(tmp_path / "settings.json").get("number") == 49


def test_a_value_changed_after_it_was_set_is_stored_as_it_was(tmp_path):
    settings = JsonSettings(tmp_path / "settings.json")
    panels = ["chart"]
    settings.set("panels", panels)
    panels.append("trades")
    assert settings.flush()
    assert JsonSettings(tmp_path / "settings.json").get("panels") == ["chart"]
