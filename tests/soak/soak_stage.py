"""What is traded in the soak test, and what goes wrong there. Client and server make the same from one seed."""

import dataclasses
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.market_events import Category
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.files import read_candles
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.staging import guessed_instrument

sys.path.insert(0, str(Path(__file__).parents[1]))
from practice_builders import MINUTE_MS, funding, listing, minute_candles

FIRST_MS = 1_735_516_800_000
"""2024-12-30 00:00 UTC: the data begin here."""
BEGIN_MS = FIRST_MS + 44 * 60 * MINUTE_MS
"""2024-12-31 20:00 UTC: trading begins four hours before the turn of the day, the month and the year."""
_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_REAL = {"ADAUSDT": "bybit-linear-ADAUSDT-1m-20250530_20250629.parquet",
         "DOGEUSDT": "bybit-linear-DOGEUSDT-1m-20250530_20250629.parquet"}  # fmt: skip
_BARS = 60 * 24 * 6
_HOLE = slice(60 * 44 + 20, 60 * 44 + 23)
"""Three minutes that one market never had: its exchange has no candles there."""


def markets(seed: int) -> list[StagedMarket]:
    """Five markets of three categories: two of recorded candles where they are at hand, one with a hole."""
    made = [_made("BTCUSDT", Category.LINEAR, seed), _made("BTCUSD", Category.INVERSE, seed + 1, has_hole=True)]
    real = [_real(symbol, name, seed + 2 + number) for number, (symbol, name) in enumerate(_REAL.items())]
    made += [market for market in real if market is not None]
    for number in range(4 - len(made)):
        made.append(_made(f"COIN{number}USDT", Category.LINEAR, seed + 10 + number))
    return [*made, _made("ETHUSDT", Category.SPOT, seed + 5)]


def _made(symbol: str, category: Category, seed: int, *, has_hole: bool = False) -> StagedMarket:
    candles = dataclasses.replace(
        minute_candles(_BARS, seed, symbol, FIRST_MS), source=f"bybit-{category.value}"
    )  # fmt: skip
    if has_hole:
        kept = np.ones(len(candles), dtype=bool)
        kept[_HOLE] = False
        candles = Candles(
            candles.open_time_ms[kept], candles.open[kept], candles.high[kept], candles.low[kept],
            candles.close[kept], candles.volume[kept], candles.turnover[kept], symbol, Timeframe.M1, candles.source,
        )  # fmt: skip
    return StagedMarket(listing(symbol, category), candles, funding(40, start_ms=FIRST_MS), seed=seed)


def _real(symbol: str, name: str, seed: int) -> StagedMarket | None:
    path = _DATA / name
    if not path.exists():
        return None
    candles = read_candles(path).rows(0, _BARS)
    days = (FIRST_MS - int(candles.open_time_ms[0]) // 86_400_000 * 86_400_000) // 86_400_000
    candles = dataclasses.replace(candles, open_time_ms=candles.open_time_ms + days * 86_400_000, symbol=symbol)
    listed = dataclasses.replace(listing(symbol), instrument=guessed_instrument(candles))
    return StagedMarket(listed, candles, funding(40, start_ms=FIRST_MS), seed=seed)


def faults(seed: int, seconds: float) -> dict[str, Any]:
    """Something goes wrong every second or two, in every way there is; windows of silence and of a wrong clock."""
    dice = random.Random(seed)  # noqa: S311
    kline = "/v5/market/kline"
    script: list[dict[str, Any]] = [
        {"kind": "cut", "every_s": 9.0, "from_s": 3.0},
        {"kind": "restart", "every_s": 41.0, "from_s": 20.0},
        {"kind": "skip_book_delta", "every_s": 2.5},
        {"kind": "delta_first", "rate": 0.3},
        {"kind": "drop", "every_s": 1.7},
        {"kind": "delay", "every_s": 3.0, "ms": 250},
        {"kind": "duplicate", "every_s": 0.7},
        {"kind": "reorder", "every_s": 1.1},
        {"kind": "lose_confirm", "rate": 0.08},
        {"kind": "repeat_confirm", "rate": 0.08},
        {"kind": "join_confirm", "rate": 0.2},
        {"kind": "answer", "path": kline, "code": 10006, "every_s": 8.0},
        {"kind": "answer", "path": kline, "code": 10006, "bare": True, "every_s": 13.0},
        {"kind": "answer", "path": kline, "code": 10016, "every_s": 11.0},
        {"kind": "status", "path": kline, "status": 502, "every_s": 9.0},
        {"kind": "status", "path": kline, "status": 429, "every_s": 29.0},
        {"kind": "html", "path": kline, "every_s": 17.0},
        {"kind": "hang", "path": kline, "ms": 600, "every_s": 7.0},
    ]
    begin, spoken_s = 12.0, 0.0
    while begin < seconds - 30.0:
        silent_s = dice.choice([3.0, 6.0, 9.0])
        script.append({"kind": "silence", "from_s": begin, "to_s": begin + silent_s})
        # A book that begins anew while nothing is told, on a line that stays: no protocol notices that for certain.
        script.append({"kind": "book_restart", "every_s": 6.5, "from_s": spoken_s, "to_s": begin - 1.0})
        spoken_s = begin + silent_s + 1.0
        skewed = begin + silent_s + dice.uniform(4.0, 10.0)
        script.append({"kind": "skew_clock", "ms": dice.choice([-3000, 3000]), "from_s": skewed, "to_s": skewed + 8.0})
        begin = skewed + dice.uniform(25.0, 45.0)
    script.append({"kind": "book_restart", "every_s": 6.5, "from_s": spoken_s})
    return {"seed": seed, "faults": script}
