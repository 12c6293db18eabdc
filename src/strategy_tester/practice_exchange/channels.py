"""What the practice exchange streams: one channel per topic, told in Bybit's v5 messages to everybody who listens.

A channel is moved on by the server's tick. At high speed one message stands for everything that happened since the tick
before, except closed candles: each of those is told.
"""

from collections import OrderedDict
from typing import Any, Protocol

from strategy_tester.domain.market_events import Category
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.practice_exchange.depth import Books, changes
from strategy_tester.practice_exchange.market import Row, StagedMarket
from strategy_tester.practice_exchange.texts import decimal

Message = dict[str, Any]
BOOK_DEPTHS = {1: 10, 50: 20, 200: 100, 1000: 200}
"""Levels a side, and the milliseconds between two messages."""
_MOST_TRADES = 1024
_KEPT_BOOKS = 4096
_SAME_AGAIN_MS = 3000
_CANDLE_MS = 1000
_TICKER_MS = 100
_LIQUIDATING_MOVE = 0.005


class Channel(Protocol):
    """One topic."""

    topic: str

    def greet(self, now_ms: int) -> list[Message]:
        """What a new listener is told first."""
        ...

    def advance(self, now_ms: int) -> list[Message]:
        """What everybody is told about the time since the call before."""
        ...


class CandleChannel:
    """`kline.{interval}.{symbol}`: the candle that forms, and every candle that closed, with `confirm` true."""

    def __init__(self, market: StagedMarket, timeframe: Timeframe, now_ms: int) -> None:
        self.topic = f"kline.{timeframe.bybit}.{market.market.symbol}"
        self._market, self._frame = market, timeframe
        self._open_ms = timeframe.open_of(now_ms)
        self._told_ms = 0
        self._last: Row | None = None

    def greet(self, now_ms: int) -> list[Message]:
        """The candle as it is now."""
        row = self._market.forming(self._frame, now_ms)
        return [] if row is None else [self._message([self._item(row, now_ms, is_closed=False)], now_ms)]

    def advance(self, now_ms: int) -> list[Message]:
        """Closed candles one by one, then the one that forms, at most once a second of market time."""
        messages: list[Message] = []
        while self._frame.next_open(self._open_ms) <= now_ms and self._open_ms < self._market.end_ms:
            close_ms = self._frame.next_open(self._open_ms)
            row = self._closed(self._open_ms)
            if row is not None:
                messages.append(self._message([self._item(row, close_ms, is_closed=True)], close_ms))
            self._open_ms = close_ms
        row = self._market.forming(self._frame, now_ms)
        if row is not None and row != self._last and (now_ms - self._told_ms >= _CANDLE_MS or messages):
            self._told_ms, self._last = now_ms, row
            messages.append(self._message([self._item(row, now_ms, is_closed=False)], now_ms))
        return messages

    def _closed(self, open_ms: int) -> Row | None:
        candles = self._market.candles(self._frame)
        bar = int(candles.open_time_ms.searchsorted(open_ms))
        if bar >= len(candles) or int(candles.open_time_ms[bar]) != open_ms:
            return None
        turnover = candles.turnover[bar] if candles.turnover is not None else candles.volume[bar] * candles.close[bar]
        return (
            open_ms, float(candles.open[bar]), float(candles.high[bar]), float(candles.low[bar]),
            float(candles.close[bar]), float(candles.volume[bar]), float(turnover),
        )  # fmt: skip

    def _item(self, row: Row, now_ms: int, *, is_closed: bool) -> Message:
        return {
            "start": row[0], "end": self._frame.next_open(row[0]) - 1, "interval": self._frame.bybit,
            "open": decimal(row[1]), "close": decimal(row[4]), "high": decimal(row[2]), "low": decimal(row[3]),
            "volume": decimal(round(row[5], 10)), "turnover": decimal(round(row[6], 10)), "confirm": is_closed,
            "timestamp": now_ms,
        }  # fmt: skip

    def _message(self, items: list[Message], now_ms: int) -> Message:
        return {"topic": self.topic, "data": items, "ts": now_ms, "type": "snapshot"}


