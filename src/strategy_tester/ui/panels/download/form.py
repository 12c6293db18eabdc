"""What the user wants to download, and the forecast of what that takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, Timeframe
from strategy_tester.services.coverage import candles_in, stored_runs, to_ask
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_history import DownloadRequest, WantedSeries
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import CandleStore, HistoryKey, HistoryStore
from strategy_tester.ui.i18n import mark
from strategy_tester.ui.panels.download.tasks import PRACTICE, Planned

EXCHANGES = ("bybit", "binance", PRACTICE)
PERIODS = ("year", "all", "dates")
YEAR_MS = 365 * DAY_MS
REQUESTS_A_SECOND = {"bybit": 80.0, "binance": 20.0, PRACTICE: 80.0}
"""What the program allows itself of each exchange's limit; the ports do not tell."""
CANDLES_A_REQUEST = {"bybit": 1000, "binance": 1500, PRACTICE: 1000}
BYTES_A_CANDLE = 20.0
"""Until enough is stored to measure it."""
_FUNDING_A_REQUEST, _INTEREST_A_REQUEST = 200, 200
_MEASURED_FROM = 50_000
_FIRST_LISTING_MS = 1_577_836_800_000
"""2020-01-01: about the oldest contract; for markets whose first candle is not known."""
_SEPARATORS = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class DownloadForm:
    """Everything the dialog asks.

    Attributes:
        exchange: One of EXCHANGES.
        category: The kind of market.
        symbols: In capitals, each once.
        timeframes: At least one, to be useful.
        period: "year", "all" since the listing, or "dates".
        start_ms: First day of "dates", UTC milliseconds.
        end_ms: End of "dates", excluded; None for now.
        funding: Also funding rates.
        mark_price: Also candles of the mark price.
        open_interest: Also open interest.
        rules: Also today's listings and margin tiers.
        top: How many symbols "top by turnover" takes.
    """

    exchange: str = "bybit"
    category: Category = Category.LINEAR
    symbols: tuple[str, ...] = ("BTCUSDT",)
    timeframes: tuple[Timeframe, ...] = (Timeframe.H1,)
    period: str = "year"
    start_ms: int | None = None
    end_ms: int | None = None
    funding: bool = True
    mark_price: bool = False
    open_interest: bool = False
    rules: bool = True
    top: int = 20

    @property
    def source(self) -> str:
        """Under which source the listings of this category are stored."""
        return Market(self.exchange, self.category, "").source


def symbols_of(text: str) -> tuple[str, ...]:
    """Symbols in a typed or pasted text, in capitals, each once."""
    words = (word.strip("\"'").upper() for word in _SEPARATORS.split(text))
    return tuple(dict.fromkeys(word for word in words if word))


def planned_series(form: DownloadForm, now_ms: int) -> list[Planned]:
    """One task per series, market after market. What belongs to a market goes with the first of its series."""
    start_ms, end_ms = _bounds(form, now_ms)
    is_spot = form.category is Category.SPOT
    kinds = (PriceKind.LAST, PriceKind.MARK) if form.mark_price and not is_spot else (PriceKind.LAST,)
    planned: list[Planned] = []
    for symbol in form.symbols:
        market = Market(form.exchange, form.category, symbol)
        for place, (frame, kind) in enumerate((frame, kind) for frame in form.timeframes for kind in kinds):
            is_first = place == 0 and not is_spot
            request = DownloadRequest(
                (WantedSeries(market, frame, start_ms, end_ms, kind),),
                funding=is_first and form.funding,
                open_interest=is_first and form.open_interest,
                tiers=is_first and form.rules,
            )
            planned.append(Planned(request, with_rules=form.rules and not planned))
    return planned


def _bounds(form: DownloadForm, now_ms: int) -> tuple[int | None, int | None]:
    if form.period == "all":
        return None, None
    if form.period == "dates":
        return form.start_ms, form.end_ms
    # On the day, so that a download that goes on tomorrow is known to be the same.
    return (now_ms - YEAR_MS) // DAY_MS * DAY_MS, None


def problem_of(form: DownloadForm) -> str:
    """Why this cannot be downloaded, as an English sentence to be translated; empty when it can."""
    if not form.symbols:
        return mark("Choose at least one symbol.")
    if not form.timeframes:
        return mark("Choose at least one timeframe.")
    if form.period == "dates" and form.start_ms is not None and form.end_ms is not None:
        return "" if form.start_ms < form.end_ms else mark("The period ends before it begins.")
    return ""


