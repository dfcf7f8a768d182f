"""The rules a trip and its travellers must meet before any airline is asked, and what may only be warned of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import AppError
from core.security import BOOKINGS_SCOPE, Actor, Keys
from db.models import Passenger
from db.repositories.overlaps import OverlapRepository
from db.repositories.passengers import PassengerRepository
from domain.airports import find_airport
from domain.documents import months_after
from domain.names import find_name_warnings, to_latin
from domain.offers import FlightOffer, Slice
from domain.travellers import TravellerCounts, TravellerType, traveller_type_on
from services.accounts.sessions import get_account
from services.bookings.errors import (
    BirthDateMissing,
    ContactMissing,
    GenderMissing,
    NameNotLatin,
    PassportExpires,
    PassportMissing,
    TooLateToBook,
    TravellersMismatch,
)
from services.passengers.details import DocumentDetail, open_document
from services.passengers.errors import PassengerNotFound

PASSPORT_MONTHS_LEFT = 6
"""What most countries ask of a passport beyond the day one arrives."""
DOMESTIC_CUT_OFF = timedelta(hours=2)
INTERNATIONAL_CUT_OFF = timedelta(hours=4)
"""Before the first departure: time to pay, to be ticketed and to come to the airport."""
OVERLAP = "overlapping_booking"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps a trip from being booked, or with `is_warning` may spoil it."""

    code: str
    passenger_id: UUID | None
    """None for what concerns the whole party."""
    key: str
    """Of the sentence, to be filled with `params`."""
    params: dict[str, str | int]
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passenger of the caller's with the passport they would travel on."""

    passenger: Passenger
    passport: DocumentDetail | None

    @property
    def naming_country(self) -> str | None:
        return (self.passport.issuing_country if self.passport else None) or self.passenger.nationality


