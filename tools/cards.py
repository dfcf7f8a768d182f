"""Cards: what the screen shows, built from our own data only. Each has a version, a plain-text fallback and ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core.ids import new_id
from core.messages import Language, format_duration
from domain.airlines import airline_name
from domain.airports import city_name, find_airport
from domain.offers import Condition, Slice
from services.flights.search import SearchResult
from services.flights.selection import Selection, StoredOffer
from tools.wording import money_text, provider_name, slice_times, stops_text

Card = dict[str, Any]

MAX_TEXT_LINES = 25
"""Of a card read as plain text."""


def start_card(kind: str, lines: Sequence[str], language: Language, *, simulated: bool) -> Card:
    """What every card has; `lines` are read where the card cannot be shown."""
    return {
        "type": kind,
        "schema_version": 1,
        "id": str(new_id()),
        "language": language,
        "text": "\n".join(lines),
        "simulated": simulated,
    }


def flight_offers_card(result: SearchResult, selection: Selection, language: Language) -> Card:
    """The offers of a search."""
    query, numbered = result.query, list(enumerate(selection.offers, start=1))
    card = start_card(
        "flight_offers",
        [offer_line(stored, position, language) for position, stored in numbered],
        language,
        simulated=any(stored.offer.simulated for stored in selection.offers),
    )
    return card | {
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
            "updated_minutes": minutes_of(result.age) or None,
            "missing": [provider_name(name) for name in result.missing],
        },
        "offers": [
            offer_row(stored, position, selection.badges.get(stored.id, ()), language) for position, stored in numbered
        ],
        "more": selection.more,
    }


def minutes_of(length: timedelta) -> int:
    return int(length.total_seconds()) // 60


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
        "slices": [slice_row(slice_, language) for slice_ in offer.slices],
        "conditions": {
            "refund": condition_row(offer.conditions.refund),
            "change": condition_row(offer.conditions.change),
        },
        "total": offer.total.model_dump(),
        "per_adult": offer.per_adult.model_dump() if offer.per_adult else None,
        "price_parts": [
            {"traveller_type": part.traveller_type, "count": part.count, "each": part.each.model_dump()}
            for part in offer.price_parts
        ],
        "seats_left": offer.seats_left,
        "expires_at": instant_row(offer.expires_at),
    }


def slice_row(slice_: Slice, language: Language) -> Card:
    layovers = zip(slice_.segments, slice_.layovers, strict=False)
    return {
        "origin": airport_place(slice_.origin, language),
        "destination": airport_place(slice_.destination, language),
        "departs_at_local": slice_.departs.at_local.isoformat(),
        "arrives_at_local": slice_.arrives.at_local.isoformat(),
        "day_difference": slice_.day_difference,
        "duration_minutes": minutes_of(slice_.duration),
        "stops": slice_.stops,
        "segments": [
            {
                "designator": segment.designator,
                "carrier": airline_name(segment.carrier),
                "operating_carrier": airline_name(segment.operating_carrier) if segment.operating_carrier else None,
                "origin": airport_place(segment.origin, language),
                "destination": airport_place(segment.destination, language),
                "departs_at_local": segment.departs.at_local.isoformat(),
                "arrives_at_local": segment.arrives.at_local.isoformat(),
                "duration_minutes": minutes_of(segment.duration),
                "aircraft": segment.aircraft,
                "cabin": segment.cabin,
                "carry_on": segment.carry_on.model_dump() if segment.carry_on else None,
                "checked": segment.checked.model_dump() if segment.checked else None,
            }
            for segment in slice_.segments
        ],
        "layovers": [
            {"airport": airport_place(segment.destination, language), "minutes": minutes_of(wait)}
            for segment, wait in layovers
        ],
    }


def condition_row(condition: Condition) -> Card:
    return {"allowed": condition.allowed, "fee": condition.fee.model_dump() if condition.fee else None}


def instant_row(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


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
