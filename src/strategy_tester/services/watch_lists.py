"""Favorite symbols and named lists of symbols, as the user keeps them.

A symbol is kept by its category and name, not by its exchange: a list made on Bybit serves on the practice exchange
too.
"""

from collections.abc import Callable
from typing import Any, cast

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.services.ports import SettingsStore

SETTINGS_KEY = "markets.watch_lists"
LONGEST_NAME = 40


def entry_of(market: Market) -> str:
    """Under which text a market is kept: "linear:BTCUSDT"."""
    return f"{market.category.value}:{market.symbol}"


class WatchLists:
    """Favorites and lists, read from the settings once and written at every change.

    Args:
        settings: Where they are kept.
    """

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings
        saved = settings.get(SETTINGS_KEY)
        known = cast("dict[str, Any]", saved) if isinstance(saved, dict) else {}
        self._favorites = _entries(known.get("favorites"))
        self._lists = _lists(known.get("lists"))
        self.listeners: list[Callable[[], None]] = []
        """Called after every change."""

    # --- favorites

    @property
    def favorites(self) -> list[str]:
        """Entries with a star, in the order in which they got it."""
        return list(self._favorites)

    def is_favorite(self, market: Market) -> bool:
        """Whether a market has a star."""
        return entry_of(market) in self._favorites

    def toggle_favorite(self, market: Market) -> bool:
        """Give a market a star or take it away; whether it has one now."""
        entry = entry_of(market)
        if entry in self._favorites:
            self._favorites.remove(entry)
        else:
            self._favorites.append(entry)
        self._keep()
        return entry in self._favorites

    # --- lists

    @property
    def names(self) -> list[str]:
        """The lists, in the user's order."""
        return list(self._lists)

    def entries(self, name: str) -> list[str]:
        """What is in a list, in the user's order; nothing for an unknown one."""
        return list(self._lists.get(name, ()))

    def create(self, name: str) -> str:
        """An empty list at the end; its name as kept.

        Raises:
            InvalidParameter: the name is empty, too long or taken.
        """
        title = self._free_name(name)
        self._lists[title] = []
        self._keep()
        return title

    def rename(self, name: str, new_name: str) -> str:
        """Call a list something else; it stays in its place.

        Raises:
            InvalidParameter: the name is empty, too long or taken.
        """
        if name not in self._lists or new_name.strip() == name:
            return name
        title = self._free_name(new_name)
        self._lists = {title if known == name else known: held for known, held in self._lists.items()}
        self._keep()
        return title

    def delete(self, name: str) -> None:
        """Remove a list; its symbols are in no way touched."""
        if self._lists.pop(name, None) is not None:
            self._keep()

    def move(self, name: str, steps: int) -> None:
        """Put a list further down, or up with negative steps."""
        names = self.names
        if _shift(names, name, steps):
            self._lists = {known: self._lists[known] for known in names}
            self._keep()

    def add(self, name: str, *markets: Market) -> None:
        """Put markets at the end of a list; those that are in it stay where they are."""
        held = self._lists.get(name)
        new = [entry_of(market) for market in markets]
        new = [entry for entry in dict.fromkeys(new) if held is not None and entry not in held]
        if held is not None and new:
            held += new
            self._keep()

    def remove(self, name: str, *entries: str) -> None:
        """Take entries off a list."""
        held = self._lists.get(name)
        if held is not None and any(entry in held for entry in entries):
            self._lists[name] = [entry for entry in held if entry not in entries]
            self._keep()

    def move_entry(self, name: str, entry: str, steps: int) -> None:
        """Put an entry further down its list, or up with negative steps."""
        if _shift(self._lists.get(name, []), entry, steps):
            self._keep()

    def _free_name(self, name: str) -> str:
        title = " ".join(name.split())
        if not title or len(title) > LONGEST_NAME:
            raise InvalidParameter("name", name, f"1 to {LONGEST_NAME} characters")
        if title.casefold() in {known.casefold() for known in self._lists}:
            raise InvalidParameter("name", title, "a name that no other list has")
        return title

    def _keep(self) -> None:
        lists = [{"name": name, "entries": list(held)} for name, held in self._lists.items()]
        self._settings.set(SETTINGS_KEY, {"favorites": list(self._favorites), "lists": lists})
        for listener in list(self.listeners):
            listener()


def _shift(items: list[str], item: str, steps: int) -> bool:
    """Move an item within a list as far as there is room; whether it moved."""
    if item not in items:
        return False
    place = items.index(item)
    target = min(max(place + steps, 0), len(items) - 1)
    items.insert(target, items.pop(place))
    return target != place


def _entries(saved: Any) -> list[str]:
    if not isinstance(saved, list):
        return []
    categories = {category.value for category in Category}
    items = cast("list[Any]", saved)
    kept = [entry for entry in items if isinstance(entry, str) and entry.partition(":")[0] in categories]
    return list(dict.fromkeys(kept))


def _lists(saved: Any) -> dict[str, list[str]]:
    if not isinstance(saved, list):
        return {}
    items = cast("list[Any]", saved)
    lists: dict[str, list[str]] = {}
    for item in items:
        known = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        name = str(known.get("name") or "").strip()
        if name:
            lists[name] = _entries(known.get("entries"))
    return lists
