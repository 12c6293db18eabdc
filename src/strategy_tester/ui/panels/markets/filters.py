"""Which rows the list shows: a watch list, favorites, perpetual contracts only, a smallest turnover."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QToolButton

from strategy_tester.services.watch_lists import WatchLists
from strategy_tester.ui import i18n, icons, numbers
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.markets.rows import MarketRow

ALL, FAVORITES = "", "*"
"""What is shown beside the user's own lists."""
TURNOVERS = (0.0, 1e5, 1e6, 1e7, 1e8, 1e9)
"""Smallest turnovers to choose from, dollars a day."""


@dataclass(frozen=True)
class Filter:
    """What is shown.

    Attributes:
        place: ALL, FAVORITES, or the name of a watch list with a "=" before it.
        perpetual_only: No dated contracts.
        min_turnover: Dollars a day; rows of which it is not known are hidden by any.
    """

    place: str = ALL
    perpetual_only: bool = False
    min_turnover: float = 0.0

    @property
    def list_name(self) -> str:
        """The watch list shown, "" for none."""
        return self.place[1:] if self.place.startswith("=") else ""

    @property
    def is_narrowing(self) -> bool:
        """Whether rows are hidden besides by the watch list."""
        return self.perpetual_only or self.min_turnover > 0

    def fits(self, row: MarketRow) -> bool:
        """Whether a row is shown as far as the list does not decide."""
        if self.perpetual_only and not row.is_perpetual:
            return False
        return self.min_turnover <= 0 or (row.turnover_dollars or 0.0) >= self.min_turnover

    def save(self) -> dict[str, Any]:
        """As JSON values."""
        return {"place": self.place, "perpetual": self.perpetual_only, "turnover": self.min_turnover}

    @classmethod
    def restored(cls, saved: Any) -> "Filter":
        """What `save` gave; everything for anything else."""
        if not isinstance(saved, dict):
            return cls()
        turnover = saved.get("turnover")
        is_known = isinstance(turnover, int | float) and float(turnover) in TURNOVERS
        return cls(
            str(saved.get("place") or ALL), bool(saved.get("perpetual")), float(turnover or 0.0) if is_known else 0.0
        )


class FilterButtons(QObject):
    """Two buttons: which list, and which of its rows.

    Args:
        lists: Favorites and watch lists.
        edit_lists: Opens the dialog in which they are edited.
        parent: Qt's parent.
    """

    changed = Signal()
    """Another filter was chosen."""

    def __init__(self, lists: WatchLists, edit_lists: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._lists, self._edit_lists = lists, edit_lists
        self.filter = Filter()
        self.list_button, self.more_button = QToolButton(), QToolButton()
        self.list_menu, self.more_menu = QMenu(self.list_button), QMenu(self.more_button)
        self.list_menu.aboutToShow.connect(self._fill_lists)
        self.more_menu.aboutToShow.connect(self._fill_more)
        for button, menu in ((self.list_button, self.list_menu), (self.more_button, self.more_menu)):
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setAutoRaise(True)
        self.more_button.setIcon(icons.icon("filter"))
        self.more_button.setCheckable(True)
        i18n.retranslate_now_and_later(self._write_texts)

    def entries(self) -> list[str] | None:
        """What the chosen list holds; None for all symbols."""
        if self.filter.place == FAVORITES:
            return self._lists.favorites
        return self._lists.entries(self.filter.list_name) if self.filter.list_name else None

    def choose(self, chosen: Filter) -> None:
        """Use another filter; a list that is gone is left for all symbols."""
        if chosen.list_name and chosen.list_name not in self._lists.names:
            chosen = replace(chosen, place=ALL)
        if chosen != self.filter:
            self.filter = chosen
            self._write_texts()
            self.changed.emit()

    def choose_list(self, place: str) -> None:
        """Show all symbols, the favorites, or a watch list ("=name")."""
        self.choose(replace(self.filter, place=place))

    def lists_changed(self) -> None:
        """Lists were edited: the chosen one may be gone."""
        self.choose(self.filter)
        self.changed.emit()

    def _fill_lists(self) -> None:
        menu = self.list_menu
        menu.clear()
        places = [(ALL, tr("All symbols")), (FAVORITES, tr("Favorites"))]
        places += [(f"={name}", name) for name in self._lists.names]
        for place, title in places:
            action = menu.addAction(title.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(place == self.filter.place)
            action.triggered.connect(lambda _on=False, place=place: self.choose_list(place))
        menu.addSeparator()
        menu.addAction(icons.icon("edit"), tr("Edit the watch lists...")).triggered.connect(
            lambda _on=False: self._edit_lists()
        )

    def _fill_more(self) -> None:
        menu, chosen = self.more_menu, self.filter
        menu.clear()
        perpetual = menu.addAction(tr("Perpetual contracts only"))
        perpetual.setCheckable(True)
        perpetual.setChecked(chosen.perpetual_only)
        perpetual.triggered.connect(lambda on=False: self.choose(replace(self.filter, perpetual_only=on)))
        menu.addSeparator()
        heading = menu.addAction(tr("Smallest 24 h turnover"))
        heading.setEnabled(False)
        for amount in TURNOVERS:
            title = f"{numbers.format_compact(amount)} $" if amount else tr("Any turnover")
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(amount == chosen.min_turnover)
            action.triggered.connect(
                lambda _on=False, amount=amount: self.choose(replace(self.filter, min_turnover=amount))
            )

    def _write_texts(self) -> None:
        place = self.filter.place
        title = tr("Favorites") if place == FAVORITES else self.filter.list_name or tr("All symbols")
        self.list_button.setText(title.replace("&", "&&") + " ▾")
        self.list_button.setToolTip(tr("Watch list"))
        self.list_button.setAccessibleName(f"{tr('Watch list')}: {title}")
        self.more_button.setChecked(self.filter.is_narrowing)
        said = [tr("Filter")]
        if self.filter.perpetual_only:
            said.append(tr("Perpetual contracts only"))
        if self.filter.min_turnover:
            amount = numbers.format_compact(self.filter.min_turnover)
            said.append(f"{tr('Smallest 24 h turnover')}: {amount} $")
        self.more_button.setToolTip("\n".join(said))
        self.more_button.setAccessibleName(tr("Filter"))
