"""The whole window for those who use the keyboard alone or a screen reader: every control is named and reached."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QTabWidget, QWidget

from builders import random_candles
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.quick_search.search import QuickSearch
from strategy_tester.ui.settings_dialog.dialog import SettingsDialog

_MOST_TABS = 400


@pytest.fixture
def window(services, settings, qtbot) -> Iterator[MainWindow]:
    candles = random_candles(300)
    services.candles.write(candles)
    window = MainWindow(settings)
    window.resize(1800, 1100)
    window.show()
    with qtbot.waitSignal(window.panels_created, timeout=60_000):
        context = window.attach(services)
    context.workbench.select_series(SeriesKey(candles.symbol, candles.timeframe, candles.source))
    qtbot.waitUntil(lambda: not context.jobs._handlers, timeout=60_000)
    with qtbot.waitSignal(context.workbench.backtest_shown, timeout=60_000):
        window.actions_list.trigger("backtest.run")
    qtbot.waitUntil(lambda: not context.jobs._handlers, timeout=60_000)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.close()
    context.jobs.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def controls(root: QWidget) -> list[QWidget]:
    """What the keyboard can stand on, and can be seen."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None and not widget.objectName().startswith("qt_")
        and widget.width() > 1 and widget.height() > 1
    ]  # fmt: skip


def is_reached_by_arrows(widget: QWidget) -> bool:
    """One of several choices side by side: Tab comes to the chosen one, arrow keys to the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and not widget.isChecked()


def spoken_name(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def describe(widget: QWidget) -> str:
    ancestors = [widget]
    while (parent := ancestors[-1].parentWidget()) is not None:
        ancestors.append(parent)
    return " < ".join(f"{type(item).__name__}#{item.objectName()}" for item in ancestors[:6])


def pages(panel: QWidget) -> Iterator[None]:
    """Turn to every page of the panel's own tabs."""
    tabs = [tabs for tabs in panel.findChildren(QTabWidget) if tabs.isVisible()]
    if not tabs:
        yield None
        return
    for number in range(tabs[0].count()):
        tabs[0].setCurrentIndex(number)
        yield None


def test_every_control_has_a_name_and_is_reached_by_tab(window: MainWindow, qtbot):
    assert window.panel_host.failed == []
    nameless: set[str] = set()
    missed: set[str] = set()
    for panel_id in window.docks.panel_ids():
        window.docks.show(panel_id, focus=True)
        panel = window.docks.content(panel_id)
        for _page in pages(panel):
            QApplication.processEvents()
            inside = controls(panel)
            assert inside or panel_id == "jobs", f"{panel_id} shows nothing"
            nameless |= {f"{panel_id}: {describe(control)}" for control in inside if not spoken_name(control)}
            reached = reached_by_tab(panel, inside)
            missed |= {
                f"{panel_id}: {describe(control)}"
                for control in inside
                if control not in reached and not is_reached_by_arrows(control)
            }
    nameless |= {f"window: {describe(control)}" for control in controls(window) if not spoken_name(control)}
    assert not nameless, "without a name:\n" + "\n".join(sorted(nameless))
    assert not missed, "not reached by Tab:\n" + "\n".join(sorted(missed))


def reached_by_tab(panel: QWidget, inside: list[QWidget]) -> set[QWidget]:
    """Where the keyboard comes with Tab alone, beginning in the panel."""
    if inside:
        inside[0].setFocus(Qt.FocusReason.TabFocusReason)
    reached: set[QWidget] = set()
    for _ in range(_MOST_TABS):
        focused = QApplication.focusWidget()
        if focused is None:
            break
        reached.add(focused)
        if all(control in reached or is_reached_by_arrows(control) for control in inside):
            break
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    return reached


@pytest.mark.parametrize("action", ["settings.open", "help.keys", "search.quick", "view.palette"])
def test_controls_of_dialogs_and_overlays_have_names(window: MainWindow, action: str):
    assert window.actions_list.trigger(action)
    QApplication.processEvents()
    roots = [child for child in window.findChildren(QWidget) if child.isWindow() and child.isVisible()]
    roots += [overlay for overlay in (window.findChild(QuickSearch), window.palette_overlay) if overlay is not None]
    for root in roots:
        pages_of = root.pages.count() if isinstance(root, SettingsDialog) else 1
        for number in range(pages_of):
            if isinstance(root, SettingsDialog):
                root.pages.setCurrentRow(number)
            nameless = [describe(control) for control in controls(root) if not spoken_name(control)]
            assert not nameless, "\n".join(nameless)


def test_focus_can_be_seen_on_every_kind_of_control(window: MainWindow):
    """The same control with and without the keyboard looks different, in both themes."""
    invisible: set[str] = set()
    looked_at: set[tuple[str, str]] = set()
    for panel_id in window.docks.panel_ids():
        window.docks.show(panel_id)
        for _page in pages(window.docks.content(panel_id)):
            QApplication.processEvents()
            for control in controls(window):
                kind = (type(control).__name__, str(control.property("role") or ""))
                if kind in looked_at or not control.isVisible():
                    continue
                looked_at.add(kind)
                if picture(control, has_focus=True) == picture(control, has_focus=False):
                    invisible.add(f"{kind}: {describe(control)}")
    assert not invisible, "\n".join(sorted(invisible))


def picture(control: QWidget, *, has_focus: bool) -> QImage:
    if has_focus:
        control.setFocus(Qt.FocusReason.TabFocusReason)
    else:
        control.clearFocus()
    QApplication.processEvents()
    return control.grab().toImage()
