"""The list of workspaces as it is stored: their order, the one in use, and what each of them looks like.

Every workspace is kept twice: as it is now, saved by itself while one works, and as it was saved last by its user,
to go back to. A built-in one that was never saved goes back to its plan.
"""

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from strategy_tester.domain.errors import InvalidSettings
from strategy_tester.ui.docks import layout_in
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.screens import WindowPlace

logger = logging.getLogger(__name__)
FORMAT_VERSION = 1
FILE_SUFFIX = ".bst-workspace.json"
MOST_COPIES = 64
LONGEST_NAME = 60
_INSTANCE = re.compile(r"([a-z_]+)-([1-9]\d{0,2})")


@dataclass
class WindowRecord:
    """A floating window: what is in it, where it stands, whether it stays on top."""

    panels: list[str]
    place: WindowPlace
    is_on_top: bool = False

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"panels": self.panels, "place": self.place.to_json(), "on_top": self.is_on_top}


@dataclass
class Arrangement:
    """What a workspace looks like.

    Attributes:
        layout: What `Docks.save` gave.
        main: Where the main window is.
        windows: The floating windows.
        copies: Panels that exist several times: the copy's id, and the panel it is a copy of.
        panels: What panels remember, by id.
    """

    layout: dict[str, Any]
    main: WindowPlace | None = None
    windows: list[WindowRecord] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    panels: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "layout": self.layout,
            "main": self.main.to_json() if self.main is not None else None,
            "windows": [window.to_json() for window in self.windows],
            "instances": self.copies,
            "panels": self.panels,
        }


@dataclass
class Workspace:
    """A named arrangement.

    Attributes:
        name: As the user wrote it; the English name of a built-in one that was not renamed.
        builtin: Key of the plan it is made from; "" for the user's own.
        now: As it is; None for a built-in one that was not opened yet.
        saved: As it was saved last; None when there is only the plan.
    """

    name: str
    builtin: str = ""
    now: Arrangement | None = None
    saved: Arrangement | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "name": self.name,
            "builtin": self.builtin,
            "now": self.now.to_json() if self.now is not None else None,
            "saved": self.saved.to_json() if self.saved is not None else None,
        }


class Book:
    """All workspaces, in the order of their keys."""

    def __init__(self, items: Sequence[Workspace], current: str = "") -> None:
        self.items = list(items)
        self.current = self.items[0]
        self.current = self.find(current) or self.items[0]

    def find(self, name: str) -> Workspace | None:
        """The workspace of a name, as written or as shown."""
        wanted = name.casefold()
        return next(
            (item for item in self.items if wanted in {item.name.casefold(), shown_name(item).casefold()}), None
        )

    def problem_with_name(self, name: str, keeper: Workspace | None = None) -> str:
        """Why a workspace cannot have this name, as a sentence, or ""."""
        if not name.strip():
            return tr("A workspace needs a name.")
        if len(name) > LONGEST_NAME:
            return tr("The name is too long.")
        taken = self.find(name.strip())
        is_taken = taken is not None and taken is not keeper
        return tr("There is a workspace of this name already.") if is_taken else ""

    def free_name(self, name: str) -> str:
        """The name itself, or with a number when it is taken."""
        wanted, number = name[:LONGEST_NAME].strip() or tr("Workspace"), 2
        free = wanted
        while self.find(free) is not None:
            free, number = f"{wanted[: LONGEST_NAME - 4]} {number}", number + 1
        return free

    def to_json(self) -> dict[str, Any]:
        """JSON values, for the settings."""
        items = [item.to_json() for item in self.items]
        return {"version": FORMAT_VERSION, "current": self.current.name, "items": items}

    @classmethod
    def from_json(cls, saved: object, builtin: Sequence[Workspace]) -> "tuple[Book, list[str]]":
        """The book that `to_json` gave, and a sentence for everything in it that could not be used.

        Args:
            saved: What the settings hold; None before the first start.
            builtin: The built-in workspaces; those the book does not know are added at its end.
        """
        if saved is None:
            return cls(builtin), []
        if not isinstance(saved, dict) or saved.get("version") != FORMAT_VERSION:
            return cls(builtin), [tr("The saved workspaces could not be used; these are the default ones.")]
        items: list[Workspace] = []
        problems: list[str] = []
        stored = saved.get("items")
        for entry in stored if isinstance(stored, list) else []:
            item, problem = _stored_workspace(entry, {plan.builtin for plan in builtin})
            problems += [problem] if problem else []
            if item is not None and all(item.name != other.name for other in items):
                items.append(item)
        known = {item.builtin for item in items}
        items += [plan for plan in builtin if plan.builtin not in known]
        return cls(items, str(saved.get("current", ""))), problems


def shown_name(item: Workspace) -> str:
    """A workspace's name in the language in use; names that the user gave stay as they are."""
    return tr(item.name) if item.name in BUILTIN_NAMES else item.name


BUILTIN_NAMES = (mark("Research"), mark("Live"), mark("Grid"), mark("Two monitors"))
"""English names of the built-in workspaces."""


