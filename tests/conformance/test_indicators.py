"""Every indicator of the registry keeps the same promises."""

import numpy as np
import pytest

from builders import make_candles, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.parameters import Parameter
from strategy_tester.indicators.registry import IndicatorSpec, all_indicators, compute, find

BARS = 260
CANDLES = random_candles(BARS, seed=11)
COLUMNS = ("open_time_ms", "open", "high", "low", "close", "volume")
every_indicator = pytest.mark.parametrize("spec", all_indicators(), ids=lambda spec: spec.name)


def columns_of(candles: Candles) -> dict[str, np.ndarray]:
    return {name: getattr(candles, name).copy() for name in COLUMNS}


def leading_nan(values: np.ndarray) -> int:
    known = np.flatnonzero(~np.isnan(values))
    return int(known[0]) if known.size else values.size


def other_settings(spec: IndicatorSpec) -> dict[str, object]:
    """Values unlike the defaults: lengths 3, 4, 5.., the last choice, numbers moved a little."""
    settings: dict[str, object] = {}
    for place, parameter in enumerate(spec.parameters):
        if parameter.type == "int":
            settings[parameter.name] = 3 + place
        elif parameter.type == "choice":
            settings[parameter.name] = parameter.choices[-1]
        elif parameter.type == "float":
            settings[parameter.name] = min(parameter.default * 1.25, parameter.maximum)
    return settings


def test_there_are_sixty_and_more() -> None:
    assert len(all_indicators()) >= 60


@every_indicator
def test_declaration_is_complete(spec: IndicatorSpec) -> None:
    assert spec.name == spec.name.upper()
    assert spec.title
    assert spec.source
    assert spec.nan_rule
    assert spec.summary.endswith((".", "?"))
    assert "Returns:" in (spec.function.__doc__ or "")
    assert len(spec.outputs) == len(spec.output_styles) == len(spec.output_panes)
    assert set(spec.output_styles) <= {"line", "histogram", "dots", "band"}
    assert {spec.pane, *spec.output_panes} <= {"overlay", "pane"}
    assert set(spec.inputs) <= {"source", *COLUMNS}
    assert all(find(word) is spec for word in (spec.name, spec.name.lower(), *spec.aliases))


@every_indicator
@pytest.mark.parametrize("choose", [lambda spec: {}, other_settings], ids=["default", "other"])
def test_outputs_have_the_declared_names_shape_and_warm_up(spec: IndicatorSpec, choose) -> None:
    settings = choose(spec)
    results = compute(spec.name, CANDLES, **settings)
    assert tuple(results) == spec.outputs
    for values in results.values():
        assert values.shape == (BARS,)
        assert values.dtype == np.float64
        assert not np.isinf(values).any()
    counts = {name: leading_nan(values) for name, values in results.items()}
    if spec.warm_up_is_exact:
        assert counts == spec.warm_ups(**settings)
        assert max(counts.values()) == spec.warm_up(**settings)
        assert all(not np.isnan(values[counts[name] :]).any() for name, values in results.items())
    else:
        assert all(counts[name] >= least for name, least in spec.warm_ups(**settings).items())


@every_indicator
@pytest.mark.parametrize("bars", [1, 2, 37, 120, 259])
def test_a_prefix_of_the_candles_gives_the_same_prefix_bit_for_bit(spec: IndicatorSpec, bars: int) -> None:
    whole, part = compute(spec.name, CANDLES), compute(spec.name, CANDLES.rows(0, bars))
    for name in spec.outputs:
        assert part[name].tobytes() == whole[name][:bars].tobytes(), name


@every_indicator
def test_the_future_does_not_matter(spec: IndicatorSpec) -> None:
    changed = columns_of(CANDLES)
    for name in ("open", "high", "low", "close"):
        changed[name][150:] *= 3.0
    changed["volume"][150:] = 7.0
    before, after = compute(spec.name, CANDLES), compute(spec.name, Candles(**changed))
    for name in spec.outputs:
        assert after[name][:150].tobytes() == before[name][:150].tobytes(), name


