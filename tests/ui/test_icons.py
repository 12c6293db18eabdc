import pytest
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from strategy_tester.ui import icons, theme
from strategy_tester.ui.style_sheet import style_sheet


@pytest.mark.parametrize("name", sorted(icons.NAMES))
def test_every_icon_is_in_the_font(name: str):
    assert icons.is_known(name)


def test_icons_take_the_color_of_the_theme_that_is_on(qapp: QApplication):
    icon = icons.icon("run")
    assert _strongest(icon) == theme.DARK.text.lower()
    try:
        theme.apply_theme(qapp, "light", style_sheet)
        assert _strongest(icon) == theme.LIGHT.text.lower()
        assert _strongest(icon, QIcon.Mode.Disabled) == theme.LIGHT.disabled.lower()
    finally:
        theme.apply_theme(qapp, "dark", style_sheet)


def test_icons_are_sharp_on_dense_screens():
    picture = icons.pixmap("run", 16, ratio=2.0)
    assert picture.width() == 32
    assert picture.deviceIndependentSize().width() == 16


def _strongest(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> str:
    image = icon.pixmap(48, 48, mode).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=lambda pixel: pixel.alpha()).name()
