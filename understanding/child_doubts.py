"""Answers to how many children there are, and how old: "4 and 8", "she's seven", "18 tháng"."""

from __future__ import annotations

from understanding.ages import find_ages
from understanding.bare import find_bare
from understanding.companions import Counts, counts_of_ages
from understanding.draft import Draft
from understanding.frame import Ambiguity
from understanding.text import Text, read_text
from understanding.travellers import TravellerMention, find_travellers

_YOUNG = {"children", "infants"}
_WORDS_OF_AN_ANSWER = 16
_POSITIONS = {1, 2}
"""A bare one or two may point at a reading."""


def read_children(doubt: Ambiguity, text: Text, travellers: list[TravellerMention]) -> Counts:
    """The children meant by an answer to a doubt about them; empty when it does not say."""
    ages = find_ages(text) if len(text.tokens) <= _WORDS_OF_AN_ANSWER else ()
    is_number_asked = doubt.readings[0].isdigit()
    number = len(ages) if is_number_asked else children_in(doubt)
    if len(ages) == number > 1:
        return counts_of_ages("children", number, ages)
    if travellers and all(field in _YOUNG for mention in travellers for field, _ in mention.counts):
        return tuple(count for mention in travellers for count in mention.counts)
    if travellers:
        return ()
    if bare := find_bare(text):
        if is_number_asked:
            return (("children", bare.number),)
        if bare.number in _POSITIONS:
            return ()
    return counts_of_ages("children", number, ages) if len(ages) == 1 else ()


def put_children(draft: Draft, counts: Counts) -> None:
    for field in dict.fromkeys(field for field, _ in counts):
        said = sum(number for kind, number in counts if kind == field)
        draft.set(field, said + (draft.get(field) or 0))


def children_in(doubt: Ambiguity) -> int:
    """How many the words in doubt speak of: "hai bé"."""
    mentions = find_travellers(read_text(doubt.phrase))
    return sum(number for mention in mentions for field, number in mention.counts if field == "minor") or 1
