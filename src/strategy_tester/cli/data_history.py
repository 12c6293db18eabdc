"""`bst data download|update|coverage|repair|instruments`: candles and what belongs to them, from an exchange."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from strategy_tester.cli import common, output
from strategy_tester.cli.exit_codes import EXIT_EXCHANGE
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.timeframes import Timeframe

if TYPE_CHECKING:
    from strategy_tester.composition import Assembled
    from strategy_tester.domain.market_events import Market
    from strategy_tester.services.market_source import MarketSource
    from strategy_tester.services.ports import SeriesKey

_EXCHANGES = ("bybit", "bybit-testnet", "binance", "practice")
_CATEGORIES = ("linear", "inverse", "spot")


def add_verbs(verbs: Any) -> None:
    """Declare the sub-commands."""
    _add_download(_verb(verbs, "download", "candles, funding and margin tiers of symbols", _download))
    _add_update(_verb(verbs, "update", "bring stored series up to now", _update))
    coverage = _verb(verbs, "coverage", "what is there of a series, what is missing, how good it is", _coverage)
    common.add_series(coverage, required=False)
    coverage.add_argument("--quality", action="store_true", help="also look at every candle and give points")
    repair = _verb(verbs, "repair", "refill holes and compare samples with the exchange", _repair)
    common.add_series(repair, required=True)
    repair.add_argument("--samples", type=int, default=10, help="stretches of 200 candles to compare (default: 10)")
    _add_port(repair)
    instruments = _verb(verbs, "instruments", "what is listed: steps, limits, dates; changes are kept", _instruments)
    instruments.add_argument("symbols", nargs="*", metavar="SYMBOL", help="show only these")
    instruments.add_argument("--stored", action="store_true", help="show what is stored, ask nobody")
    _add_place(instruments)


def _verb(verbs: Any, name: str, words: str, work: Callable[[Namespace, "Assembled"], int]) -> ArgumentParser:
    verb: ArgumentParser = verbs.add_parser(name, help=words, description=words.capitalize() + ".")
    common.add_data_folder(verb)
    common.add_json(verb)

    def run(options: Namespace) -> int:
        with common.opened(options.data_dir) as program:
            return work(options, program)

    verb.set_defaults(run=run)
    return verb


def _add_download(verb: ArgumentParser) -> None:
    verb.add_argument("symbols", nargs="+", metavar="SYMBOL", help="such as BTCUSDT")
    verb.add_argument(
        "--timeframe", action="append", metavar="LENGTH", help="1m 3m ... 1M; may be given several times (default: 1m)"
    )
    verb.add_argument("--from", dest="start", metavar="DAY", help="from here on, UTC (default: the very first candle)")
    verb.add_argument("--to", dest="end", metavar="DAY", help="up to here, excluded (default: the last closed candle)")
    verb.add_argument("--price", choices=("last", "mark", "index"), action="append", help="which price (default: last)")
    verb.add_argument("--no-funding", action="store_true", help="leave funding rates out")
    verb.add_argument("--open-interest", action="store_true", help="hourly open interest, too")
    _add_place(verb)


def _add_update(verb: ArgumentParser) -> None:
    verb.add_argument("--symbol", action="append", default=[], help="only this symbol; may be given several times")
    verb.add_argument("--pinned", action="store_true", help="only the series pinned in the window that are due")
    _add_port(verb)


def _add_place(verb: ArgumentParser) -> None:
    verb.add_argument("--exchange", choices=_EXCHANGES, default="bybit", help="whom to ask (default: bybit)")
    verb.add_argument("--category", choices=_CATEGORIES, default="linear", help="kind of market (default: linear)")
    _add_port(verb)


def _add_port(verb: ArgumentParser) -> None:
    verb.add_argument("--port", type=int, metavar="N", help="where the practice exchange listens")


def _source(options: Namespace, program: "Assembled", exchange: str) -> "MarketSource":
    if exchange == "practice":
        if options.port is None:
            raise InvalidParameter("port", None, "--port N, as `bst exchange serve` tells it")
        exchange = f"practice:{options.port}"
    return program.services.sources(exchange)


def _market(options: Namespace, symbol: str) -> "Market":
    from strategy_tester.domain.market_events import Category, Market

    return Market(options.exchange, Category(options.category), symbol.strip().upper())


def _download(options: Namespace, program: "Assembled") -> int:
    from strategy_tester.services.download_all import download_history
    from strategy_tester.services.market_history import DownloadRequest, wanted_series
    from strategy_tester.services.market_source import PriceKind

    frames = [Timeframe.parse(text) for text in options.timeframe or ["1m"]]
    series = wanted_series(
        [_market(options, symbol) for symbol in options.symbols], frames,
        common.moment(options.start, "--from"), common.moment(options.end, "--to"),
        [PriceKind(text) for text in options.price or ["last"]],
    )  # fmt: skip
    request = DownloadRequest(series, funding=not options.no_funding, open_interest=options.open_interest)
    services = program.services
    with output.progress("download") as checkpoint:
        source = _source(options, program, options.exchange)
        report = download_history(request, source, services.candles, services.history, checkpoint)
    rows = [_outcome_row(outcome) for outcome in report.series]
    if options.json:
        output.print_json(
            {"series": rows, "settlements": report.settlements, "open_interest": report.values,
             "risk_tiers": report.tiers, "seconds": round(report.seconds, 3), "problems": list(report.problems)}
        )  # fmt: skip
    else:
        _print_outcomes(rows)
        rate = report.added / max(report.seconds, 1e-9)
        print(
            f"{report.settlements} funding settlements and {report.added} candles are new;"
            f" {report.seconds:.1f} s, {rate:.0f} candles a second"
        )
    told = [(outcome.problem, outcome.hint) for outcome in report.series]
    return _told_problems([*told, *((problem, "") for problem in report.problems)])


def _update(options: Namespace, program: "Assembled") -> int:
    import time

    from strategy_tester.services.market_history import market_of
    from strategy_tester.services.scheduled_updates import update_all, update_series

    services = program.services
    with output.progress("update") as checkpoint:
        if options.pinned:
            outcomes = update_all(
                services.settings, services.sources, services.candles, services.history,
                round(time.time() * 1000), checkpoint,
            )  # fmt: skip
        else:
            keys = [
                item.key
                for item in services.candles.series()
                if market_of(item.key) is not None and (not options.symbol or item.key.symbol in options.symbol)
            ]
            outcomes = update_series(
                keys, services.sources, services.candles, services.history, checkpoint, practice_port=options.port
            )
    rows = [_outcome_row(outcome) for outcome in outcomes]
    if options.json:
        output.print_json(rows)
    elif rows:
        _print_outcomes(rows)
    else:
        print("Nothing to update. Download candles: bst data download SYMBOL")
    return _told_problems([(outcome.problem, outcome.hint) for outcome in outcomes])


def _coverage(options: Namespace, program: "Assembled") -> int:
    from strategy_tester.services.coverage import coverage
    from strategy_tester.services.coverage_repair import stored_series

    services = program.services
    found = []
    for item in stored_series(services.candles, services.history):
        if not _is_meant(options, item.key):
            continue
        parts = coverage(services.candles, services.history, item.key)
        row = {
            "symbol": item.key.symbol, "timeframe": str(item.key.timeframe), "source": item.key.source,
            "candles": item.candles, "bytes": item.bytes_on_disk,
            "parts": [
                {"state": part.state.value, "first": output.iso(part.start_ms), "end": output.iso(part.end_ms),
                 "candles": part.candles}
                for part in parts
            ],
        }  # fmt: skip
        found.append(row | (_quality(program, item.key) if options.quality else {}))
    if options.json:
        output.print_json(found)
    elif found:
        _print_coverage(found)
    else:
        print("Nothing is stored of that. Download candles: bst data download SYMBOL")
    return 0


def _is_meant(options: Namespace, key: "SeriesKey") -> bool:
    frame = Timeframe.parse(options.timeframe) if options.timeframe else None
    return (
        options.symbol in {None, key.symbol} and frame in {None, key.timeframe} and options.source in {None, key.source}
    )


def _quality(program: "Assembled", key: "SeriesKey") -> dict[str, Any]:
    from strategy_tester.services.coverage_quality import series_quality

    quality = series_quality(program.services.candles, program.services.history, key)
    return {"quality": quality.score, "findings": [str(part.note) for part in quality.parts]}


def _print_coverage(found: Sequence[dict[str, Any]]) -> None:
    rows = [
        [row["symbol"], row["timeframe"], row["source"], part["state"], part["first"], part["end"], part["candles"]]
        for row in found
        for part in row["parts"]
    ]
    output.print_table(["symbol", "timeframe", "source", "state", "from", "to", "candles"], rows)
    for row in found:
        name = f"{row['symbol']} {row['timeframe']} {row['source']}"
        quality = f", quality {row['quality']:g} of 100" if "quality" in row else ""
        print(f"{name}: {row['candles']} candles, about {row['bytes'] / 1e6:.2f} MB{quality}")
        for sentence in row.get("findings", ()):
            print(f"  {sentence}")


def _repair(options: Namespace, program: "Assembled") -> int:
    from strategy_tester.services.coverage_repair import repair_series
    from strategy_tester.services.market_history import market_of

    services = program.services
    key = common.find_series(services.candles, options.symbol, options.timeframe, options.source)
    found = market_of(key)
    if found is None:
        raise InvalidParameter("series", str(key), "one that was downloaded from an exchange")
    with output.progress("repair") as checkpoint:
        report = repair_series(
            key, _source(options, program, found[0].exchange), services.candles, services.history, checkpoint,
            sample_pages=max(options.samples, 0),
        )  # fmt: skip
    row = {"series": str(key), "refilled": report.refilled, "exchange_has_none": report.none,
           "compared": report.compared, "mended": report.mended, "vanished": report.vanished,
           "failed": report.failed}  # fmt: skip
    if options.json:
        output.print_json(row)
    else:
        output.print_table(list(row), [list(row.values())])
    return _told_problems([(report.problem, "")])


def _instruments(options: Namespace, program: "Assembled") -> int:
    from strategy_tester.services.download_values import download_listings

    services = program.services
    market = _market(options, "")
    changes: tuple[str, ...] = ()
    if not options.stored:
        source = _source(options, program, options.exchange)
        changes = download_listings(market.category, source, services.candles, services.history).changes
    wanted = {symbol.strip().upper() for symbol in options.symbols}
    rows = [
        _instrument_row(row)
        for row in services.history.listings(market.source)
        if not wanted or row.listing.market.symbol in wanted
    ]
    if options.json:
        output.print_json(rows)
    elif rows:
        output.print_table(list(rows[0]), [list(row.values()) for row in rows])
        for sentence in changes:
            print(sentence)
    else:
        print("Nothing is known of that. Leave --stored out to ask the exchange.")
    return 0


def _instrument_row(row: Any) -> dict[str, Any]:
    listing, steps = row.listing, row.listing.instrument
    return {
        "symbol": listing.market.symbol, "status": listing.status.value, "tick": steps.tick_size,
        "step": steps.quantity_step, "least": steps.min_quantity, "least_value": steps.min_notional,
        "most": listing.max_quantity, "funding_min": listing.funding_interval_minutes,
        "launched": output.iso(listing.launch_ms) if listing.launch_ms else None,
        "ends": output.iso(listing.delivery_ms) if listing.delivery_ms else None, "since": output.iso(row.from_ms),
    }  # fmt: skip


def _outcome_row(outcome: Any) -> dict[str, Any]:
    return {
        "symbol": outcome.key.symbol, "timeframe": str(outcome.key.timeframe), "source": outcome.key.source,
        "added": outcome.added, "replaced": outcome.replaced, "unchanged": outcome.unchanged,
        "exchange_has_none": outcome.none, "failed": outcome.failed, "problem": outcome.problem,
    }  # fmt: skip


def _print_outcomes(rows: Sequence[dict[str, Any]]) -> None:
    names = [name for name in rows[0] if name != "problem"]
    output.print_table(names, [[row[name] for name in names] for row in rows])


def _told_problems(problems: Sequence[tuple[str, str]]) -> int:
    """Say once what failed and what can be done about it; the exit code."""
    told = dict.fromkeys((problem, hint) for problem, hint in problems if problem)
    for problem, hint in told:
        print(f"error: {problem}", file=sys.stderr)
        if hint:
            print(f"hint: {hint}", file=sys.stderr)
    if told:
        print("hint: What came is kept; the same command goes on from there.", file=sys.stderr)
    return EXIT_EXCHANGE if told else 0
