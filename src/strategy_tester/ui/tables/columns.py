"""Ready columns for what tables usually show: money, changes, percent, times, lengths of time."""

import math
from collections.abc import Callable
from typing import Any

from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.tables.records_model import Column

Read = Callable[[Any], Any]
_WORDS = {
    "open": "Open price", "high": "High price", "low": "Low price", "close": "Close price", "ohlc": "O-H-L-C",
    "hl2": "HL/2", "hlc3": "HLC/3", "ohlc4": "OHLC/4",
}  # fmt: skip
"""Codes whose plain word would be something else, such as the order to open or close."""


def text_column(
    title: str, value: Read, *, tooltip: str | None = None, key: str = "", is_hidden: bool = False
) -> Column:
    """Words, shown as they are."""
    return Column(title, value, tooltip=tooltip, key=key, is_hidden=is_hidden)


def word_column(title: str, value: Read, *, tooltip: str | None = None, key: str = "") -> Column:
    """One of a few words of the program, translated when shown: `take_profit` is looked up as "Take profit"."""
    return Column(title, value, lambda record: tr(readable_word(value(record))), tooltip=tooltip, key=key)


def count_column(
    title: str, value: Read, *, tooltip: str | None = None, key: str = "", is_hidden: bool = False
) -> Column:
    """Whole numbers."""
    return _number(title, value, numbers.format_count, tooltip=tooltip, key=key, is_hidden=is_hidden)


def number_column(title: str, value: Read, decimals: int = 2, *, tooltip: str | None = None, key: str = "") -> Column:
    """Numbers with a fixed count of decimals."""
    return _number(title, value, lambda number: numbers.format_number(number, decimals), tooltip=tooltip, key=key)


def price_column(
    title: str,
    value: Read,
    decimals: Callable[[], int | None] | None = None,
    *,
    tooltip: str | None = None,
    key: str = "",
) -> Column:
    """Prices; `decimals()` is asked whenever a cell is shown, so that it may follow the instrument."""
    return _number(
        title,
        value,
        lambda price: numbers.format_price(price, decimals() if decimals else None),
        tooltip=tooltip,
        key=key,
    )


def money_column(
    title: str, value: Read, *, tooltip: str | None = None, key: str = "", is_hidden: bool = False
) -> Column:
    """Money without a sign: sizes, balances."""
    return _number(title, value, numbers.format_money, tooltip=tooltip, key=key, is_hidden=is_hidden)


def change_column(title: str, value: Read, *, tooltip: str | None = None, key: str = "") -> Column:
    """Money won or lost: signed and colored."""
    return _change(title, value, lambda number: numbers.format_money(number, sign=True), tooltip, key)


def percent_column(
    title: str, value: Read, *, tooltip: str | None = None, key: str = "", is_hidden: bool = False
) -> Column:
    """Percent without a sign."""
    return _number(title, value, numbers.format_percent, tooltip=tooltip, key=key, is_hidden=is_hidden)


def percent_change_column(title: str, value: Read, *, tooltip: str | None = None, key: str = "") -> Column:
    """Percent won or lost: signed and colored."""
    return _change(title, value, lambda number: numbers.format_percent(number, sign=True), tooltip, key)


def time_column(
    title: str, value: Read, *, tooltip: str | None = None, key: str = "", is_hidden: bool = False
) -> Column:
    """Moments in UTC milliseconds."""
    return _number(title, value, numbers.format_time, tooltip=tooltip, key=key, is_hidden=is_hidden)


def duration_column(title: str, value: Read, *, tooltip: str | None = None, key: str = "") -> Column:
    """Lengths of time in milliseconds."""
    return _number(title, value, numbers.format_duration, tooltip=tooltip, key=key)


def change_color(value: float | None) -> str:
    """The theme token of a gain or loss, "" for neither."""
    if value is None or math.isnan(value) or value == 0:
        return ""
    return "up_text" if value > 0 else "down_text"


def readable_word(code: str) -> str:
    """A code such as `take_profit` as a word: `Take profit`."""
    return _WORDS.get(str(code)) or str(code).replace("_", " ").strip().capitalize()


def _number(
    title: str,
    value: Read,
    show: Callable[[Any], str],
    *,
    tooltip: str | None,
    key: str,
    is_hidden: bool = False,
) -> Column:
    return Column(
        title, value, lambda record: show(value(record)), "right", tooltip=tooltip, key=key, is_hidden=is_hidden
    )


def _change(title: str, value: Read, show: Callable[[Any], str], tooltip: str | None, key: str) -> Column:
    return Column(
        title,
        value,
        lambda record: show(value(record)),
        "right",
        tooltip=tooltip,
        color=lambda record: change_color(value(record)),
        key=key,
    )
