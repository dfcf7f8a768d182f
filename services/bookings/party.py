"""Who travels, as tickets name them, and the rules they must meet before anybody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor, Keys
from db.models import Passenger, User
from db.repositories.passengers import PassengerRepository
from domain.airports import find_airport
from domain.documents import months_after
from domain.names import to_latin
from domain.offers import FlightOffer
from domain.orders import Contact, OrderTraveller, TravelDocument
from domain.travellers import Gender, TravellerCounts, TravellerType, traveller_type_on
from services.bookings.errors import (
    BirthDateMissing,
    ContactMissing,
    GenderMissing,
    NameNotLatin,
    PassportExpires,
    PassportMissing,
    TravellersMismatch,
    TravellerTwice,
)
from services.passengers.address_book import find_own
from services.passengers.details import DocumentDetail, open_document

PASSPORT_MONTHS_LEFT = 6
"""What most countries ask of a passport beyond the day one arrives."""

_ORDER: dict[TravellerType, int] = {"adult": 0, "child": 1, "infant": 2}


@dataclass(frozen=True, slots=True)
class Member:
    passenger: Passenger
    traveller: OrderTraveller


async def gather_party(
    session: AsyncSession, actor: Actor, keys: Keys, *, offer: FlightOffer, passenger_ids: Sequence[UUID]
) -> list[Member]:
    """The party in the order of a purchase, their rows locked until the transaction ends.

    Raises PassengerNotFound, and the InvalidInput that keeps one of them from flying.
    """
    if len(set(passenger_ids)) < len(passenger_ids):
        raise TravellerTwice
    # in one order for everybody: two bookings of one family do not wait for each other for ever
    passengers = [await find_own(session, actor, each, for_update=True) for each in sorted(passenger_ids)]
    documents = await PassengerRepository(session).list_documents([each.id for each in passengers])
    members = []
    for passenger in passengers:
        found = [open_document(each, keys) for each in documents.get(passenger.id, [])]
        passport = next((each for each in found if each.is_primary and each.kind == "passport"), None)
        members.append(Member(passenger, _write_traveller(passenger, passport, offer)))
    members.sort(key=lambda member: (_ORDER[member.traveller.traveller_type], passenger_ids.index(member.passenger.id)))
    _ensure_priced_for(members, offer)
    return members


def find_contact(user: User, members: Sequence[Member]) -> Contact:
    """Where the airline reaches them; raises ContactMissing."""
    phones = [user.phone, *(member.passenger.phone for member in members)]
    phone = next((phone for phone in phones if phone), None)
    if phone is None:
        raise ContactMissing
    return Contact(email=user.email, phone=phone)


def _write_traveller(passenger: Passenger, passport: DocumentDetail | None, offer: FlightOffer) -> OrderTraveller:
    country = (passport.issuing_country if passport else None) or passenger.nationality
    given, family = to_latin(passenger.first_name, country), to_latin(passenger.last_name, country)
    if given is None or family is None:
        raise NameNotLatin
    if passenger.dob is None:
        raise BirthDateMissing
    if passenger.gender is None:
        raise GenderMissing
    last_arrival = _last_arrival_abroad(offer)
    if last_arrival is not None:
        _ensure_passport(passport, last_arrival)
    return OrderTraveller(
        # who turns two on the way needs a seat on the way back
        traveller_type=traveller_type_on(offer.slices[-1].departs.at_local.date(), passenger.dob),
        given_name=given,
        family_name=family,
        gender=cast("Gender", passenger.gender),
        born_on=passenger.dob,
        document=_write_document(passport, passenger),
    )


def _write_document(passport: DocumentDetail | None, passenger: Passenger) -> TravelDocument | None:
    if passport is None or passport.expires_on is None or passport.issuing_country is None:
        return None
    return TravelDocument(
        kind="passport",
        number=SecretStr(passport.number),
        issuing_country=passport.issuing_country,
        nationality=passenger.nationality or passport.issuing_country,
        expires_on=passport.expires_on,
    )


def _last_arrival_abroad(offer: FlightOffer) -> date | None:
    """The day of the last landing in another country than one left; None for a trip that crosses no border."""
    segments = [segment for slice_ in offer.slices for segment in slice_.segments]
    landings = [
        segment.arrives.at_local.date()
        for segment in segments
        if _country(segment.origin) != _country(segment.destination)
    ]
    return landings[-1] if landings else None


def _country(iata: str) -> str | None:
    airport = find_airport(iata)
    return airport.country if airport else None


def _ensure_passport(passport: DocumentDetail | None, last_arrival: date) -> None:
    if passport is None or passport.expires_on is None or passport.issuing_country is None:
        raise PassportMissing
    needed = months_after(last_arrival, PASSPORT_MONTHS_LEFT)
    if passport.expires_on < needed:
        raise PassportExpires(date=needed.isoformat())


def _ensure_priced_for(members: Sequence[Member], offer: FlightOffer) -> None:
    kinds = [member.traveller.traveller_type for member in members]
    counts = TravellerCounts(adults=kinds.count("adult"), children=kinds.count("child"), infants=kinds.count("infant"))
    if counts.infants > counts.adults or offer.travellers not in (None, counts):
        raise TravellersMismatch(adults=counts.adults, children=counts.children, infants=counts.infants)
