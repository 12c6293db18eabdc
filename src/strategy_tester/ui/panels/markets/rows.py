"""One row per symbol: what is known of it, and what the list shows of that. Texts are made once per change."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from strategy_tester.domain.listings import Listing
from strategy_tester.domain.market_events import Category, Market, Ticker
from strategy_tester.services.watch_lists import entry_of
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import THIN_SPACE, mark, tr
from strategy_tester.ui.tables.columns import change_color
from strategy_tester.ui.tables.records_model import Column

STAR, SYMBOL, LAST, CHANGE, TURNOVER, FUNDING, INTEREST, RANGE = range(8)
"""Columns, in their order."""
RISE, FALL = "▲", "▼"
DOLLARS = frozenset({"USD", "USDT", "USDC", "USDE", "FDUSD", "TUSD", "DAI"})
"""Quote currencies that count as one dollar when amounts of several are compared."""
_FUNDING_DECIMALS = 4


class MarketRow:
    """What the list knows of one symbol.

    Attributes:
        market: The symbol.
        entry: Under which watch lists keep it.
        name: The symbol as it is shown.
        ticker: The latest figures; None before the first ones.
        is_favorite: Whether it has a star.
        is_live: Whether its figures come from the stream, not from a request every few seconds.
        is_old: Whether the figures are older than they should be.
        quote_rate: Dollars in one unit of the quote currency; NaN while unknown.
        flash: When the price changed last, in seconds of the list's clock; 0 for not of late.
        is_rise: Whether it rose then.
    """

    __slots__ = (
        "_texts", "base", "decimals", "entry", "flash", "interval_minutes", "is_favorite", "is_live", "is_old",
        "is_perpetual", "is_rise", "kind", "market", "name", "quote", "quote_rate", "ticker", "words",
    )  # fmt: skip

    def __init__(self, market: Market, listing: Listing | None = None, ticker: Ticker | None = None) -> None:
        self.market, self.ticker = market, ticker
        self.entry, self.name = entry_of(market), market.symbol
        self.base = self.quote = self.kind = ""
        self.decimals: int | None = None
        self.interval_minutes = 0
        self.is_perpetual = False
        self.is_favorite = self.is_live = self.is_old = self.is_rise = False
        self.flash = 0.0
        self._texts: list[str | None] = [None] * 8
        if listing is not None:
            instrument = listing.instrument
            self.base, self.quote = instrument.base_currency, instrument.quote_currency
            self.decimals, self.kind = instrument.price_decimals, listing.kind
            self.is_perpetual, self.interval_minutes = listing.is_perpetual, listing.funding_interval_minutes
        self.quote_rate = 1.0 if self.quote in DOLLARS else math.nan
        self.words = f"{self.name} {self.base}/{self.quote}".casefold()
        """What a search looks at."""

    # --- what is sorted by

    @property
    def last(self) -> float | None:
        """Price of the last trade."""
        return self.ticker.last_price if self.ticker is not None else None

    @property
    def change(self) -> float | None:
        """Change over 24 hours in percent."""
        rate = self.ticker.change_24h_rate if self.ticker is not None else None
        return None if rate is None else rate * 100.0

    @property
    def turnover(self) -> float | None:
        """Turnover of 24 hours in the quote currency. An inverse contract's volume is counted in dollars already."""
        if self.ticker is None:
            return None
        return self.ticker.volume_24h if self._is_inverse else self.ticker.turnover_24h

    @property
    def turnover_dollars(self) -> float | None:
        """The turnover in dollars: symbols of several quote currencies can be compared by it."""
        turnover = self.turnover
        return None if turnover is None else turnover * self.quote_rate

    @property
    def funding(self) -> float | None:
        """Estimate of the next funding rate in percent."""
        rate = self.ticker.funding_rate if self.ticker is not None else None
        return None if rate is None else rate * 100.0

    @property
    def interest(self) -> float | None:
        """Value of the open interest in the quote currency."""
        ticker = self.ticker
        if ticker is None or ticker.open_interest is None:
            return None
        if self._is_inverse:
            return ticker.open_interest
        price = ticker.mark_price or ticker.last_price
        return None if price is None else ticker.open_interest * price

    @property
    def interest_dollars(self) -> float | None:
        """The open interest in dollars."""
        interest = self.interest
        return None if interest is None else interest * self.quote_rate

    @property
    def range_place(self) -> float | None:
        """Where the price stands in the range of 24 hours: 0 at the low, 1 at the high."""
        ticker = self.ticker
        if ticker is None or ticker.last_price is None or ticker.low_24h is None or ticker.high_24h is None:
            return None
        width = ticker.high_24h - ticker.low_24h
        return min(max((ticker.last_price - ticker.low_24h) / width, 0.0), 1.0) if width > 0 else None

    @property
    def _is_inverse(self) -> bool:
        return self.market.category is Category.INVERSE

    # --- what is shown

    def text(self, column: int) -> str:
        """A cell's text."""
        text = self._texts[column]
        if text is None:
            text = self._texts[column] = _TEXTS[column](self)
        return text

    def switch_star(self, *, on: bool) -> None:
        """Give it a star or take the star away."""
        self.is_favorite, self._texts[STAR] = on, None

    def take(self, ticker: Ticker) -> list[int]:
        """Take up newer figures; the columns whose cells look different now."""
        old, self.ticker = self.ticker, ticker
        if old is None:
            self._texts = [None] * 8
            return [LAST, CHANGE, TURNOVER, FUNDING, INTEREST, RANGE]
        changed: list[int] = []
        if ticker.last_price != old.last_price:
            self._remake(LAST, changed)
            if ticker.last_price is not None and old.last_price is not None:
                self.is_rise = ticker.last_price > old.last_price
        if ticker.change_24h_rate != old.change_24h_rate:
            self._remake(CHANGE, changed)
        if ticker.turnover_24h != old.turnover_24h or ticker.volume_24h != old.volume_24h:
            self._remake(TURNOVER, changed)
        if ticker.funding_rate != old.funding_rate:
            self._remake(FUNDING, changed)
        if ticker.open_interest != old.open_interest or ticker.mark_price != old.mark_price:
            self._remake(INTEREST, changed)
        if _range_of(ticker) != _range_of(old):
            self._texts[RANGE] = None
            changed.append(RANGE)
        return changed

    def take_unseen(self, ticker: Ticker) -> None:
        """Take up newer figures of a row that nobody sees: its texts are made when it comes into sight."""
        self.ticker = ticker
        self._texts[LAST:] = [None] * (RANGE - LAST + 1)

    def _remake(self, column: int, changed: list[int]) -> None:
        before, self._texts[column] = self._texts[column], None
        if before is None or self.text(column) != before:
            changed.append(column)


