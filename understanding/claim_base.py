"""What a sentence claims, as values that can be compared with what is known."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from understanding.text import Text

ClaimKind = Literal[
    "price",
    "time",
    "duration",
    "date",
    "weekday",
    "flight",
    "reference",
    "airline",
    "seat",
    "stops",
    "name",
    "count",
    "number",
]


class Mention(NamedTuple):
    """A travel fact in a sentence, at the characters `start` up to `end` of its `Text.written`.

    What `value` is belongs to the kind: a Price, a Span, a Day or the days possible, a weekday from Monday = 0, a code,
    a folded name, or a number.
    """

    kind: ClaimKind
    text: str
    start: int
    end: int
    value: Any


class Found:
    """The mentions of a text so far; none overlap, so that what is found first keeps its words."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.mentions: list[Mention] = []
        self._is_taken = bytearray(len(text.written))

    def is_free(self, start: int, end: int) -> bool:
        return not any(self._is_taken[start:end])

    def is_free_token(self, index: int) -> bool:
        token = self.text.tokens[index]
        return self.is_free(token.start, token.end)

    def take(self, start: int, end: int) -> None:
        """Words that say nothing of their own: no other finder reads them."""
        self._is_taken[start:end] = b"\1" * (end - start)

    def add(self, kind: ClaimKind, start: int, end: int, value: Any) -> None:
        if self.is_free(start, end):
            self.take(start, end)
            self.mentions.append(Mention(kind, self.text.written[start:end].strip(), start, end, value))

    def add_tokens(self, kind: ClaimKind, first: int, stop: int, value: Any) -> None:
        self.add(kind, self.text.tokens[first].start, self.text.tokens[stop - 1].end, value)

    def in_order(self) -> list[Mention]:
        return sorted(self.mentions, key=lambda each: each.start)
