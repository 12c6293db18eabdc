"""Small buttons on the chart itself: scale marks on the axis, a strip in each pane, buttons beside names of lines.

They are found again for each move of the pointer and drawn above the kept picture, so nothing of them costs a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter

from strategy_tester.ui import icons
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.pane_book import MAIN
from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.renderer import Frame
from strategy_tester.ui.charts.window import PaneFrame
from strategy_tester.ui.i18n import mark, tr

ROOMY = 10
"""Height of a pane, in heights of a button, from which on it always says that its scale fits itself."""
SCALE, PANE, LEGEND, ZONE = "scale", "pane", "legend", "zone"
LEGEND_BUTTONS = {
    "hide": ("eye-outline", mark("Hide")),
    "show": ("eye-off-outline", mark("Show")),
    "settings": ("settings", mark("Settings")),
    "remove": ("close", mark("Remove")),
}
"""What `legend.Piece.buttons` may name: icon and tooltip."""
PANE_BUTTONS = {
    "up": ("chevron_up", mark("Move the pane up")),
    "down": ("chevron_down", mark("Move the pane down")),
    "maximize": ("arrow-expand", mark("Give the chart to this pane")),
    "restore": ("arrow-collapse", mark("Show every pane again")),
    "close": ("close", mark("Close the pane")),
}
SCALE_MARKS = {
    "auto": ("A", mark("Fit the scale to what is in sight")),
    "log": ("L", mark("Logarithmic scale")),
    "percent": ("%", mark("Changes in percent")),
}
ZONE_TIP = mark("Time zone of the chart; a click switches between UTC and local time")


@dataclass(frozen=True)
class Control:
    """One button.

    Attributes:
        kind: SCALE, PANE, LEGEND or ZONE.
        name: What it does: a key of the tables above.
        key: The pane's key, or the owner in the legend.
        rect: Where, in device pixels.
        is_on: Whether what it switches is on.
    """

    kind: str
    name: str
    key: str
    rect: QRect
    is_on: bool = False

    @property
    def tip(self) -> str:
        """What it does, in the language in use."""
        if self.kind == ZONE:
            return tr(ZONE_TIP)
        return tr({SCALE: SCALE_MARKS, PANE: PANE_BUTTONS, LEGEND: LEGEND_BUTTONS}[self.kind][self.name][1])


@dataclass(frozen=True)
class PlacedRow:
    """A row of a legend where it is drawn.

    Attributes:
        key: Key of the pane.
        at: Its top left corner.
        row: What it says.
        number: 0 for the pane's first row.
    """

    key: str
    at: QPoint
    row: Row
    number: int

    def pieces(self, frame: Frame) -> list[tuple[Piece, QRect]]:
        """Each piece with its place."""
        lettering, x = frame.lettering, self.at.x()
        found = []
        for piece in self.row:
            width = lettering.width(piece.text, is_bold=piece.is_bold)
            found.append((piece, QRect(x, self.at.y(), width, lettering.height)))
            x += width + lettering.px(5)
        return found

    def rect(self, frame: Frame) -> QRect:
        """The whole row."""
        places = self.pieces(frame)
        return places[0][1].united(places[-1][1]) if places else QRect(self.at, self.at)


def side(frame: Frame) -> int:
    """Height and width of a button."""
    return frame.lettering.height + frame.lettering.px(4)


def controls_at(frame: Frame, rows: Sequence[PlacedRow], at: QPoint | None, scale_kind: str) -> list[Control]:
    """The buttons to be seen while the pointer is somewhere (None: away); later ones lie above earlier ones."""
    found = [control for pane, place in frame.panes for control in _scale_marks(frame, pane, place, at, scale_kind)]
    found.append(
        Control(ZONE, "zone", "", QRect(frame.plot_width, frame.strip.top(), frame.axis_width, frame.strip.height()))
    )
    if at is None or at.x() >= frame.plot_width:
        return found
    under = frame.pane_at(at.y())
    if under is not None:
        found += _pane_strip(frame, *under)
        found += _legend_buttons(frame, [row for row in rows if row.key == under[0].key], at)
    return found


def _scale_marks(frame: Frame, pane: Pane, place: PaneFrame, at: QPoint | None, scale_kind: str) -> list[Control]:
    """A for a scale that fits itself; for prices also log and percent. What is off is seen under the pointer only."""
    is_near = at is not None and at.x() >= frame.plot_width and place.top <= at.y() <= place.bottom
    is_main = pane.key == MAIN
    if not (is_main or is_near) and pane.scale.is_auto:
        return []
    states = {"auto": pane.scale.is_auto}
    if is_main:
        states |= {name: scale_kind == name for name in ("log", "percent")}
    size, gap = side(frame), frame.lettering.px(2)
    if place.height < 2 * size:
        return []
    top = _free_row(frame, place.bottom - size - gap, size, gap) if is_main else place.bottom - size - gap
    is_roomy = place.height >= ROOMY * size
    found = []
    for number, (name, is_on) in enumerate(states.items()):
        # Each has its own place, counted from the right: nothing jumps from under the pointer.
        left = frame.size[0] - (number + 1) * (size + gap)
        is_telling = (is_roomy or not is_on) if name == "auto" else is_on
        if left > frame.plot_width and top > place.top and (is_near or is_telling):
            found.append(Control(SCALE, name, pane.key, QRect(left, top, size, size), is_on))
    return found


def _free_row(frame: Frame, top: int, size: int, gap: int) -> int:
    """Where a row of marks begins so that it does not hide the last price."""
    tags = [tag for tag in (frame.last_tag, frame.below_tag) if tag is not None]
    if any(tag.top() <= top + size and top <= tag.bottom() for tag in tags):
        return min(tag.top() for tag in tags) - size - gap
    return top


def _pane_strip(frame: Frame, pane: Pane, place: PaneFrame) -> list[Control]:
    shown = [one.key for one, _ in frame.from_top()]
    is_alone = frame.is_alone
    if len(shown) < 2 and not is_alone:
        return []
    names = ["restore"] if is_alone else []
    if not is_alone:
        names = [
            *(["up"] if pane.key != shown[0] else []), *(["down"] if pane.key != shown[-1] else []), "maximize",
            *(["close"] if pane.key != MAIN else []),
        ]  # fmt: skip
    size, gap = side(frame), frame.lettering.px(2)
    left = frame.plot_width - len(names) * size - gap
    if place.height < size + 2 * gap or left < frame.plot_width // 3:
        return []
    return [
        Control(PANE, name, pane.key, QRect(left + number * size, place.top + gap, size, size))
        for number, name in enumerate(names)
    ]


def _legend_buttons(frame: Frame, rows: Sequence[PlacedRow], at: QPoint) -> list[Control]:
    """Buttons behind the name and values under the pointer; they stay while the pointer is on them."""
    size = side(frame)
    for row in rows:
        if not row.at.y() - size <= at.y() <= row.at.y() + 2 * size:
            continue
        for owner, rect, names in _owned(row, frame):
            if not names:
                continue
            strip = QRect(
                rect.right() + 1 + frame.lettering.px(3), rect.top() - frame.lettering.px(2), size * len(names), size
            )
            if rect.adjusted(0, -frame.lettering.px(2), frame.lettering.px(4), 0).contains(at) or strip.contains(at):
                return [
                    Control(LEGEND, name, owner, QRect(strip.left() + number * size, strip.top(), size, size))
                    for number, name in enumerate(names)
                ]
    return []


def _owned(row: PlacedRow, frame: Frame) -> list[tuple[str, QRect, tuple[str, ...]]]:
    """Runs of pieces with one owner: the owner, the place, the buttons."""
    runs: list[tuple[str, QRect, tuple[str, ...]]] = []
    for piece, rect in row.pieces(frame):
        if runs and runs[-1][0] == piece.owner:
            owner, before, names = runs[-1]
            runs[-1] = owner, before.united(rect), names or piece.buttons
        else:
            runs.append((piece.owner, rect, piece.buttons))
    return [run for run in runs if run[0]]


def control_under(controls: Sequence[Control], at: QPoint) -> Control | None:
    """The button at a place."""
    return next((one for one in reversed(controls) if one.rect.contains(at)), None)


def paint_controls(painter: QPainter, frame: Frame, controls: Sequence[Control], at: QPoint | None) -> None:
    """Draw the buttons; the one under the pointer stands out."""
    for control in controls:
        if control.kind == ZONE:
            continue
        is_under = at is not None and control.rect.contains(at)
        if control.kind == SCALE:
            _paint_mark(painter, frame, control, is_under=is_under)
        else:
            _paint_icon(painter, frame, control, is_under=is_under)


def _paint_mark(painter: QPainter, frame: Frame, control: Control, *, is_under: bool) -> None:
    lettering, colors = frame.lettering, frame.colors
    edge = colors.accent if control.is_on or is_under else colors.line
    inner = control.rect.adjusted(1, 1, -1, -1)
    painter.fillRect(control.rect, edge)
    painter.fillRect(inner, colors.card if is_under else colors.ground)
    text = SCALE_MARKS[control.name][0]
    painter.setPen(colors.accent_text if control.is_on else colors.muted)
    left = control.rect.left() + (control.rect.width() - lettering.width(text)) // 2
    lettering.draw(painter, left, lettering.baseline(control.rect.top() + control.rect.height() // 2), text)


def _paint_icon(painter: QPainter, frame: Frame, control: Control, *, is_under: bool) -> None:
    table = PANE_BUTTONS if control.kind == PANE else LEGEND_BUTTONS
    painter.fillRect(control.rect, frame.colors.tag if is_under else frame.colors.card)
    pad = frame.lettering.px(2)
    color = "text" if is_under else "muted"
    icons.icon(table[control.name][0], color).paint(
        painter, control.rect.adjusted(pad, pad, -pad, -pad), Qt.AlignmentFlag.AlignCenter
    )
