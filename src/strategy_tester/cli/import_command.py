"""`bst import`: look at a file, report, store."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from strategy_tester.cli import common, output
from strategy_tester.domain.timeframes import Timeframe


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    common.add_series(parser, required=False)
    parser.add_argument("--check", action="store_true", help="only report, store nothing")
    parser.add_argument("--drop-faulty", action="store_true", help="leave faulty rows out instead of refusing the file")
    parser.add_argument("--drop-last", action="store_true", help="leave the last candle out: it may be unfinished")
    common.add_data_folder(parser)
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Import every file; the first one refused ends the command."""
    if options.check:
        answers = [_look(path, options) for path in options.files]
        _show(answers, options)
        return 0 if all(not answer["refusal"] for answer in answers) else 4
    with common.opened(options.data_dir) as program:
        _show([_import(path, options, program.services.candles) for path in options.files], options)
    return 0


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

    if is_funding_file(path):
        found = preview_funding(path, options.symbol, options.source)
        return {"file": path.name, "kind": "funding", "symbol": found.symbol, "source": found.source,
                "settlements": len(found.funding), "refusal": ""}  # fmt: skip
    return _answer(_preview(path, options))


def _import(path: Path, options: Namespace, store: Any) -> dict[str, Any]:
    from strategy_tester.services.import_candles import store_preview
    from strategy_tester.services.import_funding import is_funding_file, preview_funding, store_funding

    if is_funding_file(path):
        found = preview_funding(path, options.symbol, options.source)
        added = store_funding(found, store)
        return {"file": path.name, "kind": "funding", "symbol": found.symbol, "source": found.source,
                "settlements": len(found.funding), "added": added, "refusal": ""}  # fmt: skip
    preview = _preview(path, options)
    outcome = store_preview(preview, store)
    counts = {"added": outcome.added, "replaced": outcome.replaced, "unchanged": outcome.unchanged}
    return {**_answer(preview), **counts}


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
        "findings": [
            {"severity": item.severity, "count": item.count, "sentence": item.sentence, "action": item.action}
            for item in preview.findings
        ],
    }


def _show(answers: list[dict[str, Any]], options: Namespace) -> None:
    if options.json:
        output.print_json(answers)
        return
    for answer in answers:
        if answer["kind"] == "funding":
            print(f"{answer['file']}: {answer['settlements']} funding settlements of {answer['symbol']}")
            continue
        name = f"{answer['symbol']} {answer['timeframe']} {answer['source']}"
        print(f"{answer['file']}: {answer['candles']} candles, {name}, quality {answer['quality']:.0f} of 100")
        if "added" in answer:
            print(f"  added {answer['added']}, replaced {answer['replaced']}, unchanged {answer['unchanged']}")
        for finding in answer["findings"]:
            print(f"  {finding['severity']}: {finding['sentence']} {finding['action']}".rstrip())
        if answer["refusal"]:
            print(f"error: {answer['refusal']}", file=sys.stderr)
