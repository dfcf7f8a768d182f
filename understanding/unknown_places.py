"""Places said where a place belongs but not among our names: other towns, wrong letters, and none at all."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from understanding.frame import Problem, SlotName
from understanding.language import is_common_word
from understanding.places import PlaceMention, find_name
from understanding.route import Role, Route, marker_at
from understanding.text import Text, read_text

LONGEST_NAME_WORDS = 4
_STRONG_MARKERS = {"tu", "from", "to", "den", "toi", "sang", "vao", "ra", "di"}
"""Words after which an unknown capitalised word is a place; "for" may introduce a person."""
PLACE_SLOTS: frozenset[SlotName] = frozenset(("origin", "destination"))


class UnknownPlaces(NamedTuple):
    """What stood in place positions: by role, the places found after all, and a problem for each that is none."""

    found: dict[str, PlaceMention]
    problems: tuple[Problem, ...]

    def complete(self, route: Route) -> Route:
        """The route with the gaps filled. A place without a role turns into the other end."""
        origin = route.origin or self.found.get("origin")
        destination = route.destination or self.found.get("destination")
        said = {problem.field for problem in self.problems}
        if route.bare and (destination or "destination" in said) and not origin:
            return route._replace(origin=route.bare, destination=destination, bare=None)
        if route.bare and (origin or "origin" in said) and not destination:
            return route._replace(origin=origin, destination=route.bare, bare=None)
        return route._replace(origin=origin, destination=destination)


def find_unknown_places(text: Text, taken: Collection[int], asked: AbstractSet[SlotName]) -> UnknownPlaces:
    """Look at the words after "from", "to" and the like; `taken` are the tokens that are something else."""
    found: dict[str, PlaceMention] = {}
    problems: list[Problem] = []
    for index in range(len(text.tokens)):
        role = _role_before(text, index)
        if index in taken or role is None or role in found:
            continue
        end = _name_end(text, index, taken)
        if end == index:
            continue
        mention = _find(text, index, end)
        if mention and mention.name.kind == "country":
            continue  # left out on purpose: its city is said too
        if mention:
            found[role] = mention
        elif text.tokens[index].is_capitalised or _is_between_markers(text, end, role):
            phrase = text.phrase(index, end)
            problems.append(Problem(field=role, code="unknown_place", params={"phrase": phrase}))
    asked_place = next(iter(sorted(asked & PLACE_SLOTS, reverse=True)), None)
    if asked_place and not (taken or found or problems) and _could_be_name(text):
        mention = _find(text, 0, len(text.tokens))
        if mention:
            found[asked_place] = mention
        else:
            params = {"phrase": text.written.strip()}
            problems.append(Problem(field=asked_place, code="unknown_place", params=params))
    return UnknownPlaces(found, tuple(problems))


def _role_before(text: Text, index: int) -> str | None:
    role: Role | None = marker_at(text, index - 1)
    if text.word(index - 1) not in _STRONG_MARKERS or role not in PLACE_SLOTS:
        return None
    return role


def _name_end(text: Text, start: int, taken: Collection[int]) -> int:
    """The index after the words that could be one name: capitalised alike, and none of them an everyday word."""
    is_capitalised = text.tokens[start].is_capitalised and not text.written.isupper()
    end = start
    while end < min(len(text.tokens), start + LONGEST_NAME_WORDS):
        token = text.tokens[end]
        if end in taken or not token.word.isalpha() or is_common_word(token) or marker_at(text, end):
            break
        if token.is_capitalised != is_capitalised and not text.written.isupper():
            break
        end += 1
    return end


def _find(text: Text, start: int, end: int) -> PlaceMention | None:
    phrase = text.phrase(start, end)
    name = find_name(read_text(phrase), is_town_known=text.tokens[start].is_capitalised)
    return PlaceMention(start, end, phrase, name, is_sure=True) if name else None


def _is_between_markers(text: Text, end: int, role: str) -> bool:
    """ "from gotham to …": a word between two markers is a place even in small letters."""
    return role == "origin" and marker_at(text, end) == "destination"


def _could_be_name(text: Text) -> bool:
    words = [token for token in text.tokens if token.word.isalpha()]
    return 0 < len(words) == len(text.tokens) <= LONGEST_NAME_WORDS and not any(map(is_common_word, words))
