"""What users draw on charts: lines, channels, Fibonacci levels, positions. Anchored in time and price, never in bars.

A drawing belongs to a symbol, whatever the source and the timeframe of the candles it was drawn over. Its content is
a JSON object; `from_content` takes nothing that `to_content` could not have written.
"""

import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from strategy_tester.domain.errors import InvalidDrawing

COLORS: tuple[str, ...] = (
    "blue", "orange", "purple", "cyan", "pink", "green", "yellow", "indigo", "up", "down", "text", "muted",
)  # fmt: skip
"""Colors by name: each theme has its own, readable shade of them."""
LINES: tuple[str, ...] = ("solid", "dashed", "dotted")
WIDEST = 4
TEXT_SIZES: tuple[float, ...] = (0.85, 1.0, 1.25, 1.6, 2.2)
"""Heights of letters, in heights of the chart's own."""
LONGEST_TEXT = 2000
FARTHEST_ORDER = 2**53
MOST_LEVELS = 24
EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_000
"""The years 1 to 9999."""
RETRACEMENT_LEVELS = (0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0)
EXTENSION_LEVELS = (0.0, 0.382, 0.618, 1.0, 1.618, 2.618)
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Anchor:
    """A point that a drawing hangs on: UTC milliseconds and a price."""

    time_ms: int
    price: float


@dataclass(frozen=True)
class DrawingStyle:
    """How a drawing looks.

    Attributes:
        color: A name of COLORS or "#RRGGBB".
        width: Thickness of lines in logical pixels, 1..WIDEST.
        line: One of LINES.
        is_filled: Whether the area inside is tinted.
        text_size: One of TEXT_SIZES.
        levels: Fractions of a Fibonacci drawing; empty for the others.
    """

    color: str = "blue"
    width: int = 1
    line: str = "solid"
    is_filled: bool = True
    text_size: float = 1.0
    levels: tuple[float, ...] = ()


@dataclass(frozen=True)
class PositionTerms:
    """What the numbers of a position drawing are worked out with.

    Attributes:
        account: Money in quote currency; 0 when not given.
        risk_rate: Fraction of the account to lose at the stop; 0 when not given.
        taker_fee_rate: Fee of each side as a fraction of the price; 0 for none.
    """

    account: float = 0.0
    risk_rate: float = 0.0
    taker_fee_rate: float = 0.0


@dataclass(frozen=True)
class DrawingKind:
    """A sort of drawing.

    Attributes:
        key: Stable name, as stored.
        title: English.
        anchors: How many points it hangs on.
        style: How a new one looks.
        terms: Of a new position; None for all others.
    """

    key: str
    title: str
    anchors: int
    style: DrawingStyle = DrawingStyle()
    terms: PositionTerms | None = None


_FIBONACCI = DrawingStyle("muted", levels=RETRACEMENT_LEVELS)
_TERMS = PositionTerms(taker_fee_rate=0.00055)

KINDS: dict[str, DrawingKind] = {
    kind.key: kind
    for kind in (
        DrawingKind("trend_line", "Trend line", 2),
        DrawingKind("ray", "Ray", 2),
        DrawingKind("extended_line", "Extended line", 2),
        DrawingKind("arrow", "Arrow", 2),
        DrawingKind("horizontal_line", "Horizontal line", 1),
        DrawingKind("vertical_line", "Vertical line", 1),
        DrawingKind("cross_line", "Cross line", 1),
        DrawingKind("channel", "Parallel channel", 3),
        DrawingKind("rectangle", "Rectangle", 2, DrawingStyle("purple")),
        DrawingKind("fib_retracement", "Fibonacci retracement", 2, _FIBONACCI),
        DrawingKind("fib_extension", "Fibonacci extension", 3, replace(_FIBONACCI, levels=EXTENSION_LEVELS)),
        DrawingKind("measure", "Measure", 2),
        DrawingKind("text", "Text", 1, DrawingStyle("text")),
        DrawingKind("long_position", "Long position", 3, DrawingStyle("muted"), _TERMS),
        DrawingKind("short_position", "Short position", 3, DrawingStyle("muted"), _TERMS),
    )
}
"""Every kind by its key. Anchors of positions: entry (left edge), target (right edge), stop."""


@dataclass(frozen=True)
class Drawing:
    """One thing drawn.

    Attributes:
        id: Unique.
        kind: Key of KINDS.
        anchors: As many as the kind wants.
        order: Later ones lie above earlier ones.
        style: How it looks.
        text: Written on it.
        is_locked: Cannot be moved, changed or deleted by mistake.
        is_hidden: Is not shown.
        terms: Of a position.
    """

    id: str
    kind: str
    anchors: tuple[Anchor, ...]
    order: int = 0
    style: DrawingStyle = DrawingStyle()
    text: str = ""
    is_locked: bool = False
    is_hidden: bool = False
    terms: PositionTerms | None = None

    @property
    def first_ms(self) -> int:
        """The earliest moment of its anchors."""
        return min(anchor.time_ms for anchor in self.anchors)

    @property
    def last_ms(self) -> int:
        """The latest moment of its anchors."""
        return max(anchor.time_ms for anchor in self.anchors)


def new_id() -> str:
    """An id that no other drawing has."""
    return uuid.uuid4().hex


def new_drawing(kind: str, anchors: tuple[Anchor, ...], **rest: Any) -> Drawing:
    """A drawing of a kind, in the kind's own looks unless told otherwise."""
    told = KINDS[kind]
    made = Drawing(new_id(), kind, anchors, style=told.style, terms=told.terms)
    return replace(made, **rest)


