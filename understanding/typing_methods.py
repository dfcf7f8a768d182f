"""Vietnamese as the keys were struck, where the typing method was off: "ha2 no6i" (VNI), "sai gofn" (Telex)."""

from __future__ import annotations

import re
from functools import lru_cache

from domain.airports import country_of
from understanding.place_names import names
from understanding.text import MARKED_WORDS, Text

_VNI_MARKS = dict(zip("12345678", "\u0301\u0300\u0309\u0303\u0323\u0302\u031b\u0306", strict=True))
_TELEX_TONES = dict(zip("sfrxj", "\u0301\u0300\u0309\u0303\u0323", strict=True))
_VNI = re.compile(r"[a-z]{1,6}[1-9][a-z1-9]{0,6}")
_TELEX = re.compile(r"[a-z]{2,9}")
_SYLLABLE = re.compile(
    r"(?:ngh|[cgknpt]h|ng|gi|qu|tr|[bcdghklmnprstvx])?(?:[aeiouy]{1,3})(?:ch|n[gh]?|[cmpt])?",
)
_VOWELS = "aeiouy"
MOST_SYLLABLES = 4


def undo_typing(text: Text) -> Text:
    """The message as it was meant, if it has a place of Vietnam that only shows that way; else as it is."""
    meant = {index: found for index, token in enumerate(text.tokens) if (found := _undo(token.word))}
    if not meant:
        return text
    tokens = tuple(
        token._replace(word=meant[index][0], marks=meant[index][1]) if index in meant else token
        for index, token in enumerate(text.tokens)
    )
    undone = text._replace(tokens=tokens, is_marked=sum(bool(token.marks) for token in tokens) >= MARKED_WORDS)
    return undone if any(_is_place_around(undone, index, meant) for index in meant) else text


def _is_place_around(text: Text, index: int, meant: dict[int, tuple[str, str, bool]]) -> bool:
    """Whether a place of several words has one that was struck so, or of one word that can be nothing else."""
    for start in range(max(index - MOST_SYLLABLES + 1, 0), index + 1):
        for name, end in names().read(text, start):
            is_plain = end == start + 1 and not meant[index][2]
            if end > index and not is_plain and name.kind != "country" and country_of(name.codes[0]) == "VN":
                return True
    return False


@lru_cache(maxsize=4096)
def _undo(struck: str) -> tuple[str, str, bool] | None:
    """The word without diacritics, its diacritics, and whether no other word is written so."""
    if _VNI.fullmatch(struck):
        word = "".join(character for character in struck if character.isalpha())
        signs = [_VNI_MARKS.get(character, "đ") for character in struck if character.isdigit()]
        return (word, "".join(sorted(signs)), len(signs) > 1) if _is_syllable(word) else None
    return _undo_telex(struck) if _TELEX.fullmatch(struck) else None


def _undo_telex(struck: str) -> tuple[str, str, bool] | None:
    word, signs = "", []
    for character in struck:
        is_after_vowel = any(vowel in word for vowel in _VOWELS)
        if character == word[-1:] and (character in "aeo" or word == "d"):
            signs.append("đ" if character == "d" else "\u0302")
        elif character == "w" and word[-1:] in {"a", "o", "u"}:
            signs.append("\u0306" if word[-1:] == "a" else "\u031b")
        elif is_after_vowel and character in _TELEX_TONES:
            signs.append(_TELEX_TONES[character])
        else:
            word += character
    if not signs or not _is_syllable(word) or len(signs) > 3:
        return None
    return word, "".join(sorted(signs)), len(signs) > 1


def _is_syllable(word: str) -> bool:
    return _SYLLABLE.fullmatch(word) is not None
