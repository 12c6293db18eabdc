"""Log files: found again, small, without secrets."""

import logging
import os

import pytest

from strategy_tester.system.log_files import blot, start_log, stop_log, write_crash


@pytest.fixture
def log(tmp_path):
    path = start_log(tmp_path / "logs")
    assert path is not None
    yield path
    stop_log()


def test_our_records_and_others_warnings_are_written(log):
    logging.getLogger("strategy_tester.services.jobs").info("a job began")
    logging.getLogger("somebody").info("chatter")
    logging.getLogger("somebody").warning("trouble")
    text = log.read_text(encoding="utf-8")
    assert "INFO MainThread strategy_tester.services.jobs: a job began" in text
    assert "trouble" in text
    assert "chatter" not in text
    assert text.splitlines()[0][10] == "T"
    assert "Z INFO" in text.splitlines()[0]


def test_a_second_start_goes_on_in_the_same_file(log, tmp_path):
    assert start_log(tmp_path / "elsewhere") == log


@pytest.mark.skipif(os.name == "nt", reason="rights are given differently there")
def test_the_file_is_the_users_alone(log):
    assert log.stat().st_mode & 0o077 == 0


SECRET = "cAnArYkEy1234567890"  # noqa: S105 - made up


@pytest.mark.parametrize(
    "text",
    [
        f"api_key={SECRET}", f"apiKey: {SECRET}", f'{{"api_secret": "{SECRET}"}}', f"'password': '{SECRET}'",
        f"X-BAPI-SIGN: {SECRET}", f"X-BAPI-API-KEY={SECRET}&recv_window=5000", f"Authorization: Bearer {SECRET}",
        f"token={SECRET};", f"?sign={SECRET}&timestamp=1",
    ],
)  # fmt: skip
def test_secrets_are_blotted_out(text):
    assert SECRET not in blot(text)
    assert "[hidden]" in blot(text)


@pytest.mark.parametrize("text", ["the signal of bar 7", "assign=3", "monkey: 5", "design: plain"])
def test_ordinary_words_stay(text):
    assert blot(text) == text


def fail_with(text: str) -> None:
    raise ValueError(text)


def test_tracebacks_are_blotted_too(log):
    try:
        fail_with(f"api_secret={SECRET}")
    except ValueError:
        logging.getLogger("strategy_tester").exception("it failed")
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert SECRET not in text


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert start_log(tmp_path / "file" / "logs") is None


def test_a_crash_is_kept_with_its_traceback(tmp_path):
    try:
        fail_with(f"token={SECRET}")
    except ValueError as error:
        path = write_crash(error, tmp_path)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert "ValueError" in text
    assert SECRET not in text
