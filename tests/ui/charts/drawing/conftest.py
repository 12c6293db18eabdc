"""A chart that is drawn on with a real pointer."""

from collections.abc import Callable, Mapping

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QUndoGroup
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from builders import START_MS, random_candles
from strategy_tester.domain.drawings import Anchor, Drawing
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.drawing.chart_drawing import ChartDrawing
from strategy_tester.ui.charts.drawing.document import DrawingDocument
from strategy_tester.ui.charts.drawing.figures import Market
from strategy_tester.ui.charts.renderer import Frame

NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton
HOUR_MS = 3_600_000
Place = tuple[float, float]


class Board:
    """A chart, its drawings, and a hand with a pointer. Places are logical pixels."""

    def __init__(self, chart: ChartWidget, document: DrawingDocument) -> None:
        self.chart, self.document = chart, document
        self.drawing = ChartDrawing(chart)
        self.scene, self.canvas = self.drawing.scene, chart.canvas
        self.scene.market = Market(0.01, 2)
        self.scene.set_document(document)
        chart.grab()

    # --- the pointer

    def _send(self, kind: QEvent.Type, at: Place, button, buttons, modifiers=NONE) -> None:
        target = self.canvas.viewport()
        position = QPointF(*at)
        event = QMouseEvent(kind, position, QPointF(target.mapToGlobal(position)), button, buttons, modifiers)
        QApplication.sendEvent(target, event)

    def move(self, at: Place, modifiers=NONE, *, buttons=Qt.MouseButton.NoButton) -> None:
        self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, buttons, modifiers)

    def press(self, at: Place, modifiers=NONE, button=LEFT) -> None:
        self._send(QEvent.Type.MouseButtonPress, at, button, button, modifiers)

    def release(self, at: Place, modifiers=NONE) -> None:
        self._send(QEvent.Type.MouseButtonRelease, at, LEFT, Qt.MouseButton.NoButton, modifiers)

    def click(self, at: Place, modifiers=NONE) -> None:
        self.move(at, modifiers)
        self.press(at, modifiers)
        self.release(at, modifiers)
        self.chart.grab()

    def drag(self, start: Place, end: Place, modifiers=NONE) -> None:
        self.move(start, modifiers)
        self.press(start, modifiers)
        for step in (0.3, 0.7, 1.0):
            at = start[0] + (end[0] - start[0]) * step, start[1] + (end[1] - start[1]) * step
            self.move(at, modifiers, buttons=LEFT)
        self.release(end, modifiers)
        self.chart.grab()

    def double_click(self, at: Place) -> None:
        self.click(at)
        self._send(QEvent.Type.MouseButtonDblClick, at, LEFT, LEFT)
        self.release(at)

    def key(self, key: Qt.Key, modifiers=NONE) -> None:
        QTest.keyClick(self.canvas.viewport(), key, modifiers)
        self.chart.grab()

    # --- where things are

    @property
    def frame(self) -> Frame:
        """The frame on the screen."""
        frame = self.canvas.renderer.frame
        assert frame is not None
        return frame

    @property
    def ground(self):
        ground = self.scene.ground_of(self.frame)
        assert ground is not None
        return ground

    def place(self, bar: int, price: float) -> Place:
        """Where a bar and a price are."""
        ratio = self.canvas.devicePixelRatioF()
        x, y = self.ground.projection.point_of(anchor(bar, price))
        return (x + 0.5) / ratio, (y + 0.5) / ratio

    def add(self, kind: str, *anchors: Anchor, **fields) -> Drawing:
        """Draw without the pointer."""
        self.scene.add(self.scene.make(kind, anchors, **fields))
        self.scene.select(None)
        self.chart.grab()
        return self.document.drawings[-1]

    def only(self) -> Drawing:
        """The one drawing there is."""
        (drawing,) = self.document.drawings
        return drawing


def anchor(bar: int, price: float) -> Anchor:
    return Anchor(START_MS + bar * HOUR_MS, price)


@pytest.fixture
def kept() -> dict[str, dict[str, Drawing | None]]:
    """What documents asked to be saved, by symbol."""
    return {}


@pytest.fixture
def new_document(kept) -> Callable[..., DrawingDocument]:
    group = QUndoGroup()

    def make(symbol: str = "TESTUSDT") -> DrawingDocument:
        def keep(symbol: str, changes: Mapping[str, Drawing | None]) -> None:
            kept.setdefault(symbol, {}).update(changes)

        document = DrawingDocument(symbol, group, keep)
        document.setProperty("group", group)  # lives as long
        return document

    return make


@pytest.fixture
def board(show_chart, new_document) -> Board:
    """A chart of 900 x 600: 60 hourly candles between 95 and 103."""
    chart = show_chart(random_candles(60, seed=3), 900, 600)
    return Board(chart, new_document())
