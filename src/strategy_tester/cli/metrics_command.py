"""`bst metrics`: every metric with its formula."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from strategy_tester.cli import common, output


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """All metrics."""
    from strategy_tester.services.metric_catalog import metric_infos

    infos = metric_infos()
    if options.json:
        output.print_json([asdict(info) for info in infos])
    else:
        output.print_table(["name", "unit", "formula"], [[info.name, info.unit, info.formula] for info in infos])
    return 0
