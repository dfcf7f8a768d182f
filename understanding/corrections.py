"""What a traveller takes back in the same breath: "two, no wait, three", "Delta, actually United"."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, TypeVar

from understanding.phrases import find_phrase
from understanding.text import Text


class Spanned(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


_Mention = TypeVar("_Mention", bound=Spanned)


def without_taken_back(
    text: Text, mentions: Sequence[_Mention], topics_of: Callable[[_Mention], set[Hashable]]
) -> list[_Mention]:
    """The mentions (in order) without those before a correction whose topic is spoken of again after it."""
    kept = list(mentions)
    for position in range(1, len(mentions)):
        if is_correction(text, mentions[position - 1].end, mentions[position].start):
            later = {topic for mention in mentions[position:] for topic in topics_of(mention)}
            taken_back = {id(mention) for mention in mentions[:position] if topics_of(mention) & later}
            kept = [mention for mention in kept if id(mention) not in taken_back]
    return kept


def is_correction(text: Text, start: int, end: int) -> bool:
    """Whether the words between two mentions, tokens `start` up to `end`, take the first one back."""
    return start < end and find_phrase(text._replace(tokens=text.tokens[start:end]), "correction")
