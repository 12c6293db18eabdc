"""Where the quick search finds things: stored series, runs, panels, settings, fields of forms, indicators, commands."""

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from strategy_tester.services import data_catalog
from strategy_tester.services.chart_indicators import IndicatorEntry, indicator_entries
from strategy_tester.services.ports import RunSummary, SeriesKey, SeriesSummary
from strategy_tester.services.run_backtest import reopen_run
from strategy_tester.ui import i18n, numbers
from strategy_tester.ui.command_palette import find_hits, hit_of
from strategy_tester.ui.forms.parameter_form import ParameterForm
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.indicators_words import SYNONYMS as WORDS_OF_INDICATORS
from strategy_tester.ui.panels.registry import PanelFactory
from strategy_tester.ui.search.hits import Entry, Hit, best_hits
from strategy_tester.ui.search.matching import Texts
from strategy_tester.ui.search.synonyms import synonyms_of
from strategy_tester.ui.view_context import ViewContext

logger = logging.getLogger(__name__)
_MOST_RUNS = 2000


class LoadedProvider(QObject):
    """Things that a job reads from a store; kept until somebody says that they changed.

    Args:
        context: For its jobs.
        title: What the jobs panel shows meanwhile, in English.
        read: Called on a worker thread.
        entry_of: Makes a hit of one thing; called on the UI thread, again when the language changes.
    """

    def __init__(
        self,
        context: ViewContext,
        title: str,
        read: Callable[[], list[Any]],
        entry_of: Callable[[Any], Entry],
    ) -> None:
        super().__init__(context.window)
        self._context, self._title, self._read, self._entry_of = context, title, read, entry_of
        self._things: list[Any] = []
        self._entries: list[Entry] | None = None
        self._is_fresh = False
        i18n.language_changed.connect(self._language_changed)

    def forget(self) -> None:
        """What is stored changed: read it again at the next search."""
        self._is_fresh = False

    def find(self, text: str) -> list[Hit]:
        """Hits among what was read last."""
        if self._entries is None:
            self._entries = [self._entry_of(thing) for thing in self._things]
        return best_hits(self._entries, text)

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Read in a job unless what is here is fresh."""
        if self._is_fresh:
            return
        self._is_fresh = True

        def take(things: list[Any]) -> None:
            self._things, self._entries = things, None
            found_more()

        def fail(error: BaseException) -> None:
            self._is_fresh = False
            logger.warning("%s failed: %s", self._title, error)

        self._context.jobs.start(
            tr(self._title),
            lambda _checkpoint: self._read(),
            on_done=take,
            on_failed=fail,
            on_cancelled=self.forget,
            group=f"search:{self._title}",
            is_quiet=True,
        )

    def _language_changed(self) -> None:
        self._entries = None


class PanelsProvider:
    """Panels of the window."""

    def __init__(self, context: ViewContext, panels: Callable[[], list[PanelFactory]]) -> None:
        self._context, self._panels = context, panels

    def find(self, text: str) -> list[Hit]:
        """Panels by title and by the words of other programs."""
        actions = self._context.actions
        entries = [
            Entry(_panel_hit(self._context, panel), _both(panel.title, synonyms_of(f"panel.{panel.id}")))
            for panel in self._panels()
            if f"panel.{panel.id}" in actions
        ]
        return best_hits(entries, text)

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Panels are known."""


class FieldsProvider:
    """Every field of every form: fees, capital, periods, stops. Choosing one puts the cursor into it."""

    def __init__(self, context: ViewContext) -> None:
        self._context = context

    def find(self, text: str) -> list[Hit]:
        """Fields by label, in both languages."""
        entries = [entry for panel_id in self._context.docks.panel_ids() for entry in self._entries(panel_id)]
        return best_hits(entries, text)

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Forms are on screen."""

    def _entries(self, panel_id: str) -> list[Entry]:
        content = self._context.docks.content(panel_id)
        action_id = f"panel.{panel_id}"
        hint = self._context.actions.listed_title(action_id) if action_id in self._context.actions else ""
        entries: list[Entry] = []
        for form in content.findChildren(ParameterForm):
            for place in form.places():
                field = form.field(place)
                label, name = field.parameter.label, field.parameter.name
                synonyms = synonyms_of(f"field.{name}") or synonyms_of(f"field.{place}")
                go = _to_field(self._context, panel_id, field)
                hit = Hit("field", field.accessibleName() or tr(label), hint, "edit", go, f"{panel_id}.{place}")
                entries.append(Entry(hit, [*_both(label, synonyms), (hit.title, 1.0)]))
        return entries


class SettingsProvider:
    """Every entry of the settings dialog."""

    def __init__(self, context: ViewContext, open_at: Callable[[str], object]) -> None:
        self._context, self._open_at = context, open_at

    def find(self, text: str) -> list[Hit]:
        """Entries by title and synonyms."""
        entries = [
            Entry(
                Hit("setting", tr(entry.title), tr("Settings"), "settings", _call(self._open_at, entry.id), entry.id),
                entry.texts(),
            )
            for entry in self._context.preferences.all()
        ]
        return best_hits(entries, text)

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Entries are known."""


