"""Binance's public USD-M sockets. Source: Binance USD-M futures, websocket market streams.

Since April 2026 there are two addresses: books on one, everything else on the other. The stream of a book tells changes
only; its snapshot is requested. A ticker is put together from two streams.
"""

import itertools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.market_events import (
    BookChange,
    CandleUpdate,
    Category,
    Liquidation,
    Market,
    MarketEvent,
    PublicTrade,
)
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.values import ODD, finite, levels, moment
from strategy_tester.exchange.wire import Reading, TickerChange
from strategy_tester.services.market_source import Topic, TopicKind

MAINNET = "wss://fstream.binance.com"
_NAME = "Binance"
_BOOKS, _MARKET = "public", "market"
_PING_S = 60.0
_PARAMS = 200
_KEPT_REQUESTS = 256
_WHOLE_DEPTH = 1000
_FRAMES = {frame.value: frame for frame in Timeframe}
_BTC = Market("binance", Category.LINEAR, "BTCUSDT")
Understood = tuple[str, list[MarketEvent | TickerChange], int]
"""Name of the topic, events, parts that could not be understood."""


def stream_address(rest_address: str) -> str:
    """Where the sockets are that belong to an address of requests; both on one port in rehearsals."""
    return MAINNET if rest_address.startswith("https:") else rest_address.replace("http:", "ws:", 1)


class BinanceWire:
    """Speaks with one place.

    Args:
        address: Where the sockets are; `/market/ws` follows.
    """

    def __init__(self, address: str = MAINNET) -> None:
        self._address = address.rstrip("/")
        self._numbers = itertools.count(1)
        self._asked: OrderedDict[int, tuple[str, ...]] = OrderedDict()

    @property
    def name(self) -> str:
        """The exchange, as the user reads it."""
        return _NAME

    @property
    def exchange(self) -> str:
        """Its short name."""
        return "binance"

    @property
    def ping_every_s(self) -> float:
        """Seconds between two pings; the socket's own are enough."""
        return _PING_S

    def requests_book(self, topic: Topic) -> bool:
        """Every book but the best prices."""
        return topic.kind is TopicKind.BOOK and topic.depth != 1

    def whole(self, topic: Topic) -> Topic:
        """There are two kinds of books: the best prices, and every level.

        Raises:
            InvalidParameter: a market that is none of the USD-M futures.
        """
        if topic.market.category is not Category.LINEAR:
            raise InvalidParameter("category", topic.market.category.value, "linear: of Binance only USD-M futures")
        frame = (topic.timeframe or Timeframe.M1) if topic.kind is TopicKind.CANDLE else None
        depth = 0 if topic.kind is not TopicKind.BOOK else 1 if topic.depth == 1 else _WHOLE_DEPTH
        return Topic(topic.kind, topic.market, frame, depth)

    def route(self, topic: Topic) -> str:
        """Books have an address of their own."""
        return _BOOKS if topic.kind is TopicKind.BOOK else _MARKET

    def url(self, route: str) -> str:
        """Where the streams of a route are."""
        return f"{self._address}/{route}/ws"

    def topic_name(self, topic: Topic) -> str:
        """The stream of a topic, or the first one of a ticker."""
        symbol = topic.market.symbol.lower()
        if topic.kind is TopicKind.CANDLE:
            return f"{symbol}@kline_{(topic.timeframe or Timeframe.M1).value}"
        if topic.kind is TopicKind.BOOK:
            return f"{symbol}@{'bookTicker' if topic.depth == 1 else 'depth@100ms'}"
        names = {TopicKind.TRADE: "aggTrade", TopicKind.TICKER: "ticker", TopicKind.LIQUIDATION: "forceOrder"}
        return f"{symbol}@{names[topic.kind]}"

    def sentinel(self, topic: Topic) -> Topic | None:
        """Mark prices come every second; among the books those of BTC are never still."""
        if self.route(topic) == _BOOKS:
            return Topic(TopicKind.BOOK, _BTC, depth=1)
        return Topic(TopicKind.TICKER, topic.market)

    def subscribe(self, route: str, names: list[str]) -> list[str]:
        """Requests to listen."""
        return self._requests("SUBSCRIBE", names)

    def unsubscribe(self, route: str, names: list[str]) -> list[str]:
        """Requests to listen no longer."""
        return self._requests("UNSUBSCRIBE", names)

    def ping(self) -> str:
        """None is needed."""
        return ""

    def read(self, text: str | bytes, route: str) -> Reading:
        """Understand a message; unknown kinds and fields are passed over."""
        message = orjson.loads(text)
        if not isinstance(message, dict):
            raise ValueError("not an object")  # noqa: TRY004  to the caller it is a message that is none
        if isinstance(message.get("data"), dict):
            message = message["data"]  # as the combined address wraps it
        reader = _READERS.get(str(message.get("e", "")))
        if reader is None:
            return self._answer(message)
        time_ms = moment(message["E"]) if message.get("E") else 0
        topic, events, odd = reader(message, time_ms)
        return Reading(topic, events, time_ms, odd=odd)

    def _answer(self, message: Mapping[str, Any]) -> Reading:
        number = message.get("id")
        names = self._asked.pop(number, ()) if isinstance(number, int) else ()
        error = message.get("error") if "error" in message else message
        if not isinstance(error, Mapping) or "code" not in error:
            return Reading()
        return Reading(failure=str(error.get("msg") or "refused"), refused=names)

    def _requests(self, method: str, names: list[str]) -> list[str]:
        requests = []
        for first in range(0, len(names), _PARAMS):
            part, number = names[first : first + _PARAMS], next(self._numbers)
            params = [stream for name in part for stream in _streams_of(name)]
            requests.append(orjson.dumps({"method": method, "params": params, "id": number}).decode())
            if method == "SUBSCRIBE":
                self._asked[number] = tuple(part)
                if len(self._asked) > _KEPT_REQUESTS:
                    self._asked.popitem(last=False)
        return requests