def read_arrangement(saved: object, where: str = "") -> Arrangement:
    """What `Arrangement.to_json` gave, every part of it checked.

    Raises:
        InvalidSettings: the sentence names the faulty part.
    """
    parts = _mapping(saved, where or "workspace")
    prefix = f"{where}." if where else ""
    layout = parts.get("layout")
    if layout_in(layout) is None or not isinstance(layout, dict):
        raise _bad(f"{prefix}layout", tr("this is not a layout of windows"))
    main = parts.get("main")
    place = WindowPlace.from_json(main)
    if main is not None and place is None:
        raise _bad(f"{prefix}main", tr("this is not the place of a window"))
    windows = parts.get("windows", [])
    if not isinstance(windows, list):
        raise _bad(f"{prefix}windows", tr("a list is expected"))
    records = [_window_record(window, f"{prefix}windows[{number}]") for number, window in enumerate(windows)]
    copies = _copies(parts.get("instances", {}), f"{prefix}instances")
    panels = _mapping(parts.get("panels", {}), f"{prefix}panels")
    return Arrangement(layout, place, records, copies, panels)


def read_file(text: str) -> Workspace:
    """The workspace in the text of an exported file.

    Raises:
        InvalidSettings: the sentence names the faulty place.
    """
    try:
        saved = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise InvalidSettings(tr("This is not a workspace file: line {line} is not JSON.", line=line or 1)) from error
    parts = _mapping(saved, "workspace")
    if parts.get("kind") != "workspace":
        raise InvalidSettings(tr("This is not a workspace file: it does not say so under “kind”."))
    if parts.get("version") != FORMAT_VERSION:
        raise InvalidSettings(tr("This workspace was exported by a newer version of the program."))
    name = parts.get("name")
    if not isinstance(name, str) or not name.strip():
        raise _bad("name", tr("a text is expected"))
    return Workspace(name.strip()[:LONGEST_NAME], saved=read_arrangement(parts))


def write_file(name: str, arrangement: Arrangement) -> str:
    """The text of a workspace's file."""
    head = {"kind": "workspace", "version": FORMAT_VERSION, "name": name}
    return json.dumps({**head, **arrangement.to_json()}, ensure_ascii=False, indent=1) + "\n"


def copy_number(instance_id: str) -> int:
    """Which copy an id names: 1 for the panel itself."""
    found = _INSTANCE.fullmatch(instance_id)
    return int(found[2]) if found else 1


def _stored_workspace(entry: object, plans: set[str]) -> tuple[Workspace | None, str]:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
        return None, tr("A saved workspace was damaged and is left out.")
    name = entry["name"][:LONGEST_NAME]
    builtin = entry.get("builtin") if entry.get("builtin") in plans else ""
    item, is_damaged = Workspace(name, str(builtin)), False
    for part in ("now", "saved"):
        if entry.get(part) is None:
            continue
        try:
            setattr(item, part, read_arrangement(entry[part]))
        except InvalidSettings as error:
            is_damaged = True
            logger.warning("the workspace %s is damaged: %s", name, error)
    if not is_damaged:
        return (item, "") if builtin or item.now or item.saved else (None, "")
    if not builtin and item.now is None and item.saved is None:
        return None, tr("The workspace “{name}” was damaged and is left out.", name=shown_name(item))
    if item.now is not None:
        return item, ""
    if item.saved is not None:
        return item, tr("The workspace “{name}” was damaged; this is how it was saved last.", name=shown_name(item))
    return item, tr("The workspace “{name}” was damaged; this is its default.", name=shown_name(item))


def _window_record(saved: object, where: str) -> WindowRecord:
    parts = _mapping(saved, where)
    panels, place = parts.get("panels"), WindowPlace.from_json(parts.get("place"))
    if not isinstance(panels, list) or not all(isinstance(panel, str) for panel in panels):
        raise _bad(f"{where}.panels", tr("a list of names is expected"))
    if place is None:
        raise _bad(f"{where}.place", tr("this is not the place of a window"))
    return WindowRecord(list(panels), place, bool(parts.get("on_top", False)))


def _copies(saved: object, where: str) -> dict[str, str]:
    copies = _mapping(saved, where)
    if len(copies) > MOST_COPIES:
        raise _bad(where, tr("there are more than {count} panels", count=MOST_COPIES))
    for copy_id, panel_id in copies.items():
        found = _INSTANCE.fullmatch(copy_id)
        if found is None or found[1] != panel_id or int(found[2]) < 2:
            raise _bad(f"{where}.{copy_id}", tr("this is not the name of a panel"))
    return copies


def _mapping(saved: object, where: str) -> dict[str, Any]:
    if not isinstance(saved, dict):
        raise _bad(where, tr("an object is expected"))
    return saved


def _bad(where: str, problem: str) -> InvalidSettings:
    return InvalidSettings(tr("The workspace cannot be used: at {where}, {problem}.", where=where, problem=problem))
