"""The markets panel: every symbol of the chosen exchange, live, searched, filtered, sorted, linked with the charts."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QStackedLayout, QToolButton, QWidget

from strategy_tester.domain.market_events import Category
from strategy_tester.services.watch_lists import WatchLists
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.actions import Action, FixedKey
from strategy_tester.ui.empty_state import EmptyState, Skeleton
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.linking import MAIN, SYMBOL, PanelLink
from strategy_tester.ui.live.badge import LiveBadge, fill_connection_menu
from strategy_tester.ui.live.desk import OFF, PRACTICE
from strategy_tester.ui.live.visible import Visible
from strategy_tester.ui.panels.chart.link_dot import LinkDot
from strategy_tester.ui.panels.markets.filters import Filter, FilterButtons
from strategy_tester.ui.panels.markets.lists_dialog import WatchListsDialog
from strategy_tester.ui.panels.markets.row_menu import RowMenu
from strategy_tester.ui.panels.markets.rows import TURNOVER, MarketRow
from strategy_tester.ui.panels.markets.search import CATEGORY_WORDS, add_symbol_search
from strategy_tester.ui.panels.markets.table import MarketsTable
from strategy_tester.ui.panels.markets.view_model import MarketsViewModel
from strategy_tester.ui.panels.parts import ChoiceRow, page_layout
from strategy_tester.ui.preferences import SettingEntry
from strategy_tester.ui.view_context import ViewContext

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

OFFLINE = mark("Choose an exchange to see live prices; they need no account.")
FLASH_KEY = "markets.flash"
FOLLOW_MS = 150
"""How long the keyboard must rest on a row before the charts follow: a held key does not load every chart."""
_CATEGORIES = [(category.value, title) for category, title in CATEGORY_WORDS.items()]


class MarketsPanel(QWidget):
    """The symbols of an exchange."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.lists = WatchLists(context.settings)
        self.link = PanelLink(context.workbench.links, parent=self)
        self.link.share_only(SYMBOL)
        self.link.join(MAIN)
        self.view_model = MarketsViewModel(context.workbench, context.live, self.link, self.lists, self)
        self.model = self.view_model.model
        self.model.wants_flash = context.settings.get(FLASH_KEY, True) is not False
        self.table = MarketsTable(self.model)
        self.table.setObjectName("markets-table")
        self.table.sortByColumn(TURNOVER, Qt.SortOrder.DescendingOrder)
        self.errors = ErrorStrip()
        self.search = QLineEdit()
        self.categories = ChoiceRow(_CATEGORIES, lambda code: self.view_model.choose_category(Category(code)))
        self.filters = FilterButtons(self.lists, self.edit_lists, self)
        self.follow_button = QToolButton()
        self.badge = LiveBadge(context.live)
        self.count, self.note = QLabel(), QLabel()
        self.offline = EmptyState(OFFLINE, mark("Choose an exchange"), icon="market")
        self.nothing = EmptyState(mark("No symbol fits."), mark("Show all symbols"), self._show_all, icon="search")
        self.loading = Skeleton()
        self.row_menu = RowMenu(context, self.lists, self.table, self.view_model, self.filters)
        self.row_menu.failed.connect(self.errors.show_error)
        self._following = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._build()
        self._connect()
        if "markets.search" not in context.actions:
            self._declare_actions()
        self.visible = Visible(self.table_page, self._begin, self._end)
        i18n.retranslate_now_and_later(self._write_texts)
        self._show_page()

    # --- what others call

    def save_state(self) -> dict[str, Any]:
        """What to remember, as JSON values."""
        return {
            "link": self.link.save(), "category": self.view_model.category.value,
            "filter": self.filters.filter.save(), "follow": self.follow_button.isChecked(),
        }  # fmt: skip

    def restore_state(self, state: Any) -> None:
        """Take up what `save_state` gave; what does not fit is passed over."""
        if not isinstance(state, dict):
            return
        link = state.get("link")
        self.link.restore(link)
        category = next((kind for kind in Category if kind.value == state.get("category")), Category.LINEAR)
        self.categories.choose(category.value)
        self.view_model.choose_category(category)
        self.filters.choose(Filter.restored(state.get("filter")))
        self.follow_button.setChecked(bool(state.get("follow", True)))

    def shut_down(self) -> None:
        """The panel is about to be deleted."""
        self._end()
        self.view_model.close()
        self.link.join("")

    def focus_search(self) -> None:
        """Put the cursor into the search."""
        self._context.docks.show(self._context.panel_id or "markets")
        self.search.setFocus()
        self.search.selectAll()

    def edit_lists(self) -> None:
        """Open the dialog of the watch lists."""
        dialog = WatchListsDialog(self.lists, self.filters.filter.list_name, self._context.window)
        dialog.open()

    def use_flash(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Let changed prices light up, or not."""
        self.model.wants_flash = wanted

    # --- building

    def _build(self) -> None:
        self.link_dot = LinkDot(self.link)
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setObjectName("markets-search")
        self.search.installEventFilter(self)
        self.follow_button.setCheckable(True)
        self.follow_button.setChecked(True)
        self.follow_button.setAutoRaise(True)
        self.follow_button.setIcon(icons.icon("link-variant"))
        self.offline_menu = QMenu(self.offline.button)
        self.offline_menu.aboutToShow.connect(lambda: fill_connection_menu(self.offline_menu, self._context.live))
        self.offline.button.setMenu(self.offline_menu)
        self.note.setProperty("role", "muted")
        self.count.setProperty("role", "muted")
        head, tools, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (head, tools, foot):
            row.setSpacing(theme.step(1))
        head.addWidget(self.link_dot)
        head.addWidget(self.categories)
        head.addStretch(1)
        head.addWidget(self.badge)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.filters.list_button)
        tools.addWidget(self.filters.more_button)
        tools.addWidget(self.follow_button)
        foot.addWidget(self.count)
        foot.addWidget(self.note, 1)
        self.table_page = QWidget()
        column = page_layout(self.table_page)
        column.setSpacing(theme.step(1))
        column.addLayout(head)
        column.addLayout(tools)
        column.addWidget(self.errors)
        column.addWidget(self.loading, 1)
        column.addWidget(self.nothing, 1)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.offline)
        self._pages.addWidget(self.table_page)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        model, table = self.view_model, self.table
        model.page_changed.connect(self._show_page)
        model.health_changed.connect(self._show_health)
        model.failed.connect(self.errors.show_error)
        model.favorites_changed.connect(self._lists_changed)
        self._context.live.exchange_changed.connect(self._show_page)
        self.model.rows_changed.connect(self._show_counts)
        self.search.textChanged.connect(self._search_changed)
        self.filters.changed.connect(self._filter_changed)
        table.sight_changed.connect(self._see)
        table.typed.connect(self._type)
        table.row_chosen.connect(self._choose)
        table.row_moved_to.connect(self._moved_to)
        table.chart_wanted.connect(lambda row: self.row_menu.open_charts([row]))
        table.star_wanted.connect(lambda row: model.toggle_favorite(row.market))
        table.shift_wanted.connect(self._shift)
        table.held_changed.connect(self._show_counts)
        table.menu_opening.connect(self.row_menu.fill)
        self._following.timeout.connect(self._follow)

    def _declare_actions(self) -> None:
        context = self._context
        context.actions.add(
            Action("markets.search", mark("Find a symbol in the list"), self.focus_search, "chart", (), "search",
                   synonyms=("watch list", "markets", "screener")),
            Action("markets.lists", mark("Edit the watch lists"), self.edit_lists, "chart", (), "star",
                   synonyms=("favorites", "symbols")),
            Action("markets.follow", mark("Charts follow the keyboard in the symbol list"), self._switch_follow,
                   "chart", (), "", is_checked=self.follow_button.isChecked, is_in_menu=False),
        )  # fmt: skip
        context.actions.note_keys(
            FixedKey("chart", mark("Search in the symbol list"), (mark("Type letters"),)),
            FixedKey("chart", mark("Show the symbol of the list in the linked charts"), ("Return",)),
            FixedKey("chart", mark("Open the symbol of the list in a new chart"), ("Ctrl+Return",)),
            FixedKey("chart", mark("Star or unstar the symbol of the list"), ("Space",)),
            FixedKey("chart", mark("Move the symbol within its watch list"), ("Alt+Up", "Alt+Down")),
        )
        context.preferences.add(
            SettingEntry(
                "markets_flash", "charts", mark("Changed prices light up in the symbol list"),
                ("flash", "blink", "мигание", "подсветка"), lambda: FlashSwitch(self, context.settings),
                mark("Briefly and faintly, in the color of the rise or fall."),
            )
        )  # fmt: skip
        add_symbol_search(context)

    # --- sight

    def _begin(self) -> None:
        self.table.begin()
        self.view_model.begin()

    def _end(self) -> None:
        self.table.end()
        self.view_model.end()

    def _see(self, first: int, last: int) -> None:
        self.view_model.see([self.model.record(row).market for row in range(first, last + 1)])

    # --- what is shown

    def _show_page(self, _exchange: str = "") -> None:
        model = self.view_model
        desk = self._context.live
        is_on = desk.is_on or desk.exchange not in {OFF, PRACTICE}  # a real one is on its way
        self._pages.setCurrentWidget(self.table_page if is_on else self.offline)
        if self.model.total:
            self.errors.clear()
        is_empty = bool(self.model.total) and not self.model.rowCount()
        is_awaited = not self.model.total and (model.is_loading or not model.problem)
        self.loading.setVisible(is_awaited)
        self.nothing.setVisible(is_empty)
        # An empty table under a problem: the strip would fill the whole panel otherwise.
        self.table.setVisible(not is_awaited and not is_empty)
        self._show_counts()

    def _show_counts(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        if total:
            self.nothing.setVisible(not shown)
            self.table.setVisible(bool(shown))
        text = plural("{count} symbol|{count} symbols", total)
        self.count.setText(f"{numbers.format_count(shown)} / {text}" if shown != total else text)
        self.note.setText("· " + tr("Order kept while rows are selected (Esc)") if self.table.is_held else "")
        self.note.setToolTip(self.note.text())

    def _show_health(self) -> None:
        model = self.view_model
        problem = model.problem
        if problem is not None and model.model.total:
            age = numbers.format_duration(model.age_s * 1000.0)
            self.badge.set_note(tr("Symbols out of sight are {age} old", age=age), str(problem))
        else:
            self.badge.set_note("")
        self.table.viewport().update()

    def _write_texts(self) -> None:
        self.search.setPlaceholderText(tr("Symbol"))
        self.search.setAccessibleName(tr("Find a symbol in the list"))
        text = tr("Charts follow the keyboard in the symbol list")
        self.follow_button.setToolTip(text)
        self.follow_button.setAccessibleName(text)
        self._show_counts()

    # --- what the user does

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the search, Down goes into the table, Enter shows the first row, Esc empties it."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key, has_rows = event.key(), bool(self.model.rowCount())
            if key == Qt.Key.Key_Escape and (self.search.text() or has_rows):
                self.search.clear()
                self.table.setFocus()
                return True
            if has_rows and key in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self.table.setFocus()
                self.table.selectRow(0)
                if key != Qt.Key.Key_Down:
                    self._choose(self.model.record(0))
                return True
        return super().eventFilter(watched, event)

    def _type(self, text: str) -> None:
        self.search.setFocus()
        self.search.setText(text)

    def _search_changed(self, text: str) -> None:
        self.table.note_use()
        self.model.set_filter(text)
        self.table.scrollToTop()

    def _filter_changed(self) -> None:
        chosen = self.filters.filter
        self.model.set_predicate(chosen.fits if chosen.is_narrowing else None)
        self.model.show_only(self.filters.entries())

    def _lists_changed(self) -> None:
        self.model.show_only(self.filters.entries())
        self.filters.lists_changed()

    def _show_all(self) -> None:
        self.search.clear()
        self.filters.choose(Filter())

    def _choose(self, row: MarketRow) -> None:
        self._following.stop()
        self.view_model.choose(row.market)

    def _moved_to(self, _row: MarketRow) -> None:
        if self.follow_button.isChecked():
            self._following.start()

    def _follow(self) -> None:
        row = self.table.current_record()
        if row is not None:
            self.view_model.choose(row.market)

    def _switch_follow(self) -> None:
        self.follow_button.toggle()

    def _shift(self, row: MarketRow, steps: int) -> None:
        """Within the watch list that is shown; no column sorts it any more."""
        name = self.filters.filter.list_name
        if name:
            self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
            self.lists.move_entry(name, row.entry, steps)
            self._filter_changed()
            place = self.model.place_of(row.market)
            if place is not None:
                self.table.selectRow(place)


class FlashSwitch(QCheckBox):
    """Whether changed prices light up."""

    def __init__(self, panel: MarketsPanel, settings: "SettingsStore") -> None:
        super().__init__()
        self.setChecked(panel.model.wants_flash)
        self.toggled.connect(lambda on: settings.set(FLASH_KEY, on))
        self.toggled.connect(panel.use_flash)
