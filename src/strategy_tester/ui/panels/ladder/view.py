"""The depth ladder panel: sizes at every price around the market. It shows; it cannot send orders."""

from typing import Any

from PySide6.QtWidgets import QToolButton

from strategy_tester.domain.market_events import BookChange, PublicTrade, StreamState
from strategy_tester.ui import i18n, numbers
from strategy_tester.ui.actions import FixedKey
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import BookPanel
from strategy_tester.ui.panels.ladder.ladder_widget import LadderWidget
from strategy_tester.ui.panels.ladder.model import GROUPS, LadderModel
from strategy_tester.ui.panels.parts import Chooser, IconButton
from strategy_tester.ui.view_context import ViewContext


class LadderPanel(BookPanel):
    """Bids and asks by price, what was traded there, the last price, the spread."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.model = LadderModel()
        self.ladder = LadderWidget(self.model)
        self.group = Chooser()
        self.group.addItems([str(group) for group in GROUPS])
        self.group.currentIndexChanged.connect(lambda place: self.set_group(GROUPS[place]))
        self.sums = QToolButton()
        self.sums.setText("Σ")
        self.sums.setCheckable(True)
        self.sums.setAutoRaise(True)
        self.sums.toggled.connect(self.set_cumulative)
        self.centered = IconButton("image-filter-center-focus", mark("Keep the middle in sight"), self._toggle_follow)
        self.centered.setCheckable(True)
        self.centered.setChecked(True)
        for widget in (self.group, self.sums, self.centered):
            self.head.options.addWidget(widget)
        self.ladder.group_wanted.connect(self.set_group)
        self.ladder.follow_changed.connect(self.centered.setChecked)
        feed = MarketFeed(context, self, on_book=self._take_book, on_trades=self._take_trades)
        self.ladder.feed = feed
        feed.market_changed.connect(self._begin_market)
        feed.state_changed.connect(self._state_changed)
        feed.steps_known.connect(self.ladder.frame.wish)
        context.actions.note_keys(
            FixedKey("panels", mark("Ladder: keep the middle in sight"), ("C",)),
            FixedKey("panels", mark("Ladder: more or fewer ticks in a row"), ("+", "-")),
        )
        i18n.retranslate_now_and_later(self._write_own_texts)
        self.begin(feed, self.ladder)

    def set_group(self, group: int) -> None:
        """So many ticks in a row."""
        self.model.set_group(group)
        self.group.setCurrentIndex(GROUPS.index(self.model.group))
        self.ladder.frame.wish()

    def set_cumulative(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Sizes summed from the best price outwards, or each by itself."""
        self.model.is_cumulative = wanted
        self.sums.setChecked(wanted)
        self.ladder.frame.wish()

    def kind_title(self) -> str:
        return tr("Ladder")

    def save_options(self) -> dict[str, Any]:
        return {"group": self.model.group, "sums": self.model.is_cumulative, "follows": self.model.follows}

    def restore_options(self, options: dict[str, Any]) -> None:
        if options.get("group") in GROUPS:
            self.set_group(options["group"])
        self.set_cumulative(bool(options.get("sums")))

    def _toggle_follow(self) -> None:
        (self.ladder.center if self.centered.isChecked() else self.ladder.fix)()

    def _begin_market(self) -> None:
        self.model.clear(self.feed.begun_ms if hasattr(self, "feed") else 0)
        self.ladder.frame.wish()
        self._write_own_texts()

    def _state_changed(self) -> None:
        if self.feed.desk.health.state in {StreamState.STALE, StreamState.LOST} and self.model.last_tick is not None:
            self.model.has_missed_trades = True
        self.ladder.frame.wish()

    def _take_book(self, _changes: list[BookChange]) -> None:
        self.ladder.frame.wish()

    def _take_trades(self, trades: list[PublicTrade]) -> None:
        if self.feed.instrument is not None:
            self.model.take_trades(trades, self.feed.instrument.tick_size)
            self.ladder.frame.wish()

    def _write_own_texts(self) -> None:
        self.group.setToolTip(tr("Ticks in a row"))
        self.group.setAccessibleName(tr("Ticks in a row"))
        self.sums.setToolTip(tr("Sum sizes from the best price outwards"))
        self.sums.setAccessibleName(tr("Sum sizes from the best price outwards"))
        since = numbers.format_clock(self.model.traded_since_ms)
        self.ladder.setToolTip("")
        self.ladder.setAccessibleName(tr("Depth ladder; traded since {time}", time=since))
