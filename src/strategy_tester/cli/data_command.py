"""`bst data`: list, gaps, resample, delete; what talks to an exchange is in `data_history`."""

from argparse import ArgumentParser, Namespace
from typing import Any

from strategy_tester.cli import common, data_history, output


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the sub-commands."""
    verbs = parser.add_subparsers(metavar="verb", required=True)
    for name, help_text, work in (
        ("list", "every stored series", _list),
        ("gaps", "where candles are missing", _gaps),
        ("resample", "store a series once more in a higher timeframe", _resample),
        ("delete", "remove a series", _delete),
    ):
        verb = verbs.add_parser(name, help=help_text)
        if name != "list":
            common.add_series(verb, required=True)
        if name == "resample":
            verb.add_argument("--to", required=True, help="the higher timeframe")
        common.add_data_folder(verb)
        common.add_json(verb)
        verb.set_defaults(run=common.on_store("candles", work))
    data_history.add_verbs(verbs)


def _list(options: Namespace, store: Any) -> None:
    from strategy_tester.services.data_catalog import list_series

    rows = [
        {"symbol": item.key.symbol, "timeframe": str(item.key.timeframe), "source": item.key.source,
         "candles": item.candles, "first": output.iso(item.first_open_ms), "last": output.iso(item.last_open_ms)}
        for item in list_series(store)
    ]  # fmt: skip
    _print(options, rows, "Nothing is stored yet. Import candles: bst import FILE")


def _gaps(options: Namespace, store: Any) -> None:
    from strategy_tester.services.data_catalog import series_gaps

    key = common.find_series(store, options.symbol, options.timeframe, options.source)
    rows = [
        {"first_missing": output.iso(gap.first_missing_ms), "last_missing": output.iso(gap.last_missing_ms),
         "missing": gap.missing}
        for gap in series_gaps(store, key)
    ]  # fmt: skip
    _print(options, rows, f"{key}: no candle is missing.")


def _resample(options: Namespace, store: Any) -> None:
    from strategy_tester.domain.timeframes import Timeframe
    from strategy_tester.services.data_catalog import resample_series

    key = common.find_series(store, options.symbol, options.timeframe, options.source)
    outcome = resample_series(store, key, Timeframe.parse(options.to))
    answer = {"added": outcome.added, "replaced": outcome.replaced, "unchanged": outcome.unchanged}
    _print(options, [answer], "")


def _delete(options: Namespace, store: Any) -> None:
    key = common.find_series(store, options.symbol, options.timeframe, options.source)
    _print(options, [{"series": str(key), "deleted": store.delete(key)}], "")


def _print(options: Namespace, rows: list[dict[str, Any]], empty: str) -> None:
    if options.json:
        output.print_json(rows)
    elif rows:
        output.print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        print(empty)
