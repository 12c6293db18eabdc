"""What the card says of a market, worked out from its ticker. No widgets."""

import math
from dataclasses import dataclass

from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.market_events import Category, Ticker
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import THIN_SPACE, mark, plural, tr
from strategy_tester.ui.tables.columns import change_color

YEAR_MINUTES = 365 * 24 * 60
_FUNDING_DECIMALS = 4


@dataclass(frozen=True)
class Reading:
    """What facts are made of.

    Attributes:
        ticker: The latest figures.
        instrument: Steps and currencies; None while unknown.
        interval_minutes: Time between settlements of funding; 0 for none or unknown.
    """

    ticker: Ticker
    instrument: Instrument | None = None
    interval_minutes: int = 0

    @property
    def is_inverse(self) -> bool:
        """Whether sizes are counted in dollars and profit in the base currency."""
        return self.ticker.market.category is Category.INVERSE

    @property
    def quote(self) -> str:
        """Currency of prices, "" while unknown."""
        return self.instrument.quote_currency if self.instrument is not None else ""

    @property
    def base(self) -> str:
        """What is traded, "" while unknown."""
        return self.instrument.base_currency if self.instrument is not None else ""

    @property
    def size_unit(self) -> str:
        """Unit of sizes."""
        return "USD" if self.is_inverse else self.base

    def price(self, value: float | None, *, sign: bool = False) -> str:
        """A price by the tick, with its currency."""
        decimals = self.instrument.price_decimals if self.instrument is not None else None
        return _with_unit(numbers.format_price(value, decimals, sign=sign), self.quote)

    def quantity(self, value: float | None) -> str:
        """A size by the step, with its unit."""
        step = self.instrument.quantity_step if self.instrument is not None else None
        return numbers.format_quantity(value, step, self.size_unit)


@dataclass(frozen=True)
class Fact:
    """One line of the card.

    Attributes:
        key: Stable name.
        title: English.
        text: The value with its unit, in the language in use.
        definition: English; what the value means.
        tone: "up", "down" or "".
        detail: A second value, muted, "" for none.
    """

    key: str
    title: str
    text: str
    definition: str
    tone: str = ""
    detail: str = ""


def change_24h(ticker: Ticker) -> float | None:
    """Change over 24 hours in the quote currency."""
    last, rate = ticker.last_price, ticker.change_24h_rate
    if last is None or rate is None or rate <= -1.0:
        return None
    return last - last / (1.0 + rate)


def basis(ticker: Ticker) -> float | None:
    """How far the last price stands above the index."""
    if ticker.last_price is None or ticker.index_price is None:
        return None
    return ticker.last_price - ticker.index_price


def spread(ticker: Ticker) -> float | None:
    """Distance of the best ask from the best bid; None for a crossed or one-sided book."""
    if ticker.bid_price is None or ticker.ask_price is None or ticker.ask_price < ticker.bid_price:
        return None
    return ticker.ask_price - ticker.bid_price


def spread_bps(ticker: Ticker) -> float | None:
    """The spread in hundredths of a percent of the middle."""
    width = spread(ticker)
    if width is None or ticker.bid_price is None or ticker.ask_price is None:
        return None
    middle = (ticker.bid_price + ticker.ask_price) / 2.0
    return width / middle * 1e4 if middle > 0 else None


def annual_rate(rate: float | None, interval_minutes: int) -> float | None:
    """A funding rate as a fraction of a year, paid at every settlement and not compounded."""
    return rate * YEAR_MINUTES / interval_minutes if rate is not None and interval_minutes > 0 else None


def interest_value(ticker: Ticker) -> float | None:
    """Value of the open interest: in the quote currency; inverse contracts are counted in dollars already."""
    if ticker.open_interest is None:
        return None
    if ticker.market.category is Category.INVERSE:
        return ticker.open_interest
    price = ticker.mark_price or ticker.last_price
    return None if price is None else ticker.open_interest * price


def countdown(next_ms: int | None, now_ms: int) -> str:
    """Time left to a settlement: `03:12:45`, with days before it from a day on; a word once it is due."""
    if not next_ms:
        return numbers.DASH
    seconds = math.ceil((next_ms - now_ms) / 1000)
    if seconds <= 0:
        return tr("due now")
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return tr("{days} d {clock}", days=days, clock=clock) if days else clock


def facts_of(reading: Reading) -> list[Fact]:
    """The lines of the card, without those the market does not have."""
    ticker = reading.ticker
    facts = [*_prices(reading), *_day(reading), *_book(reading)]
    if ticker.market.category is not Category.SPOT:
        facts.append(_interest(reading))
    return facts


