"""A new user's first minute: three clicks from the empty window to a result."""

from PySide6.QtCore import QCoreApplication, QEvent, Qt

from strategy_tester.services.context import Services
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.welcome.view import WelcomePanel


def test_first_backtest_is_on_screen_after_two_clicks(services: Services, settings, qtbot):
    window = MainWindow(settings)
    window.show()
    try:
        with qtbot.waitSignal(window.panels_created, timeout=30_000):
            window.attach(services)
        assert window.context is not None
        workbench = window.context.workbench
        window.show_panel("welcome")
        welcome = window.docks.content("welcome")
        assert isinstance(welcome, WelcomePanel)
        qtbot.mouseClick(welcome.buttons["data.practice_market"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: workbench.series is not None and workbench.strategy is not None, timeout=30_000)
        assert not window.docks.is_open("welcome")
        assert window.docks.is_current("chart")
        with qtbot.waitSignal(workbench.backtest_shown, timeout=60_000):
            assert window.actions_list.trigger("backtest.run")
        assert len(workbench.shown.result.trade_columns) > 10
        qtbot.waitUntil(lambda: not window.context.jobs.unfinished(), timeout=30_000)
        assert [run.run_id for run in services.runs.list()] == [1]
        assert not window.grab().isNull()
    finally:
        window.close()
        if window.context is not None:
            window.context.jobs.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
