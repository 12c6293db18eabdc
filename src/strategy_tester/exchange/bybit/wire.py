"""Bybit's v5 public sockets."""

import itertools
from collections import OrderedDict
from collections.abc import Callable, Mapping
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
from strategy_tester.exchange.values import ODD, finite, moment
from strategy_tester.exchange.wire import Reading, TickerChange
from strategy_tester.services.market_source import Topic, TopicKind

_PING_S = 20.0
_USUAL_DEPTH = 50
_KEPT_REQUESTS = 256
_SPOT_ARGS = 10
_ARGS = 100
_FRAMES = {frame.bybit: frame for frame in Timeframe}
_SIDES = ("Buy", "Sell")
Understood = tuple[list[MarketEvent | TickerChange], int]
"""Events of a message, and how many of its parts could not be understood."""


class BybitWire:
    """Speaks v5 with one place.

    Args:
        place: Where the sockets are.
        exchange: Under which name its markets are known.
    """

    def __init__(self, place: Place, exchange: str = "bybit") -> None:
        self._place, self._exchange = place, exchange
        self._numbers = itertools.count(1)
        self._asked: OrderedDict[str, tuple[str, tuple[str, ...]]] = OrderedDict()

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

    def requests_book(self, topic: Topic) -> bool:
        """Never: every subscription begins with a snapshot."""
        return False

    def whole(self, topic: Topic) -> Topic:
        """Candles have a length, books a depth, and nothing else has either."""
        frame = (topic.timeframe or Timeframe.M1) if topic.kind is TopicKind.CANDLE else None
        return Topic(
            topic.kind, topic.market, frame, (topic.depth or _USUAL_DEPTH) if topic.kind is TopicKind.BOOK else 0
        )

    def route(self, topic: Topic) -> str:
        """Every category has an address of its own."""
        return topic.market.category.value

    def url(self, route: str) -> str:
        """Where the streams of a category are."""
        return f"{self._place.stream}/v5/public/{route}"

    def topic_name(self, topic: Topic) -> str:
        """Bybit's name of a topic."""
        symbol = topic.market.symbol
        if topic.kind is TopicKind.CANDLE:
            return f"kline.{(topic.timeframe or Timeframe.M1).bybit}.{symbol}"
        if topic.kind is TopicKind.BOOK:
            return f"orderbook.{topic.depth or _USUAL_DEPTH}.{symbol}"
        names = {
            TopicKind.TRADE: "publicTrade", TopicKind.TICKER: "tickers", TopicKind.LIQUIDATION: "allLiquidation",
        }  # fmt: skip
        return f"{names[topic.kind]}.{symbol}"

    def sentinel(self, topic: Topic) -> Topic | None:
        """The best prices: they are told again every three seconds even when nothing changes."""
        return Topic(TopicKind.BOOK, topic.market, depth=1)

    def subscribe(self, route: str, names: list[str]) -> list[str]:
        """Requests to listen."""
        return self._requests("subscribe", route, names)

    def unsubscribe(self, route: str, names: list[str]) -> list[str]:
        """Requests to listen no longer."""
        return self._requests("unsubscribe", route, names)

    def ping(self) -> str:
        """A sign of life."""
        return '{"op":"ping"}'

    def read(self, text: str | bytes, route: str) -> Reading:
        """Understand a message; unknown topics and fields are passed over."""
        message = orjson.loads(text)
        if not isinstance(message, dict):
            raise ValueError("not an object")  # noqa: TRY004  to the caller it is a message that is none
        topic = message.get("topic")
        if not isinstance(topic, str):
            return self._answer(message, route)
        kind, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        market = Market(self._exchange, Category(route), symbol)
        time_ms = moment(message["ts"]) if message.get("ts") else 0
        readers = {
            "kline": _candles, "publicTrade": _trades, "orderbook": _book, "tickers": _ticker,
            "allLiquidation": _liquidations,
        }  # fmt: skip
        reader = readers.get(kind)
        if reader is None:
            return Reading(topic, [], time_ms)
        events, odd = reader(message, market, detail, time_ms)
        return Reading(topic, events, time_ms, odd=odd)

    def _answer(self, message: Mapping[str, Any], route: str) -> Reading:
        """An answer to a request. One wrong topic spoils the whole request, and the number may be missing."""
        if message.get("op") != "subscribe":
            return Reading()
        number = str(message.get("req_id") or "")
        if not number:
            number = next((one for one, (kind, _) in self._asked.items() if kind == route), "")
        _, names = self._asked.pop(number, (route, ()))
        if message.get("success") is not False:
            return Reading()
        return Reading(failure=str(message.get("ret_msg") or "refused"), refused=names)

    def _requests(self, operation: str, route: str, names: list[str]) -> list[str]:
        size = _SPOT_ARGS if route == Category.SPOT.value else _ARGS
        requests = []
        for first in range(0, len(names), size):
            part, number = names[first : first + size], str(next(self._numbers))
            requests.append(orjson.dumps({"req_id": number, "op": operation, "args": part}).decode())
            if operation == "subscribe":
                self._asked[number] = route, tuple(part)
                if len(self._asked) > _KEPT_REQUESTS:
                    self._asked.popitem(last=False)
        return requests


