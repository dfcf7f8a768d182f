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
    if asked & {"return_on", "stay_nights"} and (is_only(words, ("no",)) or _says_no_return(words)):
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
    elif "return_on" in asked or (number <= _LAST_DAY and _adds_return(draft, words)):
        merge_bare_day(draft, number, "return_on")
    elif number > MAX_TRAVELLERS and draft.get("depart_range") and number <= _LAST_DAY and len(words.tokens) == 1:
        merge_bare_day(draft, number, "depart_on")
    elif number <= _LAST_DAY and (is_ordinal or number > MAX_TRAVELLERS):
        _merge_corrected_day(draft, words, number)


def _merge_corrected_day(draft: Draft, words: Text, number: int) -> None:
    """ "À không, 22 cơ": another day of the month spoken of, where one was."""
    field = "return_on" if _leads_back(words) and draft.get("return_on") else "depart_on"
    before: date | None = draft.get(field)
    if before is not None:
        merge_bare_day(draft, number, "return_on" if field == "return_on" else "depart_on", month_of=before)


def _says_no_return(words: Text) -> bool:
    """ "Không về", "khỏi về"."""
    said = [token.word for token in words.tokens if token.word[0].isalnum()]
    return len(said) > 1 and said[0] in {"khong", "ko", "k", "khoi", "hong", "chua"} and said[1] == "ve"


def _adds_return(draft: Draft, words: Text) -> bool:
    return _leads_back(words) and draft.get("depart_on") is not None and draft.get("return_on") is None


def _leads_back(words: Text) -> bool:
    return any(token.word in _BACK for token in words.tokens)


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