def _range_of(ticker: Ticker) -> tuple[float | None, float | None, float | None]:
    return ticker.last_price, ticker.low_24h, ticker.high_24h


def _change_text(row: MarketRow) -> str:
    change = row.change
    if change is None:
        return numbers.DASH
    text = numbers.format_percent(change, sign=True)
    if text[0] not in {"+", numbers.MINUS}:
        return text
    return f"{RISE if change > 0 else FALL}{THIN_SPACE}{text}"


def _amount_text(value: float | None, unit: str) -> str:
    text = numbers.format_compact(value)
    return f"{text}{THIN_SPACE}{unit}" if unit and text != numbers.DASH else text


def _range_text(row: MarketRow) -> str:
    ticker = row.ticker
    if ticker is None or row.range_place is None:
        return numbers.DASH
    low, high = (numbers.format_price(price, row.decimals) for price in (ticker.low_24h, ticker.high_24h))
    return f"{low} – {high}"


_TEXTS: tuple[Callable[[MarketRow], str], ...] = (
    lambda row: "★" if row.is_favorite else "",
    lambda row: row.name,
    lambda row: numbers.format_price(row.last, row.decimals),
    _change_text,
    lambda row: _amount_text(row.turnover, row.quote),
    lambda row: numbers.format_percent(row.funding, sign=True, decimals=_FUNDING_DECIMALS),
    lambda row: _amount_text(row.interest, row.quote),
    _range_text,
)