def _each(message: Mapping[str, Any], make: Callable[[Mapping[str, Any]], MarketEvent]) -> Understood:
    """Every item of a message that can be understood, and how many cannot: one bad trade must not cost the others."""
    events: list[MarketEvent | TickerChange] = []
    odd = 0
    for item in message["data"]:
        try:
            events.append(make(item))
        except ODD:
            odd += 1
    return events, odd


def _candles(message: Mapping[str, Any], market: Market, detail: str, time_ms: int) -> Understood:
    frame = _FRAMES[detail]

    def candle(item: Mapping[str, Any]) -> CandleUpdate:
        open_, high, low, close = (finite(item[name]) for name in ("open", "high", "low", "close"))
        volume, turnover = finite(item["volume"]), finite(item["turnover"])
        if not low <= min(open_, close) <= max(open_, close) <= high or volume < 0.0:
            raise ValueError("prices that are no candle's")
        said_ms = moment(item.get("timestamp") or time_ms)
        return CandleUpdate(
            market, frame, moment(item["start"]), open_, high, low, close, volume, turnover,
            item["confirm"] is True, said_ms,
        )  # fmt: skip

    return _each(message, candle)


def _trades(message: Mapping[str, Any], market: Market, _detail: str, _time_ms: int) -> Understood:
    def trade(item: Mapping[str, Any]) -> PublicTrade:
        price, quantity = finite(item["p"]), finite(item["v"])
        if price <= 0.0 or quantity <= 0.0 or item["S"] not in _SIDES:
            raise ValueError("no trade")
        return PublicTrade(
            market, moment(item["T"]), price, quantity, item["S"] == "Buy", str(item.get("i") or ""),
            int(item.get("seq") or 0),
        )  # fmt: skip

    return _each(message, trade)


def _book(message: Mapping[str, Any], market: Market, detail: str, time_ms: int) -> Understood:
    data = message["data"]
    whole = dict(data) | {"cts": message.get("cts") or time_ms}
    depth = int(detail)
    # Depth 1 sends nothing but snapshots; older recordings call some of them changes.
    is_snapshot = message.get("type") == "snapshot"
    return [parse.book_of(whole, market, depth, is_snapshot=is_snapshot, time_ms=time_ms)], 0


def _ticker(message: Mapping[str, Any], market: Market, _detail: str, time_ms: int) -> Understood:
    changes, odd = parse.ticker_changes(message["data"])
    return [TickerChange(market, message.get("type") == "snapshot", changes, time_ms)], odd


def _liquidations(message: Mapping[str, Any], market: Market, _detail: str, _time_ms: int) -> Understood:
    def liquidation(item: Mapping[str, Any]) -> Liquidation:
        quantity, price = finite(item["v"]), finite(item["p"])
        if price <= 0.0 or quantity <= 0.0 or item["S"] not in _SIDES:
            raise ValueError("no liquidation")
        return Liquidation(market, moment(item["T"]), item["S"] == "Buy", quantity, price)

    return _each(message, liquidation)
