"""Every real file: candles come in, everything else is refused with the reason."""

import pytest

from builders import SHARED
from strategy_tester.domain.errors import UnreadableFile
from strategy_tester.marketdata.files import Inspection, inspect_file
from strategy_tester.marketdata.funding_files import inspect_funding, is_funding_file

_DATA = sorted((SHARED / "data").glob("*.parquet")) if (SHARED / "data").is_dir() else []
_OTHER = ("-trades-", "-bookticker-", "-l2depth-", "-ob500-")
FUNDING = [path for path in _DATA if "-funding-" in path.name]
NOT_CANDLES = [path for path in _DATA if any(word in path.name for word in _OTHER)]
CANDLES = [path for path in _DATA if path not in FUNDING and path not in NOT_CANDLES]

pytestmark = pytest.mark.skipif(not _DATA, reason="the shared test data are not here")

# Rows, gaps, missing and candles without volume as the description of the data states them.
STATED = {
    "binance-spot-BTCUSDT-15m-20231230_20241230": (35136, 0, 0, 0),
    "binance-spot-BTCUSDT-1h-20170817_20200630": (25168, 1, 4, 115),
    "binance-spot-BTCUSDT-1h-20241001_20250220": (2418, 2, 1000, 0),
    "binance-spot-XRPETH-1m-20191011_20191013": (2469, 676, 1091, 0),
    "binance-spot-XRPETH-5m-20191011_20191013": (706, 6, 6, 0),
    "binance-usdm-BTCUSDT-5m-20241001_20250220": (41021, 0, 0, 18),
    "bybit-linear-ADAUSDT-1m-20250530_20250629": (43200, 0, 0, 2),
    "bybit-linear-BTCUSDT-5m-20250915_20260721": (89196, 0, 0, 0),
    "bybit-testnet-BTCUSDT-1m-20240908_20250907": (105076, 524, 419724, 7546),
}


def inspect(name: str) -> Inspection:
    return inspect_file(SHARED / "data" / f"{name}.parquet")


@pytest.mark.parametrize("path", CANDLES, ids=lambda path: path.stem)
def test_candles_come_in_under_the_name_the_file_has(path):
    found = inspect_file(path)
    assert found.refusal == ""
    assert found.candles is not None
    market, _, rest = path.stem.partition(f"-{found.symbol}-")
    assert found.source == market
    assert rest.split("-")[0] == str(found.timeframe)
    assert len(found.candles) == found.report.rows == found.report.kept


@pytest.mark.parametrize("name", STATED)
def test_the_report_counts_what_the_description_states(name):
    report = inspect(name).report
    zero_volume = sum(finding.count for finding in report.findings if finding.code == "zero_volume")
    assert (report.kept, len(report.gaps), report.missing, zero_volume) == STATED[name]


@pytest.mark.parametrize("path", FUNDING, ids=lambda path: path.stem)
def test_funding_is_read_as_funding_and_refused_as_candles(path):
    assert is_funding_file(path)
    found = inspect_funding(path)
    assert len(found.funding) > 200
    assert f"-{found.symbol}-" in path.name
    with pytest.raises(UnreadableFile, match="does not look like candles") as refusal:
        inspect_file(path)
    assert "import it as funding" in refusal.value.hint


@pytest.mark.parametrize("path", NOT_CANDLES, ids=lambda path: path.stem)
def test_trades_and_books_are_refused_with_the_reason(path):
    with pytest.raises(UnreadableFile, match="no column for") as refusal:
        inspect_file(path)
    assert "only candles can be imported" in refusal.value.hint


def test_the_impossible_first_row_of_an_old_file_is_pointed_at_and_not_repaired():
    found = inspect("binance-spot-BTCUSDT-1h-20170817_20200630")
    spikes = next(finding for finding in found.report.findings if finding.code == "spikes")
    assert spikes.examples[0].row == 1
    assert spikes.examples[0].text.startswith("O 16199.91 H 16199.91")
    assert found.candles is not None
    assert found.candles.high[0] == 16199.91


def test_a_last_candle_without_volume_is_pointed_at():
    codes = [finding.code for finding in inspect("bybit-linear-ADAUSDT-5m-20250530_20250629").report.findings]
    assert codes == ["maybe_unfinished"]


def test_the_whole_folder_was_seen():
    assert (len(CANDLES), len(FUNDING), len(NOT_CANDLES)) == (47, 10, 5)
