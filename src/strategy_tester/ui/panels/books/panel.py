"""The frame of every panel of the order book: which market, how fresh it is, options, recording, the link."""

from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.linking import MAIN, SYMBOL, PanelLink
from strategy_tester.ui.live.desk import EXCHANGES
from strategy_tester.ui.panels.books.feed import KINDS, FeedState, MarketFeed
from strategy_tester.ui.panels.books.record_button import RecordButton
from strategy_tester.ui.panels.chart.link_dot import LinkDot
from strategy_tester.ui.panels.parts import BriefLabel
from strategy_tester.ui.view_context import ViewContext

OFFLINE = mark("The order book comes from a live exchange. Choose Bybit, or start the practice exchange.")
NO_SYMBOL = mark("Choose a symbol on a chart of the same color.")


_ROOMY = 150
"""From this width on, in steps of the theme, the head has room for the figures of a recording."""


class BookHead(QWidget):
    """Symbol and exchange, state, places for options, recording, link."""

    def __init__(self, link: PanelLink) -> None:
        super().__init__()
        self.setObjectName("chart-header")
        self.symbol, self.state = BriefLabel("strong", 1), QLabel()
        self.options = QHBoxLayout()
        self.options.setSpacing(theme.step(0.5))
        self.link_dot = LinkDot(link)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.step(2), theme.step(0.5), theme.step(1), theme.step(0.5))
        row.setSpacing(theme.step(1.5))
        row.addWidget(self.symbol, 1)
        row.addWidget(self.state)
        row.addLayout(self.options)
        row.addWidget(self.link_dot)


class BookPanel(QWidget):
    """Base of the panels of the order book.

    Args:
        context: The window's parts.

    Attributes:
        link: Color and what is shared: the symbol only.
        feed: What is listened to; made by the panel with `listen`.
        head: The row above the content.
    """

    title_changed = Signal()
    """`dock_title` answers something else."""
    feed: MarketFeed

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.context = context
        self.link = PanelLink(context.workbench.links, parent=self)
        self.link.share_only(SYMBOL)
        self.head = BookHead(self.link)
        self.record = RecordButton(context)
        self.empty = EmptyState(OFFLINE, icon="market")
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addLayout(self._pages, 1)

    def begin(self, feed: MarketFeed, content: QWidget) -> None:
        """Put the content in place and listen to the market of the link; the last step of making a panel."""
        self.feed = feed
        self._pages.addWidget(content)
        self.head.options.addWidget(self.record)
        self.setFocusProxy(content)
        feed.market_changed.connect(self._show_market)
        feed.state_changed.connect(self._show_state)
        self.link.series_changed.connect(feed.show)
        self.link.join(MAIN)
        feed.show(self.link.series)
        theme.theme_changed.connect(self._show_state)
        i18n.retranslate_now_and_later(self._write_texts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.record.set_brief(self.width() < theme.step(_ROOMY))

    def save_state(self) -> dict[str, Any]:
        """What to remember of this panel, as JSON values."""
        return {"link": self.link.save(), "options": self.save_options()}

    def restore_state(self, state: Any) -> None:
        """Take up what `save_state` gave; what does not fit is passed over."""
        if not isinstance(state, dict):
            return
        self.link.restore(state.get("link"))
        self.feed.show(self.link.series)
        if isinstance(state.get("options"), dict):
            self.restore_options(state["options"])

    def save_options(self) -> dict[str, Any]:
        """The panel's own options, as JSON values."""
        return {}

    def restore_options(self, options: dict[str, Any]) -> None:
        """Take up what `save_options` gave; what does not fit is passed over."""

    def dock_title(self) -> str:
        """What the tab says: whose book is shown."""
        symbol = self.link.series.symbol if self.link.series is not None else ""
        return f"{self.kind_title()} {symbol}" if symbol else ""

    def kind_title(self) -> str:
        """The panel's name, in the language in use."""
        return ""

    def shut_down(self) -> None:
        """The panel is about to be deleted."""
        self.feed.shut_down()
        self.link.join("")

    def _show_market(self) -> None:
        market = self.feed.market
        if market is None:
            self.head.symbol.show_text(self.link.series.symbol if self.link.series is not None else "")
        else:
            self.head.symbol.show_text(f"{market.symbol} · {tr(EXCHANGES[self.feed.desk.exchange])}")
        self.record.show_market(market)
        self.title_changed.emit()
        self._show_state()

    def _show_state(self, _theme: object = None) -> None:
        state = self.feed.state
        colors = theme.current_theme()
        kind = KINDS.get(state, "muted")
        color = theme.readable(getattr(colors, kind), colors.panel)
        self.head.state.setText(f'<span style="color:{color}">● {self.feed.words()}</span>')
        has_content = state not in {FeedState.OFFLINE, FeedState.NO_MARKET}
        if has_content:
            self._pages.setCurrentIndex(1)
        else:
            self._say_what_is_missing(state)
            self._pages.setCurrentIndex(0)

    def _say_what_is_missing(self, state: FeedState) -> None:
        if state is FeedState.NO_MARKET:
            self.empty.set_texts(NO_SYMBOL)
        elif "practice.open" in self.context.actions:
            self.empty.set_texts(OFFLINE, mark("Practice exchange"), self._open_practice)
        else:
            self.empty.set_texts(OFFLINE)

    def _open_practice(self) -> None:
        self.context.actions.trigger("practice.open")

    def _write_texts(self) -> None:
        self._show_market()


def paint_notice(painter: QPainter, area: QRectF, feed: MarketFeed) -> None:
    """Over greyed data: why they are old, in words."""
    if feed.is_live:
        return
    colors = theme.current_theme()
    kind = KINDS.get(feed.state, "muted")
    text = feed.words()
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(text) + theme.step(6)
    height = metrics.height() + theme.step(2.5)
    box = QRectF(area.center().x() - width / 2, area.top() + theme.step(4), width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(getattr(colors, kind)))
    painter.setBrush(colors.color("raised"))
    painter.drawRoundedRect(box, theme.step(1), theme.step(1))
    painter.setPen(QColor(theme.readable(getattr(colors, kind), colors.raised)))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
