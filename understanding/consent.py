"""Whether a message is nothing but a yes, or nothing but a no, to a card that asks for one.

A yes costs money, so everything else is None: a yes that says more, asks, hesitates, quotes the card or names another
act than the card's. A plain yes counts in either language, whatever the conversation's; only Vietnamese typed without
its diacritics must be in a Vietnamese conversation, for elsewhere it may be another word.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from understanding.frame import Language
from understanding.grammar import Vocabulary
from understanding.phrases import find_phrase, is_only, read_lists
from understanding.text import Text, find_marks, read_text

Answer = Literal["yes", "no"]
CardAction = Literal["book", "cancel", "change", "calendar", "remember", "forget_document", "change_email"]
"""What a card asks a yes for."""

MOST_WORDS = 12
_STOPS = frozenset(".,!~")
_UNCLEAR = frozenset(
    ("khoan", "chua", "yet", "k", "dung", "phai", "huy", "bo", "cancel", "drop", "pass", "leave", "skip")
)
"""In what is a no elsewhere these make it none to a card: "wait", "not yet"; "k" is short for ok and for không, "dung"
is right, do not and stop; two denials may be a yes; what is cancelled may be the booking or the asking."""


def read_answer(text: str, language: Language, action: CardAction | None = None) -> Answer | None:
    """The answer to a card for `action`, in a conversation in `language`; None unless the whole message is one.

    Without the action what names one ("đặt đi", "yes, cancel it") answers nothing.
    """
    words = read_text(text)
    if not words.tokens or len(words.tokens) > MOST_WORDS or _trails_off(words):
        return None
    if _is_yes(words, language, action):
        return "yes"
    return "no" if _is_no(words, language, action) else None


def _is_yes(words: Text, language: Language, action: CardAction | None) -> bool:
    """A firm yes or the act itself; a soft one ("ok", "vâng") only without courtesies, which make it a farewell."""
    act, beside_act = f"do_{action}", f"with_{action}"
    said = _split(words, language, frozenset(("firm", "soft", "beside", "polite", act, beside_act)))
    if said is None:
        return False
    return not said.isdisjoint({"firm", act}) or ("soft" in said and "polite" not in said)


def _is_no(words: Text, language: Language, action: CardAction | None) -> bool:
    """Who says to cancel says no to buying; and who says not to cancel says no to cancelling, and nothing elsewhere."""
    said = _split(words, language, frozenset(("no", "drop", "keep", "polite")))
    if said is not None and not said.isdisjoint({"no", "drop", "keep"}):
        return said.isdisjoint({"drop" if action == "cancel" else "keep"})
    is_unclear = any(token.word in _UNCLEAR or _is_sign(token.word) for token in words.tokens)
    return not is_unclear and find_phrase(words, "no") and is_only(words, ("no", "thanks"))


def _is_sign(word: str) -> bool:
    return not word[0].isalnum() and word not in _STOPS


def _trails_off(words: Text) -> bool:
    """ "Ok…", "ừ.." hesitate."""
    return ".." in words.folded or "…" in words.folded


def _split(words: Text, language: Language, names: frozenset[str]) -> set[str] | None:
    """The kinds of phrases the message is made of, the longest first; None where something else is in it."""
    found: set[str] = set()
    index = 0
    while index < len(words.tokens):
        if words.word(index) in _STOPS:
            index += 1
            continue
        # "bạn đồng ý" speaks of the other, "đồng ý bạn" to them; and "đồng ý à" asks
        around = "ending" if found else "opening"
        here = _vocabulary(language).read(words, index)
        name, end = next((each for each in here if each[0] in names or each[0] == around), ("", index))
        if not name:
            return None
        if name != "opening":
            found.add(name)
        index = end
    return found


@cache
def _vocabulary(language: Language) -> Vocabulary:
    phrases = read_lists("consent.tsv")
    return Vocabulary(phrases if language == "vi" else [(_held_to_marks(phrase), name) for phrase, name in phrases])


def _held_to_marks(phrase: str) -> str:
    return " ".join(f"={word.lstrip('=')}" if find_marks(word.lstrip("=")) else word for word in phrase.split())
