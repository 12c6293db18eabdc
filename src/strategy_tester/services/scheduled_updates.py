"""Series that are kept up to date by themselves: which, how often, and doing it.

Nothing here has a clock of its own: whoever runs the program asks from time to time what is due.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from strategy_tester.domain.errors import ExchangeError, InvalidParameter, StrategyTesterError
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.services.coverage_repair import keep_only_latest
from strategy_tester.services.download_all import download_history
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_history import DownloadRequest, SeriesOutcome, WantedSeries, market_of
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import CandleStore, HistoryStore, SeriesKey, SettingsStore

SETTING = "data.pinned"
DEFAULT_MINUTES = 60
_FORM = 1


@dataclass(frozen=True, slots=True)
class PinnedSeries:
    """A series that is kept up to date.

    Attributes:
        key: The series; it must come from an exchange.
        every_minutes: How often.
        updated_ms: When it was last brought up to date, by this machine's clock; 0 for never.
        problem: Why the last try failed; empty when it did not.
        keep_days: Candles older than so many days before the last one are removed after an update; 0 keeps all.
    """

    key: SeriesKey
    every_minutes: int = DEFAULT_MINUTES
    updated_ms: int = 0
    problem: str = ""
    keep_days: int = 0

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time. A clock that was set back makes it due, too."""
        return not 0 <= now_ms - self.updated_ms < self.every_minutes * MINUTE_MS


def pinned(settings: SettingsStore) -> list[PinnedSeries]:
    """Pinned series, in the order they were pinned. What cannot be read is left out."""
    stored: Any = settings.get(SETTING) or {}
    try:
        rows: list[Any] = list(stored["series"])
    except (KeyError, TypeError):
        return []
    found = [_read(row) for row in rows]
    return [one for one in found if one is not None]


def _read(row: Any) -> PinnedSeries | None:
    try:
        key = SeriesKey(str(row["symbol"]), Timeframe.parse(row["timeframe"]), str(row["source"]))
        return PinnedSeries(
            key, max(int(row.get("every_minutes", DEFAULT_MINUTES)), 1), int(row.get("updated_ms", 0)),
            str(row.get("problem", "")), max(int(row.get("keep_days", 0)), 0),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, StrategyTesterError):
        return None


def pin(settings: SettingsStore, key: SeriesKey, every_minutes: int = DEFAULT_MINUTES, keep_days: int = 0) -> None:
    """Keep a series up to date from now on, and no longer than some days if `keep_days` is not 0.

    Raises:
        InvalidParameter: it comes from no exchange, the interval is below one minute, or the days are negative.
    """
    if market_of(key) is None:
        raise InvalidParameter("series", str(key), "one that comes from an exchange")
    if every_minutes < 1:
        raise InvalidParameter("every_minutes", every_minutes, "at least 1")
    if keep_days < 0:
        raise InvalidParameter("keep_days", keep_days, "0 for all, or a number of days")
    known = {one.key: one for one in pinned(settings)}
    known[key] = replace(known.get(key, PinnedSeries(key)), every_minutes=every_minutes, keep_days=keep_days)
    _save(settings, list(known.values()))


def unpin(settings: SettingsStore, key: SeriesKey) -> None:
    """Let a series rest."""
    _save(settings, [one for one in pinned(settings) if one.key != key])


def due(settings: SettingsStore, now_ms: int) -> list[PinnedSeries]:
    """Pinned series whose time has come."""
    return [one for one in pinned(settings) if one.is_due(now_ms)]


def update_series(
    keys: Sequence[SeriesKey],
    sources: Callable[[str], MarketSource],
    candle_store: CandleStore,
    history: HistoryStore,
    checkpoint: Checkpoint = no_checkpoint,
    *,
    practice_port: int | None = None,
) -> list[SeriesOutcome]:
    """Bring stored series from their last candle up to the last closed one, with their funding and margin tiers.

    The last stored candle is asked for again when nobody has compared it with the exchange yet.

    Args:
        keys: The series.
        sources: Gives the exchange by name.
        candle_store: Where the candles are.
        history: Knows what was asked for.
        checkpoint: Progress and cancellation.
        practice_port: Where the practice exchange listens, for series that come from it.

    Returns:
        What came of each; an exchange that cannot be asked is a problem in the outcomes of its series.

    Raises:
        StorageError, JobCancelled: as their names say.
    """
    last = {item.key: item.last_open_ms for item in candle_store.series()}
    groups: dict[str, list[WantedSeries]] = {}
    outcomes: dict[SeriesKey, SeriesOutcome] = {}
    for key in keys:
        found = market_of(key)
        if found is None:
            outcomes[key] = SeriesOutcome(key, problem=f"{key} comes from no exchange that can be asked")
            continue
        wanted = WantedSeries(found[0], key.timeframe, last.get(key), None, found[1])
        groups.setdefault(found[0].exchange, []).append(wanted)
    for exchange, series in groups.items():
        try:
            source = sources(_source_name(exchange, practice_port))
            report = download_history(DownloadRequest(tuple(series)), source, candle_store, history, checkpoint)
            outcomes |= {outcome.key: outcome for outcome in report.series}
        except (ExchangeError, InvalidParameter) as error:
            outcomes |= {one.key: SeriesOutcome(one.key, problem=error.message, hint=error.hint) for one in series}
    return [outcomes[key] for key in keys]


def update_all(
    settings: SettingsStore,
    sources: Callable[[str], MarketSource],
    candle_store: CandleStore,
    history: HistoryStore,
    now_ms: int,
    checkpoint: Checkpoint = no_checkpoint,
    *,
    only_due: bool = True,
) -> list[SeriesOutcome]:
    """Update pinned series and note when that was, and what failed. Same errors as `update_series`."""
    chosen = due(settings, now_ms) if only_due else pinned(settings)
    outcomes = update_series([one.key for one in chosen], sources, candle_store, history, checkpoint)
    problems = {outcome.key: outcome.problem for outcome in outcomes}
    for one in chosen:
        if one.keep_days:
            keep_only_latest(one.key, one.keep_days, candle_store, history)
    # The list may have changed meanwhile: it is read anew.
    _save(
        settings,
        [
            replace(one, updated_ms=now_ms, problem=problems[one.key]) if one.key in problems else one
            for one in pinned(settings)
        ],
    )
    return outcomes


def _source_name(exchange: str, practice_port: int | None) -> str:
    return f"practice:{practice_port or 0}" if exchange == "practice" else exchange


def _save(settings: SettingsStore, series: Sequence[PinnedSeries]) -> None:
    rows = [
        {**{name: value for name, value in asdict(one).items() if name != "key"}, "symbol": one.key.symbol,
         "timeframe": str(one.key.timeframe), "source": one.key.source}
        for one in series
    ]  # fmt: skip
    settings.set(SETTING, {"form": _FORM, "series": rows})
