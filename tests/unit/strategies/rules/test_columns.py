"""How the columns of an indicator are called, and which spellings are understood."""

from typing import Any

import pytest

from rule_trees import condition, strategy_with
from strategy_tester.indicators.registry import all_indicators
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.rules.columns import column_sources, parameter_name
from strategy_tester.strategies.rules.model import IndicatorUse


def _columns(type_: str, id_: str = "", **params: Any) -> list[str]:
    return list(column_sources((IndicatorUse(type_, tuple(params.items()), id_),)))


@pytest.mark.parametrize(
    ("type_", "params", "columns"),
    [
        ("MA", {"period": 20, "ma_type": "SMA"}, ["SMA_20"]),
        ("MA", {"period": 9, "ma_type": "ema"}, ["EMA_9"]),
        ("MA", {"type": "WMA"}, ["WMA_20"]),
        ("SMA", {"period": 20}, ["SMA_20"]),
        ("ema", {"length": 50}, ["EMA_50"]),
        ("RSI", {}, ["RSI_14"]),
        ("RSI", {"source": "hl2"}, ["RSI_14"]),
        ("ATR", {"period": 7}, ["ATR_7"]),
        ("ADX", {}, ["ADX_14"]),
        ("MACD", {"fast": 5, "slow": 35, "signal": 5}, ["MACD", "MACD_Signal", "MACD_Hist"]),
        ("BB", {"std_dev": 2}, ["BB_Upper", "BB_Middle", "BB_Lower", "BB_Width"]),
        ("BBANDS", {"std": 2}, ["BB_Upper", "BB_Middle", "BB_Lower", "BB_Width"]),
        ("STOCH", {"k_period": 14, "d_period": 3}, ["STOCH_K", "STOCH_D"]),
        ("CCI", {}, ["CCI_20"]),
        ("DMI", {}, ["DMI_14.plus_di", "DMI_14.minus_di", "DMI_14.adx"]),
        ("SUPERTREND", {"multiplier": 3.0}, ["SUPERTREND_10_3.supertrend", "SUPERTREND_10_3.direction"]),
        ("SUPERTREND", {"multiplier": 2.5}, ["SUPERTREND_10_2.5.supertrend", "SUPERTREND_10_2.5.direction"]),
        ("PSAR", {}, ["SAR_0.02_0.2"]),
        ("VWAP", {"session": "Week"}, ["VWAP_week"]),
        ("OBV", {}, ["OBV"]),
    ],
)
def test_columns_without_an_id_have_canonical_names(type_: str, params: dict[str, Any], columns: list[str]) -> None:
    assert _columns(type_, **params) == columns


def test_columns_with_an_id_are_called_after_it() -> None:
    assert _columns("RSI", "strength") == ["strength"]
    assert _columns("MACD", "slow") == ["slow.macd", "slow.signal", "slow.histogram"]


def test_two_of_a_kind_live_side_by_side_with_an_id() -> None:
    uses = (IndicatorUse("MACD"), IndicatorUse("MACD", (("fast", 5),), "quick"))

    assert list(column_sources(uses)) == [
        "MACD", "MACD_Signal", "MACD_Hist", "quick.macd", "quick.signal", "quick.histogram",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "params", "settings"),
    [
        ("BB", {"window": 10, "mult": 3}, {"period": 10, "deviations": 3.0, "source": "close"}),
        ("STOCH", {"k": 5, "smooth_k": 1, "smooth_d": 2}, {"k_period": 5, "k_smoothing": 1, "d_period": 2}),
        ("STOCH", {"period": 5, "d": 2}, {"k_period": 5, "k_smoothing": 3, "d_period": 2}),
        ("MACD", {"fastperiod": 3}, {"fast_period": 3, "slow_period": 26, "signal_period": 9, "source": "close"}),
    ],
)
def test_other_spellings_mean_the_same(type_: str, params: dict[str, Any], settings: dict[str, Any]) -> None:
    bound = next(iter(column_sources((IndicatorUse(type_, tuple(params.items())),)).values())).indicator

    assert bound.settings == settings


@pytest.mark.parametrize("spec", all_indicators(), ids=lambda spec: spec.name)
def test_every_indicator_of_the_registry_can_be_declared_and_used(spec: Any) -> None:
    content: dict[str, Any] = {"type": spec.name, "params": {p.name: p.default for p in spec.parameters}}
    columns = list(column_sources((IndicatorUse(spec.name),)))

    assert len(columns) == len(spec.outputs)
    for column in columns:
        parse_strategy(strategy_with(condition(column, ">", 1), indicators=(content,)))
    assert all(parameter_name(spec, parameter.name) == parameter.name for parameter in spec.parameters)
