"""Places said where a place belongs but not among our names: other towns, wrong letters, and none at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet

from understanding.frame import SlotName
from understanding.language import is_common_word, is_everyday_town
from understanding.people import is_person
from understanding.place_names import PlaceName, names
from understanding.places import PlaceMention, find_similar_name, find_town, qualified
from understanding.regions import read_region
from understanding.route_words import RouteWords
from understanding.text import Text

LONGEST_NAME_WORDS = 4
_ENGLISH = {"from", "to", "of", "into", "between"}
_STRONG_WORDS = {*_ENGLISH, "tu", "den", "toi", "sang", "vao", "vo", "ra", "di", "qua", "roi"}
"""Words after which an unknown capitalised word is a place; "for" may introduce a person."""
_SEPARATORS = {"-", ">", "→", "➔", "⇒", "➡", "✈", "⇄"}
PLACE_SLOTS: frozenset[SlotName] = frozenset(("origin", "destination"))
_NO_PLACES = {"terminal", "gate", "concourse", "row", "seat"}
_UNKNOWN = PlaceName((), "unknown")


def find_unknown_places(
    text: Text, places: list[PlaceMention], taken: Collection[int], asked: AbstractSet[SlotName], words: RouteWords
) -> list[PlaceMention]:
    """The places in positions of one; `taken` are the tokens that are something else.

    Those nobody knows have no codes.
    """
    found: list[PlaceMention] = []
    search = _Search(text, {place.start for place in places}, {place.end for place in places}, taken, words)
    for start, end in search.candidates():
        if found and start < found[-1].end:
            continue
        if mention := search.find(start, end):
            found.append(mention)
    if asked & PLACE_SLOTS and not (taken or found) and _could_be_name(text):
        end = len(text.tokens)
        name = find_town(text, 0, end) or find_similar_name(text, 0, end) or _UNKNOWN
        found.append(PlaceMention(0, end, text.written.strip(), name, is_sure=True))
    return qualified(text, found)


class _Search:
    def __init__(self, text: Text, starts: set[int], ends: set[int], taken: Collection[int], words: RouteWords) -> None:
        self._text = text
        self._starts = starts
        self._ends = ends
        self._taken = taken
        self._words = words

    def candidates(self) -> Iterator[tuple[int, int]]:
        """Runs of words that could be one name, beside a word or sign of the way."""
        index, count = 0, len(self._text.tokens)
        while index < count:
            end = index
            while end < count and self._is_free(end, index):
                end += 1
            if end > index:
                yield index, end
            index = max(end, index + 1)

    def find(self, start: int, end: int) -> PlaceMention | None:
        """The place in a run of words: next to the word that leads there, as long as can be."""
        for first, last in self._spans(start, end):
            if (name := self._town(first, last)) or (name := find_similar_name(self._text, first, last)):
                if name.kind == "country":
                    return None  # left out on purpose: its city is said too
                return PlaceMention(first, last, self._text.phrase(first, last), name, is_sure=True)
        if start == 0 and self._words.role_at(end) == "origin" and (name := find_similar_name(self._text, start, end)):
            return PlaceMention(start, end, self._text.phrase(start, end), name, is_sure=True)
        if not self._is_led_to(start) or self._text.word(start) in _NO_PLACES:
            return None
        end = min(end, start + LONGEST_NAME_WORDS)
        is_name = self._text.tokens[start].is_capitalised and self._text.is_cased
        if self._is_strong(start) and (is_name or self._is_between(start, end)):
            return PlaceMention(start, end, self._text.phrase(start, end), _UNKNOWN, is_sure=False)
        return None

    def _spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Also with one more word, which may be an everyday one: "hải phog"."""
        starts = [at for at in (start - 1, start) if at == start or self._is_joinable(at)]
        ends = [at for at in (end + 1, end) if at == end or self._is_joinable(at - 1)]
        for first in starts:
            if self._is_led_to(first):
                lasts = [*ends, *range(end - 1, max(first, start), -1)]
                yield from ((first, last) for last in lasts if last - first <= LONGEST_NAME_WORDS)
        for last in ends:
            if self._leads_on(last):
                firsts = [*starts, *range(start + 1, min(last, end))]
                yield from ((first, last) for first in firsts if last - first <= LONGEST_NAME_WORDS)

    def _is_joinable(self, index: int) -> bool:
        in_text = 0 <= index < len(self._text.tokens)
        if not in_text or index in self._taken or is_person(self._text, index, index + 1):
            return False
        return self._text.word(index).isalpha()

    def _town(self, start: int, end: int) -> PlaceName | None:
        """A town of the library. Many are everyday words: in small letters only where a place must stand."""
        token = self._text.tokens[start]
        if not (token.is_capitalised and self._text.is_cased):
            before = self._text.word(start - 1)
            is_fixed = before in _ENGLISH or (self._leads_on(end) and (end in self._starts or end + 1 in self._starts))
            is_everyday = end - start == 1 and is_everyday_town(token.word) and not read_region(self._text, end)
            if not is_fixed or is_everyday:
                return None
        return find_town(self._text, start, end)

    def _is_free(self, index: int, start: int) -> bool:
        token, first = self._text.tokens[index], self._text.tokens[start]
        if index in self._taken or not token.word.isalpha() or is_common_word(token):
            # a hyphen may join the syllables of one name: Ma-drit
            return (
                token.word == "-"
                and start < index < len(self._text.tokens) - 1
                and self._text.tokens[index - 1].end == token.start
                and token.end == self._text.tokens[index + 1].start
                and self._is_free(index + 1, index + 1)
            )
        if self._words.is_leading(index) or is_person(self._text, index, index + 1):
            return False
        if names().read(self._text, index):
            return False  # seen, and part of something else: "Jeju Air"
        return token.is_capitalised == first.is_capitalised or self._text.tokens[index - 1].word == "-"

    def _is_led_to(self, start: int) -> bool:
        return self._text.word(start - 1) in _SEPARATORS or self._words.role_before(start) is not None

    def _leads_on(self, end: int) -> bool:
        return self._text.word(end) in _SEPARATORS or self._words.role_at(end) in {"destination", "home"}

    def _is_strong(self, start: int) -> bool:
        role = self._words.role_before(start)
        return self._text.word(start - 1) in _STRONG_WORDS and role in {"origin", "destination"}

    def _is_between(self, start: int, end: int) -> bool:
        """ "from gotham to …", "boston to gotham": a word in a route is a place even in small letters."""
        if self._words.role_before(start) == "origin":
            return self._words.role_at(end) == "destination"
        return start - 1 in self._ends and self._text.word(start - 1) == "to" and end == len(self._text.tokens)


def _could_be_name(text: Text) -> bool:
    words = [token for token in text.tokens if token.word.isalpha()]
    return 0 < len(words) == len(text.tokens) <= LONGEST_NAME_WORDS and not any(map(is_common_word, words))
