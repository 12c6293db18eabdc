"""`bst import`: look at a file, report, store."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from strategy_tester.cli import common, output
from strategy_tester.cli.exit_codes import EXIT_DATA
from strategy_tester.domain.errors import DataError, InvalidParameter
from strategy_tester.domain.timeframes import Timeframe


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    common.add_series(parser, required=False)
    parser.add_argument(
        "--kind", choices=("mark-price", "index-price", "open-interest"),
        help="the files hold dated values of this kind, not candles or funding rates",
    )  # fmt: skip
    parser.add_argument(
        "--trades", action="store_true",
        help="the files are Bybit's public trade archives (csv.gz): keep the trades, and make candles of them",
    )  # fmt: skip
    parser.add_argument("--no-ticks", action="store_true", help="with --trades: make candles only")
    parser.add_argument("--check", action="store_true", help="only report, store nothing")
    parser.add_argument("--drop-faulty", action="store_true", help="leave faulty rows out instead of refusing the file")
    parser.add_argument("--drop-last", action="store_true", help="leave the last candle out: it may be unfinished")
    common.add_data_folder(parser)
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Look at every file and import those that are sound; the others are told of and make the exit code."""
    if options.trades:
        return _import_trades(options)
    if options.check:
        return _each(options, lambda path: _look(path, options))
    with common.opened(options.data_dir) as program:
        return _each(options, lambda path: _import(path, options, program.services.candles))


def _import_trades(options: Namespace) -> int:
    from strategy_tester.locations import data_folder

    if options.check or options.kind:
        raise InvalidParameter("--trades", True, "alone: --check and --kind are for other files")
    options.files.sort(key=lambda path: path.name)  # day by day: each opens at the close of the one before
    with common.opened(options.data_dir) as program:
        folder = options.data_dir or data_folder()
        return _each(options, lambda path: _import_archive(path, folder, options, program.services.candles))


def _import_archive(path: Path, folder: Path, options: Namespace, store: Any) -> dict[str, Any]:
    from strategy_tester.services.archive_import import ArchiveOptions, import_archive

    frames = (Timeframe.parse(options.timeframe or "1m"),)
    chosen = ArchiveOptions(options.symbol, options.source, frames, keep_trades=not options.no_ticks)
    with output.progress(path.name) as checkpoint:
        found = import_archive(path, folder, store, chosen, checkpoint)
    return {
        "file": path.name, "kind": "trades", "symbol": found.symbol, "source": found.source,
        "timeframe": str(frames[0]), "trades": found.trades, "first": output.iso(found.first_ms),
        "last": output.iso(found.last_ms), "ticks": [str(file) for file in found.files],
        "bytes": found.bytes_on_disk, "added": found.added, "alike": found.alike, "differing": found.differing,
        "refusal": "",
    }  # fmt: skip


def _each(options: Namespace, work: Callable[[Path], dict[str, Any]]) -> int:
    answers: list[dict[str, Any]] = []
    for path in options.files:
        try:
            answers.append(work(path))
        except DataError as error:
            answers.append({"file": path.name, "kind": "unreadable", "refusal": error.message, "hint": error.hint})
        if not options.json:
            _show(answers[-1])
    if options.json:
        output.print_json(answers)
    return EXIT_DATA if any(answer["refusal"] for answer in answers) else 0


def _preview(path: Path, options: Namespace) -> Any:
    from strategy_tester.services.import_candles import ImportOptions, preview_file

    with output.progress(path.name) as checkpoint:
        return preview_file(path, _options(options, ImportOptions), checkpoint)


def _options(options: Namespace, make: Any) -> Any:
    frame = Timeframe.parse(options.timeframe) if options.timeframe else None
    return make(
        symbol=options.symbol, timeframe=frame, source=options.source,
        drop_faulty=options.drop_faulty, drop_last=options.drop_last,
    )  # fmt: skip


