"""A kernel whose answer is known, to see whether the compiler works on this machine."""

from strategy_tester.numeric.jit import kernel


@kernel
def sum_of_squares(count: int) -> float:
    """0 + 1 + 4 + ... of the whole numbers below `count`."""
    total = 0.0
    for number in range(count):
        total += number * number
    return total
