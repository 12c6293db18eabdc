"""Health checks: each answers with a sentence, none breaks the others."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from strategy_tester.system import health
from strategy_tester.system.health import Check


def test_every_check_answers_with_a_sentence(tmp_path):
    checks = list(health.run_checks(tmp_path))
    assert [check.name for check in checks] == [
        "Python", "Packages", "Data folder", "Disk", "Settings", "Kernel cache", "Compiler", "Resources",
        "Window libraries", "Screen", "Log",
    ]  # fmt: skip
    assert all(check.sentence for check in checks)
    assert [check for check in checks if check.status == "fail"] == []


def test_a_check_that_breaks_is_a_failed_check():
    def broken() -> Check:
        raise RuntimeError("no such thing")

    check = health.guarded("Screen", broken)
    assert (check.status, check.sentence) == ("fail", "the check itself failed: RuntimeError: no such thing")


def test_a_missing_package_fails_and_a_missing_window_package_warns(monkeypatch):
    monkeypatch.setitem(health.PACKAGES, "not-there", "not_there")
    assert health.check_packages().status == "fail"
    monkeypatch.delitem(health.PACKAGES, "not-there")
    monkeypatch.setattr(health, "_version", lambda name, _module: "" if name == "pyqtgraph" else "1.0")
    check = health.check_packages()
    assert (check.status, "missing: pyqtgraph" in check.sentence) == ("warn", True)


@pytest.mark.parametrize(("free", "status"), [(100_000_000, "fail"), (10**9, "warn"), (10**11, "ok")])
def test_free_space(tmp_path, monkeypatch, free, status):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert health.check_disk(tmp_path / "not" / "yet").status == status


def test_a_folder_in_which_nothing_can_be_made_fails(tmp_path):
    (tmp_path / "file").write_text("in the way")
    check = health.check_writable("Data folder", tmp_path / "file" / "data")
    assert check.status == "fail"
    assert "BST_DATA_DIR" in check.hint


def test_checking_leaves_nothing_behind(tmp_path):
    health.check_writable("Data folder", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "status"), [("{}", "ok"), ("{half", "warn"), ("[]", "warn"), ("[" * 99_999, "warn")]
)
def test_settings(tmp_path, content, status):
    (tmp_path / "settings.json").write_text(content)
    assert health.check_settings(tmp_path / "settings.json").status == status


def test_a_library_that_qt_needs_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(health, "_opens", lambda library: library != "libEGL.so.1")
    check = health.check_window_libraries()
    assert (check.status, check.sentence) == ("fail", "missing: libEGL.so.1; the window cannot open")


def test_no_screen_is_only_a_warning(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert health.check_screen().status == "warn"
    monkeypatch.setenv("DISPLAY", ":0")
    assert health.check_screen() == Check("Screen", "ok", "display :0")


def test_qt_is_not_loaded(tmp_path):
    code = (
        "import sys; from strategy_tester.system.health import run_checks; from pathlib import Path; "
        f"list(run_checks(Path({str(tmp_path)!r}))); print('PySide6' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert answer.stdout.strip() == "False"
