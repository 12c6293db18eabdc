"""Widgets in rows that break where the room ends."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from strategy_tester.ui.flow_layout import FlowLayout


class Block(QWidget):
    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        return QSize(100, 20)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        return QSize(40, 20)


def flow(qtbot, count: int, width: int) -> tuple[QWidget, list[Block]]:
    page = QWidget()
    qtbot.addWidget(page)
    layout = FlowLayout(10, page)
    blocks = [Block() for _ in range(count)]
    for block in blocks:
        layout.addWidget(block)
    page.resize(width, layout.heightForWidth(width))
    page.show()
    return page, blocks


def test_a_row_ends_where_the_next_one_does_not_fit(qtbot):
    page, blocks = flow(qtbot, 5, 320)
    assert [(block.x(), block.y()) for block in blocks] == [(0, 0), (110, 0), (220, 0), (0, 30), (110, 30)]
    assert page.height() == 50
    blocks[1].hide()
    page.layout().activate()
    assert (blocks[3].x(), blocks[3].y()) == (220, 0)


def test_a_page_may_be_as_narrow_as_one_widget(qtbot):
    page, blocks = flow(qtbot, 3, 60)
    assert [(block.x(), block.y(), block.width()) for block in blocks] == [(0, 0, 60), (0, 30, 60), (0, 60, 60)]
    layout = page.layout()
    assert layout.minimumSize() == QSize(40, 20)
    assert layout.sizeHint() == QSize(320, 20)
    assert layout.takeAt(2).widget() is blocks[2]
    assert (layout.count(), layout.itemAt(2), layout.takeAt(9)) == (2, None, None)
