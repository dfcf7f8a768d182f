"""The offers on the screen, as the conversation remembers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from services.flights.selection import StoredOffer
from tools.errors import OfferNumberUnknown


class ShownOffer(TypedDict):
    """Enough of an offer to know which one "the cheapest" is."""

    id: str
    price: int
    """In minor units of `currency`, as it was last told."""
    currency: str
    duration: int
    departure: float
    arrival: float
    stops: int
    airline: str
    """The IATA code of the one named on the screen."""
    departs: str
    """As the screen tells it: "07:05"."""


class CheapestDay(TypedDict):
    """The best days of a price calendar, as ISO dates."""

    departs_on: str
    returns_on: str | None


def remember(stored: StoredOffer) -> ShownOffer:
    first, last = stored.offer.slices[0], stored.offer.slices[-1]
    return ShownOffer(
        id=str(stored.id),
        price=stored.offer.total.amount_minor,
        currency=stored.offer.total.currency,
        duration=int(stored.offer.duration.total_seconds()),
        departure=first.departs.instant.timestamp(),
        arrival=last.arrives.instant.timestamp(),
        stops=stored.offer.stops,
        airline=stored.offer.carriers[0],
        departs=f"{first.departs.at_local:%H:%M}",
    )


def find_shown(shown: Sequence[ShownOffer], number: int) -> UUID:
    """The offer with a number on the screen; raises OfferNumberUnknown."""
    if not 1 <= number <= len(shown):
        raise OfferNumberUnknown(number=number, count=len(shown))
    return UUID(shown[number - 1]["id"])
