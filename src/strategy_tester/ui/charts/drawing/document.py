"""The drawings of one symbol, shared by every chart that shows it, with one history of changes."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup, QUndoStack

from strategy_tester.domain.drawings import Drawing
from strategy_tester.ui.undo import Edit, new_stack

Changes = Mapping[str, Drawing | None]
"""Drawings by id as they are to be; None for none."""


class DrawingDocument(QObject):
    """Every drawing of a symbol, from bottom to top.

    The history belongs to the document: what one chart draws another one of the same symbol can take back, because
    both show it. A chart that goes to another symbol uses that symbol's document and history.

    Args:
        symbol: Whose drawings they are.
        group: The window's histories.
        keep: Called with every lasting change.
        parent: Qt's parent.
    """

    changed = Signal()
    """Something else is to be seen; drawings in motion aside."""
    moved = Signal()
    """Only drawings in motion have changed."""
    undone = Signal(object)
    """Undo or redo has changed these ids: somebody should see it."""

    def __init__(
        self, symbol: str, group: QUndoGroup, keep: Callable[[str, Changes], object], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.symbol = symbol
        self.is_loaded = False
        self.unread = 0
        """Stored drawings that this program cannot show."""
        self.stack: QUndoStack = new_stack(group, parent=self)
        self._keep = keep
        self._by_id: dict[str, Drawing] = {}
        self._in_order: list[Drawing] | None = None
        self._before_motion: dict[str, Drawing | None] = {}

    # --- what is there

    @property
    def drawings(self) -> list[Drawing]:
        """All of them, from bottom to top."""
        if self._in_order is None:
            self._in_order = sorted(self._by_id.values(), key=lambda drawing: (drawing.order, drawing.id))
        return self._in_order

    def get(self, drawing_id: str | None) -> Drawing | None:
        """One of them, or None."""
        return self._by_id.get(drawing_id) if drawing_id is not None else None

    def top_order(self) -> int:
        """The order of a drawing that is to lie above all others."""
        return self.drawings[-1].order + 1 if self._by_id else 1

    def take_loaded(self, drawings: Iterable[Drawing], unread: int = 0) -> None:
        """What was stored has been read; what was drawn meanwhile stays."""
        self._by_id = {drawing.id: drawing for drawing in drawings} | self._by_id
        self.is_loaded, self.unread = True, unread
        self._tell()

    # --- changes

    def edit(self, title: str, changes: Changes, merge_key: str = "") -> None:
        """Change drawings as one step of the history; nothing happens when they are so already.

        Args:
            title: What is done, in English, declared with `mark`.
            changes: How drawings are to be.
            merge_key: Steps with the same key that follow each other become one.
        """
        self.put_back()
        before = {drawing_id: self._by_id.get(drawing_id) for drawing_id in changes}
        if before == dict(changes):
            return
        self._set(changes)
        self._push(title, before, dict(changes), merge_key)

    def _push(self, title: str, before: Changes, after: Changes, merge_key: str = "") -> None:
        self._keep(self.symbol, after)
        self.stack.push(
            Edit(title, lambda: self._redo(after), lambda: self._redo(before), merge_key=merge_key, is_done=True)
        )

    def _redo(self, changes: Changes) -> None:
        self.put_back()
        self._set(changes)
        self._keep(self.symbol, changes)
        self.undone.emit(list(changes))

    def _set(self, changes: Changes) -> None:
        self._assign(changes)
        self._tell()

    def _assign(self, changes: Changes) -> None:
        for drawing_id, drawing in changes.items():
            if drawing is None:
                self._by_id.pop(drawing_id, None)
            else:
                self._by_id[drawing_id] = drawing
        self._in_order = None

    def _tell(self) -> None:
        self._in_order = None
        self.changed.emit()

    # --- motion: a drag that is not finished

    @property
    def in_motion(self) -> frozenset[str]:
        """Ids of the drawings that are being dragged."""
        return frozenset(self._before_motion)

    def begin_motion(self, drawing_ids: Iterable[str]) -> None:
        """These are going to be dragged: charts draw them apart from the others."""
        self.put_back()
        self._before_motion = {drawing_id: self._by_id.get(drawing_id) for drawing_id in drawing_ids}
        self.changed.emit()

    def move(self, changes: Changes) -> None:
        """Show how drawings in motion are now; nothing is kept yet."""
        if changes.keys() <= self._before_motion.keys():
            self._assign(changes)
            self.moved.emit()

    def end_motion(self, title: str) -> None:
        """The drag is over: keep what came of it as one step of the history."""
        before, self._before_motion = self._before_motion, {}
        after = {drawing_id: self._by_id.get(drawing_id) for drawing_id in before}
        self._tell()
        if before and after != before:
            self._push(title, before, after)

    def put_back(self) -> None:
        """Give up a drag: everything is where it was."""
        if self._before_motion:
            before, self._before_motion = self._before_motion, {}
            self._set(before)
