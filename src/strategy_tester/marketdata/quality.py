"""Is a table of candles whole and true? Everything is looked at before anything is stored.

Nothing is repaired silently. A fault refuses the table; where leaving rows out (or sorting them) would mend it, the
caller may ask for that with `drop_faulty`, and the report says what was left out. Oddities that a real market can
show (gaps, spikes, no trades) are kept as they are and reported.

The score starts at 100 and loses: the percentage of candles missing in gaps; 2 points per percent of faulty rows;
0.2 points per percent of candles without volume; 0.5 points per percent of frozen candles; 1 point per spike, at
most 10. A refused table has the score 0.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.marketdata import oddities
from strategy_tester.marketdata.findings import (
    Finding,
    QualityReport,
    RowExample,
    Severity,
    by_severity,
    length_text,
    moment,
    rows_text,
    where,
)
from strategy_tester.marketdata.gaps import Gap, gaps_between, gaps_of

__all__ = ["Finding", "Gap", "QualityReport", "RowExample", "Severity", "check_frame", "gaps_of"]

NO_TIME = np.iinfo(np.int64).min
"""Stands in the time column for a cell that is no time."""
EARLIEST_MS = 1_230_768_000_000
"""2009-01-01: there were no crypto candles before Bitcoin."""
_EXAMPLES = 5

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RawColumns:
    """Columns as the file has them, in its order, shape (rows,) each.

    `time_ms` is NO_TIME and prices are NaN where a cell is not what it should be. `row` is the row number a user
    finds in the file. `volume`, `turnover` are None where the file has no such column.
    """

    time_ms: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats | None = None
    turnover: Floats | None = None
    row: Rows = field(default_factory=lambda: np.empty(0, np.int64))

    def take(self, rows: Rows | Flags | slice) -> "RawColumns":
        """Some of the rows, in the order given."""
        chosen = {
            name: None if (column := getattr(self, name)) is None else column[rows]
            for name in ("time_ms", "open", "high", "low", "close", "volume", "turnover", "row")
        }
        return RawColumns(**chosen)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return int(self.time_ms.size)

    def examples(self, rows: Rows) -> tuple[RowExample, ...]:
        """The first few of these rows, in words."""
        return tuple(self._example(int(row)) for row in rows[:_EXAMPLES])

    def _example(self, row: int) -> RowExample:
        time_ms = int(self.time_ms[row])
        prices = " ".join(
            f"{letter} {getattr(self, name)[row]:.10g}"
            for letter, name in (("O", "open"), ("H", "high"), ("L", "low"), ("C", "close"))
        )
        return RowExample(int(self.row[row]), None if time_ms == NO_TIME else time_ms, prices)


@dataclass
class _Check:
    """One run of the checks: the rows still in play and what was found so far."""

    columns: RawColumns
    drop_faulty: bool
    findings: list[Finding] = field(default_factory=list)
    faulty: int = 0

    @property
    def is_refused(self) -> bool:
        return any(finding.severity is Severity.REFUSE for finding in self.findings)

    def refuse(self, code: str, count: int, sentence: str, examples: tuple[RowExample, ...] = ()) -> None:
        self.findings.append(Finding(code, Severity.REFUSE, count, sentence, "Nothing is imported.", examples))

    def fault(self, code: str, rows: Flags, sentence: str) -> None:
        """Rows that must not become candles: they refuse the table, or are left out on request."""
        count = int(np.count_nonzero(rows))
        if not count:
            return
        self.faulty += count
        examples = self.columns.examples(np.flatnonzero(rows))
        text = f"{sentence}: {rows_text(count)}, first {where(examples[0])}."
        if self.drop_faulty:
            self.findings.append(Finding(code, Severity.DROP, count, text, "These rows are left out.", examples))
            self.columns = self.columns.take(~rows)
        else:
            self.findings.append(
                Finding(code, Severity.REFUSE, count, text, "Nothing is imported.", examples, droppable=True)
            )

    def warn(self, code: str, count: int, sentence: str, action: str, rows: Rows | None = None) -> None:
        examples = () if rows is None else self.columns.examples(rows)
        self.findings.append(Finding(code, Severity.WARN, count, sentence, action, examples))


@dataclass(frozen=True, eq=False)
class Checked:
    """The outcome of a look at a table: the report, and the rows that become candles, oldest first."""

    report: QualityReport
    columns: RawColumns


def check_frame(
    columns: RawColumns,
    *,
    timeframe: Timeframe | None = None,
    now_ms: int | None = None,
    written_ms: int | None = None,
    drop_faulty: bool = False,
) -> Checked:
    """Look at a table of candles.

    Args:
        columns: The table as read.
        timeframe: What the candles are said to be; read from the times when left out.
        now_ms: The present; a last candle that closes later is unfinished and left out.
        written_ms: When the file was last written; likewise.
        drop_faulty: Leave faulty rows out and sort the rest, instead of refusing the table.

    Returns:
        The report, and the rows that become candles, oldest first (none when the table is refused).
    """
    rows = len(columns)
    check = _Check(columns, drop_faulty)
    if not rows:
        check.refuse("no_candles", 0, "The file holds no candles.")
        return _report(check, rows, None)
    _check_cells(check, now_ms)
    _check_order(check)
    _check_duplicates(check)
    found = _check_timeframe(check, timeframe)
    if found is not None:
        _drop_unfinished(check, found, now_ms, written_ms)
    if len(check.columns) < 2 and not check.is_refused:
        check.refuse("one_candle", len(check.columns), "Fewer than two candles are left; a backtest needs more.")
    return _report(check, rows, found)


def _check_cells(check: _Check, now_ms: int | None) -> None:
    check.fault("bad_time", check.columns.time_ms == NO_TIME, "The time is missing or not readable")
    limit = (now_ms + DAY_MS) if now_ms is not None else np.iinfo(np.int64).max
    times = check.columns.time_ms
    outside = (times != NO_TIME) & ((times < EARLIEST_MS) | (times > limit))
    check.fault("impossible_time", outside, "The time lies before 2009 or in the future")
    columns = check.columns
    finite = np.isfinite(columns.open) & np.isfinite(columns.high) & np.isfinite(columns.low)
    check.fault("missing_price", ~(finite & np.isfinite(columns.close)), "A price is missing or not a number")
    columns = check.columns
    not_positive = (columns.open <= 0.0) | (columns.high <= 0.0) | (columns.low <= 0.0) | (columns.close <= 0.0)
    check.fault("price_not_positive", not_positive, "A price is zero or negative")
    columns = check.columns
    top, bottom = np.maximum(columns.open, columns.close), np.minimum(columns.open, columns.close)
    check.fault(
        "impossible_range",
        (columns.high < top) | (columns.low > bottom),
        "The high lies below, or the low above, another price of the candle",
    )
    volume = check.columns.volume
    if volume is not None:
        bad = np.logical_not(np.isfinite(volume) & (volume >= 0.0))
        check.fault("bad_volume", bad, "The volume is negative or not a number")


def _check_order(check: _Check) -> None:
    """Newest first is a form of order and is turned round; anything else that does not rise is a fault."""
    readable = np.flatnonzero(check.columns.time_ms != NO_TIME)
    times = check.columns.time_ms[readable]
    steps = np.diff(times)
    if not steps.size or bool(np.all(steps >= 0)):
        return
    if bool(np.all(steps <= 0)):
        check.columns = check.columns.take(slice(None, None, -1))
        check.warn("newest_first", len(times), "The rows run from new to old.", "They are turned round.")
        return
    backwards = np.flatnonzero(steps < 0) + 1
    forwards = np.flatnonzero(steps > 0) + 1
    breaks = min(backwards, forwards, key=len)  # a mostly falling table breaks where it rises
    count, examples = int(breaks.size), check.columns.examples(readable[breaks])
    text = f"The rows are not in the order of time: it turns {count} times, first {where(examples[0])}."
    if check.drop_faulty:
        check.columns = check.columns.take(readable[np.argsort(times, kind="stable")])
        check.findings.append(Finding("unsorted", Severity.DROP, count, text, "They are sorted.", examples))
    else:
        check.findings.append(
            Finding("unsorted", Severity.REFUSE, count, text, "Nothing is imported.", examples, droppable=True)
        )


def _check_duplicates(check: _Check) -> None:
    columns = check.columns
    order = np.argsort(columns.time_ms, kind="stable")
    times = columns.time_ms[order]
    repeated = np.append(False, times[1:] == times[:-1]) & (times != NO_TIME)
    if not repeated.any():
        return
    same = repeated.copy()
    for column in (columns.open, columns.high, columns.low, columns.close, columns.volume, columns.turnover):
        if column is not None:
            sorted_column = column[order]
            same[1:] &= (sorted_column[1:] == sorted_column[:-1]) | (
                np.isnan(sorted_column[1:]) & np.isnan(sorted_column[:-1])
            )
    contradicting = order[repeated & ~same]
    if contradicting.size:
        examples = columns.examples(np.sort(contradicting))
        check.faulty += contradicting.size
        check.refuse(
            "contradicting_duplicates",
            int(contradicting.size),
            f"Several rows claim the same candle with different values: {rows_text(contradicting.size)}, "
            f"first {where(examples[0])}. Which one is true cannot be told.",
            examples,
        )
    equal = np.zeros(len(columns), dtype=np.bool_)
    equal[order[repeated & same]] = True
    check.fault("duplicate_rows", equal, "The same candle stands in the file twice")


def _check_timeframe(check: _Check, given: Timeframe | None) -> Timeframe | None:
    """The candles' length, or None (with a refusal) when the times do not show one."""
    readable = check.columns.time_ms != NO_TIME
    times = np.sort(check.columns.time_ms[readable])
    steps = np.diff(times)
    steps, counts = np.unique(steps[steps > 0], return_counts=True)
    if not steps.size:
        return given
    usual = int(steps[np.argmax(counts)])
    found = given or Timeframe.from_milliseconds(usual)
    if found is None:
        check.refuse(
            "unknown_timeframe", times.size,
            f"The candles follow one another every {length_text(usual)}, which is none of Bybit's timeframes.",
        )  # fmt: skip
        return None
    if given is not None and Timeframe.from_milliseconds(usual) not in {given, None}:
        check.refuse(
            "timeframe_mismatch", times.size,
            f"The timeframe is said to be {given}, but the candles follow one another every {length_text(usual)}.",
        )  # fmt: skip
        return found
    other = oddities.other_timeframe(check.columns.time_ms[readable], found)
    if other is not None:
        row, frame, count = other
        examples = check.columns.examples(np.flatnonzero(readable)[[row]])
        check.refuse(
            "mixed_timeframes", count,
            f"Candles of different length are mixed: most are {found}, {count} follow one another like {frame}, "
            f"first {where(examples[0])}.",
            examples,
        )  # fmt: skip
        return found
    off_grid = readable & (found.opens_of(check.columns.time_ms) != check.columns.time_ms)
    check.fault("off_grid", off_grid, f"The candle does not open on a boundary of {found} (UTC)")
    return found


