"""Run one backtest on stored candles and keep it; reopen a kept one."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.results import BacktestConfig, BacktestResult
from strategy_tester.domain.signals import Signals
from strategy_tester.services import notes
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.load_chart import ChartLine, chart_lines
from strategy_tester.services.market_history import instrument_at
from strategy_tester.services.notes import Note
from strategy_tester.services.ports import CandleStore, HistoryStore, RunDescription, RunStore, RunSummary, SeriesKey
from strategy_tester.version import VERSION


@dataclass(frozen=True, eq=False)
class BacktestRequest:
    """One backtest as the user asks for it. Times are UTC milliseconds; None means 'all there is'.

    `use_instrument` takes steps, minimums and the maintenance margin of the exchange's own listing, as it was at the
    begin of the period, in place of those of `config`.
    """

    series: SeriesKey
    strategy: dict[str, Any]
    config: BacktestConfig
    start_ms: int | None = None
    end_ms: int | None = None
    use_funding: bool = True
    use_instrument: bool = False


@dataclass(frozen=True)
class ConditionHits:
    """How often one condition of the strategy was met: the first thing to look at when there is no trade."""

    place: str
    text: str
    hits: int


@dataclass(frozen=True, eq=False)
class FinishedBacktest:
    """A backtest with everything the panels show of it.

    Attributes:
        request: What was asked.
        candles: What it ran on; empty when a reopened run's candles are no longer stored as they were.
        result: Trades, equity, metrics.
        lines: The strategy's indicators for the chart.
        summary: The stored run, or None when it was not kept.
        duration_ms: Time of signals and engine together.
        gaps: Missing candles inside the period.
        sides: Metrics of all, long and short trades.
        monthly: (year, month, return in percent).
        conditions: How often each condition was met; empty for reopened runs.
        warnings: Facts the reader of the result must know; each one prints as a sentence.
    """

    request: BacktestRequest
    candles: Candles
    result: BacktestResult
    lines: list[ChartLine]
    summary: RunSummary | None
    duration_ms: float
    gaps: int
    sides: dict[str, dict[str, float]]
    monthly: list[tuple[int, int, float]]
    conditions: list[ConditionHits] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)


def backtest_candles(
    strategy: object,
    candles: Candles,
    config: BacktestConfig | None = None,
    *,
    lower_candles: Candles | None = None,
    checkpoint: Checkpoint = no_checkpoint,
) -> BacktestResult:
    """Backtest a strategy on candles at hand and measure it.

    Args:
        strategy: A strategy dict, the path of a strategy file, an object with `.signals(candles)`, or Signals.
        candles: What it trades on.
        config: Account, costs and rules; the defaults when left out.
        lower_candles: The same market in a lower timeframe, for `intrabar="magnifier"`.
        checkpoint: Progress and cancellation.

    Raises:
        InvalidStrategy: the strategy has a fault; the message names the place.
        InvalidParameter: signals and candles differ in length, or a setting is out of bounds.
        MissingCandles: there are no candles.
    """
    from strategy_tester.engine.run import run_signals
    from strategy_tester.metrics.registry import compute_metrics

    name, signals = _signals_of(strategy, candles)
    result = run_signals(
        candles, signals, config or BacktestConfig(), lower_candles=lower_candles, checkpoint=checkpoint
    )
    named = replace(
        result,
        strategy_name=name,
        symbol=candles.symbol,
        timeframe=str(candles.timeframe or ""),
    )
    return replace(named, metrics=compute_metrics(named))


def _signals_of(strategy: object, candles: Candles) -> tuple[str, Signals]:
    from strategy_tester.strategies.coerce import to_signals

    if not len(candles):
        raise MissingCandles("there are no candles to backtest on", hint="Choose a longer period or import data.")
    return to_signals(strategy, candles)


def run_backtest(
    request: BacktestRequest,
    candle_store: CandleStore,
    run_store: RunStore | None = None,
    checkpoint: Checkpoint = no_checkpoint,
    history: HistoryStore | None = None,
) -> FinishedBacktest:
    """Read candles, run the strategy, measure, keep the run.

    Raises:
        MissingCandles: nothing is stored for the series or the period.
        InvalidParameter: the period ends before it starts, or the listing is asked for and not known.
        InvalidStrategy, StorageError: as their names say.
    """
    checkpoint(0, 4, "reading candles")
    candles = read_period(request, candle_store)
    config = replace(_account(request, candles, history), funding=_funding_for(request, candles, candle_store))
    lower = _lower_candles(request, candles, candle_store) if config.intrabar == "magnifier" else None
    checkpoint(1, 4, "running")
    started = time.perf_counter()
    result = backtest_candles(request.strategy, candles, config, lower_candles=lower, checkpoint=checkpoint)
    duration_ms = (time.perf_counter() - started) * 1000.0
    checkpoint(2, 4, "saving")
    summary = run_store.save(describe(request, candles, result), result, duration_ms) if run_store else None
    checkpoint(3, 4, "drawing")
    finished = _finish(request, candles, result, summary, duration_ms)
    return replace(
        finished,
        conditions=condition_hits(request.strategy, candles),
        warnings=warnings_about(candles, config, result, funding_expected=_funding_expected(request)),
    )


def reopen_run(run_id: int, candle_store: CandleStore, run_store: RunStore) -> FinishedBacktest:
    """A kept run as when it was made.

    The trades and equity come from the run; the candles from today's store, and only if they still hash to what
    the run saw. Otherwise the chart stays empty and a warning says why.

    Raises:
        MissingCandles: there is no such run.
    """
    stored = run_store.load(run_id)
    if stored is None:
        raise MissingCandles(f"run {run_id} is not there", hint="Refresh the list of runs.")
    description = stored.summary.description
    request = BacktestRequest(
        description.series,
        description.strategy,
        BacktestConfig.from_dict(description.config),
        description.start_ms,
        description.end_ms,
        description.funding_count > 0,
    )
    warnings: list[Note] = []
    try:
        candles = read_period(request, candle_store)
    except MissingCandles:
        candles = empty_candles(description.series)
        warnings.append(Note(notes.CANDLES_GONE))
    if len(candles) and candles.content_hash() != description.data_hash:
        candles = empty_candles(description.series)
        warnings.append(Note(notes.CANDLES_CHANGED))
    finished = _finish(request, candles, stored.result, stored.summary, stored.summary.duration_ms)
    return replace(finished, warnings=warnings)


def read_period(request: BacktestRequest, candle_store: CandleStore) -> Candles:
    """The candles of the request's series and period.

    Raises:
        InvalidParameter: the period ends before it starts.
        MissingCandles: nothing is stored there.
    """
    start, end = request.start_ms, request.end_ms
    if start is not None and end is not None and start >= end:
        raise InvalidParameter("period", f"{iso_day(start)} … {iso_day(end)}", "a start that lies before the end")
    candles = candle_store.read(request.series, start, end)
    if not len(candles):
        raise MissingCandles(
            f"no candles of {request.series} lie in this period", hint="Choose another period or import more data."
        )
    return candles


def describe(request: BacktestRequest, candles: Candles, result: BacktestResult) -> RunDescription:
    """What makes this run repeatable."""
    return RunDescription(
        strategy_name=result.strategy_name,
        strategy=request.strategy,
        series=request.series,
        start_ms=int(candles.open_time_ms[0]),
        end_ms=int(candles.close_time_ms[-1]),
        config=result.config.to_dict(),
        data_hash=candles.content_hash(),
        engine_version=VERSION,
        funding_count=len(result.config.funding_rates),
    )


def condition_hits(strategy: dict[str, Any], candles: Candles) -> list[ConditionHits]:
    """How often each condition of a strategy file was met on these candles."""
    from strategy_tester.strategies.evaluate import diagnose
    from strategy_tester.strategies.parse import parse_strategy

    counts = diagnose(parse_strategy(strategy), candles)
    return [ConditionHits(count.place, count.text, count.hits) for count in counts]


def empty_candles(series: SeriesKey) -> Candles:
    """No candles, but with their names."""
    import numpy as np

    none = np.empty(0)
    return Candles(
        np.empty(0, np.int64), none, none, none, none, none, None, series.symbol, series.timeframe, series.source
    )


def iso_day(time_ms: int) -> str:
    """2026-11-20 of a UTC moment."""
    import numpy as np

    return str(np.datetime64(time_ms, "ms").astype("datetime64[D]"))


def _finish(
    request: BacktestRequest,
    candles: Candles,
    result: BacktestResult,
    summary: RunSummary | None,
    duration_ms: float,
) -> FinishedBacktest:
    from strategy_tester.marketdata.quality import gaps_of
    from strategy_tester.metrics.registry import metrics_by_side, monthly_returns

    lines = chart_lines(request.strategy, candles) if len(candles) else []
    return FinishedBacktest(
        request,
        candles,
        result,
        lines,
        summary,
        duration_ms,
        gaps=sum(gap.missing for gap in gaps_of(candles)) if len(candles) else 0,
        sides=metrics_by_side(result),
        monthly=monthly_returns(result),
    )


def _account(request: BacktestRequest, candles: Candles, history: HistoryStore | None) -> BacktestConfig:
    """The request's settings, with the exchange's own steps where they are asked for."""
    if not request.use_instrument:
        return request.config
    series = request.series
    first_ms = int(candles.open_time_ms[0])
    found = instrument_at(history, series.symbol, series.source, first_ms) if history is not None else None
    if found is None:
        raise InvalidParameter(
            "instrument", f"{series.symbol} {series.source}", "one whose listing is stored",
            hint="Download the instruments first: bst data instruments",
        )  # fmt: skip
    return request.config.with_instrument(found)


def _funding_for(request: BacktestRequest, candles: Candles, candle_store: CandleStore) -> FundingRates:
    if not request.use_funding:
        return FundingRates.empty()
    series = request.series
    start, end = int(candles.open_time_ms[0]), int(candles.close_time_ms[-1]) + 1
    return candle_store.read_funding(series.symbol, series.source, start, end)


def _lower_candles(request: BacktestRequest, candles: Candles, candle_store: CandleStore) -> Candles | None:
    """The finest stored timeframe of the same market that divides the request's."""
    length = request.series.timeframe.milliseconds
    finer = [
        summary.key
        for summary in candle_store.series()
        if (summary.key.symbol, summary.key.source) == (request.series.symbol, request.series.source)
        and summary.key.timeframe.milliseconds < length
        and length % summary.key.timeframe.milliseconds == 0
    ]
    if not finer:
        return None
    finest = min(finer, key=lambda key: key.timeframe.milliseconds)
    return candle_store.read(finest, int(candles.open_time_ms[0]), int(candles.close_time_ms[-1]))


def _funding_expected(request: BacktestRequest) -> bool:
    return request.use_funding and "spot" not in request.series.source


def warnings_about(
    candles: Candles, config: BacktestConfig, result: BacktestResult, *, funding_expected: bool
) -> list[Note]:
    """What the reader of a result must know.

    Args:
        candles: What it ran on.
        config: What was asked, with the funding that was charged.
        result: What came out.
        funding_expected: Whether this market pays funding and the user wants it charged.
    """
    from strategy_tester.marketdata.quality import gaps_of

    has_trades = len(result.trade_columns) > 0
    counted = (
        (notes.GAPS, sum(gap.missing for gap in gaps_of(candles))),
        (notes.NOT_MAGNIFIED, result.unmagnified_bars),
        (notes.CONFLICTS, result.conflicting_signals),
        (notes.REFUSED, len(result.refusals)),
        (notes.AMBIGUOUS, len(result.ambiguous_bars) if has_trades else 0),
    )
    plain = (
        (notes.NO_FUNDING, funding_expected and not len(config.funding_rates)),
        (notes.NO_TRADE, not has_trades),
    )
    found = [Note(text, count) for text, count in counted if count]
    return found + [Note(text) for text, is_so in plain if is_so]
