"""Large arrays come from memory that the process keeps."""

import numpy as np


def keep_freed_memory() -> None:
    """Let freed arrays of up to some 30 MB be used again instead of going back to the system.

    Getting fresh pages from the system costs several times more than computing a column of a million values. The C
    library of Linux raises its limits for handing memory back once a block of this size has been freed; elsewhere this
    does nothing. The block is never touched and costs nothing.
    """
    np.empty(33_000_000, dtype=np.uint8)
