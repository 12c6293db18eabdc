"""`bst app`: open the window."""

from argparse import ArgumentParser, Namespace

from strategy_tester.cli import common


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    common.add_data_folder(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Stay until the window is closed."""
    from strategy_tester.app import open_window

    return open_window(options.data_dir)
