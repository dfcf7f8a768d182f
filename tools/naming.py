"""Bookings and travellers as a model names them. Only the caller's own are looked among, so what is somebody else's and
what was made up are the same: unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from core.messages import Language
from services.bookings.errors import BookingNotFound
from services.bookings.party import KnownTraveller, list_known_travellers
from services.bookings.reading import BookingDetail, get_booking, get_booking_by_reference, list_bookings
from tools.context import ToolContext, Tooling
from tools.errors import NoTravellersKnown, TravellersUnclear
from tools.passenger_form import show_new_passenger_form
from tools.sign_in import require_sign_in
from tools.wording import name_text

LATEST, ME = "latest", "me"
MAX_POSITION_DIGITS = 2
HANDLE_DIGITS = 12
"""Of a traveller's handle: the random end of an id, which means nothing outside the caller's own list."""
MAX_NAMED_TRAVELLERS = 20

BookingName = Annotated[str, Field(min_length=1, max_length=20)]
TravellerName = Annotated[str, Field(min_length=1, max_length=20)]
TravellerNames = Annotated[list[TravellerName], Field(max_length=9)]


async def find_booking(runtime: Tooling, said: str) -> BookingDetail:
    """By PNR, by its number in the list shown last, or the latest; raises SignInNeeded and BookingNotFound."""
    require_sign_in(runtime)
    ctx: ToolContext = runtime.context
    name = said.strip()
    async with ctx.transactions() as session:
        if name.casefold() == LATEST:
            latest = await list_bookings(session, ctx.actor, status=None, skip=0, limit=1)
            if not latest:
                raise BookingNotFound
            return latest[0]
        if (position := _read_position(name)) is not None:
            listed: list[str] = runtime.state.get("bookings", [])
            if not 1 <= position <= len(listed):
                raise BookingNotFound
            return await get_booking(session, ctx.actor, UUID(listed[position - 1]))
        return await get_booking_by_reference(session, ctx.actor, name.upper())


async def find_travellers(runtime: Tooling, said: Sequence[str]) -> list[KnownTraveller]:
    """In the order said; nobody named is the caller.

    Raises SignInNeeded and NoTravellersKnown, with what to do about it on the screen, and TravellersUnclear.
    """
    require_sign_in(runtime)
    ctx: ToolContext = runtime.context
    async with ctx.transactions() as session:
        known = await list_known_travellers(session, ctx.actor)
    if not known:
        show_new_passenger_form(runtime, {})
        raise NoTravellersKnown
    found = [_find_traveller(known, name.strip().casefold()) for name in said or [ME]]
    if None in found:
        raise _ask_who(known, ctx.language)
    return [each for each in found if each is not None]


async def find_party(runtime: Tooling, said: Sequence[str]) -> list[KnownTraveller]:
    """Who flies a trip: as `find_travellers`, but nobody named is everybody, where they are as many as it is for."""
    if not said and runtime.context.actor.user_id is not None:
        async with runtime.context.transactions() as session:
            known = await list_known_travellers(session, runtime.context.actor)
        if len(known) == _count_searched(runtime):
            return known
    return await find_travellers(runtime, said)


def _count_searched(runtime: Tooling) -> int:
    """How many the trip on the screen is for."""
    frame = runtime.state.get("frame", {})
    adults = frame.get("adults")
    return (1 if adults is None else adults) + (frame.get("children") or 0) + (frame.get("infants") or 0)


def handle_of(traveller: KnownTraveller) -> str:
    return f"pax_{traveller.id.hex[-HANDLE_DIGITS:]}"


def _find_traveller(known: Sequence[KnownTraveller], name: str) -> KnownTraveller | None:
    if name == ME:
        return next((each for each in known if each.is_default), None)
    if (position := _read_position(name)) is not None:
        return known[position - 1] if 1 <= position <= len(known) else None
    return next((each for each in known if handle_of(each) == name), None)


def _ask_who(known: Sequence[KnownTraveller], language: Language) -> TravellersUnclear:
    named = known[:MAX_NAMED_TRAVELLERS]
    people = (
        f"{position}. {name_text(each.given_name, each.family_name, language)}"
        for position, each in enumerate(named, start=1)
    )
    return TravellersUnclear(people=", ".join(people), handles=", ".join(handle_of(each) for each in named))


def _read_position(name: str) -> int | None:
    is_position = name.isascii() and name.isdigit() and len(name) <= MAX_POSITION_DIGITS
    return int(name) if is_position else None
