"""Entry of the bundled window; PyInstaller wants a script of its own name for each program."""

import sys

from strategy_tester.__main__ import main

sys.exit(main())
