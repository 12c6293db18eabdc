"""The one quick search of a window, made when it is first wanted."""

from strategy_tester.ui.looks import Looks
from strategy_tester.ui.panels.registry import PanelFactory
from strategy_tester.ui.quick_search import providers
from strategy_tester.ui.quick_search.search import QuickSearch
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.settings_dialog.wiring import add_own_entries, open_settings
from strategy_tester.ui.view_context import ViewContext


def quick_search(context: ViewContext, looks: Looks, panels: list[PanelFactory]) -> QuickSearch:
    """The overlay of this window; asks everybody in `context.search` and everything the program itself knows."""
    found = context.window.findChild(QuickSearch)
    if isinstance(found, QuickSearch):
        return found
    add_own_entries(context, looks)
    search = context.search
    search.add(providers.series_provider(context))
    search.add(providers.runs_provider(context))
    search.add(providers.PanelsProvider(context, lambda: panels))
    search.add(providers.SettingsProvider(context, lambda entry_id: open_settings(context, looks, entry_id)))
    search.add(providers.FieldsProvider(context))
    search.add(providers.indicators_provider(context))
    search.add(providers.CommandsProvider(context))
    return QuickSearch(search, context.window, Remembered(context.settings, "search"))
