"""`bst export`: a kept run as CSV."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from strategy_tester.cli import common
from strategy_tester.domain.errors import InvalidParameter


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run_id", type=int, metavar="RUN")
    parser.add_argument("what", choices=("trades", "equity", "metrics"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--separator", choices=("comma", "semicolon"), default="comma")
    parser.add_argument("--bom", action="store_true", help="begin with a byte order mark, for older spreadsheets")
    common.add_data_folder(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Write one report."""
    with common.opened(options.data_dir) as program:
        stored = program.services.runs.load(options.run_id)
        if stored is None:
            raise InvalidParameter("run", options.run_id, "a number that `bst runs list` shows")
        reports = program.services.reports
        write = {"trades": reports.write_trades, "equity": reports.write_equity, "metrics": reports.write_metrics}
        write[options.what](options.out, stored.result, separator=options.separator, bom=options.bom)
    print(options.out)
    return 0
