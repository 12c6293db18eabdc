"""The item model of the list: only cells that look different are told, and order changes only when it is asked to."""

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import Any

from PySide6.QtCore import QObject, Qt

from strategy_tester.domain.market_events import Market, Ticker
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.markets.rows import HEADINGS, LAST, RANGE, STAR, MarketRow, market_columns
from strategy_tester.ui.tables.records_model import RecordsModel

_ALL = 1 << 30


class MarketsModel(RecordsModel):
    """Rows of MarketRow.

    Args:
        clock: Seconds; when prices changed is told by it.
        parent: Qt's parent.
    """

    def __init__(self, clock: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(market_columns(), [], parent)
        self._clock = clock
        self._places: list[int] = []
        """In which row a record is shown, by its position; -1 while the filter hides it."""
        self._numbers: dict[Market, int] = {}
        self._given: list[str] | None = None
        self.flashing: set[MarketRow] = set()
        """Rows whose price changed a moment ago; whoever paints them takes them out."""
        self.wants_flash = True
        self.sight: tuple[int, int] = (0, _ALL)
        """First and last row that can be seen: what is told of others is coarse, but costs little."""

    def set_rows(self, rows: Sequence[Any]) -> None:
        self._numbers = {row.market: number for number, row in enumerate(rows)}
        self.flashing.clear()
        super().set_rows(rows)

    def row_for(self, market: Market) -> MarketRow | None:
        """The record of a market."""
        number = self._numbers.get(market)
        return None if number is None else self._rows[number]

    def place_of(self, market: Market) -> int | None:
        """In which row a market is shown; None while it is not."""
        number = self._numbers.get(market)
        if number is None:
            return None
        return self.row_of(number)

    def row_of(self, source_row: int) -> int | None:
        self._know_places()
        place = self._places[source_row] if 0 <= source_row < len(self._places) else -1
        return None if place < 0 else place

    def show_only(self, entries: Sequence[str] | None) -> None:
        """Show only these entries of a watch list, in their order as long as no column sorts; None for all."""
        given = None if entries is None else list(entries)
        if given != self._given:
            self._given = given
            self._filter_again()

    def take(self, tickers: Sequence[Ticker]) -> None:
        """Newer figures came; tells the cells that look different."""
        self._know_places()
        now, (first, last) = self._clock(), self.sight
        for ticker in tickers:
            number = self._numbers.get(ticker.market)
            if number is None:
                continue
            row: MarketRow = self._rows[number]
            place = self._places[number]
            if not first <= place <= last:
                row.take_unseen(ticker)
                self._tell_all(place)
                continue
            had_price = row.last is not None
            changed = row.take(ticker)
            if changed and changed[0] == LAST and had_price and self.wants_flash:
                row.flash = now
                self.flashing.add(row)
            self._tell(place, changed)

    def give_stars(self, entries: Collection[str]) -> None:
        """These have a star, all others none."""
        self._know_places()
        for number, row in enumerate(self._rows):
            if row.is_favorite != (row.entry in entries):
                row.switch_star(on=not row.is_favorite)
                self._tell(self._places[number], [STAR])

    def sort_again(self) -> bool:
        """Put the rows in order by their values of now; whether any row moved."""
        if self._sort_column < 0:
            return False
        before = list(self._order)
        members = sorted(before)  # as given, so that rows of equal value keep that order
        if list(self._sorted(members)) == before:
            return False
        self._reorder(members)
        return True

    def filter_again(self) -> bool:
        """Show the rows that fit by their values of now; whether others are shown than before."""
        if self._predicate is None or sorted(self._matching()) == sorted(self._order):
            return False
        self._filter_again()
        return True

    def _tell(self, place: int, columns: list[int]) -> None:
        if place < 0:
            return
        for first, last in _runs(columns):
            self.dataChanged.emit(self.createIndex(place, first), self.createIndex(place, last))

    def _tell_all(self, place: int) -> None:
        if place >= 0:
            self.dataChanged.emit(self.createIndex(place, LAST), self.createIndex(place, RANGE))

    def _know_places(self) -> None:
        if len(self._places) == len(self._rows) and self._rows:
            return
        places = [-1] * len(self._rows)
        for place, number in enumerate(self._order):
            places[number] = place
        self._places = places

    def _sorted(self, numbers: Sequence[int]) -> Sequence[int]:
        self._places = []
        return super()._sorted(numbers)

    def _matching(self) -> Sequence[int]:
        if self._given is None:
            return super()._matching()
        wanted = {entry: place for place, entry in enumerate(self._given)}
        words = self._needle.split()
        found = [
            number for number, row in enumerate(self._rows) if row.entry in wanted and self._matches(row, words)
        ]  # fmt: skip
        return sorted(found, key=lambda number: wanted[self._rows[number].entry])

    def _matches(self, record: MarketRow, words: list[str]) -> bool:
        if self._predicate is not None and not self._predicate(record):
            return False
        return all(word in record.words for word in words)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole and section in HEADINGS:
            return tr(HEADINGS[section])
        return super().headerData(section, orientation, role)


def _runs(columns: list[int]) -> list[tuple[int, int]]:
    """Neighboring columns together: [2, 3, 7] is 2..3 and 7..7."""
    runs = []
    for _key, group in groupby(enumerate(columns), key=lambda pair: pair[1] - pair[0]):
        members = [column for _place, column in group]
        runs.append((members[0], members[-1]))
    return runs
