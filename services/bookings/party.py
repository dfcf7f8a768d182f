"""Who travels, as tickets name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import BOOKINGS_SCOPE, Actor, Keys
from db.models import Passenger, User
from db.repositories.passengers import PassengerRepository
from db.repositories.preferences import PreferenceRepository
from domain.names import to_latin
from domain.offers import FlightOffer, Slice
from domain.orders import Contact, OrderTraveller, TravelDocument
from domain.travellers import Gender, TravellerType
from services.bookings.errors import ContactMissing, TravellerTwice
from services.bookings.policy import Candidate, find_candidates, find_faults, find_miscount, find_traveller_type
from services.passengers.rules import MAX_PASSENGERS

_ORDER: dict[TravellerType, int] = {"adult": 0, "child": 1, "infant": 2}


@dataclass(frozen=True, slots=True)
class Member:
    candidate: Candidate
    traveller: OrderTraveller

    @property
    def passenger(self) -> Passenger:
        return self.candidate.passenger


@dataclass(frozen=True, slots=True)
class TicketName:
    """How a ticket names somebody, and as whom it counts them."""

    given_name: str
    family_name: str
    traveller_type: TravellerType


@dataclass(frozen=True, slots=True)
class KnownTraveller:
    """Somebody the caller can book for, by name alone."""

    id: UUID
    given_name: str
    family_name: str
    is_default: bool
    """Whom the caller means by themselves: the default of their preferences, or the only one there is."""


async def list_known_travellers(session: AsyncSession, actor: Actor) -> list[KnownTraveller]:
    """The caller's, in the order they were entered."""
    user_id = actor.require_user(BOOKINGS_SCOPE)
    people = await PassengerRepository(session).list_readable(actor, skip=0, limit=MAX_PASSENGERS)
    preference = await PreferenceRepository(session).find(user_id)
    default_id = preference.default_passenger_id if preference else None
    if default_id is None and len(people) == 1:
        default_id = people[0].id
    return [KnownTraveller(each.id, each.first_name, each.last_name, each.id == default_id) for each in people]


async def gather_party(
    session: AsyncSession,
    actor: Actor,
    keys: Keys,
    *,
    offer: FlightOffer,
    passenger_ids: Sequence[UUID],
) -> list[Member]:
    """The party in the order of a purchase, their rows locked until the transaction ends.

    Raises PassengerNotFound, and the first InvalidInput that keeps one of them from flying.
    """
    if len(set(passenger_ids)) < len(passenger_ids):
        raise TravellerTwice
    candidates = await find_candidates(session, actor, keys, passenger_ids, for_update=True)
    for candidate in candidates:
        for fault in find_faults(candidate, offer.slices):
            raise fault
    members = [Member(each, _write_traveller(each, offer.slices)) for each in candidates]
    members.sort(key=lambda member: _ORDER[member.traveller.traveller_type])
    for fault in find_miscount([member.traveller.traveller_type for member in members], offer):
        raise fault
    return members


async def name_party(
    session: AsyncSession, actor: Actor, keys: Keys, *, slices: Sequence[Slice], passenger_ids: Sequence[UUID]
) -> list[TicketName]:
    """In the order asked for; raises PassengerNotFound, and the first InvalidInput that keeps somebody from flying."""
    candidates = await find_candidates(session, actor, keys, passenger_ids)
    for candidate in candidates:
        for fault in find_faults(candidate, slices):
            raise fault
    travellers = [_write_traveller(each, slices) for each in candidates]
    return [TicketName(each.given_name, each.family_name, each.traveller_type) for each in travellers]


def find_contact(user: User, members: Sequence[Member]) -> Contact:
    """Where the airline reaches them; raises ContactMissing."""
    phones = [user.phone, *(member.passenger.phone for member in members)]
    phone = next((phone for phone in phones if phone), None)
    if phone is None:
        raise ContactMissing
    return Contact(email=user.email, phone=phone)


def _write_traveller(candidate: Candidate, slices: Sequence[Slice]) -> OrderTraveller:
    """Of somebody without faults."""
    passenger, country = candidate.passenger, candidate.naming_country
    given, family = to_latin(passenger.first_name, country), to_latin(passenger.last_name, country)
    assert given is not None
    assert family is not None
    assert passenger.dob is not None
    return OrderTraveller(
        traveller_type=find_traveller_type(passenger.dob, slices),
        given_name=given,
        family_name=family,
        gender=cast("Gender", passenger.gender),
        born_on=passenger.dob,
        document=_write_document(candidate),
    )


def _write_document(candidate: Candidate) -> TravelDocument | None:
    passport = candidate.passport
    if passport is None or passport.expires_on is None or passport.issuing_country is None:
        return None
    return TravelDocument(
        kind="passport",
        number=SecretStr(passport.number),
        issuing_country=passport.issuing_country,
        nationality=candidate.passenger.nationality or passport.issuing_country,
        expires_on=passport.expires_on,
    )
