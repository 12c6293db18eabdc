import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit

from strategy_tester.domain.errors import MissingCandles
from strategy_tester.ui import i18n
from strategy_tester.ui.errors import ErrorStrip, FaultDialog, describe
from strategy_tester.ui.fault_reports import FaultReports


@pytest.fixture
def strip(qtbot) -> ErrorStrip:
    strip = ErrorStrip()
    qtbot.addWidget(strip)
    return strip


def test_expected_error_says_what_and_what_to_do(strip: ErrorStrip):
    strip.show_error(MissingCandles("There are no candles in this period.", hint="Choose a longer one."))
    assert strip.text() == "There are no candles in this period. Choose a longer one."
    assert not strip.isHidden()
    strip.clear()
    assert strip.isHidden()
    assert strip.text() == ""


def test_unexpected_error_is_called_a_fault():
    text = describe(ZeroDivisionError("division by zero"))
    assert not text.is_expected
    assert text.what == "Something unexpected happened: ZeroDivisionError: division by zero"


def test_details_can_be_copied_with_versions(strip: ErrorStrip, qtbot):
    with pytest.raises(MissingCandles) as caught:
        _refuse()
    strip.show_error(caught.value)
    qtbot.mouseClick(strip._copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "Traceback" in copied
    assert "MissingCandles: Nothing here." in copied
    assert "Qt 6" in copied


def _refuse() -> None:
    raise MissingCandles("Nothing here.")


def test_remedy_is_offered_until_the_strip_is_cleared(strip: ErrorStrip, qtbot):
    tried = []
    strip.show_text("The database is locked.")
    strip.offer("Try again", lambda: tried.append(1))
    qtbot.mouseClick(strip.remedy, Qt.MouseButton.LeftButton)
    assert tried == [1]
    strip.clear()
    assert strip.remedy.isHidden()


def test_strip_follows_the_language(strip: ErrorStrip):
    i18n.set_language("ru")
    assert strip._copy.text() == "Скопировать подробности"


def test_fault_dialog_holds_a_report_to_copy(qtbot):
    dialog = FaultDialog("ValueError: boom", "/some/folder")
    qtbot.addWidget(dialog)
    dialog.copy_report()
    assert "ValueError: boom" in QGuiApplication.clipboard().text()
    assert "ValueError: boom" in dialog.findChild(QPlainTextEdit).toPlainText()


@pytest.fixture
def reports(tmp_path, qapp):
    reports = FaultReports(tmp_path / "logs")
    yield reports
    reports.uninstall()


def test_error_in_a_thread_leaves_a_report(reports: FaultReports, qtbot):
    reports.install()

    def broken():
        raise ValueError("in a thread")

    thread = threading.Thread(target=broken)
    with qtbot.waitSignal(reports.fault) as told:
        thread.start()
        thread.join()
    assert "ValueError: in a thread" in told.args[0]
    files = list(reports.folder.glob("fault-*.txt"))
    assert len(files) == 1
    assert "ValueError: in a thread" in files[0].read_text(encoding="utf-8")


def test_second_fault_does_not_destroy_the_first_report(reports: FaultReports):
    reports.report("first")
    reports.report("second")
    assert sorted(path.read_text() for path in reports.folder.glob("fault-*.txt")) == ["first", "second"]


def test_native_crash_of_an_earlier_program_is_found_and_kept(reports: FaultReports):
    reports.folder.mkdir(parents=True)
    (reports.folder / "native-99999999.log").write_text("Fatal Python error: Segmentation fault")
    (reports.folder / "native-99999998.log").write_text("")
    found = reports.install()
    assert [path.read_text() for path in found] == ["Fatal Python error: Segmentation fault"]
    reports.uninstall()
    assert reports.install() == []
    assert found[0].exists()


def test_hooks_are_given_back_and_empty_files_removed(reports: FaultReports):
    import sys

    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    reports.install()
    assert sys.excepthook != before[0]
    reports.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    assert list(reports.folder.iterdir()) == []


def test_log_folder_that_cannot_be_made_stops_nothing(tmp_path, qapp):
    (tmp_path / "file").write_text("")
    reports = FaultReports(tmp_path / "file" / "logs")
    try:
        assert reports.install() == []
        assert reports.report("lost") is None
    finally:
        reports.uninstall()
