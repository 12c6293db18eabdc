"""What can be done with the selected symbols: the menu on the right button."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu

from strategy_tester.domain.market_events import Market
from strategy_tester.services.watch_lists import WatchLists, entry_of
from strategy_tester.ui import icons
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.open_charts import open_in_new_chart
from strategy_tester.ui.panels.markets.filters import FilterButtons
from strategy_tester.ui.panels.markets.lists_dialog import ask_new_list
from strategy_tester.ui.panels.markets.rows import MarketRow
from strategy_tester.ui.panels.markets.table import MarketsTable
from strategy_tester.ui.panels.markets.view_model import MarketsViewModel
from strategy_tester.ui.view_context import ViewContext

_PANELS_OF_A_MARKET = (
    ("ladder", mark("Open its depth ladder"), "table"),
    ("tape", mark("Open its time and sales"), "trades"),
    ("ticker", mark("Open its ticker"), "market"),
)
_DOWNLOADABLE = frozenset({"bybit", "binance"})
"""Exchanges whose history is true; what a practice exchange or a testnet tells is not offered."""


class RowMenu(QObject):
    """Fills the table's menu and does what is chosen in it."""

    failed = Signal(object)

    def __init__(
        self,
        context: ViewContext,
        lists: WatchLists,
        table: MarketsTable,
        view_model: MarketsViewModel,
        filters: FilterButtons,
    ) -> None:
        super().__init__(table)
        self._context, self._lists, self._table = context, lists, table
        self._view_model, self._filters = view_model, filters

    def open_charts(self, rows: list[MarketRow]) -> None:
        """One more chart for each of these."""
        try:
            for row in rows:
                open_in_new_chart(self._context, self._view_model.series_of(row.market))
        except ValueError as error:
            self.failed.emit(error)

    def fill(self, menu: QMenu) -> None:
        """Add what can be done with the selected rows."""
        rows: list[MarketRow] = self._table.selected_records()
        if not rows:
            return
        menu.addSeparator()
        _add(menu, "open", tr("Open in a new chart"), lambda: self.open_charts(rows))
        if len(rows) == 1:
            self._add_panels(menu, rows[0].market)
        self._add_download(menu, rows)
        menu.addSeparator()
        is_star = all(row.is_favorite for row in rows)
        _add(menu, "star", tr("Remove the star") if is_star else tr("Give a star"), lambda: self._star(rows))
        self._add_lists(menu, [row.market for row in rows])

    def _add_panels(self, menu: QMenu, market: Market) -> None:
        def show(panel_id: str) -> None:
            self._view_model.choose(market)
            self._context.docks.show(panel_id, focus=True)

        for panel_id, title, icon in _PANELS_OF_A_MARKET:
            if panel_id in self._context.docks.panel_ids():
                _add(menu, icon, tr(title), lambda panel_id=panel_id: show(panel_id))

    def _add_download(self, menu: QMenu, rows: list[MarketRow]) -> None:
        """The data panel's dialog, with these symbols in it."""
        docks = self._context.docks
        market = rows[0].market
        if "data" not in docks.panel_ids() or market.exchange not in _DOWNLOADABLE:
            return
        data: Any = docks.content("data")
        symbols = tuple(row.market.symbol for row in rows)

        def download() -> None:
            data.download()
            data.dialog.view_model.change(exchange=market.exchange, category=market.category, symbols=symbols)

        _add(menu, "import", tr("Download history..."), download)

    def _add_lists(self, menu: QMenu, markets: list[Market]) -> None:
        lists, shown = self._lists, self._filters.filter.list_name
        add_menu = menu.addMenu(icons.icon("add"), tr("Add to a watch list"))
        for name in lists.names:
            _add(add_menu, "", name.replace("&", "&&"), lambda name=name: lists.add(name, *markets))
        _add(
            add_menu, "add", tr("New list..."),
            lambda: ask_new_list(self._context.window, lists, lambda name: lists.add(name, *markets)),
        )  # fmt: skip
        if shown:
            entries = [entry_of(market) for market in markets]
            _add(menu, "close", tr("Remove from the list"), lambda: lists.remove(shown, *entries))

    def _star(self, rows: list[MarketRow]) -> None:
        wanted = not all(row.is_favorite for row in rows)
        for row in rows:
            if row.is_favorite != wanted:
                self._view_model.toggle_favorite(row.market)


def _add(menu: QMenu, icon: str, title: str, run: Callable[[], object]) -> None:
    action = menu.addAction(icons.icon(icon), title) if icon else menu.addAction(title)
    action.triggered.connect(lambda _on=False: run())
