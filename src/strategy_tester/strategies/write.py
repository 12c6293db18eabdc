"""Rules into strategy files: the same content comes back that was read, key order and spelling included."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from strategy_tester.domain.errors import DiskFull, StorageError
from strategy_tester.strategies.rules.model import (
    DEFAULT_ATR_PERIOD,
    About,
    AllOf,
    AnyOf,
    AtrDistance,
    Condition,
    Conditions,
    Distance,
    IndicatorUse,
    Not,
    Sides,
    StrategyRules,
)

Content = dict[str, Any]


def to_content(rules: StrategyRules) -> Content:
    """The JSON object of a strategy: `parse_strategy` of it gives equal rules.

    Keys stand in the order they were read in; rules made by code come in the order of the file form, and what is
    left at its default is left out.
    """
    exit_content = _sides(rules.exit) if isinstance(rules.exit, Sides) else _conditions(rules.exit)
    full = {
        "name": rules.name,
        "description": rules.description,
        "about": None if rules.about is None else _about(rules.about),
        "strategy_type": rules.strategy_type,
        "indicators": [_indicator(use) for use in rules.indicators],
        "entry_conditions": _sides(rules.entry),
        "exit_conditions": exit_content,
        "take_profit": _distance(rules.take_profit),
        "stop_loss": _distance(rules.stop_loss),
        "trailing_stop": _distance(rules.trailing_stop),
        "on_opposite_signal": rules.on_opposite_signal,
    }
    return _arranged(full, rules.keys, _is_default)


def to_text(rules: StrategyRules) -> str:
    """The JSON text of a strategy file: indented by two, readable in any language, ending with a line feed."""
    return json.dumps(to_content(rules), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def save_file(rules: StrategyRules, path: Path | str) -> None:
    """Write a strategy file so that a crash leaves either the old file or the new one, never half of one.

    Raises:
        StorageError: the folder cannot be written to. DiskFull: there is no room.
    """
    write_atomically(Path(path), to_text(rules).encode())


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside the file, sync, rename over it, and sync the folder.

    Raises:
        StorageError: the folder cannot be written to. DiskFull: there is no room.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _storage_error(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _storage_error(path, error) from error


def _storage_error(path: Path, error: OSError) -> StorageError:
    import errno  # noqa: PLC0415 - needed only when something failed

    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"{path}: no room left on the disk", hint="Free some space and save again.")
    return StorageError(f"{path}: the file cannot be written: {error.strerror or error}")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows keeps no handle on folders; the rename itself is journaled there
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _arranged(full: Mapping[str, Any], keys: tuple[str, ...], may_go: Callable[[str, Any], bool]) -> Content:
    """The keys that were written, in that order, then every other that says something."""
    written = {key: full[key] for key in keys}
    return written | {key: value for key, value in full.items() if key not in written and not may_go(key, value)}


def _is_default(key: str, value: Any) -> bool:
    return value in ("", None, []) or (key, value) in (("on_opposite_signal", "reverse"), ("entry_conditions", {}))


def _is_empty(_key: str, value: Any) -> bool:
    return value in ("", [], {})


def _about(about: About) -> Content:
    return _arranged({"title": dict(about.title), "text": dict(about.text)}, about.keys, _is_empty)


def _indicator(use: IndicatorUse) -> Content:
    full = {"id": use.id, "type": use.type, "params": dict(use.params), "timeframe": use.timeframe}
    return _arranged(full, use.keys, _is_empty)


def _sides(sides: Sides) -> Content:
    full = {"long": _conditions(sides.long), "short": _conditions(sides.short)}
    return _arranged(full, sides.keys, _is_empty)


def _conditions(conditions: Conditions) -> list[Content]:
    return [_condition(condition) for condition in conditions]


def _condition(condition: Condition) -> Content:
    full: Content
    if isinstance(condition, AllOf):
        full = {"all": _conditions(condition.parts)}
    elif isinstance(condition, AnyOf):
        full = {"any": _conditions(condition.parts)}
    elif isinstance(condition, Not):
        full = {"not": _condition(condition.part)}
    else:
        full = {"indicator": condition.indicator, "operator": condition.operator, "value": condition.value}
    return _arranged(full | {"logic": condition.logic}, condition.keys, lambda key, value: key == "logic" and not value)


def _distance(distance: Distance) -> Any:
    if not isinstance(distance, AtrDistance):
        return distance
    full = {"atr": distance.multiple, "period": distance.period}
    return _arranged(full, distance.keys, lambda key, value: key == "period" and value == DEFAULT_ATR_PERIOD)
