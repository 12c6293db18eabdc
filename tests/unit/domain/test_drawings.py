"""Drawings: every content that is written can be read again, and nothing else can."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_tester.domain.drawings import (
    COLORS,
    EARLIEST_MS,
    KINDS,
    LATEST_MS,
    LINES,
    TEXT_SIZES,
    Anchor,
    Drawing,
    DrawingStyle,
    PositionTerms,
    from_content,
    new_drawing,
    to_content,
)
from strategy_tester.domain.errors import InvalidDrawing

colors = st.sampled_from(COLORS) | st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
anchors = st.builds(Anchor, st.integers(EARLIEST_MS, LATEST_MS), st.floats(-1e18, 1e18))
orders = st.integers(-(2**53), 2**53)
terms = st.builds(PositionTerms, st.floats(0, 1e15), st.floats(0, 1), st.floats(0, 0.1))


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    kind = draw(st.sampled_from(list(KINDS.values())))
    levels = st.lists(st.floats(-100, 100), max_size=24).map(tuple) if kind.style.levels else st.just(())
    style = st.builds(
        DrawingStyle, colors, st.integers(1, 4), st.sampled_from(LINES), st.booleans(), st.sampled_from(TEXT_SIZES),
        levels,
    )  # fmt: skip
    return Drawing(
        draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)), kind.key,
        tuple(draw(st.lists(anchors, min_size=kind.anchors, max_size=kind.anchors))), draw(orders),
        draw(style), draw(texts), draw(st.booleans()), draw(st.booleans()),
        draw(terms) if kind.terms is not None else None,
    )  # fmt: skip


@given(drawings())
def test_content_comes_back_as_the_same_drawing(drawing: Drawing) -> None:
    assert from_content(json.loads(json.dumps(to_content(drawing)))) == drawing


def line() -> dict[str, Any]:
    return to_content(new_drawing("trend_line", (Anchor(1_000, 1.5), Anchor(2_000, 2.5))))


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        (("kind",), "spiral", "kind: there is no drawing called 'spiral'"),
        (("anchors",), [[0, 1.0]], "anchors: a trend_line has 2 of them"),
        (("anchors", 1), [0], r"anchors\[1\]: is not a pair"),
        (("anchors", 0, 0), 1.5, r"anchors\[0\]\.time_ms: is not a whole number"),
        (("anchors", 0, 0), LATEST_MS + 1, r"anchors\[0\]\.time_ms"),
        (("anchors", 1, 1), float("nan"), r"anchors\[1\]\.price: is not a number"),
        (("anchors", 1, 1), True, r"anchors\[1\]\.price"),
        (("order",), "1", "order: is not a whole number"),
        (("style", "color"), "red", "style.color: 'red' is neither #RRGGBB nor one of blue"),
        (("style", "color"), "#12345", "style.color"),
        (("style", "width"), 9, "style.width: is not a whole number of 1 to 4"),
        (("style", "line"), "wavy", "style.line: is not one of solid, dashed, dotted"),
        (("style", "levels"), [0.5], "style.levels: is not a list of at most 0 numbers"),
        (("style", "glow"), 1, "style.glow: is not known here"),
        (("text",), None, "text: is not a text"),
        (("is_locked",), 1, "is_locked: is neither true nor false"),
        (("terms",), {}, "terms: is not known here"),
        (("id",), "", "id: is not a text of 1 to 64"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(place: tuple[Any, ...], value: Any, problem: str) -> None:
    content = copy.deepcopy(line())
    target: Any = content
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    with pytest.raises(InvalidDrawing, match=problem):
        from_content(content)


@pytest.mark.parametrize("name", list(line()))
def test_nothing_may_be_missing(name: str) -> None:
    content = line()
    del content[name]
    with pytest.raises(InvalidDrawing, match=f"^{name}: is missing"):
        from_content(content)


@pytest.mark.parametrize("content", [None, [], "line", 5])
def test_what_is_no_object_is_refused(content: Any) -> None:
    with pytest.raises(InvalidDrawing, match="is not an object"):
        from_content(content)


def test_a_position_has_terms() -> None:
    position = new_drawing("long_position", (Anchor(0, 100.0), Anchor(5, 110.0), Anchor(5, 95.0)))
    content = to_content(position)
    assert content["terms"] == {"account": 0.0, "risk_rate": 0.0, "taker_fee_rate": 0.00055}
    content["terms"]["taker_fee_rate"] = 0.5
    with pytest.raises(InvalidDrawing, match=r"terms\.taker_fee_rate: is not a number of 0 to 0\.1"):
        from_content(content)
    del content["terms"]
    with pytest.raises(InvalidDrawing, match="terms: is missing"):
        from_content(content)


def test_a_drawing_knows_its_first_and_last_moment() -> None:
    drawing = new_drawing("ray", (Anchor(7_000, 1.0), Anchor(3_000, 2.0)))
    assert (drawing.first_ms, drawing.last_ms) == (3_000, 7_000)


def test_every_kind_makes_a_drawing_with_a_new_id() -> None:
    made = [new_drawing(kind.key, (Anchor(0, 1.0),) * kind.anchors) for kind in KINDS.values()]
    assert len({drawing.id for drawing in made}) == len(KINDS)
    assert [from_content(to_content(drawing)) for drawing in made] == made
