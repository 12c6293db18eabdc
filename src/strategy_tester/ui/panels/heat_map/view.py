"""The heat map panel: how the order book looked over the last minutes."""

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QToolButton

from strategy_tester.domain.market_events import BookChange, PublicTrade
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.actions import FixedKey
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import BookPanel
from strategy_tester.ui.panels.heat_map.heat_widget import HeatWidget
from strategy_tester.ui.panels.heat_map.model import COLUMN_MS, HeatModel
from strategy_tester.ui.panels.heat_map.sight import ROW_HEIGHTS, SCALES
from strategy_tester.ui.panels.parts import IconButton
from strategy_tester.ui.view_context import ViewContext

_MEASURE_EVERY = 8


class HeatMapPanel(BookPanel):
    """Sizes at prices as colors over time, with the last price and the trades."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.model = HeatModel()
        self.map = HeatWidget(self.model)
        self.trades = QToolButton()
        self.trades.setIcon(icons.icon("chart-bubble"))
        self.trades.setCheckable(True)
        self.trades.setChecked(True)
        self.trades.setAutoRaise(True)
        self.trades.toggled.connect(self.set_trades)
        self.followed = IconButton("image-filter-center-focus", mark("Keep the market in sight"), self._toggle_follow)
        self.followed.setCheckable(True)
        self.followed.setChecked(True)
        for widget in (self.trades, self.followed):
            self.head.options.addWidget(widget)
        self.map.follow_changed.connect(self.followed.setChecked)
        self._beats, self._losses = 0, -1
        self._clock = QTimer(self, interval=COLUMN_MS)
        self._clock.timeout.connect(self._pass_time)
        feed = MarketFeed(context, self, on_book=self._take_book, on_trades=self._take_trades)
        self.map.feed = feed
        feed.market_changed.connect(self._begin_market)
        feed.state_changed.connect(self._state_changed)
        context.actions.note_keys(
            FixedKey("panels", mark("Heat map: back to the market"), ("C", mark("Double click"))),
            FixedKey("panels", mark("Heat map: time closer or further"), ("+", "-", mark("Wheel"))),
            FixedKey("panels", mark("Heat map: prices closer or further"), (mark("Ctrl+wheel"),)),
        )
        i18n.retranslate_now_and_later(self._write_own_texts)
        self.begin(feed, self.map)

    def set_trades(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Show the last price and the trades over the map, or not."""
        self.map.has_trades = wanted
        self.trades.setChecked(wanted)
        self.map.frame.wish()

    def kind_title(self) -> str:
        return tr("Heat map")

    def save_options(self) -> dict[str, Any]:
        sight = self.map.sight
        rows = sight.row_scale if sight.is_placed else None
        return {"trades": self.map.has_trades, "scale": sight.scale, "row_scale": rows}

    def restore_options(self, options: dict[str, Any]) -> None:
        self.set_trades(bool(options.get("trades", True)))
        if options.get("scale") in range(len(SCALES)):
            self.map.sight.scale = options["scale"]
        if options.get("row_scale") in range(len(ROW_HEIGHTS)):
            self.map.sight.row_scale = options["row_scale"]

    def _toggle_follow(self) -> None:
        (self.map.follow if self.followed.isChecked() else self.map.hold)()

    def _begin_market(self) -> None:
        self.model.clear()
        self._losses = -1
        self.map.sight.is_placed = False
        self.map.sight.follow()
        self.followed.setChecked(True)
        self.map.frame.wish()

    def _state_changed(self) -> None:
        if self.feed.is_live:
            self._clock.start()
        else:
            self.model.lose()
        self.map.frame.wish()

    def _take_book(self, changes: list[BookChange]) -> None:
        book, instrument = self.feed.usable_book(), self.feed.instrument
        if book is None or instrument is None:
            return
        if book.losses != self._losses:
            # Lost and whole again between two looks at the state: that leaves a mark, too.
            if self._losses >= 0:
                self.model.lose()
            self._losses = book.losses
        self.model.levels.read(book, instrument.tick_size)
        self.model.take_book(self.model.levels, changes[-1].time_ms)
        self.map.frame.wish()

    def _take_trades(self, trades: list[PublicTrade]) -> None:
        if self.feed.instrument is not None:
            self.model.take_trades(trades, self.feed.instrument.tick_size)
            self.map.frame.wish()

    def _pass_time(self) -> None:
        if not self.feed.is_listening:
            self._clock.stop()
            self.model.lose()
            return
        self.model.pass_time(self.feed.desk.now_ms())
        self._beats += 1
        if self._beats % _MEASURE_EVERY == 0 and self.feed.is_live:
            self.model.measure(self.model.levels)
        self.map.frame.wish()

    def _write_own_texts(self) -> None:
        self.trades.setToolTip(tr("Last price and trades"))
        self.trades.setAccessibleName(tr("Last price and trades"))
        self.map.setAccessibleName(tr("Heat map of the order book"))
