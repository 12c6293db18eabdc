"""Messages as they were recorded, and spoiled in every way: the stream goes on, and what was odd is counted."""

import asyncio
import copy
import json
import os
import random
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from builders import SHARED, shared_fixture
from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.market_events import (
    BookChange,
    CandleUpdate,
    Category,
    Liquidation,
    Market,
    PublicTrade,
    StreamState,
)
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.wire import BinanceWire
from strategy_tester.exchange.bybit import parse
from strategy_tester.exchange.bybit.rest import MAINNET
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.values import ODD
from strategy_tester.exchange.wire import TickerChange
from strategy_tester.services.market_source import Topic, TopicKind
from stream_feed import best_prices, feed_and_hub, until

IS_LONG = bool(os.environ.get("BST_LONG"))
SEED = 20250101
MUTATIONS = 50_000 if IS_LONG else 2_000
TEXTS = 500_000 if IS_LONG else 20_000
BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
ODD_VALUES: tuple[Any, ...] = (
    None, "", "abc", "NaN", "Infinity", "-1", "1e400", "0", 0, -5, 1.5, True, [], {}, [[]], "ÿ", 10**30, "9" * 5000,
)  # fmt: skip
BINANCE = [
    {"e": "kline", "E": 1735689660000, "s": "BTCUSDT",
     "k": {"t": 1735689600000, "T": 1735689659999, "s": "BTCUSDT", "i": "1m", "o": "1", "c": "2", "h": "3", "l": "1",
           "v": "9", "x": True, "q": "18"}},
    {"e": "aggTrade", "E": 1735689660000, "s": "BTCUSDT", "a": 5, "p": "1.5", "q": "2", "T": 1735689659990, "m": True},
    {"e": "depthUpdate", "E": 1735689660000, "T": 1735689659990, "s": "BTCUSDT", "U": 3, "u": 9, "pu": 2,
     "b": [["1", "2"]], "a": [["3", "0"]]},
    {"e": "markPriceUpdate", "E": 1735689660000, "s": "BTCUSDT", "p": "2", "i": "2", "r": "0.0001", "T": 1735689700000},
]  # fmt: skip


