"""The engine's rules once more: slow, plain Python, one bar after another, to be read beside their description.

Written from the stated order of events, not from the compiled engine, so that the two check each other. Where the
order of events leaves room, the rules listed in `strategy_tester.engine.run` decide. Prices, times and orders are
ordinary Python numbers; nothing here is clever or fast.

The order of a bar:
    1. Funding that fell due since the last bar's open settles on the position held so far.
    2. Open: what the last close ordered is filled, exits before entries; stops and targets the open has passed fill.
    3. Inside: stop-loss, trailing stop, liquidation, take-profit against high and low.
    4. Close: the equity is marked, then this bar's signals order something for the next bar
       (with fill="close": for this very close).
"""

from dataclasses import dataclass, field
from math import floor, isnan, nan

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.signals import Signals

LONG, SHORT = 1, -1
# Less than this share of the initial capital is the rounding error of a lost account, not money.
DUST = 1e-9
# 0.3 / 0.1 is 2.9999999999999996: a count of steps this close to a whole number is that number.
ROUNDING = 1e-12


@dataclass
class Bar:
    """One candle, `opens` and `closes` in UTC milliseconds."""

    opens: int
    closes: int
    open: float
    high: float
    low: float
    close: float


@dataclass
class Payment:
    """One funding settlement."""

    time: int
    rate: float
    mark_price: float


@dataclass
class Order:
    """What the close of `signal_bar` asked for: leave (with this reason), enter (this side), or both."""

    signal_bar: int
    leave: str | None = None
    enter: int = 0
    intent: int = 0


@dataclass
class Position:
    """An open position, its levels, and the farthest it has moved either way (price units, zero or more)."""

    side: int
    entry_bar: int
    entry_price: float
    quantity: float
    margin: float
    entry_fee: float
    signal_bar: int
    intent: int
    stop: float
    target: float
    trailing: float
    trailing_distance: float
    liquidation: float
    slippage: float
    first_stop: float
    first_liquidation: float
    funding: float = 0.0
    against: float = 0.0
    in_favor: float = 0.0

    def result_at(self, price: float) -> float:
        """Result of the price difference alone."""
        return self.side * (price - self.entry_price) * self.quantity

    def lives_through(self, *prices: float) -> None:
        """Notes how far these prices lie on either side of the entry."""
        for price in prices:
            move = self.side * (price - self.entry_price)
            self.in_favor = max(self.in_favor, move)
            self.against = max(self.against, -move)


@dataclass
class Exit:
    """Where a bar throws a position out. `at_open` when the bar's open already did."""

    price: float
    reason: str
    at_open: bool = False
    ambiguous: bool = False


@dataclass
class Trade:
    """A closed trade; money in quote currency, excursions in percent of the entry price."""

    side: int
    entry_bar: int
    exit_bar: int
    entry_price: float
    exit_price: float
    quantity: float
    pnl: float
    commission: float
    funding: float
    slippage: float
    exit_reason: str
    mae_pct: float
    mfe_pct: float
    equity_after: float
    stop_price: float
    target_price: float
    liquidation_price: float
    signal_bar: int
    intent: int
    ambiguous: bool


@dataclass
class Answer:
    """All that the reference found out."""

    trades: list[Trade] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    ambiguous_bars: list[int] = field(default_factory=list)
    refusals: list[tuple[int, str, int]] = field(default_factory=list)
    conflicting_signals: int = 0


def reference_backtest(
    candles: Candles, signals: Signals, config: BacktestConfig, lower_candles: Candles | None = None
) -> Answer:
    """Trades, equity and counts of one backtest by the rules above."""
    return ReferenceEngine(candles, signals, config, lower_candles).run()


