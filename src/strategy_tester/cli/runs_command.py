"""`bst runs`: list, show, compare, delete."""

from argparse import ArgumentParser, Namespace
from typing import Any

from strategy_tester.cli import common, output
from strategy_tester.domain.errors import InvalidParameter


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the sub-commands."""
    verbs = parser.add_subparsers(metavar="verb", required=True)
    for name, help_text, work, numbers in (
        ("list", "every kept run, newest first", _list, 0),
        ("show", "one run with all its metrics", _show, 1),
        ("compare", "two runs side by side", _compare, 2),
        ("delete", "forget runs", _delete, "+"),
    ):
        verb = verbs.add_parser(name, help=help_text)
        if numbers:
            verb.add_argument("runs", type=int, nargs=numbers, metavar="RUN")
        common.add_data_folder(verb)
        common.add_json(verb)
        verb.set_defaults(run=common.on_store("runs", work))


def _list(options: Namespace, store: Any) -> None:
    runs = store.list()
    if options.json:
        output.print_json([_facts(run) for run in runs])
        return
    if not runs:
        print("No run is kept yet. Run one: bst backtest --help")
        return
    rows = [
        [run.run_id, output.iso(run.created_at_ms), run.description.strategy_name, str(run.description.series),
         run.metrics.get("total_return_pct", float("nan")), run.metrics.get("max_drawdown_pct", float("nan")),
         int(run.metrics.get("total_trades", 0))]
        for run in runs
    ]  # fmt: skip
    output.print_table(["run", "made", "strategy", "market", "return %", "drawdown %", "trades"], rows)


def _show(options: Namespace, store: Any) -> None:
    run = _find(store, options.runs[0])
    if options.json:
        output.print_json(_facts(run))
        return
    print(f"run {run.run_id}: {run.description.strategy_name} on {run.description.series}")
    units = {info.name: info.unit for info in _metric_infos()}
    output.print_table(
        ["metric", "value", "unit"],
        [
            [name, output.count_or_measure(value, units.get(name, "")), units.get(name, "")]
            for name, value in run.metrics.items()
        ],
    )


def _compare(options: Namespace, store: Any) -> None:
    first, second = (_find(store, number) for number in options.runs)
    if options.json:
        output.print_json([_facts(first), _facts(second)])
        return
    one, two = {**first.description.config, **first.metrics}, {**second.description.config, **second.metrics}
    rows = [[name, one.get(name), two.get(name), "differs" if not _same(one, two, name) else ""] for name in one]
    output.print_table(["", f"run {first.run_id}", f"run {second.run_id}", ""], rows)


def _delete(options: Namespace, store: Any) -> None:
    for number in options.runs:
        _find(store, number)
    count = store.delete(options.runs)
    if options.json:
        output.print_json({"deleted": count})
    else:
        print(f"deleted {count}")


def _metric_infos() -> Any:
    from strategy_tester.services.metric_catalog import metric_infos

    return metric_infos()


def _same(one: dict[str, Any], two: dict[str, Any], name: str) -> bool:
    return repr(one.get(name)) == repr(two.get(name))


def _find(store: Any, number: int) -> Any:
    runs = {run.run_id: run for run in store.list()}
    if number not in runs:
        known = ", ".join(map(str, sorted(runs))) or "none is kept"
        raise InvalidParameter("run", number, known)
    return runs[number]


def _facts(run: Any) -> dict[str, Any]:
    description = run.description
    return {
        "run_id": run.run_id,
        "created_at": output.iso(run.created_at_ms),
        "strategy_name": description.strategy_name,
        "strategy": description.strategy,
        "series": str(description.series),
        "start": output.iso(description.start_ms),
        "end": output.iso(description.end_ms),
        "config": description.config,
        "data_hash": description.data_hash,
        "engine_version": description.engine_version,
        "metrics": run.metrics,
        "duration_ms": run.duration_ms,
    }
