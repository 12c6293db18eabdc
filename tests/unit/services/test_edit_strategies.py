import pytest

from fakes import MemoryStrategyStore
from strategy_tester.domain.errors import InputError, InvalidParameter, InvalidStrategy
from strategy_tester.services import edit_strategies as edit


def test_own_strategies_come_first_and_the_simplest_ready_one_leads_the_rest() -> None:
    store = MemoryStrategyStore()
    edit.save(store, edit.template("Mine"))
    entries = edit.list_strategies(store)
    assert (entries[0].name, entries[0].origin) == ("Mine", "own")
    assert entries[1].key == "sma-cross-reverse"
    assert len(entries) > 12
    assert all({"en", "ru"} <= set(entry.title) for entry in entries[1:])


def test_a_changed_value_reaches_the_content_and_a_wrong_one_is_refused() -> None:
    content = edit.template("cross")
    places = {field.place: field for field in edit.fields_of(content)}
    assert places["indicators[0].params.period"].owner == "fast"
    changed = edit.with_values(content, {"indicators[0].params.period": 9})
    assert changed["indicators"][0]["params"]["period"] == 9
    assert content["indicators"][0]["params"]["period"] == 20
    with pytest.raises(InputError):
        edit.with_values(content, {"indicators[0].params.period": 0})


def test_saving_without_a_name_or_with_a_fault_keeps_nothing() -> None:
    store = MemoryStrategyStore()
    with pytest.raises(InvalidStrategy):
        edit.save(store, {**edit.template("x"), "name": "  "})
    with pytest.raises(InvalidStrategy):
        edit.save(store, {**edit.template("x"), "take_profit": 0})
    assert store.list() == []


def test_a_copy_needs_a_free_name() -> None:
    store = MemoryStrategyStore()
    content = edit.template("one")
    edit.save(store, content)
    assert edit.duplicate(store, content, "two").name == "two"
    with pytest.raises(InputError, match="'two'"):
        edit.duplicate(store, content, "two")
    assert edit.free_name(store, "one") == "one 2"


def test_a_strategy_is_found_by_key_or_name_and_the_nearest_is_named_otherwise() -> None:
    assert edit.find_strategy("sma-cross-reverse") == edit.find_strategy("SMA cross, stop and reverse")
    with pytest.raises(InvalidParameter) as caught:
        edit.find_strategy("sma-cros-reverse")
    assert "sma-cross-reverse" in caught.value.hint