class CommandsProvider:
    """The commands of the palette, for those who type them here; panels are found as panels."""

    def __init__(self, context: ViewContext) -> None:
        self._context = context

    def find(self, text: str) -> list[Hit]:
        """Commands as the palette finds them."""
        return [hit for hit in find_hits(self._context.actions, text) if not hit.id.startswith("panel.")]

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Whether a command is possible may have changed."""
        self._context.actions.refresh()


def series_provider(context: ViewContext) -> LoadedProvider:
    """Stored series; choosing one selects it and shows the chart."""
    store = context.services.candles

    def choose(key: SeriesKey) -> None:
        context.workbench.select_series(key)
        context.workbench.panel_wanted.emit("chart")

    def entry_of(summary: SeriesSummary) -> Entry:
        key = summary.key
        title = f"{key.symbol} · {key.timeframe}"
        first, last = (numbers.format_date(moment) for moment in (summary.first_open_ms, summary.last_open_ms))
        hit = Hit("symbol", title, f"{key.source} · {first} – {last}", "market", _call(choose, key), str(key))
        # "btc 1h" and "BTC/USDT" are how other programs write it.
        base = key.symbol.removesuffix("USDT")
        other = f"{base}/USDT {key.timeframe}" if base != key.symbol else title
        return Entry(hit, [(title.replace("· ", ""), 1.0), (other, 0.9), (f"{key.symbol} {key.source}", 0.7)])

    provider = LoadedProvider(
        context, mark("Reading the list of data"), lambda: data_catalog.list_series(store), entry_of
    )
    context.workbench.data_changed.connect(provider.forget)
    return provider


def runs_provider(context: ViewContext) -> LoadedProvider:
    """Runs of the history; choosing one reopens it."""
    services = context.services

    def reopen(run_id: int) -> None:
        context.jobs.start(
            tr("Opening run {number}", number=run_id),
            lambda _checkpoint: reopen_run(run_id, services.candles, services.runs),
            on_done=context.workbench.show_backtest,
            group="reopen",
        )

    def entry_of(run: RunSummary) -> Entry:
        about = run.description
        title = tr("Run {number}", number=run.run_id)
        market = f"{about.series.symbol} {about.series.timeframe}"
        net = numbers.format_money(run.metrics.get("net_profit"), "USDT", sign=True)
        hint = f"{about.strategy_name} · {market} · {net} · {numbers.format_time(run.created_at_ms)}"
        hit = Hit("run", title, hint, "runs", _call(reopen, run.run_id), str(run.run_id))
        words = f"{about.strategy_name} {market}"
        return Entry(hit, [*_both("Run {number}", (), number=run.run_id), (words, 0.8), (run.label, 0.8)])

    provider = LoadedProvider(context, mark("Reading the runs"), lambda: services.runs.list()[:_MOST_RUNS], entry_of)
    context.workbench.runs_changed.connect(provider.forget)
    return provider


def indicators_provider(context: ViewContext) -> LoadedProvider:
    """Indicators of the registry; choosing one puts it on the chart used last."""

    def entry_of(entry: IndicatorEntry) -> Entry:
        title = tr(entry.title)
        hit = Hit("indicator", entry.name, title, "indicator", _call(add_indicator, context, entry), entry.name)
        words = (*entry.aliases, *WORDS_OF_INDICATORS.get(entry.name, ()))
        return Entry(hit, [(entry.name, 1.0), *_both(entry.title, words)])

    return LoadedProvider(context, mark("Reading the list of indicators"), lambda: list(indicator_entries()), entry_of)


def add_indicator(context: ViewContext, entry: IndicatorEntry) -> None:
    """Put an indicator on the chart used last, with its usual settings."""
    from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature

    panel = context.charts.current
    if panel is None:
        context.workbench.panel_wanted.emit("chart")
        return
    context.docks.show(panel.context.panel_id)
    panel.feature(IndicatorsFeature).add(entry)


def _panel_hit(context: ViewContext, panel: PanelFactory) -> Hit:
    actions = context.actions
    hit = hit_of(actions, actions.action(f"panel.{panel.id}"))
    return Hit("panel", tr(panel.title), "", panel.icon, hit.run, panel.id, hit.keys)


def _to_field(context: ViewContext, panel_id: str, field: QWidget) -> Callable[[], None]:
    def go() -> None:
        context.docks.show(panel_id)
        field.setFocus()

    return go


def _both(english: str, synonyms: tuple[str, ...], **values: object) -> Texts:
    titles = [(i18n.translate(english, code, **values), 1.0) for code in i18n.LANGUAGES]
    return titles + [(word, 0.9) for word in synonyms]


def _call(function: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: function(*arguments)