@dataclass(frozen=True)
class Forecast:
    """What a download takes.

    Attributes:
        series: Series that lack something.
        candles: Candles to come.
        requests: Requests to the exchange.
        seconds: At the exchange's limit; a slow line takes longer.
        bytes: On the disk.
        is_rough: Whether some market's first candle is not known.
    """

    series: int
    candles: int
    requests: int
    seconds: float
    bytes: float
    is_rough: bool = False


def forecast(
    planned: Sequence[Planned],
    candle_store: CandleStore,
    history: HistoryStore,
    now_ms: int,
    checkpoint: Checkpoint = no_checkpoint,
) -> Forecast:
    """Count what is missing of planned downloads; asks the stores only."""
    stored = {item.key: item for item in candle_store.series()}
    found = Forecast(0, 0, 0, 0.0, 0.0)
    for done, one in enumerate(planned):
        checkpoint(done, len(planned))
        wanted = one.wanted
        row = history.listing(wanted.market.symbol, wanted.market.source)
        launch_ms = row.listing.launch_ms if row is not None else 0
        begin = max(wanted.start_ms or 0, launch_ms)
        is_rough = begin == 0
        span = begin or _FIRST_LISTING_MS, min(wanted.end_ms or now_ms, now_ms)
        runs = stored_runs(history, wanted.key, stored.get(wanted.key))
        todo = to_ask(span, runs, history.covered(HistoryKey.of(wanted.key))) if span[0] < span[1] else []
        candles = sum(candles_in(wanted.timeframe, *part) for part in todo)
        page = CANDLES_A_REQUEST.get(wanted.market.exchange, 1000)
        requests = sum(-(-candles_in(wanted.timeframe, *part) // page) for part in todo) + _extra(one, span)
        found = replace(
            found,
            series=found.series + bool(candles), candles=found.candles + candles, requests=found.requests + requests,
            seconds=found.seconds + requests / REQUESTS_A_SECOND.get(wanted.market.exchange, 20.0),
            is_rough=found.is_rough or is_rough,
        )  # fmt: skip
    return replace(found, bytes=found.candles * _bytes_a_candle(candle_store, history))


def _extra(planned: Planned, span: tuple[int, int]) -> int:
    """Requests for what is dated beside candles."""
    hours = max(span[1] - span[0], 0) // HOUR_MS
    requests = int(planned.request.tiers) + int(planned.with_rules)
    if planned.request.funding:
        requests += hours // 8 // _FUNDING_A_REQUEST + 1
    if planned.request.open_interest:
        requests += hours // _INTEREST_A_REQUEST + 1
    return requests


def _bytes_a_candle(candle_store: CandleStore, history: HistoryStore) -> float:
    candles = sum(item.candles for item in candle_store.series())
    if candles < _MEASURED_FROM:
        return BYTES_A_CANDLE
    return sum(history.stored_bytes().values()) / candles


def form_to_json(form: DownloadForm) -> dict[str, Any]:
    """The form as a JSON object."""
    return {
        "exchange": form.exchange, "category": form.category.value, "symbols": list(form.symbols),
        "timeframes": [str(frame) for frame in form.timeframes], "period": form.period, "start_ms": form.start_ms,
        "end_ms": form.end_ms, "funding": form.funding, "mark_price": form.mark_price,
        "open_interest": form.open_interest, "rules": form.rules, "top": form.top,
    }  # fmt: skip


def form_from_json(saved: object) -> DownloadForm:
    """The form of a JSON object; what cannot be read is as at the first start."""
    form = DownloadForm()
    if not isinstance(saved, dict):
        return form
    for name, read in _READERS.items():
        try:
            form = replace(form, **{name: read(saved[name])})
        except (KeyError, TypeError, ValueError, StrategyTesterError):
            continue
    return form


def _one_of(choices: Sequence[str], value: Any) -> str:
    if value not in choices:
        raise ValueError(value)
    return value


def _moment(value: Any) -> int | None:
    return None if value is None else int(value)


_READERS = {
    "exchange": lambda value: _one_of(EXCHANGES, value),
    "category": Category,
    "symbols": lambda value: tuple(str(symbol) for symbol in value),
    "timeframes": lambda value: tuple(Timeframe.parse(frame) for frame in value),
    "period": lambda value: _one_of(PERIODS, value),
    "start_ms": _moment,
    "end_ms": _moment,
    "funding": bool,
    "mark_price": bool,
    "open_interest": bool,
    "rules": bool,
    "top": lambda value: min(max(int(value), 1), 500),
}
