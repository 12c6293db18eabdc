"""What stands on the key sheet: commands with the keys in force, and the keys and gestures that widgets take."""

from dataclasses import dataclass

from strategy_tester.ui import i18n
from strategy_tester.ui.actions import GROUPS, ActionRegistry, FixedKey
from strategy_tester.ui.command_palette import texts_of
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.search.matching import Query
from strategy_tester.ui.shortcuts import native

GESTURES = (mark("click"), mark("drag"), mark("wheel"), mark("Double-click"), mark("Wheel"), mark("Drag"))
"""What the pointer does, after the keys that are held meanwhile."""
CHART_KEYS = (
    FixedKey("chart", mark("Move through time"), ("Left", "Right")),
    FixedKey("chart", mark("Move by a screen"), ("PgUp", "PgDown")),
    FixedKey("chart", mark("To the first candle, to the last one"), ("Home", "End")),
    FixedKey("chart", mark("Zoom in, zoom out"), ("+", "-")),
    FixedKey("chart", mark("Zoom around the pointer"), ("Wheel",)),
    FixedKey("chart", mark("Move through time with the wheel"), ("Shift+wheel",)),
    FixedKey("chart", mark("Move the chart"), ("Drag",)),
    FixedKey("chart", mark("Stretch an axis"), (mark("Drag the axis"),)),
)
"""What the chart itself takes while it has the keyboard or the pointer."""
TABLE_KEYS = (
    FixedKey("panels", mark("Next field, field before"), ("Tab", "Shift+Tab")),
    FixedKey("panels", mark("Open the row of a table"), ("Return",)),
    FixedKey("panels", mark("Copy the rows of a table"), ("Ctrl+C",)),
    FixedKey("panels", mark("Close a list, a search, a question"), ("Esc",)),
)
"""What tables and fields take."""


@dataclass(frozen=True)
class KeyLine:
    """One line: what it does and its keys, both in the language in use; `words` are what it is found by."""

    title: str
    keys: tuple[str, ...]
    words: tuple[tuple[str, float], ...] = ()

    def fits(self, text: str) -> bool:
        """Whether a search shows it."""
        return not text.strip() or Query(text).score(self.words) > 0


def key_lines(actions: ActionRegistry) -> list[tuple[str, list[KeyLine]]]:
    """Groups with their lines, in the order of the menus; groups without lines are left out."""
    groups: list[tuple[str, list[KeyLine]]] = []
    for group, title in GROUPS.items():
        lines = [
            _line(actions.listed_title(action.id), tuple(map(native, keys)), texts_of(action))
            for action in actions.all()
            if action.group == group and (keys := actions.shortcuts_of(action.id))
        ]
        lines += [
            _line(tr(fixed.title), tuple(_fixed_name(key) for key in fixed.keys), _titles(fixed.title))
            for fixed in (*CHART_KEYS, *TABLE_KEYS, *actions.fixed_keys)
            if fixed.group == group
        ]
        if lines:
            groups.append((tr(title), lines))
    return groups


def _line(title: str, keys: tuple[str, ...], texts: list[tuple[str, float]]) -> KeyLine:
    return KeyLine(title, keys, (*texts, *((key, 1.0) for key in keys)))


def _fixed_name(key: str) -> str:
    """Keys as this system writes them, gestures in words: "Shift+click" in the language in use."""
    if native(key):
        return native(key)
    held, plus, gesture = key.rpartition("+")
    return held + plus + tr(gesture) if gesture in GESTURES else tr(key)


def _titles(english: str) -> list[tuple[str, float]]:
    return [(i18n.translate(english, code), 1.0) for code in i18n.LANGUAGES]
