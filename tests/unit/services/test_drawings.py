"""Drawings on their way to the disk and back: gathered, never lost, never out of order."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from fakes import MemoryDrawingStore
from strategy_tester.domain.drawings import Anchor, Drawing, new_drawing, to_content
from strategy_tester.domain.errors import StorageError
from strategy_tester.services.drawings import DrawingWriter, load


def line(order: int = 0, price: float = 1.0) -> Drawing:
    return new_drawing("trend_line", (Anchor(0, price), Anchor(60_000, price + 1)), order=order)


class Store(MemoryDrawingStore):
    """Counts its calls, and refuses while told so."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, int, int]] = []
        self.refuses = False
        self.gate: threading.Event | None = None

    def change(self, symbol: str, saved: Mapping[str, dict[str, Any]], deleted: Sequence[str] = ()) -> None:
        if self.gate is not None:
            self.gate.wait(5)
        if self.refuses:
            raise StorageError("the disk is full")
        self.calls.append((symbol, len(saved), len(deleted)))
        super().change(symbol, saved, deleted)


def test_drawings_come_back_from_bottom_to_top() -> None:
    store = Store()
    drawings = [line(order) for order in (3, 1, 2)]
    store.change("A", {drawing.id: to_content(drawing) for drawing in drawings})
    assert load(store, "A").drawings == [drawings[1], drawings[2], drawings[0]]


def test_a_drawing_that_cannot_be_read_is_counted_and_stays_stored() -> None:
    store = Store()
    good = line()
    store.change("A", {good.id: to_content(good), "new": {"kind": "hologram"}})
    found = load(store, "A")
    assert found.drawings == [good]
    assert found.unread == 1
    assert store.load("A")["new"] == {"kind": "hologram"}


def test_many_changes_of_one_drawing_are_one_write() -> None:
    store = Store()
    writer, drawing = DrawingWriter(store), line()
    other = line()
    for price in (1.0, 2.0, 3.0):
        moved = Drawing(drawing.id, drawing.kind, (Anchor(0, price), Anchor(60_000, price)))
        writer.put("A", {drawing.id: moved})
    writer.put("A", {other.id: None})
    assert writer.has_waiting
    assert writer.flush() == 2
    assert store.calls == [("A", 1, 1)]
    assert load(store, "A").drawings[0].anchors[0].price == 3.0
    assert not writer.has_waiting
    assert writer.flush() == 0


def test_what_could_not_be_written_is_written_later_and_newer_changes_win() -> None:
    store = Store()
    writer, one, two = DrawingWriter(store), line(), line()
    store.refuses = True
    writer.put("A", {one.id: one, two.id: two})
    with pytest.raises(StorageError):
        writer.flush()
    assert writer.has_waiting
    writer.put("A", {one.id: None})
    store.refuses = False
    writer.flush()
    assert [drawing.id for drawing in load(store, "A").drawings] == [two.id]


def test_a_change_made_during_a_write_comes_after_it() -> None:
    store = Store()
    writer, drawing = DrawingWriter(store), line(price=1.0)
    store.gate = threading.Event()
    writer.put("A", {drawing.id: drawing})
    threads = [threading.Thread(target=writer.flush) for _ in range(2)]
    threads[0].start()
    writer.put("A", {drawing.id: Drawing(drawing.id, drawing.kind, (Anchor(0, 9.0), Anchor(1, 9.0)))})
    threads[1].start()
    store.gate.set()
    for thread in threads:
        thread.join(5)
    assert load(store, "A").drawings[0].anchors[0].price == 9.0
