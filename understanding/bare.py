"""Answers too short to say what they are about: "2", "the eleventh", "à không, 22 cơ"."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from domain.travellers import MAX_TRAVELLERS
from understanding.draft import Draft
from understanding.merge import apply_stay, merge_travellers, set_stay
from understanding.merge_dates import merge_bare_day
from understanding.numbers import number_slot, ordinal_slot
from understanding.phrases import is_only
from understanding.text import Text
from understanding.travellers import TravellerMention

_LAST_DAY = 31
_AROUND = {
    *(
        "uh",
        "um",
        "uhm",
        "hmm",
        "er",
        "the",
        "on",
        "ok",
        "okay",
        "oh",
        "so",
        "it",
        "is",
        "it's",
        "make",
        "that",
        "just",
    ),
    *(
        "just",
        "please",
        "pls",
        "then",
        "no",
        "wait",
        "sorry",
        "actually",
        "i",
        "meant",
        "mean",
        "rather",
        "better",
        "maybe",
    ),
    *("ngay", "hom", "mung", "mong", "la", "thoi", "di", "nhe", "nha", "a", "ah", "co", "nhi", "roi", "luon", "ay"),
    *("khong", "ko", "nham", "lon", "y", "minh", "em", "moi", "dung", "chac", "ve", "doi", "lai", "sang", "thanh"),
    *("back", "return", "returning", "da", "vang", "u", "chu", "phai", "xin", "loi", "ban", "oi", "vay", "cho"),
}
"""Words that may stand around a bare figure and leave it what it is."""
_BACK = {"ve", "back", "return", "returning"}


class Bare(NamedTuple):
    number: int
    is_ordinal: bool


def merge_bare_answer(draft: Draft, words: Text) -> None:
    """A figure right after a question, or right after a correction."""
    asked = draft.asked
    if asked & {"return_on", "stay_nights"} and is_only(words, ("no",)):
        draft.set("trip", "one_way")
        return
    bare = find_bare(words)
    if bare is None:
        return
    number, is_ordinal = bare
    if "travellers" in asked and not is_ordinal:
        merge_travellers(draft, [TravellerMention(0, 1, words.written, "total", number)], includes=False)
    elif "stay_nights" in asked and not is_ordinal:
        set_stay(draft, (number,), words.written)
        apply_stay(draft)
    elif "depart_on" in asked:
        merge_bare_day(draft, number, "depart_on")
    elif "return_on" in asked:
        merge_bare_day(draft, number, "return_on")
    elif number <= _LAST_DAY and (is_ordinal or number > MAX_TRAVELLERS):
        _merge_corrected_day(draft, words, number)


def _merge_corrected_day(draft: Draft, words: Text, number: int) -> None:
    """ "À không, 22 cơ": another day of the month spoken of, where one was."""
    is_back = any(token.word in _BACK for token in words.tokens)
    field = "return_on" if is_back and draft.get("return_on") else "depart_on"
    before: date | None = draft.get(field)
    if before is not None:
        merge_bare_day(draft, number, "return_on" if field == "return_on" else "depart_on", month_of=before)


def find_bare(words: Text) -> Bare | None:
    """The figure of a message that says nothing else; of several the last, which takes back the others."""
    found: Bare | None = None
    index = 0
    while index < len(words.tokens):
        word = words.word(index)
        numbers = [(Bare(value, is_ordinal=True), end) for value, end in ordinal_slot().read(words, index)]
        numbers += [(Bare(value, is_ordinal=False), end) for value, end in number_slot().read(words, index)]
        if numbers:
            found, index = numbers[0]
        elif word in _AROUND or not word[0].isalnum():
            index += 1
        else:
            return None
    return found
