"""The ticker card: what the linked market says now, with the countdown to the next funding."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.linking import MAIN, SYMBOL, PanelLink
from strategy_tester.ui.live.badge import LiveBadge, fill_connection_menu
from strategy_tester.ui.live.visible import Visible
from strategy_tester.ui.panels.chart.link_dot import LinkDot
from strategy_tester.ui.panels.parts import BriefLabel, TextLabel, page_layout
from strategy_tester.ui.panels.ticker.facts import Fact, facts_of, funding_facts, headline
from strategy_tester.ui.panels.ticker.funding_bars import FundingBars
from strategy_tester.ui.panels.ticker.view_model import TickerViewModel
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.view_context import ViewContext

OFFLINE = mark("Choose an exchange to see live prices; they need no account.")
NO_SYMBOL = mark("Choose a symbol on a chart of the same color.")
_COLUMN_STEPS = 62
"""Width of one column of facts; there are as many as have room."""


class TickerPanel(QWidget):
    """The figures of one market."""

    title_changed = Signal()
    """`dock_title` answers something else."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.link = PanelLink(context.workbench.links, parent=self)
        self.link.share_only(SYMBOL)
        self.view_model = TickerViewModel(context.workbench, context.live, self)
        self.badge = LiveBadge(context.live)
        self.symbol, self.last, self.change = BriefLabel("heading", 1), QLabel(), QLabel()
        self.facts, self.funding_facts = FactGrid(), FactGrid()
        self.countdown = QLabel()
        self.bars, self.mean, self.problem = FundingBars(), QLabel(), QLabel()
        self.empty = EmptyState(OFFLINE, icon="market")
        self._build()
        model = self.view_model
        model.market_changed.connect(self._show_market)
        model.figures_changed.connect(self._show_figures)
        model.history_changed.connect(self._show_history)
        model.clock_ticked.connect(self._show_countdown)
        context.live.exchange_changed.connect(self._show_market)
        self.link.series_changed.connect(model.show)
        self.link.join(MAIN)
        model.show(self.link.series)
        self.visible = Visible(self.page, model.begin, model.end)
        theme.theme_changed.connect(self._show_figures)
        i18n.retranslate_now_and_later(self._write_texts)

    # --- what others call

    def save_state(self) -> dict[str, Any]:
        """What to remember of this panel, as JSON values."""
        return {"link": self.link.save()}

    def restore_state(self, state: Any) -> None:
        """Take up what `save_state` gave; what does not fit is passed over."""
        if isinstance(state, dict):
            self.link.restore(state.get("link"))
            self.view_model.show(self.link.series)

    def dock_title(self) -> str:
        """What the tab says: whose figures are shown."""
        market = self.view_model.market
        return f"{tr('Ticker')} {market.symbol}" if market is not None else ""

    def shut_down(self) -> None:
        """The panel is about to be deleted."""
        self.view_model.close()
        self.link.join("")

    # --- building

    def _build(self) -> None:
        for label, role in ((self.last, "title"), (self.countdown, "number")):
            label.setProperty("role", role)
        self.mean.setProperty("role", "muted")
        self.problem.setProperty("role", "muted")
        self.problem.setWordWrap(True)
        for label in (self.last, self.change, self.countdown, self.mean, self.problem):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.last, self.change):
            label.setFont(theme.figures_font())
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.menu = QMenu(self.empty.button)
        self.menu.aboutToShow.connect(lambda: fill_connection_menu(self.menu, self._context.live))
        self.empty.button.setMenu(self.menu)
        head = QHBoxLayout()
        head.setSpacing(theme.step(1.5))
        head.addWidget(LinkDot(self.link))
        head.addWidget(self.symbol, 1)
        head.addWidget(self.badge)
        self.funding = QWidget()
        block = QVBoxLayout(self.funding)
        block.setContentsMargins(0, 0, 0, 0)
        block.setSpacing(theme.step(1))
        line = QHBoxLayout()
        line.addWidget(TextLabel(mark("Next settlement in"), "label"))
        line.addStretch(1)
        line.addWidget(self.countdown)
        block.addWidget(TextLabel(mark("Funding"), "section"))
        block.addLayout(line)
        block.addWidget(self.funding_facts)
        block.addWidget(self.bars)
        block.addWidget(self.mean)
        block.addWidget(self.problem)
        content = QWidget()
        column = page_layout(content)
        column.addWidget(self.last)
        column.addWidget(self.change)
        column.addWidget(self.facts)
        column.addWidget(self.funding)
        column.addStretch(1)
        self.page = QWidget()
        layout = page_layout(self.page)
        layout.setContentsMargins(0, theme.step(1), 0, 0)
        layout.setSpacing(0)
        head.setContentsMargins(theme.step(2), 0, theme.step(2), 0)
        layout.addLayout(head)
        layout.addWidget(PageScroll(content), 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.page)

    # --- what is shown

    def _show_market(self, _exchange: str = "") -> None:
        market, desk = self.view_model.market, self._context.live
        if market is None:
            if desk.is_on:
                self.empty.set_texts(NO_SYMBOL)
            else:
                self.empty.set_texts(OFFLINE, mark("Choose an exchange"))
            self._pages.setCurrentWidget(self.empty)
        else:
            self.symbol.show_text(f"{market.symbol} · {desk.title}")
            self._pages.setCurrentWidget(self.page)
        self._show_figures()
        self.title_changed.emit()

    def _show_figures(self, _theme: object = None) -> None:
        model, reading = self.view_model, self.view_model.reading
        if reading is None:
            self.last.setText(tr("The exchange does not list this symbol.") if model.is_unknown else "…")
            self.change.setText("")
            self.facts.show_facts([], is_old=False)
            self.funding.hide()
            return
        is_old = model.is_doubtful
        last, change, tone = headline(reading)
        _put(self.last, last, "", is_old=is_old)
        _put(self.change, change, tone, is_old=is_old)
        self.facts.show_facts(facts_of(reading), is_old=is_old)
        funding = funding_facts(reading)
        self.funding.setVisible(bool(funding))
        self.funding_facts.show_facts(funding, is_old=is_old)
        self._show_countdown()

    def _show_countdown(self) -> None:
        if not self.funding.isHidden():
            text = self.view_model.countdown()
            if text != self.countdown.text():
                self.countdown.setText(text)
                self.countdown.setAccessibleName(f"{tr('Next settlement in')} {text}")

    def _show_history(self) -> None:
        history = self.view_model.history
        self.bars.show_history(history)
        self.mean.setText(self.bars.words() if len(history) else "")
        self.problem.setText(history.problem)
        self.problem.setVisible(bool(history.problem))

    def _write_texts(self) -> None:
        tip = tr("By the exchange's clock. Who holds a position at this moment pays or receives the funding.")
        self.countdown.setToolTip(tip)
        self._show_market()
        self._show_history()


