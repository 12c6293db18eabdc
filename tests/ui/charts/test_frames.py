"""When a chart draws, and on what: as seldom as it may, and on pages and vector files as on the screen."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import shiboken6
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator, QSvgRenderer

from builders import HOUR_MS, random_candles
from chart_builders import make_line, make_trades
from strategy_tester.ui.charts.candle_layer import CHART_TYPES
from strategy_tester.ui.charts.chart_widget import ChartWidget

SVG = "{http://www.w3.org/2000/svg}"


def count_frames(chart: ChartWidget, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets an entry for each frame drawn from now on."""
    frames: list[int] = []
    draw = chart.canvas.renderer.draw

    def counted(*arguments) -> None:
        frames.append(1)
        draw(*arguments)

    monkeypatch.setattr(chart.canvas.renderer, "draw", counted)
    return frames


def test_many_messages_make_one_frame_in_every_chart(show_chart, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    charts = [show_chart(random_candles(200), 300, 200) for _ in range(12)]
    qtbot.wait(50)
    frames = [count_frames(chart, monkeypatch) for chart in charts]
    for number in range(20):
        for chart in charts:
            chart.update_last(200.0 + number, 50.0, 100.0, 1.0)
    qtbot.waitUntil(lambda: all(frames), timeout=2000)
    qtbot.wait(60)
    assert [len(one) for one in frames] == [1] * 12
    assert charts[0].model.candles.high.values[-1] == 219.0


def test_news_are_told_once_a_frame(show_chart, qtbot) -> None:
    chart = show_chart(random_candles(50))
    told: list[int] = []
    chart.bars_changed.connect(lambda: told.append(1))
    for _ in range(5):
        chart.update_last(200.0, 50.0, 100.0, 1.0)
    qtbot.wait(60)
    assert told == [1]


def test_a_hidden_chart_draws_nothing_and_is_up_to_date_when_it_comes_back(
    show_chart, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = show_chart(random_candles(50))
    chart.hide()
    frames = count_frames(chart, monkeypatch)
    chart.update_last(500.0, 50.0, 100.0, 1.0)
    qtbot.wait(60)
    assert frames == []
    chart.show()
    qtbot.waitUntil(lambda: bool(frames), timeout=2000)
    assert chart.model.panes[0].scale.high > 500.0


def test_a_chart_that_is_gone_is_not_asked_for_frames(show_chart, qtbot) -> None:
    chart = ChartWidget()
    chart.set_candles(random_candles(50))
    other = show_chart(random_candles(50))
    chart.update_last(500.0, 50.0, 100.0, 1.0)
    shiboken6.delete(chart)
    told: list[int] = []
    other.bars_changed.connect(lambda: told.append(1))
    other.update_last(500.0, 50.0, 100.0, 1.0)
    qtbot.waitUntil(lambda: bool(told), timeout=2000)


def test_zoom_and_place_stay_while_ticks_arrive(show_chart, qtbot) -> None:
    candles = random_candles(500)
    chart = show_chart(candles)
    chart.model.view.show(100, 180)
    chart.model.view.follows = False
    for number in range(20):
        chart.append(int(candles.open_time_ms[-1]) + (number + 1) * HOUR_MS, 100.0, 101.0, 99.0, 100.0, 1.0)
        chart.update_last(103.0, 98.0, 100.0, 2.0)
    qtbot.wait(40)
    assert (chart.model.view.left, chart.model.view.right) == (100, 180)


# --- other devices


@pytest.fixture
def full_chart(show_chart) -> ChartWidget:
    candles = random_candles(300)
    chart = show_chart(candles)
    chart.set_lines([make_line(list(candles.close), "SMA_3"), make_line([50.0] * 300, "RSI_14", "RSI_14")])
    chart.set_trades(make_trades(candles, [(200, 220), (240, 280)]))
    chart.grab()
    return chart


def write_svg(chart: ChartWidget, path: Path) -> ElementTree.Element:
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setFileName(str(path))
    generator.setSize(QSize(900, 500))
    generator.setViewBox(QRect(0, 0, 900, 500))
    painter = QPainter(generator)
    chart.render(painter, (900, 500), 1.0)
    painter.end()
    return ElementTree.parse(path).getroot()  # noqa: S314  written a line above


@pytest.mark.parametrize("kind", CHART_TYPES)
def test_a_vector_file_has_shapes_and_letters_and_no_picture(full_chart, tmp_path: Path, kind: str) -> None:
    full_chart.set_chart_type(kind)
    root = write_svg(full_chart, tmp_path / "chart.svg")
    texts = {(one.text or "").strip() for one in root.iter(f"{SVG}text")}
    assert {"TESTUSDT", "SMA_3", "RSI_14", "Volume", "UTC"} <= texts
    assert len(list(root.iter(f"{SVG}rect"))) > 150
    assert len(list(root.iter(f"{SVG}polyline"))) > 10
    assert list(root.iter(f"{SVG}image")) == []
    sizes = {float(one.get("font-size", "0")) for one in root.iter(f"{SVG}text")}
    assert min(sizes) >= 11


def test_a_vector_file_shows_what_the_screen_shows(full_chart, tmp_path: Path) -> None:
    write_svg(full_chart, tmp_path / "chart.svg")
    image = QImage(900, 500, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(tmp_path / "chart.svg")).render(painter)
    painter.end()
    screen = QImage(900, 500, QImage.Format.Format_RGB32)
    painter = QPainter(screen)
    full_chart.render(painter, (900, 500), 1.0)
    painter.end()
    close = sum(
        abs(image.pixelColor(x, y).lightness() - screen.pixelColor(x, y).lightness()) < 24
        for x in range(0, 900, 3)
        for y in range(0, 500, 3)
    )
    assert close / (300 * 167) > 0.93


def test_drawing_elsewhere_leaves_the_chart_as_it_is(full_chart) -> None:
    before = full_chart.grab().toImage()
    image = QImage(1600, 900, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    full_chart.render(painter, (1600, 900), 2.0)
    painter.end()
    assert full_chart.grab().toImage() == before
