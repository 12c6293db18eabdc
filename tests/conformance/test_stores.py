"""Every store, real and in memory, keeps the promises of its port."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles, make_description, make_result, random_candles
from fakes import MemoryCandleStore, MemoryDrawingStore, MemoryHistoryStore, MemoryRunStore, MemoryStrategyStore
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter, MissingCandles
from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus, RiskTier
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.results import Refusals, TradeColumns
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import (
    CandleStore,
    CoveredSpan,
    DrawingStore,
    HistoryKey,
    HistoryStore,
    RunStore,
    SeriesKey,
    StrategyStore,
    WriteOutcome,
)
from strategy_tester.storage.stores import open_stores

KEY = SeriesKey("TESTUSDT", Timeframe.H1, "test")


class InMemory:
    def __init__(self) -> None:
        self.candles, self.strategies, self.runs = MemoryCandleStore(), MemoryStrategyStore(), MemoryRunStore()
        self.drawings = MemoryDrawingStore()
        self.history = MemoryHistoryStore(self.candles)

    def close(self) -> None:
        pass


@pytest.fixture(params=["duckdb", "memory"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    opened: Any = open_stores(tmp_path / "store") if request.param == "duckdb" else InMemory()
    yield opened
    opened.close()


@pytest.fixture
def candle_store(stores: Any) -> CandleStore:
    return stores.candles


@pytest.fixture
def strategy_store(stores: Any) -> StrategyStore:
    return stores.strategies


@pytest.fixture
def run_store(stores: Any) -> RunStore:
    return stores.runs


@pytest.fixture
def drawing_store(stores: Any) -> DrawingStore:
    return stores.drawings


@pytest.fixture
def history(stores: Any) -> HistoryStore:
    return stores.history


def assert_same_candles(found: Candles, expected: Candles) -> None:
    assert found.content_hash() == expected.content_hash()
    assert (found.symbol, found.timeframe, found.source) == (expected.symbol, expected.timeframe, expected.source)
    if expected.turnover is None:
        assert found.turnover is None
    else:
        np.testing.assert_array_equal(found.turnover, expected.turnover)


# Candles


def test_candles_come_back_bit_for_bit(candle_store: CandleStore) -> None:
    candles = random_candles(500)
    assert candle_store.write(candles) == WriteOutcome(500, 0, 0)
    assert_same_candles(candle_store.read(KEY), candles)


def test_writing_the_same_candles_again_changes_nothing(candle_store: CandleStore) -> None:
    candle_store.write(random_candles(50))
    assert candle_store.write(random_candles(50)) == WriteOutcome(0, 0, 50)
    assert candle_store.series()[0].candles == 50


def test_a_range_is_half_open(candle_store: CandleStore) -> None:
    candle_store.write(make_candles([1.0, 2.0, 3.0, 4.0, 5.0]))
    found = candle_store.read(KEY, START_MS + HOUR_MS, START_MS + 3 * HOUR_MS)
    assert found.close.tolist() == [2.0, 3.0]


def test_a_range_without_candles_is_empty(candle_store: CandleStore) -> None:
    candle_store.write(make_candles())
    found = candle_store.read(KEY, START_MS + 90 * HOUR_MS, START_MS + 99 * HOUR_MS)
    assert len(found) == 0
    assert found.timeframe is Timeframe.H1


def test_newer_values_replace_older_ones_of_the_same_time(candle_store: CandleStore) -> None:
    candle_store.write(make_candles([1.0, 2.0, 3.0, 4.0]))
    changed = make_candles([2.0, 7.0], opens=[1.0, 2.0], start_ms=START_MS + HOUR_MS)
    assert candle_store.write(changed) == WriteOutcome(0, 1, 1)
    assert candle_store.read(KEY).close.tolist() == [1.0, 2.0, 7.0, 4.0]


def test_older_candles_added_later_come_out_in_order(candle_store: CandleStore) -> None:
    candles = random_candles(90)
    for first, last in ((60, 90), (0, 30), (20, 70)):
        candle_store.write(candles.rows(first, last))
    assert_same_candles(candle_store.read(KEY), candles)


def test_a_write_into_a_gap_counts_new_and_known_apart(candle_store: CandleStore) -> None:
    candles = random_candles(30)
    candle_store.write(candles.rows(0, 10))
    candle_store.write(candles.rows(20, 30))
    assert candle_store.write(candles) == WriteOutcome(10, 0, 20)
    summary = candle_store.series()[0]
    assert (summary.candles, summary.first_open_ms, summary.last_open_ms) == (30, START_MS, START_MS + 29 * HOUR_MS)


def test_turnover_comes_back_and_is_not_forgotten_by_a_write_without_it(candle_store: CandleStore) -> None:
    plain = make_candles([1.0, 2.0, 3.0])
    with_turnover = Candles(
        plain.open_time_ms, plain.open, plain.high, plain.low, plain.close, plain.volume,
        turnover=np.array([10.0, 20.0, 30.0]), symbol="TESTUSDT", timeframe=Timeframe.H1, source="test",
    )  # fmt: skip
    candle_store.write(with_turnover)
    candle_store.write(make_candles([1.0, 2.0, 9.0]))
    found = candle_store.read(KEY)
    assert found.turnover is not None
    assert found.turnover.tolist() == [10.0, 20.0, 30.0]
    assert found.close.tolist() == [1.0, 2.0, 9.0]


def test_series_of_other_sources_and_lengths_stay_apart(candle_store: CandleStore) -> None:
    candle_store.write(make_candles([1.0, 2.0]))
    candle_store.write(make_candles([5.0, 6.0], timeframe=Timeframe.D1))
    candle_store.write(make_candles([8.0, 9.0], symbol="AAAUSDT"))
    assert [str(summary.key) for summary in candle_store.series()] == [
        "AAAUSDT 1h test", "TESTUSDT 1h test", "TESTUSDT 1d test",
    ]  # fmt: skip
    assert candle_store.read(KEY).close.tolist() == [1.0, 2.0]


def test_an_unknown_series_is_missing_candles(candle_store: CandleStore) -> None:
    with pytest.raises(MissingCandles, match="TESTUSDT 1h test"):
        candle_store.read(KEY)


def test_a_deleted_series_is_gone_and_others_stay(candle_store: CandleStore) -> None:
    candle_store.write(make_candles([1.0, 2.0]))
    candle_store.write(make_candles([5.0, 6.0], symbol="AAAUSDT"))
    assert candle_store.delete(KEY) == 2
    assert candle_store.delete(KEY) == 0
    assert [summary.key.symbol for summary in candle_store.series()] == ["AAAUSDT"]


def test_candles_without_a_symbol_are_refused(candle_store: CandleStore) -> None:
    with pytest.raises(InvalidParameter, match="symbol"):
        candle_store.write(make_candles(symbol=""))


def test_no_candles_make_no_series(candle_store: CandleStore) -> None:
    assert candle_store.write(make_candles([])) == WriteOutcome(0, 0, 0)
    assert candle_store.series() == []


# Funding and instruments


def test_funding_is_merged_by_time(candle_store: CandleStore) -> None:
    first = FundingRates.of({"time_ms": [8, 16], "rate": [0.1, 0.2]})
    second = FundingRates.of({"time_ms": [4, 16, 24], "rate": [0.4, 0.25, 0.3], "mark_price": [1.0, np.nan, 3.0]})
    assert candle_store.write_funding("TESTUSDT", "test", first) == 2
    assert candle_store.write_funding("TESTUSDT", "test", second) == 2
    found = candle_store.read_funding("TESTUSDT", "test")
    assert found.time_ms.tolist() == [4, 8, 16, 24]
    assert found.rate.tolist() == [0.4, 0.1, 0.25, 0.3]
    np.testing.assert_array_equal(found.mark_price, [1.0, np.nan, np.nan, 3.0])


def test_funding_ranges_are_half_open_and_unknown_symbols_have_none(candle_store: CandleStore) -> None:
    candle_store.write_funding("TESTUSDT", "test", FundingRates.of({"time_ms": [8, 16, 24], "rate": [0.1, 0.2, 0.3]}))
    assert candle_store.read_funding("TESTUSDT", "test", 8, 24).time_ms.tolist() == [8, 16]
    assert len(candle_store.read_funding("OTHER", "test")) == 0


def test_instruments_are_replaced_by_symbol_and_source(candle_store: CandleStore) -> None:
    old = Instrument("TESTUSDT", 0.1, 0.001, 0.001, 5.0, source="bybit-linear")
    new = Instrument("TESTUSDT", 0.5, 0.01, 0.01, 5.0, 50.0, 0.01, "TEST", "USDT", "bybit-linear")
    candle_store.write_instruments([old])
    candle_store.write_instruments([new])
    assert candle_store.instrument("TESTUSDT", "bybit-linear") == new
    assert candle_store.instrument("TESTUSDT", "elsewhere") is None


# Dated values


def test_values_of_a_market_come_back_by_kind_and_range(candle_store: CandleStore) -> None:
    times = np.array([10, 20, 30, 40], dtype=np.int64)
    assert candle_store.write_values("BTCUSDT", "test", "mark_price", times, np.array([1.0, 2.0, 3.0, 4.0])) == 4
    assert candle_store.write_values("BTCUSDT", "test", "open_interest", times[:1], np.array([9.5])) == 1
    found = candle_store.read_values("BTCUSDT", "test", "mark_price", 20, 40)
    assert (found.time_ms.tolist(), found.value.tolist()) == ([20, 30], [2.0, 3.0])
    assert candle_store.read_values("BTCUSDT", "test", "open_interest").value.tolist() == [9.5]
    assert candle_store.value_kinds("BTCUSDT", "test") == ("mark_price", "open_interest")
    assert candle_store.value_kinds("BTCUSDT", "other") == ()
    assert len(candle_store.read_values("BTCUSDT", "test", "index_price")) == 0


def test_values_of_the_same_time_are_replaced_and_others_stay(candle_store: CandleStore) -> None:
    candle_store.write_values("A", "test", "mark_price", np.array([10, 20, 30]), np.array([1.0, 2.0, 3.0]))
    assert candle_store.write_values("A", "test", "mark_price", np.array([5, 20, 25, 31]), np.full(4, 7.0)) == 3
    found = candle_store.read_values("A", "test", "mark_price")
    assert found.time_ms.tolist() == [5, 10, 20, 25, 30, 31]
    assert found.value.tolist() == [7.0, 1.0, 7.0, 7.0, 3.0, 7.0]


def test_writing_no_values_is_no_error(candle_store: CandleStore) -> None:
    assert candle_store.write_values("A", "test", "mark_price", np.empty(0, np.int64), np.empty(0)) == 0
    assert candle_store.value_kinds("A", "test") == ()


@pytest.mark.parametrize(
    ("kind", "times", "values", "error"),
    [
        ("last_price", [1, 2], [1.0, 2.0], InvalidParameter),
        ("mark_price", [1, 2], [1.0], CorruptCandles),
        ("mark_price", [2, 2], [1.0, 2.0], CorruptCandles),
        ("mark_price", [1, 2], [1.0, float("nan")], CorruptCandles),
    ],
)
def test_what_is_no_series_of_values_is_refused(
    candle_store: CandleStore, kind: str, times: list[int], values: list[float], error: type[Exception]
) -> None:
    with pytest.raises(error):
        candle_store.write_values("A", "test", kind, np.array(times), np.array(values))
    assert candle_store.value_kinds("A", "test") == ()


# Strategies


def test_each_save_of_another_content_is_a_new_version(strategy_store: StrategyStore) -> None:
    assert strategy_store.save("Mine", {"stop_loss": 1.0}).version == 1
    assert strategy_store.save("Mine", {"stop_loss": 2.0}).version == 2
    assert [stored.content["stop_loss"] for stored in strategy_store.versions("Mine")] == [1.0, 2.0]


def test_saving_the_same_content_keeps_the_version(strategy_store: StrategyStore) -> None:
    first = strategy_store.save("Mine", {"a": 1, "b": 2})
    assert strategy_store.save("Mine", {"b": 2, "a": 1}) == first


def test_a_strategy_comes_back_with_order_and_letters(strategy_store: StrategyStore) -> None:
    content = {"name": "Две средние", "z": [1, 2.5, None, True, {"deep": 'ü\n"'}], "a": {}}
    strategy_store.save("Две средние", content)
    found = strategy_store.load("Две средние")
    assert found is not None
    assert found.content == content
    assert list(found.content) == ["name", "z", "a"]


def test_one_version_can_be_loaded(strategy_store: StrategyStore) -> None:
    for level in (1.0, 2.0, 3.0):
        strategy_store.save("Mine", {"stop_loss": level})
    second = strategy_store.load("Mine", 2)
    assert second is not None
    assert second.content == {"stop_loss": 2.0}
    assert strategy_store.load("Mine", 9) is None
    assert strategy_store.load("Other") is None


def test_the_list_has_the_newest_versions_by_name(strategy_store: StrategyStore) -> None:
    for name, level in (("B", 1), ("A", 1), ("B", 2)):
        strategy_store.save(name, {"level": level})
    assert [(stored.name, stored.version) for stored in strategy_store.list()] == [("A", 1), ("B", 2)]


def test_a_deleted_strategy_is_forgotten(strategy_store: StrategyStore) -> None:
    strategy_store.save("Mine", {"level": 1})
    assert strategy_store.delete("Mine")
    assert not strategy_store.delete("Mine")
    assert strategy_store.list() == []
    assert strategy_store.save("Mine", {"level": 2}).version == 1


def test_a_strategy_without_a_name_is_refused(strategy_store: StrategyStore) -> None:
    with pytest.raises(InvalidParameter, match="name"):
        strategy_store.save("  ", {})


# Runs


def test_a_run_comes_back_equal(run_store: RunStore) -> None:
    result = make_result()
    summary = run_store.save(make_description(), result, 12.5)
    stored = run_store.load(summary.run_id)
    assert stored is not None
    for column in fields(TradeColumns):
        expected = getattr(result.trade_columns, column.name)
        found = getattr(stored.result.trade_columns, column.name)
        np.testing.assert_array_equal(found, expected, err_msg=column.name)
        assert found.dtype == expected.dtype, column.name
    for name in ("equity_curve", "cash_curve", "position_curve", "open_time_ms", "close", "ambiguous_bars"):
        np.testing.assert_array_equal(getattr(stored.result, name), getattr(result, name), err_msg=name)
    for column in fields(Refusals):
        np.testing.assert_array_equal(
            getattr(stored.result.refusals, column.name), getattr(result.refusals, column.name)
        )
    assert stored.result.config.to_dict() == result.config.to_dict()
    assert stored.result.conflicting_signals == 2
    assert (stored.result.strategy_name, stored.result.symbol, stored.result.timeframe) == (
        "Two averages", "TESTUSDT", "1h",
    )  # fmt: skip
    assert stored.summary.description == make_description()
    assert stored.summary.duration_ms == 12.5


def test_metrics_keep_infinity_and_not_a_number(run_store: RunStore) -> None:
    summary = run_store.save(make_description(), make_result(), 1.0)
    stored = run_store.load(summary.run_id)
    assert stored is not None
    for metrics in (stored.result.metrics, stored.summary.metrics, summary.metrics):
        assert metrics["total_return_pct"] == 1.25
        assert metrics["profit_factor"] == float("inf")
        assert np.isnan(metrics["sharpe_ratio"])


def test_a_run_without_trades_comes_back(run_store: RunStore) -> None:
    result = make_result(trades=0)
    stored = run_store.load(run_store.save(make_description(), result, 1.0).run_id)
    assert stored is not None
    assert len(stored.result.trade_columns) == 0
    assert stored.result.trade_columns.side.dtype == np.int8


def test_runs_are_listed_newest_first(run_store: RunStore) -> None:
    for name in ("first", "second", "third"):
        run_store.save(make_description(name), make_result(), 1.0)
    assert [summary.description.strategy_name for summary in run_store.list()] == ["third", "second", "first"]


def test_deleted_runs_are_gone_and_their_numbers_are_not_given_again(run_store: RunStore) -> None:
    ids = [run_store.save(make_description(), make_result(), 1.0).run_id for _ in range(3)]
    assert run_store.delete([ids[0], ids[2], 999]) == 2
    assert [summary.run_id for summary in run_store.list()] == [ids[1]]
    assert run_store.load(ids[2]) is None
    assert run_store.save(make_description(), make_result(), 1.0).run_id == ids[2] + 1


# Drawings


def test_drawings_come_back_by_symbol_with_letters_and_order(drawing_store: DrawingStore) -> None:
    line = {"kind": "text", "text": 'Поддержка "1" \n', "anchors": [[5, 1.5]], "deep": {"z": None, "a": [True]}}
    drawing_store.change("AAAUSDT", {"b": line, "a": {"kind": "ray"}})
    assert drawing_store.load("AAAUSDT") == {"a": {"kind": "ray"}, "b": line}
    assert list(drawing_store.load("AAAUSDT")["b"]) == ["kind", "text", "anchors", "deep"]
    assert drawing_store.load("BBBUSDT") == {}


def test_a_changed_drawing_replaces_the_older_one_and_others_stay(drawing_store: DrawingStore) -> None:
    drawing_store.change("AAAUSDT", {"a": {"x": 1}, "b": {"x": 2}})
    drawing_store.change("AAAUSDT", {"a": {"x": 9}})
    assert drawing_store.load("AAAUSDT") == {"a": {"x": 9}, "b": {"x": 2}}


def test_deleted_drawings_are_forgotten_only_in_their_symbol(drawing_store: DrawingStore) -> None:
    drawing_store.change("AAAUSDT", {"a": {"x": 1}, "b": {"x": 2}})
    drawing_store.change("BBBUSDT", {"a": {"x": 3}})
    drawing_store.change("AAAUSDT", {"c": {"x": 4}}, ["a", "unknown"])
    assert drawing_store.load("AAAUSDT") == {"b": {"x": 2}, "c": {"x": 4}}
    assert drawing_store.load("BBBUSDT") == {"a": {"x": 3}}


def test_a_drawing_both_saved_and_deleted_is_saved(drawing_store: DrawingStore) -> None:
    drawing_store.change("AAAUSDT", {"a": {"x": 1}})
    drawing_store.change("AAAUSDT", {"a": {"x": 2}}, ["a"])
    assert drawing_store.load("AAAUSDT") == {"a": {"x": 2}}


def test_symbols_are_counted_and_those_without_drawings_left_out(drawing_store: DrawingStore) -> None:
    drawing_store.change("BBBUSDT", {"a": {}, "b": {}})
    drawing_store.change("AAAUSDT", {"a": {}})
    drawing_store.change("CCCUSDT", {"a": {}})
    drawing_store.change("CCCUSDT", {}, ["a"])
    assert drawing_store.symbols() == {"AAAUSDT": 1, "BBBUSDT": 2}


def test_drawings_without_a_symbol_are_refused(drawing_store: DrawingStore) -> None:
    with pytest.raises(InvalidParameter, match="symbol"):
        drawing_store.change(" ", {"a": {}})


# History: what was asked for, and what was listed when

SPANS = HistoryKey.of(KEY)


def span(first: int, last: int, *, is_empty: bool = False, at: int = 1) -> CoveredSpan:
    return CoveredSpan(START_MS + first * HOUR_MS, START_MS + last * HOUR_MS, at, is_empty)


def test_candles_and_their_span_are_stored_together(candle_store: CandleStore, history: HistoryStore) -> None:
    candles = random_candles(10)
    assert history.append(candles, [span(0, 10)]) == WriteOutcome(10, 0, 0)
    assert_same_candles(candle_store.read(KEY), candles)
    assert history.covered(SPANS) == [span(0, 10)]
    assert history.open_times(KEY).tolist() == candles.open_time_ms.tolist()
    assert history.open_times(KEY, START_MS + HOUR_MS, START_MS + 3 * HOUR_MS).size == 2
    assert history.open_times(SeriesKey("NONE", Timeframe.H1, "test")).size == 0


def test_neighboring_spans_become_one_and_newer_ones_count(history: HistoryStore) -> None:
    history.cover(SPANS, [span(0, 10, at=5), span(10, 20, at=9)])
    assert history.covered(SPANS) == [span(0, 20, at=5)]
    history.cover(SPANS, [span(5, 8, is_empty=True, at=12)])
    assert history.covered(SPANS) == [span(0, 5, at=5), span(5, 8, is_empty=True, at=12), span(8, 20, at=5)]
    history.uncover(SPANS, START_MS + 2 * HOUR_MS, START_MS + 6 * HOUR_MS)
    assert history.covered(SPANS) == [span(0, 2, at=5), span(6, 8, is_empty=True, at=12), span(8, 20, at=5)]
    assert history.covered(HistoryKey("TESTUSDT", "test", "funding")) == []


def test_what_another_writer_replaces_counts_as_unchecked(candle_store: CandleStore, history: HistoryStore) -> None:
    history.append(make_candles([1.0, 2.0, 3.0, 4.0]), [span(0, 4)])
    candle_store.write(make_candles([1.0, 2.0]))
    assert history.covered(SPANS) == [span(0, 4)]
    candle_store.write(make_candles([2.0, 7.0], opens=[1.0, 2.0], start_ms=START_MS + HOUR_MS))
    assert history.covered(SPANS) == [span(0, 1), span(3, 4)]


def test_a_deleted_series_is_no_longer_covered(candle_store: CandleStore, history: HistoryStore) -> None:
    history.append(random_candles(10), [span(0, 10)])
    candle_store.delete(KEY)
    assert history.covered(SPANS) == []


def test_older_candles_are_removed_with_their_coverage(candle_store: CandleStore, history: HistoryStore) -> None:
    history.append(random_candles(10), [span(0, 10)])
    assert history.delete_before(KEY, START_MS + 4 * HOUR_MS) == 4
    summary = candle_store.series()[0]
    assert (summary.candles, summary.first_open_ms) == (6, START_MS + 4 * HOUR_MS)
    assert history.covered(SPANS) == [span(4, 10)]
    assert_same_candles(candle_store.read(KEY), random_candles(10).rows(4, 10))
    assert history.delete_before(KEY, START_MS + 4 * HOUR_MS) == 0
    assert history.delete_before(KEY, START_MS + 99 * HOUR_MS) == 6
    assert candle_store.series() == []


def test_the_disk_is_shared_out_by_rows(candle_store: CandleStore, history: HistoryStore) -> None:
    candle_store.write(random_candles(3000))
    candle_store.write(make_candles([5.0] * 1000, symbol="AAAUSDT"))
    history.tidy()
    sizes = history.stored_bytes()
    assert sizes[KEY] == pytest.approx(3 * sizes[SeriesKey("AAAUSDT", Timeframe.H1, "test")], rel=0.01)
    assert sizes[KEY] > 3000


def a_listing(symbol: str = "AUSDT", tick: float = 0.1, status: ListingStatus = ListingStatus.TRADING) -> Listing:
    instrument = Instrument(symbol, tick, 0.001, 0.001, 5.0, 50.0, 0.01, "A", "USDT", "bybit-linear")
    market = Market("bybit", Category.LINEAR, symbol)
    return Listing(market, status, instrument, 7, 0, 480, 1000.0, 500.0, "USDT", "LinearPerpetual")


def test_only_changed_listings_make_new_rows(history: HistoryStore) -> None:
    assert history.write_listings([a_listing(), a_listing("BUSDT")], 1000) == 2
    assert history.write_listings([a_listing(), a_listing("BUSDT", 0.5)], 2000) == 1
    closed = a_listing("BUSDT", 0.5, ListingStatus.CLOSED)
    assert history.write_listings([closed], 3000) == 1
    assert [row.from_ms for row in history.listing_changes("BUSDT", "bybit-linear")] == [1000, 2000, 3000]
    ticks = [history.listing("BUSDT", "bybit-linear", time_ms) for time_ms in (500, 1000, 1999, 2000, None)]
    assert [row.listing.instrument.tick_size for row in ticks if row] == [0.1, 0.1, 0.1, 0.5, 0.5]
    assert [row.listing for row in history.listings("bybit-linear")] == [a_listing(), closed]
    assert history.listing("CUSDT", "bybit-linear") is None
    assert history.listings("elsewhere") == []


def test_an_older_answer_does_not_change_listings(history: HistoryStore) -> None:
    history.write_listings([a_listing()], 2000)
    assert history.write_listings([a_listing(tick=0.5)], 1000) == 0


def test_risk_tiers_are_dated(history: HistoryStore) -> None:
    first = [RiskTier(2e6, 0.01, 0.005, 100.0, 0.0), RiskTier(4e6, 0.02, 0.01, 50.0, 10_000.0)]
    assert history.write_risk_tiers("A", "test", first, 1000)
    assert not history.write_risk_tiers("A", "test", first, 2000)
    assert history.write_risk_tiers("A", "test", first[:1], 3000)
    assert not history.write_risk_tiers("A", "test", [], 4000)
    dated = [history.risk_tiers("A", "test", time_ms) for time_ms in (0, 2999, 3000, None)]
    assert [len(row.tiers) for row in dated if row] == [2, 2, 1, 1]
    assert dated[0] is not None
    assert dated[0].tiers == tuple(first)
    assert history.risk_tiers("B", "test") is None


def test_fee_tiers_are_dated_and_replaced_by_their_moment(history: HistoryStore) -> None:
    plain, better = FeeTier("Non-VIP", 0.00055, 0.0002), FeeTier("VIP 1", 0.0004, 0.00018)
    assert history.write_fee_tiers("bybit-linear", [plain, better], 1000, "told by the exchange")
    assert not history.write_fee_tiers("bybit-linear", [plain, better], 1000, "told by the exchange")
    assert history.write_fee_tiers("bybit-linear", [plain], 2000)
    earlier, later = history.fee_tiers("bybit-linear", 1999), history.fee_tiers("bybit-linear")
    assert earlier is not None
    assert later is not None
    assert (earlier.tiers, earlier.note) == ((plain, better), "told by the exchange")
    assert later.tiers == (plain,)
