"""The practice exchange says what Bybit says: the same keys with the same kinds of values, for all it offers."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import websockets

from builders import shared_fixture
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.market_events import Category
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread

NOW_MS = START_MS + 300 * MINUTE_MS + 30_000
REST = "bybit/rest/market/"
LINEAR = "category=linear&symbol=BTCUSDT"
# What an exchange has that no candle tells; a client must live without it, since it came with time.
MAY_MISS = {"symbolId", "singleOpenInterest", "singleOpenInterestValue", "xstockMultiplier", "maxOrderAmt"}
ANSWERS = [
    ("/v5/market/time", "docs_time"),
    (f"/v5/market/kline?{LINEAR}&interval=1&limit=5", "nt_klines_linear"),
    ("/v5/market/kline?category=inverse&symbol=BTCUSD&interval=60&limit=2", "docs_kline_inverse_60"),
    ("/v5/market/kline?category=spot&symbol=ETHUSDT&interval=5&limit=2", "hk_kline_spot_BTCUSDT_D_200"),
    (f"/v5/market/mark-price-kline?{LINEAR}&interval=1&limit=2", "hk_mark_kline_linear_BTCUSDT_D_200"),
    (f"/v5/market/index-price-kline?{LINEAR}&interval=1&limit=2", "docs_index_kline"),
    (f"/v5/market/premium-index-price-kline?{LINEAR}&interval=1&limit=2", "docs_premium_index_kline"),
    ("/v5/market/instruments-info?category=linear", "docs_instruments_linear_BTCUSDT"),
    ("/v5/market/instruments-info?category=inverse", "nt_instruments_inverse"),
    ("/v5/market/instruments-info?category=spot", "nt_instruments_spot_xstocks"),
    ("/v5/market/tickers?category=linear", "docs_tickers_inverse"),
    ("/v5/market/tickers?category=inverse", "docs_tickers_inverse"),
    (f"/v5/market/funding/history?{LINEAR}", "docs_funding_history"),
    (f"/v5/market/orderbook?{LINEAR}", "docs_orderbook_spot"),
    (f"/v5/market/recent-trade?{LINEAR}", "docs_recent_trade_spot"),
    (f"/v5/market/open-interest?{LINEAR}&intervalTime=5min", "docs_open_interest_cursor"),
    (f"/v5/market/risk-limit?{LINEAR}", "hk_risk_limit_linear_BTCUSDT"),
]
WS = "bybit/ws/public/"
MESSAGES = [
    ("linear", "kline.1.BTCUSDT", "snapshot", "nt_kline"),
    ("linear", "publicTrade.BTCUSDT", "snapshot", "docs_public_trade"),
    ("linear", "orderbook.50.BTCUSDT", "snapshot", "nt_orderbook_snapshot"),
    ("linear", "orderbook.50.BTCUSDT", "delta", "docs_orderbook50_delta"),
    ("linear", "tickers.BTCUSDT", "snapshot", "docs_ticker_linear_perp_snapshot"),
    ("spot", "tickers.ETHUSDT", "snapshot", "ntold_ws_ticker_spot"),
    ("linear", "allLiquidation.BTCUSDT", "snapshot", "docs_all_liquidation"),
]
# Told by the vendor's newest examples or by recordings of the topic, though not by the one that is compared.
MAY_ADD = {
    "cts", "RPI", "BT", "seq", "isRPITrade", "mmDeduction", "symbolType", "copyTrading", "upperFundingRate",
    "lowerFundingRate", "isPreListing", "preListingInfo", "riskParameters", "minNotionalValue", "stTag", "category",
    "maxLimitOrderQty", "maxMarketOrderQty", "predictedDeliveryPrice", "basisRate", "basis", "basisRateYear",
    "deliveryFeeRate", "deliveryTime", "fundingIntervalHour", "fundingCap", "symbol", "nextPageCursor", "retExtInfo",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    jumping = minute_candles(1200)
    jumping.close[301::4] = jumping.open[301::4] * 1.01  # moves far enough for liquidations
    jumping.high[301::4] = jumping.close[301::4]
    markets = [
        StagedMarket(listing(), jumping, funding()),
        StagedMarket(listing("BTCUSD", Category.INVERSE), minute_candles(1200, 2), funding()),
        StagedMarket(listing("ETHUSDT", Category.SPOT), minute_candles(1200, 3)),
    ]
    with ServerThread(PracticeExchange(markets, start_ms=NOW_MS, speed=60.0, faults=FaultScript())) as running:
        yield running


def kind_of(value: Any) -> str:
    """What a value is. A text that may be empty may hold a number, too: both are texts."""
    names = {bool: "truth", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return names.get(type(value), "nothing")


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """Where two values do not have the same shape."""
    if "nothing" in (kind_of(ours), kind_of(theirs)):
        return []
    if kind_of(ours) != kind_of(theirs):
        return [f"{where}: {kind_of(ours)} instead of {kind_of(theirs)}"]
    if isinstance(ours, dict):
        missing = [f"{where}.{key} is missing" for key in theirs.keys() - ours.keys() - MAY_MISS]
        added = [f"{where}.{key} is invented" for key in ours.keys() - theirs.keys() - MAY_ADD]
        inner = [differences(ours[key], theirs[key], f"{where}.{key}") for key in ours.keys() & theirs.keys()]
        return [*missing, *added, *itertools.chain.from_iterable(inner)]
    if isinstance(ours, list) and ours and theirs:
        is_row = not isinstance(ours[0], dict | list)
        lengths = (
            [f"{where}: {len(ours)} values instead of {len(theirs)}"] if is_row and len(ours) != len(theirs) else []
        )
        return lengths + differences(ours[0], theirs[0], f"{where}[0]")
    return []


@pytest.mark.parametrize(("path", "recorded"), ANSWERS, ids=[path for path, _ in ANSWERS])
def test_answer_has_the_shape_of_the_exchanges_own(server: ServerThread, path: str, recorded: str):
    answer = requests.get(server.address + path, timeout=5).json()
    theirs = json.loads(shared_fixture(f"{REST}{recorded}.json").read_text())
    assert answer["retCode"] == 0
    assert differences(answer, theirs) == []
    rows = answer["result"].get("list", [answer["result"].get("b", ["time"])[0]])
    assert rows, "an empty answer proves nothing"


@pytest.mark.parametrize(
    ("kind", "topic", "form", "recorded"), MESSAGES, ids=[f"{topic} {form}" for _, topic, form, _ in MESSAGES]
)
def test_message_has_the_shape_of_the_exchanges_own(
    server: ServerThread, kind: str, topic: str, form: str, recorded: str
):
    async def first() -> Any:
        async with websockets.connect(f"{server.socket_address}/v5/public/{kind}") as socket:
            await socket.send(json.dumps({"req_id": "1", "op": "subscribe", "args": [topic]}))
            async with asyncio.timeout(20.0):
                async for text in socket:
                    message = json.loads(text)
                    if message.get("type") == form:
                        return message
        return None

    ours = asyncio.run(first())
    theirs = json.loads(shared_fixture(f"{WS}{recorded}.json").read_text())
    assert differences(ours, theirs) == []
    assert ours["topic"] == topic


def test_answers_to_requests_over_the_socket_have_the_exchanges_shapes(server: ServerThread):
    known = json.loads(shared_fixture("bybit/ws/control/docs_acks_and_pongs.json").read_text())
    refusal = json.loads(shared_fixture("bybit/ws/control/nt_subscription_failure.json").read_text())

    async def ask(request: dict[str, Any], kind: str = "linear") -> Any:
        async with websockets.connect(f"{server.socket_address}/v5/public/{kind}") as socket:
            await socket.send(json.dumps(request))
            return json.loads(await socket.recv())

    def keys(message: dict[str, Any]) -> set[str]:
        return set(message)

    pong = asyncio.run(ask({"op": "ping"}))
    assert keys(pong) in [keys(one) for one in known if one.get("ret_msg") == "pong"]
    spot_pong = asyncio.run(ask({"op": "ping"}, "spot"))
    assert keys(spot_pong) in [keys(one) for one in known if one.get("ret_msg") == "pong"]
    assert keys(pong) - keys(spot_pong) == {"req_id"}
    ack = asyncio.run(ask({"req_id": "9", "op": "subscribe", "args": ["tickers.BTCUSDT"]}))
    assert keys(ack) in [keys(one) for one in known if one.get("op") == "subscribe" and one.get("success")]
    assert ack["req_id"] == "9"
    refused = asyncio.run(ask({"req_id": "9", "op": "subscribe", "args": ["nothing.NOPE"]}))
    assert keys(refused) - {"req_id"} == keys(refusal)
    assert refused["success"] is False
