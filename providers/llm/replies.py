"""What the offline model says: sentences of the catalogue, chosen and filled by the facts of the turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from core.messages import Language, say
from core.messages.catalogue import load_catalogue
from understanding.restate import restate

Facts = dict[str, Any]


_NO_TRIP_NOW = {"goodbye", "start_over"}
"""Whoever says these does not want to go on."""
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+")


def compose_reply(facts: Facts, results: list[Facts], turn: int = 0, before: str = "") -> str:
    """The reply for a turn: the tools' results if there are any, else what stands in the way, else small talk.

    `turn` tells turns apart and `before` is the reply before this one, so that the same thing is not said in the same
    words each time.
    """
    language: Language = facts.get("language", "en")
    facts = facts | {"turn": turn, "before": before}
    if results:
        told = "\n\n".join(_tell_result(result, facts, language) for result in results)
        world = _tell_world(results, language)
        return f"{told}{_separator(told)}{world}" if world else told
    if facts.get("agent") == "concierge":
        return _talk(facts, language)
    return _ask_next(facts, language)


def _say_varied(key: str, facts: Facts, language: Language, **params: object) -> str:
    """One of the ways a sentence can be put that was not just used."""
    ways = list(_put(key, language, **params))
    first = facts["turn"] % len(ways)
    turned = ways[first:] + ways[:first]
    return next((way for way in turned if way not in facts["before"]), turned[0])


def _put(key: str, language: Language, **params: object) -> Iterator[str]:
    """The ways a sentence can be put: `key`, `key.2`, `key.3` and so on."""
    way, count = key, 1
    while count == 1 or way in load_catalogue(language):
        yield say(way, language, **params)
        count += 1
        way = f"{key}.{count}"


def _talk(facts: Facts, language: Language) -> str:
    """Small talk and what cannot be done here; then the trip again, if one was begun."""
    told = _say_for_intent("concierge", facts, "replies.not_understood", language)
    resumed = None if facts.get("intent") in _NO_TRIP_NOW else _resume(facts, language)
    if resumed is None:
        return told
    # one question is enough, and that is the one of the trip
    statements = [sentence for sentence in _SENTENCE_END.split(told) if not sentence.endswith("?")]
    return " ".join([*statements, resumed])


def _resume(facts: Facts, language: Language) -> str | None:
    """The offer to go on with the trip: the next question, or the trip as it is known, unless that was just offered."""
    frame = facts.get("frame", {})
    if not any(frame.get(field) for field in ("origin", "destination", "depart_on", "depart_range", "legs")):
        return None
    if question := _find_question(facts, language):
        return _say_varied("resume.ask", facts, language, question=question)
    if facts.get("intent") == "thanks" or not (frame.get("origin") and frame.get("destination")):
        return None
    route = f"{frame['origin']['name']} → {frame['destination']['name']}"
    trip = ", ".join([route, *_day_texts(frame, language)])
    was_offered = any(way in facts["before"] for way in _put("resume.trip", language, trip=trip))
    return None if was_offered else _say_varied("resume.trip", facts, language, trip=trip)


def _day_texts(frame: Facts, language: Language) -> list[str]:
    out, back = frame.get("depart_on"), frame.get("return_on")
    days = [restate(out, language)] if out else []
    return [*days, say("replies.noted_return", language, date=restate(back, language))] if back else days


def _tell_result(result: Facts, facts: Facts, language: Language) -> str:
    if "error" in result:
        return str(result["message"])
    match result["tool"]:
        case "get_offer_details":
            return _tell_details(result, language)
        case "seat_map":
            return _tell_seats(result, language)
        case "fare_rules":
            return _tell_rules(result, language)
        case "price_calendar":
            return _tell_calendar(result, facts, language)
        case _:
            return _tell_search(result, facts, language)


def _separator(told: str) -> str:
    """What a last sentence stands behind: a list ends only with a blank line."""
    return "\n\n" if "\n" in told else " "


def _tell_world(results: list[Facts], language: Language) -> str | None:
    """That nothing can be flown, where it cannot. All results of a turn are of one world; a failure names none."""
    world = next((result["world"] for result in results if "world" in result), "live")
    key = {"simulated": "replies.simulated", "test": "replies.test_mode"}.get(world)
    return say(key, language) if key else None


def _tell_search(result: Facts, facts: Facts, language: Language) -> str:
    if not result["has_answered"]:
        return say("errors.flights_unreachable", language)
    told = _tell_offers(result, facts, language) if result["offers"] else _tell_nothing_found(result, facts, language)
    # a search goes on without a limit that has two readings; that it did is said
    doubts = (_ask_which(each, facts, language) for each in facts.get("ambiguous", []))
    return " ".join([told, *result["notes"], *doubts])


def _tell_calendar(result: Facts, facts: Facts, language: Language) -> str:
    day, trip = result["cheapest_day"], {"route": result["route"], "travellers": _party_text(result, language)}
    unanswered = result["unanswered_days"]
    if unanswered == len(result["days"]):
        return say("errors.flights_unreachable", language)
    doubts = [say("replies.calendar_unanswered", language, count=unanswered)] if unanswered else []
    doubts += result["notes"]
    if day is None:
        return " ".join([say("replies.calendar_nothing", language, **trip), *doubts])
    key = "replies.calendar_cheapest_return" if day["returns"] else "replies.calendar_cheapest"
    sentences = [say(key, language, **trip, **day), *doubts]
    if facts.get("travellers_assumed"):
        sentences.append(say("replies.travellers_assumed", language))
    return " ".join([*sentences, say("replies.calendar_next", language)])


def _tell_seats(result: Facts, language: Language) -> str:
    lines = [say("replies.seats_head", language, number=result["number"], airline=result["airline"])]
    for flight in result["flights"]:
        name = f"**{flight['flight']}** {flight['airports']}"
        for cabin in flight["cabins"]:
            free = say("seats.free", language, flight=name, count=cabin["free"], seats=cabin["seats"])
            lines.append(f"- {'. '.join([free, *(_feature_text(each, language) for each in cabin['features'])])}.")
    return "\n".join(lines)


def _feature_text(told: Facts, language: Language) -> str:
    feature = say(f"seats.{told['feature']}", language)
    key = "seats.feature" if told["free"] else "seats.feature_gone"
    return say(key, language, feature=feature, count=told["free"], seats=told["named"])


def _tell_rules(result: Facts, language: Language) -> str:
    lines = [
        say("replies.fare_head", language, number=result["number"], airline=result["airline"], fare=result["fare"]),
        _rules_text(result, language),
    ]
    if result["carrier_notes"]:
        lines += ["", say("replies.carrier_notes", language), *(f"- {note}" for note in result["carrier_notes"])]
    if result["notes"]:
        lines += ["", *result["notes"]]
    return "\n".join(lines)


def _rules_text(result: Facts, language: Language) -> str:
    return say(
        "replies.details_rules",
        language,
        baggage=result["baggage"],
        refund=result["refund"],
        change=result["change"],
    )


def _tell_offers(result: Facts, facts: Facts, language: Language) -> str:
    first = result["offers"][0]
    lead, sort = "replies.found", facts.get("frame", {}).get("sort")
    if sort == "price":
        is_same_search = facts["intent"] == "refine" and set(facts["changed"]) <= {"sort"}
        lead = "replies.nothing_cheaper" if is_same_search else "replies.found_sorted"
    sentences = [
        _say_varied(lead, facts, language, count=result["matching"], trip=_trip_text(result, language)),
        say(
            _name_first(first, sort),
            language,
            airline=first["airline"],
            flights=" + ".join(first["flights"]),
            times=" / ".join(first["times"]),
            stops=_stops_text(first["stops"], language),
            total=first["total"],
        ),
    ]
    fastest = next((offer for offer in result["offers"][1:] if "fastest" in offer["badges"]), None)
    if fastest:
        sentences.append(
            say(
                "replies.fastest_offer",
                language,
                number=fastest["number"],
                airline=fastest["airline"],
                times=" / ".join(fastest["times"]),
                total=fastest["total"],
            )
        )
    if facts.get("travellers_assumed"):
        sentences.append(say("replies.travellers_assumed", language))
    elif not facts.get("ambiguous"):
        sentences.append(_say_varied("replies.search_next", facts, language))
    return " ".join(sentences)


def _stops_text(stops: list[str], language: Language) -> str:
    if len(stops) == 2 and len(set(stops)) == 1:
        return say("replies.both_ways", language, stops=stops[0])
    return " / ".join(stops)


def _name_first(offer: Facts, sort: str | None) -> str:
    """What the first offer is: the fastest when that was wished, the cheapest when it is, else just the first."""
    if sort == "duration":
        return "replies.fastest_first"
    return "replies.best_offer" if "cheapest" in offer["badges"] else "replies.first_offer"


def _tell_nothing_found(result: Facts, facts: Facts, language: Language) -> str:
    trip = _trip_text(result, language)
    if not result["found"]:
        return say("replies.no_flights", language, trip=trip)
    cheapest = result["cheapest_of_all"]
    return say(
        "replies.none_matching",
        language,
        trip=trip,
        count=result["found"],
        conditions=_conditions_text(result, facts, language),
        airline=cheapest["airline"],
        times=" / ".join(cheapest["times"]),
        total=cheapest["total"],
    )


def _conditions_text(result: Facts, facts: Facts, language: Language) -> str:
    frame = facts.get("frame", {})
    said = [key for key in ("depart_time", "budget", "refundable", "checked_bag") if frame.get(key)]
    if frame.get("max_stops") is not None:
        said.append("some_stops" if frame["max_stops"] else "max_stops")
    texts = [say(f"conditions.{key}", language) for key in said]
    if airlines := result.get("airlines"):
        texts.insert(0, say("conditions.airlines", language, airlines=_join_or(airlines, language)))
    return say("replies.and", language).join(texts) or say("conditions.other", language)


def _tell_details(result: Facts, language: Language) -> str:
    price_notes = [result["price_note"]] if result["price_note"] else []
    lines = [
        say(
            "replies.details_head",
            language,
            number=result["number"],
            airline=result["airline"],
            fare=result["fare"],
            total=result["total"],
        ),
        *price_notes,
    ]
    lines += [
        say("replies.details_segment", language, date=slice_["date"], **segment)
        for slice_ in result["slices"]
        for segment in slice_["segments"]
    ]
    lines.append(_rules_text(result, language))
    lines.append(say("replies.details_next", language))
    return "\n".join(lines)


def _trip_text(result: Facts, language: Language) -> str:
    match result["dates"]:
        case [out, back]:
            dates = say("replies.both_days", language, out=out, back=back)
        case days:
            dates = ", ".join(days)
    return say("replies.trip", language, route=result["route"], dates=dates, travellers=_party_text(result, language))


def _party_text(result: Facts, language: Language) -> str:
    return ", ".join(
        say(f"travellers.{kind}", language, count=count) for kind, count in result["travellers"].items() if count
    )


def _ask_next(facts: Facts, language: Language) -> str:
    question = _find_question(facts, language)
    if question is None:
        return _say_for_intent("flight", facts, "flight.other", language)
    if facts.get("intent") in ("seat_map", "fare_rules"):
        return " ".join([_say_varied(f"flight.{facts['intent']}", facts, language), question])
    if facts.get("intent") in ("question", "details"):
        return " ".join([_say_varied("flight.unanswered", facts, language), question])
    noted = _note(facts, language)
    return f"{noted} {question}" if noted else question


def _note(facts: Facts, language: Language) -> str | None:
    """The days just understood, with their weekdays, so that a mistake is noticed; the question names the places."""
    is_stuck = facts.get("problems") or facts.get("ambiguous")
    if is_stuck or not {"depart_on", "return_on"} & set(facts.get("changed", ())):
        return None
    what = ", ".join(_day_texts(facts.get("frame", {}), language))
    return _say_varied("replies.noted", facts, language, what=what) if what else None


def _find_question(facts: Facts, language: Language) -> str | None:
    """What has to be asked before anything can be looked up; None where nothing has."""
    if facts.get("frame", {}).get("trip") == "multi_city":
        return _say_varied("ask.first_leg", facts, language)
    for problem in facts.get("problems", []):
        params = {name: restate(value, language) for name, value in problem["params"].items()}
        return say(f"errors.{problem['code']}", language, **params)
    for ambiguity in facts.get("ambiguous", []):
        return _ask_which(ambiguity, facts, language)
    slot = facts.get("asked")
    return _ask_slot(slot, facts, language) if slot else None


def _ask_which(ambiguity: Facts, facts: Facts, language: Language) -> str:
    readings = [restate(reading, language) for reading in ambiguity["readings"]]
    return _say_varied("ask.which", facts, language, phrase=ambiguity["phrase"], readings=_join_or(readings, language))


def _ask_slot(slot: str, facts: Facts, language: Language) -> str:
    frame = facts.get("frame", {})
    origin, destination = ((frame.get(end) or {}).get("name") for end in ("origin", "destination"))
    span = frame.get("depart_range")
    if slot == "origin" and destination:
        return _say_varied("ask.origin_to", facts, language, destination=destination)
    if slot == "destination" and origin:
        return _say_varied("ask.destination_from", facts, language, origin=origin)
    if slot == "depart_on" and span:
        first, last = (restate(span[end], language) for end in ("first", "last"))
        return _say_varied("ask.day_in_range", facts, language, first=first, last=last)
    if slot == "depart_on" and origin and destination:
        return _say_varied("ask.depart_on_route", facts, language, origin=origin, destination=destination)
    return _say_varied(f"ask.{slot}", facts, language)


def _say_for_intent(agent: str, facts: Facts, otherwise: str, language: Language) -> str:
    key = f"{agent}.{facts.get('intent')}"
    return _say_varied(key if key in load_catalogue(language) else otherwise, facts, language)


def _join_or(items: list[str], language: Language) -> str:
    *head, last = items
    return say("replies.or", language).join([", ".join(head), last]) if head else last
