"""What the legend says at a bar. Rows of pieces of text, each with the name of its color."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from strategy_tester.ui.charts.lettering import Lettering
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.i18n import language, mark, tr
from strategy_tester.ui.numbers import DASH, format_compact, format_number, format_percent

SOURCES = {
    "bybit-linear": mark("Bybit perp"),
    "bybit-inverse": mark("Bybit inverse perp"),
    "bybit-spot": mark("Bybit spot"),
    "binance-usdm": mark("Binance perp"),
    "binance-spot": mark("Binance spot"),
    "practice": mark("practice market (synthetic)"),
    "practice-linear": mark("practice exchange (replay)"),
    "practice-inverse": mark("practice exchange (replay)"),
    "practice-spot": mark("practice exchange (replay)"),
    "bybit-testnet-linear": mark("Bybit testnet perp"),
}


NARROW = 30
"""Width of a pane, in heights of the font, below which the legend is one short row."""
LOW = 12
"""Height of a pane, in heights of the font, below which a legend that has a short form takes it."""


class Piece(NamedTuple):
    """Some text and the color it is written in: a color's name, or the number of a line color."""

    text: str
    color: str | int = "text"
    is_bold: bool = False
    keeps_next: bool = False
    """Whether a line never ends between this piece and the next: a name and its value."""
    owner: str = ""
    """What the piece belongs to; neighboring pieces of one owner share its buttons."""
    buttons: tuple[str, ...] = ()
    """Offered while the pointer is over the owner's pieces: names in `controls.LEGEND_BUTTONS`."""
    is_short: bool = False
    """Whether it also stands in the one short row of a narrow chart."""


Row = tuple[Piece, ...]


def head_row(candles: PreparedCandles, bar: int | None) -> Row:
    """Symbol, timeframe, source, then open, high, low, close, change and volume of a bar (None: nothing there)."""
    frame = "" if candles.timeframe is None else str(candles.timeframe)
    names = _name_pieces(candles.symbol, frame, candles.source, candles.is_synthetic, language())
    return (*names, *_price_pieces(candles, bar))


@lru_cache(maxsize=64)
def _name_pieces(symbol: str, frame: str, source: str, made_up: bool, _language: str) -> Row:  # noqa: FBT001  a key
    source = tr(SOURCES.get(source, source))
    pieces = [Piece(symbol or tr("Unnamed"), "text", is_bold=True, is_short=True)]
    if frame:
        pieces.append(Piece(f"· {frame}", "muted", is_short=True))
    if source:
        # A market that is made up says so however little room there is.
        color = "warn" if made_up else "muted"
        pieces.append(Piece(f"· {source}", color, is_bold=made_up, is_short=made_up))
    return tuple(pieces)


def _price_pieces(candles: PreparedCandles, bar: int | None) -> Row:
    if bar is None or not 0 <= bar < len(candles):
        return (Piece(tr("no candle here"), "muted", is_short=True),)
    open_, high, low, close = (
        float(column.values[bar]) for column in (candles.open, candles.high, candles.low, candles.close)
    )
    color = "up_text" if close >= open_ else "down_text"
    pieces: list[Piece] = []
    for letter, value in (("O", open_), ("H", high), ("L", low), ("C", close)):
        text = format_number(value, candles.decimals)
        pieces += _letter_pieces(letter, text, color, letter == "C", language())
    previous = float(candles.close.values[bar - 1]) if bar else open_
    change = (close / previous - 1.0) * 100.0
    pieces.append(Piece(format_percent(change, sign=True), "up_text" if change >= 0 else "down_text", is_short=True))
    volume = format_compact(float(candles.volume.values[bar]))
    pieces += _letter_pieces("Vol", volume, color, False, language())
    return tuple(pieces)


@lru_cache(maxsize=1024)
def _letter_pieces(letter: str, text: str, color: str, is_short: bool, _language: str) -> Row:  # noqa: FBT001  a key
    return Piece(tr(letter), "muted", keeps_next=True), Piece(text, color, is_short=is_short)


def line_pieces(
    line: PreparedLine, bar: int | None, color: str | int, decimals: int, owner: str = "", buttons: tuple[str, ...] = ()
) -> Row:
    """A line's title and its value at a bar; `owner` and `buttons` as in `Piece`."""
    value = line.value_at(bar) if bar is not None else math.nan
    text = DASH if math.isnan(value) else format_number(value, decimals)
    if line.style == "histogram":
        color = "up_text" if value >= 0 else "down_text"
    title = Piece(line.title, "muted", keeps_next=True, owner=owner, buttons=buttons)
    return title, Piece(text, color, owner=owner, buttons=buttons)


def value_decimals(line: PreparedLine, price_decimals: int, *, is_overlay: bool) -> int:
    """Digits for a line's values: one more than the price has for overlays, two for panes unless values are tiny."""
    if is_overlay:
        return min(price_decimals + 1, 8)
    values = line.highest.level(line.highest.top)
    largest = max((abs(float(value)) for value in values if not math.isnan(value)), default=0.0)
    if largest == 0.0 or largest >= 1.0:
        return 2
    return min(8, 2 - math.floor(math.log10(largest)))


def fitted(rows: Sequence[Row], size: tuple[int, int], lettering: Lettering) -> list[Row]:
    """Rows as drawn in a pane of this width and height: wrapped, or one short row where there is little room."""
    plot_width = size[0]
    has_short = any(piece.is_short for row in rows[:1] for piece in row)
    if plot_width >= NARROW * lettering.height and (size[1] >= LOW * lettering.height or not has_short):
        return wrapped(rows, plot_width, lettering)
    if not rows:
        return []
    short = tuple(piece for piece in rows[0] if piece.is_short) if has_short else rows[0]
    lines = wrapped([short], plot_width, lettering)
    # What warns is never cut off.
    warning = [number for number, line in enumerate(lines) if any(piece.color == "warn" for piece in line)]
    return lines[: max([*warning, 0]) + 1]


def wrapped(rows: Sequence[Row], plot_width: int, lettering: Lettering) -> list[Row]:
    """Rows broken where they would leave the pane: between pieces, never inside one or between a name and its value."""
    room, gap = plot_width - 2 * lettering.px(8), lettering.px(5)
    result: list[Row] = []
    for row in rows:
        current: list[Piece] = []
        used = 0
        for group, width in _groups(row, lettering, gap):
            if current and used + width - gap > room:
                result.append(tuple(current))
                current, used = [], 0
            current += group
            used += width
        if current:
            result.append(tuple(current))
    return result


def _groups(row: Row, lettering: Lettering, gap: int) -> list[tuple[list[Piece], int]]:
    """Pieces that stay together, and the width of each group with the gaps behind its pieces."""
    groups: list[tuple[list[Piece], int]] = []
    group: list[Piece] = []
    width = 0
    for piece in row:
        group.append(piece)
        width += lettering.width(piece.text, is_bold=piece.is_bold) + gap
        if not piece.keeps_next:
            groups.append((group, width))
            group, width = [], 0
    if group:
        groups.append((group, width))
    return groups
