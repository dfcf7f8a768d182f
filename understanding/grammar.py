"""Small grammars over words: rules are patterns of words and slots, tried at every token, the longest one wins.

A pattern is written as it is said: `"thứ {n} tuần|week sau?"`. `a|b` are alternatives, `?` makes an element optional,
`{name}` is a slot read by a vocabulary or a reader. Words carry their diacritics: a word typed without them still
matches, one typed with others does not ("bảy" is never "bay"). `=mốt` insists on the diacritics, `^bảy` does in a
message that has some, `~mốt` forgives any.
Matching is linear in the length of the message: nothing repeats, and no vocabulary phrase is longer than a few words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any, NamedTuple, Protocol

from understanding.text import Text, could_be, find_marks, fold

_NONE: dict[Any, Any] = {}
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

    def matches(self, text: Text, index: int) -> bool:
        token = text.tokens[index]
        if token.word != self.folded:
            return False
        if self.strictness == "=" or (self.strictness == "^" and text.is_marked):
            return token.marks == self.marks
        return self.strictness == "~" or could_be(token.marks, self.marks)


@cache
def _parse_word(written: str) -> Word:
    word = written.lstrip("=~^") or written
    return Word(fold(word), find_marks(word.lower()), written.removesuffix(word))


class _Node:
    __slots__ = ("children", "values")  # there are a hundred thousand

    def __init__(self) -> None:
        self.children: dict[str, dict[Word, _Node]] = {}
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
        for word, node in self._root.children.get(text.word(index), _NONE).items():
            if word.matches(text, index):
                self._walk(node, text, index + 1, found)
        if len(found) > 1:
            found.sort(key=lambda value_and_end: -value_and_end[1])
        return found

    def _add(self, phrase: str, value: Any) -> None:
        node = self._root
        for written in phrase.split():
            word = _parse_word(written)
            branches = node.children.setdefault(word.folded, {})
            if word not in branches:
                branches[word] = _Node()
            node = branches[word]
        node.values.append(value)

    def _walk(self, node: _Node, text: Text, index: int, found: list[Found]) -> None:
        for value in node.values:
            found.append((value, index))
        if not node.children or index >= len(text.tokens):
            return
        if text.tokens[index].word == "-":
            index += 1  # Xê-un, Tô-ky-ô
            if index >= len(text.tokens):
                return
        for word, child in node.children.get(text.tokens[index].word, _NONE).items():
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


class _End(NamedTuple):
    """A rule that is complete here. `picks` are its slots' places among the values read; None was left out."""

    order: int
    rule: Rule
    picks: tuple[int | None, ...]


class _State:
    """How far a pattern has been followed. Patterns that begin alike share their states."""

    def __init__(self) -> None:
        self.by_word: dict[str, dict[Word, _State]] = {}
        self.by_slot: list[tuple[Slot, _State]] = []
        self.by_first: dict[str, list[tuple[Slot, _State]]] | None = None
        """`by_slot` by the words the slots may begin with, once sorted: where many rules begin, few do at one word."""
        self.ends: list[_End] = []

    def sort_slots(self) -> None:
        words = frozenset({DIGITS}).union(*(slot.starts for slot, _ in self.by_slot))
        self.by_first = {word: [each for each in self.by_slot if begins_at(each[0], word)] for word in words}

    def slots_at(self, word: str) -> Iterable[tuple[Slot, _State]]:
        """The slots that may begin at a word."""
        if self.by_first is None:
            return [each for each in self.by_slot if begins_at(each[0], word)]
        return self.by_first.get(word) or self.by_first[DIGITS] if word[0].isdigit() else self.by_first.get(word, ())

    def next(self, element: _Element) -> list[_State]:
        """The states behind an element: one for a slot, one for each alternative of a word."""
        if isinstance(element, tuple):
            return [self._next_word(word) for word in element]
        state = next((state for slot, state in self.by_slot if slot is element), None)
        if state is None:
            state = _State()
            self.by_slot.append((element, state))
        return [state]

    def _next_word(self, word: Word) -> _State:
        return self.by_word.setdefault(word.folded, {}).setdefault(word, _State())


class Grammar:
    """Rules as one tree of words and slots."""

    def __init__(self, rules: Iterable[Rule], slots: Mapping[str, Slot]) -> None:
        self._slots = slots
        self._start = _State()
        for order, rule in enumerate(rules):
            self._add(order, rule)
        self._start.sort_slots()
        self.starts = frozenset(self._start.by_word).union(*(slot.starts for slot, _ in self._start.by_slot))
        """Folded words with which a match may begin."""

    def scan(self, text: Text, *, allow: Callable[[Match], bool] = lambda _: True) -> list[Match]:
        """The matches from left to right; none overlap."""
        matches: list[Match] = []
        index = 0
        begins_with_digits = DIGITS in self.starts
        while index < len(text.tokens):
            word = text.tokens[index].word
            if word not in self.starts and not (begins_with_digits and word[0].isdigit()):
                index += 1
                continue
            match = self.match_at(text, index)
            if match and allow(match):
                matches.append(match)
                index = match.end
            else:
                index += 1
        return matches

    def match_at(self, text: Text, index: int) -> Match | None:
        """The longest match that begins at a token; of equally long ones the rule listed first."""
        best: tuple[int, int] | None = None
        found: Match | None = None
        for end, values, stop in _follow(self._start, text, index, (), {}):
            rank = (-stop, end.order)
            if best is None or rank < best:
                best = rank
                picked = tuple(None if pick is None else values[pick] for pick in end.picks)
                found = Match(index, stop, end.rule, picked)
        return found

    def _add(self, order: int, rule: Rule) -> None:
        parts = rule.pattern.split()
        elements = [self._parse(part.removesuffix("?")) for part in parts]
        choices = [(True, False) if part.endswith("?") else (True,) for part in parts]
        for present in product(*choices):
            states, picks, slots = [self._start], [], 0
            for element, is_present in zip(elements, present, strict=True):
                is_slot = not isinstance(element, tuple)
                if is_slot:
                    picks.append(slots if is_present else None)
                    slots += is_present
                if is_present:
                    states = [following for state in states for following in state.next(element)]
            for state in states:
                state.ends.append(_End(order, rule, tuple(picks)))

    def _parse(self, part: str) -> _Element:
        if part.startswith("{"):
            return self._slots[part[1:-1]]
        return tuple(_parse_word(word) for word in part.split("|"))


def _follow(
    state: _State, text: Text, index: int, values: tuple[Any, ...], reads: _Reads
) -> Iterator[tuple[_End, tuple[Any, ...], int]]:
    """Every rule complete from here on, with the values read and the token it ends before."""
    for end in state.ends:
        yield end, values, index
    if index >= len(text.tokens):
        return
    word = text.tokens[index].word
    for pattern, following in state.by_word.get(word, _NONE).items():
        if pattern.matches(text, index):
            yield from _follow(following, text, index + 1, values, reads)
    for slot, following in state.slots_at(word) if state.by_slot else ():
        key = (id(slot), index)
        if key not in reads:
            reads[key] = list(slot.read(text, index))
        for value, stop in reads[key]:
            yield from _follow(following, text, stop, (*values, value), reads)


def begins_at(slot: Slot, word: str) -> bool:
    return word in slot.starts or (DIGITS in slot.starts and (word[0].isdigit() or word == DIGITS))
