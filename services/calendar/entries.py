"""What a calendar says of a flight: the airline's number, the airports, each end in its own zone, and no names."""

from __future__ import annotations

import base64
import hashlib
import json
from uuid import UUID

from core.messages import Language, say
from db.models import CalendarEvent
from db.repositories.calendar import Place, Trip
from domain.airports import find_airport
from domain.bookings import UNPAID, Phase
from domain.offers import Segment
from providers.calendar.base import CalendarEntry

REMINDERS = (24 * 60, 3 * 60)
"""Minutes before departure: to check in, and to leave."""
NOT_FIRM: tuple[Phase, ...] = ("holding", *UNPAID, "releasing")


def make_event_id(booking_id: UUID, place: Place, calendar_id: str) -> str:
    """Google's id for a flight's event, the same whoever asks: an insert that is repeated finds it taken."""
    item, segment = place
    digest = hashlib.sha256(f"{booking_id}|{item}.{segment}|{calendar_id}".encode()).digest()
    return base64.b32hexencode(digest).decode().rstrip("=").lower()


def describe_segment(event: CalendarEvent, trip: Trip, segment: Segment) -> CalendarEntry:
    language: Language = "vi" if event.language == "vi" else "en"
    return CalendarEntry(
        summary=_name_entry(trip, segment, language),
        location=_name_airport(segment.origin),
        description="\n".join(_describe(trip, segment, language)),
        starts=segment.departs,
        ends=segment.arrives,
        is_firm=trip.phase not in NOT_FIRM,
        reminders=REMINDERS,
        marks={
            "booking_id": str(event.booking_id),
            "segment": f"{event.item_position}.{event.segment_position}",
            "simulated": str(trip.is_simulated).lower(),
        },
    )


def _name_entry(trip: Trip, segment: Segment, language: Language) -> str:
    """A real calendar may show a simulated flight, and a day at a glance shows no descriptions."""
    flight = name_flight(segment)
    return say("calendar.simulated_flight", language, flight=flight) if trip.is_simulated else flight


def name_flight(segment: Segment) -> str:
    return f"{segment.carrier} {segment.flight_number} {segment.origin} → {segment.destination}"


def hash_entry(entry: CalendarEntry) -> str:
    return hashlib.sha256(json.dumps(entry.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def _describe(trip: Trip, segment: Segment, language: Language) -> list[str]:
    origin, destination = _name_airport(segment.origin), _name_airport(segment.destination)
    lines = [say("calendar.route", language, origin=origin, destination=destination)]
    if trip.booking_reference is not None:
        lines.append(say("calendar.reference", language, reference=trip.booking_reference))
    if trip.phase in NOT_FIRM:
        lines.append(say("calendar.unpaid", language))
    if trip.is_simulated:
        lines.append(say("calendar.simulated", language))
    return lines


def _name_airport(iata: str) -> str:
    airport = find_airport(iata)
    return f"{airport.name} ({iata})" if airport else iata
