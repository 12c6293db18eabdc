"""Mark prices and open interest from files."""

from pathlib import Path

import pytest

from builders import shared_data
from fakes import MemoryCandleStore
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter, MissingCandles, UnreadableFile
from strategy_tester.services.import_values import kind_of, preview_values, store_values


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_candles_of_the_mark_price_are_dated_at_their_end():
    found = preview_values(shared_data("bybit-linear-mark-BTCUSDT-1h-20250924_20260721.parquet"), "mark_price")
    assert (found.symbol, found.source, len(found.values)) == ("BTCUSDT", "bybit-linear", 7217)
    assert found.values.time_ms[:2].tolist() == [1758675600000, 1758679200000]
    assert found.values.value[:2].tolist() == [112157.76, 112386.5]


def test_a_time_and_a_value_per_row_are_taken_as_they_are(tmp_path):
    path = written(tmp_path / "oi.csv", "timestamp,openInterest\n1700003600000,120.5\n1700000000000,118\n")
    found = preview_values(path, "open_interest", "BTCUSDT", "bybit-linear")
    assert found.values.time_ms.tolist() == [1700000000000, 1700003600000]
    assert found.values.value.tolist() == [118.0, 120.5]
    store = MemoryCandleStore()
    assert store_values(found, store) == 2
    assert store_values(found, store) == 0
    assert store.read_values("BTCUSDT", "bybit-linear", "open_interest").value.tolist() == [118.0, 120.5]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("timestamp,openInterest\n1700000000000,abc\n", CorruptCandles),
        ("timestamp,openInterest\n1700000000000,-1\n", CorruptCandles),
        ("timestamp,openInterest\n1700000000000,1\n1700000000000,2\n", CorruptCandles),
        ("timestamp,price_of_tea\n1700000000000,1\n", UnreadableFile),
        ("timestamp,openInterest\n", MissingCandles),
    ],
)
def test_faulty_files_are_refused(tmp_path, text, error):
    with pytest.raises(error):
        preview_values(written(tmp_path / "oi.csv", text), "open_interest", "BTCUSDT")


def test_kinds_are_written_with_a_hyphen_on_the_command_line():
    assert kind_of("mark-price") == "mark_price"
    with pytest.raises(InvalidParameter):
        kind_of("last-price")
