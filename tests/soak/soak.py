"""The live stream under faults for a long time, against a practice exchange in a process of its own.

    python packaging/dev.py soak                          24 hours of the market at 100x: 14.4 minutes
    python packaging/dev.py soak --minutes 2 --speed 60   shorter

Every final candle, book and trade that the client tells is compared with the exchange's truth. Exits with 1 when
anything was lost, doubled or wrong, or when memory, threads or handles grew.
"""

import argparse
import asyncio
import logging
import os
import subprocess
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import psutil
import soak_stage

from strategy_tester.domain.market_events import Market, PublicTrade, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.candle_feed import CandleFeed
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.practice_exchange import market as market_module
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.services.live_candles import CandleChange
from strategy_tester.services.market_source import Topic, TopicKind

FRAMES = (Timeframe.M1, Timeframe.M3, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.D1, Timeframe.MO1)
DEPTH = 50
_KEPT_TRADES = 5_000
_LAG_BINS_A_MS = 10


class Series:
    """What one feed tells, compared with the truth as it comes."""

    def __init__(self, market: StagedMarket, frame: Timeframe) -> None:
        self.market, self.frame = market, frame
        self.final = self.wrong = self.doubled = self.lost = self.odd_forming = 0
        self.feed: CandleFeed | None = None
        candles = market.candles(frame)
        turnover = candles.turnover if candles.turnover is not None else candles.volume * candles.close
        self.truth = {
            int(candles.open_time_ms[bar]): (
                float(candles.open[bar]), float(candles.high[bar]), float(candles.low[bar]), float(candles.close[bar]),
                round(float(candles.volume[bar]), 10), round(float(turnover[bar]), 10),
            )
            for bar in range(len(candles))
        }  # fmt: skip
        self.times = [int(moment) for moment in candles.open_time_ms]
        self._place = sum(frame.next_open(moment) <= soak_stage.BEGIN_MS for moment in self.times) - 1
        self.last_ms = self.times[self._place] if self._place >= 0 else frame.open_of(self.times[0] - 1)

    def take(self, changes: list[CandleChange]) -> None:
        for change in changes:
            told = (change.open, change.high, change.low, change.close, change.volume, change.turnover)
            truth = self.truth.get(change.open_time_ms)
            if not change.is_closed:
                is_odd = truth is None or change.high > truth[1] or change.low < truth[2] or change.open != truth[0]
                self.odd_forming += is_odd or change.open_time_ms <= self.last_ms
                continue
            self.final += 1
            if change.open_time_ms <= self.last_ms:
                self.doubled += 1
                continue
            self.wrong += told != truth
            while self._place + 1 < len(self.times) and self.times[self._place + 1] < change.open_time_ms:
                self._place += 1
                self.lost += 1
            self._place += 1
            self.last_ms = change.open_time_ms

    def due_ms(self, now_ms: int) -> int:
        """Open time of the newest candle that has closed."""
        return max((moment for moment in self.times if self.frame.next_open(moment) <= now_ms), default=self.last_ms)


@dataclass
class Figures:
    """What was measured."""

    lags: np.ndarray = field(default_factory=lambda: np.zeros(20_000, dtype=np.int64))
    """How often the loop was late by so many tenths of a millisecond."""
    samples: list[tuple[float, float, int, int]] = field(default_factory=list)
    books_compared: int = 0
    books_gone: int = 0
    book_mismatches: int = 0
    trades: int = 0
    trades_doubled: int = 0
    trades_wrong: int = 0
    tickers: int = 0
    states: Counter[StreamState] = field(default_factory=Counter)


