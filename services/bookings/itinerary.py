"""A trip as a calendar file: an event a flight, by the clocks of its two airports.

A file saved again later replaces what it made: an event keeps its UID whatever flight takes its place, and its SEQUENCE
grows whenever the booking is written.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid5

from icalendar import Alarm, Calendar, Event
from sqlalchemy.ext.asyncio import AsyncSession

from core.messages import Language, say
from core.security import Actor
from domain.airports import city_name, find_airport
from domain.bookings import FLOWN, OVER
from domain.offers import Segment
from services.bookings.facts import BookingFacts, read_own_facts
from services.bookings.wording import flight_text, paper_name, place_text, wall_time_text

ALARMS = (timedelta(hours=24), timedelta(hours=3))
"""Before departure: check-in opens, and time to leave for the airport."""


async def get_itinerary(session: AsyncSession, actor: Actor, booking_id: UUID, language: Language) -> tuple[str, bytes]:
    """The file's name and content, of a booking of the caller's; raises BookingNotFound."""
    facts = await read_own_facts(session, actor, booking_id)
    return f"{paper_name(facts)}.ics", write_itinerary(facts, language)


def _is_called_off(facts: BookingFacts) -> bool:
    return facts.phase in OVER


def calendar_type(facts: BookingFacts) -> str:
    """The content type, which says what the file does as its METHOD does."""
    return f"text/calendar; method={_method(facts)}"


def write_itinerary(facts: BookingFacts, language: Language) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//May//Travel assistant//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", _method(facts))
    days = []
    for slice_place, slice_ in enumerate(facts.slices):
        for segment_place, segment in enumerate(slice_.segments):
            uid = uuid5(facts.booking.id, f"{slice_place} {segment_place}")
            calendar.add_component(_write_event(facts, segment, uid, language))
            days += [segment.departs.at_local.date(), segment.arrives.at_local.date()]
    # whole years around the trip: a zone's rules change within them
    calendar.add_missing_timezones(date(min(days).year - 1, 1, 1), date(max(days).year + 2, 1, 1))
    return bytes(calendar.to_ical())


def _write_event(facts: BookingFacts, segment: Segment, uid: UUID, language: Language) -> Event:
    event = Event()
    event.add("uid", str(uid))
    event.add("sequence", (facts.booking.updated_at - facts.booking.created_at) // timedelta(seconds=1))
    event.add("dtstamp", facts.booking.updated_at)
    # in their zones, so that a calendar shows each by the clock of its airport
    event.add("dtstart", segment.departs.instant)
    event.add("dtend", segment.arrives.instant)
    event.add("summary", _summary(facts, segment, language))
    event.add("location", _airport_text(segment.origin, language))
    event.add("description", _description(facts, segment, language))
    event.add("status", _status(facts))
    event.add("transp", "TRANSPARENT" if _is_called_off(facts) else "OPAQUE")
    if not _is_called_off(facts):
        for before in ALARMS:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("trigger", -before)
            alarm.add("description", event["summary"])
            event.add_component(alarm)
    return event


def _method(facts: BookingFacts) -> str:
    return "CANCEL" if _is_called_off(facts) else "PUBLISH"


def _status(facts: BookingFacts) -> str:
    if _is_called_off(facts):
        return "CANCELLED"
    return "CONFIRMED" if facts.phase in FLOWN else "TENTATIVE"


def _summary(facts: BookingFacts, segment: Segment, language: Language) -> str:
    origin, destination = city_name(segment.origin, language), city_name(segment.destination, language)
    flight = f"{segment.designator} {origin} → {destination}"
    return say("papers.simulated_event", language, flight=flight) if facts.is_simulated else flight


def _description(facts: BookingFacts, segment: Segment, language: Language) -> str:
    lines = [
        flight_text(segment),
        say("papers.arrives", language, time=wall_time_text(segment.arrives, language)),
        _airport_text(segment.destination, language),
    ]
    if facts.booking.booking_reference:
        lines.insert(0, f"{say('papers.reference', language)}: {facts.booking.booking_reference}")
    if facts.is_simulated:
        lines.append(say("papers.simulated", language))
    return "\n".join(lines)


def _airport_text(code: str, language: Language) -> str:
    airport = find_airport(code)
    return f"{airport.name}, {place_text(code, language)}" if airport else code
