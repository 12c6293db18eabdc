"""Numbers as Bybit writes them: plain decimals, never an exponent."""

import numpy as np


def decimal(value: float) -> str:
    """The shortest decimal text that reads back as the same number: `0.1`, `64210.5`, `1190`, `0.00001`."""
    text = repr(float(value))
    if "e" in text:
        text = np.format_float_positional(value, trim="-")
    return text[:-2] if text.endswith(".0") else text
