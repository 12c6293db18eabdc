"""Profile: at which prices the volume of the last bars was traded."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.domain.parameters import Parameter
from strategy_tester.indicators.declaration import bars, indicator, number
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_highest, rolling_lowest


@kernel
def fill_rows(
    rows: Floats, high: Floats, low: Floats, volume: Floats, first: int, last: int, floor: float, size: float
) -> None:
    """Spread the volume of bars `first`..`last` evenly over the price rows that each bar's range covers."""
    rows[:] = 0.0
    top_row = rows.size - 1
    for bar in range(first, last + 1):
        bottom, top = (low[bar] - floor) / size, (high[bar] - floor) / size
        lower, upper = min(int(bottom), top_row), min(int(top), top_row)
        if lower == upper:
            rows[lower] += volume[bar]
            continue
        per_row = volume[bar] / (top - bottom)
        rows[lower] += per_row * (lower + 1 - bottom)
        rows[upper] += per_row * (top - upper)
        for row in range(lower + 1, upper):
            rows[row] += per_row


@kernel
def value_area(rows: Floats, share: float) -> tuple[int, int, int]:
    """Fullest row, and the lowest and highest row of the area around it that holds `share` of the volume."""
    peak = 0
    whole = 0.0
    for row in range(rows.size):
        whole += rows[row]
        if rows[row] > rows[peak]:
            peak = row
    lower, upper, held = peak, peak, rows[peak]
    while held < share * whole and (lower > 0 or upper < rows.size - 1):
        below = rows[lower - 1] if lower > 0 else -1.0
        above = rows[upper + 1] if upper < rows.size - 1 else -1.0
        if above >= below:
            upper += 1
            held += above
        else:
            lower -= 1
            held += below
    return peak, lower, upper


@indicator(
    "VOLUME_PROFILE", "Volume Profile Levels", inputs=("high", "low", "volume"),
    outputs=("poc", "value_area_high", "value_area_low"),
    parameters=(
        bars(100),
        Parameter("rows", "int", 24, minimum=2, maximum=500, step=1, help="Price rows the range is cut into."),
        number(70.0, "value_area", minimum=1.0, maximum=100.0, step=1.0, unit="%", help="Share of the volume."),
    ),
    pane="overlay", styles=("line", "band", "band"), warm_up=lambda period, rows, value_area: period - 1,
    aliases=("VP", "VPVR"),
)  # fmt: skip
@kernel
def volume_profile(
    high: Floats, low: Floats, volume: Floats, period: int, rows: int, area_percent: float
) -> tuple[Floats, Floats, Floats]:
    """Price with the most volume in the last `period` bars, and the area around it that holds most of the rest.

    Each bar's volume is spread evenly over its range; the area grows from the fullest row by the fuller neighbour, the
    upper one of equals. Takes about `period` steps a bar.

    Returns:
        poc (middle of the fullest row, the lowest of equals), value_area_high, value_area_low, price units, shape
        (bars,) each; the first `period` - 1 are NaN, and so are bars whose window traded nothing.

    Source:
        Steidlmayer's market profile (Dalton, Jones and Dalton, Mind over Markets, 1990) with volume for time.
    """
    count = high.size
    first = period - 1
    poc, upper_line, lower_line = empty_after(count, first), empty_after(count, first), empty_after(count, first)
    tops, floors = rolling_highest(high, period, 0), rolling_lowest(low, period, 0)
    profile = np.empty(rows)
    for bar in range(first, count):
        floor, size = floors[bar], (tops[bar] - floors[bar]) / rows
        traded = volume[bar - period + 1 : bar + 1].sum()
        if traded <= 0.0:
            poc[bar], upper_line[bar], lower_line[bar] = np.nan, np.nan, np.nan
        elif size <= 0.0:
            poc[bar], upper_line[bar], lower_line[bar] = floor, floor, floor
        else:
            fill_rows(profile, high, low, volume, bar - period + 1, bar, floor, size)
            peak, lower, upper = value_area(profile, area_percent / 100.0)
            poc[bar] = floor + (peak + 0.5) * size
            upper_line[bar], lower_line[bar] = floor + (upper + 1) * size, floor + lower * size
    return poc, upper_line, lower_line