class TradeChannel:
    """`publicTrade.{symbol}`."""

    def __init__(self, market: StagedMarket, now_ms: int) -> None:
        self.topic = f"publicTrade.{market.market.symbol}"
        self._market = market
        self._told_ms = now_ms
        self._sequence = now_ms

    def greet(self, now_ms: int) -> list[Message]:
        """Nothing: only what happens from now on is told."""
        return []

    def advance(self, now_ms: int) -> list[Message]:
        """Every trade since the call before, at most 1,024 a message."""
        trades = self._market.trades(self._told_ms, now_ms)
        self._told_ms = max(now_ms, self._told_ms)
        messages = []
        for first in range(0, len(trades), _MOST_TRADES):
            self._sequence += 1
            items = [
                {
                    "T": time_ms, "s": self._market.market.symbol, "S": "Buy" if is_buy else "Sell",
                    "v": decimal(quantity), "p": decimal(price), "L": "PlusTick" if is_buy else "MinusTick",
                    "i": name, "BT": False, "RPI": False, "seq": self._sequence,
                }
                for time_ms, price, quantity, is_buy, name in trades[first : first + _MOST_TRADES]
            ]  # fmt: skip
            messages.append({"topic": self.topic, "type": "snapshot", "ts": now_ms, "data": items})
        return messages


class BookChannel:
    """`orderbook.{depth}.{symbol}`: a snapshot, then changes whose `u` rises by one; depth 1 sends snapshots only.

    `truth` keeps the latest books by their `u`, for whoever wants to prove a local copy; ids begin anew with a restart,
    `sequences` tells which of them is meant.
    """

    def __init__(self, market: StagedMarket, depth: int, now_ms: int) -> None:
        self.topic = f"orderbook.{depth}.{market.market.symbol}"
        self.truth: OrderedDict[int, Books] = OrderedDict()
        self.sequences: dict[int, int] = {}
        self._market, self._depth = market, depth
        self._every_ms = BOOK_DEPTHS[depth]
        self._update_id, self._sequence = 1000 + market.seed, now_ms
        self._told_ms = now_ms
        self._book: Books = market.book(now_ms, depth)
        self._keep()

    def greet(self, now_ms: int) -> list[Message]:
        """The book as it was told last."""
        return [self._snapshot(self._told_ms)]

    def advance(self, now_ms: int) -> list[Message]:
        """The changes since the call before; nothing while nothing changed."""
        if now_ms - self._told_ms < self._every_ms or now_ms >= self._market.end_ms:
            return []
        book = self._market.book(now_ms, self._depth)
        if book == self._book:
            if self._depth == 1 and now_ms - self._told_ms >= _SAME_AGAIN_MS:
                self._told_ms = now_ms
                return [self._snapshot(now_ms)]
            return []
        before, self._book = self._book, book
        self._told_ms = now_ms
        self._update_id += 1
        self._sequence += 1 + now_ms % 7
        self._keep()
        if self._depth == 1:
            return [self._snapshot(now_ms)]
        return [self._message("delta", now_ms, *(changes(old, new) for old, new in zip(before, book, strict=True)))]

    def restart(self, now_ms: int) -> list[Message]:
        """The service behind the book begins anew: a snapshot with `u` 1."""
        self._update_id = 1
        self._book = self._market.book(now_ms, self._depth)
        self._told_ms = now_ms
        self._sequence += 1
        self.truth.clear()
        self.sequences.clear()
        self._keep()
        return [self._snapshot(now_ms)]

    def _keep(self) -> None:
        self.truth[self._update_id] = self._book
        self.sequences[self._update_id] = self._sequence
        if len(self.truth) > _KEPT_BOOKS:
            self.sequences.pop(self.truth.popitem(last=False)[0], None)

    def _snapshot(self, now_ms: int) -> Message:
        return self._message("snapshot", now_ms, list(self._book[0].items()), list(self._book[1].items()))

    def _message(
        self, kind: str, now_ms: int, bids: list[tuple[float, float]], asks: list[tuple[float, float]]
    ) -> Message:
        return {
            "topic": self.topic, "type": kind, "ts": now_ms,
            "data": {
                "s": self._market.market.symbol, "b": _levels(bids), "a": _levels(asks), "u": self._update_id,
                "seq": self._sequence,
            },
            "cts": now_ms - 5,
        }  # fmt: skip


