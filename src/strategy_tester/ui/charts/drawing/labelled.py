"""Figures that tell numbers: Fibonacci levels, measures, positions. No Qt here."""

import itertools
import math
from collections.abc import Callable

from strategy_tester.domain.drawings import Drawing, PositionTerms
from strategy_tester.ui.charts.drawing.figures import (
    FAINT,
    TINT,
    Figure,
    Fill,
    Ground,
    Handle,
    Market,
    Stroke,
    Words,
    anchor_handles,
    put_words,
    rectangle_corners,
    rectangle_handles,
)
from strategy_tester.ui.charts.drawing.geometry import (
    Box,
    Point,
    arrow_head,
    clipped,
    extension_price,
    retracement_price,
)
from strategy_tester.ui.charts.drawing.readings import (
    MeasureReading,
    PositionReading,
    measure,
    read_position,
)
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.numbers import (
    format_duration,
    format_money,
    format_percent,
    format_price,
    format_quantity,
    format_ratio,
)

Maker = Callable[[Drawing, list[Point], Ground, bool], Figure]
LEVEL_COLORS = ("muted", "down", "orange", "green", "up", "cyan", "blue", "purple", "pink", "indigo")
"""Colors of Fibonacci levels one after the other, while the drawing has no color of its own choice."""
_NARROW = 60.0
_NARROWEST_POSITION = 24.0
_CROWDED, _TINY = 0.5, 0.2
"""Shares of its words' width below which a position tells only R, or nothing."""


# --- Fibonacci


def _retracement(drawing: Drawing, points: list[Point], ground: Ground, is_active: bool) -> Figure:  # noqa: FBT001
    start, end = drawing.anchors[0].price, drawing.anchors[1].price
    prices = [retracement_price(start, end, level) for level in drawing.style.levels]
    left, right = sorted((points[0][0], points[1][0]))
    return _levels(drawing, points, prices, (left, right), ground)


def _extension(drawing: Drawing, points: list[Point], ground: Ground, is_active: bool) -> Figure:  # noqa: FBT001
    start, end, turn = (anchor.price for anchor in drawing.anchors)
    prices = [extension_price(start, end, turn, level) for level in drawing.style.levels]
    left, right = sorted((points[1][0], points[2][0]))
    return _levels(drawing, points, prices, (left, right), ground)


def _levels(
    drawing: Drawing, points: list[Point], prices: list[float], across: tuple[float, float], ground: Ground
) -> Figure:
    style, box = drawing.style, ground.projection.box
    left, right = across[0], max(across[1], across[0] + ground.px(_NARROW))
    figure = Figure(handles=anchor_handles(points))
    for start, end in itertools.pairwise(points):
        way = clipped(start, end, box)
        if way is not None:
            figure.strokes.append(Stroke(*way, style.color, 1, "dashed"))
    rows = sorted(
        (ground.projection.y_of(price), price, level, number)
        for number, (price, level) in enumerate(zip(prices, style.levels, strict=True))
    )
    above: float | None = None
    for y, price, level, number in rows:
        color = LEVEL_COLORS[number % len(LEVEL_COLORS)] if style.color == "muted" else style.color
        line = clipped((left, y), (right, y), box)
        if line is not None:
            figure.strokes.append(Stroke(*line, color, style.width, style.line))
        if style.is_filled and above is not None:
            figure.fills.append(Fill(rectangle_corners((left, above), (right, y)), color, FAINT))
        above = y
        if box.top <= y <= box.bottom:
            text = f"{level:g} ({format_price(price, ground.market.decimals)})"
            width, _ = ground.measure((text,), 0.85)
            # Beside the lines where there is room, else on them.
            at, shift = ((left - ground.px(5), y), (-1.0, -0.5))
            if left - width - ground.px(8) < box.left:
                at, shift = (max(left, box.left) + ground.px(4), y - ground.px(1)), (0.0, -1.0)
            figure.words.append(put_words(ground, at, (text,), color, shift=shift, size=0.85, can_hit=False))
    return figure


# --- measure


def measure_reading(drawing: Drawing, ground: Ground) -> MeasureReading:
    """The numbers of a measure."""
    one, other = (
        (ground.projection.place_among_bars(anchor.time_ms), anchor.time_ms, anchor.price)
        for anchor in drawing.anchors[:2]
    )
    return measure(one, other, ground.market.tick_size)


