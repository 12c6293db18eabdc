"""State of the strategy panel, without a window."""

import json

import pytest

from strategy_tester.ui.panels.strategy.view_model import StrategyViewModel


@pytest.fixture
def model(workbench, rest) -> StrategyViewModel:
    model = StrategyViewModel(workbench)
    model.refresh()
    rest()
    return model


def own_names(model: StrategyViewModel) -> list[str]:
    return [entry.name for entry in model.entries if entry.is_own]


def test_first_ready_made_strategy_is_chosen_and_told(model, workbench):
    assert model.entry is model.entries[0]
    assert workbench.strategy == model.content
    assert not model.can_delete


def test_changed_period_is_in_the_json(model):
    place = next(field.place for field in model.fields() if field.parameter.name == "period")
    assert model.set_value(place, 33)
    assert next(field.value for field in model.fields() if field.place == place) == 33
    assert json.loads(model.json_text())["indicators"][0]["params"]["period"] == 33
    assert model.is_modified
    model.revert()
    assert not model.is_modified


def test_value_out_of_bounds_is_refused_and_changes_nothing(model, qtbot):
    place = next(field.place for field in model.fields() if field.parameter.name == "period")
    before = model.json_text()
    with qtbot.waitSignal(model.failed):
        assert not model.set_value(place, 0)
    assert model.json_text() == before


def test_broken_json_is_refused_with_its_line(model, qtbot):
    with qtbot.waitSignal(model.failed) as caught:
        assert not model.apply_text('{\n  "name": "x",\n  oops\n}')
    assert "line 3" in str(caught.args[0])


def test_unknown_indicator_is_refused_with_its_place(model, qtbot):
    text = model.json_text().replace('"SMA"', '"SMAA"')
    assert text != model.json_text()
    with qtbot.waitSignal(model.failed) as caught:
        assert not model.apply_text(text)
    assert "indicators[0]" in str(caught.args[0])


def test_saving_a_ready_made_strategy_makes_an_own_copy(model, rest):
    name = model.entry.name
    model.save()
    rest()
    assert own_names(model) == [f"{name} (mine)"]
    assert model.entry.is_own
    assert model.entry.version == 1


def test_duplicate_is_kept_and_chosen(model, rest):
    model.duplicate("Second")
    rest()
    assert own_names(model) == ["Second"]
    assert model.entry.name == model.content["name"] == "Second"


def test_new_strategy_from_the_template_is_sound_and_has_a_free_name(model, rest):
    model.new_from_template("Mine")
    rest()
    model.new_from_template("Mine")
    rest()
    assert len(own_names(model)) == 2
    assert model.check_text(model.json_text()) is None


def test_deleted_strategy_makes_room_for_the_first_one(model, workbench, rest):
    model.duplicate("Second")
    rest()
    model.delete()
    rest()
    assert own_names(model) == []
    assert model.entry is model.entries[0]
    assert workbench.strategy == model.entries[0].content


def test_ready_made_strategy_is_never_deleted(model, rest):
    count = len(model.entries)
    model.delete()
    rest()
    assert len(model.entries) == count


def test_strategy_of_the_last_time_is_chosen_again(model, workbench, rest):
    model.select(model.entries[3])
    again = StrategyViewModel(workbench)
    again.refresh()
    rest()
    assert again.entry.name == model.entries[3].name


def test_strategy_on_screen_is_not_replaced_by_the_one_of_the_last_time(model, workbench, rest):
    model.select(model.entries[3])
    again = StrategyViewModel(workbench)
    again._adopt(model.entries[5].content)
    again.refresh()
    rest()
    assert again.content == model.entries[5].content
    assert again.entry.name == model.entries[5].name


def period_of(model: StrategyViewModel) -> tuple[str, int]:
    field = next(field for field in model.fields() if field.parameter.name == "period")
    return field.place, field.value


def test_change_is_undone_and_done_again(model, workbench):
    place, before = period_of(model)
    model.set_value(place, 33)
    model.stack.undo()
    assert period_of(model) == (place, before)
    assert workbench.strategy == model.content
    assert not model.is_modified
    model.stack.redo()
    assert period_of(model) == (place, 33)


def test_dropping_all_changes_can_be_taken_back(model):
    place, _ = period_of(model)
    model.set_value(place, 33)
    model.revert()
    assert not model.is_modified
    model.stack.undo()
    assert period_of(model) == (place, 33)


def test_unsaved_changes_stay_with_their_strategy(model, workbench):
    first, other = model.entries[0], model.entries[2]
    place, before = period_of(model)
    model.set_value(place, 33)
    model.select(other)
    assert model.is_edited(first)
    assert not model.is_edited(other)
    assert model.content == other.content
    model.select(first)
    assert period_of(model) == (place, 33)
    assert workbench.strategy == model.content
    model.stack.undo()
    assert period_of(model) == (place, before)
    assert not model.is_edited(first)


def test_each_strategy_has_its_own_steps(model):
    place, _ = period_of(model)
    model.set_value(place, 33)
    assert model.undo_group.canUndo()
    model.select(model.entries[2])
    assert not model.undo_group.canUndo()
    model.select(model.entries[0])
    assert model.undo_group.canUndo()


def test_unsaved_changes_are_there_after_the_next_start(model, workbench, rest):
    place, _ = period_of(model)
    model.set_value(place, 33)
    model.drafts.write()
    again = StrategyViewModel(workbench)
    again.refresh()
    rest()
    assert period_of(again) == (place, 33)
    assert again.is_edited(again.entry)


@pytest.mark.parametrize("saved", ["x", {"library:SMA": {"name": "broken"}}, {"library:SMA": [1]}, {"a": None}])
def test_damaged_drafts_are_passed_over(workbench, rest, saved):
    workbench.services.settings.set("strategy.drafts", saved)
    model = StrategyViewModel(workbench)
    model.refresh()
    rest()
    assert model.entry is not None
    assert not any(model.is_edited(entry) for entry in model.entries)


def test_saving_ends_the_draft(model, workbench, rest):
    place, _ = period_of(model)
    ready = model.entry
    model.set_value(place, 33)
    model.save()
    rest()
    assert model.entry.is_own
    assert not any(model.is_edited(entry) for entry in model.entries)
    model.set_value(place, 34)
    assert model.is_edited(model.entry)
    model.save()
    rest()
    assert not model.is_modified
    assert model.entry.version == 2
    model.select(next(entry for entry in model.entries if entry.name == ready.name and not entry.is_own))
    assert model.content == ready.content


def test_strategy_of_a_reopened_run_can_be_taken_back(model):
    place, _ = period_of(model)
    model.set_value(place, 33)
    from strategy_tester.services import edit_strategies

    model._adopt(edit_strategies.with_values(model.entry.content, {place: 44}))
    assert period_of(model) == (place, 44)
    model.stack.undo()
    assert period_of(model) == (place, 33)


def test_run_of_a_strategy_that_is_gone_leaves_the_others_alone(model):
    from strategy_tester.services.edit_strategies import template

    model._adopt(template("Deleted long ago"))
    assert model.entry is None
    assert model.content["name"] == "Deleted long ago"
    assert not any(model.is_edited(entry) for entry in model.entries)