class SideDoor:
    """Asks the exchange's process for the truth."""

    async def open(self, port: int) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        self._turn = asyncio.Lock()

    async def ask(self, wish: dict[str, Any]) -> Any:
        async with self._turn:
            self._writer.write(orjson.dumps(wish) + b"\n")
            await self._writer.drain()
            return orjson.loads(await self._reader.readline())

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class Soak:
    """The client side."""

    def __init__(self, options: argparse.Namespace, port: int) -> None:
        place = practice_place(port)
        self.options = options
        self.source = BybitSource(BybitRest(place))
        self.hub = StreamHub(BybitWire(place), self.source.rest.clock, waits_s=(0.2, 2.0))
        self.markets = soak_stage.markets(options.seed)
        market_module._KEPT_TAPES = 64  # of the comparison, which must not grow itself
        self.figures = Figures()
        self.series: list[Series] = []
        self.process = psutil.Process()
        self.is_over = False
        self._ids: OrderedDict[str, None] = OrderedDict()

    def begin(self) -> None:
        frames = FRAMES[: self.options.frames] + FRAMES[-2:]
        for market in self.markets:
            own = Market("bybit", market.market.category, market.market.symbol)
            for frame in dict.fromkeys(frames):
                series = Series(market, frame)
                series.feed = CandleFeed(self.hub, self.source, own, frame, series.last_ms, series.take)
                self.series.append(series)
            self.hub.subscribe(Topic(TopicKind.BOOK, own, depth=DEPTH), lambda _events: None)
            self.hub.subscribe(Topic(TopicKind.TICKER, own), self._take_tickers)
            self.hub.subscribe(Topic(TopicKind.TRADE, own), self._trades_of(market))
        self.hub.watch_health(lambda health: self.figures.states.update([health.state]))

    def _take_tickers(self, events: list[Any]) -> None:
        self.figures.tickers += sum(isinstance(event, Ticker) and event.last_price is not None for event in events)

    def _trades_of(self, market: StagedMarket) -> Callable[[list[Any]], None]:
        def take(events: list[Any]) -> None:
            for trade in events:
                assert isinstance(trade, PublicTrade)
                self.figures.trades += 1
                self.figures.trades_doubled += trade.trade_id in self._ids
                self._ids[trade.trade_id] = None
                if len(self._ids) > _KEPT_TRADES:
                    self._ids.popitem(last=False)
                if self.figures.trades % 10 == 0:
                    self.figures.trades_wrong += not _is_true(market, trade)

        return take

    async def watch_lag(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            late = round((time.perf_counter() - begun - 0.01) * 1000.0 * _LAG_BINS_A_MS)
            self.figures.lags[min(max(late, 0), self.figures.lags.size - 1)] += 1

    async def watch_size(self, begun: float) -> None:
        while True:
            await asyncio.sleep(self.options.sample)
            memory = self.process.memory_info().rss / 1e6
            row = (time.monotonic() - begun, memory, self.process.num_threads(), _handles(self.process))
            self.figures.samples.append(row)

    async def watch_books(self, door: SideDoor) -> None:
        while not self.is_over:  # never cancelled between a question and its answer
            for market in self.markets:
                await asyncio.sleep(0.1)
                name = f"orderbook.{DEPTH}.{market.market.symbol}"
                book = self.hub.book(Market("bybit", market.market.category, market.market.symbol), DEPTH)
                if book is None or not book.is_usable:
                    continue
                told = [[list(level) for level in side] for side in (book.bids(), book.asks())]
                truth = await door.ask({"book": [market.market.category.value, name, book.update_id, book.sequence]})
                if truth is None:
                    self.figures.books_gone += 1
                else:
                    self.figures.books_compared += 1
                    self.figures.book_mismatches += truth != told

    async def catch_up(self, now_ms: int, seconds: float) -> bool:
        """Wait until every feed has told what had closed at a moment."""
        due = [(series, series.due_ms(now_ms)) for series in self.series]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if all(series.last_ms >= moment for series, moment in due):
                return True
            await asyncio.sleep(0.1)
        for series, moment in due:
            if series.last_ms < moment:
                sys.stdout.write(f"behind: {series.market.market} {series.frame}: {series.last_ms} of {moment}\n")
        return False

    async def close(self) -> None:
        for series in self.series:
            assert series.feed is not None
            series.feed.close()
        await self.hub.close()


def _handles(process: psutil.Process) -> int:
    return process.num_handles() if os.name == "nt" else process.num_fds()


def _is_true(market: StagedMarket, trade: PublicTrade) -> bool:
    _, open_ms, number = (int(part, 16) for part in trade.trade_id.split("-"))
    bar = int(np.searchsorted(market.base.open_time_ms, open_ms))
    tape = market.tape(bar)
    truth = (
        int(tape.time_ms[number]),
        float(tape.price[number]),
        float(tape.quantity[number]),
        bool(tape.is_buy[number]),
    )
    return truth == (trade.time_ms, trade.price, trade.quantity, trade.is_buy)


async def run(options: argparse.Namespace, ports: tuple[int, int]) -> int:
    door = SideDoor()
    await door.open(ports[1])
    soak = Soak(options, ports[0])
    soak.begin()
    begun, processor = time.monotonic(), time.process_time()
    watchers = [asyncio.create_task(work) for work in (soak.watch_lag(), soak.watch_size(begun))]
    comparing = asyncio.create_task(soak.watch_books(door))
    while (left_s := begun + options.minutes * 60.0 - time.monotonic()) > 0.0:
        await asyncio.sleep(min(left_s, 60.0))
        bad = sum(series.wrong + series.doubled + series.lost for series in soak.series)
        final = sum(series.final for series in soak.series)
        sys.stderr.write(f"{(time.monotonic() - begun) / 60.0:.1f} min: {final} final candles, {bad} bad\n")
    spent = time.process_time() - processor, time.monotonic() - begun
    soak.is_over = True
    await comparing
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    happened = await door.ask({"calm": True})
    has_caught_up = await soak.catch_up((await door.ask({"now": True}))["now_ms"], 60.0)
    requests = (await door.ask({"now": True}))["requests"]
    await soak.close()
    await door.close()
    left = len(asyncio.all_tasks()) - 1
    return report(soak, options, spent, happened, requests, has_caught_up=has_caught_up, tasks_left=left)


def report(
    soak: Soak, options: argparse.Namespace, spent: tuple[float, float], happened: dict[str, int], requests: int, *,
    has_caught_up: bool, tasks_left: int,
) -> int:  # fmt: skip
    figures, hub = soak.figures, soak.hub
    totals = {
        name: sum(getattr(series, name) for series in soak.series)
        for name in ("final", "wrong", "doubled", "lost", "odd_forming")
    }
    states = [series.feed.state for series in soak.series if series.feed is not None]
    samples = np.array(figures.samples[len(figures.samples) // 4 :])
    slope, growth = _slope(samples)
    threads, handles = (_grown(samples[:, column]) for column in (2, 3))
    shares = np.cumsum(figures.lags) / figures.lags.sum()
    lags = [np.searchsorted(shares, share) / _LAG_BINS_A_MS for share in (0.5, 0.99, 1.0 - 1e-12)]
    is_long = options.minutes >= 10.0
    checks = {
        "final candles wrong": totals["wrong"], "final candles doubled": totals["doubled"],
        "final candles lost": totals["lost"], "forming candles that cannot be": totals["odd_forming"],
        "series that did not catch up": int(not has_caught_up), "book mismatches": figures.book_mismatches,
        "trades doubled": figures.trades_doubled, "trades wrong": figures.trades_wrong,
        "messages not understood": hub.faulty, "tasks left behind": tasks_left,
        "no final candles": int(not totals["final"]), "no books compared": int(not figures.books_compared),
        "no candles mended": int(not sum(state.mended for state in states)),
        "threads grew": int(threads > 2), "handles grew": int(handles > 8),
        "memory grew": int(slope > 12.0 if is_long else growth > 25.0),
    }  # fmt: skip
    rows = {
        "market time": f"{spent[1] * options.speed / 3600.0:.1f} h at {options.speed:g}x, seed {options.seed}",
        "series, markets": f"{len(soak.series)}, {len(soak.markets)}",
        "final candles": totals["final"],
        "of them mended by request": sum(state.mended for state in states),
        "candles the exchange never had": sum(state.skipped for state in states),
        "books compared (truth was gone)": f"{figures.books_compared} ({figures.books_gone})",
        "trades, tickers": f"{figures.trades}, {figures.tickers}",
        "messages": f"{hub.messages} = {hub.messages / spent[1]:.0f} a second",
        "connections lost, requests": f"{hub.health.reconnects or _reconnects(soak)}, {requests}",
        "processor": f"{100.0 * spent[0] / spent[1]:.0f} % of a core, the comparisons included",
        "loop lag p50 / p99 / longest": f"{lags[0]:.1f} / {lags[1]:.1f} / {lags[2]:.0f} ms",
        "memory": f"{samples[-1, 1]:.1f} MB, {slope:+.2f} MB/h, {growth:+.2f} MB after the first quarter",
        "threads, handles": f"{samples[-1, 2]:.0f} ({threads:+.0f}), {samples[-1, 3]:.0f} ({handles:+.0f})",
        "faults": ", ".join(f"{kind} {count}" for kind, count in sorted(happened.items())),
        "health told": ", ".join(f"{state.value} {count}" for state, count in sorted(
            figures.states.items(), key=lambda item: item[0].value)),
    }  # fmt: skip
    for name, value in rows.items():
        sys.stdout.write(f"{name:34} {value}\n")
    failures = {name: count for name, count in checks.items() if count}
    for name, count in checks.items():
        sys.stdout.write(f"{'FAILED' if count else 'ok':6} {name}: {count}\n")
    return 1 if failures else 0


def _reconnects(soak: Soak) -> int:
    return soak.figures.states[StreamState.LOST]


def _slope(samples: np.ndarray) -> tuple[float, float]:
    """Megabytes an hour by least squares, and between the first and the last third."""
    third = max(len(samples) // 3, 1)
    growth = float(np.median(samples[-third:, 1]) - np.median(samples[:third, 1]))
    return float(np.polyfit(samples[:, 0], samples[:, 1], 1)[0]) * 3600.0, growth


def _grown(values: np.ndarray) -> float:
    half = max(len(values) // 2, 1)
    return float(values[half:].max() - values[:half].max())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=14.4, help="real minutes")
    parser.add_argument("--speed", type=float, default=100.0, help="market seconds in a real second")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tick", type=float, default=0.02, help="seconds between two turns of the exchange")
    parser.add_argument("--frames", type=int, default=5, help="how many candle lengths besides day and month")
    parser.add_argument("--sample", type=float, default=5.0, help="seconds between two measurements of memory")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(options.seed), str(options.speed),
               str(options.tick), str(options.minutes * 60.0)]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
    ) as server:
        assert server.stdout is not None
        try:
            port, door = map(int, server.stdout.readline().split())
            return asyncio.run(run(options, (port, door)))
        finally:
            server.stdin.close()
            server.wait(20.0)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
