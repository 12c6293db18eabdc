"""List, check, change and keep strategies. A strategy is the JSON object of the strategy file throughout."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strategy_tester.domain.errors import InputError, InvalidParameter, InvalidStrategy
from strategy_tester.domain.parameters import Parameter
from strategy_tester.services.ports import StoredStrategy, StrategyStore


@dataclass(frozen=True)
class StrategyEntry:
    """One strategy in the list. `title` and `description` are by language, with 'en' always there."""

    name: str
    origin: str
    content: dict[str, Any]
    title: dict[str, str]
    description: dict[str, str]
    version: int = 0
    key: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the user made it; ready-made ones are read-only."""
        return self.origin == "own"


@dataclass(frozen=True)
class StrategyField:
    """A tunable place of a strategy: where it is, what it may be and is; `owner` is the indicator it belongs to."""

    place: str
    parameter: Parameter
    value: Any
    owner: str = ""


def list_strategies(store: StrategyStore) -> list[StrategyEntry]:
    """The user's own strategies by name, then the ready-made ones."""
    from strategy_tester.strategies.library import library

    own = [_own_entry(stored) for stored in store.list()]
    ready = [
        StrategyEntry(
            str(item.content.get("name", item.key)), "library", item.content, item.title, item.description, key=item.key
        )
        for item in sorted(library(), key=_simplest_first)
    ]
    return own + ready


def find_strategy(word: str, store: StrategyStore | None = None) -> dict[str, Any]:
    """A strategy by the name of an own one, the key or name of a ready one, or the path of a file.

    Raises:
        InvalidParameter: nothing is called so; the message names the nearest.
        InvalidStrategy: the file has a fault.
    """
    from difflib import get_close_matches

    from strategy_tester.strategies.library import library

    if word.endswith(".json") or Path(word).is_file():
        return read_file(Path(word))
    stored = store.load(word) if store is not None else None
    if stored is not None:
        return stored.content
    ready = {item.key: item.content for item in library()}
    named = {str(item.content.get("name")): item.content for item in library()}
    found = ready.get(word) or named.get(word)
    if found is None:
        near = get_close_matches(word, [*ready, *named], 1, 0.0)
        raise InvalidParameter("strategy", word, ", ".join(ready), hint=f"Nearest: {near[0]}" if near else "")
    return found


def read_file(path: Path) -> dict[str, Any]:
    """A strategy file, checked.

    Raises:
        InvalidStrategy: not there, broken JSON, or a fault inside; the message names the place.
    """
    from strategy_tester.strategies.parse import parse_strategy
    from strategy_tester.strategies.write import to_content

    return to_content(parse_strategy(path))


def check(content: dict[str, Any]) -> None:
    """Nothing when the strategy is sound.

    Raises:
        InvalidStrategy: naming the place and the nearest valid word.
    """
    from strategy_tester.strategies.parse import parse_strategy

    parse_strategy(content)


def parse_text(text: str) -> dict[str, Any]:
    """A strategy typed as JSON, checked.

    Raises:
        InvalidStrategy: broken JSON (line and column) or a fault inside.
    """
    from strategy_tester.strategies.parse import parse_text as parse
    from strategy_tester.strategies.write import to_content

    return to_content(parse(text))


def format_content(content: dict[str, Any]) -> str:
    """The JSON text of a strategy as files and the editor show it."""
    import json

    return json.dumps(content, ensure_ascii=False, indent=2)


def fields_of(content: dict[str, Any]) -> list[StrategyField]:
    """The tunable places of a strategy, in the order a form shows them."""
    from strategy_tester.strategies.parameters import parameters_of
    from strategy_tester.strategies.parse import parse_strategy

    owners = [str(item.get("id") or item.get("type", "")) for item in content.get("indicators", [])]
    return [
        StrategyField(place, parameter, value, _owner(place, owners))
        for place, parameter, value in parameters_of(parse_strategy(content))
    ]


def with_values(content: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The strategy with other values in some of its places.

    Raises:
        InvalidParameter, InvalidStrategy: a value does not fit its place.
    """
    from strategy_tester.strategies.parameters import with_values as change
    from strategy_tester.strategies.parse import parse_strategy
    from strategy_tester.strategies.write import to_content

    return to_content(change(parse_strategy(content), values))


def save(store: StrategyStore, content: dict[str, Any]) -> StoredStrategy:
    """Keep a new version under the strategy's own name.

    Raises:
        InvalidStrategy: the content has a fault or no name.
    """
    check(content)
    name = str(content.get("name", "")).strip()
    if not name:
        raise InvalidStrategy("name", "the strategy has no name", hint="Give it a name, then save.")
    return store.save(name, content)


def duplicate(store: StrategyStore, content: dict[str, Any], new_name: str) -> StoredStrategy:
    """Keep a copy under another name.

    Raises:
        InputError: the name is taken or empty.
    """
    name = new_name.strip()
    if not name:
        raise InputError("the copy needs a name")
    if store.load(name) is not None:
        raise InputError(f"there is a strategy named {name!r} already", hint="Choose another name.")
    return save(store, {**content, "name": name})


def delete(store: StrategyStore, name: str) -> bool:
    """Forget an own strategy; False when there was none of that name."""
    return store.delete(name)


def template(new_name: str) -> dict[str, Any]:
    """A small sound strategy to begin with."""
    return {
        "name": new_name,
        "description": "",
        "strategy_type": "Indicator-Based",
        "indicators": [
            {"id": "fast", "type": "EMA", "params": {"period": 20}},
            {"id": "slow", "type": "EMA", "params": {"period": 50}},
        ],
        "entry_conditions": {
            "long": [{"indicator": "fast", "operator": "crosses_above", "value": "slow"}],
            "short": [{"indicator": "fast", "operator": "crosses_below", "value": "slow"}],
        },
        "exit_conditions": [],
        "take_profit": 4.0,
        "stop_loss": 2.0,
    }


def free_name(store: StrategyStore, wanted: str) -> str:
    """The wanted name, or the first of 'name 2', 'name 3' ... that is not taken."""
    taken = {stored.name for stored in store.list()}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def _simplest_first(item: Any) -> tuple[bool, str]:
    """The strategy everybody knows leads the list, the others follow by name."""
    return (item.key != "sma-cross-reverse", item.title["en"])


def _owner(place: str, owners: list[str]) -> str:
    """The indicator that a place such as `indicators[0].params.period` belongs to, or nothing."""
    number = place.removeprefix("indicators[").partition("]")[0]
    return owners[int(number)] if place.startswith("indicators[") and int(number) < len(owners) else ""


def _own_entry(stored: StoredStrategy) -> StrategyEntry:
    about: dict[str, dict[str, str]] = stored.content.get("about") or {}
    text = about.get("text") or {"en": str(stored.content.get("description", ""))}
    return StrategyEntry(stored.name, "own", stored.content, {"en": stored.name}, text, stored.version)
