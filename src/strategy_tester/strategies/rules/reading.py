"""Reading JSON values with a place: every function answers a checked value or raises InvalidStrategy."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from strategy_tester.domain.errors import InvalidStrategy

LARGEST_NUMBER = 1e300


class RepeatedKeys(dict[str, Any]):
    """A JSON object in which a key stood twice; `repeated` is the first such key."""

    repeated: str = ""


def load_json(text: str) -> Any:
    """The value of a JSON text; objects with a repeated key come back as RepeatedKeys.

    Raises:
        InvalidStrategy: broken JSON, with line and column as the place.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        hint = "Check commas, quotes and brackets just before this place."
        raise InvalidStrategy(where, f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", hint=hint) from error
    except RecursionError as error:
        raise InvalidStrategy("", "the groups are nested too deeply to be read") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise InvalidStrategy("", f"this JSON cannot be read: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) == len(pairs):
        return content
    seen: set[str] = set()
    repeated = RepeatedKeys(content)
    for key, _ in pairs:
        if key in seen:
            repeated.repeated = key
            break
        seen.add(key)
    return repeated


def nearest(word: str, words: Iterable[str]) -> str:
    """The most similar of the words, letter case aside; empty when there are none."""
    by_folded = {candidate.casefold(): candidate for candidate in words}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.0)
    return by_folded[found[0]] if found else ""


def unknown_word(where: str, word: object, problem: str, words: Sequence[str]) -> InvalidStrategy:
    """The error `'RSI_15' is not computed here; nearest: 'RSI_14'`, with all the words in the hint."""
    near = nearest(str(word), words)
    suffix = f"; nearest: {near!r}" if near else ""
    return InvalidStrategy(where, f"{word!r} {problem}{suffix}", hint=f"Known here: {', '.join(words)}.")


def inside(where: str, key: str) -> str:
    """The place of a key inside a place."""
    return f"{where}.{key}" if where else key


def mapping(value: Any, where: str, known: Sequence[str], required: Sequence[str] = ()) -> Mapping[str, Any]:
    """A JSON object with known keys only."""
    if not isinstance(value, Mapping):
        raise InvalidStrategy(where, f"an object in braces is expected here, not {kind_of(value)}")
    if isinstance(value, RepeatedKeys):
        raise InvalidStrategy(inside(where, value.repeated), f"the key {value.repeated!r} stands here twice")
    for key in value:
        if key not in known:
            raise unknown_word(inside(where, str(key)), key, "is not a known key here", known)
    for key in required:
        if key not in value:
            raise InvalidStrategy(where, f"the key {key!r} is missing")
    return value


def items(value: Any, where: str) -> Sequence[Any]:
    """A JSON list."""
    if not isinstance(value, list | tuple):
        raise InvalidStrategy(where, f"a list in square brackets is expected here, not {kind_of(value)}")
    return value


def text(value: Any, where: str) -> str:
    """A text that can be written to a file; it may be empty."""
    if not isinstance(value, str):
        raise InvalidStrategy(where, f"a text in quotes is expected here, not {kind_of(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidStrategy(where, "the text holds half a character (a lone surrogate)") from error
    return str(value)


def filled_text(value: Any, where: str) -> str:
    """A text with at least one visible character."""
    found = text(value, where)
    if not found.strip():
        raise InvalidStrategy(where, "the text is empty")
    return found


def choice(value: Any, where: str, words: Sequence[str]) -> str:
    """One of the words, exactly."""
    found = text(value, where)
    if found not in words:
        raise unknown_word(where, found, "is not known here", words)
    return found


def plain(value: Any) -> Any:
    """A numpy scalar as the Python number it is; anything else unchanged."""
    return value.item() if isinstance(value, np.generic) else value


def number(value: Any, where: str) -> int | float:
    """A finite number, as written."""
    found = plain(value)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise InvalidStrategy(where, f"a number is expected here, not {kind_of(found)}")
    if not abs(found) <= LARGEST_NUMBER:
        raise InvalidStrategy(where, f"{_short(found)} is not a usable number; allowed: up to {LARGEST_NUMBER:g}")
    return found


def positive_number(value: Any, where: str) -> int | float:
    """A finite number above zero."""
    found = number(value, where)
    if found <= 0:
        raise InvalidStrategy(where, f"{found!r} is not allowed; allowed: a number above 0, or null for none")
    return found


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if isinstance(value, int | float):
        return f"the number {_short(value)}"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"a value of type {type(value).__name__}"


def _short(value: object) -> str:
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return "a whole number that long"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