def recorded() -> list[dict[str, Any]]:
    """Every public message with a topic that somebody recorded or the vendor shows."""
    shared_fixture("bybit/ws/public")
    folder = SHARED / "fixtures" / "bybit" / "ws"
    found: list[Any] = []
    for path in sorted((folder / "public").glob("*.json")):
        content = json.loads(path.read_text())
        found += [step["msg"] for step in content] if isinstance(content, list) else [content]
    for path in sorted((folder / "recorded").glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        found += [line.get("msg", line) for line in lines]
    kinds = ("kline.", "publicTrade.", "orderbook.", "tickers.", "allLiquidation.")
    return [message for message in found if str(message.get("topic", "")).startswith(kinds)]


def test_every_recorded_message_is_understood_whole():
    wire = BybitWire(MAINNET)
    messages = recorded()
    readings = [wire.read(json.dumps(message), "linear") for message in messages]
    assert len(messages) > 70
    assert all(reading.events for reading in readings)
    assert [reading.topic for reading in readings if reading.odd] == []


def test_recorded_values_arrive_as_they_were_told():
    wire = BybitWire(MAINNET)

    def first(name: str, route: str = "linear") -> Any:
        return wire.read(shared_fixture(f"bybit/ws/public/{name}.json").read_bytes(), route).events[0]

    assert first("nt_kline") == CandleUpdate(
        BTC, Timeframe.M5, 1672324800000, 16649.5, 16677.0, 16608.0, 16677.0, 2.081, 34666.4005, False, 1672324988882
    )
    month = first("quanta_kline_M_spot", "spot")
    assert (month.timeframe, month.market.category) == (Timeframe.MO1, Category.SPOT)
    assert first("docs_public_trade") == PublicTrade(
        BTC, 1672304486865, 16578.5, 0.001, True, "20f43950-d8dd-5b31-9112-a178eb6023af", 1783284617
    )
    # Without a sequence, as it was until 2025.
    assert first("ntold_ws_trade").sequence == 0
    assert first("nt_orderbook_delta") == BookChange(
        BTC, 1, False, 123456790, 987654322, ((27450.0, 0.4),), ((27451.0, 0.0),), 1709891679500, 1709891679500
    )
    assert first("docs_all_liquidation") == Liquidation(
        Market("bybit", Category.LINEAR, "ROSEUSDT"), 1739502302929, False, 20000.0, 0.04499
    )
    ticker = first("docs_ticker_linear_perp_snapshot")
    assert isinstance(ticker, TickerChange)
    assert ticker.changes["funding_rate"] == -0.005
    assert ticker.changes["next_funding_ms"] == 1760342400000
    assert ticker.changes["funding_interval_minutes"] == 480
    spot = first("ntold_ws_ticker_spot", "spot")
    assert "bid_price" not in spot.changes
    assert "funding_rate" not in spot.changes


@pytest.mark.parametrize(
    "name",
    ["hk_kline_spot_BTCUSDT_D_200", "hk_mark_kline_linear_BTCUSDT_D_200", "nt_klines_linear", "docs_index_kline",
     "issue_kline_spot_empty_list", "docs_kline_inverse_60"],
)  # fmt: skip
def test_recorded_pages_of_candles_are_understood_and_put_in_order(name: str):
    answer = json.loads(shared_fixture(f"bybit/rest/market/{name}.json").read_text())
    rows = (answer["result"] or {}).get("list") or []
    candles = parse.candles_of(rows, BTC, Timeframe.D1, 0, 10**14)
    assert candles.open_time_ms.tolist() == sorted(int(row[0]) for row in rows)
    if rows:
        assert float(candles.close[-1]) == float(rows[0][4])


@pytest.mark.parametrize(
    ("name", "category"),
    [("hk_instruments_linear_all_2023", Category.LINEAR), ("docs_instruments_linear_BTCUSDT", Category.LINEAR),
     ("docs_instruments_linear_prelaunch", Category.LINEAR), ("nt_instruments_inverse", Category.INVERSE),
     ("nt_instruments_spot_xstocks", Category.SPOT)],
)  # fmt: skip
def test_recorded_listings_of_every_age_are_understood(name: str, category: Category):
    items = json.loads(shared_fixture(f"bybit/rest/market/{name}.json").read_text())["result"]["list"]
    found = parse.each(items, lambda item: parse.listing_of(item, category))
    assert [one.market.symbol for one in found] == [item["symbol"] for item in items]
    assert all(one.instrument.tick_size > 0.0 and one.instrument.quantity_step > 0.0 for one in found)


def spoiled(message: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """A copy with one field unknown, missing, nothing, of another kind, or renamed."""
    changed = copy.deepcopy(message)
    place: Any = changed
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return changed
        key = dice.choice(keys)
        if isinstance(place[key], dict | list) and place[key] and dice.random() < 0.8:
            place = place[key]
            continue
        how = dice.randrange(5)
        if how == 0 and isinstance(place, dict):
            place[f"new{dice.randrange(9)}"] = dice.choice(ODD_VALUES)
        elif how == 1:
            del place[key]
        elif how == 2 and isinstance(place, dict):
            place[f"{key}V2"] = place.pop(key)
        else:
            place[key] = dice.choice(ODD_VALUES)
        return changed


def test_spoiled_fields_never_end_the_stream_and_are_counted():
    messages = recorded()

    async def work() -> tuple[int, int]:
        dice = random.Random(SEED)  # noqa: S311
        async with feed_and_hub() as (feed, hub):
            heard: list[Any] = []
            odd: list[Any] = []
            hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=1), heard.extend)
            for message in messages:
                kind, _, rest = message["topic"].partition(".")
                kinds = {"kline": TopicKind.CANDLE, "publicTrade": TopicKind.TRADE, "orderbook": TopicKind.BOOK,
                         "tickers": TopicKind.TICKER, "allLiquidation": TopicKind.LIQUIDATION}  # fmt: skip
                detail, _, symbol = rest.rpartition(".")
                frame = next((one for one in Timeframe if one.bybit == detail), None)
                depth = int(detail) if kind == "orderbook" else 0
                topic = Topic(kinds[kind], Market("bybit", Category.LINEAR, symbol), frame, depth)
                hub.subscribe(topic, odd.extend)
            await until(lambda: bool(feed.sockets))
            for number in range(0, MUTATIONS, 50):
                texts = [json.dumps(spoiled(dice.choice(messages), dice)) for _ in range(50)]
                count = len(heard)
                await feed.say([*texts, best_prices(10_000_000_000 + number)])
                await until(lambda count=count: len(heard) > count)
            assert hub.health.state is StreamState.LIVE
            assert feed.connections == 1
            assert odd
            for event in odd:
                for value in (getattr(event, name) for name in ("price", "close", "quantity") if hasattr(event, name)):
                    assert value > 0.0, event
                    assert value < float("inf"), event
            return hub.messages, hub.faulty

    understood, faulty = asyncio.run(work())
    assert faulty > MUTATIONS // 8
    assert understood > MUTATIONS // 4


def mangled(text: bytes, dice: random.Random) -> bytes:
    """A text with bytes changed, cut, doubled or put in."""
    data = bytearray(text)
    for _ in range(dice.randrange(1, 6)):
        place = dice.randrange(len(data)) if data else 0
        how = dice.randrange(5)
        if how == 0 and data:
            data[place] = dice.randrange(256)
        elif how == 1:
            del data[place:]
        elif how == 2:
            data[place:place] = data[place : place + dice.randrange(40)]
        elif how == 3:
            data[place:place] = dice.choice([b"{", b"[" * 400, b'"', b"null", b"1e999", b"\\u0000", b"-", b",,"])
        else:
            del data[place : place + dice.randrange(1, 20)]
    return bytes(data)


