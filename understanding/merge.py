"""Puts what a message says into the frame, topic by topic; nothing unsaid is filled in."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from domain.travellers import MAX_TRAVELLERS
from understanding.amounts import LEAST_PLAUSIBLE_DONG, AmountMention
from understanding.draft import Draft
from understanding.filters import FilterMention
from understanding.frame import Ambiguity, Frame, Leg, PlaceRef, Problem
from understanding.places import PlaceMention
from understanding.route import Route
from understanding.travellers import TravellerMention

_TIED_TO_ROUTE = ("airlines", "depart_time")
_TIED_TO_TRIP = ("return_on", "stay_nights", "trip")
"""A message that says both ends of another route is another trip."""


def merge_route(draft: Draft, route: Route) -> None:
    """Set the ends of the trip. A new end drops what was asked of the old flights."""
    old = (draft.get("origin"), draft.get("destination"))
    ends: dict[str, PlaceMention | None] = {"origin": route.origin, "destination": route.destination}
    if route.bare and (draft.asked or not _is_known(draft, route.bare)):
        ends[_field_of_bare(draft, route)] = route.bare
    for field, mention in ends.items():
        if mention:
            draft.put(field, mention.resolve(field, draft.language))
    _refuse_same_ends(draft, ends)
    if route.further:
        _set_legs(draft, route)
    elif draft.get("legs") and (route.origin or route.destination):
        draft.set("legs", ())
        draft.set("trip", None)
    if route.comes_home:
        draft.set("trip", "round_trip")
    new = (draft.get("origin"), draft.get("destination"))
    if any(was and now != was for was, now in zip(old, new, strict=True)):
        _drop(draft, _TIED_TO_ROUTE)
        if all(old) and all(ends.values()):
            _drop(draft, _TIED_TO_TRIP)


def _drop(draft: Draft, fields: tuple[str, ...]) -> None:
    """What was asked of the old trip and is not said again."""
    for field in fields:
        if draft.get(field) and not draft.is_said(field):
            draft.set(field, Frame.model_fields[field].default)


def _is_known(draft: Draft, mention: PlaceMention) -> bool:
    """A place that is already an end of the trip was only repeated."""
    resolved = mention.resolve("origin", draft.language)
    known = [end.iata for end in (draft.get("origin"), draft.get("destination")) if end]
    return isinstance(resolved, PlaceRef) and len(known) == 2 and resolved.iata in known


def _field_of_bare(draft: Draft, route: Route) -> str:
    """A place without a role answers our question, replaces the one taken back, or fills the gap."""
    for mention in route.not_meant:
        resolved = mention.resolve("origin", draft.language)
        if resolved == draft.get("origin"):
            return "origin"
    for field in ("origin", "destination"):
        if draft.is_open(field) and (not draft.asked or field in draft.asked):
            return field
    if len(asked := draft.asked & {"origin", "destination"}) == 1:
        return next(iter(asked))
    if draft.get("destination") and not draft.get("origin") and not route.not_meant:
        return "origin"
    return "destination"


def _refuse_same_ends(draft: Draft, ends: dict[str, PlaceMention | None]) -> None:
    origin, destination = draft.get("origin"), draft.get("destination")
    if origin is None or destination is None or origin.iata != destination.iata:
        return
    said, other = ("destination", "origin") if ends["destination"] else ("origin", "destination")
    before = getattr(draft.before, said)
    draft.set(said, before if before != draft.get(other) else None)
    draft.refuse(Problem(field=said, code="same_place", params={"place": origin.name}))


def _set_legs(draft: Draft, route: Route) -> None:
    """Several stops in a row; the dates of the later ones are asked for."""
    origin, first = draft.get("origin"), draft.get("destination")
    stops = [mention.resolve("destination", draft.language) for mention in route.further]
    places = [origin, first, *stops]
    if all(isinstance(place, PlaceRef) for place in places):
        legs = pairwise(places)
        draft.set("legs", tuple(Leg(origin=start, destination=end) for start, end in legs))
        draft.set("trip", "multi_city")


def merge_filters(draft: Draft, filters: list[FilterMention]) -> None:
    airlines = tuple(dict.fromkeys(mention.value for mention in filters if mention.field == "airlines"))
    for mention in filters:
        if mention.field != "airlines":
            draft.set(mention.field, mention.value)
    if airlines:
        draft.set("airlines", tuple(code for code in airlines if code))
    if draft.get("trip") == "one_way" and any(mention.field == "trip" for mention in filters):
        for field in ("return_on", "stay_nights"):
            draft.set(field, None)


def merge_budget(draft: Draft, amounts: list[AmountMention]) -> None:
    """The most the traveller will pay. A figure too small to be a fare is asked back, in thousands."""
    for amount in amounts:
        if amount.bound == "at_least":
            continue
        money = amount.money
        is_plausible = money.currency != "VND" or money.amount_minor >= LEAST_PLAUSIBLE_DONG
        if amount.is_certain and is_plausible:
            draft.set("budget", money)
        else:
            dong = money.amount_minor if is_plausible else money.amount_minor * 1000
            draft.doubt(Ambiguity(field="budget", phrase=amount.phrase, readings=(str(dong),)))


def merge_travellers(draft: Draft, mentions: list[TravellerMention], *, includes: bool) -> None:
    """Set who travels. `includes` when the total said takes the children in ("4 people including 2 children")."""
    if not mentions:
        return
    known = {field: draft.get(field) for field in ("adults", "children", "infants")}
    said: dict[str, int] = {}
    for mention in mentions:
        already = said.get(mention.field, (known.get(mention.field) or 0) if mention.is_change else 0)
        said[mention.field] = already + mention.number if mention.field != "total" else mention.number
    if "minor" in said and said.keys() & {"children", "infants"}:
        del said["minor"]  # "2 bé: 1 trẻ em, 1 em bé" says it itself
    counts = {field: said.get(field, count) for field, count in known.items()}
    if "total" in said:
        change = next(mention for mention in mentions if mention.field == "total")
        _count_total(draft, counts, said, is_change=change.is_change, includes=includes)
    if problem := _refuse_counts(counts, said.get("minor", 0)):
        draft.refuse(problem)
        return
    for field, count in counts.items():
        if count != draft.get(field):
            draft.set(field, count)
    draft.settle("travellers")
    if "minor" in said:
        phrase = next(mention.phrase for mention in mentions if mention.field == "minor")
        draft.doubt(Ambiguity(field="children", phrase=phrase, readings=("child", "infant")))


def _count_total(
    draft: Draft, counts: dict[str, int | None], said: dict[str, int], *, is_change: bool, includes: bool
) -> None:
    """People of unsaid age are adults; a new total replaces all counts not said with it."""
    total = said["total"] + (draft.get("adults") or 1 if is_change else 0)
    if not is_change:
        for field in ("children", "infants"):
            counts[field] = said.get(field)
    if includes:
        total -= said.get("children", 0) + said.get("infants", 0)
    counts["adults"] = said.get("adults", total)


def _refuse_counts(counts: dict[str, int | None], minors: int) -> Problem | None:
    adults, children, infants = (counts[field] for field in ("adults", "children", "infants"))
    known = [count for count in (adults, children, infants) if count is not None]
    total = sum(known) + minors
    if any(count < 0 for count in known) or (total == 0 and known):
        return Problem(field="travellers", code="no_travellers")
    if total > MAX_TRAVELLERS:
        return Problem(field="travellers", code="too_many_travellers", params={"count": str(total)})
    if infants and adults is not None and infants > adults:
        params = {"infants": str(infants), "adults": str(adults)}
        return Problem(field="travellers", code="infants_exceed_adults", params=params)
    return None


def check_return(draft: Draft, *, return_was_said: bool) -> None:
    """Hold the return after the outbound: refuse a new one, drop an old one."""
    out, back = draft.get("depart_on"), draft.get("return_on")
    if not isinstance(out, date) or not isinstance(back, date) or back >= out:
        return
    before = draft.before.return_on
    draft.set("return_on", before if return_was_said and before and before >= out else None)
    if return_was_said:
        params = {"depart_on": out.isoformat(), "return_on": back.isoformat()}
        draft.refuse(Problem(field="return_on", code="return_before_departure", params=params))


def set_stay(draft: Draft, nights: tuple[int, ...], phrase: str) -> None:
    """A length of stay makes it a return trip; the day is counted from the outbound one."""
    draft.set("trip", "round_trip")
    out: date | None = draft.get("depart_on")
    if len(nights) == 1:
        draft.set("stay_nights", nights[0])
    elif out:
        readings = tuple((out + timedelta(days=night)).isoformat() for night in nights)
        draft.doubt(Ambiguity(field="return_on", phrase=phrase, readings=readings))


def apply_stay(draft: Draft) -> None:
    """Where the stay is known, the return follows the outbound."""
    nights, out = draft.get("stay_nights"), draft.get("depart_on")
    if nights is not None and out:
        draft.set("return_on", out + timedelta(days=nights))
