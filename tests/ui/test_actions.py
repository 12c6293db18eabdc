import pytest

from strategy_tester.ui import i18n
from strategy_tester.ui.actions import Action, ActionRegistry, ShortcutTaken
from strategy_tester.ui.command_palette import find_hits, match_score


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def actions(qapp, done: list[str]) -> ActionRegistry:
    registry = ActionRegistry()
    registry.add(
        Action("backtest.run", "Run the backtest", lambda: done.append("run"), "run", ("Ctrl+R",), "run"),
        Action("data.import", "Import a file", lambda: done.append("import"), "file", ("Ctrl+I",)),
        Action("view.theme", "Switch between dark and light", lambda: done.append("theme"), synonyms=("night",)),
    )
    return registry


def test_action_is_carried_out_and_told(actions: ActionRegistry, done: list[str], qtbot):
    with qtbot.waitSignal(actions.triggered) as told:
        assert actions.trigger("backtest.run")
    assert done == ["run"]
    assert told.args == ["backtest.run"]


def test_impossible_action_is_not_carried_out(actions: ActionRegistry, done: list[str]):
    possible = []
    actions.add(Action("runs.delete", "Delete", lambda: done.append("x"), is_enabled=lambda: bool(possible)))
    assert not actions.trigger("runs.delete")
    possible.append(1)
    assert actions.trigger("runs.delete")
    assert done == ["x"]


def test_switch_shows_whether_it_is_on(actions: ActionRegistry):
    state = {"on": False}
    actions.add(
        Action("view.x", "Full screen", lambda: state.update(on=not state["on"]), is_checked=lambda: state["on"])
    )
    assert actions.qaction("view.x").isCheckable()
    actions.trigger("view.x")
    assert actions.qaction("view.x").isChecked()


@pytest.mark.parametrize("keys", ["Ctrl+R", "ctrl+r"])
def test_keys_are_given_once(actions: ActionRegistry, keys: str):
    with pytest.raises(ShortcutTaken, match=r"belongs to backtest\.run"):
        actions.add(Action("other", "Other", print, shortcuts=(keys,)))
    assert "other" not in actions


def test_ids_are_given_once(actions: ActionRegistry):
    with pytest.raises(ShortcutTaken):
        actions.add(Action("backtest.run", "Again", print))


def test_titles_follow_the_language_and_tooltips_name_the_keys(actions: ActionRegistry):
    assert actions.qaction("data.import").toolTip() == "Import a file  Ctrl+I"
    i18n.set_language("ru")
    assert actions.qaction("data.import").text() == "Импортировать файл"


def test_actions_stand_by_menu(actions: ActionRegistry):
    assert [action.id for action in actions.all()] == ["data.import", "backtest.run", "view.theme"]


@pytest.mark.parametrize(
    ("query", "first"),
    [("run", "backtest.run"), ("imp", "data.import"), ("iaf", "data.import"), ("night", "view.theme"),
     ("импорт", "data.import"), ("тёмная", "view.theme"), ("RTB", "backtest.run")],
)  # fmt: skip
def test_palette_finds_by_letters_words_and_either_language(actions: ActionRegistry, query: str, first: str):
    assert find_hits(actions, query)[0].title == actions.action(first).title


def test_palette_lists_everything_for_an_empty_search_and_nothing_for_nonsense(actions: ActionRegistry):
    assert len(find_hits(actions, "")) == 3
    assert find_hits(actions, "zzqx") == []


def test_beginnings_and_runs_score_higher():
    assert match_score("run", "Run the backtest") > match_score("run", "Return unit now")
    assert match_score("rb", "Run the backtest") > match_score("rb", "Carbon")
    assert match_score("xyz", "Run") == 0.0
