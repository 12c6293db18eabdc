"""Words of the data panel: where a series comes from, what is known of its parts, how good it is."""

from strategy_tester.domain.market_events import Category
from strategy_tester.services.coverage import CoverageInterval, CoverageState
from strategy_tester.services.coverage_quality import SeriesQuality
from strategy_tester.services.market_history import market_of
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.notes import Note
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import mark, plural, tr

EXCHANGES = {
    "bybit": mark("Bybit"),
    "bybit-testnet": mark("Bybit testnet"),
    "binance": mark("Binance"),
    "practice": mark("Practice exchange"),
}
CATEGORIES = {Category.LINEAR: mark("perp"), Category.INVERSE: mark("inverse perp"), Category.SPOT: mark("spot")}
_KINDS = {PriceKind.MARK: mark("mark price"), PriceKind.INDEX: mark("index price")}
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


def source_words(key: SeriesKey) -> str:
    """Where a series comes from: "Bybit perp", "Bybit perp, mark price"; a file's own name as it is."""
    found = market_of(key)
    if found is None:
        return tr("practice market (synthetic)") if key.source == "practice" else key.source
    market, kind = found
    words = f"{tr(EXCHANGES[market.exchange])} {tr(CATEGORIES[market.category])}"
    return f"{words}, {tr(_KINDS[kind])}" if kind in _KINDS else words


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
