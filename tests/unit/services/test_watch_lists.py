"""Favorites and watch lists: what is kept, in which order, and what is refused."""

import pytest

from fakes import MemorySettings
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.services.watch_lists import SETTINGS_KEY, WatchLists, entry_of

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
ETH = Market("bybit", Category.LINEAR, "ETHUSDT")
SPOT = Market("bybit", Category.SPOT, "BTCUSDT")


def test_star_belongs_to_the_symbol_whichever_the_exchange():
    lists = WatchLists(MemorySettings())
    assert lists.toggle_favorite(BTC) is True
    assert lists.is_favorite(Market("practice", Category.LINEAR, "BTCUSDT"))
    assert not lists.is_favorite(SPOT)
    assert lists.toggle_favorite(BTC) is False
    assert lists.favorites == []


def test_lists_and_their_order_outlive_the_program():
    settings = MemorySettings()
    lists = WatchLists(settings)
    lists.create("Majors")
    lists.create("  To   look at ")
    lists.add("Majors", BTC, ETH, BTC)
    lists.move("To look at", -5)
    lists.move_entry("Majors", entry_of(ETH), -1)
    lists.toggle_favorite(SPOT)
    again = WatchLists(settings)
    assert again.names == ["To look at", "Majors"]
    assert again.entries("Majors") == ["linear:ETHUSDT", "linear:BTCUSDT"]
    assert again.favorites == ["spot:BTCUSDT"]


def test_renamed_list_keeps_its_place_and_its_symbols():
    lists = WatchLists(MemorySettings())
    for name in ("One", "Two", "Three"):
        lists.create(name)
    lists.add("Two", ETH)
    assert lists.rename("Two", " Second ") == "Second"
    assert lists.names == ["One", "Second", "Three"]
    assert lists.entries("Second") == ["linear:ETHUSDT"]
    assert lists.entries("Two") == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "majors"])
def test_names_that_are_empty_long_or_taken_are_refused(name: str):
    lists = WatchLists(MemorySettings())
    lists.create("Majors")
    with pytest.raises(InvalidParameter):
        lists.create(name)
    assert lists.names == ["Majors"]


def test_removing_tells_once_and_touches_nothing_else():
    lists = WatchLists(MemorySettings())
    lists.create("Majors")
    lists.add("Majors", BTC, ETH)
    told: list[int] = []
    lists.listeners.append(lambda: told.append(1))
    lists.remove("Majors", "linear:BTCUSDT")
    lists.remove("Majors", "linear:BTCUSDT")
    lists.delete("Nobody")
    assert (lists.entries("Majors"), len(told)) == (["linear:ETHUSDT"], 1)


@pytest.mark.parametrize(
    "saved",
    [
        None, "x", 5, [], {"favorites": "BTC", "lists": {"a": 1}}, {"lists": [1, {"name": ""}, {"entries": ["x"]}]},
        {"favorites": [1, None, "BTCUSDT", "options:BTC"], "lists": None},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_passed_over(saved: object):
    lists = WatchLists(MemorySettings({SETTINGS_KEY: saved}))
    assert (lists.favorites, lists.names) == ([], [])
