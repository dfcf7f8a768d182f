"""Puts the route of a message into the frame: both ends, and the legs of a trip with more of them."""

from __future__ import annotations

from datetime import date

from domain.airports import cities, city_airports, city_code_of, country_of
from understanding.date_rules import DateContext
from understanding.dates import DateMention, judge_date
from understanding.draft import Draft
from understanding.frame import Ambiguity, Frame, Leg, PlaceRef, Problem
from understanding.place_names import PlaceName, town_name
from understanding.places import PlaceMention, ResolvedPlace, refer
from understanding.regions import codes_in, is_state
from understanding.route import LegMention, Route
from understanding.text import fold

_TIED_TO_TRIP = ("airlines", "depart_time", "return_on", "stay_nights", "trip")
"""What another trip does not take over from the one before."""
SHORTHAND_LETTERS = 3
_LIKELY_ABROAD = {"panama city", "la paz", "valencia", "durango"}
"""Cities of one name of which a trip from either country may well mean the other."""
_ST_PETERSBURG = {"st petersburg", "st. petersburg", "st . petersburg", "saint petersburg"}
"""In Russia, but for who flies within America."""
_OTHER_END = {"origin": "destination", "destination": "origin"}


def merge_route(draft: Draft, route: Route, *, is_mistake: bool) -> None:
    """Set the ends of the trip. Both ends of another route are another trip, unless the first was a mistake."""
    if route.is_swapped and draft.get("origin") and draft.get("destination") and not draft.get("legs"):
        origin, destination = draft.get("origin"), draft.get("destination")
        draft.put("origin", destination)
        draft.put("destination", origin)
    old: dict[str, PlaceRef | None] = {field: draft.get(field) for field in _OTHER_END}
    is_other = False
    ends: dict[str, PlaceMention | None] = {"origin": route.origin, "destination": route.destination}
    if route.bare and (draft.asked or not _is_known(draft, route.bare)):
        ends[_field_of_bare(draft, route)] = route.bare
    for field, mention in ends.items():
        if mention:
            resolved = _resolve(draft, mention, field, ends[_OTHER_END[field]])
            is_other = is_other or not _is_still(old[field], resolved)
            draft.put(field, resolved)
    _refuse_same_ends(draft, ends)
    if route.legs:
        _set_legs(draft, route.legs)
    elif draft.get("legs") and (route.origin or route.destination):
        draft.set("legs", ())
        draft.set("trip", None)
    if route.comes_home:
        draft.set("trip", "round_trip")
    if is_other and not is_mistake and all(old.values()) and all(ends.values()):
        _drop(draft, _TIED_TO_TRIP)


def split_leg_dates(draft: Draft, route: Route, mentions: list[DateMention]) -> list[DateMention]:
    """Give the later legs the days said beside them; the dates left are those of the way out."""
    legs: tuple[Leg, ...] = draft.get("legs")
    if not (route.legs and len(legs) == len(route.legs) and mentions):
        return mentions
    of_leg = _leg_of_each(route.legs, mentions)
    context = DateContext(draft.today, day_first=draft.language == "vi")
    reached = draft.today
    for mention, index in zip(mentions, of_leg, strict=True):
        value = mention.value_on(context)
        if isinstance(value, date) and value < reached:
            value = mention.value_on(context._replace(today=reached))  # "then on the fourth"
        day = judge_date(value, mention.phrase, "depart_on", draft.today) if value is not None else None
        if isinstance(day, date):
            reached = day
        if index and isinstance(day, date):
            legs = (*legs[:index], legs[index].model_copy(update={"depart_on": day}), *legs[index + 1 :])
    draft.set("legs", legs)
    return [mention for mention, index in zip(mentions, of_leg, strict=True) if index == 0]


def date_first_leg(draft: Draft) -> None:
    """The way out is the first leg."""
    legs: tuple[Leg, ...] = draft.get("legs")
    if legs and legs[0].depart_on != draft.get("depart_on"):
        draft.set("legs", (legs[0].model_copy(update={"depart_on": draft.get("depart_on")}), *legs[1:]))


def _leg_of_each(legs: tuple[LegMention, ...], mentions: list[DateMention]) -> list[int]:
    """Which leg each date is for: one each in order, or the leg whose places stand nearest."""
    if len(mentions) == len(legs):
        return list(range(len(legs)))
    first, last = legs[0].places[-1], legs[-1].places[-1]
    is_inside = len(mentions) > 1 or first.end <= mentions[0].start < last.start
    if not is_inside:
        return [0] * len(mentions)
    return [min(range(len(legs)), key=lambda index: (_distance(legs[index], mention), -index)) for mention in mentions]


def _distance(leg: LegMention, mention: DateMention) -> int:
    """How many words stand between a date and where the leg leads."""
    place = leg.places[-1]
    return mention.start - place.end if mention.start >= place.end else place.start - mention.end


