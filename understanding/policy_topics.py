"""Which of our policies a question is about: phrases by topic, of which `policy_topics.tsv` is the table."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from understanding.grammar import Vocabulary
from understanding.text import read_text

_NARROW = ("names", "children", "pets")
"""What says more of a question than a bag, a change or a ticket that is named with it; the narrowest last."""


def find_policy(message: str) -> str | None:
    """The topic with most words in a message of either language; of two with as many, the narrower one. None for none.

    A longer phrase hides the shorter ones in it: "đổi tên" is about names, and not about changes.
    """
    text, words = read_text(message), Counter[str]()
    index = 0
    while index < len(text.tokens):
        found = _phrases().read(text, index)
        end = max((end for _, end in found), default=index + 1)
        words.update({topic: end - index for topic, its_end in found if its_end == end})
        index = end
    return max(words, key=lambda topic: (words[topic], _NARROW.index(topic) if topic in _NARROW else -1), default=None)


def list_topics() -> tuple[str, ...]:
    return tuple(topic for topic, _ in _rows())


@cache
def _phrases() -> Vocabulary:
    return Vocabulary((phrase, topic) for topic, phrases in _rows() for phrase in phrases.split(", "))


@cache
def _rows() -> tuple[tuple[str, str], ...]:
    lines = Path(__file__).with_name("policy_topics.tsv").read_text(encoding="utf-8").splitlines()
    return tuple((topic, phrases) for topic, _, phrases in (line.partition("\t") for line in lines))
