"""State of the data panel, without a window."""

import pytest

from builders import HOUR_MS, START_MS
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.import_candles import ImportOptions
from strategy_tester.ui.panels.data.view_model import DataViewModel


@pytest.fixture
def model(workbench) -> DataViewModel:
    return DataViewModel(workbench)


def write_file(path, bars: int = 30, skip: tuple[int, ...] = ()):
    rows = [f"{START_MS + bar * HOUR_MS},100,101,99,100.5,3" for bar in range(bars) if bar not in skip]
    path.write_text("\n".join(["open_time,open,high,low,close,volume", *rows]), encoding="utf-8")
    return path


def keys(model: DataViewModel) -> list[str]:
    return [str(row.key) for row in model.rows]


def test_preview_stores_nothing_until_told(model, workbench, rest, tmp_path):
    model.open_file(write_file(tmp_path / "ABCUSDT_1h.csv"))
    rest()
    assert len(model.preview.candles) == 30
    assert workbench.services.candles.series() == []
    model.store()
    rest()
    assert [row.summary.candles for row in model.rows] == [30]
    assert model.preview is None
    assert workbench.series == model.rows[0].key


def test_same_file_under_another_name_of_the_market(model, rest, tmp_path):
    model.open_file(write_file(tmp_path / "ABCUSDT_1h.csv"))
    rest()
    model.change_options(ImportOptions(symbol="XYZUSDT", timeframe=Timeframe.H1, source="mine"))
    rest()
    model.store()
    rest()
    assert (model.rows[0].key.symbol, model.rows[0].key.source) == ("XYZUSDT", "mine")


@pytest.mark.parametrize("text", ["", "nothing\nto see\n", "open_time,open,high,low,close,volume\n"])
def test_file_without_candles_is_refused_with_a_reason(model, workbench, rest, tmp_path, text):
    path = tmp_path / "ABCUSDT_1h.csv"
    path.write_text(text, encoding="utf-8")
    failures: list[BaseException] = []
    model.failed.connect(failures.append)
    model.open_file(path)
    rest()
    reason = str(failures[0]) if failures else model.preview.refusal
    assert len(reason) > 10
    model.store()
    rest()
    assert workbench.services.candles.series() == []


def test_gaps_are_counted_and_found(model, rest, tmp_path):
    model.open_file(write_file(tmp_path / "ABCUSDT_1h.csv", skip=(10, 11, 20)))
    rest()
    model.store()
    rest()
    assert model.rows[0].missing == 3
    model.look()
    rest()
    assert model.rows[0].missing == 3
    assert [hole.candles for hole in model.rows[0].facts.holes] == [2, 1]


def test_series_is_resampled_and_deleted(model, workbench, stored, rest):
    model.refresh()
    rest()
    model.resample(model.rows[0], Timeframe.H4)
    rest()
    assert keys(model) == ["TESTUSDT 1h test", "TESTUSDT 4h test"]
    assert [row.summary.candles for row in model.rows] == [400, 100]
    model.delete([model.rows[0]])
    rest()
    assert keys(model) == ["TESTUSDT 4h test"]
    assert workbench.series == model.rows[0].key


def test_practice_market_is_made_and_chosen(model, workbench, rest):
    model.add_practice_market()
    rest()
    assert workbench.series.symbol == "PRACTICE"


def test_series_of_the_last_time_is_chosen_again(model, workbench, stored, rest):
    model.refresh()
    rest()
    model.resample(model.rows[0], Timeframe.H4)
    rest()
    workbench.select_series(model.rows[1].key)
    workbench.series = None
    model.refresh()
    rest()
    assert str(workbench.series) == "TESTUSDT 4h test"
