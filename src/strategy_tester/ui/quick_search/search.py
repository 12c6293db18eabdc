"""Ctrl+K: markets, strategies, runs, panels, settings, indicators and commands in one field."""

from PySide6.QtWidgets import QWidget

from strategy_tester.ui.command_palette import remembered_hits
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.search.hits import Hit, SearchProviders
from strategy_tester.ui.search.overlay import SearchOverlay
from strategy_tester.ui.search.rows import Section

_MOST_IN_GROUP = 6
_MOST_RECENT = 8
_MOST_FIRST = 4
_WORST_SHARE = 0.4


class QuickSearch(SearchOverlay):
    """Asks every provider. An empty search shows favorites, what was chosen lately, and a few of each kind."""

    def __init__(self, providers: SearchProviders, window: QWidget, memory: Remembered) -> None:
        self._providers = providers
        super().__init__(window, memory)

    def placeholder(self) -> str:
        return tr("Markets, strategies, runs, settings, indicators…")

    def about_to_open(self) -> None:
        self._providers.refresh(self._found_more)

    def sections(self, query: str) -> list[Section]:
        hits = self._providers.find(query)
        if not query.strip():
            favorites, recent = remembered_hits(hits, self.memory, _MOST_RECENT)
            first = [Section(tr("Favorites"), favorites), Section(tr("Recent"), recent)]
            listed = {hit.key for section in first for hit in section.hits}
            rest = [hit for hit in hits if hit.kind not in {"command", "setting", "field", "indicator"}]
            return first + self._grouped([hit for hit in rest if hit.key not in listed], _MOST_FIRST)
        best = max((hit.score for hit in hits), default=0.0)
        return self._grouped([hit for hit in hits if hit.score >= _WORST_SHARE * best], _MOST_IN_GROUP)

    def _grouped(self, hits: list[Hit], most: int) -> list[Section]:
        """By kind, the kind of the best hit first; kinds alike in the order of the list of kinds."""
        groups: dict[str, list[Hit]] = {kind: [] for kind in self._providers.kinds}
        for hit in sorted(hits, key=lambda hit: -hit.score):
            groups.setdefault(hit.kind, []).append(hit)
        filled = sorted(((kind, group) for kind, group in groups.items() if group), key=lambda pair: -pair[1][0].score)
        return [Section(tr(self._providers.kinds.get(kind, kind)), group[:most]) for kind, group in filled]

    def _found_more(self) -> None:
        if self.isVisible():
            self.search_again()
