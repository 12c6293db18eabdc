"""Drawing attached to a chart: the scene, its tool, its painters."""

from PySide6.QtCore import QObject

from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.drawing.painter import DrawingPainter, MotionPainter
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.charts.drawing.tool import DrawingTool


class ChartDrawing(QObject):
    """Lets a chart be drawn on; give it a document with `scene.set_document`.

    Args:
        chart: The chart.
        parent: Qt's parent.
    """

    def __init__(self, chart: ChartWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chart = chart
        self.scene = DrawingScene(chart.canvas, self)
        self.scene.prices_at = self._prices_at
        self.tool = DrawingTool(self.scene)
        chart.canvas.tools.append(self.tool)
        chart.canvas.frame_painters.append(DrawingPainter(self.scene))
        chart.canvas.overlay_painters.append(MotionPainter(self.scene))
        chart.canvas.plot_clicked.connect(lambda *_place: self.scene.select(None))

    def _prices_at(self, bar: int) -> tuple[float, ...]:
        candles = self.chart.model.candles
        if candles is None or not 0 <= bar < len(candles):
            return ()
        columns = candles.open, candles.high, candles.low, candles.close
        return tuple(float(column.values[bar]) for column in columns)
