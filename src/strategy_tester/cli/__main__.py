"""`python -m strategy_tester.cli` is `bst`."""

import sys

from strategy_tester.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
