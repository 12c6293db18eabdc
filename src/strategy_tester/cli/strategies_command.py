"""`bst strategies`: list, show, check."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from strategy_tester.cli import common, output
from strategy_tester.cli.exit_codes import EXIT_INPUT, EXIT_OK
from strategy_tester.domain.errors import InputError


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the sub-commands."""
    verbs = parser.add_subparsers(metavar="verb", required=True)
    listing = verbs.add_parser("list", help="ready-made and own strategies")
    common.add_data_folder(listing)
    common.add_json(listing)
    listing.set_defaults(run=_list)
    showing = verbs.add_parser("show", help="one strategy's file")
    showing.add_argument("name", help="a ready strategy's key, a stored strategy's name, or a file")
    common.add_data_folder(showing)
    showing.set_defaults(run=_show)
    checking = verbs.add_parser("check", help="is a strategy file sound?")
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    common.add_json(checking)
    checking.set_defaults(run=_check)


def _list(options: Namespace) -> int:
    from strategy_tester.services.edit_strategies import list_strategies

    with common.opened(options.data_dir) as program:
        entries = list_strategies(program.services.strategies)
    rows: list[dict[str, Any]] = [
        {"key": entry.key, "name": entry.name, "origin": entry.origin, "description": entry.description.get("en", "")}
        for entry in entries
    ]
    if options.json:
        output.print_json(rows)
    else:
        output.print_table(["key", "name", "origin"], [[row["key"], row["name"], row["origin"]] for row in rows])
    return 0


def _show(options: Namespace) -> int:
    from strategy_tester.services.edit_strategies import find_strategy, format_content

    with common.opened(options.data_dir) as program:
        content = find_strategy(options.name, program.services.strategies)
    print(format_content(content))
    return EXIT_OK


def _check(options: Namespace) -> int:
    """Every file is looked at; one fault is enough for the exit code."""
    from strategy_tester.services.edit_strategies import read_file

    rows: list[dict[str, Any]] = []
    for path in options.files:
        try:
            rows.append({"file": path.name, "name": read_file(path).get("name", ""), "fault": "", "hint": ""})
        except InputError as error:
            rows.append({"file": path.name, "name": "", "fault": error.message, "hint": error.hint})
    if options.json:
        output.print_json(rows)
    for row in [] if options.json else rows:
        if row["fault"]:
            print(f"error: {row['file']}: {row['fault']}", file=sys.stderr)
            if row["hint"]:
                print(f"hint: {row['hint']}", file=sys.stderr)
        else:
            print(f"{row['file']}: {row['name']} is sound")
    return EXIT_INPUT if any(row["fault"] for row in rows) else EXIT_OK
