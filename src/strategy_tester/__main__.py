"""`python -m strategy_tester` opens the program; with a `bst` command behind it, it runs that instead."""

import sys


def main() -> int:
    """Open the window, or run the command given."""
    if len(sys.argv) > 1 and sys.argv[1] == "--probe-database":
        from strategy_tester.storage.probe import main as probe

        return probe(sys.argv[2:])
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        from strategy_tester.cli.main import main as command_line

        return command_line(sys.argv[1:])
    from strategy_tester.app import main as window

    return window()


if __name__ == "__main__":
    sys.exit(main())
