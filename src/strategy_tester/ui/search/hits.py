"""What a search finds, and the list of those who are asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from strategy_tester.ui.i18n import mark
from strategy_tester.ui.search.matching import Query, Texts

KINDS: dict[str, str] = {
    "symbol": mark("Symbols"),
    "strategy": mark("Strategies"),
    "run": mark("Runs"),
    "panel": mark("Panels"),
    "setting": mark("Settings"),
    "field": mark("Inputs"),
    "indicator": mark("Indicators"),
    "command": mark("Commands"),
}
"""Kinds of hits, with the headings over them. A provider with a kind of its own names it with `SearchProviders.add`."""


@dataclass(frozen=True)
class Hit:
    """One line of a search.

    Attributes:
        kind: Key of KINDS, or of the provider's own.
        title: In the language in use.
        hint: A few words more, muted.
        icon: Name in `icons.NAMES`, or "".
        run: What choosing it does.
        id: Names it among its kind for recent and favorite hits; "" is never remembered.
        keys: Its shortcut as this system writes it.
        score: How well it fits; compared within one search only.
        is_enabled: Whether it can be chosen now.
    """

    kind: str
    title: str
    hint: str
    icon: str
    run: Callable[[], object]
    id: str = ""
    keys: str = ""
    score: float = 1.0
    is_enabled: bool = True

    @property
    def key(self) -> str:
        """Names it among all hits, "" when it is not to be remembered."""
        return f"{self.kind}:{self.id}" if self.id else ""


class SearchProvider(Protocol):
    """Someone who knows things that can be found. Both methods are called on the UI thread and must be quick."""

    def find(self, text: str) -> list[Hit]:
        """Hits for a text, from what is in memory, best first; everything there is for an empty one."""
        ...

    def refresh(self, found_more: Callable[[], None]) -> None:
        """The search is being opened: load in a job what `find` looks through; tell when there is more to find."""
        ...


class SearchProviders:
    """Those who are asked, in the order in which they were added."""

    def __init__(self) -> None:
        self._providers: list[SearchProvider] = []
        self.kinds = dict(KINDS)

    def add(self, provider: SearchProvider, *, kind: str = "", title: str = "") -> None:
        """Ask this one too; a new kind of hits needs a heading in English."""
        self._providers.append(provider)
        if kind and kind not in self.kinds:
            self.kinds[kind] = title or kind

    def remove(self, provider: SearchProvider) -> None:
        """Ask it no more."""
        if provider in self._providers:
            self._providers.remove(provider)

    def find(self, text: str) -> list[Hit]:
        """Everybody's hits."""
        return [hit for provider in list(self._providers) for hit in provider.find(text)]

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Tell everybody that the search is being opened."""
        for provider in list(self._providers):
            provider.refresh(found_more)


@dataclass(frozen=True)
class Entry:
    """A hit with the texts it is found by, kept by providers between searches."""

    hit: Hit
    texts: Texts

    @cached_property
    def haystack(self) -> str:
        """All texts in one: what is not in here is in none of them."""
        return " ".join(text for text, _weight in self.texts).casefold()


def best_hits(entries: Iterable[Entry], text: str) -> list[Hit]:
    """The hits that fit a text, best first; all of them for an empty one."""
    query = Query(text)
    if not query:
        return [entry.hit for entry in entries]
    scored = [(query.score(entry.texts), entry.hit) for entry in entries if query.may_fit(entry.haystack)]
    found = [replace(hit, score=score) for score, hit in scored if score > 0]
    return sorted(found, key=lambda hit: -hit.score)
