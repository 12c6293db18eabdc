"""The depth chart panel: how much is bid and asked around the market."""

from typing import Any

from PySide6.QtWidgets import QToolButton

from strategy_tester.domain.market_events import BookChange
from strategy_tester.ui import i18n
from strategy_tester.ui.actions import FixedKey
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import BookPanel
from strategy_tester.ui.panels.depth.depth_widget import DepthWidget
from strategy_tester.ui.panels.depth.model import SPANS, DepthModel
from strategy_tester.ui.view_context import ViewContext


class DepthPanel(BookPanel):
    """Cumulated bids and asks by price."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.model = DepthModel()
        self.chart = DepthWidget(self.model)
        self.log = QToolButton()
        self.log.setCheckable(True)
        self.log.setAutoRaise(True)
        self.log.toggled.connect(self.set_log)
        self.head.options.addWidget(self.log)
        feed = MarketFeed(context, self, on_book=self._take_book)
        self.chart.feed = feed
        feed.market_changed.connect(self._begin_market)
        feed.state_changed.connect(self.chart.frame.wish)
        feed.steps_known.connect(self.chart.frame.wish)
        context.actions.note_keys(FixedKey("panels", mark("Depth chart: closer to the middle, or further"), ("+", "-")))
        i18n.retranslate_now_and_later(self._write_own_texts)
        self.begin(feed, self.chart)

    def set_log(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Sizes on a logarithmic scale, or a linear one."""
        self.model.is_log = wanted
        self.log.setChecked(wanted)
        self.chart.frame.wish()

    def kind_title(self) -> str:
        return tr("Depth")

    def save_options(self) -> dict[str, Any]:
        span = self.model.span_percent if self.model.has_own_span else None
        return {"log": self.model.is_log, "span_percent": span}

    def restore_options(self, options: dict[str, Any]) -> None:
        self.set_log(bool(options.get("log")))
        if options.get("span_percent") in SPANS:
            self.model.span_percent, self.model.has_own_span = options["span_percent"], True

    def _begin_market(self) -> None:
        self.model.clear()
        self.chart.frame.wish()

    def _take_book(self, _changes: list[BookChange]) -> None:
        self.chart.frame.wish()

    def _write_own_texts(self) -> None:
        self.log.setText(tr("Log"))
        self.log.setToolTip(tr("Logarithmic scale of sizes"))
        self.log.setAccessibleName(tr("Logarithmic scale of sizes"))
        self.chart.setAccessibleName(tr("Depth chart"))
