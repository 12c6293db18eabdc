"""The workspaces that are there from the start, as plans."""

from collections.abc import Collection
from dataclasses import dataclass

from strategy_tester.ui.dock_layout import Plan, Split, Tabs
from strategy_tester.ui.workspaces.book import BUILTIN_NAMES, Workspace

RESEARCH, LIVE, GRID, MONITORS = "research", "live", "grid", "monitors"
_KEYS = (RESEARCH, LIVE, GRID, MONITORS)
GRID_CHARTS = 12
GRID_COLUMNS = 3
_SECOND_WINDOW_CHARTS = 4


@dataclass(frozen=True)
class Recipe:
    """A built-in workspace: its plan, and the copies of panels it needs; no plan means the default layout."""

    plan: Plan | None
    copies: dict[str, str]
    is_on_second_screen: bool = False


def builtin_workspaces() -> list[Workspace]:
    """The built-in ones, in their order."""
    return [Workspace(name, key) for name, key in zip(BUILTIN_NAMES, _KEYS, strict=True)]


def recipe(key: str, panels: Collection[str]) -> Recipe:
    """How a built-in workspace is made.

    Args:
        key: Which one.
        panels: The panels there are; others in the plan are passed over.
    """
    if key == LIVE:
        return Recipe(Plan(_live(panels)), {})
    if key == GRID:
        charts = _charts(GRID_CHARTS)
        columns = tuple(
            Split("column", tuple(Tabs((name,)) for name in charts[column::GRID_COLUMNS]))
            for column in range(GRID_COLUMNS)
        )
        return Recipe(Plan(Split("row", columns)), _copies(charts))
    if key == MONITORS:
        charts = _charts(1 + _SECOND_WINDOW_CHARTS)
        second = Split("row", tuple(
            Split("column", tuple(Tabs((name,)) for name in charts[1 + column :: 2])) for column in range(2)
        ))  # fmt: skip
        return Recipe(Plan(_research(panels), (second,)), _copies(charts), is_on_second_screen=True)
    return Recipe(None, {})


def _research(panels: Collection[str]) -> Split:
    """Like the default layout: the chart, the forms at its right, results below."""
    right = tuple(Tabs((name,)) for name in ("strategy", "backtest") if name in panels)
    bottom = tuple(name for name in ("results", "trades", "runs", "data", "jobs") if name in panels)
    upper: list[Split | Tabs] = [Tabs(("chart",))]
    if right:
        upper.append(Split("column", right, (46, 54)[: len(right)]))
    rows: list[Split | Tabs] = [Split("row", tuple(upper), (76, 24)[: len(upper)])]
    if bottom:
        rows.append(Tabs(bottom))
    return Split("column", tuple(rows), (68, 32)[: len(rows)])


def _live(panels: Collection[str]) -> Split:
    """Markets at the left, the chart in the middle, the book and the tape of the linked market at the right."""

    def tabs(*names: str) -> Tabs | None:
        known = tuple(name for name in names if name in panels)
        return Tabs(known) if known else None

    left = tabs("markets", "practice")
    middle = _column((Tabs(("chart",)), 70), (tabs("depth", "heat_map", "trades", "results", "jobs", "runs"), 30))
    right = _column((tabs("ticker"), 34), (tabs("ladder"), 40), (tabs("tape"), 26))
    parts = [(part, share) for part, share in ((left, 22), (middle, 56), (right, 22)) if part is not None]
    return Split("row", tuple(part for part, _ in parts), tuple(share for _, share in parts))


def _column(*wanted: tuple[Tabs | None, int]) -> Split | None:
    parts = [(part, share) for part, share in wanted if part is not None]
    return Split("column", tuple(part for part, _ in parts), tuple(share for _, share in parts)) if parts else None


def _charts(count: int) -> list[str]:
    return ["chart", *(f"chart-{number}" for number in range(2, count + 1))]


def _copies(charts: list[str]) -> dict[str, str]:
    return dict.fromkeys(charts[1:], "chart")
