"""Status bar, toasts, dialogs, empty states."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from fakes import MemorySettings
from strategy_tester.services.jobs import Job, JobState
from strategy_tester.ui import i18n, numbers
from strategy_tester.ui.dialogs import ask, ask_name, choose_file
from strategy_tester.ui.empty_state import EmptyState, Skeleton
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.status_bar import StatusBar
from strategy_tester.ui.toasts import Toaster


@pytest.fixture
def bar(qtbot) -> StatusBar:
    bar = StatusBar()
    bar.resize(1200, 30)
    qtbot.addWidget(bar)
    bar.show()
    return bar


@pytest.fixture
def page(qtbot) -> QWidget:
    page = QWidget()
    page.resize(900, 600)
    qtbot.addWidget(page)
    page.show()
    return page


def test_environment_is_always_a_word(bar: StatusBar):
    assert bar._word.text() == "BACKTEST"
    bar.set_environment("live")
    assert bar._word.text() == "LIVE"
    i18n.set_language("ru")
    assert bar._word.text() == "РЕАЛЬНЫЕ ДЕНЬГИ"


def test_clock_shows_utc_or_the_local_zone(bar: StatusBar):
    assert bar._clock.text().endswith(" UTC")
    numbers.set_local_time(True)
    i18n.refresh()
    assert numbers.zone_name() in bar._clock.text()


def test_jobs_show_progress_the_time_left_and_how_many_more(bar: StatusBar, qtbot):
    job = Job(1, "Import of BTCUSDT", state=JobState.RUNNING, done=61, total=100)
    bar.show_jobs([job, Job(2, "Other")])
    assert bar._job_text.text().startswith("Import of BTCUSDT · 61\u202f%")
    assert bar._job_text.text().endswith("1 more")
    assert bar._progress.value() == 610
    with qtbot.waitSignal(bar.cancel_wanted):
        qtbot.mouseClick(bar._cancel, Qt.MouseButton.LeftButton)
    bar.show_jobs([])
    assert not bar._progress.isVisible()


def test_data_state_and_duration(bar: StatusBar):
    bar.show_data_state("data complete, 0 gaps")
    bar.show_duration(0.6)
    assert bar._data.isVisible()
    assert bar._duration_label.text() == "0.6 ms"
    i18n.set_language("ru")
    assert bar._duration_label.text() == "0.6 мс"
    bar.show_duration(None)
    assert not bar._duration_label.isVisible()


def test_message_goes_away(bar: StatusBar, qtbot):
    bar.show_message("Saved", seconds=0.02)
    assert bar.message() == "Saved"
    qtbot.waitUntil(lambda: bar.message() == "")


def test_toasts_stack_and_lead_to_the_result(page: QWidget, qtbot):
    toaster, opened = Toaster(page), []
    first = toaster("Backtest done", button="Show", on_click=lambda: opened.append(1))
    second = toaster("Import done")
    assert toaster.texts() == ["Backtest done", "Import done"]
    assert first.geometry().bottom() < second.geometry().top()
    assert page.rect().contains(second.geometry())
    qtbot.mouseClick(first.button, Qt.MouseButton.LeftButton)
    assert opened == [1]
    assert toaster.texts() == ["Import done"]
    qtbot.wait(1)


def test_only_the_newest_toasts_stay(page: QWidget):
    toaster = Toaster(page)
    for number in range(7):
        toaster(f"message {number}")
    assert toaster.texts() == ["message 3", "message 4", "message 5", "message 6"]


def test_what_is_said_again_stands_there_once(page: QWidget):
    toaster = Toaster(page)
    for text in ("A fault", "Saved", "A fault", "A fault"):
        toaster(text)
    assert toaster.texts() == ["Saved", "A fault"]


def test_toast_goes_away_by_itself(page: QWidget, qtbot):
    toaster = Toaster(page)
    toast = toaster("short")
    toast.timer.start(10)
    qtbot.waitUntil(lambda: toaster.texts() == [])


def test_question_does_it_only_after_yes(page: QWidget, qtbot):
    done = []
    dialog = ask(page, "Delete 3 runs?", "Delete", lambda: done.append(1), is_dangerous=True)
    assert dialog.no.isDefault()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert done == []
    dialog = ask(page, "Delete 3 runs?", "Delete", lambda: done.append(1), is_dangerous=True)
    qtbot.mouseClick(dialog.yes, Qt.MouseButton.LeftButton)
    assert done == [1]


def test_name_is_asked_until_it_is_good(page: QWidget, qtbot):
    names = []
    dialog = ask_name(
        page, "Name of the copy", "Duplicate", names.append, name="SMA",
        problem=lambda name: "There is one." if name == "SMA" else "",
    )  # fmt: skip
    assert dialog.error.text() == "There is one."
    assert not dialog.accept_button.isEnabled()
    dialog.field.setText("   ")
    assert dialog.error.text() == "Give it a name."
    dialog.field.setText(" SMA 2 ")
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert names == ["SMA 2"]


def test_chosen_folder_is_remembered(page: QWidget, tmp_path, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORMTHEME", "")
    settings, paths = MemorySettings(), []
    dialog = choose_file(page, settings, "Import", "CSV (*.csv)", paths.append)
    dialog.fileSelected.emit(str(tmp_path / "candles.csv"))
    dialog.close()
    assert paths == [tmp_path / "candles.csv"]
    assert settings.get("files.last_folder") == str(tmp_path)


def test_empty_state_has_one_sentence_and_at_most_one_button(qtbot):
    state = EmptyState("There are no candles yet.")
    qtbot.addWidget(state)
    assert state.findChild(QPushButton).isHidden()
    clicked = []
    state.set_texts("Every backtest you run is kept here.", "Run", lambda: clicked.append(1))
    state.show()
    qtbot.mouseClick(state.button, Qt.MouseButton.LeftButton)
    assert clicked == [1]
    i18n.set_language("ru")
    assert state.button.text() == "Запуск"


def test_skeleton_paints_at_any_size(qtbot):
    skeleton = Skeleton()
    qtbot.addWidget(skeleton)
    for size in ((1, 1), (40, 15), (800, 600)):
        skeleton.resize(*size)
        assert not skeleton.grab().isNull()


def test_page_is_never_narrower_than_its_contents(qtbot, qapp):
    page = QWidget()
    label = QLabel("a sentence that does not wrap and is rather wide", page)
    from PySide6.QtWidgets import QVBoxLayout

    QVBoxLayout(page).addWidget(label)
    scroll = PageScroll(page)
    qtbot.addWidget(scroll)
    scroll.show()
    qapp.processEvents()
    assert scroll.minimumWidth() >= label.sizeHint().width()
