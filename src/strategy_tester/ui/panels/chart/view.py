"""The chart panel: a header, the chart between rail and foot, and the features that fill them."""

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n, theme
from strategy_tester.ui.actions import Action, FixedKey
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.empty_state import EmptyState, Skeleton
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.linking import MAIN, POINTER, PanelLink, free_series
from strategy_tester.ui.live.desk import PRACTICE
from strategy_tester.ui.panels.chart.features import ChartFeature, F, feature_classes
from strategy_tester.ui.panels.chart.header import ChartHeader
from strategy_tester.ui.panels.chart.header_search import SeriesSearch, TypingTool
from strategy_tester.ui.panels.chart.header_timeframes import TimeframeButton, TimeframeRow
from strategy_tester.ui.panels.chart.link_dot import LinkDot
from strategy_tester.ui.panels.chart.link_view import LinkedView
from strategy_tester.ui.panels.chart.view_model import ChartViewModel
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.view_context import ViewContext

FIRST_CHART = ("", "chart")
"""The panel that shares symbol and timeframe with the main group from the start; further charts only the crosshair."""


NOTHING_STORED = mark("There are no candles yet.")
NOT_REPLAYED = mark("This market is told by the practice exchange, and it does not tell it now.")
MISSING = mark("The candles this chart showed are not stored any more.")


class CandlePresenter(Protocol):
    """Puts candles, lines and trades on the chart in its own way, and tells `candles_shown` when they are there."""

    @property
    def known_until_ms(self) -> int:
        """Nothing dated or closed later may be shown: UTC milliseconds."""
        ...

    def show_candles(self) -> None:
        """The view model has other candles, lines and trades."""
        ...

    def show_lines(self) -> None:
        """The view model has other lines of the strategy."""
        ...


load_ahead = feature_classes
"""Imports what a chart panel is made of; for the thread that loads panels before they are made."""