def measure_lines(reading: MeasureReading, market: Market) -> tuple[str, ...]:
    """What a measure says."""
    parts = [format_price(reading.change, market.decimals, sign=True)]
    if math.isfinite(reading.change_rate):
        parts.append(f"({format_percent(reading.change_rate * 100, sign=True)})")
    if math.isfinite(reading.ticks):
        parts.append("· " + plural("{count} tick|{count} ticks", abs(int(reading.ticks))))
    sign = "−" if reading.bars < 0 or reading.duration_ms < 0 else ""
    bars = sign + plural("{count} bar|{count} bars", abs(reading.bars))
    return " ".join(parts), f"{bars} · {sign}{format_duration(abs(reading.duration_ms))}"


def _measure(drawing: Drawing, points: list[Point], ground: Ground, is_active: bool) -> Figure:  # noqa: FBT001
    (x0, y0), (x1, y1) = points[0], points[1]
    reading = measure_reading(drawing, ground)
    color = "down" if reading.change < 0 else "blue"
    figure = Figure(handles=rectangle_handles(points[0], points[1]))
    figure.fills.append(Fill(rectangle_corners(points[0], points[1]), color, TINT, can_hit=True))
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    for start, end in (((middle_x, y0), (middle_x, y1)), ((x0, middle_y), (x1, middle_y))):
        line = clipped(start, end, ground.projection.box)
        if line is None or start == end:
            continue
        figure.strokes.append(Stroke(*line, color))
        if ground.projection.box.contains(end):
            figure.fills.append(Fill(arrow_head(start, end, ground.px(7)), color, 1.0))
    lines = measure_lines(reading, ground.market)
    if drawing.text.strip():
        lines = (*drawing.text.splitlines(), *lines)
    is_up = y1 <= y0
    at = middle_x, y1 + (-ground.px(6) if is_up else ground.px(6))
    words = put_words(ground, at, lines, color, shift=(-0.5, -1.0 if is_up else 0.0), is_card=True)
    box = ground.projection.box
    is_seen = min(x0, x1) < box.right and max(x0, x1) > box.left and min(y0, y1) < box.bottom and max(y0, y1) > box.top
    figure.words.append(_kept_inside(words, ground) if is_seen else words)
    return figure


def _kept_inside(words: Words, ground: Ground, *, is_upright: bool = True) -> Words:
    """The same words moved so that they stay in the pane; `is_upright` says whether up and down too."""
    box, pane = words.box, ground.projection.box
    margin = ground.px(3)
    dx = max(pane.left + margin - box.left, 0.0) or min(pane.right - margin - box.right, 0.0)
    dy = max(pane.top + margin - box.top, 0.0) or min(pane.bottom - margin - box.bottom, 0.0) if is_upright else 0.0
    if not (dx or dy):
        return words
    return words._replace(box=Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy))


# --- positions


def position_reading(drawing: Drawing, market: Market) -> PositionReading:
    """The numbers of a position."""
    entry, target, stop = (anchor.price for anchor in drawing.anchors)
    return read_position(
        (entry, stop, target), drawing.terms or PositionTerms(), is_long=drawing.kind == "long_position",
        tick_size=market.tick_size, quantity_step=market.quantity_step,
    )  # fmt: skip


def ratio_text(reading: PositionReading) -> str:
    """R, and R after fees when a fee is known."""
    if not reading.is_valid:
        return tr("Stop or target on the wrong side")
    text = f"R {format_ratio(reading.ratio)}"
    if math.isfinite(reading.net_ratio):
        text += " · " + tr("after fees {ratio}", ratio=format_ratio(reading.net_ratio))
    return text


def _side_text(name: str, price: float, far: tuple[float, float, float], money: float, market: Market) -> str:
    """`Target 101.50 (+1.50 %) · 150 ticks · +99 USDT`."""
    distance, rate, ticks = far
    parts = [f"{name} {format_price(price, market.decimals)}"]
    if math.isfinite(rate):
        parts[0] += f" ({format_percent(rate * 100, sign=True)})"
        parts.append(format_price(distance, market.decimals))
    if math.isfinite(ticks):
        parts.append(plural("{count} tick|{count} ticks", int(ticks)))
    if math.isfinite(money):
        parts.append(format_money(money, market.quote, sign=True))
    return " · ".join(parts)


