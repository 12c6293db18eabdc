"""The window's drawings: one document per symbol, read when first shown, saved shortly after every change."""

import logging
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.drawings import (
    KINDS,
    Anchor,
    Drawing,
    DrawingStyle,
    PositionTerms,
    from_content,
    new_drawing,
    to_content,
)
from strategy_tester.domain.errors import InvalidDrawing
from strategy_tester.services import drawings as service
from strategy_tester.ui.charts.drawing.document import Changes, DrawingDocument
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.view_context import ViewContext

logger = logging.getLogger(__name__)
SAVE_DELAY_MS = 300
_LOOKS_KEY = "drawing.looks"


class DrawingLibrary(QObject):
    """Every document of the window. `library_of(context)` gives the one that all charts share."""

    saved = Signal()
    """Everything noted so far is on the disk."""
    tool_changed = Signal(object)
    """The scene in which a tool was taken or put away, or a switch flipped: all charts of the window follow."""

    def __init__(self, context: ViewContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._documents: dict[str, DrawingDocument] = {}
        self._writer = service.DrawingWriter(context.services.drawings)
        self._timer = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._timer.timeout.connect(self.save_now)
        closed = getattr(context.window, "closed", None)
        if closed is not None:
            closed.connect(self.close)

    @property
    def has_unsaved(self) -> bool:
        """Whether something is not on the disk yet."""
        return self._writer.has_waiting

    def document(self, symbol: str) -> DrawingDocument:
        """The drawings of a symbol; empty until they are read."""
        document = self._documents.get(symbol)
        if document is None:
            document = DrawingDocument(symbol, self._context.undo, self._keep, self)
            self._documents[symbol] = document
            self._read(document)
        return document

    def _read(self, document: DrawingDocument) -> None:
        store = self._context.services.drawings
        self._context.jobs.start(
            tr("Reading the drawings of {symbol}", symbol=document.symbol),
            lambda _checkpoint: service.load(store, document.symbol),
            on_done=lambda found: document.take_loaded(found.drawings, found.unread),
            on_failed=lambda error: self._tell(tr("Drawings could not be read: {problem}", problem=str(error)),
                                               lambda: self._read(document)),
            is_quiet=True,
        )  # fmt: skip

    # --- saving

    def _keep(self, symbol: str, changes: Changes) -> None:
        self._writer.put(symbol, changes)
        self._timer.start()

    def save_now(self) -> None:
        """Start writing what is noted."""
        self._timer.stop()
        if self._writer.has_waiting:
            self._context.jobs.start(
                tr("Saving drawings"),
                lambda _checkpoint: self._writer.flush(),
                on_done=lambda _count: self.saved.emit(),
                on_failed=self._save_failed,
                is_quiet=True,
            )

    def _save_failed(self, error: BaseException) -> None:
        """The drawings stay in memory and are written with the next change, or when asked for."""
        self._tell(tr("Drawings could not be saved: {problem}", problem=str(error)), self.save_now)

    def _tell(self, text: str, again: Any) -> None:
        self._context.toast(text, kind="danger", button=tr("Try again"), on_click=again)

    def close(self) -> None:
        """The window has closed: write what is left before the database goes. Blocks; nobody sees the window now."""
        self._timer.stop()
        try:
            self._writer.flush()
        except Exception:
            logger.exception("drawings could not be saved at the end")

    # --- looks of new drawings

    def looks_of(self, kind: str) -> tuple[DrawingStyle, PositionTerms | None]:
        """How the last drawing of a kind was made to look; the kind's own looks at first."""
        saved = self._context.settings.get(_LOOKS_KEY)
        told = KINDS[kind]
        content = to_content(new_drawing(kind, (Anchor(0, 1.0),) * told.anchors))
        if isinstance(saved, dict) and isinstance(saved.get(kind), dict):
            content |= {name: value for name, value in saved[kind].items() if name in content}
        try:
            drawing = from_content(content)
        except InvalidDrawing:
            return told.style, told.terms
        return drawing.style, drawing.terms

    def remember_looks(self, drawing: Drawing) -> None:
        """New drawings of this kind look like this one."""
        saved = self._context.settings.get(_LOOKS_KEY)
        content = to_content(drawing)
        looks = {name: content[name] for name in ("style", "terms") if name in content}
        self._context.settings.set(
            _LOOKS_KEY, {**(saved if isinstance(saved, dict) else {}), drawing.kind: looks}
        )  # fmt: skip


def library_of(context: ViewContext) -> DrawingLibrary:
    """The library that all charts of a window share; it lives as long as the list of charts."""
    found = context.charts.findChild(DrawingLibrary)
    return found if isinstance(found, DrawingLibrary) else DrawingLibrary(context, context.charts)
