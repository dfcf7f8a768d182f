"""A message as words: cleaned, and folded so that marks and case do not matter, with offsets into what was written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]{1,3}(?![^\W_]))?|[^\w\s]")
MARKED_WORDS = 2
"""One word with diacritics may be a pasted name."""
TITLE_WORDS = 4
"""In fewer words a capital each may be a name each."""
MOST_TOKENS = 2000
"""Nobody describes a trip in more words; what follows is kept as text but not read."""
_UNREADABLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_LINE_CONTROLS = "\n\t"
_JOINERS = "\u200c\u200d"
"""Nobody sees them, but emoji sequences and several scripts are spelled with them."""


class Token(NamedTuple):
    """A word, a number, or one punctuation character."""

    written: str
    word: str
    """Folded."""
    marks: str
    """The diacritics of `written`, sorted: what folding removed."""
    start: int
    end: int
    """Offsets into `Text.written`."""

    @property
    def is_capitalised(self) -> bool:
        return self.written[:1].isupper()


class Text(NamedTuple):
    """A message. `folded` has the length of `written`, so that offsets hold in both."""

    written: str
    folded: str
    tokens: tuple[Token, ...]
    is_marked: bool
    """Whether it is typed with diacritics, so that a word without any is meant without."""
    is_cased: bool
    """Whether a capital tells a name: not in a message in capitals, nor in One Where Every Word Has One."""

    def phrase(self, start: int, end: int) -> str:
        """The words of tokens `start` up to `end`, as written."""
        if start >= end:
            return ""
        return self.written[self.tokens[start].start : self.tokens[end - 1].end]

    def word(self, index: int) -> str:
        """The folded word at `index`; beyond either end it is empty."""
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def token_ending_at(self, offset: int, first: int) -> int | None:
        """The index after the token that ends at `offset`, looking from token `first`; None inside a token."""
        for index in range(first, len(self.tokens)):
            if self.tokens[index].end >= offset:
                return index + 1 if self.tokens[index].end == offset else None
        return None


def read_text(message: str) -> Text:
    """Clean and split a message. Any string is acceptable."""
    written = clean(message)
    folded = "".join(map(_fold_character, written))
    tokens = tuple(
        Token(
            written=(piece := written[match.start() : match.end()]),
            word=match.group(),
            marks=find_marks(piece.lower()),
            start=match.start(),
            end=match.end(),
        )
        for match in islice(_TOKEN.finditer(folded), MOST_TOKENS)
    )
    words = [token for token in tokens if token.word.isalpha()]
    is_titled = len(words) >= TITLE_WORDS and all(word.is_capitalised for word in words)
    return Text(
        written,
        folded,
        tokens,
        is_marked=sum(bool(token.marks) for token in tokens) >= MARKED_WORDS,
        is_cased=not (is_titled or written.isupper()),
    )


def keep_readable(message: str) -> str:
    """The message as people see it, in NFC: no control, private or unassigned characters, nothing invisible."""
    if message.isascii() and message.isprintable():
        return message
    # NFC comes last: what stood between a letter and its mark is gone by then
    return unicodedata.normalize("NFC", "".join(filter(_is_readable, message)))


def clean(message: str) -> str:
    """The message as words are read from it: also without joiners and marks of their own, on a single line."""
    return "".join(map(_plain, keep_readable(message)))


def fold(words: str) -> str:
    """Lower case without diacritics, blanks collapsed: the form in which names are compared."""
    if words.isascii() and words.isprintable() and "`" not in words:
        return " ".join(words.lower().split())
    return " ".join("".join(map(_fold_character, clean(words))).split())


@lru_cache(maxsize=4096)
def find_marks(word: str) -> str:
    """The diacritics of a lower-case word, sorted, so that the place of a tone mark (hoà, hòa) does not matter."""
    if word.isascii():
        return ""
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(sorted(c for c in decomposed if c == "đ" or unicodedata.category(c) == "Mn"))


def could_be(marks: str, intended: str) -> bool:
    """Whether a word typed with `marks` may stand for one with the marks `intended`: some may have been left out."""
    return not marks or marks == intended or all(marks.count(mark) <= intended.count(mark) for mark in set(marks))


@lru_cache(maxsize=4096)
def _is_readable(character: str) -> bool:
    return character in _LINE_CONTROLS or character in _JOINERS or unicodedata.category(character) not in _UNREADABLE


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _LINE_CONTROLS:
        return " "
    return "" if character in _JOINERS or unicodedata.category(character)[0] == "M" else character


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    """Exactly one character for one, whatever comes."""
    if character in "đĐ":
        return "d"
    if character in "’ʼ`´":
        return "'"
    if character in "–—−‐‑":
        return "-"
    base = "".join(c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c)[0] != "M").casefold()
    if len(base) != 1:
        return character if len(character.casefold()) == 1 else "?"
    decimal = unicodedata.decimal(base, -1)
    return str(decimal) if decimal >= 0 else base
