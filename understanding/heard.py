"""What the assistant said last, read the way a traveller hears it: which slots it asked about, how much it offered.

Our own graph knows this of its own replies; a transcript has only their words.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from understanding.frame import SlotName
from understanding.grammar import Vocabulary
from understanding.numbers import number_slot
from understanding.text import Text, read_text

MOST_OFFERS = 50
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+|\n+")
_NUMBERED = re.compile(r"(?:^|[\s(*#-])(\d{1,2})(?:[.):]|\s-)\s*(?=[^\W\d]|\d{1,2}[:hg])")
_LETTERED = re.compile(r"(?:^|[\s(*-])(?:option |phuong an )?([a-h])[.):]\s")


class Heard(NamedTuple):
    asked: frozenset[SlotName] = frozenset()
    """The slots a bare answer may fill."""
    offers: int = 0
    """How many things one may choose from."""


def hear(said: str) -> Heard:
    """Never raises, whatever the text."""
    text = read_text(said)
    return Heard(_find_asked(said), _count_offers(text))


def _find_asked(said: str) -> frozenset[SlotName]:
    """Of the last sentence that asks about a slot: what was asked before it was only repeated."""
    for sentence in reversed(_SENTENCE_END.split(said)):
        text = read_text(sentence)
        asked: dict[int, tuple[int, SlotName]] = {}
        for index in range(len(text.tokens)):
            for slot, end in _questions().read(text, index):
                if all(end - index > length for length, _ in (asked.get(at, (0, None)) for at in range(index, end))):
                    asked |= dict.fromkeys(range(index, end), (end - index, slot))
        if asked:
            return frozenset(slot for _, slot in asked.values())
    return frozenset()


def _count_offers(text: Text) -> int:
    """The last number of a list that counts from 1 (or its last letter), else the number of flights it speaks of."""
    for pattern, first in ((_NUMBERED, 1), (_LETTERED, ord("a"))):
        expected = first
        for match in pattern.finditer(text.folded):
            number = int(match[1]) if match[1].isdigit() else ord(match[1])
            expected += number == expected
        if expected - first > 1:
            return min(expected - first, MOST_OFFERS)
    for index in range(len(text.tokens)):
        for number, end in number_slot().read(text, index):
            if _offered().read(text, end) if end < len(text.tokens) else False:
                return min(int(number), MOST_OFFERS)
    return 0


@cache
def _questions() -> Vocabulary:
    lines = Path(__file__).with_name("questions.tsv").read_text(encoding="utf-8").splitlines()
    table = (line.split("\t") for line in lines)
    return Vocabulary([(phrase, slot) for slot, said in table for phrase in said.split(", ")])


@cache
def _offered() -> Vocabulary:
    vietnamese = ("chuyến", "chuyến bay", "vé", "lựa chọn", "phương án", "kết quả")
    return Vocabulary(dict.fromkeys((*vietnamese, "flights", "options", "results", "offers"), True))
