"""Ready-made days for the practice exchange: what goes wrong, in words and as a fault script."""

from dataclasses import dataclass
from typing import Any

from strategy_tester.ui.i18n import mark

OWN = "own"
GOOD = "good"


@dataclass(frozen=True)
class Day:
    """A day to rehearse.

    Attributes:
        key: Names it in settings.
        title: English.
        story: What happens, in an English sentence.
        faults: The list of a fault script; None where the user writes it.
    """

    key: str
    title: str
    story: str
    faults: tuple[dict[str, Any], ...] | None = ()


def _silences(first_s: float, last_s: float, pause_s: float, length_s: float) -> tuple[dict[str, Any], ...]:
    count = int((last_s - first_s) // pause_s)
    starts = [first_s + number * pause_s for number in range(count)]
    return tuple({"kind": "silence", "from_s": start, "to_s": start + length_s} for start in starts)


DAYS = (
    Day(GOOD, mark("A good day"), mark("Nothing goes wrong.")),
    Day(
        "cuts", mark("Broken connections"), mark("Every 20 seconds all connections are cut without a word."),
        ({"kind": "cut", "every_s": 20},),
    ),
    Day(
        "silence", mark("Silence"),
        mark("Once a minute the exchange says nothing for 12 seconds while the connection stays open."),
        _silences(20.0, 3600.0, 60.0, 12.0),
    ),
    Day(
        "loss", mark("Lost, doubled and late messages"),
        mark("One message in twenty is lost, doubled, late or out of order; closings of candles go missing."),
        (
            {"kind": "drop", "rate": 0.05}, {"kind": "duplicate", "rate": 0.05}, {"kind": "reorder", "rate": 0.05},
            {"kind": "delay", "ms": 200, "rate": 0.05}, {"kind": "lose_confirm", "rate": 0.1},
        ),
    ),
    Day(
        "book", mark("A broken order book"),
        mark("Changes of the book are left out every few seconds; every half minute the book begins anew."),
        ({"kind": "skip_book_delta", "every_s": 4}, {"kind": "book_restart", "every_s": 30}),
    ),
    Day(
        "busy", mark("An overloaded exchange"),
        mark("Requests are refused as too many, answered late or by an error page; live data go on."),
        (
            {"kind": "answer", "path": "/v5/market", "code": 10006, "rate": 0.15},
            {"kind": "status", "path": "/v5/market", "status": 502, "rate": 0.1},
            {"kind": "hang", "path": "/v5/market", "ms": 1500, "rate": 0.1},
        ),
    ),
    Day(
        "clock", mark("A wrong clock"), mark("From the 20th to the 80th second the exchange's clock is 3 s fast."),
        ({"kind": "skew_clock", "ms": 3000, "from_s": 20, "to_s": 80},),
    ),
    Day(
        "all", mark("Everything at once"), mark("Cuts, losses, refusals and a book that begins anew: the worst day."),
        (
            {"kind": "cut", "every_s": 25}, {"kind": "drop", "rate": 0.03}, {"kind": "duplicate", "rate": 0.03},
            {"kind": "reorder", "rate": 0.03}, {"kind": "lose_confirm", "rate": 0.1},
            {"kind": "skip_book_delta", "every_s": 8}, {"kind": "restart", "every_s": 90},
            {"kind": "answer", "path": "/v5/market", "code": 10016, "rate": 0.05},
        ),
    ),
    Day(OWN, mark("Own script"), mark("A fault script as JSON; `bst exchange faults` lists every kind."), None),
)  # fmt: skip


def day(key: str) -> Day:
    """A day by its key; the good one for an unknown key."""
    return next((one for one in DAYS if one.key == key), DAYS[0])