class FactGrid(QWidget):
    """Titles and values in as many columns as have room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(theme.step(0.75))
        self._grid.setHorizontalSpacing(theme.step(2))
        self._lines: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        self._keys: list[str] = []
        self._columns = 0

    def value(self, key: str) -> QLabel:
        """The label that shows a fact's value."""
        return self._lines[key][1]

    def detail(self, key: str) -> QLabel:
        """The label that shows its second value."""
        return self._lines[key][2]

    def show_facts(self, facts: list[Fact], *, is_old: bool) -> None:
        """Show these; old ones in gray."""
        for fact in facts:
            if fact.key not in self._lines:
                self._add(fact.key)
            title, value, detail = self._lines[fact.key]
            _say(title, tr(fact.title))
            _put(value, fact.text, fact.tone, is_old=is_old)
            _put(detail, fact.detail, "", is_old=is_old)
            if detail.isHidden() == bool(fact.detail):
                detail.setVisible(bool(fact.detail))
            if title.toolTip() != (tip := tr(fact.definition)):
                for label in (title, value, detail):
                    label.setToolTip(tip)
        keys = [fact.key for fact in facts]
        if keys != self._keys:
            self._keys = keys
            self._arrange(again=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _add(self, key: str) -> None:
        title, value, detail = QLabel(self), QLabel(self), QLabel(self)
        title.setProperty("role", "label")
        detail.setProperty("role", "label")  # gray, and grayer still while it is old
        for label in (value, detail):
            label.setFont(theme.figures_font())
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        self._lines[key] = title, value, detail

    def _arrange(self, *, again: bool = False) -> None:
        columns = max(self.width() // theme.step(_COLUMN_STEPS), 1)
        if columns == self._columns and not again:
            return
        self._columns = columns
        rows = -(-len(self._keys) // columns)
        for key, labels in self._lines.items():
            for label in labels:
                self._grid.removeWidget(label)
                label.setVisible(key in self._keys and bool(label.text()))
        for number, key in enumerate(self._keys):
            column, row = divmod(number, max(rows, 1))
            title, value, detail = self._lines[key]
            self._grid.addWidget(title, row * 2, column * 3)
            self._grid.addWidget(value, row * 2, column * 3 + 1)
            self._grid.addWidget(detail, row * 2 + 1, column * 3, 1, 2)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnMinimumWidth(column, theme.step(3) if column % 3 == 2 else 0)
            self._grid.setColumnStretch(column, 1 if column % 3 == 1 else 0)


def _say(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)


def _put(label: QLabel, text: str, tone: str, *, is_old: bool) -> None:
    """Show a value, in gray while it may be old; the label is styled again only when its color changes."""
    _say(label, text)
    tone = "" if is_old else tone
    if label.property("tone") != tone or label.isEnabled() == is_old:
        label.setProperty("tone", tone)
        label.setEnabled(not is_old)
        theme.refresh_style(label)
