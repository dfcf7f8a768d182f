"""Which language a message is in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from understanding.frame import Language
from understanding.text import Text, Token

MARKED_WEIGHT = 2
"""A word with diacritics is Vietnamese beyond doubt; a plain one may be a name or another word."""


DECISIVE_LEAD = 2
"""One plain word more is too little to leave the language of the conversation for, unless all of them are English:
unmarked Vietnamese has words that look like names and figures, English has none that look Vietnamese."""


def find_language(text: Text, names: frozenset[int] = frozenset(), previous: Language | None = None) -> Language | None:
    """The language of the words; for codes, figures and names alone `previous`, the conversation's, if there is one.

    `names` are token indexes to leave out.
    """
    common = _common_words()
    vietnamese = english = 0
    for index, token in enumerate(text.tokens):
        if index in names:
            continue
        if token.marks:
            vietnamese += MARKED_WEIGHT
        elif token.word in common["vi"]:
            vietnamese += token.word not in common["en"]
        elif token.word in common["en"]:
            english += 1
    lead = vietnamese - english
    is_all_english = bool(english) and not vietnamese
    if previous and abs(lead) < DECISIVE_LEAD and not is_all_english:
        return previous
    if lead == 0:
        return "vi" if vietnamese else None
    return "vi" if lead > 0 else "en"


def is_common_word(token: Token) -> bool:
    """Whether a word is an everyday one of either language, and so no name."""
    common = _common_words()
    return token.word in common["vi"] or token.word in common["en"]


def is_everyday_town(word: str) -> bool:
    """Whether a town's name is a word first: "mobile", "time", "nice"."""
    return word in _common_words()["town"]


def is_everyday_phrase(words: str) -> bool:
    """Whether a name of several words is also said of other things: "gia lai" (giá lại), "con minh" (con mình)."""
    return words.replace(" ", "_") in _common_words()["phrase"]


def is_word(code: str) -> bool:
    """Whether a code in small letters is a word first: "sin", "for"."""
    common = _common_words()
    return any(code in common[kind] for kind in ("vi", "en", "town", "code"))


@cache
def _common_words() -> dict[str, frozenset[str]]:
    """Words without diacritics by which each language is recognised; those in both lists say nothing.

    Last, names of towns and codes that are words, and names of several words that are others without their diacritics.
    """
    lines = Path(__file__).with_name("function_words.tsv").read_text(encoding="utf-8").splitlines()
    return {language: frozenset(words.split()) for language, words in (line.split("\t") for line in lines)}
