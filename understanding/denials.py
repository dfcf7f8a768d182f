"""What a message says no to: "không cần bay thẳng", "any airline but Vietjet"."""

from __future__ import annotations

from collections.abc import Container, Iterable

from understanding.grammar import Vocabulary
from understanding.text import Text

_REACH_WORDS = 3
_LONGEST_PHRASE_WORDS = 2


def _phrases(words: Iterable[str]) -> Vocabulary:
    return Vocabulary((word, True) for word in words)


_NEGATIONS = _phrases(
    (
        *("không", "ko", "k", "=đừng", "=dung", "trừ", "tránh"),
        *("not", "no", "don't", "dont", "without", "except", "avoid"),
    )
)
"""The strict spellings leave out "dùng", use, and "dừng", stop."""
_REFUSALS = _phrases(
    (
        *("hok", "hông", "chả", "chẳng", "bỏ", "ghét", "chán", "sợ", "ngán", "né", "thay vì", "thay cho"),
        *("never", "nothing", "doesn't", "won't", "wouldn't", "cannot", "can't", "exclude", "excluding", "excludes"),
        *("skip", "hate", "dislike", "refuse", "anything but", "everything but", "all but", "airline but"),
        *("airlines but", "other than", "rather than", "instead of", "apart from", "aside from"),
    )
)
"""Said of an airline these too refuse it."""
_REFUSALS_BESIDE = _phrases(("loại", "khác", "ngoài", "besides", "than", "hơn"))
"""These refuse only the airline right behind them: "hãng khác Vietjet", but not "chuyến khác của Vietjet"."""
_REFUSALS_BEHIND = _phrases(("thì không", "thì ko", "thì thôi", "excluded"))
_CONNECTING = frozenset(
    (
        *("bay", "di", "muon", "thich", "dung", "hang", "voi", "cua", "can", "phai", "mua", "ve", "chon", "lay", "dat"),
        *("co", "bao", "gio", "nen", "bang", "chuyen", "la", "xa", "ra", "tin", "ma", "qua", "cho", "to", "want"),
        *("like", "wish", "fly", "flying", "flight", "flights", "go", "going", "with", "on", "the", "any", "a", "an"),
        *("by", "airline", "airlines", "carrier", "take", "taking", "book", "booking", "choose", "choosing", "use"),
        *("using", "travel", "travelling", "pick", "me", "you", "us", "prefer", "for", "of", "in", "from", "ever"),
    )
)
"""Words that may stand between a refusal and the airline it is about."""


def is_denied(text: Text, start: int, taken: Container[int] = ()) -> bool:
    """A negation within three words before, in the same clause: "không cần bay thẳng", but not "không, bay thẳng".

    A negation among the tokens `taken` is about what took it: "no stops, business".
    """
    for end in range(start, max(start - _REACH_WORDS, 0), -1):
        if not text.word(end - 1)[0].isalnum() or end - 1 in taken:
            return False
        if _ends_with(_NEGATIONS, text, end):
            return True
    return False


def is_cabin_refused(text: Text, start: int, taken: Container[int]) -> bool:
    """ "Economy instead of business", "phổ thông thay vì thương gia"."""
    before = start - (text.word(start - 1) in {"a", "the", "hang", "ve", "ghe"})
    return before - 1 not in taken and (_ends_with(_REFUSALS, text, before) or _ends_with(_NEGATIONS, text, before))


def is_airline_refused(text: Text, start: int, end: int) -> bool:
    """Whether the words around an airline's name, tokens `start` up to `end`, refuse it."""
    if _REFUSALS_BEHIND.read(text, end) or _ends_with(_REFUSALS_BESIDE, text, start):
        return True
    while start and not _ends_with(_NEGATIONS, text, start) and not _ends_with(_REFUSALS, text, start):
        if text.word(start - 1) not in _CONNECTING:
            return False
        start -= 1
    return start > 0


def _ends_with(phrases: Vocabulary, text: Text, end: int) -> bool:
    """Whether a phrase ends before token `end`."""
    begins = range(max(end - _LONGEST_PHRASE_WORDS, 0), end)
    return any(found_end == end for begin in begins for _, found_end in phrases.read(text, begin))
