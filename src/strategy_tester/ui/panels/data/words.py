"""Words of the data panel: what is known of the parts of a series, and how good it is."""

from strategy_tester.services.coverage import CoverageInterval, CoverageState
from strategy_tester.services.coverage_quality import SeriesQuality
from strategy_tester.services.notes import Note
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import mark, plural, tr

STATES = {
    CoverageState.COMPLETE: mark("complete"),
    CoverageState.MISSING: mark("missing"),
    CoverageState.NONE: mark("the exchange has none"),
    CoverageState.NOT_ASKED: mark("not asked for"),
}
WHY = {
    CoverageState.MISSING: mark("Should be there and is not: refill it."),
    CoverageState.NONE: mark("Asked twice: the exchange has nothing here."),
    CoverageState.NOT_ASKED: mark("Never asked for."),
}


def span_words(part: CoverageInterval) -> str:
    """One part of a series: what is known, how many candles, from when to when."""
    count = plural("{count} candle|{count} candles", part.candles)
    times = f"{numbers.format_time(part.start_ms, zone=False)} … {numbers.format_time(part.end_ms)}"
    return f"{tr(STATES[part.state])} · {count}\n{times}"


def note_words(note: Note) -> str:
    """A finding in the language in use."""
    return tr(note.text) if note.count is None else plural(note.text, note.count)


def quality_words(quality: SeriesQuality | None) -> str:
    """The score with what it lost its points for."""
    if quality is None:
        return tr("Not looked at yet.")
    lines = [tr("Quality {score} of 100", score=numbers.format_number(quality.score, 1))]
    for part in quality.parts:
        points = f"{numbers.MINUS}{numbers.format_number(part.lost, 2)}" if part.lost else numbers.format_count(0)
        lines.append(f"{points}  {note_words(part.note)}")
    if not quality.parts:
        lines.append(tr("Nothing is wrong with it."))
    return "\n".join(lines)
