"""How well a few typed letters fit a text: beginnings of words, runs of letters, words in any order, either layout."""

import re
from collections.abc import Iterable
from functools import cached_property

_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_CYRILLIC = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_OTHER_LAYOUT = str.maketrans(_LATIN + _CYRILLIC, _CYRILLIC + _LATIN)
_SHARE_ANY_ORDER = 0.9
_SHARE_OTHER_LAYOUT = 0.5
_SHORTEST_OTHER_LAYOUT = 3
_WEAKEST_SCATTERED = 2.1
"""Mean points of a letter below which letters strewn over a text are chance."""

Texts = Iterable[tuple[str, float]]
"""Texts by which something is found, each with its weight: 1 for a title, less for other words."""


class Query:
    """What was typed, prepared for being compared with many texts."""

    def __init__(self, text: str) -> None:
        self.text = text.casefold().strip()
        self.letters = "".join(self.text.split())
        self._words = self.text.split()
        self._filter = _filter_of(self.letters)

    def __bool__(self) -> bool:
        return bool(self.letters)

    def score(self, texts: Texts) -> float:
        """How well the best of the texts fits; 0 when none does."""
        best = 0.0
        for text, weight in texts:
            found = text.casefold()
            best = max(best, weight * self._score(found))
        return best or _SHARE_OTHER_LAYOUT * self._swapped_score(texts)

    def may_fit(self, haystack: str) -> bool:
        """Whether the letters occur at all in all texts together, in lower case; quick."""
        if len(self._words) > 1:
            fits = all(word_filter.search(haystack) for word_filter in self._word_filters)
        else:
            fits = self._filter.search(haystack) is not None
        return fits or bool(self._swapped and self._swapped in haystack)

    def places(self, text: str) -> list[int]:
        """Where the letters are in a text, for showing why it was found."""
        found = text.casefold()
        if len(found) != len(text) or not self.letters:
            return []
        whole = found.find(self.text)
        if whole >= 0:
            return list(range(whole, whole + len(self.text)))
        if self._filter.search(found):
            return _letter_places(self.letters, found)
        starts = [(found.find(word), len(word)) for word in self._words]
        return [place for start, length in starts if start >= 0 for place in range(start, start + length)]

    def _score(self, text: str) -> float:
        if not self.letters:
            return 1.0
        score = _letters_score(self.text, self.letters, text) if self._filter.search(text) else 0.0
        if score <= 0 and len(self._words) > 1:
            return _SHARE_ANY_ORDER * min(_letters_score(word, word, text) for word in self._words)
        return score

    @cached_property
    def _word_filters(self) -> list[re.Pattern[str]]:
        return [_filter_of(word) for word in self._words]

    @cached_property
    def _swapped(self) -> str:
        """The same keys in the other keyboard layout, which is easily forgotten; "" when that says too little."""
        other = self.text.translate(_OTHER_LAYOUT)
        return other if other != self.text and len(other) >= _SHORTEST_OTHER_LAYOUT else ""

    def _swapped_score(self, texts: Texts) -> float:
        """Only whole beginnings of words count here: letters here and there would be chance."""
        wanted, best = self._swapped, 0.0
        for text, weight in texts if wanted else ():
            found = text.casefold()
            place = found.find(wanted)
            if place >= 0 and _is_start(found, place):
                best = max(best, weight * _letters_score(wanted, "".join(wanted.split()), found))
        return best


def match_score(query: str, text: str) -> float:
    """How well the letters of a query fit a text: 0 when some are missing, more for beginnings and runs."""
    return Query(query).score([(text, 1.0)])


def _filter_of(letters: str) -> re.Pattern[str]:
    """Whether all letters are there, in order: quicker than counting for the many texts that do not fit."""
    return re.compile("".join(f"[^{re.escape(letter)}]*{re.escape(letter)}" for letter in letters), re.DOTALL)


def _letters_score(query: str, letters: str, text: str) -> float:
    score, run, last = 0.0, 0, -1
    places = _letter_places(letters, text)
    if not places:
        return 0.0
    for place in places:
        run = run + 1 if place == last + 1 else 0
        score += 1.0 + (2.0 if _is_start(text, place) else 0.0) + 1.5 * min(run, 4)
        last = place
    whole = _whole_bonus(query, text)
    mean = (score + whole) / len(letters)
    if not whole and (mean < _WEAKEST_SCATTERED or not _is_start(text, places[0])):
        return 0.0
    return max(mean - 0.01 * len(text), 0.01)


def _letter_places(letters: str, text: str) -> list[int]:
    """Where the letters are, one after the other; nothing when one is missing."""
    places: list[int] = []
    last = -1
    for letter in letters:
        last = _best_place(text, letter, last)
        if last < 0:
            return []
        places.append(last)
    return places


def _whole_bonus(query: str, text: str) -> float:
    """More for a query that stands in the text as it is, most at the beginning of a word."""
    place = text.find(query)
    if place < 0:
        return 0.0
    if not _is_start(text, place):
        return len(query) - 1.0
    return 12.0 if query == text else 8.0


def _best_place(text: str, letter: str, after: int) -> int:
    """Where a letter is next: right behind the last one, else at the next beginning of a word, else anywhere."""
    if text[after + 1 : after + 2] == letter:
        return after + 1
    place = text.find(letter, after + 1)
    anywhere = place
    while place >= 0:
        if _is_start(text, place):
            return place
        place = text.find(letter, place + 1)
    return anywhere


def _is_start(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()
