"""Which column of a foreign table is which."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from strategy_tester.domain.candles import Floats
from strategy_tester.domain.errors import InvalidParameter, UnreadableFile
from strategy_tester.marketdata.tables import Head
from strategy_tester.marketdata.times import looks_like_times

FIELDS = ("open_time", "open", "high", "low", "close", "volume", "turnover", "symbol")
"""What a column can be to us; `clock` beside them is a time of day that belongs to a date column."""
NEEDED = ("open_time", "open", "high", "low", "close")

# Names without case, spaces, dots, dashes, underscores and <>; the first that is there is taken.
_ALIASES = {
    "open_time": (
        "opentimems", "opentime", "startms", "starttime", "start", "startat", "klineopentime", "openat", "timestampms",
        "timestamp", "unix", "unixtime", "unixtimestamp", "datetime", "dateutc", "timeutc", "date", "time", "ts", "t",
        "bartime", "candletime", "indexlevel0", "дата", "время", "",
    ),
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice", "max"),
    "low": ("low", "l", "lowprice", "min"),
    "close": ("close", "c", "closeprice", "last"),
    "volume": ("volume", "vol", "v", "basevolume", "volumebase", "tickvol", "tickvolume"),
    "turnover": (
        "turnover", "quotevolume", "quoteassetvolume", "volumequote", "quotevol", "volccyquote", "amount", "value",
    ),
    "symbol": ("symbol", "pair", "ticker", "instrument", "tic"),
}  # fmt: skip
_QUOTES = ("usdt", "usdc", "usd", "busd", "fdusd", "tusd", "eur")
# What columns without names are, by their number.
_LAYOUTS = {
    5: ("time, open, high, low, close", NEEDED),
    6: ("time, open, high, low, close, volume", (*NEEDED, "volume")),
    7: ("Bybit's order: time, open, high, low, close, volume, turnover", (*NEEDED, "volume", "turnover")),
    12: ("Binance's order of twelve", (*NEEDED, "volume", "close_time", "turnover")),
}


@dataclass(frozen=True)
class ColumnGuess:
    """Field to column name, and in words what was decided where there was a choice."""

    columns: dict[str, str]
    words: str

    @property
    def names(self) -> list[str]:
        """The columns to load."""
        return list(dict.fromkeys(self.columns.values()))


def guess_columns(head: Head, given: Mapping[str, str] | None = None) -> ColumnGuess:
    """Find time, prices, volume and turnover among a table's columns.

    Args:
        head: The beginning of the table.
        given: Field to column name, where the user knows better.

    Raises:
        InvalidParameter: `given` names a field or column that does not exist.
        UnreadableFile: a needed column is not there; the message says what is.
    """
    chosen = _checked(head, given or {})
    if head.has_header:
        found, words = _by_name(head), "by the names of the columns"
    else:
        found, words = _by_position(head)
    columns = {**found, **chosen}
    missing = [field for field in NEEDED if field not in columns]
    if missing:
        raise UnreadableFile(
            f"{head.path.name} does not look like candles: no column for {', '.join(missing)}; "
            f"its columns are {', '.join(head.names[:20]) or 'none'}",
            hint=_hint(head),
        )
    if "clock" in columns and "open_time" in chosen:
        del columns["clock"]
    return ColumnGuess(columns, words)


def numbers(frame: pl.DataFrame, name: str) -> Floats:
    """A column as float64, NaN where a cell is empty or is no number."""
    column = frame[name]
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        as_float = text.cast(pl.Float64, strict=False)
        if as_float.null_count() > text.null_count():
            as_float = as_float.fill_null(text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False))
        column = as_float
    elif column.dtype.is_nested():
        raise UnreadableFile(f"the column {name} holds lists or records, not numbers")
    column = column.cast(pl.Float64, strict=False)
    return np.ascontiguousarray(column.fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _checked(head: Head, given: Mapping[str, str]) -> dict[str, str]:
    for field, name in given.items():
        if field not in FIELDS:
            raise InvalidParameter("columns", field, ", ".join(FIELDS))
        if name not in head.names:
            raise InvalidParameter(f"columns.{field}", name, ", ".join(head.names))
    return dict(given)


def _plain(name: str) -> str:
    return re.sub(r"[\s._\-<>\ufeff]", "", name).lower()


def _by_name(head: Head) -> dict[str, str]:
    plain: dict[str, str] = {}
    for name in head.names:
        plain.setdefault(_plain(name), name)
    found: dict[str, str] = {}
    for field, aliases in _ALIASES.items():
        match = next((plain[alias] for alias in aliases if alias in plain and _fits(head, field, plain[alias])), None)
        if match is not None:
            found[field] = match
    _split_volumes(plain, found)
    if {"date", "time"} <= plain.keys() and found.get("open_time") == plain["date"]:
        clock = _texts(head, plain["time"])
        if clock and all(re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", cell) for cell in clock):
            found["clock"] = plain["time"]
    return found


def _fits(head: Head, field: str, name: str) -> bool:
    """Whether a column of that name can be a time; the other fields are taken by name alone."""
    if field != "open_time" or not len(head.sample):
        return True
    kind = head.sample.schema[name]
    if kind == pl.String:
        return looks_like_times(_texts(head, name)[:50]) or _plain(name) in {"opentime", "date"}
    if kind.is_numeric():
        return looks_like_times([str(cell) for cell in head.sample[name].drop_nulls().head(50).to_list()])
    return kind == pl.Date or isinstance(kind, pl.Datetime)


def _split_volumes(plain: dict[str, str], found: dict[str, str]) -> None:
    """Columns such as 'Volume BTC' and 'Volume USDT': base units first, the quote currency is the turnover."""
    for key, name in plain.items():
        currency = key.removeprefix("volume")
        if not key.startswith("volume") or not currency or name in found.values():
            continue
        is_quote = currency in _QUOTES or "volume" in found
        found.setdefault("turnover" if is_quote else "volume", name)


def _by_position(head: Head) -> tuple[dict[str, str], str]:
    width = len(head.names)
    words, fields = _LAYOUTS.get(width) or _LAYOUTS[12 if width > 12 else 6 if width > 5 else 5]
    found = {field: name for field, name in zip(fields, head.names, strict=False) if field in FIELDS}
    if not looks_like_times(_texts(head, head.names[0])[:50]):
        found.pop("open_time", None)
    if width == 7 and not _is_turnover(head):
        found.pop("turnover", None)
        words = "time, open, high, low, close, volume; the seventh column is left out"
    return found, f"by their order ({words}), the file does not name them"


def _is_turnover(head: Head) -> bool:
    """Whether the seventh column is about the volume times the price."""
    close, volume, last = (numbers(head.sample, head.names[column]) for column in (4, 5, 6))
    traded = volume * close > 0.0
    if not traded.any():
        return True
    ratio = float(np.median(last[traded] / (volume * close)[traded]))
    return 0.5 < ratio < 2.0


def _texts(head: Head, name: str) -> list[str]:
    column = head.sample[name]
    return [cell for cell in column.to_list() if cell] if column.dtype == pl.String else []


def _hint(head: Head) -> str:
    plain = {_plain(name) for name in head.names}
    if "fundingrate" in plain or {"timems", "rate"} <= plain:
        return "This is a table of funding rates; import it as funding."
    if plain & {"price", "p"} and plain & {"qty", "size", "quantity", "side"}:
        return "This looks like trades or an order book; only candles can be imported."
    if plain & {"bid", "ask"}:
        return "This looks like best bids and asks; only candles can be imported."
    return "Say which column is which, or export candles with open, high, low and close."
