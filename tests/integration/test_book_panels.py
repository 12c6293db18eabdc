"""What the panels of the order book show against the practice exchange's own truth, over real sockets, on a bad day."""

import asyncio
import json
from pathlib import Path

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.cli.main import main
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.exchange.bybit.rest import practice_place
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.market_source import Topic, TopicKind
from strategy_tester.services.record_market import MarketRecorder, read_recording
from strategy_tester.ui.panels.ladder.model import LadderModel

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
TICK = 0.1
DEPTH = 200


def serve(*faults: dict, speed: float = 20.0) -> ServerThread:
    market = StagedMarket(listing(), minute_candles(4000), funding())
    script = FaultScript.parse({"faults": list(faults)})
    start_ms = START_MS + 600 * MINUTE_MS
    return ServerThread(PracticeExchange([market], start_ms=start_ms, speed=speed, faults=script))


async def until(is_so, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  what is waited for happens in another thread
            await asyncio.sleep(0.005)


def shown(model: LadderModel) -> tuple[dict[int, float], dict[int, float]]:
    """Bids and asks by tick, as the rows hold them."""
    rows = model.rows()
    numbers = range(rows.top_row, rows.top_row - model.count, -1)
    bids = {number: float(size) for number, size in zip(numbers, rows.bids, strict=True) if size}
    asks = {number: float(size) for number, size in zip(numbers, rows.asks, strict=True) if size}
    return bids, asks


def truth_of(server: ServerThread, update_id: int, model: LadderModel) -> tuple[dict[int, float], dict[int, float]]:
    """The exchange's own book at an update, as far as it is in sight."""
    bids, asks = server.exchange.channels["linear", f"orderbook.{DEPTH}.BTCUSDT"].truth[update_id]
    inside = range(model.top_row - model.count + 1, model.top_row + 1)

    def by_tick(levels: dict[float, float]) -> dict[int, float]:
        found = {round(price / TICK): size for price, size in levels.items()}
        return {tick: size for tick, size in found.items() if tick in inside}

    return by_tick(bids), by_tick(asks)


def test_ladder_equals_the_exchanges_truth_while_changes_are_lost_and_the_exchange_restarts():
    async def work(server: ServerThread) -> None:
        hub = StreamHub(BybitWire(practice_place(server.port)), waits_s=(0.02, 0.2))
        model = LadderModel()
        model.set_count(120)
        compared, traded = 0, [0.0]

        def take_book(_events: list) -> None:
            nonlocal compared
            book = hub.book(BTC, DEPTH)
            if book is None or not book.is_usable:
                return
            model.levels.read(book, TICK)
            bids, asks = shown(model)
            try:
                expected = truth_of(server, book.update_id, model)
            except KeyError:  # so old that the exchange has forgotten it
                return
            assert (bids, asks) == expected
            compared += bool(bids) and bool(asks)

        def take_trades(trades: list[PublicTrade]) -> None:
            model.take_trades(trades, TICK)
            traded[0] += sum(trade.quantity for trade in trades)

        failures: list[BaseException] = []

        def guarded(events: list) -> None:
            try:
                take_book(events)
            except AssertionError as error:
                failures.append(error)

        hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=DEPTH), guarded)
        hub.subscribe(Topic(TopicKind.TRADE, BTC), take_trades)
        await until(lambda: failures or (compared >= 150 and hub.book(BTC, DEPTH).losses >= 2), 40.0)
        await hub.close()
        assert not failures
        assert abs(model.traded.quantities.sum() - traded[0]) < 1e-6 * traded[0]

    faults = ({"kind": "skip_book_delta", "every_s": 0.5}, {"kind": "book_restart", "every_s": 2.0})
    with serve(*faults) as server:
        asyncio.run(work(server))


def test_replayed_recording_equals_the_book_as_it_was_live(tmp_path: Path):
    async def work(server: ServerThread) -> None:
        hub = StreamHub(BybitWire(practice_place(server.port)), waits_s=(0.02, 0.2))
        recorder = MarketRecorder(tmp_path, BTC, flush_s=0.1)
        live: list[tuple] = []
        trades: list[PublicTrade] = []

        def take_book(events: list) -> None:
            recorder.take(events)
            book = hub.book(BTC, DEPTH)
            assert book is not None
            live.append((book.update_id, book.bids(), book.asks()))

        def take_trades(events: list) -> None:
            recorder.take(events)
            trades.extend(events)

        hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=DEPTH), take_book)
        hub.subscribe(Topic(TopicKind.TRADE, BTC), take_trades)
        await until(lambda: len(live) >= 100 and len(trades) >= 20, 40.0)
        await hub.close()
        state = await asyncio.to_thread(recorder.stop)
        assert state.error is None
        book, replayed = OrderBook(DEPTH), []
        events = list(read_recording(state.folder))
        for event in events:
            if isinstance(event, BookChange):
                book.apply(event)
                replayed.append((book.update_id, book.bids(), book.asks()))
        assert replayed == live
        assert [event for event in events if isinstance(event, PublicTrade)] == trades

    with serve({"kind": "skip_book_delta", "every_s": 0.5}, speed=5.0) as server:
        asyncio.run(work(server))


def test_terminal_records_too(tmp_path: Path, capsys):
    with serve() as server:
        port = str(server.port)
        given = ["record", "btcusdt", "--seconds", "2", "--exchange", "practice", "--port", port, "--json"]
        assert main([*given, "--folder", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    events = list(read_recording(Path(told["folder"])))
    assert told["market"] == "BTCUSDT (practice-linear)"
    assert told["messages"] == len(events) > 10
    first = next(event for event in events if isinstance(event, BookChange))
    assert (first.is_snapshot, first.depth, first.market.exchange) == (True, 200, "practice")
