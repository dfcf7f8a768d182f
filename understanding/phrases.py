"""What travellers say in fixed words, by kind: every list of `phrases.tsv` in one vocabulary, read once a message.

A line is a kind and its phrases. In a phrase `a|b` are alternatives, `?` makes a word optional, `a_b` are two words in
one alternative, and `$name` stands for the alternatives of the line of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from understanding.grammar import Vocabulary
from understanding.text import Text

MESSAGES_REMEMBERED = 32
"""Many rules ask about the same message."""
_SKIPPED = "intensifier"
"""Words that may stand anywhere and change nothing: "really", "actually", "đang"."""


class Phrases(NamedTuple):
    """The phrases of one message."""

    spans: dict[str, tuple[tuple[int, int], ...]]
    """Where each kind occurs, as token spans."""
    by_start: tuple[tuple[tuple[str, int], ...], ...]
    """For each token the kinds that begin there, each with its end."""


@lru_cache(maxsize=MESSAGES_REMEMBERED)
def read_phrases(text: Text) -> Phrases:
    by_start = [_vocabulary().read(text, index) for index in range(len(text.tokens))]
    if any(name == _SKIPPED for found in by_start for name, _ in found):
        _add_around_skipped(text, by_start)
    spans: dict[str, tuple[tuple[int, int], ...]] = {}
    for start, found in enumerate(by_start):
        for name, end in found:
            spans[name] = (*spans.get(name, ()), (start, end))
    return Phrases(spans, tuple(map(tuple, by_start)))


def _add_around_skipped(text: Text, by_start: list[list[tuple[str, int]]]) -> None:
    """Adds what the message says without its intensifiers: "what can you actually do" asks what it can do."""
    skipped = {
        index
        for start, found in enumerate(by_start)
        for name, end in found
        if name == _SKIPPED
        for index in range(start, end)
    }
    kept = [index for index in range(len(text.tokens)) if index not in skipped]
    rest = text._replace(tokens=tuple(text.tokens[index] for index in kept))
    for position, index in enumerate(kept):
        known = set(by_start[index])
        found = ((name, kept[end - 1] + 1) for name, end in _vocabulary().read(rest, position))
        by_start[index] += [each for each in found if each not in known]


def find_phrase(text: Text, name: str) -> bool:
    """Whether a phrase of this kind occurs anywhere."""
    return name in read_phrases(text).spans


def is_only(text: Text, names: Iterable[str]) -> bool:
    """Whether the message consists of phrases of these kinds and of particles, and of nothing else."""
    core = frozenset(names)
    by_start = read_phrases(text).by_start
    index, has_core = 0, False
    while index < len(text.tokens):
        if not text.tokens[index].word[0].isalnum():
            index += 1
            continue
        ends = [end for name, end in by_start[index] if name in core]
        others = [end for name, end in by_start[index] if name == "particle"]
        if not ends and not others:
            return False
        has_core = has_core or bool(ends)
        index = max((*ends, *others))
    return has_core


def read_lists(file_name: str) -> Iterator[tuple[str, str]]:
    """Every phrase of a file of such lists, with its kind."""
    lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    table = dict(line.split("\t") for line in lines)
    for name, said in table.items():
        if not name.startswith("$"):
            yield from ((phrase, name) for pattern in said.split(", ") for phrase in _expand(pattern, table))


@cache
def _vocabulary() -> Vocabulary:
    return Vocabulary(read_lists("phrases.tsv"))


def _expand(pattern: str, table: dict[str, str]) -> Iterator[str]:
    choices: list[list[str]] = []
    for part in pattern.split():
        words = [
            word
            for each in part.removesuffix("?").split("|")
            for word in (table[each].split("|") if each.startswith("$") else (each,))
        ]
        choices.append([*words, ""] if part.endswith("?") else words)
    for chosen in product(*choices):
        yield " ".join(filter(None, chosen)).replace("_", " ")