def _drop_unfinished(check: _Check, timeframe: Timeframe, now_ms: int | None, written_ms: int | None) -> None:
    """Leave out last candles that had not closed when the file was written, or have not yet.

    A file whose last candle closed before that says nothing about when the candle itself was fetched; then a last
    candle with next to no volume is only pointed at.
    """
    if check.is_refused or not len(check.columns):
        return
    closes = timeframe.closes_of(check.columns.time_ms)
    known = [moment for moment in (now_ms, written_ms) if moment is not None]
    open_still = closes > min(known) if known else np.zeros(len(closes), dtype=np.bool_)
    count = int(np.count_nonzero(open_still))
    if count:
        examples = check.columns.examples(np.flatnonzero(open_still))
        check.findings.append(
            Finding(
                "unfinished", Severity.DROP, count,
                f"The last candle had not closed when the file was written: {rows_text(count)}, "
                f"first {where(examples[0])}.",
                "It is left out; import again when it has closed.", examples,
            )
        )  # fmt: skip
        check.columns = check.columns.take(~open_still)
    elif oddities.looks_unfinished(check.columns.volume):
        check.warn(
            "maybe_unfinished", 1,
            "The last candle has very little volume: it may have been fetched before it closed.",
            "It is kept; leave it out if the file was downloaded up to the present.",
            np.array([len(check.columns) - 1]),
        )  # fmt: skip


