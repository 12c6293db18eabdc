"""Keys of commands: declared, of a preset, the user's own."""

import pytest
from PySide6.QtGui import QKeySequence

from fakes import MemorySettings
from strategy_tester.ui.actions import Action, ActionRegistry, FixedKey, ShortcutTaken
from strategy_tester.ui.shortcuts import PRESET_KEYS, PRESETS, normal


def registry_of(settings: MemorySettings) -> ActionRegistry:
    registry = ActionRegistry()
    registry.use_settings(settings)
    registry.add(
        Action("backtest.run", "Run the backtest", print, "run", ("Ctrl+R", "F5")),
        Action("data.import", "Import a file", print, "file", ("Ctrl+I",)),
        Action("chart.reset", "Reset the view", print, "chart", ("Alt+R",)),
        Action("chart.indicators", "Indicators", print, "chart", ("/",)),
    )
    return registry


@pytest.fixture
def actions(qapp, settings: MemorySettings) -> ActionRegistry:
    return registry_of(settings)


def test_own_keys_work_at_once_and_are_remembered(actions, settings, qtbot):
    with qtbot.waitSignal(actions.shortcuts_changed):
        actions.set_shortcuts("backtest.run", ["Ctrl+Return"])
    assert actions.qaction("backtest.run").shortcuts() == [QKeySequence("Ctrl+Return")]
    assert actions.qaction("backtest.run").toolTip() == "Run the backtest  Ctrl+Return"
    assert actions.has_own_shortcuts("backtest.run")
    assert settings.get("shortcuts.overrides") == {"backtest.run": ["Ctrl+Return"]}
    assert registry_of(settings).shortcuts_of("backtest.run") == ("Ctrl+Return",)


def test_taken_keys_are_refused_with_the_name_of_their_owner(actions):
    with pytest.raises(ShortcutTaken) as caught:
        actions.set_shortcuts("data.import", ["ctrl+r"])
    assert caught.value.owner == "backtest.run"
    assert actions.shortcuts_of("data.import") == ("Ctrl+I",)


def test_taken_keys_change_their_owner_when_asked(actions):
    actions.set_shortcuts("data.import", ["Ctrl+R"], take=True)
    assert actions.shortcuts_of("data.import") == ("Ctrl+R",)
    assert actions.shortcuts_of("backtest.run") == ("F5",)
    assert actions.qaction("backtest.run").shortcuts() == [QKeySequence("F5")]
    assert actions.owner_of("Ctrl+R") == "data.import"


def test_keys_come_back_one_by_one_and_all_at_once(actions, settings):
    actions.set_shortcuts("backtest.run", [])
    actions.set_shortcuts("chart.reset", ["Ctrl+0"])
    assert actions.shortcut_text("backtest.run") == ""
    actions.reset_shortcuts("backtest.run")
    assert actions.shortcuts_of("backtest.run") == ("Ctrl+R", "F5")
    assert actions.shortcuts_of("chart.reset") == ("Ctrl+0",)
    actions.reset_shortcuts()
    assert actions.shortcuts_of("chart.reset") == ("Alt+R",)
    assert settings.get("shortcuts.overrides") == {}


def test_choosing_the_default_again_is_no_choice(actions, settings):
    actions.set_shortcuts("chart.reset", ["Ctrl+0"])
    actions.set_shortcuts("chart.reset", ["alt+r"])
    assert settings.get("shortcuts.overrides") == {}


def test_preset_gives_keys_and_takes_them_from_others(actions, settings):
    actions.apply_preset("metatrader")
    assert actions.shortcuts_of("chart.indicators") == ("Ctrl+I", "/")
    assert actions.shortcuts_of("data.import") == ("Ctrl+Shift+I",)
    assert actions.shortcuts_of("chart.reset") == ("Ctrl+Alt+R",)
    assert actions.owner_of("Alt+R") is None
    actions.add(Action("workspace.tile", "Tile the charts", print))
    assert actions.owner_of("Alt+R") == "workspace.tile"
    assert registry_of(settings).preset == "metatrader"
    actions.apply_preset("standard")
    assert actions.shortcuts_of("data.import") == ("Ctrl+I",)
    with pytest.raises(KeyError):
        actions.apply_preset("emacs")


def test_own_keys_go_before_the_preset(actions):
    actions.set_shortcuts("backtest.run", ["Ctrl+Shift+I"])
    actions.apply_preset("metatrader")
    assert actions.shortcuts_of("backtest.run") == ("Ctrl+Shift+I",)
    assert actions.shortcuts_of("data.import") == ()


def test_action_declared_later_gets_its_own_keys(actions):
    actions.set_shortcuts("backtest.run", ["Alt+L"])
    actions.add(Action("chart.log", "Logarithmic scale", print, "chart", ("Alt+L",)))
    assert actions.shortcuts_of("chart.log") == ()
    assert actions.owner_of("Alt+L") == "backtest.run"


@pytest.mark.parametrize("saved", [["x"], {"backtest.run": "Ctrl+K"}, {"backtest.run": [""]}, 7])
def test_damaged_overrides_change_nothing_else(settings, saved):
    settings.set("shortcuts.overrides", saved)
    settings.set("shortcuts.preset", "gone")
    registry = registry_of(settings)
    assert registry.shortcuts_of("data.import") == ("Ctrl+I",)
    assert registry.preset == "standard"


@pytest.mark.parametrize("preset", list(PRESETS))
def test_preset_gives_no_key_twice(preset: str):
    keys = [normal(key) for group in PRESET_KEYS[preset].values() for key in group]
    assert all(keys)
    assert len(keys) == len(set(keys))


def test_keys_of_widgets_are_listed_once(actions):
    zoom = FixedKey("chart", "Zoom in", ("+",))
    actions.note_keys(zoom)
    actions.note_keys(zoom)
    assert actions.fixed_keys == [zoom]


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_command_of_a_preset_exists_and_loses_no_key(services, settings, qtbot, preset: str):
    """In the whole window: what a preset promises is what the keys do."""
    from PySide6.QtCore import QCoreApplication, QEvent

    from strategy_tester.ui.main_window import MainWindow

    settings.set("shortcuts.preset", preset)
    window = MainWindow(settings)
    window.show()
    try:
        with qtbot.waitSignal(window.panels_created, timeout=60_000):
            window.attach(services)
        for action_id, keys in PRESET_KEYS[preset].items():
            assert window.actions_list.shortcuts_of(action_id) == keys
    finally:
        window.close()
        window.context.jobs.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_charts_are_tiled_by_the_workspace_with_the_grid(services, settings, qtbot):
    from PySide6.QtCore import QCoreApplication, QEvent

    from strategy_tester.ui.main_window import MainWindow

    window = MainWindow(settings)
    window.show()
    try:
        with qtbot.waitSignal(window.panels_created, timeout=60_000):
            window.attach(services)
        assert window.actions_list.trigger("workspace.tile")
        assert window.workspaces.current.builtin == "grid"
    finally:
        window.close()
        window.context.jobs.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