class ReferenceEngine:
    """The state between two bars, and one method per step of a bar."""

    def __init__(
        self, candles: Candles, signals: Signals, config: BacktestConfig, lower_candles: Candles | None
    ) -> None:
        self.bars = bars_of(candles)
        self.lower = bars_of(lower_candles) if lower_candles is not None else []
        self.signals = signals
        self.config = config
        funding = config.funding_rates
        self.payments = [
            Payment(int(time), float(rate), float(mark))
            for time, rate, mark in zip(funding.time_ms, funding.rate, funding.mark_price, strict=True)
        ]
        self.cash = config.initial_capital
        self.position: Position | None = None
        self.settled_to = 0
        self.intents = 0
        self.answer = Answer()

    def run(self) -> Answer:
        """Every bar in turn."""
        order: Order | None = None
        last = len(self.bars) - 1
        for number, bar in enumerate(self.bars):
            steps = self.steps_of(bar)
            for step in steps:
                self.settle_up_to(step.opens, step)
                if step is steps[0]:
                    self.fill_at_open(number, step, order)
                self.look_inside(number, step)
            order = self.decide(number) if number < last else None
            if self.config.fill == "close" and order is not None:
                self.fill_at_close(number, steps[-1], order)
                order = None
            if number == last and self.position is not None:
                self.leave_at_close(number, steps[-1], "end_of_data")
            self.answer.equity.append(self.equity_at(bar.close))
        return self.answer

    def steps_of(self, bar: Bar) -> list[Bar]:
        """The lower candles that the magnifier walks through instead of the bar; the bar itself without them."""
        lower = []
        if self.config.intrabar == "magnifier":
            lower = [step for step in self.lower if bar.opens <= step.opens < bar.closes]
        return lower or [bar]

    def equity_at(self, price: float) -> float:
        """Cash (the margin included) and the open result at this price."""
        return self.cash + (self.position.result_at(price) if self.position else 0.0)

    # --- 1. Funding -------------------------------------------------------------------------------------------

    def settle_up_to(self, time: int, step: Bar) -> None:
        """Every payment after the last settled moment and not after this one."""
        for payment in self.payments:
            if self.settled_to < payment.time <= time:
                self.pay(payment, price_if_unknown=step.open)
        self.settled_to = max(self.settled_to, time)

    def settle_inside(self, step: Bar) -> None:
        """The position was closed somewhere inside: it pays what costs it and gets nothing."""
        for payment in self.payments:
            costs = self.position is not None and payment.rate * self.position.side > 0.0
            if step.opens < payment.time < step.closes and costs:
                self.pay(payment, price_if_unknown=step.open)

    def pay(self, payment: Payment, price_if_unknown: float) -> None:
        """A long pays when the rate is positive; what the free cash cannot bear brings the liquidation nearer."""
        position = self.position
        if position is None:
            return
        price = price_if_unknown if isnan(payment.mark_price) else payment.mark_price
        amount = position.side * position.quantity * price * payment.rate
        position.funding += amount
        self.cash -= amount
        ruin = position.entry_price - position.side * self.cash / position.quantity
        if reached_against(position, position.liquidation, ruin):
            position.liquidation = ruin

    # --- 2. Open ----------------------------------------------------------------------------------------------

    def fill_at_open(self, number: int, bar: Bar, order: Order | None) -> None:
        """Exits before entries; an open beyond the liquidation price is a liquidation, whatever was ordered."""
        position = self.position
        if position is not None:
            leave = self.exit_at_open(bar)
            if leave is not None and leave.reason == "liquidation":
                self.close(number, bar, leave)
            elif order is not None and order.leave is not None:
                position.lives_through(bar.open)
                self.close_at_market(number, bar.open, order.leave)
            elif leave is not None:
                self.close(number, bar, leave)
        if order is not None and order.enter:
            self.enter(number, bar.open, order)

    def exit_at_open(self, bar: Bar) -> Exit | None:
        """The level this open has already passed, if any."""
        position = self.position
        assert position is not None
        if reached_against(position, bar.open, position.liquidation):
            return Exit(position.liquidation, "liquidation", at_open=True)
        level, reason = nearest_losing_level(position)
        if reached_against(position, bar.open, level):
            return Exit(bar.open, reason, at_open=True)
        if reached_in_favor(position, bar.open, position.target):
            return Exit(bar.open, "take_profit", at_open=True)
        return None

    # --- 3. Inside --------------------------------------------------------------------------------------------

    def look_inside(self, number: int, step: Bar) -> None:
        """Levels against high and low, from the entry bar on."""
        position = self.position
        if position is None:
            return
        leave = self.exit_at_open(step)
        if leave is None:
            leave = self.exit_inside(step)
            if leave is None:
                position.lives_through(step.high, step.low)
                self.trail(step)
                return
            self.settle_inside(step)
        self.close(number, step, leave)

    def exit_inside(self, bar: Bar) -> Exit | None:
        """The level met inside this bar, if any."""
        position = self.position
        assert position is not None
        level, reason = nearest_losing_level(position)
        worst, best = (bar.low, bar.high) if position.side == LONG else (bar.high, bar.low)
        loses = reached_against(position, worst, level)
        wins = reached_in_favor(position, best, position.target)
        if wins and (not loses or self.best_comes_first(bar)):
            return Exit(position.target, "take_profit", ambiguous=loses)
        return Exit(level, reason, ambiguous=wins) if loses else None

    def best_comes_first(self, bar: Bar) -> bool:
        """Whether the assumed path meets the favorable extreme before the adverse one."""
        if self.config.intrabar != "ohlc":
            return False
        position = self.position
        assert position is not None
        return high_comes_first(bar) == (position.side == LONG)

    def trail(self, bar: Bar) -> None:
        """After the bar has been checked, the trailing stop follows its favorable extreme."""
        position = self.position
        assert position is not None
        if position.side == LONG:
            position.trailing = larger(position.trailing, bar.high - position.trailing_distance)
        else:
            position.trailing = smaller(position.trailing, bar.low + position.trailing_distance)

    # --- 4. Close ---------------------------------------------------------------------------------------------

    def decide(self, number: int) -> Order | None:
        """What this bar's signals order."""
        signals, position = self.signals, self.position
        wants_long, wants_short = bool(signals.long_entry[number]), bool(signals.short_entry[number])
        self.answer.conflicting_signals += wants_long and wants_short
        if position is None:
            if wants_long and wants_short:
                return None
            side = LONG if wants_long else SHORT if wants_short else 0
            return self.order(number, None, side) if side else None

        exits = signals.long_exit if position.side == LONG else signals.short_exit
        wants_out = bool(exits[number])
        opposite, same = (wants_short, wants_long) if position.side == LONG else (wants_long, wants_short)
        if opposite and same:
            opposite = False
        if opposite and signals.on_opposite_signal == "reverse":
            return self.order(number, "opposite_signal", -position.side)
        if wants_out:
            goes_on = opposite and signals.on_opposite_signal == "ignore"
            return self.order(number, "signal", -position.side if goes_on else 0)
        if opposite and signals.on_opposite_signal == "close":
            return self.order(number, "opposite_signal", 0)
        return None

    def order(self, number: int, leave: str | None, enter: int) -> Order:
        """An order, numbered when it would open something."""
        if enter:
            self.intents += 1
        return Order(number, leave, enter, self.intents)

    def fill_at_close(self, number: int, bar: Bar, order: Order) -> None:
        """The original specification's way: the signal fills at its own bar's close."""
        if order.leave is not None:
            self.leave_at_close(number, bar, order.leave)
        if order.enter:
            self.enter(number, bar.close, order)
            self.settled_to = max(self.settled_to, bar.closes)

    def leave_at_close(self, number: int, bar: Bar, reason: str) -> None:
        """The position lived through the whole bar and its funding, the close's own included."""
        self.settle_up_to(bar.closes, bar)
        self.close_at_market(number, bar.close, reason)

    # --- Money ------------------------------------------------------------------------------------------------

    def enter(self, number: int, price: float, order: Order) -> None:
        """A market order for all that the sizing rule allows, or a refusal."""
        config = self.config
        fill_price = price * (1.0 + order.enter * config.slippage_rate)
        quantity = self.quantity_for(fill_price)
        distance_to = {
            name: distance(getattr(self.signals, name), order.signal_bar, fill_price)
            for name in ("stop_loss", "take_profit", "trailing_stop")
        }
        unknown = any(isnan(value) for value in distance_to.values() if value is not None)
        refusal = "exit_distance_unknown" if unknown else self.refusal_of(quantity, fill_price)
        if refusal:
            self.answer.refusals.append((order.signal_bar, refusal, order.intent))
            return
        fee = quantity * fill_price * config.taker_fee_rate
        self.cash -= fee
        stop, target, trailing = (nan if value is None else value for value in distance_to.values())
        side = order.enter
        liquidation = fill_price * (1.0 - side / config.leverage + side * config.maintenance_margin_rate)
        self.position = Position(
            side=side, entry_bar=number, entry_price=fill_price, quantity=quantity,
            margin=quantity * fill_price / config.leverage, entry_fee=fee, signal_bar=order.signal_bar,
            intent=order.intent,
            stop=fill_price - side * stop,
            target=fill_price + side * target,
            trailing=fill_price - side * trailing,
            trailing_distance=trailing,
            liquidation=liquidation,
            first_stop=fill_price - side * (trailing if isnan(stop) else stop),
            first_liquidation=liquidation,
            slippage=abs(fill_price - price) * quantity,
        )  # fmt: skip

    def quantity_for(self, fill_price: float) -> float:
        """All of the equity x position_pct with leverage, the entry fee reserved; whole steps, rounded down."""
        config = self.config
        if config.fixed_quantity is not None:
            quantity = config.fixed_quantity
        else:
            share = self.cash * config.position_pct / 100.0
            fee_rate = max(config.taker_fee_rate, 0.0)  # a rebate is not there before the fill
            notional = share * config.leverage / (1.0 + fee_rate * config.leverage)
            quantity = notional / fill_price
        return whole_steps(quantity, config.quantity_step)

    def refusal_of(self, quantity: float, fill_price: float) -> str:
        """Why this order is not placed; empty when it is."""
        config = self.config
        if self.cash <= DUST * config.initial_capital:
            return "no_equity"
        if quantity <= 0.0:
            return "rounded_to_zero"
        if config.min_quantity is not None and quantity < config.min_quantity:
            return "below_min_quantity"
        if config.min_notional is not None and quantity * fill_price < config.min_notional:
            return "below_min_notional"
        needed = quantity * fill_price * (1.0 / config.leverage + max(config.taker_fee_rate, 0.0))
        if config.fixed_quantity is not None and needed > self.cash:
            return "no_equity"
        return ""

    def close(self, number: int, bar: Bar, leave: Exit) -> None:
        """Fills an exit at a level: stops with slippage, targets without, liquidations at the bankruptcy price."""
        position, config = self.position, self.config
        assert position is not None
        self.note_excursion(leave, bar)
        if leave.ambiguous:
            self.answer.ambiguous_bars.append(number)
        if leave.reason == "liquidation":
            self.liquidate(number, leave)
        elif leave.reason == "take_profit":
            rate = config.maker_fee_rate if config.maker_exits else config.taker_fee_rate
            self.book(number, leave.price, rate, 0.0, leave)
        else:
            price = leave.price * (1.0 - position.side * config.slippage_rate)
            self.book(number, price, config.taker_fee_rate, abs(price - leave.price), leave)

    def close_at_market(self, number: int, price: float, reason: str) -> None:
        """A market order out of the position."""
        position, config = self.position, self.config
        assert position is not None
        fill_price = price * (1.0 - position.side * config.slippage_rate)
        self.book(number, fill_price, config.taker_fee_rate, abs(fill_price - price), Exit(fill_price, reason))

    def note_excursion(self, leave: Exit, bar: Bar) -> None:
        """What the position still saw in the bar that threw it out."""
        position = self.position
        assert position is not None
        position.lives_through(bar.open)
        if leave.at_open:
            return
        worst, best = (bar.low, bar.high) if position.side == LONG else (bar.high, bar.low)
        wins = leave.reason == "take_profit"
        position.lives_through(leave.price)
        if self.config.intrabar == "ohlc":
            # The path is assumed: the extreme on the other side was seen if it lies before the level.
            if wins and not self.best_comes_first(bar):
                position.lives_through(worst)
            if not wins and self.best_comes_first(bar):
                position.lives_through(best)
        elif wins:
            position.lives_through(worst)

    def book(self, number: int, price: float, fee_rate: float, slipped: float, leave: Exit) -> None:
        """The end of the trade; a fill that would cost more than the margin or the account is a liquidation instead."""
        position = self.position
        assert position is not None
        fee = price * position.quantity * fee_rate
        gross = position.result_at(price)
        beyond_bankruptcy = position.side * price < position.side * self.bankruptcy_price()
        if beyond_bankruptcy or self.cash + gross - fee < 0.0:
            self.liquidate(number, leave)
            return
        self.cash += gross - fee
        position.slippage += slipped * position.quantity
        self.record(number, price, gross, fee, leave.reason, leave)

    def liquidate(self, number: int, leave: Exit) -> None:
        """The initial margin is lost, no exit fee; the account never owes.

        Funding paid out of the margin is not lost a second time: it comes off the trade's funding.
        """
        position, config = self.position, self.config
        assert position is not None
        self.cash -= position.margin
        if self.cash < 0.0:
            position.funding -= min(-self.cash, max(position.funding, 0.0))
        if self.cash < DUST * config.initial_capital:
            self.cash = 0.0
        self.record(number, self.bankruptcy_price(), -position.margin, 0.0, "liquidation", leave)

    def bankruptcy_price(self) -> float:
        """Where the initial margin is used up."""
        position = self.position
        assert position is not None
        return position.entry_price * (1.0 - position.side / self.config.leverage)

    def record(self, number: int, price: float, gross: float, fee: float, reason: str, leave: Exit) -> None:
        """Writes the closed trade down."""
        position = self.position
        assert position is not None
        commission = position.entry_fee + fee
        self.position = None
        self.answer.trades.append(
            Trade(
                side=position.side, entry_bar=position.entry_bar, exit_bar=number,
                entry_price=position.entry_price, exit_price=price, quantity=position.quantity,
                pnl=gross - commission - position.funding,
                commission=commission, funding=position.funding,
                slippage=position.slippage, exit_reason=reason,
                mae_pct=position.against / position.entry_price * 100.0,
                mfe_pct=position.in_favor / position.entry_price * 100.0,
                equity_after=self.cash, stop_price=position.first_stop, target_price=position.target,
                liquidation_price=position.first_liquidation, signal_bar=position.signal_bar, intent=position.intent,
                ambiguous=leave.ambiguous,
            )
        )  # fmt: skip


