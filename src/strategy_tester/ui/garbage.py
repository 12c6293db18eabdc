"""Keeps Python's garbage collection from holding up the window.

A full collection looks at every object there is; with numba, Qt and polars loaded that takes a quarter of a second, and
it comes in the middle of a drag. What start-up has made lives as long as the program: it is set aside, and collections
look at what came later only.
"""

import gc

_THRESHOLDS = (20_000, 20, 50)
"""New objects, and younger collections, before the next collection of each age: fewer and larger than Python's own."""


def set_start_up_aside() -> None:
    """Leave all objects there are now out of future collections; takes no time, and may be called again."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


def forget() -> None:
    """Collections are as Python has them; for the program's end and for tests."""
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
