"""Entry of the bundled command line."""

import sys

from strategy_tester.cli.main import main

sys.exit(main())
