"""Small grammars over words: rules are patterns of words and slots, tried at every token, the longest one wins.

A pattern is written as it is said: `"thứ {n} tuần|week sau?"`. `a|b` are alternatives, `?` makes an element optional,
`{name}` is a slot read by a vocabulary or a reader. Words carry their diacritics: a word typed without them still
matches, one typed with others does not ("bảy" is never "bay"). `=mốt` insists on the diacritics, `^bảy` does in a
message that has some, `~mốt` forgives any.
Matching is linear in the length of the message: nothing repeats, and no vocabulary phrase is longer than a few words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple, Protocol

from understanding.text import Text, could_be, find_marks, fold

DIGITS = "#"
"""In `starts`: any token that begins with a digit."""

Found = tuple[Any, int]
"""A slot's value and the index of the token after it."""


class Slot(Protocol):
    @property
    def starts(self) -> frozenset[str]:
        """Folded words with which it may begin."""
        ...

    def read(self, text: Text, index: int) -> Iterable[Found]:
        """Everything it may be at this token, longest first."""
        ...


class Word(NamedTuple):
    """One written word of a pattern or a vocabulary."""

    folded: str
    marks: str
    strictness: str
    """One of "=", "^", "~", or nothing, as in a pattern."""

    @classmethod
    def parse(cls, written: str) -> Word:
        word = written.lstrip("=~^") or written
        return cls(fold(word), find_marks(word.lower()), written.removesuffix(word))

    def matches(self, text: Text, index: int) -> bool:
        token = text.tokens[index]
        if token.word != self.folded:
            return False
        if self.strictness == "=" or (self.strictness == "^" and text.is_marked):
            return token.marks == self.marks
        return self.strictness == "~" or could_be(token.marks, self.marks)


class _Node:
    def __init__(self) -> None:
        self.children: dict[str, list[tuple[Word, _Node]]] = {}
        self.values: list[Any] = []


class Vocabulary:
    """Phrases and what they mean. Where one phrase has several meanings all are offered, in the order given."""

    def __init__(self, phrases: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        self._root = _Node()
        for phrase, value in phrases.items() if isinstance(phrases, Mapping) else phrases:
            self._add(phrase, value)
        self.starts = frozenset(self._root.children)

    def read(self, text: Text, index: int) -> list[Found]:
        found: list[Found] = []
        self._walk(self._root, text, index, found)
        found.sort(key=lambda value_and_end: -value_and_end[1])
        return found

    def _add(self, phrase: str, value: Any) -> None:
        node = self._root
        for written in phrase.split():
            word = Word.parse(written)
            branches = node.children.setdefault(word.folded, [])
            branch = next((child for known, child in branches if known == word), None)
            if branch is None:
                branch = _Node()
                branches.append((word, branch))
            node = branch
        node.values.append(value)

    def _walk(self, node: _Node, text: Text, index: int, found: list[Found]) -> None:
        found.extend((value, index) for value in node.values)
        if index >= len(text.tokens):
            return
        if node is not self._root and text.tokens[index].word == "-":
            index += 1  # Xê-un, Tô-ky-ô
            if index >= len(text.tokens):
                return
        for word, child in node.children.get(text.tokens[index].word, ()):
            if word.matches(text, index):
                self._walk(child, text, index + 1, found)


class Reader:
    """A slot read by a function."""

    def __init__(self, starts: frozenset[str], reads: Callable[[Text, int], Iterable[Found]]) -> None:
        self.starts = starts
        self._reads = reads

    def read(self, text: Text, index: int) -> Iterable[Found]:
        return self._reads(text, index)


class Rule(NamedTuple):
    """`build` makes the meaning of a match from the values of the pattern's slots; an absent optional slot is None."""

    pattern: str
    build: Callable[..., Any]


class Match(NamedTuple):
    """A rule that fits tokens `start` up to `end`."""

    start: int
    end: int
    rule: Rule
    values: tuple[Any, ...]


_Element = tuple[Word, ...] | Slot
_Reads = dict[tuple[int, int], list[Found]]
"""What each slot (by identity) read at each token: many rules ask the same."""


class _Variant(NamedTuple):
    """A rule with its options decided. A None element stands for a slot left out."""

    rule: Rule
    elements: tuple[_Element | None, ...]


class Grammar:
    """Rules indexed by the words they can begin with."""

    def __init__(self, rules: Iterable[Rule], slots: Mapping[str, Slot]) -> None:
        self._slots = slots
        self._by_start: dict[str, list[_Variant]] = {}
        for rule in rules:
            for variant in self._variants(rule):
                for start in self._starts(variant):
                    self._by_start.setdefault(start, []).append(variant)

    def scan(self, text: Text, *, allow: Callable[[Match], bool] = lambda _: True) -> list[Match]:
        """The matches from left to right; none overlap."""
        matches: list[Match] = []
        index = 0
        while index < len(text.tokens):
            match = self.match_at(text, index)
            if match and allow(match):
                matches.append(match)
                index = match.end
            else:
                index += 1
        return matches

    def match_at(self, text: Text, index: int) -> Match | None:
        """The longest match that begins at a token; of equally long ones the rule listed first."""
        word = text.tokens[index].word
        reads: _Reads = {}
        best: Match | None = None
        for start in (word, DIGITS) if word[0].isdigit() else (word,):
            for variant in self._by_start.get(start, ()):
                for values, end in _fit(variant.elements, text, index, (), reads):
                    if best is None or end > best.end:
                        best = Match(index, end, variant.rule, values)
        return best

    def _variants(self, rule: Rule) -> Iterator[_Variant]:
        choices: list[tuple[_Element | tuple[()] | None, ...]] = []
        for part in rule.pattern.split():
            element = self._parse(part.removesuffix("?"))
            absent: tuple[()] | None = () if isinstance(element, tuple) else None
            choices.append((element, absent) if part.endswith("?") else (element,))
        for chosen in product(*choices):
            yield _Variant(rule, tuple(element for element in chosen if element != ()))

    def _parse(self, part: str) -> _Element:
        if part.startswith("{"):
            return self._slots[part[1:-1]]
        return tuple(Word.parse(word) for word in part.split("|"))

    @staticmethod
    def _starts(variant: _Variant) -> frozenset[str]:
        first = next(element for element in variant.elements if element is not None)
        return frozenset(word.folded for word in first) if isinstance(first, tuple) else first.starts


def _fit(
    elements: tuple[_Element | None, ...], text: Text, index: int, values: tuple[Any, ...], reads: _Reads
) -> Iterator[tuple[tuple[Any, ...], int]]:
    if not elements:
        yield values, index
        return
    element, rest = elements[0], elements[1:]
    if element is None:
        yield from _fit(rest, text, index, (*values, None), reads)
    elif index >= len(text.tokens):
        return
    elif isinstance(element, tuple):
        if any(word.matches(text, index) for word in element):
            yield from _fit(rest, text, index + 1, values, reads)
    else:
        key = (id(element), index)
        if key not in reads:
            reads[key] = list(element.read(text, index))
        for value, end in reads[key]:
            yield from _fit(rest, text, end, (*values, value), reads)