class TickerChannel:
    """`tickers.{symbol}`: a snapshot, then the fields that changed; spot sends snapshots only and no best prices."""

    def __init__(self, market: StagedMarket, now_ms: int) -> None:
        self.topic = f"tickers.{market.market.symbol}"
        self._market = market
        self._sequence = now_ms
        self._fields: Message = {}
        self._fields = self._now(now_ms)
        self._told_ms = now_ms

    def greet(self, now_ms: int) -> list[Message]:
        """All fields."""
        self._fields = self._now(now_ms)
        return [self._message("snapshot", self._fields, now_ms)]

    def advance(self, now_ms: int) -> list[Message]:
        """The fields that changed."""
        if now_ms - self._told_ms < _TICKER_MS or now_ms >= self._market.end_ms:
            return []
        self._told_ms = now_ms
        fields = self._now(now_ms)
        changed = {name: value for name, value in fields.items() if self._fields.get(name) != value}
        self._fields = fields
        if not changed:
            return []
        if self._market.market.category is Category.SPOT:
            return [self._message("snapshot", fields, now_ms)]
        return [self._message("delta", {"symbol": fields["symbol"]} | changed, now_ms)]

    def _now(self, now_ms: int) -> Message:
        fields = ticker_fields(self._market, now_ms)
        if self._market.market.category is Category.SPOT:
            return fields
        before, last = self._fields.get("lastPrice", fields["lastPrice"]), fields["lastPrice"]
        if before == last:
            direction = self._fields.get("tickDirection", "ZeroPlusTick")
        else:
            direction = "PlusTick" if float(last) > float(before) else "MinusTick"
        return {"symbol": fields["symbol"], "tickDirection": direction} | fields

    def _message(self, kind: str, fields: Message, now_ms: int) -> Message:
        self._sequence += 1
        return {"topic": self.topic, "type": kind, "data": fields, "cs": self._sequence, "ts": now_ms}


class LiquidationChannel:
    """`allLiquidation.{symbol}`: a made-up liquidation after every base candle that moved more than half a percent."""

    def __init__(self, market: StagedMarket, now_ms: int) -> None:
        self.topic = f"allLiquidation.{market.market.symbol}"
        self._market = market
        self._told_bars = market.closed_bars(now_ms)

    def greet(self, now_ms: int) -> list[Message]:
        """Nothing: only what happens from now on is told."""
        return []

    def advance(self, now_ms: int) -> list[Message]:
        """The largest trades of the candles that closed since the call before and moved far."""
        base = self._market.base
        closed = self._market.closed_bars(now_ms)
        items: list[Message] = []
        for bar in range(self._told_bars, closed):
            move = float(base.close[bar] / base.open[bar] - 1.0)
            tape = self._market.tape(bar)
            if abs(move) > _LIQUIDATING_MOVE and len(tape):
                largest = int(tape.quantity.argmax())
                item = {
                    "T": int(tape.time_ms[largest]), "s": self._market.market.symbol,
                    "S": "Buy" if move < 0 else "Sell", "v": decimal(float(tape.quantity[largest])),
                    "p": decimal(float(tape.price[largest])),
                }  # fmt: skip
                items.append(item)
        self._told_bars = max(closed, self._told_bars)
        return [{"topic": self.topic, "type": "snapshot", "ts": now_ms, "data": items}] if items else []


def ticker_fields(market: StagedMarket, now_ms: int) -> Message:
    """A ticker's fields as Bybit names them, also for the answers of `tickers`."""
    figures = market.figures(now_ms)
    symbol = market.market.symbol
    change = figures.last_price / figures.price_24h_ago - 1.0
    common = {
        "symbol": symbol, "lastPrice": decimal(figures.last_price), "prevPrice24h": decimal(figures.price_24h_ago),
        "price24hPcnt": decimal(round(change, 6)), "highPrice24h": decimal(figures.high_24h),
        "lowPrice24h": decimal(figures.low_24h), "turnover24h": decimal(round(figures.turnover_24h, 4)),
        "volume24h": decimal(round(figures.volume_24h, 6)),
    }  # fmt: skip
    if market.market.category is Category.SPOT:
        return common | {"usdIndexPrice": decimal(figures.mark_price)}
    bids, asks = market.book(now_ms, 1)
    (bid, bid_size), (ask, ask_size) = next(iter(bids.items())), next(iter(asks.items()))
    return common | {
        "prevPrice1h": decimal(figures.price_1h_ago), "markPrice": decimal(figures.mark_price),
        "indexPrice": decimal(figures.mark_price), "openInterest": decimal(figures.open_interest),
        "openInterestValue": decimal(round(figures.open_interest * figures.mark_price, 2)),
        "fundingRate": decimal(figures.funding_rate), "nextFundingTime": str(figures.next_funding_ms),
        "fundingIntervalHour": str((market.listing.funding_interval_minutes or 480) // 60), "fundingCap": "0.005",
        "predictedDeliveryPrice": "", "basisRate": "", "basis": "", "basisRateYear": "", "deliveryFeeRate": "",
        "deliveryTime": "0", "preOpenPrice": "", "preQty": "", "curPreListingPhase": "",
        "bid1Price": decimal(bid), "bid1Size": decimal(bid_size), "ask1Price": decimal(ask),
        "ask1Size": decimal(ask_size),
    }  # fmt: skip


def _levels(levels: list[tuple[float, float]]) -> list[list[str]]:
    return [[decimal(price), decimal(size)] for price, size in levels]