def bars_of(candles: Candles) -> list[Bar]:
    """The candles one by one."""
    columns = (candles.open_time_ms, candles.close_time_ms, candles.open, candles.high, candles.low, candles.close)
    return [Bar(int(o), int(c), *map(float, prices)) for o, c, *prices in zip(*columns, strict=True)]


def distance(asked: object, signal_bar: int, fill_price: float) -> float | None:
    """A level's distance from the entry in quote currency: percent of the fill price, or as given per bar."""
    if asked is None:
        return None
    if isinstance(asked, float):
        return fill_price * asked / 100.0
    return float(asked[signal_bar])  # type: ignore[index]


def whole_steps(quantity: float, step: float | None) -> float:
    """Rounded down to whole steps; a count that is whole but for rounding stays."""
    if step is None:
        return quantity
    steps = quantity / step
    if abs(steps - round(steps)) < ROUNDING * steps:
        return round(steps) * step
    return floor(steps) * step


def nearest_losing_level(position: Position) -> tuple[float, str]:
    """Of the levels on the losing side, the one a falling (for a short: rising) price meets first."""
    # Only a stop nearer than the liquidation comes before it, so of equal ones the liquidation counts first.
    levels = [(position.liquidation, "liquidation"), (position.stop, "stop_loss"), (position.trailing, "trailing_stop")]
    there = [(level, reason) for level, reason in levels if not isnan(level)]
    return max(there, key=lambda pair: position.side * pair[0])


def reached_against(position: Position, price: float, level: float) -> bool:
    """Whether this price touches or passes a level on the losing side."""
    return price <= level if position.side == LONG else price >= level


def reached_in_favor(position: Position, price: float, level: float) -> bool:
    """Whether this price touches or passes a level on the winning side."""
    return price >= level if position.side == LONG else price <= level


def high_comes_first(bar: Bar) -> bool:
    """Open-high-low-close when the open is nearer the high; a tie counts as nearer the low."""
    return bar.high - bar.open < bar.open - bar.low


def larger(level: float, candidate: float) -> float:
    """The larger of the two; no level stays no level."""
    return level if isnan(level) or not candidate > level else candidate


def smaller(level: float, candidate: float) -> float:
    """The smaller of the two; no level stays no level."""
    return level if isnan(level) or not candidate < level else candidate
