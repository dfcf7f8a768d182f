"""Words that make the next one a person's name."""

from __future__ import annotations

from understanding.text import Text, could_be, find_marks, fold

_VIETNAMESE = ("anh", "chị", "em", "cô", "chú", "bác", "ông", "bà", "bạn", "cậu", "bé", "tên")
TITLES = {fold(title): find_marks(title) for title in (*_VIETNAMESE, "mr", "ms", "mrs", "miss", "named")}
"""Their diacritics, by folded word."""


def is_titled(text: Text, index: int) -> bool:
    """Whether a title stands before the word: "chị Mai", "anh Vinh"."""
    marks = TITLES.get(text.word(index - 1))
    return marks is not None and could_be(text.tokens[index - 1].marks, marks)
