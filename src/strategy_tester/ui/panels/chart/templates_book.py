"""Named templates of charts, kept in the settings. No Qt here."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

KEY = "chart.templates"
FORM = 1
"""Number of the form in which templates are written."""
LONGEST_NAME = 60


@dataclass(frozen=True)
class Template:
    """One template.

    Attributes:
        name: Unique, as the user wrote it.
        content: What each feature of a chart remembers, by the feature's key.
        is_favorite: Stands first in menus.
    """

    name: str
    content: dict[str, Any]
    is_favorite: bool = False


class TemplateBook:
    """All templates. Reads the settings anew at each call, so that several charts agree.

    Args:
        settings: Where they are kept.
    """

    def __init__(self, settings: "SettingsStore") -> None:
        self._settings = settings

    def all(self) -> list[Template]:
        """Every template that can be read, favorites first, then by name."""
        found = [template for template in map(_template, self._items()) if template is not None]
        return sorted(found, key=lambda one: (not one.is_favorite, one.name.lower()))

    def unreadable(self) -> int:
        """How many stored templates are of no known form; they stay stored."""
        return sum(_template(item) is None for item in self._items())

    def find(self, name: str) -> Template | None:
        """The template of this name."""
        return next((one for one in self.all() if one.name == name), None)

    def default(self) -> Template | None:
        """What new charts start with; None when the user chose nothing."""
        name = self._saved().get("default")
        return self.find(name) if isinstance(name, str) else None

    def save(self, name: str, content: dict[str, Any]) -> None:
        """Store a template; one of the same name is replaced and stays a favorite."""
        old = self.find(name)
        self._put(name, Template(name, copy.deepcopy(content), old is not None and old.is_favorite))

    def delete(self, name: str) -> None:
        """Forget a template."""
        self._put(name, None)

    def rename(self, name: str, new_name: str) -> None:
        """Give a template another name; one that has it already is replaced."""
        old, was_default = self.find(name), self._is_default(name)
        if old is None or name == new_name:
            return
        self._put(name, None)
        self._put(new_name, replace(old, name=new_name))
        if was_default:
            self.set_default(new_name)

    def set_favorite(self, name: str, *, is_favorite: bool) -> None:
        """Make it a favorite, or no more."""
        old = self.find(name)
        if old is not None:
            self._put(name, replace(old, is_favorite=is_favorite))

    def set_default(self, name: str | None) -> None:
        """What new charts start with."""
        self._write(self._items(), name)

    def _is_default(self, name: str) -> bool:
        return self._saved().get("default") == name

    def _saved(self) -> dict[str, Any]:
        saved = self._settings.get(KEY)
        return saved if isinstance(saved, dict) else {}

    def _items(self) -> list[Any]:
        items = self._saved().get("templates")
        return items if isinstance(items, list) else []

    def _put(self, name: str, template: Template | None) -> None:
        kept = [item for item in self._items() if not (isinstance(item, dict) and item.get("name") == name)]
        default = self._saved().get("default")
        if template is not None:
            kept.append(
                {"form": FORM, "name": name, "favorite": template.is_favorite, "content": template.content}
            )  # fmt: skip
        elif default == name:
            default = None
        self._write(kept, default)

    def _write(self, items: list[Any], default: Any) -> None:
        self._settings.set(KEY, {"templates": items, "default": default})


def _template(item: Any) -> Template | None:
    if not isinstance(item, dict) or item.get("form") != FORM:
        return None
    name, content = item.get("name"), item.get("content")
    if not isinstance(name, str) or not name.strip() or not isinstance(content, dict):
        return None
    return Template(name, content, item.get("favorite") is True)


def renamed_keys(value: Any, rename: Callable[[str], str]) -> Any:
    """A JSON value with every string in it, keys included, put through `rename`."""
    if isinstance(value, dict):
        return {rename(str(key)): renamed_keys(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed_keys(item, rename) for item in value]
    return rename(value) if isinstance(value, str) else value
