"""Choosing a symbol or a timeframe by typing on the chart: letters find symbols, figures find timeframes."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui import theme
from strategy_tester.ui.charts.tools import PointerTool
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.chart.view_model import ChartViewModel
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.search.hits import Entry, Hit, best_hits
from strategy_tester.ui.search.overlay import SearchOverlay
from strategy_tester.ui.search.rows import Section

_PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


def matching_timeframes(text: str) -> list[Timeframe]:
    """Timeframes that a text means or may become, the meant one first: `15`, `4h`, `D`, `1M`."""
    word = text.strip()
    if not word:
        return []
    try:
        meant = [Timeframe.parse(word)]
    except InputError:
        meant = []
    if not word[0].isdigit():
        return meant
    return list(dict.fromkeys(meant + [frame for frame in Timeframe if str(frame).startswith(word)]))


class SeriesSearch(SearchOverlay):
    """Symbols and timeframes of one chart, over that chart.

    Args:
        model: The chart's state.
        panel: The chart panel, to stand over.
        window: The window of the program.
        memory: Recent and favourite symbols.
    """

    def __init__(self, model: ChartViewModel, panel: QWidget, window: QWidget, memory: Remembered) -> None:
        self._series, self._panel = model, panel
        super().__init__(window, memory)

    def open_with(self, text: str = "") -> None:
        """Open with what was typed already."""
        self.open()
        self.search.setText(text)

    def placeholder(self) -> str:
        return tr("Symbol or timeframe")

    def sections(self, query: str) -> list[Section]:
        frames = self._timeframe_hits(query)
        symbols = best_hits([self._entry(*market) for market in self._series.markets()], query)
        if query.strip():
            return [Section(tr("Timeframes"), frames), Section(tr("Symbols"), symbols)]
        starred = self.memory.favorites() if self.memory is not None else []
        favourites = [hit for hit in symbols if hit.key in starred]
        others = [hit for hit in symbols if hit.key not in starred]
        return [Section(tr("Favorites"), favourites), Section(tr("Symbols"), others)]

    def _entry(self, symbol: str, source: str) -> Entry:
        frames = [
            str(item.key.timeframe)
            for item in self._series.summaries
            if (item.key.symbol, item.key.source) == (symbol, source)
        ]
        hit = Hit(
            "symbol",
            symbol,
            f"{source} · {' '.join(frames)}",
            "market",
            lambda: self._series.choose_market(symbol, source),
            f"{symbol} {source}",
        )
        return Entry(hit, [(symbol, 1.0), (f"{symbol} {source}", 0.8)])

    def _timeframe_hits(self, query: str) -> list[Hit]:
        model = self._series
        if model.series is None:
            return []
        stored = {key.timeframe for key in model.timeframes()}
        derived = {key.timeframe for key in model.derived()}
        live = {key.timeframe for key in model.live()}
        hits = []
        for place, frame in enumerate(matching_timeframes(query)):
            can_show = frame in stored or frame in derived or frame in live
            if place and not can_show:
                continue  # what was meant is answered; what it might become is not worth a refusal
            hint = tr("no candles") if not can_show else tr("made of finer candles") if frame in derived else ""
            hits.append(
                Hit(
                    "timeframe", str(frame), hint, "clock", lambda frame=frame: model.choose_timeframe(frame),
                    is_enabled=can_show,
                )
            )  # fmt: skip
        return hits

    def _place(self) -> None:
        super()._place()
        width = min(self.width(), theme.step(110))
        corner = self._panel.mapTo(self._window, QPoint(0, 0)) if self._is_over_panel() else QPoint(0, 0)
        room = self._panel.width() if self._is_over_panel() else self._window.width()
        most = max(self._window.width() - width - theme.step(2), 0)
        left = min(max(corner.x() + (room - width) // 2, theme.step(2)), most)
        top = min(max(corner.y() + theme.step(9), theme.step(2)), max(self._window.height() - self.height(), 0))
        self.setGeometry(left, top, width, self.height())

    def _is_over_panel(self) -> bool:
        return self._window.isAncestorOf(self._panel)


class TypingTool(PointerTool):
    """Letters and figures typed on the chart open the search with them.

    Args:
        open_search: Called with the first character.
    """

    def __init__(self, open_search: Callable[[str], object]) -> None:
        self._open_search = open_search

    def key(self, event: QKeyEvent) -> bool:
        text = event.text()
        if len(text) != 1 or not text.isalnum() or event.modifiers() not in _PLAIN:
            return False
        self._open_search(text)
        return True
