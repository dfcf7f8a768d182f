"""What the caller's travellers lack before they can be booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor, Keys
from services.bookings.errors import BirthDateMissing, GenderMissing, NameNotLatin
from services.bookings.party import KnownTraveller
from services.bookings.policy import find_candidates, find_faults

_MENDED_BY: Mapping[str, tuple[str, ...]] = {
    NameNotLatin.code: ("last_name", "first_name"),
    BirthDateMissing.code: ("dob",),
    GenderMissing.code: ("gender",),
}
"""Which fields of a passenger put a fault right."""


@dataclass(frozen=True, slots=True)
class TravellerPapers:
    """A traveller and what of theirs is entered, without saying it."""

    traveller: KnownTraveller
    missing: tuple[str, ...]
    """Fields of a passenger without which no flight can be booked; empty when they are complete."""
    has_passport: bool
    passport_expires_on: date | None
    """Trips abroad need both."""


async def check_papers(
    session: AsyncSession, actor: Actor, keys: Keys, travellers: Sequence[KnownTraveller]
) -> list[TravellerPapers]:
    """In the order given; raises PassengerNotFound."""
    candidates = await find_candidates(session, actor, keys, [each.id for each in travellers])
    return [
        TravellerPapers(
            traveller,
            missing=tuple(field for fault in find_faults(each, ()) for field in _MENDED_BY[fault.code]),
            has_passport=each.passport is not None,
            passport_expires_on=each.passport.expires_on if each.passport else None,
        )
        for traveller, each in zip(travellers, candidates, strict=True)
    ]
