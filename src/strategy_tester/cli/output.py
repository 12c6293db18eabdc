"""What commands print: tables for people, JSON for scripts, progress for whoever waits."""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from strategy_tester.services.jobs import Checkpoint, no_checkpoint


def print_json(value: Any) -> None:
    """One JSON value; what cannot be computed is null."""
    print(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A plain table; numbers stand right."""
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max([len(title), *(len(row[number]) for row in cells)]) for number, title in enumerate(header)]
    right = [all(isinstance(row[number], int | float) for row in rows) and bool(rows) for number in range(len(header))]
    for row in [list(header), *cells]:
        parts = [
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(row, widths, right, strict=True)
        ]
        print("  ".join(parts).rstrip())


def count_or_measure(value: float, unit: str = "") -> int | float:
    """A metric as it is best read: 5 trades, not 5.00."""
    return int(value) if not unit and float(value).is_integer() else float(value)


def iso(time_ms: int) -> str:
    """A moment in UTC: 2026-11-20 14:05Z."""
    return str(np.datetime64(time_ms, "ms").astype("datetime64[m]")).replace("T", " ") + "Z"


@contextmanager
def progress(title: str) -> Iterator[Checkpoint]:
    """A progress bar on the terminal; silent when nobody watches."""
    if not sys.stderr.isatty():
        yield no_checkpoint
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def checkpoint(done: float, total: float, note: str = "") -> None:
            bar.update(task, completed=done, total=total or None, description=f"{title} {note}".strip())

        yield checkpoint


def _text(value: Any) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return "-"
        # Rates such as 0.00055 would read as nothing with two decimals.
        return f"{value:.4g}" if 0.0 < abs(value) < 0.995 else f"{value:.2f}"
    return "-" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
