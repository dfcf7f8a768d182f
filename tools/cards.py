"""Cards: what the screen shows, built from our own data only. Each has a version, a plain-text fallback and ids."""

from __future__ import annotations

from typing import Any

from core.ids import new_id
from core.messages import Language, format_clock, format_day, format_duration, format_money, say
from domain.airlines import airline_name
from domain.airports import city_name, find_airport
from domain.money import Money
from domain.offers import Baggage, Condition, FlightOffer, FlightQuery, Slice
from services.flights.selection import Selection, StoredOffer

Card = dict[str, Any]


def money_text(money: Money, language: Language) -> str:
    return format_money(money.amount, money.currency, language)


def flight_offers_card(query: FlightQuery, selection: Selection, language: Language, *, first: int = 1) -> Card:
    """The offers of a search; `first` is the number of the first one."""
    rows = [
        offer_row(stored, position, selection.badges.get(stored.id, ()), language)
        for position, stored in enumerate(selection.offers, start=first)
    ]
    return {
        "type": "flight_offers",
        "schema_version": 1,
        "id": str(new_id()),
        "language": language,
        "text": "\n".join(offer_line(s, n, language) for n, s in enumerate(selection.offers, start=first)),
        "simulated": any(stored.offer.simulated for stored in selection.offers),
        "search": {
            "slices": [
                {
                    "origin": place(slice_.origins[0], language),
                    "destination": place(slice_.destinations[0], language),
                    "departs_on": slice_.departs_on.isoformat(),
                }
                for slice_ in query.slices
            ],
            "travellers": query.travellers.model_dump(),
            "cabin": query.cabin,
        },
        "offers": rows,
        "more": selection.more,
    }


def place(code: str, language: Language) -> dict[str, str]:
    return {"code": code, "name": city_name(code, language)}


def airport_place(code: str, language: Language) -> dict[str, str]:
    """An airport, with its own name beside its city's, since a city may have several."""
    airport = find_airport(code)
    return place(code, language) | {"airport": airport.name if airport else code}


def offer_row(stored: StoredOffer, position: int, badges: tuple[str, ...], language: Language) -> Card:
    offer = stored.offer
    return {
        "offer_id": str(stored.id),
        "position": position,
        "badges": list(badges),
        "carrier": {"code": offer.carriers[0], "name": airline_name(offer.carriers[0])},
        "fare_brand": offer.fare_brand,
        "cabin": offer.cabin,
        "slices": [_slice_row(slice_, language) for slice_ in offer.slices],
        "conditions": {
            "refund": _condition_row(offer.conditions.refund),
            "change": _condition_row(offer.conditions.change),
        },
        "total": offer.total.model_dump(),
        "per_adult": offer.per_adult.model_dump(),
        "price_parts": [
            {"traveller_type": part.traveller_type, "count": part.count, "each": part.each.model_dump()}
            for part in offer.price_parts
        ],
        "seats_left": offer.seats_left,
        "expires_at": offer.expires_at.isoformat().replace("+00:00", "Z"),
    }


def _slice_row(slice_: Slice, language: Language) -> Card:
    layovers = zip(slice_.segments, slice_.layovers, strict=False)
    return {
        "origin": airport_place(slice_.origin, language),
        "destination": airport_place(slice_.destination, language),
        "departs_at_local": slice_.departs.at_local.isoformat(),
        "arrives_at_local": slice_.arrives.at_local.isoformat(),
        "day_difference": slice_.day_difference,
        "duration_minutes": int(slice_.duration.total_seconds()) // 60,
        "stops": slice_.stops,
        "segments": [
            {
                "designator": segment.designator,
                "carrier": airline_name(segment.carrier),
                "operating_carrier": airline_name(segment.operating_carrier),
                "origin": airport_place(segment.origin, language),
                "destination": airport_place(segment.destination, language),
                "departs_at_local": segment.departs.at_local.isoformat(),
                "arrives_at_local": segment.arrives.at_local.isoformat(),
                "duration_minutes": int(segment.duration.total_seconds()) // 60,
                "aircraft": segment.aircraft,
                "cabin": segment.cabin,
                "carry_on": segment.carry_on.model_dump(),
                "checked": segment.checked.model_dump(),
            }
            for segment in slice_.segments
        ],
        "layovers": [
            {"airport": airport_place(segment.destination, language), "minutes": int(wait.total_seconds()) // 60}
            for segment, wait in layovers
        ],
    }


def _condition_row(condition: Condition) -> Card:
    return {"allowed": condition.allowed, "fee": condition.fee.model_dump() if condition.fee else None}


def offer_line(stored: StoredOffer, number: int, language: Language) -> str:
    """One offer in one line, for a terminal, a screen reader or a log."""
    offer = stored.offer
    legs = "; ".join(
        f"{slice_.origin}–{slice_.destination} {slice_times(slice_)}, "
        f"{format_duration(slice_.duration, language)}, {stops_text(slice_, language)}"
        for slice_ in offer.slices
    )
    airline, price = airline_name(offer.carriers[0]), money_text(offer.total, language)
    return f"{number}. {airline}: {legs} · {offer.fare_brand} · {price}"


def slice_times(slice_: Slice) -> str:
    later = f" (+{slice_.day_difference})" if slice_.day_difference > 0 else ""
    return f"{format_clock(slice_.departs.at_local)}–{format_clock(slice_.arrives.at_local)}{later}"


def stops_text(slice_: Slice, language: Language) -> str:
    if not slice_.stops:
        return say("offers.nonstop", language)
    via = ", ".join(city_name(segment.destination, language) for segment in slice_.segments[:-1])
    return say("offers.stops", language, count=slice_.stops, via=via)


def baggage_text(offer: FlightOffer, language: Language) -> str:
    """The least any segment allows: what a traveller can count on all the way."""
    segments = [segment for slice_ in offer.slices for segment in slice_.segments]
    carry_on = min((s.carry_on for s in segments), key=_weigh)
    checked = min((s.checked for s in segments), key=_weigh)
    return say(
        "offers.baggage",
        language,
        carry_on=_bag_text(carry_on, language),
        checked=_bag_text(checked, language),
    )


def _weigh(bag: Baggage) -> tuple[int, int]:
    return bag.pieces, bag.kg or 0


def _bag_text(bag: Baggage, language: Language) -> str:
    if not bag.pieces:
        return say("offers.bag_none", language)
    if bag.kg is None:
        return say("offers.bag_pieces", language, count=bag.pieces)
    return say("offers.bag_kg", language, count=bag.pieces, kg=bag.kg)


def condition_text(condition: Condition, language: Language) -> str:
    if condition.allowed is None:
        return say("offers.rule_unknown", language)
    if not condition.allowed:
        return say("offers.rule_no", language)
    if condition.fee is None:
        return say("offers.rule_yes", language)
    if condition.fee.amount_minor == 0:
        return say("offers.rule_free", language)
    return say("offers.rule_fee", language, fee=money_text(condition.fee, language))


def day_text(slice_: Slice, language: Language) -> str:
    return format_day(slice_.departs.at_local.date(), language)
