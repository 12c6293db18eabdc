"""Garbage collection leaves start-up alone, and still finds what came later."""

import gc
import weakref

from strategy_tester.ui import garbage


class Knot:
    """Refers to itself: only a collection can free it."""

    def __init__(self) -> None:
        self.itself = self


def test_what_came_later_is_still_collected():
    before = gc.get_threshold()
    try:
        garbage.set_start_up_aside()
        assert gc.get_freeze_count() > 10_000
        later = weakref.ref(Knot())
        gc.collect()
        assert later() is None
    finally:
        garbage.forget()
        gc.set_threshold(*before)
    assert gc.get_freeze_count() == 0
