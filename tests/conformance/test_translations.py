"""Every text of the interface has its Russian form, and every Russian text is in use."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import strategy_tester.ui
from strategy_tester.domain.drawings import KINDS
from strategy_tester.domain.parameters import Parameter
from strategy_tester.domain.results import CONFIG_PARAMETERS, EXIT_REASONS
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.indicators.registry import all_indicators
from strategy_tester.locations import resource_folder
from strategy_tester.services import coverage_quality, notes
from strategy_tester.services.edit_strategies import fields_of, template
from strategy_tester.services.metric_catalog import metric_infos
from strategy_tester.ui.tables.columns import readable_word

UI = Path(strategy_tester.ui.__file__).parent
TRANSLATING = {"tr", "mark", "plural", "Column", "EmptyState"}
TIMEFRAMES = {frame.value for frame in Timeframe}
FIELD = re.compile(r"\{(\w+)\}")


def translations() -> dict[str, str]:
    return json.loads((resource_folder() / "i18n" / "ru.json").read_text(encoding="utf-8"))


def texts_in_sources() -> Iterator[tuple[str, str]]:
    """(text, file:line) of every literal that is translated: `tr("...")`, `mark("...")`, `price_column("...")`."""
    for path in sorted(UI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _is_translating(node.func):
                for text in _literals(node.args[0]):
                    yield text, f"{path.relative_to(UI)}:{node.lineno}"
            if isinstance(node, ast.GeneratorExp | ast.ListComp) and _marks_each(node):
                for text in ast.literal_eval(node.generators[0].iter):
                    yield text, f"{path.relative_to(UI)}:{node.lineno}"


def _marks_each(node: ast.GeneratorExp | ast.ListComp) -> bool:
    """Whether it is of the form `mark(name) for name in ("Mon", "Tue")`."""
    is_marking = isinstance(node.elt, ast.Call) and _is_translating(node.elt.func)
    return is_marking and isinstance(node.generators[0].iter, ast.Tuple | ast.List)


def _is_translating(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in TRANSLATING or (name.endswith("_column") and not name.startswith("_"))


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value else []
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    return []


def texts_of_registries() -> set[str]:
    """Texts that are declared outside of the interface and translated when shown."""
    parameters = [*CONFIG_PARAMETERS, *(parameter for spec in all_indicators() for parameter in spec.parameters)]
    parameters += parameters_of_strategies()
    texts = {parameter.label for parameter in parameters}
    texts |= {parameter.help for parameter in parameters if parameter.help}
    texts |= {parameter.unit for parameter in parameters if parameter.unit}
    words = {word for parameter in parameters for word in parameter.choices if word == word.lower()} - TIMEFRAMES
    texts |= {readable_word(word) for word in words | set(EXIT_REASONS)}
    for spec in all_indicators():
        texts |= {spec.title, spec.group}
        # The line of an indicator with one output goes by the indicator's title.
        texts |= {readable_word(output) for output in spec.outputs if len(spec.outputs) > 1}
    for info in metric_infos():
        texts |= {info.title} | ({info.unit} if info.unit else set())
    texts |= set(notes.ALL) | set(coverage_quality.ALL)
    return texts | {kind.title for kind in KINDS.values()}


def parameters_of_strategies() -> list[Parameter]:
    """What a strategy's form shows. The labels of thresholds quote the file, so these show one without."""
    atr = {"take_profit": {"atr": 2.0, "period": 14}, "stop_loss": {"atr": 1.0}, "trailing_stop": {"atr": 1.0}}
    higher = [{"id": "slow", "type": "EMA", "params": {"period": 20}, "timeframe": "4h"}]
    contents = [template("Case"), {**template("Case"), **atr}]
    contents.append({**contents[0], "indicators": [*template("Case")["indicators"][:1], *higher]})
    entry = {"long": [{"indicator": "close", "operator": ">", "value": 1}], "short": []}
    contents.append({**template("Case"), "entry_conditions": entry})
    fields = [field.parameter for content in contents for field in fields_of(content)]
    return [replace(parameter, title="Value") if parameter.name == "value" else parameter for parameter in fields]


def test_every_text_of_the_interface_is_translated():
    known = translations()
    missing = {f"{where}: {text!r}" for text, where in texts_in_sources() if text not in known}
    assert not missing, "\n".join(sorted(missing))


def test_every_text_of_the_registries_is_translated():
    missing = texts_of_registries() - translations().keys()
    assert not missing, "\n".join(sorted(missing))


def test_no_translation_is_left_over():
    used = {text for text, _ in texts_in_sources()} | texts_of_registries()
    left_over = sorted(translations().keys() - used)
    assert not left_over, "\n".join(left_over)


def test_translations_are_sorted_one_per_line():
    text = (resource_folder() / "i18n" / "ru.json").read_text(encoding="utf-8")
    entries = translations()
    assert list(entries) == sorted(entries)
    assert len(text.splitlines()) == len(entries) + 2


@pytest.mark.parametrize("key", sorted(translations()))
def test_translation_keeps_the_values_of_its_text(key: str):
    russian = translations()[key]
    if "|" in key:
        assert len(russian.split("|")) == 3, "three Russian plural forms: 1, 2-4, 5"
        return
    assert sorted(set(FIELD.findall(key))) == sorted(set(FIELD.findall(russian)))
    assert russian.strip()
