"""What a file's name says about the candles inside."""

import re
from dataclasses import dataclass

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.timeframes import Timeframe

_EXCHANGES = (
    "bybit", "binance", "okx", "bitget", "kraken", "coinbase", "bitstamp", "kucoin", "huobi", "gateio", "mexc",
    "deribit", "bitfinex", "bitmex", "practice",
)  # fmt: skip
_MARKETS = {
    "linear": "linear", "inverse": "inverse", "spot": "spot", "usdm": "usdm", "um": "usdm", "coinm": "coinm",
    "cm": "coinm", "futures": "futures", "perp": "linear", "perpetual": "linear", "swap": "linear", "mark": "mark",
    "index": "index", "premium": "premium", "testnet": "testnet",
}  # fmt: skip
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "GBP", "TRY", "RUB", "DAI", "BTC", "ETH", "PERP")
_SYMBOL = re.compile(rf"(?P<symbol>[A-Z0-9]{{1,15}}(?:{'|'.join(_QUOTES)}))(?P<perpetual>\.P)?")
_TIMEFRAME = re.compile(r"\d{1,3}(?:m|min|h|d|w|M|mo)|\d{1,3}[HDW]|[DWdwh]")
_ENDINGS = re.compile(r"\.(csv|txt|tsv|parquet|pq|gz|zip|feather)$", re.IGNORECASE)


@dataclass(frozen=True)
class NameGuess:
    """Symbol, timeframe and source as far as the name tells them; empty or None otherwise."""

    symbol: str = ""
    timeframe: Timeframe | None = None
    source: str = ""


def guess_from_name(name: str) -> NameGuess:
    """Read names such as bybit-linear-BTCUSDT-5m-2025.parquet, Binance_BTCUSDT_1h.csv, 'BYBIT_BTCUSDT.P, 60.csv'."""
    stem = name
    while _ENDINGS.search(stem):
        stem = _ENDINGS.sub("", stem)
    words = [word for word in re.split(r"[-_,;()\[\]\s]+", stem) if word]
    symbol, is_perpetual = _symbol(words)
    return NameGuess(symbol, _timeframe(words), _source(words, is_perpetual))


def _symbol(words: list[str]) -> tuple[str, bool]:
    for position, word in enumerate(words):
        if word.lower() in _EXCHANGES or word.lower() in _MARKETS:
            continue
        upper = word.upper()
        following = words[position + 1].upper() if position + 1 < len(words) else ""
        if following in _QUOTES and upper.isalnum() and not upper.isdigit():
            return upper + following, False
        found = _SYMBOL.fullmatch(upper)
        if found and upper not in _QUOTES:
            return found["symbol"], found["perpetual"] is not None
    return "", False


def _timeframe(words: list[str]) -> Timeframe | None:
    for word in words[1:]:
        if _TIMEFRAME.fullmatch(word):
            frame = _parsed(word)
            if frame is not None:
                return frame
    # A bare number of minutes stands last in the names that TradingView and Bybit's own tools give.
    return _parsed(words[-1]) if len(words) > 1 and words[-1].isdigit() else None


def _parsed(word: str) -> Timeframe | None:
    try:
        return Timeframe.parse("1h" if word == "h" else word)
    except InvalidParameter:
        return None


def _source(words: list[str], is_perpetual: bool) -> str:  # noqa: FBT001 - private, named at its one call
    lower = [word.lower() for word in words]
    exchange = next((word for word in lower if word in _EXCHANGES), "")
    markets = list(dict.fromkeys(_MARKETS[word] for word in lower if word in _MARKETS))
    if is_perpetual and "linear" not in markets:
        markets.append("linear")
    return "-".join([exchange, *markets]) if exchange else ""
