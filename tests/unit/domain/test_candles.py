import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import CorruptCandles
from strategy_tester.domain.timeframes import Timeframe


def columns(**changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "open_time_ms": [0, 60_000, 120_000],
        "open": [10.0, 11.0, 12.0],
        "high": [11.0, 12.0, 13.0],
        "low": [9.0, 10.0, 11.0],
        "close": [10.5, 11.5, 12.5],
        "volume": [1.0, 2.0, 3.0],
    }
    return {**given, **changes}


def test_lists_become_columns_and_the_timeframe_is_read_from_the_times() -> None:
    candles = Candles(**columns())  # type: ignore[arg-type]
    assert candles.timeframe is Timeframe.M1
    assert candles.close.dtype == np.float64
    assert candles.open_time_ms.dtype == np.int64
    assert len(candles) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"open_time_ms": [0, 60_000, 60_000]}, "open times do not rise in 1 of the candles, first in row 2"),
        ({"close": [10.5, float("nan"), 12.5]}, "close is not a positive price"),
        ({"open": [10.0, -11.0, 12.0]}, "open is not a positive price"),
        ({"low": [9.0, 0.0, 11.0]}, "low is not a positive price"),
        ({"high": [10.2, 12.0, 13.0]}, "high lies below the open or the close"),
        ({"low": [9.0, 11.2, 11.0]}, "low lies above the open or the close"),
        ({"volume": [1.0, -2.0, 3.0]}, "volume is not a number of zero or more"),
        ({"volume": [1.0, float("inf"), 3.0]}, "volume is not a number of zero or more"),
        ({"close": [10.5, 11.5]}, "close has 2 values, open_time_ms has 3"),
        ({"high": [float("inf"), 12.0, 13.0]}, "high is not a positive price"),
    ],
)
def test_what_cannot_be_a_market_is_refused_with_its_row(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CorruptCandles, match=words):
        Candles(**columns(**changes))  # type: ignore[arg-type]


def test_missing_volume_is_zero_volume() -> None:
    given = columns()
    del given["volume"]
    assert Candles(**given).volume.tolist() == [0.0, 0.0, 0.0]  # type: ignore[arg-type]


def test_no_candles_and_one_candle_are_candles() -> None:
    none = Candles([], [], [], [], [])  # type: ignore[arg-type]
    assert len(none) == 0
    assert none.timeframe is None
    one = make_candles([5.0])
    assert one.close_time_ms.tolist() == [START_MS + HOUR_MS]


def test_a_period_takes_its_start_and_leaves_its_end() -> None:
    candles = make_candles([1.0, 2.0, 3.0, 4.0])
    part = candles.between(START_MS + HOUR_MS, START_MS + 3 * HOUR_MS)
    assert part.close.tolist() == [2.0, 3.0]
    assert (part.symbol, part.timeframe, part.source) == (candles.symbol, candles.timeframe, candles.source)
    assert len(candles.between(START_MS + 9 * HOUR_MS)) == 0


def test_the_hash_tells_one_changed_bit_apart() -> None:
    first, second = random_candles(50, seed=3), random_candles(50, seed=3)
    assert first.content_hash() == second.content_hash()
    volume = second.volume.copy()
    volume[7] = np.nextafter(volume[7], np.inf)
    changed = make_candles(
        list(second.close),
        opens=list(second.open),
        highs=list(second.high),
        lows=list(second.low),
        volumes=list(volume),
    )
    assert changed.content_hash() != first.content_hash()


def test_the_frame_holds_every_column() -> None:
    frame = make_candles([1.0, 2.0]).frame
    assert frame.columns == ["open_time_ms", "open", "high", "low", "close", "volume"]
    assert frame["close"].to_list() == [1.0, 2.0]