def headline(reading: Reading) -> tuple[str, str, str]:
    """The last price, the change over 24 hours with its arrow, and its tone."""
    ticker = reading.ticker
    change, rate = change_24h(ticker), ticker.change_24h_rate
    text = ""
    if rate is not None:
        percent = numbers.format_percent(rate * 100.0, sign=True)
        arrow = {"up": "▲", "down": "▼"}.get(_tone(rate), "")
        text = " ".join(filter(None, (arrow, reading.price(change, sign=True), f"({percent})")))
    return reading.price(ticker.last_price), text, _tone(rate)


def funding_facts(reading: Reading) -> list[Fact]:
    """Rate now and a year; nothing for markets without funding."""
    ticker = reading.ticker
    if ticker.funding_rate is None:
        return []
    percent = ticker.funding_rate * 100.0
    minutes = reading.interval_minutes
    every = tr("every {count} h", count=f"{minutes / 60:g}") if minutes else ""
    year = annual_rate(ticker.funding_rate, minutes)
    return [
        Fact(
            "funding", mark("Funding rate"),
            numbers.format_percent(percent, sign=True, decimals=_FUNDING_DECIMALS),
            mark("The exchange's estimate for the next settlement. When it is positive, longs pay shorts."),
            _tone(percent), every,
        ),
        Fact(
            "annual", mark("A year at this rate"),
            numbers.format_percent(None if year is None else year * 100.0, sign=True),
            mark("The rate times the settlements of 365 days, not compounded."), _tone(year),
        ),
    ]  # fmt: skip


def _prices(reading: Reading) -> list[Fact]:
    ticker = reading.ticker
    if ticker.market.category is Category.SPOT:
        return []
    distance = basis(ticker)
    rate = distance / ticker.index_price if distance is not None and ticker.index_price else None
    return [
        Fact(
            "mark", mark("Mark price"), reading.price(ticker.mark_price),
            mark("The exchange's fair price: unrealized profit and liquidation are reckoned with it."),
        ),
        Fact(
            "index", mark("Index price"), reading.price(ticker.index_price),
            mark("Average of the spot prices of several exchanges."),
        ),
        Fact(
            "basis", mark("Basis"), reading.price(distance, sign=True),
            mark("Last price less index price, and its share of the index."), _tone(distance),
            "" if rate is None else numbers.format_percent(rate * 100.0, sign=True, decimals=3),
        ),
    ]  # fmt: skip


def _day(reading: Reading) -> list[Fact]:
    ticker = reading.ticker
    # An inverse contract's volume is counted in dollars and its turnover in coins; others the other way round.
    turnover_unit = reading.base if reading.is_inverse else reading.quote
    return [
        Fact("high", mark("24 h high"), reading.price(ticker.high_24h), mark("Highest price of the last 24 hours.")),
        Fact("low", mark("24 h low"), reading.price(ticker.low_24h), mark("Lowest price of the last 24 hours.")),
        Fact(
            "volume", mark("24 h volume"), _compact(ticker.volume_24h, reading.size_unit),
            mark("Contracts or coins traded in the last 24 hours."),
        ),
        Fact(
            "turnover", mark("24 h turnover"), _compact(ticker.turnover_24h, turnover_unit),
            mark("Value traded in the last 24 hours."),
        ),
    ]  # fmt: skip


def _book(reading: Reading) -> list[Fact]:
    ticker, tick = reading.ticker, reading.instrument.tick_size if reading.instrument is not None else 0.0
    width, bps = spread(ticker), spread_bps(ticker)
    ticks = round(width / tick) if width is not None and tick > 0 else None
    return [
        Fact(
            "bid", mark("Bid"), reading.price(ticker.bid_price), mark("Best price at which somebody buys."),
            detail="" if ticker.bid_size is None else reading.quantity(ticker.bid_size),
        ),
        Fact(
            "ask", mark("Ask"), reading.price(ticker.ask_price), mark("Best price at which somebody sells."),
            detail="" if ticker.ask_size is None else reading.quantity(ticker.ask_size),
        ),
        Fact(
            "spread", mark("Spread"),
            numbers.DASH if ticks is None else plural("{count} tick|{count} ticks", ticks),
            mark("Best ask less best bid, in ticks; and in basis points, hundredths of a percent, of the middle."),
            detail="" if bps is None else tr("{number} bps", number=numbers.format_number(bps, 2)),
        ),
    ]  # fmt: skip


def _interest(reading: Reading) -> Fact:
    ticker = reading.ticker
    unit = "USD" if reading.is_inverse else reading.quote
    amount = _compact(ticker.open_interest, reading.size_unit)
    return Fact(
        "interest", mark("Open interest"), amount, mark("Contracts that are open, and their value at the mark price."),
        detail="" if reading.is_inverse else _compact(interest_value(ticker), unit),
    )  # fmt: skip


def _compact(value: float | None, unit: str) -> str:
    return _with_unit(numbers.format_compact(value), unit)


def _with_unit(text: str, unit: str) -> str:
    return f"{text}{THIN_SPACE}{unit}" if unit and text != numbers.DASH else text


def _tone(value: float | None) -> str:
    return change_color(value).removesuffix("_text")