@pytest.mark.parametrize("wire", [BybitWire(MAINNET), BinanceWire()], ids=["bybit", "binance"])
def test_mangled_texts_never_crash_or_hang_the_reader(wire: BybitWire | BinanceWire):
    dice = random.Random(SEED)  # noqa: S311
    plain = recorded() if isinstance(wire, BybitWire) else BINANCE
    short = [text for message in plain if len(text := json.dumps(message).encode()) < 4000]
    slowest_s, refused = 0.0, 0
    for _ in range(TEXTS // 2):
        text = mangled(dice.choice(short), dice)
        begun = time.perf_counter()
        try:
            wire.read(text, "linear")
        except ODD:
            refused += 1
        slowest_s = max(slowest_s, time.perf_counter() - begun)
    assert refused > TEXTS // 8
    assert slowest_s < 0.5


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deeply_nested_text_is_refused(depth: int):
    with pytest.raises(ValueError, match=r"depth limit|not an object"):
        BybitWire(MAINNET).read("[" * depth + "]" * depth, "linear")


def test_one_odd_trade_does_not_cost_the_others():
    good = {"T": 1735689600000, "s": "BTCUSDT", "S": "Buy", "v": "1", "p": "2", "i": "a", "seq": 1}
    bad = [good | {"p": "NaN"}, good | {"S": "Both"}, {key: value for key, value in good.items() if key != "v"}]
    message = {"topic": "publicTrade.BTCUSDT", "ts": 1735689600000, "data": [bad[0], good, *bad[1:]]}
    reading = BybitWire(MAINNET).read(json.dumps(message), "linear")
    assert [event.trade_id for event in reading.events if isinstance(event, PublicTrade)] == ["a"]
    assert reading.odd == 3


def test_one_odd_level_spoils_a_book_message_whole():
    """Half a change would leave the local copy wrong without a gap in its numbers."""
    data = {"s": "BTCUSDT", "b": [["1", "2"], ["NaN", "1"]], "a": [], "u": 5, "seq": 9}
    message = {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": 1735689600000, "data": data}
    with pytest.raises(ValueError, match="level"):
        BybitWire(MAINNET).read(json.dumps(message), "linear")


class SourceOf(BybitSource):
    """A source whose every request is answered with one result."""

    def __init__(self, result: Any) -> None:
        answer = {"retCode": 0, "result": result, "time": 1735689600000}
        rest = SimpleNamespace(ask=lambda *_args, **_options: answer, server_time_ms=lambda: 1735689600000)
        super().__init__(rest)  # type: ignore[arg-type]


CALLS: dict[str, Callable[[BybitSource], Any]] = {
    "docs_instruments_linear_BTCUSDT": lambda source: source.listings(Category.LINEAR),
    "nt_klines_linear": lambda source: source.candles(BTC, Timeframe.M1, 0, 10**13),
    "docs_funding_history": lambda source: source.funding(BTC, 0, 10**13),
    "docs_tickers_inverse": lambda source: source.tickers(Category.INVERSE),
    "docs_orderbook_spot": lambda source: source.order_book(BTC, 50),
    "docs_recent_trade_spot": lambda source: source.recent_trades(BTC, 60),
    "docs_open_interest_cursor": lambda source: source.open_interest(BTC, Timeframe.D1, 0, 10**13),
    "hk_risk_limit_linear_BTCUSDT": lambda source: source.risk_tiers(BTC),
}


@pytest.mark.parametrize("name", CALLS)
def test_spoiled_answers_are_understood_or_named_and_nothing_else(name: str):
    """Whoever calls a source is promised an ExchangeError, whatever the exchange answers."""
    dice = random.Random(SEED)  # noqa: S311
    result = json.loads(shared_fixture(f"bybit/rest/market/{name}.json").read_text())["result"]
    CALLS[name](SourceOf(copy.deepcopy(result)))
    named: list[str] = []
    for _ in range(MUTATIONS // len(CALLS)):
        try:
            CALLS[name](SourceOf(spoiled(result, dice)))
        except ExchangeError as error:
            named.append(error.message)
    assert len(named) < MUTATIONS // len(CALLS)
    assert all("cannot be" in words for words in named)


def test_odd_answers_to_requests_are_named_as_the_exchanges_fault():
    with pytest.raises(ExchangeError, match="a candle that cannot be one"):
        parse.candles_of([["abc", "1", "1", "1", "1", "1", "1"]], BTC, Timeframe.M1, 0, 10**14)
    with pytest.raises(ExchangeError, match="a book that cannot be understood"):
        SourceOf({"list": []}).order_book(BTC, 50)
    assert parse.each([{"symbol": "A"}, {}, None], lambda item: item["symbol"]) == ["A"]
