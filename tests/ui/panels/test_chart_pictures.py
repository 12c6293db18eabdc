"""Pictures of a chart: what they say, and the files they become."""

from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication, QImage

from strategy_tester.ui import i18n, numbers
from strategy_tester.ui.panels.chart.pictures import PicturesFeature


@pytest.fixture
def pictures(stored, open_panels):
    shell = open_panels("chart")
    panel = shell.panel("chart")
    panel.chart.wait_until_shown()
    panel.chart.model.view.show(10.0, 100.0)
    panel.chart.grab()
    feature = panel.feature(PicturesFeature)
    feature.rest = shell.come_to_rest
    return feature


def test_the_caption_names_market_period_and_zone(pictures):
    assert pictures.caption() == "TESTUSDT · 1h · test · 2025-01-01 10:00 … 2025-01-05 03:00 UTC"
    numbers.set_local_time(True)
    assert "UTC+" in pictures.caption() or "UTC\u2212" in pictures.caption()


def test_the_practice_market_is_called_synthetic_in_both_languages(open_panels):
    shell = open_panels("chart", "data")
    panel = shell.panel("chart")
    shell.context.actions.trigger("data.practice_market")
    shell.come_to_rest()
    panel.chart.wait_until_shown()
    pictures = panel.feature(PicturesFeature)
    assert pictures.caption().endswith("SYNTHETIC DATA, NOT A REAL MARKET")
    i18n.set_language("ru")
    assert pictures.caption().endswith("СИНТЕТИЧЕСКИЕ ДАННЫЕ, НЕ НАСТОЯЩИЙ РЫНОК")


def test_the_file_name_tells_what_is_inside(pictures):
    assert pictures.file_name() == "TESTUSDT-1h-20250105-0400.png"


def test_a_png_is_at_least_twice_as_sharp_as_the_screen(pictures, tmp_path):
    pictures.save_to(tmp_path / "chart.png")
    pictures.rest()
    image = QImage(str(tmp_path / "chart.png"))
    size = pictures.size()
    assert image.size() == QSize(2 * size.width(), 2 * size.height())
    assert len({image.pixel(x, image.height() // 3) for x in range(0, image.width(), 7)}) > 3


def test_an_svg_holds_shapes_and_its_title(pictures, tmp_path):
    pictures.save_to(tmp_path / "chart.svg")
    pictures.rest()
    tree = ElementTree.parse(tmp_path / "chart.svg")  # noqa: S314  our own file
    words = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert "image" not in words
    assert {"rect", "title"} <= words or {"path", "title"} <= words
    assert tree.find("{*}title").text == pictures.caption()


def test_a_folder_that_is_not_there_is_told(pictures, tmp_path):
    pictures.save_to(tmp_path / "missing" / "chart.png")
    pictures.rest()
    assert pictures.panel.errors.isVisible()


def test_the_clipboard_gets_the_picture_with_its_caption(pictures):
    pictures.copy()
    image = QGuiApplication.clipboard().image()
    assert image.height() > pictures.panel.chart.height()


def test_the_dialog_offers_both_kinds(pictures):
    dialog = pictures.save()
    assert dialog.nameFilters() == ["PNG (*.png)", "SVG (*.svg)"]
    dialog.filterSelected.emit("SVG (*.svg)")
    assert dialog.defaultSuffix() == "svg"
    dialog.close()


def test_without_candles_there_is_nothing_to_save(open_panels):
    pictures = open_panels("chart").panel("chart").feature(PicturesFeature)
    assert pictures.save() is None
    assert pictures.caption() == ""
