"""How a booking's parts read on paper."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from core.messages import Language, format_clock, format_day, format_money, say
from db.models import BookingPassenger
from domain.airlines import airline_name
from domain.airports import city_name
from domain.money import Money
from domain.offers import Baggage, LocalTime, Segment, Slice
from services.bookings.facts import BookingFacts

GATEWAYS = {"vnpay": "VNPAY", "momo": "MoMo"}
"""As they write themselves."""


def money_text(money: Money, language: Language) -> str:
    return format_money(money.amount, money.currency, language)


def place_text(code: str, language: Language) -> str:
    return f"{city_name(code, language)} ({code})"


def route_text(slice_: Slice, language: Language) -> str:
    return f"{city_name(slice_.origin, language)} → {city_name(slice_.destination, language)}"


def trip_text(facts: BookingFacts, language: Language) -> str:
    """Where it goes first, and when, as short as a subject: Hà Nội → Đà Nẵng, 20/12/2026."""
    first = facts.slices[0]
    departs = first.departs.at_local
    day = f"{departs:%d/%m/%Y}" if language == "vi" else f"{departs.day} {departs:%b %Y}"
    return f"{route_text(first, language)}, {day}"


def flight_text(segment: Segment) -> str:
    return f"{airline_name(segment.carrier)} {segment.designator}"


def times_text(segment: Segment, language: Language) -> str:
    """08:00 Hà Nội (HAN) → 09:25 Đà Nẵng (DAD), each by its own clock."""
    departs, arrives = segment.departs.at_local, segment.arrives.at_local
    later = (arrives.date() - departs.date()).days
    return (
        f"{format_clock(departs)} {place_text(segment.origin, language)} → "
        f"{format_clock(arrives)}{f' ({later:+d})' if later else ''} {place_text(segment.destination, language)}"
    )


def wall_time_text(at: LocalTime, language: Language) -> str:
    return f"{format_clock(at.at_local)}, {format_day(at.at_local.date(), language)}"


def instant_text(at: datetime, facts: BookingFacts, language: Language) -> str:
    """An instant by the clock of where the trip begins, which is named."""
    start = facts.home_zone_segment
    at_local = at.astimezone(ZoneInfo(start.departs.zone)).replace(tzinfo=None)
    return say(
        "papers.instant",
        language,
        time=wall_time_text(LocalTime(at_local=at_local, zone=start.departs.zone), language),
        city=city_name(start.origin, language),
    )


def name_text(passenger: BookingPassenger) -> str:
    """As on the ticket, the family name first."""
    return f"{passenger.family_name}/{passenger.given_name}"


def bag_text(bag: Baggage | None, language: Language) -> str:
    if bag is None:
        return say("offers.bag_unknown", language)
    if not bag.pieces:
        return say("offers.bag_none", language)
    if bag.kg is None:
        return say("offers.bag_pieces", language, count=bag.pieces)
    return say("offers.bag_kg", language, count=bag.pieces, kg=bag.kg)


def gateway_name(name: str) -> str:
    return GATEWAYS.get(name, name)


def paper_name(facts: BookingFacts) -> str:
    """What a booking's files are called by."""
    return facts.booking.booking_reference or facts.booking.id.hex[-8:]