def to_content(drawing: Drawing) -> dict[str, Any]:
    """The drawing as a JSON object."""
    style = drawing.style
    content: dict[str, Any] = {
        "id": drawing.id,
        "kind": drawing.kind,
        "anchors": [[anchor.time_ms, anchor.price] for anchor in drawing.anchors],
        "order": drawing.order,
        "style": {
            "color": style.color, "width": style.width, "line": style.line, "is_filled": style.is_filled,
            "text_size": style.text_size, "levels": list(style.levels),
        },
        "text": drawing.text,
        "is_locked": drawing.is_locked,
        "is_hidden": drawing.is_hidden,
    }  # fmt: skip
    if drawing.terms is not None:
        terms = drawing.terms
        content["terms"] = {
            "account": terms.account, "risk_rate": terms.risk_rate, "taker_fee_rate": terms.taker_fee_rate,
        }  # fmt: skip
    return content


def from_content(content: Any) -> Drawing:
    """The drawing that a JSON object tells of.

    Raises:
        InvalidDrawing: a place is missing, not known, or holds what it may not; the message names it.
    """
    told = _Reader(content, "")
    kind = KINDS.get(told.text("kind", 60))
    if kind is None:
        raise InvalidDrawing("kind", f"there is no drawing called {content['kind']!r}; known: {', '.join(KINDS)}")
    drawing = Drawing(
        id=told.text("id", 64, least=1),
        kind=kind.key,
        anchors=_anchors(told.of("anchors"), kind),
        order=told.whole("order", -FARTHEST_ORDER, FARTHEST_ORDER),
        style=_style(told.of("style"), kind),
        text=told.text("text", LONGEST_TEXT),
        is_locked=told.truth("is_locked"),
        is_hidden=told.truth("is_hidden"),
        terms=_terms(told.of("terms")) if kind.terms is not None else None,
    )
    told.finish()
    return drawing


def _anchors(told: Any, kind: DrawingKind) -> tuple[Anchor, ...]:
    pairs = _list(told)
    if pairs is None or len(pairs) != kind.anchors:
        raise InvalidDrawing("anchors", f"a {kind.key} has {kind.anchors} of them")
    anchors: list[Anchor] = []
    for number, given in enumerate(pairs):
        pair = _list(given)
        if pair is None or len(pair) != 2:
            raise InvalidDrawing(f"anchors[{number}]", "is not a pair of time and price")
        place = _Reader({"time_ms": pair[0], "price": pair[1]}, f"anchors[{number}].")
        anchors.append(Anchor(place.whole("time_ms", EARLIEST_MS, LATEST_MS), place.number("price", -1e18, 1e18)))
    return tuple(anchors)


def _style(told: Any, kind: DrawingKind) -> DrawingStyle:
    place = _Reader(told, "style.")
    color = place.text("color", 20)
    if color not in COLORS and not _HEX.fullmatch(color):
        raise InvalidDrawing("style.color", f"{color!r} is neither #RRGGBB nor one of {', '.join(COLORS)}")
    style = DrawingStyle(
        color, place.whole("width", 1, WIDEST), place.choice("line", LINES), place.truth("is_filled"),
        place.choice("text_size", TEXT_SIZES), _levels(place.of("levels"), kind),
    )  # fmt: skip
    place.finish()
    return style


def _levels(told: Any, kind: DrawingKind) -> tuple[float, ...]:
    most = MOST_LEVELS if kind.style.levels else 0
    levels = _list(told)
    if levels is None or len(levels) > most:
        raise InvalidDrawing("style.levels", f"is not a list of at most {most} numbers")
    places = _Reader({str(number): level for number, level in enumerate(levels)}, "style.levels.")
    return tuple(places.number(str(number), -100.0, 100.0) for number in range(len(levels)))


def _terms(told: Any) -> PositionTerms:
    place = _Reader(told, "terms.")
    terms = PositionTerms(
        place.number("account", 0.0, 1e15), place.number("risk_rate", 0.0, 1.0),
        place.number("taker_fee_rate", 0.0, 0.1),
    )  # fmt: skip
    place.finish()
    return terms


def _list(told: Any) -> list[Any] | None:
    return cast("list[Any]", told) if isinstance(told, list) else None


class _Reader:
    """Takes typed values out of a JSON object, and says where something is wrong."""

    def __init__(self, content: Any, where: str) -> None:
        if not isinstance(content, Mapping):
            raise InvalidDrawing(where.rstrip("."), "is not an object")
        self._content, self._where = cast("Mapping[str, Any]", content), where
        self._known: set[str] = set()

    def of(self, name: str) -> Any:
        """A value that must be there."""
        if name not in self._content:
            raise InvalidDrawing(self._where + name, "is missing")
        self._known.add(name)
        return self._content[name]

    def text(self, name: str, longest: int, least: int = 0) -> str:
        value = self.of(name)
        if not isinstance(value, str) or not least <= len(value) <= longest:
            raise InvalidDrawing(self._where + name, f"is not a text of {least} to {longest} characters")
        return value

    def truth(self, name: str) -> bool:
        value = self.of(name)
        if not isinstance(value, bool):
            raise InvalidDrawing(self._where + name, "is neither true nor false")
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        value = self.of(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidDrawing(self._where + name, f"is not a whole number of {least} to {most}")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        value = self.of(name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or not least <= value <= most:
            raise InvalidDrawing(self._where + name, f"is not a number of {least:g} to {most:g}")
        return float(value)

    def choice(self, name: str, choices: tuple[Any, ...]) -> Any:
        value = self.of(name)
        if isinstance(value, bool) or value not in choices:
            raise InvalidDrawing(self._where + name, f"is not one of {', '.join(map(str, choices))}")
        return choices[choices.index(value)]

    def finish(self) -> None:
        """Refuse whatever nobody asked for."""
        unknown = sorted(set(self._content) - self._known)
        if unknown:
            raise InvalidDrawing(self._where + str(unknown[0]), "is not known here")
