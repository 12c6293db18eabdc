import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLabel, QTabWidget, QWidget

from strategy_tester.ui import theme
from strategy_tester.ui.style_sheet import style_sheet

TEXT_ON_GROUND = [
    ("text", "panel"), ("text", "raised"), ("text", "window"), ("text", "selection"), ("text", "stripe"),
    ("muted", "panel"), ("muted", "window"), ("muted", "raised"), ("up_text", "panel"), ("down_text", "panel"),
    ("warn_text", "panel"), ("danger_text", "danger_ground"), ("accent_text", "panel"), ("on_accent", "accent_fill"),
    ("on_accent", "accent_hover"), ("on_accent", "danger_fill"), ("mark_text", "raised"), ("mark_text", "selection"),
    ("muted", "hover_row"), ("text", "hover_row"), ("text", "hover"), ("text", "pressed"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("color_blind", [False, True])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_is_readable_on_its_ground(name: str, color_blind: bool, inverted: bool, text: str, ground: str):
    colors = theme.find_theme(name, color_blind=color_blind, inverted=inverted)
    assert theme.contrast(getattr(colors, text), getattr(colors, ground)) >= 4.5


def test_contrast_of_black_and_white_is_21():
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert theme.contrast("#FFFFFF", "#FFFFFF") == pytest.approx(1.0)


def test_tokens_are_the_designers():
    assert theme.DARK.panel == "#131722"
    assert theme.LIGHT.accent == "#1B62C4"
    assert theme.find_theme("light", color_blind=True).down == "#D97B00"


def test_pair_and_its_order_are_chosen_independently():
    assert (theme.find_theme("dark", inverted=True).up, theme.find_theme("dark", inverted=True).down) == (
        "#EF5350", "#26A69A",
    )  # fmt: skip
    both = theme.find_theme("dark", color_blind=True, inverted=True)
    assert (both.up, both.down) == ("#F0A13A", "#3D9BE9")
    assert both.good == theme.DARK.good == "#26A69A"


def test_unknown_theme_is_dark():
    assert theme.find_theme("sepia") == theme.DARK


def test_applying_a_theme_tells_and_repaints(qapp: QApplication, qtbot):
    try:
        with qtbot.waitSignal(theme.theme_changed) as told:
            theme.apply_theme(qapp, "light", style_sheet)
        assert told.args == [theme.LIGHT]
        assert theme.current_theme() is theme.LIGHT
        assert qapp.palette().window().color().name().upper() == theme.LIGHT.window
        assert theme.LIGHT.raised in qapp.styleSheet()
    finally:
        theme.apply_theme(qapp, "dark", style_sheet)


def test_distances_grow_with_the_font(qapp: QApplication):
    before = qapp.font()
    four = theme.step(4)
    bigger = qapp.font()
    bigger.setPointSizeF(bigger.pointSizeF() * 2)
    try:
        qapp.setFont(bigger)
        assert theme.step(4) == pytest.approx(four * 2, abs=1)
        assert theme.step(0.01) == 1
        assert theme.step(0) == 0
    finally:
        qapp.setFont(before)


def test_style_sheet_has_no_pixel_size_that_ignores_the_font(qapp: QApplication):
    small = style_sheet(theme.DARK)
    font = qapp.font()
    before = qapp.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    try:
        qapp.setFont(font)
        large = style_sheet(theme.DARK)
    finally:
        qapp.setFont(before)
    for small_line, large_line in zip(small.splitlines(), large.splitlines(), strict=True):
        has_size = any(f"{number}px" in small_line for number in range(2, 100))
        assert not has_size or small_line != large_line, small_line


def test_pictures_of_the_style_sheet_exist(qtbot):
    from strategy_tester.ui.style_images import picture

    url = picture("check", "#FFFFFF", 16)
    assert url.startswith("url(glyph:")
    label = QLabel()
    qtbot.addWidget(label)
    from PySide6.QtGui import QPixmap

    assert QPixmap(url[4:-1]).width() == 16
    assert QPixmap(url[4:-5] + "@2x.png").deviceIndependentSize().width() == 16


def test_figures_out_of_sight_grow_with_the_text(qtbot):
    first, sheet = QFont(QApplication.font()), QApplication.instance().styleSheet()
    tabs, page, box = QTabWidget(), QWidget(), QDoubleSpinBox()
    box.setParent(page)
    box.setFont(theme.figures_font())
    tabs.addTab(QWidget(), "front")
    tabs.addTab(page, "behind")
    qtbot.addWidget(tabs)
    tabs.show()
    app = QApplication.instance()
    try:
        for size in (20.0, 12.0):
            font = QFont(first)
            font.setPointSizeF(size)
            app.setStyleSheet("")
            app.setFont(font)
            app.setStyleSheet("QDoubleSpinBox { color: blue; }")
            tabs.setCurrentIndex(1)
            assert box.font().pointSizeF() == size
            assert box.font().featureValue(QFont.Tag("tnum")) == 1
            tabs.setCurrentIndex(0)
    finally:
        app.setFont(first)
        app.setStyleSheet(sheet)
