"""Where sentences end. Never inside a number or behind an abbreviation; a line of a list ends with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"\n|[.!?…][.!?…\"”’»)\]*_]*(?=\s)")
_ABBREVIATIONS = {
    *(
        "st",
        "mr",
        "mrs",
        "ms",
        "dr",
        "no",
        "vs",
        "approx",
        "e.g",
        "i.e",
        "a.m",
        "p.m",
        "v.v",
        "vd",
        "tp",
        "tx",
        "q",
        "p",
    ),
    *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed"),
    *("thu", "thur", "thurs", "fri", "sat", "sun", "dep", "arr", "ave", "mt", "ft", "incl", "max", "min", "tel", "ths"),
}
_LONGEST_ABBREVIATION = 12
_LIST_NUMBER = re.compile(r"\s*[-*]?\s*\d{1,3}")
_LAST_WORD = re.compile(r"[\w.]+$")


def find_sentence_ends(text: str) -> Iterator[int]:
    """The offsets behind the sentences that have ended for certain; blanks belong to the sentence they stand before.

    An end behind a full stop is certain only once a blank follows, so that what comes later changes none of them.
    """
    start = 0
    for match in _END.finditer(text):
        if match[0] != "\n" and match[0][0] == "." and _goes_on(text, start, match.start()):
            continue
        yield match.end()
        start = match.end()


def _goes_on(text: str, start: int, stop: int) -> bool:
    """Whether the full stop at `stop` belongs to an abbreviation, an initial, or the number of a line."""
    if stop - start < _LONGEST_ABBREVIATION and _LIST_NUMBER.fullmatch(text, start, stop):
        return True
    last = _LAST_WORD.search(text[max(start, stop - _LONGEST_ABBREVIATION) : stop])
    if last is None:
        return False
    word = last[0]
    return word.casefold() in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word.isupper())
