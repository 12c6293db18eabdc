"""The docking library's layouts as text: checked before the library sees them, packed for storage, drawn up from plans.

A plan says in words which panels stand where; built-in workspaces are plans.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QXmlStreamReader

_ROOT = "QtAdvancedDockingSystem"
_LARGEST_LAYOUT = 1_000_000


@dataclass(frozen=True)
class Tabs:
    """Panels in one place, one of them in front.

    Attributes:
        panels: Their ids.
        current: The one in front; the first by default.
    """

    panels: tuple[str, ...]
    current: str = ""


@dataclass(frozen=True)
class Split:
    """Places beside one another (`row`) or one below the other (`column`), with their shares of the room."""

    kind: Literal["row", "column"]
    parts: "tuple[Split | Tabs, ...]"
    shares: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A whole layout; panels that it does not name are closed.

    Attributes:
        main: What the main window shows.
        windows: What further windows show.
    """

    main: "Split | Tabs"
    windows: "tuple[Split | Tabs, ...]" = ()

    def panels(self) -> list[str]:
        """Ids of everything that is shown."""
        return [name for node in (self.main, *self.windows) for name in _names(node)]


def pack(state: bytes) -> str:
    """A layout as a short text."""
    return base64.b64encode(zlib.compress(state, 9)).decode("ascii")


def unpack(text: object) -> bytes | None:
    """The layout that `pack`, or a version of the program before packing, stored; None when it is damaged."""
    if not isinstance(text, str):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
        if not raw.startswith(b"<?xml"):
            unpacker = zlib.decompressobj()
            raw = unpacker.decompress(raw, _LARGEST_LAYOUT)
            if not unpacker.eof:
                return None
    except (ValueError, binascii.Error, zlib.error):
        return None
    return raw if panels_of(raw) is not None else None


def panels_of(state: bytes) -> list[str] | None:
    """Names of the panels in a layout; None when it is no whole layout, which the library must never see."""
    if not state.startswith(b"<?xml") or len(state) > _LARGEST_LAYOUT:
        return None
    reader = QXmlStreamReader(state.decode("utf-8", "replace"))
    root, panels, has_container = "", [], False
    while not reader.atEnd():
        token = reader.readNext()
        if token == QXmlStreamReader.TokenType.DTD:
            return None
        if token != QXmlStreamReader.TokenType.StartElement:
            continue
        root = root or reader.name()
        has_container |= reader.name() == "Container"
        if reader.name() == "Widget":
            panels.append(reader.attributes().value("Name"))
    return panels if root == _ROOT and has_container and not reader.hasError() else None


def draw_up(plan: Plan, size: tuple[int, int], *, version: int, geometry: str) -> bytes:
    """The layout of a plan.

    Args:
        plan: What stands where.
        size: Width and height of the main window.
        version: What the layout is stored as.
        geometry: Where further windows are at first, in Qt's form as hexadecimal numbers.
    """
    width, height = size
    containers = [f'<Container Floating="0">{_draw(_as_split(plan.main), width, height)}</Container>']
    containers += [
        f'<Container Floating="1"><Geometry>{geometry}</Geometry>{_draw(_as_split(node), width, height)}</Container>'
        for node in plan.windows
    ]
    head = f'<{_ROOT} Version="1" UserVersion="{version}" Containers="{len(containers)}">'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{"".join(containers)}</{_ROOT}>'.encode()


def _as_split(node: Split | Tabs) -> Split:
    """The library wants a splitter at the top."""
    return node if isinstance(node, Split) else Split("row", (node,))


def _draw(node: Split | Tabs, width: int, height: int) -> str:
    if isinstance(node, Tabs):
        widgets = "".join(f'<Widget Name="{name}" Closed="0"/>' for name in node.panels)
        return f'<Area Tabs="{len(node.panels)}" Current="{node.current or node.panels[0]}">{widgets}</Area>'
    shares = node.shares or (1,) * len(node.parts)
    is_row = node.kind == "row"
    sizes = [round((width if is_row else height) * share / sum(shares)) for share in shares]
    parts = "".join(
        _draw(part, *((size, height) if is_row else (width, size)))
        for part, size in zip(node.parts, sizes, strict=True)
    )
    sign = "|" if is_row else "-"
    numbers = " ".join(map(str, sizes))
    return f'<Splitter Orientation="{sign}" Count="{len(sizes)}">{parts}<Sizes>{numbers} </Sizes></Splitter>'


def _names(node: Split | Tabs) -> list[str]:
    if isinstance(node, Tabs):
        return list(node.panels)
    return [name for part in node.parts for name in _names(part)]
