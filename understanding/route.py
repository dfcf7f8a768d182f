"""From where to where: which of the places in a message is the origin and which the destination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from understanding.place_names import PlaceName
from understanding.places import PlaceMention
from understanding.route_words import Role, RouteWords
from understanding.text import Text

_OR_WORDS = {"or", "hoac", "hay"}
_SEPARATORS = {"-", ">", "/", "~", "→", "➔", "⇒", "=", "➡", "✈", "⇄", "↔", "⇆", "<", "->", "»", "—", "|"}
_STAYS = {"dem", "ngay", "hom", "tuan", "night", "nights", "day", "days", "week", "weeks", "weekend"}
STAY_REACH = 3
LONGEST_LINK = 4
"""Words between two places of one chain."""


class _Said(NamedTuple):
    """A place with the role that the words before it give."""

    mention: PlaceMention
    role: Role | None
    start: int
    """Where the words that lead to the place begin."""


class LegMention(NamedTuple):
    origin: PlaceMention | None
    destination: PlaceMention | None

    @property
    def places(self) -> tuple[PlaceMention, ...]:
        return tuple(place for place in self if place)


class Route(NamedTuple):
    """The places of a message by role. `bare` has no role of its own: a question or the frame gives it one."""

    origin: PlaceMention | None = None
    destination: PlaceMention | None = None
    legs: tuple[LegMention, ...] = ()
    """All of them, when the trip has more than a way out and a way back."""
    bare: PlaceMention | None = None
    not_meant: tuple[PlaceMention, ...] = ()
    """Places the traveller took back: "not Hanoi"."""
    home_from: int | None = None
    """The token from which the message speaks of the way home, when the trip goes back to where it began."""

    @property
    def comes_home(self) -> bool:
        return self.home_from is not None


def read_route(text: Text, mentions: list[PlaceMention], words: RouteWords, *, is_asked: bool) -> Route:
    """Give every place its role. `is_asked` when we had asked for a place, so that a bare word is one."""
    mentions = _join_alternatives(text, mentions, words)
    said: list[_Said] = []
    taken_back: list[PlaceMention] = []
    segments: list[list[_Said]] = [[]]
    for position, mention in enumerate(mentions):
        role = words.role_before(mention.start)
        if not (mention.is_sure or role or is_asked or _is_joined(text, mentions, position, words)):
            continue
        if words.is_negated(mention.start):
            taken_back.append(mention)
            continue
        if role in {"via", "near"} or _is_of_offer(text, mention):
            continue
        if role == "here" and _is_stay(text, mention):
            role = None
        one = _Said(mention, role, words.start_before(mention.start))
        if said and words.is_corrected(mention.start, said[-1].mention.end):
            segments.append([])
        said.append(one)
        segments[-1].append(one)
    route = Route()
    for segment in segments:
        route = _correct(route, _Arranger(text, segment, words).arrange())
    return route._replace(not_meant=tuple(taken_back))


class _Arranger:
    """Lines the places of a message up into legs, from left to right."""

    def __init__(self, text: Text, said: list[_Said], words: RouteWords) -> None:
        self._text = text
        self._said = _without_ticket(text, said)
        self._words = words
        self._legs: list[list[PlaceMention | None]] = [[None, None]]
        self._bare: PlaceMention | None = None
        self._home_from: int | None = None
        self._has_origin = any(one.role in {"origin", "here"} for one in said)

    def arrange(self) -> Route:
        for position, one in enumerate(self._said):
            if one.role in {"origin", "here"}:
                self._add_origin(one)
            elif one.role is None:
                self._add_bare(position)
            else:
                self._add_destination(position)
        first = self._legs[0]
        bare = self._bare
        if bare and first != [None, None]:
            first[first[0] is not None] = bare
            bare = None
        legs = [LegMention(*leg) for leg in self._legs if leg[1]]
        if len(legs) == 2 and _is_same(legs[0].origin, legs[1].destination) and _is_same(*_between(legs)):
            self._home_from = self._home_from or min(place.start for place in legs[1].places)
            legs = legs[:1]
        origin, destination = first
        return Route(origin, destination, tuple(legs) if len(legs) > 1 else (), bare, home_from=self._home_from)

    def _add_origin(self, one: _Said) -> None:
        leg, first = self._legs[-1], self._legs[0]
        if leg[0] is None:
            leg[0] = one.mention
        elif first[0] is None and one is self._said[-1]:
            first[0] = one.mention
        elif leg[1] is not None and one.role == "origin" and not _is_same(leg[0], one.mention):
            self._legs.append([one.mention, None])

    def _add_destination(self, position: int) -> None:
        mention, role, start = self._said[position]
        leg = self._legs[-1]
        if leg == [None, None] and self._leads_on(position):
            leg[0] = mention
        elif leg[1] is None:
            self._take_destination(leg, mention)
        elif _is_same(leg[1], mention):
            return
        elif self._closes_pair(position):
            leg[1] = mention
        elif self._comes_home(mention, role):
            self._home_from = start
            self._legs[0][0] = self._legs[0][0] or mention
        elif (role != "toward" or self._is_linked(position)) and not self._is_passed(position):
            self._legs.append([leg[1], mention])

    def _add_bare(self, position: int) -> None:
        mention = self._said[position].mention
        leg = self._legs[-1]
        opens = self._opens(position)
        if opens and leg == [None, None] and _is_same(mention, self._said[position + 1].mention):
            return
        if leg == [None, None]:
            if self._bare:
                if not _is_same(self._bare, mention):
                    leg[:] = [self._bare, mention]
                    self._bare = None
            elif opens:
                leg[0] = mention
            else:
                self._bare = mention
        elif leg[1] is None:
            leg[1] = mention
        elif leg[0] is None and (opens or self._is_left(mention)):
            leg[0] = mention
        elif opens:
            self._legs.append([mention, None])
        elif self._is_linked(position) and not _is_same(leg[1], mention):
            self._legs.append([leg[1], mention])

    def _take_destination(self, leg: list[PlaceMention | None], mention: PlaceMention) -> None:
        if self._bare and not self._has_origin:
            leg[0], self._bare = self._bare, None
        leg[1] = mention

    def _comes_home(self, mention: PlaceMention, role: Role | None) -> bool:
        """Whether this is the way back of a trip to one place."""
        origin = self._legs[0][0]
        if len(self._legs) > 1:
            return False
        return role == "home" if origin is None else _is_same(origin, mention)

    def _opens(self, position: int) -> bool:
        """Whether a place without a role begins a leg: another leads on from it."""
        if position + 1 == len(self._said):
            return False
        role = self._said[position + 1].role
        if role in {"destination", "home"}:
            return True
        return not self._has_origin and (role is None or role == "toward")

    def _leads_on(self, position: int) -> bool:
        """ "Bay Hà Nội đi Huế", "đi Hà Nội - Huế": a place with "to" from which the way goes on."""
        if position + 1 == len(self._said) or self._has_origin:
            return False
        one, following = self._said[position : position + 2]
        gap = {self._text.word(index) for index in range(one.mention.end, following.mention.start)}
        if one.role == "toward":
            return gap <= _SEPARATORS or (following.role == "destination" and self._is_linked(position + 1))
        return following.role is None and bool(gap) and gap <= _SEPARATORS

    def _is_linked(self, position: int) -> bool:
        """Whether nothing but words of the way stands between a place and the one before."""
        one, before = self._said[position], self._said[position - 1]
        gap = range(before.mention.end, one.start)
        return self._words.goes_on(before.mention.end, one.mention.start) or (
            len(gap) <= LONGEST_LINK and all(self._text.word(index) in _SEPARATORS | {","} for index in gap)
        )

    def _closes_pair(self, position: int) -> bool:
        """ "For Paris Hilton from Rome to Milan": what was said before "from … to …" is neither end."""
        before = self._said[position - 1]
        is_next = before.mention.end == self._said[position].start
        return before.role == "origin" and is_next

    def _is_passed(self, position: int) -> bool:
        """ "Đi Paris qua Doha": without "rồi" the way only leads through."""
        one, before = self._said[position], self._said[position - 1]
        return self._text.word(one.start) == "qua" and not self._words.goes_on(before.mention.end, one.start)

    def _is_left(self, mention: PlaceMention) -> bool:
        """ "…, Sài Gòn đi": the word for going closes the phrase."""
        following = self._text.word(mention.end + 1)
        return self._text.word(mention.end) == "di" and not following[:1].isalpha()


def _correct(first: Route, later: Route) -> Route:
    """What was said after "no wait" replaces what it contradicts."""
    if first == Route():
        return later
    if later.bare and first.bare:
        return later
    if later.bare:
        return _replace_last(first, later.bare)
    if later.origin and later.destination:
        return later
    home_from = later.home_from or first.home_from
    if later.destination:
        return Route(first.origin, later.destination, later.legs, home_from=home_from)
    return first._replace(origin=later.origin, bare=None, legs=())


def _replace_last(route: Route, mention: PlaceMention) -> Route:
    origin, destination = route.origin, route.destination
    if route.legs:
        *legs, last = route.legs
        return route._replace(legs=(*legs, last._replace(destination=mention)))
    if destination is None or (origin and origin.start > destination.start):
        return route._replace(origin=mention)
    return route._replace(destination=mention)


def _without_ticket(text: Text, said: list[_Said]) -> list[_Said]:
    """An unmarked "ve" before a first place with "đi" behind it is "vé", the ticket: "cho minh ve sg di hn"."""
    if len(said) < 2 or said[0].role != "home" or said[1].role != "destination":
        return said
    first = said[0]
    markers = (text.tokens[index] for index in range(first.start, first.mention.start))
    is_ticket = any(token.word == "ve" and not token.marks for token in markers)
    return [first._replace(role=None), *said[1:]] if is_ticket else said


def _join_alternatives(text: Text, mentions: list[PlaceMention], words: RouteWords) -> list[PlaceMention]:
    """ "Tokyo, Kyoto or Osaka", "to Tokyo or to Osaka": one end of the trip with several readings."""
    joined: list[PlaceMention] = []
    for mention in mentions:
        last = joined[-1] if joined else None
        if last and words.start_before(mention.start) == last.end + 1 and text.word(last.end) in _OR_WORDS:
            joined[-1] = _either(text, last, mention)
            while len(joined) > 1 and joined[-2].end == joined[-1].start - 1 and text.word(joined[-2].end) == ",":
                joined[-2:] = [_either(text, *joined[-2:])]
        else:
            joined.append(mention)
    return joined


def _either(text: Text, first: PlaceMention, second: PlaceMention) -> PlaceMention:
    name = PlaceName((*first.name.codes, *second.name.codes), first.name.kind)
    return PlaceMention(first.start, second.end, text.phrase(first.start, second.end), name, first.is_sure)


def _is_joined(text: Text, mentions: list[PlaceMention], position: int, words: RouteWords) -> bool:
    """Whether an unsure word stands beside another place, or before "to"."""
    mention = mentions[position]
    neighbours = mentions[max(position - 1, 0) : position] + mentions[position + 1 : position + 2]
    for other in neighbours:
        first, second = sorted((mention, other), key=lambda place: place.start)
        gap = range(first.end, second.start)
        if len(gap) <= 2 and all(text.word(index) in _SEPARATORS or words.role_at(index) for index in gap):
            return True
    return len(text.tokens) == mention.end - mention.start


def _is_of_offer(text: Text, mention: PlaceMention) -> bool:
    """ "The Atlanta one" is one of the offers."""
    return text.word(mention.end) == "one" and text.word(mention.end + 1) not in {"way", "stop", "-"}


def _is_stay(text: Text, mention: PlaceMention) -> bool:
    """ "Mình ở Huế 3 đêm" says how long, not from where."""
    return any(text.word(index) in _STAYS for index in range(mention.end, mention.end + STAY_REACH))


def _is_same(a: PlaceMention | None, b: PlaceMention | None) -> bool:
    return a is not None and b is not None and a.name == b.name


def _between(legs: list[LegMention]) -> Iterator[PlaceMention | None]:
    """The end of the first leg and the start of the second."""
    yield from (legs[0].destination, legs[1].origin)