async def find_candidates(
    session: AsyncSession, actor: Actor, keys: Keys, passenger_ids: Sequence[UUID], *, for_update: bool = False
) -> list[Candidate]:
    """In the order asked for; raises PassengerNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    repository = PassengerRepository(session)
    # in one order for everybody: two bookings of one family do not wait for each other for ever
    found = {
        each: await repository.find_readable(actor, each, for_update=for_update) for each in sorted(set(passenger_ids))
    }
    documents = await repository.list_documents(list(found))
    candidates = []
    for passenger_id in passenger_ids:
        passenger = found[passenger_id]
        if passenger is None:
            raise PassengerNotFound
        papers = [open_document(each, keys) for each in documents.get(passenger_id, [])]
        passport = next((each for each in papers if each.is_primary and each.kind == "passport"), None)
        candidates.append(Candidate(passenger, passport))
    return candidates


async def check_readiness(
    session: AsyncSession, actor: Actor, keys: Keys, *, offer: FlightOffer, passenger_ids: Sequence[UUID]
) -> list[Finding]:
    """Everything that stands against booking an offer for these passengers, all at once; empty when nothing does.

    Raises PassengerNotFound.
    """
    user = await get_account(session, actor.require_user(BOOKINGS_SCOPE))
    candidates = await find_candidates(session, actor, keys, passenger_ids)
    findings = [_find(fault, each.passenger.id) for each in candidates for fault in find_faults(each, offer.slices)]
    of_the_party = [*find_lateness(offer.slices, now=clock.now()), *_find_miscount(candidates, offer)]
    if not any((user.phone, *(each.passenger.phone for each in candidates))):
        of_the_party.append(ContactMissing())
    findings += [_find(fault) for fault in of_the_party]
    for each in candidates:
        person = each.passenger
        findings += [
            _warn(code, person.id)
            for code in find_name_warnings(person.first_name, person.last_name, each.naming_country)
            if code != "latin_letters_needed"
        ]
        if await OverlapRepository(session).has_overlap([person.id], offer.slices):
            findings.append(_warn(OVERLAP, person.id))
    return findings


async def find_warnings(session: AsyncSession, candidates: Iterable[Candidate], slices: Sequence[Slice]) -> list[str]:
    """Codes of what may spoil a trip although it can be booked; each has its words under `warnings.<code>`."""
    people = [each.passenger for each in candidates]
    codes: list[str] = []
    for each in candidates:
        codes += find_name_warnings(each.passenger.first_name, each.passenger.last_name, each.naming_country)
    if await OverlapRepository(session).has_overlap([each.id for each in people], slices):
        codes.append(OVERLAP)
    return list(dict.fromkeys(codes))


def find_faults(candidate: Candidate, slices: Sequence[Slice]) -> list[AppError]:
    """What keeps one traveller from flying."""
    person, country = candidate.passenger, candidate.naming_country
    faults: list[AppError] = []
    if to_latin(person.first_name, country) is None or to_latin(person.last_name, country) is None:
        faults.append(NameNotLatin())
    if person.dob is None:
        faults.append(BirthDateMissing())
    if person.gender is None:
        faults.append(GenderMissing())
    passport = candidate.passport
    usable_until = passport.expires_on if passport and passport.issuing_country else None
    return [*faults, *find_passport_faults(usable_until, slices)]


def find_passport_faults(expires_on: date | None, slices: Sequence[Slice]) -> list[AppError]:
    """`expires_on` is None for whoever has no passport, or an incomplete one."""
    last_arrival = _last_arrival_abroad(slices)
    if last_arrival is None:
        return []
    if expires_on is None:
        return [PassportMissing()]
    needed = months_after(last_arrival, PASSPORT_MONTHS_LEFT)
    return [PassportExpires(date=needed.isoformat())] if expires_on < needed else []


def find_lateness(slices: Sequence[Slice], *, now: datetime) -> list[AppError]:
    """Whether too little time is left before the first departure."""
    cut_off = DOMESTIC_CUT_OFF if is_domestic(slices) else INTERNATIONAL_CUT_OFF
    is_late = slices[0].departs.instant - now < cut_off
    return [TooLateToBook(count=cut_off // timedelta(hours=1))] if is_late else []


def is_domestic(slices: Sequence[Slice]) -> bool:
    return _last_arrival_abroad(slices) is None


def find_traveller_type(born_on: date, slices: Sequence[Slice]) -> TravellerType:
    """As fares count them: who turns two on the way needs a seat on the way back."""
    return traveller_type_on(slices[-1].departs.at_local.date(), born_on)


def find_miscount(kinds: Sequence[TravellerType], offer: FlightOffer) -> list[AppError]:
    """Whether the offer is priced for another party; each infant needs an adult to sit with."""
    counts = TravellerCounts(adults=kinds.count("adult"), children=kinds.count("child"), infants=kinds.count("infant"))
    if counts.infants <= counts.adults and offer.travellers in (None, counts):
        return []
    return [TravellersMismatch(adults=counts.adults, children=counts.children, infants=counts.infants)]


def _find_miscount(candidates: Sequence[Candidate], offer: FlightOffer) -> list[AppError]:
    born = [each.passenger.dob for each in candidates]
    kinds = [find_traveller_type(day, offer.slices) for day in born if day is not None]
    return find_miscount(kinds, offer) if len(kinds) == len(born) else []


def _last_arrival_abroad(slices: Sequence[Slice]) -> date | None:
    """The day of the last landing in another country than one left; None for a trip that crosses no border."""
    segments = [segment for slice_ in slices for segment in slice_.segments]
    landings = [
        segment.arrives.at_local.date()
        for segment in segments
        if _country(segment.origin) != _country(segment.destination)
    ]
    return landings[-1] if landings else None


def _country(iata: str) -> str | None:
    airport = find_airport(iata)
    return airport.country if airport else None


def _find(fault: AppError, passenger_id: UUID | None = None) -> Finding:
    return Finding(fault.code, passenger_id, f"errors.{fault.code}", fault.params)


def _warn(code: str, passenger_id: UUID) -> Finding:
    return Finding(code, passenger_id, f"warnings.{code}", {}, is_warning=True)
