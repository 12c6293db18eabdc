"""Parameters, funding, signals, configuration: what they take and what they refuse."""

import numpy as np
import polars as pl
import pytest

from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter
from strategy_tester.domain.instruments import Instrument, decimals_of
from strategy_tester.domain.parameters import Parameter
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.signals import Signals


@pytest.mark.parametrize("value", [1, 2.0, 5000])
def test_a_whole_number_inside_its_bounds_passes_as_int(value: float) -> None:
    assert Parameter("period", "int", 14, 1, 5000).check(value) == int(value)


@pytest.mark.parametrize("value", [0, 5001, 2.5, "14", True, None, float("nan")])
def test_anything_else_is_refused_by_name_with_what_is_allowed(value: object) -> None:
    with pytest.raises(InvalidParameter, match=r"period: .* a whole number from 1 to 5000"):
        Parameter("period", "int", 14, 1, 5000).check(value)


def test_a_parameter_without_default_may_be_left_unset() -> None:
    assert Parameter("quantity_step", "float", None, 1e-12, 1.0).check(None) is None


def test_defaults_of_the_configuration() -> None:
    config = BacktestConfig()
    assert config.to_dict() | {"min_notional": None} == {
        "initial_capital": 10_000.0, "leverage": 1.0, "taker_fee_rate": 0.00055, "maker_fee_rate": 0.0002,
        "slippage_rate": 0.0, "position_pct": 100.0, "maintenance_margin_rate": 0.005, "fixed_quantity": None,
        "quantity_step": None, "min_quantity": None, "min_notional": None, "fill": "next_open", "intrabar": "worst",
        "maker_exits": False,
    }  # fmt: skip
    assert len(config.funding_rates) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("leverage", 0), ("leverage", 101), ("initial_capital", 0), ("position_pct", 0), ("position_pct", 101),
     ("fill", "now"), ("intrabar", "best"), ("slippage_rate", -0.1), ("taker_fee_rate", float("nan"))],
)  # fmt: skip
def test_a_setting_out_of_bounds_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidParameter, match=rf"^{name}: "):
        BacktestConfig(**{name: value})  # type: ignore[arg-type]


def test_a_configuration_reads_back_and_unknown_settings_are_refused() -> None:
    config = BacktestConfig(leverage=3, fill="close", quantity_step=0.001)
    assert BacktestConfig.from_dict(config.to_dict()).to_dict() == config.to_dict()
    with pytest.raises(InvalidParameter, match=r"^levrage: "):
        BacktestConfig.from_dict({"levrage": 3})


def test_an_instrument_brings_its_steps() -> None:
    instrument = Instrument("BTCUSDT", 0.1, 0.001, 0.001, 5.0, maintenance_margin_rate=0.01)
    config = BacktestConfig().with_instrument(instrument)
    assert (config.quantity_step, config.min_quantity, config.min_notional) == (0.001, 0.001, 5.0)
    assert config.maintenance_margin_rate == 0.01
    assert (instrument.price_decimals, instrument.quantity_decimals, decimals_of(5.0)) == (1, 3, 0)


def test_funding_comes_from_frames_and_mappings_with_or_without_mark_price() -> None:
    times = [1_000, 2_000]
    frame = FundingRates.of(pl.DataFrame({"time_ms": times, "rate": [0.1, 0.2], "mark_price": [5.0, 6.0]}))
    assert frame.mark_price.tolist() == [5.0, 6.0]
    mapping = FundingRates.of({"time_ms": times, "rate": [0.1, 0.2]})
    assert np.isnan(mapping.mark_price).all()
    moments = pl.Series(times).cast(pl.Datetime("ms"))
    assert FundingRates.of(pl.DataFrame({"time_ms": moments, "rate": [0.1, 0.2]})).time_ms.tolist() == times
    assert len(mapping.between(1_000, 2_000)) == 1


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"time_ms": [1, 1], "rate": [0.1, 0.2]}, "times do not rise"),
        ({"time_ms": [1, 2], "rate": [0.1, float("nan")]}, "a rate is not a number"),
        ({"time": [1, 2], "rate": [0.1, 0.2]}, "there is no column time_ms"),
        ({"time_ms": [1, 2], "rate": [0.1]}, "differ in length"),
    ],
)
def test_faulty_funding_is_refused(table: dict[str, list[float]], words: str) -> None:
    with pytest.raises(CorruptCandles, match=words):
        FundingRates.of(table)


def test_signals_left_out_are_all_false_and_numbers_are_taken_as_booleans() -> None:
    signals = Signals(long_entry=[0, 1, 0], take_profit=2)  # type: ignore[arg-type]
    assert signals.long_entry is not None
    assert signals.short_exit is not None
    assert signals.long_entry.tolist() == [False, True, False]
    assert signals.short_exit.tolist() == [False, False, False]
    assert signals.take_profit == 2.0
    assert len(signals) == 3
    assert len(signals.rows(1, 3)) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "at least one of long_entry"),
        ({"long_entry": [True], "short_entry": [True, False]}, "short_entry"),
        ({"long_entry": [0.5]}, "True or False per bar"),
        ({"long_entry": [True], "take_profit": 0}, "^take_profit: "),
        ({"long_entry": [True], "stop_loss": -1.0}, "^stop_loss: "),
        ({"long_entry": [True], "trailing_stop": [1.0, 2.0]}, "1 distances, one per bar"),
        ({"long_entry": [True], "on_opposite_signal": "flip"}, "reverse, close, ignore"),
    ],
)
def test_faulty_signals_are_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidParameter, match=words):
        Signals(**given)  # type: ignore[arg-type]
