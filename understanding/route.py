"""From where to where: which of the places in a message is the origin and which the destination."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from understanding.places import PlaceMention, PlaceName
from understanding.text import Text, could_be, find_marks, fold

Role = Literal["origin", "destination", "home", "via"]

_SAID_BEFORE: dict[str, Role] = {
    **dict.fromkeys(("từ", "from", "leaving", "departing", "rời"), "origin"),
    **dict.fromkeys(("đi", "đến", "tới", "ra", "vào", "lên", "xuống", "sang", "qua", "ghé", "thăm"), "destination"),
    **dict.fromkeys(("to", "into", "towards", "for", "visit", "visiting"), "destination"),
    "về": "home",
    **dict.fromkeys(("via", "through", "cảnh"), "via"),
}
_MARKERS = {fold(word): (find_marks(word), role) for word, role in _SAID_BEFORE.items()}
"""By folded word: its diacritics, and the role of the place behind it."""
_HERE = {"o", "tai", "in", "at"}
_FROM_HERE = {"hanh", "phat", "dang", "based", "i'm", "am", "live", "start", "starting"}
_FILLERS = {
    *(
        "thanh",
        "pho",
        "tp",
        "tinh",
        "san",
        "dao",
        "thu",
        "do",
        "city",
        "airport",
        "the",
        "of",
        ".",
        "nuoc",
        "quoc",
        "te",
    ),
    *("la", "o", "tai", "vung", "khu", "lai", "que", "back", "home"),
}
_OR_WORDS = {"or", "hoac", "hay"}
_SEPARATORS = {"-", ">", "/", "~", "→", "➔", "⇒", "=", "➡", "✈", "⇄", "<"}
_NEGATIONS = {("khong", "phai"), ("ko", "phai"), ("instead", "of"), ("thay", "vi"), ("chu", "khong")}
MARKER_REACH = 3


_Marked = tuple[PlaceMention, Role | None]


class Route(NamedTuple):
    """The places of a message by role. `bare` has no role of its own: a question or the frame gives it one."""

    origin: PlaceMention | None = None
    destination: PlaceMention | None = None
    further: tuple[PlaceMention, ...] = ()
    """Stops after the destination: the trip has several legs."""
    bare: PlaceMention | None = None
    not_meant: tuple[PlaceMention, ...] = ()
    """Places the traveller took back: "not Hanoi"."""
    comes_home: bool = False


def read_route(text: Text, mentions: list[PlaceMention], taken: Collection[int], *, is_asked: bool) -> Route:
    """Give every place its role.

    `taken` are tokens that mean something else: the "tới" of "tuần tới" leads to no place. `is_asked` when we had
    asked for a place, so that a bare word is one.
    """
    mentions = _join_alternatives(text, mentions)
    marked: list[_Marked] = []
    for position, mention in enumerate(mentions):
        role = _marked_role(text, mention, taken)
        if mention.is_sure or role or is_asked or _is_joined(text, mentions, position):
            marked.append((mention, role))
    taken_back = tuple(mention for mention, _ in marked if _is_negated(text, mention))
    kept: list[_Marked] = [(mention, role) for mention, role in marked if mention not in taken_back and role != "via"]
    return _arrange(text, _without_ticket(text, kept), taken_back)


def marker_at(text: Text, index: int) -> Role | None:
    """The role that the word at `index`, if it is a marker, gives the place behind it."""
    marker = _MARKERS.get(text.word(index))
    if marker is None or not could_be(text.tokens[index].marks, marker[0]) or _is_other_word(text, index):
        return None
    return marker[1]


def _arrange(text: Text, kept: list[_Marked], taken_back: tuple[PlaceMention, ...]) -> Route:
    if len(kept) == 1:
        mention, role = kept[0]
        by_role = {"origin": Route(origin=mention), "destination": Route(destination=mention)}
        if role == "home":
            return Route(destination=mention, not_meant=taken_back)
        route = by_role.get(role or "", Route(bare=mention))
        return Route(route.origin, route.destination, (), route.bare, taken_back)
    origin: PlaceMention | None = None
    stops: list[PlaceMention] = []
    has_origin = any(role == "origin" for _, role in kept)
    comes_home = False
    for position, (mention, role) in enumerate(kept):
        if role == "origin":
            origin = origin or mention
        elif role == "home" and stops:
            comes_home = True
            if origin is None:
                origin = mention
            elif origin.name != mention.name:
                stops.append(mention)
        elif origin is None and not has_origin and _opens_route(text, kept, position):
            origin = mention
        else:
            stops.append(mention)
    if origin and len(stops) > 1 and stops[-1].name == origin.name:
        comes_home = True
        stops.pop()
    bare = stops[0] if origin is None and len(stops) == 1 and kept[0][1] is None else None
    destination = stops[0] if stops and bare is None else None
    return Route(origin, destination, tuple(stops[1:]), bare, taken_back, comes_home)


def _without_ticket(text: Text, kept: list[_Marked]) -> list[_Marked]:
    """An unmarked "ve" before a first place with "đi" behind it is "vé", the ticket: "cho minh ve sg di hn"."""
    if len(kept) < 2 or kept[0][1] != "home" or kept[1][1] != "destination":
        return kept
    mention = kept[0][0]
    markers = (text.tokens[index] for index in range(max(mention.start - MARKER_REACH - 1, 0), mention.start))
    is_ticket = any(token.word == "ve" and not token.marks for token in markers)
    return [(mention, None), *kept[1:]] if is_ticket else kept


def _opens_route(text: Text, kept: list[_Marked], position: int) -> bool:
    """A first place without a marker is the origin; one with "to" only if a dash leads on from it."""
    mention, role = kept[position]
    if position or len(kept) < 2:
        return False
    following, its_role = kept[1]
    if role is None:
        return True
    gap = {text.word(index) for index in range(mention.end, following.start)}
    return its_role is None and bool(gap) and gap <= _SEPARATORS


def _join_alternatives(text: Text, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """ "Tokyo or Osaka" is one end of the trip with two readings."""
    joined: list[PlaceMention] = []
    for mention in mentions:
        last = joined[-1] if joined else None
        if last and mention.start == last.end + 1 and text.word(last.end) in _OR_WORDS:
            name = PlaceName((*last.name.codes, *mention.name.codes), last.name.kind)
            joined[-1] = PlaceMention(last.start, mention.end, text.phrase(last.start, mention.end), name, last.is_sure)
        else:
            joined.append(mention)
    return joined


def _marked_role(text: Text, mention: PlaceMention, taken: Collection[int]) -> Role | None:
    """The role that the words right before a place give it."""
    index = mention.start - 1
    for _ in range(MARKER_REACH + 1):
        word = text.word(index)
        if word in _HERE and text.word(index - 1) in _FROM_HERE:
            return "origin"
        if word == "bay" and text.word(index - 1) == "san":
            index -= 2
            continue
        if index in taken:
            return None
        if role := marker_at(text, index):
            return role
        if word not in _FILLERS:
            return None
        index -= 1
    return None


def _is_other_word(text: Text, index: int) -> bool:
    """ "tu" of "tu van", "ve" the ticket, "toi" the speaker: by the words around, where marks do not tell."""
    word, before, marks = text.word(index), text.word(index - 1), text.tokens[index].marks
    if word == "ve" and not marks:
        return index == 0 or before in {"tim", "dat", "mua", "book", "gia", "san", "xem", "cho", "may", "bay", "kiem"}
    if word == "toi" and not marks:
        return index == 0 or before in {"cho", "giup", "cua"}
    return False


def _is_joined(text: Text, mentions: list[PlaceMention], position: int) -> bool:
    """Whether an unsure word stands beside another place, or before "to"."""
    mention = mentions[position]
    neighbours = mentions[max(position - 1, 0) : position] + mentions[position + 1 : position + 2]
    for other in neighbours:
        first, second = sorted((mention, other), key=lambda place: place.start)
        gap = [text.word(index) for index in range(first.end, second.start)]
        if len(gap) <= 2 and all(word in _SEPARATORS or word in _MARKERS for word in gap):
            return True
    return len(text.tokens) == mention.end - mention.start


def _is_negated(text: Text, mention: PlaceMention) -> bool:
    """ "Không phải Hà Nội", "not from Hanoi", "instead of Hue"."""
    for index in range(max(mention.start - 3, 0), mention.start):
        pair = (text.word(index), text.word(index + 1))
        if pair in _NEGATIONS or pair[0] == "not":
            return True
    return False