def entry_lines(reading: PositionReading, market: Market, terms: PositionTerms | None) -> tuple[str, ...]:
    """What stands at the entry: R, and the quantity when a risk is given."""
    lines = [ratio_text(reading)]
    if math.isfinite(reading.quantity) and terms is not None:
        quantity = format_quantity(reading.quantity, market.quantity_step or None, market.base)
        risk = format_percent(terms.risk_rate * 100)
        lines.append(tr("Quantity {quantity} · risk {risk}", quantity=quantity, risk=risk))
    return tuple(lines)


def _position(drawing: Drawing, points: list[Point], ground: Ground, is_active: bool) -> Figure:  # noqa: FBT001
    market = ground.market
    left, y = points[0]
    right = points[1][0]
    if abs(right - left) < ground.px(_NARROWEST_POSITION):
        right = left + ground.px(_NARROWEST_POSITION)
    target_y, stop_y = points[1][1], points[2][1]
    reading = position_reading(drawing, market)
    figure = Figure()
    for edge, color in ((target_y, "up"), (stop_y, "down")):
        figure.fills.append(Fill(rectangle_corners((left, y), (right, edge)), color, TINT, can_hit=True))
        line = clipped((left, edge), (right, edge), ground.projection.box)
        if line is not None:
            figure.strokes.append(Stroke(*line, color))
    line = clipped((left, y), (right, y), ground.projection.box)
    if line is not None:
        figure.strokes.append(Stroke(*line, drawing.style.color, drawing.style.width, drawing.style.line))
    figure.handles = [
        Handle((left, y), 0, 0), Handle((left, target_y), None, 1), Handle((left, stop_y), None, 2),
        Handle((right, y), 1, None),
    ]  # fmt: skip
    words = _position_words(drawing, reading, ((left + right) / 2, y, target_y, stop_y), ground)
    across, widest = abs(right - left), max(one.box.right - one.box.left for one in words)
    if not is_active and across < widest * _CROWDED:
        short = put_words(ground, ((left + right) / 2, y), (ratio_text(reading),), "muted", shift=(-0.5, -0.5),
                          is_card=True, size=0.85)  # fmt: skip
        words = [short] if across > widest * _TINY else []
    box = ground.projection.box
    if min(left, right) < box.right and max(left, right) > box.left:
        words = [_kept_inside(one, ground, is_upright=False) for one in words]
    figure.words = words
    return figure


def _position_words(
    drawing: Drawing, reading: PositionReading, at: tuple[float, float, float, float], ground: Ground
) -> list[Words]:
    """Cards at target, stop and entry."""
    center, y, target_y, stop_y = at
    market, sign = ground.market, 1.0 if drawing.kind == "long_position" else -1.0
    sides = (
        (tr("Target"), reading.target, (reading.reward, sign * reading.reward_rate, reading.reward_ticks),
         reading.gain, target_y, "up"),
        (tr("Stop"), reading.stop, (reading.risk, -sign * reading.risk_rate, reading.risk_ticks),
         -reading.loss, stop_y, "down"),
    )  # fmt: skip
    words: list[Words] = []
    for name, price, far, money, edge, color in sides:
        text = _side_text(name, price, far, money, market)
        is_above = edge <= y
        place = center, edge + (-ground.px(3) if is_above else ground.px(3))
        shift = -0.5, -1.0 if is_above else 0.0
        words.append(put_words(ground, place, (text,), color, shift=shift, is_card=True, size=0.85))
    lines = entry_lines(reading, market, drawing.terms)
    if drawing.text.strip():
        lines = (*drawing.text.splitlines(), *lines)
    color = "muted" if reading.is_valid else "orange"
    words.append(put_words(ground, (center, y), lines, color, shift=(-0.5, -0.5), is_card=True, size=0.85))
    return words


MAKERS: dict[str, Maker] = {
    "fib_retracement": _retracement,
    "fib_extension": _extension,
    "measure": _measure,
    "long_position": _position,
    "short_position": _position,
}


def summary(drawing: Drawing, market: Market) -> str:
    """A few words that tell a drawing from others of its kind, for lists."""
    if drawing.text.strip():
        return drawing.text.strip().splitlines()[0]
    if drawing.kind.endswith("_position"):
        return ratio_text(position_reading(drawing, market))
    prices = dict.fromkeys(format_price(anchor.price, market.decimals) for anchor in drawing.anchors)
    return " – ".join(prices) if drawing.kind != "vertical_line" else ""
