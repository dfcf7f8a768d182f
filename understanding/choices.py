"""Which of several things shown is meant: "cái thứ hai", "the second one", "option B", "rẻ nhất"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from understanding.grammar import Grammar, Rule, Vocabulary
from understanding.numbers import number_slot, ordinal_slot
from understanding.reading import Choice
from understanding.text import Text

LAST = -1
"""In a position: the last one shown, however many there are."""

_VIETNAMESE_ORDINALS = {
    "nhất": 1,
    "đầu": 1,
    "đầu tiên": 1,
    "nhì": 2,
    "hai": 2,
    "ba": 3,
    "tư": 4,
    "bốn": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
}
_MEASURES = {
    "rẻ nhất": "price",
    "cheapest": "price",
    "lowest": "price",
    "nhanh nhất": "duration",
    "ngắn nhất": "duration",
    "fastest": "duration",
    "quickest": "duration",
    "shortest": "duration",
    "sớm nhất": "departure",
    "earliest": "departure",
    "đến sớm nhất": "arrival",
}


class ChoiceMention(NamedTuple):
    start: int
    end: int
    choice: Choice


def find_choice(text: Text, shown: int) -> ChoiceMention | None:
    """The one of `shown` things that is meant; None when nothing was shown or none is named.

    A position beyond `shown` is returned as said, so that the answer can say how many there are.
    """
    if not shown:
        return None
    if bare := _bare_position(text):
        return ChoiceMention(0, len(text.tokens), Choice(position=bare))
    matches = _grammar().scan(text)
    if not matches:
        return None
    choice: Choice = matches[0].rule.build(*matches[0].values)
    if choice.position == LAST:
        choice = Choice(position=shown)
    return ChoiceMention(matches[0].start, matches[0].end, choice)


def _bare_position(text: Text) -> int | None:
    """A message that is only "2" or "B"."""
    word = text.word(0)
    if len(text.tokens) != 1:
        return None
    if word.isdigit() and len(word) <= 2:
        return int(word) or None
    return "abcdefgh".index(word) + 1 if len(word) == 1 and word in "abcdefgh" else None


@cache
def _grammar() -> Grammar:
    return Grammar(
        _rules(),
        {
            "n": number_slot(),
            "ord": ordinal_slot(),
            "thu": Vocabulary(_VIETNAMESE_ORDINALS),
            "letter": Vocabulary({letter: position for position, letter in enumerate("abcdefgh", start=1)}),
            "measure": Vocabulary(_MEASURES),
        },
    )


def _rules() -> Iterator[Rule]:
    noun_vi = "cái|chuyến|vé|con|chiếc|phương|lựa|cách"
    noun_en = "one|option|flight|offer|choice|result|ticket"
    for said in (f"{noun_vi} án|chọn|bay? thứ {{thu}}", f"{noun_vi} án|chọn|bay? số? {{n}}", "số|# {n}", "cái {thu}"):
        yield Rule(said, _at)
    yield Rule(f"{noun_vi} án|chọn|bay? thứ {{n}}", _at)
    yield Rule(f"{noun_vi} án|chọn {{letter}}", _at)
    yield Rule(f"{noun_vi} án|chọn|bay? đầu tiên?", lambda: _at(1))
    yield Rule("đầu tiên", lambda: _at(1))
    yield Rule("thứ nhất|nhì", lambda: _at(1))
    yield Rule(f"{noun_vi} án|chọn|bay? cuối cùng?", lambda: _at(LAST))
    yield Rule(f"the? {{ord}} {noun_en}", _at)
    yield Rule("the {ord}", _at)
    yield Rule(f"the? last {noun_en}?", lambda: _at(LAST))
    yield Rule("option|number|no|flight|offer {n}", _at)
    yield Rule("option|offer {letter}", _at)
    yield Rule("map|plan|seats of|on {n}", _at)
    yield Rule("rules|conditions of|for|on {n}", _at)
    yield Rule("sơ đồ ghế {n}", _at)
    yield Rule(f"{noun_vi} bay|án|chọn? {{measure}}", _best)
    yield Rule(f"the {{measure}} {noun_en}?", _best)
    yield Rule(f"{{measure}} {noun_en}", _best)


def _at(position: int) -> Choice:
    return Choice(position=position)


def _best(measure: str) -> Choice:
    return Choice.model_validate({"best_by": measure})
