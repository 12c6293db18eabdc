"""Time and sales: every trade of the market, newest on top."""

from typing import Any

from PySide6.QtWidgets import QDoubleSpinBox, QToolButton

from strategy_tester.domain.market_events import PublicTrade
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import FixedKey
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.books.feed import FeedState, MarketFeed
from strategy_tester.ui.panels.books.panel import BookPanel
from strategy_tester.ui.panels.tape.model import TapeModel
from strategy_tester.ui.panels.tape.tape_widget import TapeWidget
from strategy_tester.ui.view_context import ViewContext


class TapePanel(BookPanel):
    """The latest ten thousand trades, filtered by size, large ones marked."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.model = TapeModel()
        self.tape = TapeWidget(self.model)
        self.least = QDoubleSpinBox()
        self.least.setRange(0.0, 1e9)
        self.least.setDecimals(3)
        self.least.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.least.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.least.setPrefix("≥ ")
        self.least.setMaximumWidth(theme.step(22))
        self.least.valueChanged.connect(self.set_least)
        self.joins = QToolButton()
        self.joins.setIcon(icons.icon("call-merge"))
        self.joins.setCheckable(True)
        self.joins.setAutoRaise(True)
        self.joins.toggled.connect(self.set_joins)
        for widget in (self.least, self.joins):
            self.head.options.addWidget(widget)
        feed = MarketFeed(context, self, on_trades=self._take_trades)
        self.tape.feed = feed
        feed.market_changed.connect(self._begin_market)
        feed.state_changed.connect(self._state_changed)
        context.actions.note_keys(FixedKey("panels", mark("Time and sales: back to the newest trade"), ("Home",)))
        i18n.retranslate_now_and_later(self._write_own_texts)
        self.begin(feed, self.tape)

    def set_least(self, size: float) -> None:
        """Do not show smaller trades."""
        self.model.least = size
        self.least.setValue(size)
        self.tape.frame.wish()

    def set_joins(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Trades of one moment and side as one."""
        self.model.set_joins(wanted)
        self.joins.setChecked(wanted)
        self.tape.frame.wish()

    def kind_title(self) -> str:
        return tr("Tape")

    def save_options(self) -> dict[str, Any]:
        return {"least": self.model.least, "joins": self.model.joins}

    def restore_options(self, options: dict[str, Any]) -> None:
        least = options.get("least")
        if isinstance(least, int | float) and 0.0 <= least <= self.least.maximum():
            self.set_least(float(least))
        self.set_joins(bool(options.get("joins")))

    def _begin_market(self) -> None:
        self.model.clear()
        self.tape.frame.wish()

    def _state_changed(self) -> None:
        if self.feed.state is FeedState.LOST:
            self.model.take_gap(self.feed.desk.now_ms())
        self.tape.frame.wish()

    def _take_trades(self, trades: list[PublicTrade]) -> None:
        self.model.take(trades)
        self.tape.frame.wish()

    def _write_own_texts(self) -> None:
        self.least.setToolTip(tr("Hide trades smaller than this"))
        self.least.setAccessibleName(tr("Hide trades smaller than this"))
        self.joins.setToolTip(tr("Show trades of one moment and side as one"))
        self.joins.setAccessibleName(tr("Show trades of one moment and side as one"))
        self.tape.setAccessibleName(tr("Time and sales"))