def _symbol_tooltip(row: MarketRow) -> str:
    parts = [f"{row.base} / {row.quote}" if row.base else "", row.market.source]
    if row.market.category is not Category.SPOT and row.kind:
        parts.append(tr("perpetual contract") if row.is_perpetual else tr("dated contract"))
    return " · ".join(filter(None, parts))


def _funding_tooltip(row: MarketRow) -> str:
    ticker = row.ticker
    if ticker is None or ticker.funding_rate is None:
        return tr("This market pays no funding.")
    lines = []
    if ticker.next_funding_ms:
        lines.append(tr("Next settlement {time}", time=numbers.format_time(ticker.next_funding_ms)))
    minutes = ticker.funding_interval_minutes or row.interval_minutes
    if minutes:
        lines.append(tr("every {count} h", count=f"{minutes / 60:g}"))
    return "\n".join(lines)


def _range_tooltip(row: MarketRow) -> str:
    place = row.range_place
    if place is None:
        return ""
    share = numbers.format_percent(place * 100.0, decimals=0)
    return tr("{low_and_high}; the price stands at {share} of it", low_and_high=row.text(RANGE), share=share)


HEADINGS = {
    STAR: "★",
    LAST: mark("Price"),
    CHANGE: mark("24 h"),
    TURNOVER: mark("Turnover"),
    FUNDING: mark("Funding"),
    INTEREST: mark("Open interest"),
    RANGE: mark("24 h range"),
}
"""What stands over narrow columns; their menu has the whole title."""


def market_columns() -> list[Column]:
    """What the list shows, in the order of the constants above."""

    def column(number: int, title: str, value: Callable[[MarketRow], Any], key: str, **more: Any) -> Column:
        align = "left" if number in {STAR, SYMBOL} else "right"
        return Column(title, value, lambda row: row.text(number), align, key=key, **more)

    return [
        column(STAR, mark("Favorite"), lambda row: row.is_favorite, "favorite"),
        column(SYMBOL, mark("Symbol"), lambda row: row.name, "symbol", tooltip=_symbol_tooltip),
        column(LAST, mark("Last price"), lambda row: row.last, "last"),
        column(
            CHANGE, mark("24 h change"), lambda row: row.change, "change",
            color=lambda row: change_color(row.change)
        ),
        column(
            TURNOVER, mark("24 h turnover"), lambda row: row.turnover_dollars, "turnover",
            tooltip=mark("Value traded in the last 24 hours, in the quote currency. Sorted by its worth in dollars."),
        ),
        column(
            FUNDING, mark("Funding rate"), lambda row: row.funding, "funding", tooltip=_funding_tooltip,
            color=lambda row: change_color(row.funding),
        ),
        column(
            INTEREST, mark("Open interest"), lambda row: row.interest_dollars, "interest",
            tooltip=mark("Value of all open contracts at the mark price, in the quote currency."),
        ),
        column(RANGE, mark("24 h range"), lambda row: row.range_place, "range", tooltip=_range_tooltip),
    ]  # fmt: skip


def give_quote_rates(rows: Iterable[MarketRow]) -> None:
    """Work out what other quote currencies than the dollar's are worth, from the markets of the list itself."""
    rows = list(rows)
    others = {row.quote for row in rows} - DOLLARS
    prices: Mapping[str, float] = {
        row.base: row.last for row in rows if row.last and row.quote in DOLLARS and row.base in others
    }
    for row in rows:
        if row.quote not in DOLLARS:
            row.quote_rate = prices.get(row.quote, math.nan)
