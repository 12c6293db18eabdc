"""What the reader of a result must know before believing it: every such sentence, in one place."""

from dataclasses import dataclass

GAPS = "{count} candle is missing inside the period.|{count} candles are missing inside the period."
NO_FUNDING = "No funding rates are known for this market: funding is not charged."
NOT_MAGNIFIED = (
    "{count} bar had no whole lower timeframe; the worst case was assumed there."
    "|{count} bars had no whole lower timeframe; the worst case was assumed there."
)
CONFLICTS = (
    "On {count} bar long and short were both true; nothing was opened there."
    "|On {count} bars long and short were both true; nothing was opened there."
)
REFUSED = "{count} order was refused.|{count} orders were refused."
AMBIGUOUS = (
    "On {count} bar the path inside the bar decided the outcome."
    "|On {count} bars the path inside the bar decided the outcome."
)
NO_TRADE = "There was no trade; see how often each condition was met."
CANDLES_GONE = "The candles this run saw are no longer stored; the chart is empty."
CANDLES_CHANGED = "The stored candles differ from what this run saw; the chart is empty. Run it again."

ALL = (
    GAPS, NO_FUNDING, NOT_MAGNIFIED, CONFLICTS, REFUSED, AMBIGUOUS, NO_TRADE, CANDLES_GONE, CANDLES_CHANGED,
)  # fmt: skip
"""For whoever translates them."""


@dataclass(frozen=True)
class Note:
    """One sentence. With a count, `text` holds two forms, 'one|many'; an interface may translate it before filling in.

    `str(note)` is the English sentence.
    """

    text: str
    count: int | None = None

    def __str__(self) -> str:
        if self.count is None:
            return self.text
        one, many = self.text.split("|")
        return (one if self.count == 1 else many).format(count=self.count)
