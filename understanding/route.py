"""From where to where: which of the places in a message is the origin and which the destination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from domain.airports import country_of
from understanding.language import is_common_word
from understanding.place_names import PlaceName
from understanding.places import PlaceMention
from understanding.route_words import Role, RouteWords
from understanding.text import Text

_OF_ORIGIN: tuple[Role, ...] = ("origin", "here")
_LEADING_THERE: tuple[Role, ...] = ("destination", "toward", "home")
_STOPS = {".", "?", "!", ";"}
_CLOSING = {"", ".", "nhe", "nha", "a", "ah", "ban", "shop", "ad", "em", "do"}
_OR_WORDS = {"or", "hoac", "hay"}
_SEPARATORS = {"-", ">", "/", "~", "→", "➔", "⇒", "=", "➡", "✈", "⇄", "↔", "⇆", "<", "->", "»", "—", "|"}
_STAYS = {"dem", "ngay", "hom", "tuan", "night", "nights", "day", "days", "week", "weeks", "weekend"}
STAY_REACH = 3
_RELATIVES = {
    *("me", "ma", "bo", "ba", "cha", "tia", "ong", "con", "vo", "chong", "bac", "chu", "co", "di", "cau", "sep"),
    *("gai", "trai", "ngoai", "noi", "ban", "ny"),
}
"""Before "em", "mình" …: whose home it is."""
_INWARD = {"vao", "vo", "ra", "zo", "dzo"}
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
    is_swapped: bool = False
    """Whether the ends known so far are the other way round."""

    @property
    def comes_home(self) -> bool:
        return self.home_from is not None


def read_route(text: Text, mentions: list[PlaceMention], words: RouteWords, *, is_asked: bool) -> Route:
    """Give every place its role. `is_asked` when we had asked for a place, so that a bare word is one."""
    mentions = _without_countries_of_others(_join_alternatives(text, mentions, words), words)
    said: list[_Said] = []
    taken_back: list[PlaceMention] = []
    segments: list[list[_Said]] = [[]]
    for position, mention in enumerate(mentions):
        if words.is_replaced(mention.start, mention.end) and position + 1 < len(mentions):
            taken_back.append(mention)
            continue
        is_replacement = bool(taken_back) and taken_back[-1].end + 1 == mention.start
        role = None if is_replacement else words.role_before(mention.start)
        is_corrected = bool(said) and words.is_corrected(mention.start, said[-1].mention.end)
        is_led_to = role or is_replacement or is_corrected or words.is_suggested(mention.start)
        if not (mention.is_sure or is_led_to or is_asked or _is_joined(text, mentions, position, words)):
            continue
        if words.is_negated(mention.start):
            taken_back.append(mention)
            continue
        if role in {"via", "near", "past"} or _is_of_offer(text, mention) or _is_done(text, mention.end):
            continue
        if role == "here" and text.word(words.start_before(mention.start) - 1) in _RELATIVES:
            continue  # "mẹ em ở Cần Thơ"
        if role == "here" and _is_stay(text, mention):
            role = None
        one = _Said(mention, role, words.start_before(mention.start))
        if is_corrected:
            segments.append([])
        said.append(one)
        segments[-1].append(one)
    route = Route()
    for segment in segments:
        route = _correct(route, _Arranger(text, segment, words).arrange())
    return route._replace(not_meant=tuple(taken_back), is_swapped=not mentions and words.is_swapped())


class _Arranger:
    """Lines the places of a message up into legs, from left to right."""

    def __init__(self, text: Text, said: list[_Said], words: RouteWords) -> None:
        self._text = text
        self._said = _from_first_pair(text, _without_ticket(text, said), words)
        self._words = words
        self._legs: list[list[PlaceMention | None]] = [[None, None]]
        self._bare: PlaceMention | None = None
        self._home_from: int | None = None
        self._here: PlaceMention | None = None
        """Where the traveller is: the origin unless another is said; then where the trip leads, unless that is said."""
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
        if self._here and first[0] != self._here and first[1] is None:
            first[1] = self._here
        if bare and first == [None, None] and _leads_to_unknown(self._text, bare.end):
            first[0], bare = bare, None
        if bare and first != [None, None]:
            first[first[0] is not None] = bare
            bare = None
        legs = _without_repeated([LegMention(*leg) for leg in self._legs if leg[1]])
        if len(legs) == 2 and _is_same(legs[0].origin, legs[1].destination) and _is_same(*_between(legs)):
            self._home_from = self._home_from or min(place.start for place in legs[1].places)
            legs = legs[:1]
        origin, destination = first
        return Route(origin, destination, tuple(legs) if len(legs) > 1 else (), bare, home_from=self._home_from)

    def _add_origin(self, one: _Said) -> None:
        leg, first = self._legs[-1], self._legs[0]
        if leg[0] is None:
            leg[0] = one.mention
            self._here = one.mention if one.role == "here" else None
        elif self._here and one.role == "origin" and leg is first and not _is_same(self._here, one.mention):
            leg[:] = [one.mention, None if _is_same(leg[1], one.mention) else leg[1]]
        elif first[0] is None and one is self._said[-1]:
            first[0] = one.mention
        elif leg[1] is not None and one.role == "origin" and not _is_same(leg[0], one.mention):
            self._legs.append([one.mention, None])

    def _add_destination(self, position: int) -> None:
        mention, role, start = self._said[position]
        leg = self._legs[-1]
        if leg == [None, None] and self._leads_on(position):
            leg[0] = mention
        elif leg[1] is None and role == "home" and _is_same(leg[0], mention) and position + 1 < len(self._said):
            self._home_from = start  # "leaving Newark Monday, back to Newark Friday, going to Miami"
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
        is_repeated = opens and leg == [None, None] and _is_same(mention, self._said[position + 1].mention)
        if is_repeated and not self._is_whole_way(position):
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
        elif leg[0] is None and opens and _is_same(leg[1], mention):
            leg[:] = [mention, None]
        elif (
            leg[0] is None
            and not _is_same(leg[1], mention)
            and (opens or self._is_left(mention) or self._is_where(mention))
        ):
            leg[0] = mention
        elif opens and not self._is_chained(position):
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

    def _is_whole_way(self, position: int) -> bool:
        """ "Hà Nội đi Hà Nội" names both ends; of "Hà Nội, đi Hà Nội từ Huế" the first is just said twice."""
        before, *after = self._said[position:]
        is_last = len(after) == 1 and not self._has_origin
        return is_last and before.mention.end == after[0].start < after[0].mention.start

    def _leads_on(self, position: int) -> bool:
        """ "Bay Hà Nội đi Huế", "đi Hà Nội - Huế": a place with "to" from which the way goes on."""
        if position + 1 == len(self._said) or self._has_origin:
            return False
        one, following = self._said[position : position + 2]
        gap = {self._text.word(index) for index in range(one.mention.end, following.mention.start)}
        if one.role == "toward":
            is_led = following.role in {"destination", "home"} and self._is_linked(position + 1)
            return gap <= _SEPARATORS or is_led
        if (
            self._text.word(one.start) == "di"
            and not gap - {self._text.word(following.start)}
            and position + 2 == len(self._said)
        ):
            return self._text.word(following.start) in _INWARD and not _is_same(one.mention, following.mention)
        # "đi 20/12 về 22/12 SGN HAN": the way back is of the day
        return following.role is None and (bool(gap) or one.role == "home") and gap <= _SEPARATORS

    def _is_linked(self, position: int) -> bool:
        """Whether nothing but words of the way stands between a place and the one before."""
        one, before = self._said[position], self._said[position - 1]
        gap = range(before.mention.end, one.start)
        return self._words.goes_on(before.mention.end, one.mention.start) or (
            len(gap) <= LONGEST_LINK and all(self._text.word(index) in _SEPARATORS | {","} for index in gap)
        )

    def _is_chained(self, position: int) -> bool:
        """ "Amsterdam > Milan > Rome": another stop, where "Hue - Vinh, Vinh - Hanoi" begins anew."""
        one, before = self._said[position], self._said[position - 1]
        gap = {self._text.word(index) for index in range(before.mention.end, one.start)}
        return bool(gap) and gap <= _SEPARATORS and not _is_same(before.mention, one.mention)

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

    def _is_where(self, mention: PlaceMention) -> bool:
        """ "…? ở Sài Gòn nhé": a sentence of its own that says where the traveller is."""
        text = self._text
        is_closed = not text.word(mention.end + 1) and text.word(mention.end) in _CLOSING
        return text.word(mention.start - 1) == "o" and text.word(mention.start - 2) in _STOPS and is_closed


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


def _from_first_pair(text: Text, said: list[_Said], words: RouteWords) -> list[_Said]:
    """Without what was told before the trip itself: "I live in Dallas now. Need Wichita to Tulsa"."""
    pairs = [position for position in range(len(said) - 1) if _is_pair(text, said[position], said[position + 1])]
    if not pairs or pairs[0] == 0:
        return said
    first = pairs[0]
    before, pair = said[first - 1], said[first]
    gap = [text.word(index) for index in range(before.mention.end, pair.start)]
    if set(gap) <= _SEPARATORS | _OR_WORDS or words.goes_on(before.mention.end, pair.mention.start):
        return said
    return [one for one in said[:first] if one.role in _LEADING_THERE and text.word(one.start) != "be"] + said[first:]


def _is_pair(text: Text, first: _Said, second: _Said) -> bool:
    """ "From Rome to Milan", "Rome - Milan": both ends in a breath."""
    if first.role not in {None, "origin", "toward"}:
        return False
    gap = [text.word(index) for index in range(first.mention.end, second.mention.start)]
    is_led = second.role in {"destination", "home"} and second.start == first.mention.end
    is_dashed = second.role is None and bool(gap) and set(gap) <= _SEPARATORS
    return is_dashed or (is_led and first.role != "toward")


def _without_ticket(text: Text, said: list[_Said]) -> list[_Said]:
    """An unmarked "ve" before a first place with "đi" behind it is "vé", the ticket: "cho minh ve sg di hn"."""
    if len(said) < 2 or said[0].role != "home" or said[1].role != "destination":
        return said
    first = said[0]
    markers = (text.tokens[index] for index in range(first.start, first.mention.start))
    is_ticket = any(token.word == "ve" and not token.marks for token in markers)
    return [first._replace(role=None), *said[1:]] if is_ticket else said


def _without_countries_of_others(mentions: list[PlaceMention], words: RouteWords) -> list[PlaceMention]:
    """In "đi Nhật, Tokyo" the country only says where Tokyo is; in "từ Sài Gòn ra Bắc" it is where the trip leads."""
    cities_said = [mention for mention in mentions if mention.name.kind in {"city", "airport"}]

    def is_of_another(mention: PlaceMention) -> bool:
        role = words.role_before(mention.start)
        return any(
            mention.name.codes[0] in map(country_of, city.name.codes)
            and (role is None or _is_same_end(role, its_role) or (its_role is None and city.start > mention.start))
            for city in cities_said
            for its_role in (words.role_before(city.start),)
        )

    return [mention for mention in mentions if mention.name.kind != "country" or not is_of_another(mention)]


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


def _is_same_end(role: Role, other: Role | None) -> bool:
    return other is not None and (role in _OF_ORIGIN) == (other in _OF_ORIGIN)


def _is_of_offer(text: Text, mention: PlaceMention) -> bool:
    """ "The Atlanta one" is one of the offers."""
    return text.word(mention.end) == "one" and text.word(mention.end + 1) not in {"way", "stop", "-"}


def _is_done(text: Text, end: int) -> bool:
    """ "Đi Huế rồi, giờ đi Đà Lạt" was there already."""
    is_already = text.word(end) == "roi" and text.word(end + 1) == ","
    return is_already and text.word(end + 2) in {"gio", "nay", "lan", "bay", "nam"}


def _leads_to_unknown(text: Text, end: int) -> bool:
    """ "Denver to Xanadu": even where nobody knows the other end this one is left."""
    after = end + 1 + (text.word(end + 1) == "the")
    return text.word(end) == "to" and after < len(text.tokens) and not is_common_word(text.tokens[after])


def _is_stay(text: Text, mention: PlaceMention) -> bool:
    """ "Mình ở Huế 3 đêm" says how long, not from where."""
    return any(text.word(index) in _STAYS for index in range(mention.end, mention.end + STAY_REACH))


def _is_same(a: PlaceMention | None, b: PlaceMention | None) -> bool:
    return a is not None and b is not None and a.name == b.name


def _without_repeated(legs: list[LegMention]) -> list[LegMention]:
    return [
        leg
        for index, leg in enumerate(legs)
        if not (index and all(_is_same(*ends) for ends in zip(leg, legs[index - 1], strict=True)))
    ]


def _between(legs: list[LegMention]) -> Iterator[PlaceMention | None]:
    """The end of the first leg and the start of the second."""
    yield from (legs[0].destination, legs[1].origin)
