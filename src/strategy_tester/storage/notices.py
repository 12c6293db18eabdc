"""What the storage has to tell the user: plain sentences, shown by the window and the terminal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

NoticeLevel = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """One message. `text` says what happened, `hint` what to do next (may be empty)."""

    level: NoticeLevel
    text: str
    hint: str = ""


NoticeListener = Callable[[Notice], None]
