"""What a look at a table of candles found, in words."""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.marketdata.gaps import Gap


class Severity(Enum):
    """What a finding does to the import."""

    REFUSE = "refuse"
    DROP = "drop"
    WARN = "warn"


@dataclass(frozen=True)
class RowExample:
    """One row a finding is about: its number as the file counts (a CSV file's line), its time, what stands there."""

    row: int
    time_ms: int | None
    text: str


@dataclass(frozen=True)
class Finding:
    """Something about the table that its owner should know.

    Attributes:
        code: Stable short name, such as 'duplicate_rows'.
        severity: Whether it refuses the import, drops rows, or only warns.
        count: How many rows (or gaps) it is about.
        sentence: What was found.
        action: What the import does about it.
        examples: The first rows.
        droppable: For a refusal: whether leaving out (or sorting) rows would mend it.
    """

    code: str
    severity: Severity
    count: int
    sentence: str
    action: str
    examples: tuple[RowExample, ...] = ()
    droppable: bool = False


@dataclass(frozen=True)
class QualityReport:
    """Everything found in one table of candles.

    Attributes:
        rows: Rows in the table.
        kept: Rows that become candles; 0 when the table is refused.
        timeframe: Length of the candles, given or read from the times; None when there is none.
        findings: Refusals first, then dropped rows, then warnings.
        gaps: Missing candles.
        missing: How many are missing altogether.
        zero_volume_share: Share of candles without volume, 0..1.
        first_open_ms: Open time of the first candle kept, and `last_open_ms` of the last; None when none is.
        score: 0 (refused) to 100 (nothing found); the module's docstring has the formula.
    """

    rows: int
    kept: int = 0
    timeframe: Timeframe | None = None
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    missing: int = 0
    zero_volume_share: float = 0.0
    first_open_ms: int | None = None
    last_open_ms: int | None = None
    score: float = 0.0

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings for which the table is refused; empty when it is not."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.REFUSE)

    @property
    def refusal(self) -> str:
        """Why the table is refused, in one sentence; empty when it is not."""
        return " ".join(finding.sentence for finding in self.refusals)

    @property
    def can_drop(self) -> bool:
        """Whether the table would be accepted without its faulty rows."""
        return bool(self.refusals) and all(finding.droppable for finding in self.refusals)

    def with_finding(self, finding: Finding) -> "QualityReport":
        """The same report with one more warning or refusal."""
        refused = finding.severity is Severity.REFUSE
        return replace(
            self,
            findings=by_severity([*self.findings, finding]),
            kept=0 if refused else self.kept,
            score=0.0 if refused else self.score,
        )


def by_severity(findings: list[Finding]) -> tuple[Finding, ...]:
    """Refusals first, then dropped rows, then warnings."""
    rank = {Severity.REFUSE: 0, Severity.DROP: 1, Severity.WARN: 2}
    return tuple(sorted(findings, key=lambda finding: rank[finding.severity]))


def rows_text(count: int) -> str:
    """1 row, 2 rows."""
    return "1 row" if count == 1 else f"{count} rows"


def where(example: RowExample) -> str:
    """In row 7 (2025-01-01 00:00:00 UTC)."""
    return f"in row {example.row}" + (f" ({moment(example.time_ms)})" if example.time_ms is not None else "")


def moment(time_ms: int) -> str:
    """2025-01-01 00:00:00 UTC."""
    if abs(time_ms) > 8e15:
        return f"time {time_ms}"
    return str(np.datetime64(time_ms, "ms").astype("datetime64[s]")).replace("T", " ") + " UTC"


def length_text(milliseconds: int) -> str:
    """1 hour, 90 minutes, 3 days."""
    for unit, length in (("day", DAY_MS), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000)):
        if milliseconds % length == 0:
            count = milliseconds // length
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{milliseconds} ms"