@every_indicator
def test_the_input_is_left_untouched(spec: IndicatorSpec) -> None:
    columns = columns_of(CANDLES)
    for values in columns.values():
        values.flags.writeable = False
    kept = {name: values.tobytes() for name, values in columns.items()}
    spec.run(columns)
    assert {name: values.tobytes() for name, values in columns.items()} == kept


@every_indicator
def test_after_a_nan_everything_begins_anew(spec: IndicatorSpec) -> None:
    columns = columns_of(CANDLES)
    for name in spec.inputs:
        if name != "open_time_ms":
            columns["close" if name == "source" else name][100:102] = np.nan
    if spec.name in {"HIGHEST", "LOWEST"}:
        columns["high"][100:102] = columns["low"][100:102] = np.nan
    results = spec.run(columns)
    before, after = compute(spec.name, CANDLES.rows(0, 100)), compute(spec.name, CANDLES.rows(102, BARS))
    for name, values in results.items():
        assert values[:100].tobytes() == before[name].tobytes(), name
        assert np.isnan(values[100:102]).all(), name
        assert values[102:].tobytes() == after[name].tobytes(), name


@every_indicator
def test_a_price_that_stands_still_gives_a_defined_answer(spec: IndicatorSpec) -> None:
    results = compute(spec.name, make_candles([0.3] * 200))
    for name, values in results.items():
        assert not np.isinf(values).any(), name
        if spec.name not in {"FRACTALS"}:
            assert np.ptp(values[spec.warm_up() + 24 :]) < 1e-12 or spec.name in {"OBV", "AD"}, name


@every_indicator
@pytest.mark.parametrize("bars", [0, 1])
def test_no_candle_and_one_candle_survive(spec: IndicatorSpec, bars: int) -> None:
    results = compute(spec.name, CANDLES.rows(0, bars))
    assert [values.shape for values in results.values()] == [(bars,)] * len(spec.outputs)


def lengths_of(spec: IndicatorSpec) -> list[str]:
    return [parameter.name for parameter in spec.parameters if parameter.unit == "bars" and parameter.type == "int"]


@pytest.mark.parametrize("spec", [spec for spec in all_indicators() if lengths_of(spec)], ids=lambda spec: spec.name)
def test_a_period_longer_than_the_data_gives_nan(spec: IndicatorSpec) -> None:
    lengths = dict.fromkeys(lengths_of(spec), 5000)
    results, warm_ups = compute(spec.name, CANDLES, **lengths), spec.warm_ups(**lengths)
    assert max(warm_ups.values()) > BARS
    for name, values in results.items():
        assert np.isnan(values).all() or warm_ups[name] < BARS


def outside(parameter: Parameter) -> list[object]:
    if parameter.type == "choice":
        return ["nonsense", 1]
    if parameter.type == "text":
        return ["not a date", 5]
    return [parameter.minimum - 1, parameter.maximum + 1, "ten", float("nan"), True]


@every_indicator
def test_a_value_outside_the_bounds_is_refused_by_name(spec: IndicatorSpec) -> None:
    for parameter in spec.parameters:
        assert compute(spec.name, CANDLES.rows(0, 3), **{parameter.name: parameter.default})
        for value in outside(parameter):
            with pytest.raises(InvalidParameter, match=f"{spec.name}.{parameter.name}"):
                compute(spec.name, CANDLES, **{parameter.name: value})


@every_indicator
def test_an_unknown_parameter_is_refused(spec: IndicatorSpec) -> None:
    with pytest.raises(InvalidParameter, match="colour"):
        compute(spec.name, CANDLES, colour=1)


@every_indicator
def test_the_compiled_kernel_and_its_source_agree(spec: IndicatorSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compute(spec.name, CANDLES)
    object.__setattr__(copied := replaced(spec), "function", spec.function.py_func)
    plain = copied.run(columns_of(CANDLES))
    for name in spec.outputs:
        np.testing.assert_allclose(plain[name], compiled[name], rtol=1e-12, atol=1e-12)


def replaced(spec: IndicatorSpec) -> IndicatorSpec:
    from dataclasses import replace

    return replace(spec)
