"""A chart on the screen, its kernels compiled before the first frame."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from strategy_tester.domain.candles import Candles
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.chart_widget import ChartWidget


@pytest.fixture(scope="session", autouse=True)
def _kernels() -> None:
    series.warm_up()


@pytest.fixture
def show_chart(qtbot: QtBot) -> Callable[..., ChartWidget]:
    """Shows candles in a chart of 800 x 500."""

    def show(candles: Candles | None, width: int = 800, height: int = 500) -> ChartWidget:
        chart = ChartWidget()
        qtbot.addWidget(chart)
        chart.resize(width, height)
        chart.set_candles(candles)
        chart.show()
        chart.grab()
        return chart

    return show
