"""Puts what a message says into the frame, topic by topic; nothing unsaid is filled in."""

from __future__ import annotations

from datetime import date, timedelta

from domain.airports import country_of
from domain.travellers import MAX_TRAVELLERS
from understanding.amounts import LEAST_PLAUSIBLE_DONG, AmountMention
from understanding.companions import TravellerField
from understanding.draft import Draft
from understanding.filters import FilterMention
from understanding.frame import Ambiguity, Problem
from understanding.travellers import TravellerMention


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
        elif draft.language == "en" and not _is_in_vietnam(draft):
            figure = money.amount_minor if amount.is_certain else money.amount_minor // 1000
            draft.doubt(Ambiguity(field="budget", phrase=amount.phrase, readings=(f"{figure} USD",)))
        else:
            dong = money.amount_minor if is_plausible else money.amount_minor * 1000
            draft.doubt(Ambiguity(field="budget", phrase=amount.phrase, readings=(str(dong),)))


def _is_in_vietnam(draft: Draft) -> bool:
    """Whether an end of the trip is, or may be as long as none is known."""
    ends = [end for end in (draft.get("origin"), draft.get("destination")) if end]
    return not ends or any(country_of(end.iata) == "VN" for end in ends)


def merge_travellers(draft: Draft, mentions: list[TravellerMention], *, includes: bool) -> None:
    """Set who travels. `includes` when the total said takes the children in ("4 people including 2 children")."""
    if not mentions:
        return
    known = {field: draft.get(field) for field in ("adults", "children", "infants")}
    said = _sum_travellers(mentions, known)
    has_some = said.pop("some", 0) > 0 and not said.keys() & {"children", "infants", "minor"}
    if said.get("minor") and said.keys() & {"children", "infants"}:
        del said["minor"]  # "2 bé: 1 trẻ em, 1 em bé" says it itself
    counts = {field: said.get(field, count) for field, count in known.items()}
    if "total" in said:
        is_change = all(mention.is_change for mention in mentions if mention.field == "total")
        _count_total(draft, counts, said, is_change=is_change, includes=includes)
    if problem := _refuse_counts(counts, said.get("minor", 0)):
        draft.refuse(problem)
        return
    for field, count in counts.items():
        gone = count == 0 and field != "adults"
        if count != draft.get(field):
            draft.set(field, None if gone else count)
    draft.settle("travellers")
    if said.get("minor"):
        draft.doubt(Ambiguity(field="children", phrase=_phrase_of("minor", mentions), readings=("child", "infant")))
    elif has_some and counts["children"] is counts["infants"] is None:
        draft.doubt(Ambiguity(field="children", phrase=_phrase_of("some", mentions), readings=("1", "2", "3")))


def _phrase_of(field: TravellerField, mentions: list[TravellerMention]) -> str:
    return ", ".join(mention.phrase for mention in mentions if any(kind == field for kind, _ in mention.counts))


def _sum_travellers(mentions: list[TravellerMention], known: dict[str, int | None]) -> dict[str, int]:
    """How many of each kind were said. Whoever is named is among those who are counted: "2 adults, me and my wife"."""
    said: dict[str, int] = {}
    named = 0
    is_counted = any(mention.field == "adults" and not mention.is_named for mention in mentions)
    repeated: set[str] = set()
    for mention in mentions:
        if mention.field == "adults" and mention.phrase.casefold() in repeated:
            continue  # "2 adults … yes, 2 adults"
        repeated.add(mention.phrase.casefold())
        for field, number in mention.counts:
            if field == "adults" and mention.is_named and not mention.is_change:
                named += number
            elif field == "total":
                said[field] = number
            else:
                said[field] = said.get(field, _known_before(field, known) if mention.is_change else 0) + number
    if named and not is_counted:
        others = sum(said.get(field, 0) for field in ("children", "infants", "minor"))
        if "total" not in said or said["total"] == named + others:
            said["adults"] = said.get("adults", 0) + named
    return said


def _known_before(field: str, known: dict[str, int | None]) -> int:
    """As long as nobody was counted, whoever joins joins the speaker."""
    return known.get(field) or (field == "adults" and not any(known.values()))


def _count_total(
    draft: Draft, counts: dict[str, int | None], said: dict[str, int], *, is_change: bool, includes: bool
) -> None:
    """People of unsaid age are adults; a new total replaces all counts not said with it."""
    total = said["total"] + (draft.get("adults") or 1 if is_change else 0)
    if not is_change and draft.get("adults") is not None:
        for field in ("children", "infants"):
            counts[field] = said.get(field)
    if includes:
        total -= sum(said.get(field, 0) for field in ("children", "infants", "minor"))
        counts["adults"] = max(total, said.get("adults", 0))
    else:
        counts["adults"] = said.get("adults", total)


def _refuse_counts(counts: dict[str, int | None], minors: int) -> Problem | None:
    adults, children, infants = (counts[field] for field in ("adults", "children", "infants"))
    known = [count for count in (adults, children, infants) if count is not None]
    total = sum(known) + minors
    if any(count < 0 for count in known) or (total == 0 and adults is not None):
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