def _is_still(end: PlaceRef | None, resolved: ResolvedPlace) -> bool:
    """Whether an end said again may be the same; a city is, for one of its airports."""
    if end is None or isinstance(resolved, Problem):
        return False
    readings = resolved.readings if isinstance(resolved, Ambiguity) else (resolved.iata,)
    return city_code_of(end.iata) in map(city_code_of, readings)


def _drop(draft: Draft, fields: tuple[str, ...]) -> None:
    """What was asked of the old trip and is not said again."""
    for field in fields:
        if draft.get(field) and not draft.is_said(field):
            draft.set(field, Frame.model_fields[field].default)


def _resolve(draft: Draft, mention: PlaceMention, field: str, other: PlaceMention | None) -> ResolvedPlace:
    """What a place means; of several the one in the country of the other end."""
    resolved = mention.resolve(field, draft.language)
    countries = _countries(draft, _OTHER_END[field], other)
    if fold(mention.phrase) in _ST_PETERSBURG and countries == ("US",):
        return refer(PlaceName(("PIE",), "city"), mention.phrase, field, draft.language)
    if isinstance(resolved, PlaceRef) or mention.name.kind == "unknown":
        return resolved
    if isinstance(resolved, Ambiguity):
        if fold(mention.phrase) in _LIKELY_ABROAD or len(mention.phrase) <= SHORTHAND_LETTERS:
            return resolved
        within = codes_in(mention.name.codes, countries)
        name = PlaceName(within, mention.name.kind)
        return refer(name, mention.phrase, field, draft.language) if within else resolved
    if is_state(mention.name) and not any(code[:2] in countries for code in mention.name.codes):
        town = town_name(fold(mention.phrase))  # "Phoenix to Ontario" leads to no province of Canada
        within = codes_in(town.codes, countries) if town else ()
        known = tuple(code for code in within if code in cities())
        if known:
            return refer(PlaceName(known, "city"), mention.phrase, field, draft.language)
    return resolved


def _countries(draft: Draft, field: str, mention: PlaceMention | None) -> tuple[str, ...]:
    """The country an end lies in, where only one comes into question."""
    known: PlaceRef | None = draft.get(field)
    codes = mention.name.codes if mention else (known.iata,) if known else ()
    if mention and mention.name.kind == "country":
        countries = {code[:2] for code in codes}
    else:
        countries = {country for code in codes if (country := country_of(code))}
    return tuple(countries) if len(countries) == 1 else ()


def _is_known(draft: Draft, mention: PlaceMention) -> bool:
    """A place that is already an end of the trip was only repeated."""
    resolved = mention.resolve("origin", draft.language)
    known = [end.iata for end in (draft.get("origin"), draft.get("destination")) if end]
    return isinstance(resolved, PlaceRef) and len(known) == 2 and resolved.iata in known


def _field_of_bare(draft: Draft, route: Route) -> str:
    """A place without a role answers our question, replaces the one taken back, or fills the gap."""
    for mention in route.not_meant:
        resolved = mention.resolve("origin", draft.language)
        for field in _OTHER_END:
            if isinstance(resolved, PlaceRef) and _is_still(draft.get(field), resolved):
                return field
    if same_city := _end_in_same_city(draft, route.bare):
        return same_city
    for field in ("origin", "destination"):
        if draft.is_open(field) and (not draft.asked or field in draft.asked):
            return field
    if len(asked := draft.asked & {"origin", "destination"}) == 1:
        return next(iter(asked))
    if draft.get("destination") and not draft.get("origin") and not route.not_meant:
        return "origin"
    return "destination"


def _end_in_same_city(draft: Draft, mention: PlaceMention | None) -> str | None:
    """ "Gatwick please" after London is that end."""
    for field in ("origin", "destination"):
        end: PlaceRef | None = draft.get(field)
        for code in mention.name.codes if mention and end else ():
            if end and end.iata != code and code in city_airports(city_code_of(end.iata)):
                return field
    return None


def _refuse_same_ends(draft: Draft, ends: dict[str, PlaceMention | None]) -> None:
    origin, destination = draft.get("origin"), draft.get("destination")
    if origin is None or destination is None or origin.iata != destination.iata:
        return
    said, other = ("destination", "origin") if ends["destination"] else ("origin", "destination")
    before = getattr(draft.before, said)
    draft.set(said, before if before != draft.get(other) else None)
    draft.refuse(Problem(field=said, code="same_place", params={"place": origin.name}))


def _set_legs(draft: Draft, mentions: tuple[LegMention, ...]) -> None:
    """The ends of the first leg are those of the trip, in a doubt about them too."""
    legs: list[Leg] = []
    for index, (start, end) in enumerate(mentions):
        origin = start.resolve("origin", draft.language) if index and start else draft.get("origin")
        destination = end.resolve("destination", draft.language) if index and end else draft.get("destination")
        if not (isinstance(origin, PlaceRef) and isinstance(destination, PlaceRef)):
            return
        legs.append(Leg(origin=origin, destination=destination))
    draft.set("legs", tuple(legs))
    draft.set("trip", "multi_city")
