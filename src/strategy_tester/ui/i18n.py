"""Two languages, switched while the program runs.

The key of a text is the English text itself; `resources/i18n/ru.json` holds the Russian one. A widget sets its texts
in a method that it also connects to `language_changed`.
"""

import json
import logging
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QLocale, QObject, Signal

from strategy_tester.locations import resource_folder

logger = logging.getLogger(__name__)
THIN_SPACE = "\u202f"
"""Narrow no-break space between thousands: a number never breaks across lines."""
LANGUAGES = {"en": "English", "ru": "Русский"}


class _Notifier(QObject):
    language_changed = Signal(str)


_notifier = _Notifier()
language_changed = _notifier.language_changed
"""Emitted with "en" or "ru" after the language, or how times are written, has changed."""
_current = "en"


def language() -> str:
    """The language in use: "en" or "ru"."""
    return _current


def set_language(code: str) -> None:
    """Switch to "en" or "ru" (English when unknown) and tell `language_changed`."""
    global _current  # noqa: PLW0603  one language per application
    _current = code if code in LANGUAGES else "en"
    language_changed.emit(_current)


def refresh() -> None:
    """Make every widget write its texts again, for example after the time zone changed."""
    language_changed.emit(_current)


def system_language() -> str:
    """The system's language if we speak it, else English."""
    return "ru" if QLocale.system().language() == QLocale.Language.Russian else "en"


def tr(text: str, **values: object) -> str:
    """The text in the language in use, `{name}` replaced by `values`."""
    return translate(text, _current, **values)


def translate(text: str, code: str, **values: object) -> str:
    """The text in a given language; English when there is no translation."""
    found = _translations(code).get(text, text)
    return found.format(**values) if values else found


def mark(text: str) -> str:
    """Declare a text whose translation is looked up later, when it is shown; returns it as it is."""
    return text


def plural(forms: str, count: int, **values: object) -> str:
    """A text that depends on a count: `plural("{count} trade|{count} trades", 5)`.

    Args:
        forms: One and many in English, divided by a bar; the Russian entry holds three (1, 2-4, 5).
        count: What the form depends on; `{count}` shows it with thin spaces.
        **values: More values for the text.
    """
    variants = _translations(_current).get(forms, forms).split("|")
    russian = _current == "ru" and len(variants) == 3
    index = russian_form(count) if russian else int(abs(count) != 1)
    return variants[min(index, len(variants) - 1)].format(count=f"{count:,}".replace(",", THIN_SPACE), **values)


def russian_form(count: int) -> int:
    """Which of the three Russian forms a count takes: 0 for 1, 21; 1 for 2-4, 22; 2 for 0, 5-20, 111."""
    last, last_two = abs(count) % 10, abs(count) % 100
    if last == 1 and last_two != 11:
        return 0
    if last in {2, 3, 4} and last_two not in {12, 13, 14}:
        return 1
    return 2


def retranslate_now_and_later(write_texts: Callable[[], None]) -> None:
    """Call a widget's method that writes its texts, now and on every change of language.

    Pass a bound method of a QObject: the connection then ends with the object.
    """
    write_texts()
    language_changed.connect(write_texts)


@cache
def _translations(code: str) -> dict[str, str]:
    if code == "en":
        return {}
    try:
        return json.loads((resource_folder() / "i18n" / f"{code}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        logger.exception("the translations for %s cannot be read", code)
        return {}
