"""The cards of the results: numbers are never cut."""

import pytest
from PySide6.QtWidgets import QWidget

from strategy_tester.ui.panels.results.view import CardRow
from strategy_tester.ui.panels.results.view_model import MetricCard

CARDS = [
    MetricCard("Net profit", "\u22123\u202f142.07\u202fUSDT", "", -1),
    MetricCard("Total return", "\u221231.42\u202f%", "", -1),
    MetricCard("Trades", "229", "", 0),
    MetricCard("Commission", "1\u202f980.26\u202fUSDT", "", 0),
]


@pytest.fixture
def row(qtbot) -> CardRow:
    """Cards in a panel that does not ask how wide they want to be."""
    panel = QWidget()
    qtbot.addWidget(panel)
    panel.resize(1000, 400)
    row = CardRow(panel)
    row.show_cards(CARDS)
    panel.show()
    row.panel = panel  # nobody else holds it
    return row


@pytest.mark.parametrize("width", [900, 520, 420, 300, 180])
def test_every_number_is_seen_whole_at_any_width(row, width):
    row.resize(width, 300)
    row.layout().activate()
    for _frame, _title, value in row._cards:
        assert value.width() >= value.sizeHint().width()
    assert row.width() == width


def test_cards_take_more_rows_when_the_numbers_would_become_too_small(row):
    tops = []
    for width in (900, 300):
        row.resize(width, 300)
        row.layout().activate()
        tops.append(len({frame.y() for frame, _title, _value in row._cards}))
    assert tops[0] == 1
    assert tops[1] > 1