def _look(path: Path, options: Namespace) -> dict[str, Any]:
    from strategy_tester.services.import_funding import is_funding_file, preview_funding

    if options.kind:
        return _values_answer(path, _values_preview(path, options))
    if is_funding_file(path):
        found = preview_funding(path, options.symbol, options.source)
        return {"file": path.name, "kind": "funding", "symbol": found.symbol, "source": found.source,
                "settlements": len(found.funding), "refusal": ""}  # fmt: skip
    return _answer(_preview(path, options))


def _import(path: Path, options: Namespace, store: Any) -> dict[str, Any]:
    from strategy_tester.services.import_candles import store_preview
    from strategy_tester.services.import_funding import is_funding_file, preview_funding, store_funding

    if options.kind:
        from strategy_tester.services.import_values import store_values

        values = _values_preview(path, options)
        return {**_values_answer(path, values), "added": store_values(values, store)}
    if is_funding_file(path):
        found = preview_funding(path, options.symbol, options.source)
        added = store_funding(found, store)
        return {"file": path.name, "kind": "funding", "symbol": found.symbol, "source": found.source,
                "settlements": len(found.funding), "added": added, "refusal": ""}  # fmt: skip
    preview = _preview(path, options)
    if preview.candles is None:
        return _answer(preview)
    outcome = store_preview(preview, store)
    counts = {"added": outcome.added, "replaced": outcome.replaced, "unchanged": outcome.unchanged}
    return {**_answer(preview), **counts}


def _values_preview(path: Path, options: Namespace) -> Any:
    from strategy_tester.services.import_values import kind_of, preview_values

    return preview_values(path, kind_of(options.kind), options.symbol, options.source)


def _values_answer(path: Path, found: Any) -> dict[str, Any]:
    return {"file": path.name, "kind": found.kind, "symbol": found.symbol, "source": found.source,
            "values": len(found.values), "refusal": ""}  # fmt: skip


def _answer(preview: Any) -> dict[str, Any]:
    series = preview.series
    return {
        "file": preview.path.name,
        "kind": "candles",
        "symbol": series.symbol if series else None,
        "timeframe": str(series.timeframe) if series else None,
        "source": series.source if series else None,
        "rows": preview.rows,
        "candles": len(preview.candles) if preview.candles is not None else 0,
        "missing": preview.missing,
        "quality": preview.score,
        "refusal": preview.refusal,
        "hint": "Add --drop-faulty to import the rest." if preview.refusal and preview.can_drop else preview.hint,
        "findings": [
            {"severity": item.severity, "count": item.count, "sentence": item.sentence, "action": item.action}
            for item in preview.findings
        ],
    }


def _show(answer: dict[str, Any]) -> None:
    if answer["refusal"]:
        print(f"error: {answer['file']}: {answer['refusal']}", file=sys.stderr)
        if answer.get("hint"):
            print(f"hint: {answer['hint']}", file=sys.stderr)
    elif answer["kind"] == "trades":
        name = f"{answer['symbol']} {answer['timeframe']} {answer['source']}"
        print(
            f"{answer['file']}: {answer['trades']} trades, {name}: {answer['added']} candles added,"
            f" {answer['alike']} stored alike, {answer['differing']} stored with other values and kept"
        )
    elif answer["kind"] == "funding":
        added = f", {answer['added']} of them new" if "added" in answer else ""
        print(f"{answer['file']}: {answer['settlements']} funding settlements of {answer['symbol']}{added}")
    elif "values" in answer:
        added = f", {answer['added']} of them new" if "added" in answer else ""
        kind = answer["kind"].replace("_", " ")
        print(f"{answer['file']}: {answer['values']} values of {kind}, {answer['symbol']} {answer['source']}{added}")
    else:
        name = f"{answer['symbol']} {answer['timeframe']} {answer['source']}"
        print(f"{answer['file']}: {answer['candles']} candles, {name}, quality {answer['quality']:.0f} of 100")
        if "added" in answer:
            print(f"  added {answer['added']}, replaced {answer['replaced']}, unchanged {answer['unchanged']}")
    for finding in answer.get("findings", []):
        if finding["severity"] != "refuse":
            print(f"  {finding['severity']}: {finding['sentence']} {finding['action']}".rstrip())
