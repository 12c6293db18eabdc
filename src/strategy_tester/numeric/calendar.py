"""Which UTC day, week or month a moment belongs to, inside kernels."""

from strategy_tester.numeric.jit import kernel

DAY_MS = 86_400_000
DAY, WEEK, MONTH = 0, 1, 2


@kernel
def session_of(time_ms: int, kind: int) -> int:
    """A number that is the same for all moments of one UTC day, week (from Monday) or month.

    Source: the month follows Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`.
    """
    day = time_ms // DAY_MS
    if kind == DAY:
        return day
    if kind == WEEK:
        return (day + 3) // 7  # 1970-01-01 was a Thursday
    shifted = day + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    # Months counted from March: leap days then fall at the end of the year.
    return (era * 400 + year_of_era) * 12 + (5 * day_of_year + 2) // 153
