"""Where kernels may write pixels, and that a chart looks the same where they may not."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPdfWriter, QPixmap
from PySide6.QtSvg import QSvgGenerator, QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from builders import random_candles
from strategy_tester.ui.charts.buffers import RectBuffer, SegmentBuffer
from strategy_tester.ui.charts.candle_layer import CHART_TYPES
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.raster import Pixels, Raster, directly_on, fill, pixels_of, stroke
from strategy_tester.ui.charts.renderer import ChartRenderer

RED, GROUND = QColor("#FF0000"), QColor("#102030")


def on_screen(chart: ChartWidget) -> QImage:
    """What the window holds after all that was asked for has been painted."""
    assert QTest.qWaitForWindowExposed(chart.window())
    QApplication.processEvents()
    held = chart.window().backingStore().paintDevice()
    assert isinstance(held, QImage)
    return held.copy()


def test_a_picture_shows_what_kernels_and_painter_wrote_in_turns() -> None:
    raster, rects = Raster((8, 4)), RectBuffer()
    rects.room(1)[0] = (1, 1, 3, 2)

    def draw(painter: QPainter) -> None:
        painter.fillRect(0, 0, 8, 4, GROUND)
        assert isinstance(pixels_of(painter), Pixels)
        fill(painter, rects, 1, RED)
        painter.fillRect(3, 2, 1, 1, GROUND)

    raster.paint(draw)
    red = {(x, y) for y in range(4) for x in range(8) if raster.image.pixelColor(x, y) == RED}
    assert red == {(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)}


def test_the_painters_clip_holds_for_kernels() -> None:
    raster, rects, seen = Raster((8, 4)), RectBuffer(), []
    rects.room(1)[0] = (0, 0, 7, 3)

    def draw(painter: QPainter) -> None:
        painter.fillRect(0, 0, 8, 4, GROUND)
        painter.setClipRect(2, 1, 3, 9)
        fill(painter, rects, 1, RED)
        found = pixels_of(painter)
        seen.append(found.clip if found is not None else None)

    raster.paint(draw)
    assert seen == [(2, 1, 4, 3)]
    red = {(x, y) for y in range(4) for x in range(8) if raster.image.pixelColor(x, y) == RED}
    assert red == {(x, y) for x in (2, 3, 4) for y in (1, 2, 3)}


def test_a_color_that_lets_the_ground_through_is_left_to_the_painter() -> None:
    raster, rects, segments = Raster((8, 4)), RectBuffer(), SegmentBuffer()
    rects.room(1)[0] = (0, 0, 3, 3)
    segments.room(1)[0] = (5.5, 0.5, 5.5, 3.5)
    half = QColor(255, 255, 255, 128)

    def draw(painter: QPainter) -> None:
        painter.fillRect(0, 0, 8, 4, QColor("#000000"))
        fill(painter, rects, 1, half)
        stroke(painter, segments, 1, half, 1.0)

    raster.paint(draw)
    assert raster.image.pixelColor(1, 1).red() == pytest.approx(128, abs=2)
    assert raster.image.pixelColor(5, 2).red() == pytest.approx(128, abs=3)


def test_the_pixels_end_with_the_painting() -> None:
    raster = Raster((8, 4))
    raster.paint(lambda painter: None)
    painter = QPainter(raster.image)
    assert pixels_of(painter) is None
    painter.end()


def test_another_painter_at_work_meanwhile_has_no_pixels() -> None:
    raster, other = Raster((8, 4)), QPixmap(4, 4)

    def draw(_painter: QPainter) -> None:
        nested = QPainter(other)
        assert pixels_of(nested) is None
        nested.end()

    raster.paint(draw)


def test_a_painter_that_turns_or_scales_gives_no_pixels(qtbot) -> None:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    with directly_on(painter, (10, 10)) as is_direct:
        assert is_direct
        assert pixels_of(painter) is not None
    painter.translate(15, 0)
    with directly_on(painter, (10, 10)) as is_direct:
        assert not is_direct
    painter.resetTransform()
    painter.scale(2.0, 2.0)
    with directly_on(painter, (5, 5)) as is_direct:
        assert not is_direct
        assert pixels_of(painter) is None
    painter.end()


def test_shapes_follow_a_painter_that_has_been_moved() -> None:
    raster, rects = Raster((8, 4)), RectBuffer()
    rects.room(1)[0] = (0, 0, 1, 1)

    def draw(painter: QPainter) -> None:
        painter.fillRect(0, 0, 8, 4, GROUND)
        painter.save()
        painter.translate(5, 2)
        assert pixels_of(painter) is None
        fill(painter, rects, 1, RED)
        painter.restore()
        assert pixels_of(painter) is not None

    raster.paint(draw)
    red = {(x, y) for y in range(4) for x in range(8) if raster.image.pixelColor(x, y) == RED}
    assert red == {(5, 2), (6, 2), (5, 3), (6, 3)}


def test_what_lies_above_a_chart_is_not_painted_over(qtbot, show_chart: Callable[..., ChartWidget]) -> None:
    chart = show_chart(random_candles(300))
    above = QWidget(chart)
    above.setAutoFillBackground(True)
    palette = above.palette()
    palette.setColor(above.backgroundRole(), RED)
    above.setPalette(palette)
    above.setGeometry(QRect(300, 100, 80, 160))
    above.show()
    above.raise_()
    on_screen(chart)
    for step in range(5):
        chart.model.view.pan(9 + step)
        chart.canvas.refresh()
        image = on_screen(chart)
        assert {image.pixelColor(x, y).name() for x in range(300, 380) for y in range(100, 260)} == {RED.name()}
    # And the chart around it is the one that is wanted.
    above.hide()
    without = on_screen(chart)
    chart.canvas.refresh()
    assert on_screen(chart) == without


@pytest.mark.parametrize("kind", CHART_TYPES)
def test_the_first_frame_and_the_copied_one_are_the_same(show_chart: Callable[..., ChartWidget], kind: str) -> None:
    """A frame is drawn straight into the window at first, and copied from a picture when it is asked for again."""
    chart = show_chart(random_candles(3000))
    chart.model.set_chart_type(kind)
    chart.model.view.show(2000.0, 2900.0)
    chart.canvas.refresh()
    first = on_screen(chart)
    chart.canvas.viewport().update()
    assert on_screen(chart) == first
    chart.canvas.viewport().update(QRect(10, 10, 200, 100))
    assert on_screen(chart) == first


@pytest.mark.parametrize("kind", CHART_TYPES)
def test_vector_files_show_every_type(qtbot, show_chart: Callable[..., ChartWidget], kind: str) -> None:
    chart = show_chart(random_candles(300))
    chart.model.set_chart_type(kind)
    renderer, style = ChartRenderer(chart.model), chart.canvas._style()
    data = QBuffer()
    data.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(data)
    generator.setViewBox(QRect(0, 0, 800, 500))
    painter = QPainter(generator)
    renderer.draw(painter, (800, 500), 1.0, style)
    painter.end()
    drawn = QImage(800, 500, QImage.Format.Format_RGB32)
    drawn.fill(GROUND)
    painter = QPainter(drawn)
    QSvgRenderer(data.data()).render(painter)
    painter.end()
    plain = QImage(800, 500, QImage.Format.Format_RGB32)
    painter = QPainter(plain)
    renderer.draw(painter, (800, 500), 1.0, style)
    painter.end()
    one, two = (np.array(image.constBits()).astype(int) for image in (drawn, plain))
    assert (np.abs(one - two) > 90).mean() < 0.02


def test_a_page_can_be_printed(qtbot, show_chart: Callable[..., ChartWidget]) -> None:
    chart = show_chart(random_candles(300))
    data = QBuffer()
    data.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(data)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    ChartRenderer(chart.model).draw(painter, (800, 500), 1.0, chart.canvas._style())
    painter.end()
    assert data.data().startsWith(b"%PDF")
    assert data.size() > 5000
