"""Fixed phrases and what the traveller wants with them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from understanding.grammar import Vocabulary
from understanding.text import Text


def find_phrase(text: Text, intent: str) -> bool:
    """Whether a phrase of the intent occurs anywhere."""
    vocabulary = _phrases()[intent]
    return any(vocabulary.read(text, index) for index in range(len(text.tokens)))


def is_only(text: Text, intents: Iterable[str]) -> bool:
    """Whether the message consists of phrases of these intents and of particles, and of nothing else."""
    allowed = [_phrases()[name] for name in (*intents, "particle")]
    core = [_phrases()[name] for name in intents]
    index, has_core = 0, False
    while index < len(text.tokens):
        if not text.tokens[index].word[0].isalnum():
            index += 1
            continue
        ends = [found[0][1] for vocabulary in allowed if (found := vocabulary.read(text, index))]
        if not ends:
            return False
        has_core = has_core or any(vocabulary.read(text, index) for vocabulary in core)
        index = max(ends)
    return has_core


@cache
def _phrases() -> dict[str, Vocabulary]:
    lines = Path(__file__).with_name("phrases.tsv").read_text(encoding="utf-8").splitlines()
    table = dict(line.split("\t") for line in lines)
    return {name: Vocabulary([(phrase, name) for phrase in said.split(", ")]) for name, said in table.items()}
