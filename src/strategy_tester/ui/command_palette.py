"""Ctrl+P: every action of the window, found by a few letters in either language."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from strategy_tester.ui import i18n
from strategy_tester.ui.actions import GROUPS, Action, ActionRegistry
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.search.hits import Hit
from strategy_tester.ui.search.matching import Query, match_score
from strategy_tester.ui.search.overlay import SearchOverlay
from strategy_tester.ui.search.rows import Section
from strategy_tester.ui.search.synonyms import synonyms_of

__all__ = ["CommandPalette", "find_hits", "match_score"]
_MOST_HITS = 60
_MOST_RECENT = 6
_WORST_SHARE = 0.4


def find_hits(actions: ActionRegistry, query: str) -> list[Hit]:
    """Actions that fit a query, best first; all of them, by menu, for an empty one."""
    wanted = Query(query)
    if not wanted:
        return [hit_of(actions, action) for action in actions.all()]
    hits: list[Hit] = []
    for action in actions.all():
        score = wanted.score(texts_of(action))
        if score > 0:
            hits.append(replace(hit_of(actions, action), score=score))
    best = max((hit.score for hit in hits), default=0.0)
    hits = [hit for hit in hits if hit.score >= _WORST_SHARE * best]
    return sorted(hits, key=lambda hit: -hit.score - hit.is_enabled)[:_MOST_HITS]


def hit_of(actions: ActionRegistry, action: Action) -> Hit:
    """An action as a line of a search."""
    return Hit(
        "command",
        actions.qaction(action.id).text(),
        tr(GROUPS[action.group]),
        action.icon,
        lambda: actions.trigger(action.id),
        action.id,
        actions.shortcut_text(action.id),
        is_enabled=actions.qaction(action.id).isEnabled(),
    )


def texts_of(action: Action) -> list[tuple[str, float]]:
    """The texts an action is found by: its title in both languages, its menu, words of other programs."""
    texts = [(i18n.translate(action.title, code), 1.0) for code in i18n.LANGUAGES]
    texts += [(f"{i18n.translate(GROUPS[action.group], code)} {title}", 0.7)
              for code, (title, _weight) in zip(i18n.LANGUAGES, texts, strict=True)]  # fmt: skip
    if action.text is not None:
        texts.append((action.text(), 1.0))
    return texts + [(word, 0.8) for word in (*action.synonyms, *synonyms_of(action.id))]


class CommandPalette(SearchOverlay):
    """Every command. An empty search shows favorites, what was used lately, then all of them by menu."""

    def __init__(self, actions: ActionRegistry, window: QWidget, memory: Remembered | None = None) -> None:
        self._actions = actions
        super().__init__(window, memory)

    def placeholder(self) -> str:
        return tr("Find a command")

    def about_to_open(self) -> None:
        self._actions.refresh()

    def sections(self, query: str) -> list[Section]:
        hits = find_hits(self._actions, query)
        if query.strip():
            return [Section("", hits)]
        favorites, recent = remembered_hits(hits, self.memory, _MOST_RECENT)
        sections = [Section(tr("Favorites"), favorites), Section(tr("Recent"), recent)]
        for group in GROUPS:
            title = tr(GROUPS[group])
            sections.append(Section(title, [replace(hit, hint="") for hit in hits if hit.hint == title]))
        return sections


def remembered_hits(hits: list[Hit], memory: Remembered | None, most: int) -> tuple[list[Hit], list[Hit]]:
    """Favorites and recent ones among these hits; what has a star is not listed as recent once more."""
    if memory is None:
        return [], []
    known = {hit.key: hit for hit in hits if hit.key}
    starred = memory.favorites()
    recent = [known[key] for key in memory.recent() if key in known and key not in starred]
    return [known[key] for key in starred if key in known], recent[:most]
