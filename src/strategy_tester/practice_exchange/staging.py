"""Puts stored candles, or files, on the practice exchange's stage."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.errors import MissingCandles
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.files import read_candles
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_history import market_of
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import CandleStore, SeriesKey

_QUOTES = ("USDT", "USDC", "USD", "BTC", "ETH")
_SAMPLE = 2000
_MOST_DECIMALS = 8


def stage_stored(
    store: CandleStore, *, symbols: Iterable[str] = (), seed: int = 7, checkpoint: Checkpoint = no_checkpoint
) -> list[StagedMarket]:
    """Every stored market in its finest timeframe; of several sources with one symbol the exchange's own is taken.

    Args:
        store: Where the candles are.
        symbols: Only these; all when empty.
        seed: Of what is made up.
        checkpoint: Told how far it is.

    Raises:
        MissingCandles: nothing is stored, or not these symbols.
    """
    wanted = set(symbols)
    chosen: dict[tuple[Category, str], SeriesKey] = {}
    for summary in store.series():
        key = summary.key
        told = market_of(key)
        if (wanted and key.symbol not in wanted) or (told is not None and told[1] is not PriceKind.LAST):
            continue
        place = _category_of(key.source), key.symbol
        known = chosen.get(place)
        if known is None or _rank(key) < _rank(known):
            chosen[place] = key
    if not chosen:
        whose = f" of {', '.join(sorted(wanted))}" if wanted else ""
        raise MissingCandles(
            f"there are no stored candles{whose} to replay", hint="Import some, or name a file of candles."
        )
    markets = []
    for number, ((category, symbol), key) in enumerate(sorted(chosen.items(), key=lambda item: item[0][1])):
        checkpoint(number, len(chosen), f"loading {key}")
        candles = store.read(key)
        if not len(candles):
            continue
        instrument = store.instrument(symbol, key.source) or guessed_instrument(candles)
        funding = store.read_funding(symbol, key.source)
        markets.append(
            StagedMarket(_listing(symbol, category, instrument, candles), candles, funding, seed=seed + number)
        )
    return markets


def stage_files(paths: Iterable[Path], *, seed: int = 7) -> list[StagedMarket]:
    """A market for every file of candles.

    Raises:
        UnreadableFile, CorruptCandles: a file holds no candles, or bad ones.
    """
    markets = []
    for number, path in enumerate(paths):
        candles = read_candles(path)
        symbol = candles.symbol or path.stem.upper()
        listing = _listing(symbol, _category_of(candles.source), guessed_instrument(candles), candles)
        markets.append(StagedMarket(listing, candles, seed=seed + number))
    return markets


def guessed_instrument(candles: Candles) -> Instrument:
    """Steps that fit the candles: the coarsest in which their prices and volumes can be written."""
    prices = np.concatenate([column[-_SAMPLE:] for column in (candles.open, candles.high, candles.low, candles.close)])
    tick, step = 10.0 ** -_decimals_in(prices), 10.0 ** -min(_decimals_in(candles.volume[-_SAMPLE:]), 6)
    base, quote = _currencies(candles.symbol)
    return Instrument(
        candles.symbol, tick, step, step, 5.0, base_currency=base, quote_currency=quote, source=candles.source
    )


def _listing(symbol: str, category: Category, instrument: Instrument, candles: Candles) -> Listing:
    names = {Category.LINEAR: "LinearPerpetual", Category.INVERSE: "InversePerpetual", Category.SPOT: ""}
    settle = instrument.base_currency if category is Category.INVERSE else instrument.quote_currency
    return Listing(
        Market("bybit", category, symbol), ListingStatus.TRADING, instrument, int(candles.open_time_ms[0]),
        funding_interval_minutes=0 if category is Category.SPOT else 480, max_quantity=1e6 * instrument.quantity_step,
        max_market_quantity=2e5 * instrument.quantity_step, settle_currency=settle, kind=names[category],
    )  # fmt: skip


def _category_of(source: str) -> Category:
    told = market_of(SeriesKey("", Timeframe.M1, source))
    return told[0].category if told is not None else Category.LINEAR


def _rank(key: SeriesKey) -> tuple[bool, int]:
    return not key.source.startswith("bybit"), key.timeframe.milliseconds


def _currencies(symbol: str) -> tuple[str, str]:
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol[: -len(quote)], quote
    return symbol, "USDT"


def _decimals_in(values: Floats) -> int:
    for digits in range(_MOST_DECIMALS):
        if np.all(np.abs(np.round(values, digits) - values) <= 1e-9 * np.maximum(np.abs(values), 1.0)):
            return digits
    return _MOST_DECIMALS
