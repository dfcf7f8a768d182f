"""Names of travellers in a sentence: as on a ticket, behind a word for one, or with a Vietnamese family name."""

from __future__ import annotations

import re

from understanding.claim_base import Found
from understanding.text import Text, fold

_ON_TICKET = re.compile(r"(?<![\w/])[A-Z]{2,30}/[A-Z]{1,30}(?: [A-Z]{1,30}){0,4}(?![\w/])")
_FAMILIES = {"nguyen", "tran", "pham", "hoang", "huynh", "dang", "bui", "ngo", "duong", "dinh", "truong"}
_SHORT_FAMILIES = {"le", "vu", "vo", "phan", "ho", "do", "ly", "mai", "cao", "ta", "dao", "trinh", "doan", "lam"}
"""These begin many other names, so a middle name has to follow."""
_MIDDLE_NAMES = {"van", "thi", "minh", "duc", "ngoc", "quoc", "thanh", "huu", "xuan", "hong", "anh", "gia", "tuan"}
_TITLES = {"mr", "mrs", "ms", "miss", "mstr"}
_PASSENGERS = {"passenger", "passengers", "traveller", "travellers", "traveler", "travelers"}
_BETWEEN = {":", ".", "is", "are", "named", "called", "ten", "la", "*", "1", "(", "-"}
_LONGEST = 6
_CODE_LENGTH = 3


def find_names(found: Found) -> None:
    """The value is the set of folded words of a name."""
    text = found.text
    for match in _ON_TICKET.finditer(text.written):
        family, _, given = match[0].partition("/")
        if not len(family) == len(given) == _CODE_LENGTH:
            _add(found, match.start(), match.end())
    for index, token in enumerate(text.tokens):
        if not token.is_capitalised and token.word not in _PASSENGERS | _TITLES | {"khach"}:
            continue
        if not found.is_free_token(index):
            continue
        start = _behind_a_word_for_one(text, index)
        if start is None and token.is_capitalised and _has_family_name(text, index):
            start = index
        if start is None:
            continue
        end = _end_of_name(text, start)
        if end > start:
            _add(found, text.tokens[start].start, text.tokens[end - 1].end)


def _add(found: Found, start: int, end: int) -> None:
    words = frozenset(fold(found.text.written[start:end]).replace("/", " ").split())
    found.add("name", start, end, words)


def _behind_a_word_for_one(text: Text, index: int) -> int | None:
    """Where the name would begin behind "passenger", "hành khách" or a title."""
    word = text.word(index)
    is_passenger = word in _PASSENGERS or (word == "khach" and text.word(index - 1) == "hanh")
    is_title = word in _TITLES and text.tokens[index].is_capitalised
    if not (is_passenger or is_title):
        return None
    at = index + 1
    while text.word(at) in _BETWEEN:
        at += 1
    return at if at < len(text.tokens) else None


def _has_family_name(text: Text, index: int) -> bool:
    word, following = text.word(index), text.word(index + 1)
    if index + 1 >= len(text.tokens) or not text.tokens[index + 1].is_capitalised or not following.isalpha():
        return False
    return word in _FAMILIES or (word in _SHORT_FAMILIES and following in _MIDDLE_NAMES)


def _end_of_name(text: Text, start: int) -> int:
    end = start
    while (
        end < len(text.tokens)
        and end - start < _LONGEST
        and text.tokens[end].is_capitalised
        and text.tokens[end].word.isalpha()
    ):
        end += 1
    return end