def _streams_of(name: str) -> tuple[str, ...]:
    symbol, _, kind = name.partition("@")
    return (name, f"{symbol}@markPrice@1s") if kind == "ticker" else (name,)


def _market_of(message: Mapping[str, Any]) -> Market:
    return Market("binance", Category.LINEAR, str(message["s"]))


def _topic(message: Mapping[str, Any], stream: str) -> str:
    return f"{str(message['s']).lower()}@{stream}"


def _candle(message: Mapping[str, Any], time_ms: int) -> Understood:
    item = message["k"]
    open_, high, low, close = (finite(item[name]) for name in ("o", "h", "l", "c"))
    volume, turnover = finite(item["v"]), finite(item["q"])
    if not low <= min(open_, close) <= max(open_, close) <= high or volume < 0.0:
        raise ValueError("prices that are no candle's")
    update = CandleUpdate(
        _market_of(message), _FRAMES[item["i"]], moment(item["t"]), open_, high, low, close, volume, turnover,
        item["x"] is True, time_ms,
    )  # fmt: skip
    return _topic(message, f"kline_{item['i']}"), [update], 0


def _trade(message: Mapping[str, Any], _time_ms: int) -> Understood:
    price, quantity = finite(message["p"]), finite(message["q"])
    if price <= 0.0 or quantity <= 0.0 or not isinstance(message["m"], bool):
        raise ValueError("no trade")
    trade = PublicTrade(
        _market_of(message), moment(message["T"]), price, quantity, not message["m"], str(message["a"]),
        int(message["a"]),
    )  # fmt: skip
    return _topic(message, "aggTrade"), [trade], 0


def _depth(message: Mapping[str, Any], time_ms: int) -> Understood:
    last = int(message["u"])
    change = BookChange(
        _market_of(message), _WHOLE_DEPTH, False, last, last, levels(message["b"]), levels(message["a"]), time_ms,
        moment(message.get("T") or time_ms), int(message["pu"]),
    )  # fmt: skip
    return _topic(message, "depth@100ms"), [change], 0


def _best(message: Mapping[str, Any], time_ms: int) -> Understood:
    number = int(message["u"])
    change = BookChange(
        _market_of(message), 1, True, number, number, levels([(message["b"], message["B"])]),
        levels([(message["a"], message["A"])]), time_ms, moment(message.get("T") or time_ms),
    )  # fmt: skip
    return _topic(message, "bookTicker"), [change], 0


def _day(message: Mapping[str, Any], time_ms: int) -> Understood:
    fields: dict[str, tuple[str, Callable[[Any], float | int]]] = {
        "c": ("last_price", finite), "P": ("change_24h_rate", lambda text: finite(text) / 100.0),
        "h": ("high_24h", finite), "l": ("low_24h", finite), "v": ("volume_24h", finite), "q": ("turnover_24h", finite),
    }  # fmt: skip
    return _ticker(message, time_ms, fields)


def _mark(message: Mapping[str, Any], time_ms: int) -> Understood:
    fields: dict[str, tuple[str, Callable[[Any], float | int]]] = {
        "p": ("mark_price", finite), "i": ("index_price", finite), "r": ("funding_rate", finite),
        "T": ("next_funding_ms", moment),
    }  # fmt: skip
    return _ticker(message, time_ms, fields)


def _ticker(
    message: Mapping[str, Any], time_ms: int, fields: dict[str, tuple[str, Callable[[Any], float | int]]]
) -> Understood:
    changes: dict[str, float | int] = {}
    odd = 0
    for theirs, (ours, read) in fields.items():
        value = message.get(theirs)
        if value is None or value in ("", 0):  # contracts that deliver have no funding, told so
            continue
        try:
            changes[ours] = read(value)
        except ODD:
            odd += 1
    change = TickerChange(_market_of(message), False, changes, time_ms, needs_snapshot=False)
    return _topic(message, "ticker"), [change], odd


def _liquidation(message: Mapping[str, Any], _time_ms: int) -> Understood:
    order = message["o"]
    # The order that closes the position: a long is sold.
    event = Liquidation(
        _market_of(order), moment(order["T"]), order["S"] == "SELL", finite(order["q"]), finite(order["p"])
    )
    return _topic(order, "forceOrder"), [event], 0


_READERS: dict[str, Callable[[Mapping[str, Any], int], Understood]] = {
    "kline": _candle, "aggTrade": _trade, "depthUpdate": _depth, "bookTicker": _best, "24hrTicker": _day,
    "markPriceUpdate": _mark, "forceOrder": _liquidation,
}  # fmt: skip
