"""What exchanges and their connections say went wrong, in the user's language.

The layers below speak English and know no translations; their usual sentences are known here by their form.
"""

import re
from functools import cache

from strategy_tester.ui.i18n import mark, tr

FORMS = (
    mark("Check the connection to the internet."),
    mark("Does it run, and on this port?"),
    mark("{exchange} cannot be reached: {why}"),
    mark("{exchange} did not answer several times in a row; nothing is sent for {seconds} seconds"),
    mark("the connection failed"),
    mark("no answer within {seconds} s"),
    mark("no data for {seconds} s"),
    mark("the exchange cannot be reached"),
    mark("the exchange closed the connection"),
    mark("the exchange did not answer in time"),
    mark("the exchange refused the connection (HTTP {status})"),
    mark("the connection was cut"),
)
"""The usual sentences; what stands in braces is different each time."""


def exchange_words(text: str) -> str:
    """A sentence of an exchange's connection in the language in use; the sentence itself when it is not known."""
    for form in FORMS:
        found = _pattern(form).fullmatch(text)
        if found is not None:
            parts = {name: exchange_words(value) for name, value in found.groupdict().items()}
            return tr(form, **parts)
    return tr(text) if text else ""


@cache
def _pattern(form: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", form)
    parts = (f"(?P<{piece}>.+?)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
    return re.compile("".join(parts))
