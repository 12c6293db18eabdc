"""Reads scenarios: small tables of candles with the fills that must come of them.

    == the name of the scenario, which is the name of the test
    set: stop_loss 5, leverage 10
    funding: 8:00 0.001 120
    100 102  99 101 | long
      > 100 101 99 100
      > 100 102 100 101
    @3:00 103 105 102 104 | exit_long short
    trade: LONG 1@103 -> 2@104 signal, pnl 1
    expect: conflicting_signals 1

A row of prices is one bar (open, high, low, close) and the signals known at its close: long, short, exit_long,
exit_short, and exit for both. Bars follow each other hour by hour unless `set: timeframe` says otherwise or a row
starts with its own time, hours and minutes after the first bar. Rows with `>` are its candles of the lower timeframe.
A distance may stand among the signals (`stop_loss=3`): then the levels are distances in quote currency, bar by bar.

Unless set otherwise the account has 1000, orders are one unit, and neither fees nor slippage are charged. What is not
expected must not happen: every trade, refusal, ambiguous bar and contradiction has to be written down.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from builders import START_MS
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe

DEFAULTS = {"initial_capital": 1000.0, "fixed_quantity": 1.0, "taker_fee_rate": 0.0, "maker_fee_rate": 0.0}
LEVELS = ("take_profit", "stop_loss", "trailing_stop")
_TRADE = re.compile(r"(LONG|SHORT) (\d+)@(\S+) -> (\d+)@(\S+) (\w+)$")


@dataclass(frozen=True)
class ExpectedTrade:
    """One trade as the table states it; `numbers` are further columns of the trade list."""

    side: str
    entry_bar: int
    entry_price: float
    exit_bar: int
    exit_price: float
    reason: str
    numbers: dict[str, float]


@dataclass
class Scenario:
    """One table, read."""

    name: str
    settings: dict[str, str] = field(default_factory=dict)
    funding: list[tuple[int, float, float]] = field(default_factory=list)
    rows: list[tuple[int | None, list[float], list[str]]] = field(default_factory=list)
    lower: dict[int, list[list[float]]] = field(default_factory=dict)
    trades: list[ExpectedTrade] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    expected: dict[str, list[float]] = field(default_factory=dict)

    @property
    def timeframe(self) -> Timeframe:
        return Timeframe.parse(self.settings.get("timeframe", "1h"))

    @property
    def candles(self) -> Candles:
        times, moment = [], START_MS
        for own_time, _, _ in self.rows:
            moment = moment if own_time is None else START_MS + own_time
            times.append(moment)
            moment += self.timeframe.milliseconds
        return _candles(times, [prices for _, prices, _ in self.rows], self.timeframe)

    @property
    def lower_candles(self) -> Candles | None:
        if not self.lower:
            return None
        timeframe = Timeframe.parse(self.settings["lower"])
        opened = self.candles.open_time_ms
        times = [
            int(opened[bar]) + number * timeframe.milliseconds
            for bar, steps in self.lower.items()
            for number in range(len(steps))
        ]
        return _candles(times, [prices for steps in self.lower.values() for prices in steps], timeframe)

    @property
    def signals(self) -> Signals:
        words = [row_words for _, _, row_words in self.rows]

        def given(*names: str) -> np.ndarray:
            return np.array([any(name in row for name in names) for row in words])

        levels: dict[str, float | np.ndarray | None] = {}
        for level in LEVELS:
            distances = [
                next((float(word.partition("=")[2]) for word in row if word.startswith(f"{level}=")), np.nan)
                for row in words
            ]
            percent = self.settings.get(level)
            per_bar = np.array(distances) if self.settings.get("distances") == "per_bar" else None
            levels[level] = float(percent) if percent else per_bar if _any_number(per_bar) else None
        return Signals(
            long_entry=given("long"), short_entry=given("short"),
            long_exit=given("exit_long", "exit"), short_exit=given("exit_short", "exit"),
            on_opposite_signal=self.settings.get("on_opposite_signal", "reverse"), **levels,
        )  # fmt: skip

    @property
    def config(self) -> BacktestConfig:
        values = DEFAULTS | {
            name: _value(text)
            for name, text in self.settings.items()
            if name not in {*LEVELS, "timeframe", "on_opposite_signal", "lower", "distances"}
        }
        columns = np.array(self.funding, dtype=float).reshape(-1, 3)
        table = {"time_ms": columns[:, 0].astype(np.int64), "rate": columns[:, 1], "mark_price": columns[:, 2]}
        return BacktestConfig(**values, funding=table)


def read_scenarios(path: Path) -> list[Scenario]:
    """All scenarios of one file, in its order."""
    scenarios: list[Scenario] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        try:
            if text.startswith("=="):
                scenarios.append(Scenario(text.removeprefix("==").strip()))
            elif text:
                _read_line(scenarios[-1], text)
        except (ValueError, IndexError, AttributeError) as error:
            raise ValueError(f"{path.name}:{number}: cannot read {text!r}: {error}") from error
    return scenarios


def _read_line(scenario: Scenario, text: str) -> None:
    word, _, rest = text.partition(" ")
    if word == "set:":
        scenario.settings |= dict(part.strip().split(" ", 1) for part in rest.split(","))
    elif word == "funding:":
        moment, rate, *mark = rest.split()
        scenario.funding.append((START_MS + _duration_ms(moment), float(rate), float(mark[0]) if mark else np.nan))
    elif word == ">":
        scenario.lower.setdefault(len(scenario.rows) - 1, []).append(_prices(rest))
    elif word == "trade:":
        scenario.trades.append(_read_trade(rest))
    elif word == "expect:":
        name, *values = rest.split()
        if name == "refused":
            scenario.refused.append((int(values[0]), values[1]))
        else:
            scenario.expected[name] = [float(value) for value in values]
    else:
        prices, _, words = text.partition("|")
        own_time = None
        if prices.startswith("@"):
            moment, _, prices = prices[1:].partition(" ")
            own_time = _duration_ms(moment)
        scenario.rows.append((own_time, _prices(prices), words.split()))


def _read_trade(text: str) -> ExpectedTrade:
    fills, *numbers = (part.strip() for part in text.split(","))
    side, entry_bar, entry_price, exit_bar, exit_price, reason = _TRADE.match(fills).groups()
    columns = {name: float(value) for name, value in (part.split() for part in numbers)}
    return ExpectedTrade(
        side, int(entry_bar), float(entry_price), int(exit_bar), float(exit_price), reason, columns
    )  # fmt: skip


def _prices(text: str) -> list[float]:
    prices = [float(price) for price in text.split()]
    if len(prices) != 4:
        raise ValueError("a bar has open, high, low and close")
    return prices


def _duration_ms(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE_MS


def _candles(times: list[int], prices: list[list[float]], timeframe: Timeframe) -> Candles:
    open_, high, low, close = np.array(prices).T
    return Candles(np.array(times), open_, high, low, close, timeframe=timeframe)


def _any_number(values: np.ndarray | None) -> bool:
    return values is not None and not np.all(np.isnan(values))


def _value(text: str) -> float | str | bool | None:
    words: dict[str, bool | None] = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    try:
        return float(text)
    except ValueError:
        return text