def _report(check: _Check, rows: int, timeframe: Timeframe | None) -> Checked:
    columns = check.columns
    gaps: list[Gap] = []
    zero_share = 0.0
    penalty = 0.0
    if not check.is_refused and timeframe is not None:
        gaps = gaps_between(columns.time_ms, timeframe)
        zero_share, penalty = _note_oddities(check, gaps)
    missing = sum(gap.missing for gap in gaps)
    kept = 0 if check.is_refused else len(columns)
    lost = 100.0 * missing / max(1, missing + kept) + 200.0 * check.faulty / max(1, rows) + penalty
    report = QualityReport(
        rows=rows,
        kept=kept,
        timeframe=timeframe,
        findings=by_severity(check.findings),
        gaps=tuple(gaps),
        missing=missing,
        zero_volume_share=zero_share,
        first_open_ms=int(columns.time_ms[0]) if kept else None,
        last_open_ms=int(columns.time_ms[-1]) if kept else None,
        score=round(max(0.0, 100.0 - lost), 1) if kept else 0.0,
    )
    return Checked(report, columns.take(slice(0, kept)))


def _note_oddities(check: _Check, gaps: list[Gap]) -> tuple[float, float]:
    """Warn of gaps, spikes, frozen prices and empty candles; the zero-volume share and the score they cost."""
    columns = check.columns
    bars = len(columns)
    if gaps:
        missing = sum(gap.missing for gap in gaps)
        after = np.searchsorted(columns.time_ms, [gap.last_missing_ms for gap in gaps[:_EXAMPLES]])
        check.warn(
            "gaps", len(gaps),
            f"{_missing_text(missing)} in {_gaps_text(len(gaps))}, first at {moment(gaps[0].first_missing_ms)}.",
            "They stay missing; a backtest goes over them and says so.", after,
        )  # fmt: skip
    spikes = oddities.spikes(columns.open, columns.high, columns.low, columns.close)
    if spikes.size:
        first = columns.examples(spikes[:1])[0]
        check.warn(
            "spikes", int(spikes.size),
            f"A price lies far from all its neighbors: {rows_text(spikes.size)}, first {where(first)} ({first.text}).",
            "They are kept as they are; look at them before you trust a result.", spikes,
        )  # fmt: skip
    frozen = oddities.frozen_rows(columns.open, columns.high, columns.low, columns.close)
    if frozen.size:
        first = columns.examples(frozen[:1])[0]
        check.warn(
            "frozen", int(frozen.size),
            f"The price stands still for {oddities.FROZEN_RUN} candles or more: {rows_text(frozen.size)}, "
            f"first {where(first)}.",
            "They are kept.", frozen,
        )  # fmt: skip
    empty = np.flatnonzero(columns.volume == 0.0) if columns.volume is not None else np.empty(0, np.int64)
    share = empty.size / bars
    if columns.volume is None:
        check.warn("no_volume", bars, "The file has no volume.", "Volume counts as zero.")
    elif empty.size:
        check.warn(
            "zero_volume", int(empty.size), f"Without any volume: {rows_text(empty.size)} ({share:.2%}).",
            "They are kept.", empty,
        )  # fmt: skip
    return share, 20.0 * share + 50.0 * frozen.size / bars + min(10.0, float(spikes.size))


def to_candles(columns: RawColumns, timeframe: Timeframe | None, symbol: str, source: str) -> Candles:
    """The checked rows as candles."""
    volume = np.zeros(len(columns)) if columns.volume is None else columns.volume
    turnover = columns.turnover
    if turnover is not None and not np.isfinite(turnover).all():
        turnover = None
    return Candles(
        columns.time_ms, columns.open, columns.high, columns.low, columns.close, volume, turnover,
        symbol, timeframe, source,
    )  # fmt: skip


def _missing_text(count: int) -> str:
    return "1 candle is missing" if count == 1 else f"{count} candles are missing"


def _gaps_text(count: int) -> str:
    return "1 gap" if count == 1 else f"{count} gaps"
