"""What the offline model says of flights: those found, one in detail, seats, rules, days."""

from __future__ import annotations

from core.messages import Language, say
from providers.llm.replies_questions import ask_which
from providers.llm.replies_wording import Facts, join_or, say_varied


def tell_search(result: Facts, facts: Facts, language: Language) -> str:
    if not result["has_answered"]:
        return say("errors.flights_unreachable", language)
    told = _tell_offers(result, facts, language) if result["offers"] else _tell_nothing_found(result, facts, language)
    # a search goes on without a limit that has two readings; that it did is said
    doubts = (ask_which(each, facts, language) for each in facts.get("ambiguous", []))
    return " ".join([told, *result["notes"], *doubts])


def tell_calendar(result: Facts, facts: Facts, language: Language) -> str:
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


def tell_seats(result: Facts, _facts: Facts, language: Language) -> str:
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


def tell_rules(result: Facts, _facts: Facts, language: Language) -> str:
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
        say_varied(lead, facts, language, count=result["matching"], trip=_trip_text(result, language)),
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
        sentences.append(say_varied("replies.search_next", facts, language))
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
        texts.insert(0, say("conditions.airlines", language, airlines=join_or(airlines, language)))
    return say("replies.and", language).join(texts) or say("conditions.other", language)


def tell_details(result: Facts, _facts: Facts, language: Language) -> str:
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
    lines += ["", say("replies.details_next", language, number=result["number"])]
    return "\n".join(lines)


def tell_chosen_seats(result: Facts, _facts: Facts, language: Language) -> str:
    number, chosen = result["number"], result["seats_and_bags"]
    if not chosen:
        return say("replies.seats_none_chosen", language, number=number)
    lines = [
        say("replies.seats_chosen", language, number=number),
        *(f"- {each}" for each in chosen),
        "",
        say("replies.seats_price", language, fare=result["fare"], total=result["total"]),
        *result["notes"],
        say("replies.seats_next", language, number=number),
    ]
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
