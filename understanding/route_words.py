"""The words around a place that say what it is to the trip: "from", "out of", "quá cảnh ở", "à nhầm"."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from understanding.grammar import Vocabulary
from understanding.text import Text, find_marks

Role = Literal["origin", "here", "destination", "toward", "home", "via", "near", "past"]
"""What the word before a place makes of it. `here` is where the traveller says to be; `toward` ("bay") leads to the
place unless another word leads on from it; `home` is also the way back; `near` asks which airport is there; `past`
tells of another trip."""
_ROLES: dict[str, Role] = {role: role for role in get_args(Role)}

FEW_STEPS = 5
_PAUSES = {",", ".", "…", "-", ";", ":", "!", "um", "uh", "uhm", "er", "erm", "ah", "oh", "well", "a", "ay"}
_TICKET_VERBS = {"tim", "dat", "mua", "book", "gia", "san", "xem", "cho", "may", "bay", "kiem"}
_VERBS = {"bay", "di", "fly", "flying", "going", "leaving"}
_INSTEAD = {"to", "with", "for", "by", "thanh", "sang", "qua", "bang"}
_AND = {"va", "and", "roi"}
_FALLING = find_marks("à")
_NO_DENIAL = {"why", "or", "if", "whether"}


class _Found(NamedTuple):
    start: int
    kind: str


class RouteWords:
    """The words of a message that lead to and from places. Tokens in `taken` mean something else."""

    def __init__(self, text: Text, taken: Collection[int] = ()) -> None:
        self._text = text
        self._leading: dict[int, _Found] = {}
        """Roles and fillers by the index of the token behind them; the longest."""
        self._other: dict[tuple[str, int], int] = {}
        """The start of every other word, by its kind and the token behind it."""
        words = _vocabulary()
        for start in range(len(text.tokens)):
            for kind, end in words.read(text, start):
                if any(index in taken for index in range(start, end)):
                    continue
                if kind not in _ROLES and kind != "filler":
                    self._other.setdefault((kind, end), start)
                elif not self._is_other_word(end - 1) and self._leading.get(end, _Found(start, "")).start == start:
                    known = self._leading.get(end)
                    if known is None or known.kind == "filler":
                        self._leading[end] = _Found(start, kind)

    def role_before(self, start: int) -> Role | None:
        """The role that the words right before a token give it."""
        role, _ = self._read_before(start)
        return role

    def start_before(self, start: int) -> int:
        """The index of the first of the words that lead to a token."""
        _, begin = self._read_before(start)
        return begin

    def role_at(self, index: int) -> Role | None:
        """The role that a single word gives the place behind it."""
        found = self._leading.get(index + 1)
        return _ROLES.get(found.kind) if found else None

    def is_leading(self, index: int) -> bool:
        """Whether a word or filler that leads to a place ends with this token."""
        return index + 1 in self._leading

    def is_corrected(self, start: int, after: int) -> bool:
        """Whether the words that lead to a token take back what came before them: "no wait, from"."""
        index = start
        while index > after:
            if ("cue", index) in self._other or self._is_afterthought(index):
                return True
            if index in self._leading:
                index = self._leading[index].start
            elif self._text.word(index - 1) in _PAUSES:
                index -= 1
            else:
                return False
        return False

    def is_negated(self, start: int) -> bool:
        """ "Không phải Hà Nội", "not from Hanoi", "instead of Hue"."""
        index = self.start_before(start)
        is_verb = self._text.word(index - 1) in _VERBS  # "instead of flying from", "thay vì bay từ"
        for at in {index, start, index - is_verb}:
            begin = self._other.get(("not", at))
            is_correction = begin is not None and self._other.get(("cue", at), begin) < begin  # "à không, đi Huế"
            if begin is not None and not is_correction and self._text.word(begin - 1) not in _NO_DENIAL:
                return True
        return False

    def is_suggested(self, start: int) -> bool:
        """ "How about shannon", "thử vinh xem"."""
        return ("suggestion", start) in self._other

    def is_replaced(self, start: int, end: int) -> bool:
        """ "Change Heathrow to", "đổi Huế thành": another place is to stand in its stead."""
        return ("replacing", start) in self._other and self._text.word(end) in _INSTEAD

    def is_swapped(self) -> bool:
        """ "The other way round": the ends change places; "và ngược lại" is the way back."""
        starts = [start for (kind, _), start in self._other.items() if kind == "swap"]
        return any(self._text.word(start - 1) not in _AND for start in starts)

    def goes_on(self, start: int, end: int) -> bool:
        """Whether a word such as "rồi" or "then" stands between two tokens."""
        return any(("then", index) in self._other for index in range(start + 1, end + 1))

    def _read_before(self, start: int) -> tuple[Role | None, int]:
        role: Role | None = None
        for _ in range(FEW_STEPS):
            found = self._leading.get(start)
            if found is None:
                break
            start = found.start
            if found.kind == "near":
                role = "near"
            elif found.kind != "filler":
                return _ROLES[found.kind], start
        return role, start

    def _is_afterthought(self, end: int) -> bool:
        """ "Đi Đài Bắc, à Cao Hùng"."""
        token = self._text.tokens[end - 1]
        return token.word == "a" and token.marks == _FALLING and self._text.word(end - 2) in _PAUSES

    def _is_other_word(self, index: int) -> bool:
        """ "ve" the ticket, "toi" the speaker: by the words around, where marks do not tell."""
        text = self._text
        word, before, marks = text.word(index), text.word(index - 1), text.tokens[index].marks
        if word == "ve" and not marks:
            return index == 0 or before in _TICKET_VERBS
        if word == "toi" and not marks:
            return index == 0 or before in {"cho", "giup", "cua"}
        return False


@cache
def _vocabulary() -> Vocabulary:
    return Vocabulary(list(_words()))


def _words() -> Iterator[tuple[str, str]]:
    lines = Path(__file__).with_name("route_words.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        kind, words = line.split("\t")
        for word in words.split(", "):
            yield word, kind
