"""`bst backtest`: a strategy on a file, or on stored candles (and then the run is kept)."""

import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strategy_tester.cli import common, output
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.results import CONFIG_PARAMETERS, BacktestConfig, BacktestResult

if TYPE_CHECKING:
    from strategy_tester.domain.candles import Candles
    from strategy_tester.services.notes import Note
    from strategy_tester.services.run_backtest import ConditionHits

SUMMARY = (
    "final_capital", "total_return_pct", "buy_and_hold_return_pct", "total_trades", "win_rate_pct", "profit_factor",
    "max_drawdown_pct", "sharpe_ratio", "sortino_ratio", "total_commission", "total_funding", "exposure_pct",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Answer:
    """What a backtest gave, wherever its candles came from."""

    result: BacktestResult
    run_id: int | None = None
    warnings: "list[Note]" = field(default_factory=list)
    conditions: "list[ConditionHits]" = field(default_factory=list)


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options; those of the account come from the same declarations as the window's form."""
    parser.add_argument("--strategy", required=True, help="a ready strategy's key, a stored strategy's name, or a file")
    parser.add_argument("--data", type=Path, metavar="FILE", help="candles from a file instead of the database")
    parser.add_argument("--lower-data", type=Path, metavar="FILE", help="finer candles for --intrabar magnifier")
    parser.add_argument("--funding", type=Path, metavar="FILE", help="funding rates from a file")
    common.add_series(parser, required=False)
    parser.add_argument("--start", metavar="DAY", help="first day, UTC")
    parser.add_argument("--end", metavar="DAY", help="end, UTC, excluded")
    parser.add_argument("--no-funding", action="store_true", help="do not charge stored funding rates")
    parser.add_argument(
        "--instrument", action="store_true",
        help="steps, minimums and maintenance margin of the exchange's own stored listing",
    )  # fmt: skip
    parser.add_argument("--no-keep", action="store_true", help="do not keep the run")
    account = parser.add_argument_group("account, costs and rules")
    for parameter in CONFIG_PARAMETERS:
        flag = "--" + parameter.name.replace("_", "-")
        if parameter.type == "bool":
            account.add_argument(flag, action="store_true", help=parameter.help)
        elif parameter.type == "choice":
            account.add_argument(flag, choices=parameter.choices, default=parameter.default, help=parameter.help)
        else:
            account.add_argument(flag, type=float, default=parameter.default, help=parameter.help)
    parser.add_argument("--trades-csv", "--csv", type=Path, metavar="FILE", help="write the trades")
    parser.add_argument("--equity-csv", type=Path, metavar="FILE", help="write the equity curve")
    parser.add_argument("--separator", choices=("comma", "semicolon"), default="comma")
    common.add_data_folder(parser)
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Backtest, then print and write."""
    started = time.perf_counter()
    if options.instrument and options.data is not None:
        raise InvalidParameter("--instrument", True, "with stored candles: a file has no listing")
    config = BacktestConfig(**{parameter.name: getattr(options, parameter.name) for parameter in CONFIG_PARAMETERS})
    answer = _on_file(options, config) if options.data is not None else _on_stored(options, config)
    _write(options, answer.result)
    _print(options, answer, (time.perf_counter() - started) * 1000.0)
    return 0


def _on_file(options: Namespace, config: BacktestConfig) -> Answer:
    from dataclasses import replace

    from strategy_tester.api import backtest, read_candles
    from strategy_tester.services.run_backtest import condition_hits, warnings_about

    strategy = _strategy_for_file(options)
    candles = read_candles(options.data, symbol=options.symbol, timeframe=options.timeframe, source=options.source)
    candles = _period(candles, options)
    lower = read_candles(options.lower_data) if options.lower_data else None
    if options.funding is not None:
        from strategy_tester.services.import_funding import preview_funding

        config = replace(config, funding=preview_funding(options.funding).funding)
    result = backtest(strategy, candles, config, lower_candles=lower)
    warnings = warnings_about(candles, config, result, funding_expected=not options.no_funding)
    return Answer(result, None, warnings, condition_hits(strategy, candles))


def _period(candles: "Candles", options: Namespace) -> "Candles":
    start, end = common.moment(options.start, "--start"), common.moment(options.end, "--end")
    if start is not None and end is not None and start >= end:
        raise InvalidParameter("period", f"{options.start} ... {options.end}", "a start that lies before the end")
    return candles.between(start, end)


def _on_stored(options: Namespace, config: BacktestConfig) -> Answer:
    from strategy_tester.services.edit_strategies import find_strategy
    from strategy_tester.services.run_backtest import BacktestRequest, run_backtest

    if not (options.symbol and options.timeframe):
        raise InvalidParameter("data", None, "--data FILE, or --symbol and --timeframe of stored candles")
    with common.opened(options.data_dir) as program, output.progress("backtest") as checkpoint:
        services = program.services
        request = BacktestRequest(
            common.find_series(services.candles, options.symbol, options.timeframe, options.source),
            find_strategy(options.strategy, services.strategies),
            config,
            common.moment(options.start, "--start"),
            common.moment(options.end, "--end"),
            not options.no_funding,
            options.instrument,
        )
        runs = None if options.no_keep else services.runs
        finished = run_backtest(request, services.candles, runs, checkpoint, services.history)
    run_id = finished.summary.run_id if finished.summary else None
    return Answer(finished.result, run_id, finished.warnings, finished.conditions)


def _strategy_for_file(options: Namespace) -> dict[str, Any]:
    """A file or a ready strategy needs no database, which another window may have open; an own one does."""
    from strategy_tester.services.edit_strategies import find_strategy

    try:
        return find_strategy(options.strategy)
    except InvalidParameter:
        with common.opened(options.data_dir) as program:
            return find_strategy(options.strategy, program.services.strategies)


def _write(options: Namespace, result: BacktestResult) -> None:
    from strategy_tester.reports import csv_file

    if options.trades_csv:
        csv_file.write_trades(options.trades_csv, result, separator=options.separator)
    if options.equity_csv:
        csv_file.write_equity(options.equity_csv, result, separator=options.separator)


def _print(options: Namespace, answer: Answer, elapsed_ms: float) -> None:
    result = answer.result
    if options.json:
        output.print_json(
            {"strategy": result.strategy_name, "symbol": result.symbol, "timeframe": result.timeframe,
             "run_id": answer.run_id, "bars": len(result.open_time_ms), "metrics": result.metrics,
             "warnings": [str(note) for note in answer.warnings],
             "conditions": [asdict(condition) for condition in answer.conditions]}
        )  # fmt: skip
        return
    print_summary(result, answer.run_id)
    if not len(result.trade_columns):
        _explain(answer.conditions)
    for warning in answer.warnings:
        print(f"note: {warning}", file=sys.stderr)
    print(f"{elapsed_ms:.0f} ms", file=sys.stderr)


def _explain(conditions: "list[ConditionHits]") -> None:
    """Why there was no trade: how often each condition was met."""
    print()
    output.print_table(
        ["condition", "met on bars", "place"], [[item.text, item.hits, item.place] for item in conditions]
    )


def print_summary(result: BacktestResult, run_id: int | None) -> None:
    """The first numbers of a backtest, for people."""
    bars = len(result.open_time_ms)
    first, last = (output.iso(int(moment)) for moment in result.open_time_ms[[0, -1]])
    kept = f", kept as run {run_id}" if run_id is not None else ""
    print(f"{result.strategy_name} on {result.symbol} {result.timeframe}, {bars} bars, {first} ... {last}{kept}")
    units = {info.name: info.unit for info in _infos()}
    output.print_table(
        ["metric", "value", "unit"],
        [
            [name, output.count_or_measure(result.metrics[name], units.get(name, "")), units.get(name, "")]
            for name in SUMMARY
            if name in result.metrics
        ],
    )


def _infos() -> Any:
    from strategy_tester.services.metric_catalog import metric_infos

    return metric_infos()
