"""Where a fault that nobody expected is written down."""

import time
import traceback
from pathlib import Path

from strategy_tester.locations import log_folder


def write_fault(error: BaseException) -> Path | None:
    """Write the details into the log folder; None when that is not possible either."""
    path = log_folder() / f"fault-{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 10**6:06}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return None
    return path
