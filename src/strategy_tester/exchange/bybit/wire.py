"""Bybit's v5 public sockets."""

import itertools
from collections.abc import Mapping
from typing import Any

import orjson

from strategy_tester.domain.market_events import (
    CandleUpdate,
    Category,
    Liquidation,
    Market,
    MarketEvent,
    PublicTrade,
)
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit import parse
from strategy_tester.exchange.bybit.rest import Place
from strategy_tester.exchange.wire import Reading, TickerChange
from strategy_tester.services.market_source import Topic, TopicKind

_PING_S = 20.0
_SPOT_ARGS = 10
_ARGS = 100
_FRAMES = {frame.bybit: frame for frame in Timeframe}


class BybitWire:
    """Speaks v5 with one place.

    Args:
        place: Where the sockets are.
        exchange: Under which name its markets are known.
    """

    def __init__(self, place: Place, exchange: str = "bybit") -> None:
        self._place, self._exchange = place, exchange
        self._numbers = itertools.count(1)

    @property
    def name(self) -> str:
        """The place, as the user reads it."""
        return self._place.name

    @property
    def exchange(self) -> str:
        """Under which name its markets are known."""
        return self._exchange

    @property
    def ping_every_s(self) -> float:
        """Seconds between two pings."""
        return _PING_S

    def url(self, category: Category) -> str:
        """Where the streams of a category are."""
        return f"{self._place.stream}/v5/public/{category.value}"

    def topic_name(self, topic: Topic) -> str:
        """Bybit's name of a topic."""
        symbol = topic.market.symbol
        if topic.kind is TopicKind.CANDLE:
            return f"kline.{(topic.timeframe or Timeframe.M1).bybit}.{symbol}"
        if topic.kind is TopicKind.BOOK:
            return f"orderbook.{topic.depth or 50}.{symbol}"
        names = {
            TopicKind.TRADE: "publicTrade", TopicKind.TICKER: "tickers", TopicKind.LIQUIDATION: "allLiquidation",
        }  # fmt: skip
        return f"{names[topic.kind]}.{symbol}"

    def sentinel(self, topic: Topic) -> Topic | None:
        """The best prices: they are told again every three seconds even when nothing changes."""
        return Topic(TopicKind.BOOK, topic.market, depth=1)

    def subscribe(self, category: Category, names: list[str]) -> list[str]:
        """Requests to listen."""
        return self._requests("subscribe", category, names)

    def unsubscribe(self, category: Category, names: list[str]) -> list[str]:
        """Requests to listen no longer."""
        return self._requests("unsubscribe", category, names)

    def ping(self) -> str:
        """A sign of life."""
        return '{"op":"ping"}'

    def read(self, text: str | bytes, category: Category) -> Reading:
        """Understand a message; unknown topics and fields are passed over."""
        message = orjson.loads(text)
        if not isinstance(message, dict):
            raise ValueError("not an object")  # noqa: TRY004  to the caller it is a message that is none
        topic = message.get("topic")
        if not isinstance(topic, str):
            is_refused = message.get("op") == "subscribe" and message.get("success") is False
            return Reading(failure=str(message.get("ret_msg") or "refused") if is_refused else "")
        kind, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        market = Market(self._exchange, category, symbol)
        time_ms = int(message.get("ts") or 0)
        readers = {
            "kline": _candles, "publicTrade": _trades, "orderbook": _book, "tickers": _ticker,
            "allLiquidation": _liquidations,
        }  # fmt: skip
        reader = readers.get(kind)
        return Reading(topic, reader(message, market, detail, time_ms) if reader is not None else [], time_ms)

    def _requests(self, operation: str, category: Category, names: list[str]) -> list[str]:
        size = _SPOT_ARGS if category is Category.SPOT else _ARGS
        return [
            orjson.dumps({"req_id": str(next(self._numbers)), "op": operation, "args": part}).decode()
            for part in (names[first : first + size] for first in range(0, len(names), size))
        ]


def _candles(message: Mapping[str, Any], market: Market, detail: str, time_ms: int) -> list[MarketEvent | TickerChange]:
    frame = _FRAMES[detail]
    return [
        CandleUpdate(
            market, frame, int(item["start"]), float(item["open"]), float(item["high"]), float(item["low"]),
            float(item["close"]), float(item["volume"]), float(item["turnover"]), item["confirm"] is True,
            int(item.get("timestamp") or time_ms),
        )
        for item in message["data"]
    ]  # fmt: skip


def _trades(
    message: Mapping[str, Any], market: Market, _detail: str, _time_ms: int
) -> list[MarketEvent | TickerChange]:
    return [
        PublicTrade(
            market, int(item["T"]), float(item["p"]), float(item["v"]), item["S"] == "Buy", str(item["i"]),
            int(item.get("seq") or 0),
        )
        for item in message["data"]
    ]  # fmt: skip


def _book(message: Mapping[str, Any], market: Market, detail: str, time_ms: int) -> list[MarketEvent | TickerChange]:
    data = message["data"]
    whole = dict(data) | {"cts": message.get("cts") or time_ms}
    depth = int(detail)
    # Depth 1 sends nothing but snapshots; older recordings call some of them changes.
    is_snapshot = message.get("type") == "snapshot"
    return [parse.book_of(whole, market, depth, is_snapshot=is_snapshot, time_ms=time_ms)]


def _ticker(message: Mapping[str, Any], market: Market, _detail: str, time_ms: int) -> list[MarketEvent | TickerChange]:
    changes = parse.ticker_changes(message["data"])
    return [TickerChange(market, message.get("type") == "snapshot", changes, time_ms)]


def _liquidations(
    message: Mapping[str, Any], market: Market, _detail: str, _time_ms: int
) -> list[MarketEvent | TickerChange]:
    return [
        Liquidation(market, int(item["T"]), item["S"] == "Buy", float(item["v"]), float(item["p"]))
        for item in message["data"]
    ]