class ChartPanel(QWidget):
    """Candles, the strategy's indicators, and the trades of the shown backtest.

    Attributes:
        context: The window's parts.
        view_model: Which market is shown, and its data.
        link: The chart's color, and what it shares with other panels of that color.
        chart: The chart.
        header: A row above the chart for features; what has no room there goes into a menu.
        rail: A column at the left of the chart for features; hidden while empty.
        foot: A column below the chart for features.
        presenter: While there is one, it puts the view model's candles on the chart instead of the panel.
    """

    candles_shown = Signal()
    """Candles, lines and trades of another or the same market were handed to the chart."""
    title_changed = Signal()
    """`dock_title` answers something else."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.link = PanelLink(context.workbench.links, parent=self)
        if context.panel_id not in FIRST_CHART:
            self.link.share_only(POINTER)
        self.link.join(MAIN)
        self.view_model = ChartViewModel(context.workbench, self, self.link, first_series=self._first_series)
        self.chart = ChartWidget()
        self.linked = LinkedView(self.chart, self.link, self)
        self.errors = ErrorStrip()
        self.empty = EmptyState(NOTHING_STORED, icon="chart")
        self.loading = Skeleton()
        self.frames, self.frame = TimeframeRow(self.view_model), TimeframeButton(self.view_model)
        self.link_dot = LinkDot(self.link)
        self.bar = ChartHeader(self.frames, self.frame, self.link_dot)
        self.header, self.rail, self.foot = self.bar.features, QVBoxLayout(), QVBoxLayout()
        self._search: SeriesSearch | None = None
        self.presenter: CandlePresenter | None = None
        self._build()
        self._connect()
        kinds = feature_classes()
        self.features: dict[type[ChartFeature], ChartFeature] = {kind: kind(self) for kind in kinds}
        if "chart.reset" not in context.actions:
            self._declare_actions()
            for kind in kinds:
                context.actions.add(*kind.actions(context))
        context.charts.add(self)
        i18n.retranslate_now_and_later(self._write_texts)
        self.view_model.refresh()

    def _build(self) -> None:
        self._pages = QStackedLayout()
        self._pages.addWidget(self.loading)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.chart)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for row in (self.rail, self.foot):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(theme.step(0.5))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(self.rail)
        middle.addLayout(self._pages, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.errors)
        layout.addLayout(middle, 1)
        layout.addLayout(self.foot)
        if "backtest.run" in self.context.actions and not self.context.charts.all():
            # In reach whichever form is in front; the first chart speaks for all of them.
            self.context.top_bar.add_action("backtest.run")
        self.setFocusProxy(self.chart)

    def feature(self, kind: type[F]) -> F:
        """This panel's instance of a feature."""
        found = self.features[kind]
        if not isinstance(found, kind):
            raise TypeError(f"{kind.__name__} was not made")
        return found

    @property
    def known_until_ms(self) -> int | None:
        """In a replay its moment: values of other sources dated later, or of bars closed later, must not be shown."""
        return None if self.presenter is None else self.presenter.known_until_ms

    def save_state(self) -> dict[str, Any]:
        """What to remember of this chart, as JSON values."""
        states = {feature.key: feature.save_state() for feature in self.features.values() if feature.key}
        features = {key: state for key, state in states.items() if state is not None}
        return {"link": self.link.save(), "view": self.linked.save_view(), "features": features}

    def restore_state(self, state: Any) -> None:
        """Take up what `save_state` gave; what does not fit is passed over."""
        if isinstance(state, dict):
            self.linked.restore_view(state.get("view"))
            self.link.restore(state.get("link"))
        states = state.get("features") if isinstance(state, dict) else None
        if isinstance(states, dict):
            # One that saved nothing goes back to nothing: another workspace may have left something.
            for feature in self.features.values():
                if feature.key:
                    feature.restore_state(states.get(feature.key))

    def copy_state(self) -> dict[str, Any]:
        """What a copy of this chart starts with: the same picture, but free to show another symbol."""
        state = self.save_state()
        return {**state, "link": {**state["link"], "shares": [POINTER]}}

    def dock_title(self) -> str:
        """What the tab says: which series the chart shows."""
        series = self.view_model.series
        return "" if series is None else f"{series.symbol} {series.timeframe}"

    def shut_down(self) -> None:
        """The chart is about to be deleted: what is still being read concerns nobody any more."""
        self.view_model.close()
        self.link.join("")

    def _first_series(self) -> SeriesKey | None:
        """What a new chart shows: a market that no other chart shows, if there is one."""
        return free_series(
            self.context.workbench.series,
            [item.key for item in self.view_model.summaries],
            [panel.link.series for panel in self.context.charts.all() if panel is not self],
        )

    def _connect(self) -> None:
        model = self.view_model
        model.candles_changed.connect(self._show_candles)
        model.loading_started.connect(self._show_page)
        model.lines_changed.connect(self._show_lines)
        model.series_changed.connect(self._show_series)
        model.trade_wanted.connect(self.chart.go_to_trade)
        model.time_wanted.connect(self.chart.go_to_time)
        model.failed.connect(self._show_error)
        self.chart.trade_clicked.connect(model.select_trade)
        self.bar.symbol.clicked.connect(lambda _on=False: self.open_search())
        self.chart.canvas.tools.append(TypingTool(self.open_search))
        self.chart.canvas.installEventFilter(self)

    def _declare_actions(self) -> None:
        charts = self.context.charts

        def on_chart(act: Callable[[ChartPanel], object]) -> Callable[[], None]:
            def run() -> None:
                if charts.current is not None:
                    act(charts.current)

            return run

        self.context.actions.add(
            Action(
                "chart.reset", mark("Reset the view"), on_chart(lambda panel: panel.chart.reset_view()), "chart",
                ("Alt+R",), "fit",
            ),
            Action(
                "chart.show_all", mark("Show all candles"), on_chart(lambda panel: panel.chart.show_all()), "chart",
                ("Alt+A",),
            ),
            Action(
                "chart.zoom_in", mark("Zoom in"), on_chart(lambda panel: panel.chart.zoom_in()), "chart", ("Ctrl+Up",)
            ),
            Action(
                "chart.zoom_out", mark("Zoom out"), on_chart(lambda panel: panel.chart.zoom_out()), "chart",
                ("Ctrl+Down",),
            ),
            Action(
                "chart.symbol", mark("Change the symbol or timeframe of the chart"),
                on_chart(lambda panel: panel.open_search()), "chart", (), "market",
                synonyms=("ticker", "instrument", "interval"),
            ),
            Action(
                "chart.link", mark("Link the chart with others"), on_chart(lambda panel: panel.link_dot.showMenu()),
                "chart", (), "link-variant", synonyms=("group", "sync", "color"),
            ),
        )  # fmt: skip

        self.context.actions.note_keys(
            FixedKey("chart", mark("Change the symbol of the chart"), (mark("Type letters"),)),
            FixedKey("chart", mark("Change the timeframe of the chart"), (mark("Type figures"),)),
        )

    def _show_candles(self) -> None:
        self.errors.clear()
        self._show_page()
        model = self.view_model
        if model.candles is None or not len(model.candles):
            self.chart.set_candles(None)
            return
        if self.presenter is not None:
            self.presenter.show_candles()
            return
        self.linked.keep_moment(model.candles)
        self.chart.set_candles(model.candles)
        self.chart.set_lines(model.lines)
        self.chart.set_trades(model.finished.result.trade_columns if model.finished else None)
        self.candles_shown.emit()

    def _show_lines(self) -> None:
        if self.presenter is not None:
            self.presenter.show_lines()
        else:
            self.chart.set_lines(self.view_model.lines)

    def _show_page(self) -> None:
        """The chart once there are candles; before that a skeleton while some may come, else what to do."""
        model = self.view_model
        if model.candles is not None and len(model.candles):
            self._pages.setCurrentWidget(self.chart)
        elif model.is_loading:
            self._pages.setCurrentWidget(self.loading)
        else:
            self._say_what_is_missing()
            self._pages.setCurrentWidget(self.empty)

    def _say_what_is_missing(self) -> None:
        market = self.context.live.market_of(self.view_model.series)
        if self.view_model.is_missing and market is not None and market.exchange == PRACTICE:
            self.empty.set_texts(NOT_REPLAYED, mark("Practice exchange…"), self.context.live.practice_wanted.emit)
        elif self.view_model.is_missing:
            self.empty.set_texts(MISSING, mark("Choose a symbol"), self.open_search)
        else:
            self.empty.set_texts(NOTHING_STORED, mark("Try it on the practice market"), self._make_practice_market)

    def _make_practice_market(self) -> None:
        self.context.actions.trigger("data.practice_market")

    def _show_error(self, error: BaseException) -> None:
        self._show_page()
        self.errors.show_error(error)

    def _show_series(self) -> None:
        series = self.view_model.series
        if series is None:
            self.bar.set_symbol(tr("Symbol"), tr("Symbol"))
        else:
            self.bar.set_symbol(f"{series.symbol} · {series.source}", series.symbol)
        self.bar.setVisible(bool(self.view_model.summaries) or series is not None)
        self.frames.refresh()
        self.frame.refresh()
        self.bar.arrange()
        self.title_changed.emit()

    def open_search(self, text: str = "") -> None:
        """Let the user find a symbol or a timeframe, beginning with what was typed already."""
        if self._search is None:
            memory = Remembered(self.context.settings, "charts.markets")
            self._search = SeriesSearch(self.view_model, self, self.context.window, memory)
            self.destroyed.connect(self._search.deleteLater)
        self._search.open_with(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A chart that gets the keyboard is the one in use."""
        if event.type() == QEvent.Type.FocusIn:
            self.context.charts.set_current(self)
        return super().eventFilter(watched, event)

    def _write_texts(self) -> None:
        self._show_series()
