"""How two dates of a message stand to each other: a range, a choice, a correction, or one denied."""

from __future__ import annotations

from typing import Literal

from understanding.date_words import CORRECTIONS, SLIPS
from understanding.dates import DateMention
from understanding.phrases import find_phrase
from understanding.text import Text

SLIP_REACH = 3
_RANGE_WORDS = {"den", "toi", "-", "to", "until", "till", "through", "thru", ">", "→"}
_OR_WORDS = {"hoac", "hay", "or"}
_BESIDE_RELATION = {
    "the",
    "ngay",
    "hom",
    "on",
    "vao",
    "het",
    "tan",
    "khoang",
    "maybe",
    "either",
    "even",
    "la",
    ",",
    "hay",
}


Relation = Literal["range", "or", "instead", "next"]


def is_slip(text: Text) -> bool:
    """Whether a message begins by taking back what was said last."""
    return any(SLIPS.read(text, index) for index in range(min(len(text.tokens), SLIP_REACH)))


def is_correction(text: Text, start: int, end: int) -> bool:
    between = _slice(text, start, end)
    return find_phrase(between, "correction") or any(
        CORRECTIONS.read(between, index) for index in range(len(between.tokens))
    )


def _slice(text: Text, start: int, end: int) -> Text:
    return text._replace(tokens=text.tokens[start:end])


def find_relation(text: Text, first: DateMention, second: DateMention) -> Relation:
    gap = {text.word(index) for index in range(first.end, second.start)}
    if gap & _OR_WORDS and gap <= _OR_WORDS | _BESIDE_RELATION:
        return "or"
    return "range" if gap & _RANGE_WORDS and gap <= _RANGE_WORDS | _BESIDE_RELATION else "next"


def is_negated(text: Text, mention: DateMention) -> bool:
    """ "Không phải mai", "not Friday"."""
    before = text.word(mention.start - 1)
    pair = (text.word(mention.start - 2), before)
    if before == "not" or pair in {("instead", "of"), ("rather", "than"), ("not", "on"), ("anything", "but")}:
        return True
    return before in {"except", "tru"} or (before == "phai" and pair[0] in {"khong", "ko", "chu"})
