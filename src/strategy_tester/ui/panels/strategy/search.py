"""What the quick search finds of strategies: the user's own and the ready-made ones."""

from collections.abc import Callable

from strategy_tester.services.edit_strategies import StrategyEntry
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.strategy.drafts import Drafts
from strategy_tester.ui.panels.strategy.view_model import StrategyViewModel
from strategy_tester.ui.search.hits import Entry, Hit, best_hits
from strategy_tester.ui.view_context import ViewContext


class StrategySearch:
    """The list of the strategy panel; choosing one looks at it there."""

    def __init__(self, context: ViewContext, model: StrategyViewModel) -> None:
        self._context, self._model = context, model

    def find(self, text: str) -> list[Hit]:
        """Strategies by their titles in both languages and by what they say of themselves."""
        return best_hits([self._entry(entry) for entry in self._model.entries], text)

    def refresh(self, found_more: Callable[[], None]) -> None:
        """The panel keeps the list up to date."""

    def _entry(self, entry: StrategyEntry) -> Entry:
        def choose() -> None:
            self._context.docks.show("strategy")
            self._model.select(entry)

        hint = tr("mine") if entry.is_own else tr("ready-made")
        hit = Hit("strategy", self._model.title_of(entry), hint, "strategy", choose, Drafts.key_of(entry))
        texts = [(title, 1.0) for title in (*entry.title.values(), entry.name)]
        return Entry(hit, [*texts, *((text, 0.3) for text in entry.description.values())])
