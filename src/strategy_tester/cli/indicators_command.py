"""`bst indicators`: list and explain."""

from argparse import ArgumentParser, Namespace

from strategy_tester.cli import common, output


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", help="explain this one")
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """All indicators, or one of them."""
    from strategy_tester.services.indicator_catalog import indicator_info, indicator_infos

    infos = [indicator_info(options.name)] if options.name else indicator_infos()
    if options.json:
        output.print_json([info.as_dict() for info in infos])
        return 0
    if not options.name:
        output.print_table(
            ["name", "title", "outputs", "parameters"],
            [[info.name, info.title, " ".join(info.outputs), info.parameters_text()] for info in infos],
        )
        return 0
    info = infos[0]
    print(f"{info.name}: {info.title}\n\n{info.explanation}\n")
    output.print_table(
        ["parameter", "default", "allowed"], [[item.name, item.default, item.allowed()] for item in info.parameters]
    )
    return 0
