"""Import candles from a file in two steps: look and report, then store what was agreed to."""

from dataclasses import dataclass
from pathlib import Path

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import MissingCandles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.ports import CandleStore, SeriesKey, WriteOutcome


@dataclass(frozen=True)
class ImportOptions:
    """What the user says about the file; None leaves it to the guess.

    `columns` maps fields (open_time, open, ...) to column names. `drop_faulty` leaves faulty rows out instead of
    refusing the file. `drop_last` leaves the last candle out, for files downloaded while it was still forming.
    """

    symbol: str | None = None
    timeframe: Timeframe | None = None
    source: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    drop_faulty: bool = False
    drop_last: bool = False


@dataclass(frozen=True)
class ImportGuess:
    """One thing read out of the file: what it is, its value, and why."""

    what: str
    value: str
    reason: str


@dataclass(frozen=True)
class ImportFinding:
    """One thing the look at the rows found. `severity` is 'refuse', 'drop' or 'warn'; examples are ready sentences."""

    severity: str
    count: int
    sentence: str
    action: str
    examples: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ImportPreview:
    """What a file holds, before anything is stored.

    `candles` is None when the file is refused; then `refusal` says why and `hint` what to do. `score` is the quality,
    0 to 100. `can_drop` tells whether leaving faulty rows out would let the rest in.
    """

    path: Path
    options: ImportOptions
    guesses: tuple[ImportGuess, ...]
    findings: tuple[ImportFinding, ...]
    column_names: tuple[str, ...]
    columns: dict[str, str]
    rows: int
    missing: int
    score: float
    candles: Candles | None
    refusal: str
    hint: str
    can_drop: bool

    @property
    def series(self) -> SeriesKey | None:
        """Under which name the candles will be stored."""
        candles = self.candles
        if candles is None or candles.timeframe is None:
            return None
        return SeriesKey(candles.symbol, candles.timeframe, candles.source)


def preview_file(
    path: Path, options: ImportOptions | None = None, checkpoint: Checkpoint = no_checkpoint
) -> ImportPreview:
    """Read a file and report on it; nothing is stored.

    Raises:
        UnreadableFile: not there, or not a table of candles.
        InvalidParameter: an option names something that does not exist.
    """
    from strategy_tester.marketdata.files import inspect_file

    chosen = options or ImportOptions()
    checkpoint(0, 1, path.name)
    found = inspect_file(
        path,
        symbol=chosen.symbol,
        timeframe=chosen.timeframe,
        source=chosen.source,
        columns=dict(chosen.columns) or None,
        drop_faulty=chosen.drop_faulty,
        drop_last=chosen.drop_last,
    )
    report = found.report
    return ImportPreview(
        path=path,
        options=chosen,
        guesses=tuple(ImportGuess(guess.what, guess.value, guess.reason) for guess in found.guesses),
        findings=tuple(
            ImportFinding(
                finding.severity.value,
                finding.count,
                finding.sentence,
                finding.action,
                tuple(f"{example.row}: {example.text}" for example in finding.examples),
            )
            for finding in report.findings
        ),
        column_names=found.column_names,
        columns=found.columns,
        rows=report.rows,
        missing=report.missing,
        score=report.score,
        candles=found.candles,
        refusal=found.refusal,
        hint=found.hint,
        can_drop=report.can_drop,
    )


def store_preview(
    preview: ImportPreview, candle_store: CandleStore, checkpoint: Checkpoint = no_checkpoint
) -> WriteOutcome:
    """Store the candles that were looked at, in one transaction.

    Raises:
        MissingCandles: the file was refused, there is nothing to store.
        StorageError: the database could not take them; then nothing is stored.
    """
    if preview.candles is None:
        raise MissingCandles(preview.refusal or "there are no candles to store", hint=preview.hint)
    checkpoint(0, 1, f"{len(preview.candles)} candles")
    return candle_store.write(preview.candles)
