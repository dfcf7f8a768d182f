"""Offers on their way out and back: a client posts an offer as it got it, and in it we find the world's own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from domain.money import Money
from providers.flights.base import FoundOffer
from providers.sandbox.amadeus_asks import Ask, Traveler
from providers.sandbox.amadeus_errors import invalid_data
from providers.sandbox.amadeus_packing import NotPacked, pack_offer, unpack_offer
from providers.sandbox.amadeus_wire import OfferWriter

MAX_POSTED = 6


class OffersData(Ask):
    flight_offers: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MAX_POSTED)


class PricingBody(Ask):
    data: OffersData


class SeatMapBody(Ask):
    data: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MAX_POSTED)


class ChosenSeat(NamedTuple):
    traveler_id: str
    segment_id: str
    number: str
    """Row and column: 12A."""


class OfferOnWire(NamedTuple):
    """A world's offer under the numbers that one answer gave it."""

    found: FoundOffer
    number: int
    party: tuple[Traveler, ...]
    segment_ids: Sequence[str]
    seats: tuple[ChosenSeat, ...] = ()
    services_price: Money | None = None
    """Of what was chosen, as it was priced; None where nothing was."""

    @property
    def total(self) -> Money:
        total = self.found.offer.total
        return total if self.services_price is None else total + self.services_price

    @classmethod
    def read(cls, posted: dict[str, Any], where: str) -> OfferOnWire:
        """Raises a Refusal unless the offer is one of ours and verbatim, but for the seats a client put into it."""
        bare = copy.deepcopy(posted)
        try:
            seats = tuple(_take_seats(bare))
            found = unpack_offer(bare)
        except (NotPacked, LookupError, TypeError, AttributeError):
            raise invalid_data(where) from None
        party = tuple(
            Traveler(
                id=each["travelerId"],
                travelerType=each["travelerType"],
                associatedAdultId=each.get("associatedAdultId"),
            )
            for each in posted["travelerPricings"]
        )
        ids = [segment["id"] for itinerary in posted["itineraries"] for segment in itinerary["segments"]]
        return cls(found, int(posted["id"]), party, ids, seats, _sum_services(posted["price"]))

    def write(self) -> dict[str, Any]:
        return pack_offer(self.found, OfferWriter(self.found.offer, self.number, self.party, self.segment_ids).write())

    def write_priced(self, seats_cost: Money | None) -> dict[str, Any]:
        writer = OfferWriter(
            self.found.offer, self.number, self.party, self.segment_ids, is_priced=True, seats_cost=seats_cost
        )
        written = pack_offer(self.found, writer.write())
        for seat in self.seats:
            _find_fare(written, seat)["additionalServices"] = {"chargeableSeatNumber": seat.number}
        return written


def _sum_services(price: dict[str, Any]) -> Money | None:
    prices = [Money.parse(each["amount"], price["currency"]) for each in price.get("additionalServices", ())]
    return sum(prices[1:], start=prices[0]) if prices else None


def _take_seats(posted: dict[str, Any]) -> Iterator[ChosenSeat]:
    """The seats that were put into an offer, which is afterwards as we wrote it."""
    for traveler in posted["travelerPricings"]:
        for fare in traveler["fareDetailsBySegment"]:
            number = fare.pop("additionalServices", {}).get("chargeableSeatNumber")
            if number is not None:
                yield ChosenSeat(traveler["travelerId"], fare["segmentId"], number)


def _find_fare(written: dict[str, Any], seat: ChosenSeat) -> dict[str, Any]:
    fares: Iterator[dict[str, Any]] = (
        fare
        for traveler in written["travelerPricings"]
        for fare in traveler["fareDetailsBySegment"]
        if (traveler["travelerId"], fare["segmentId"]) == (seat.traveler_id, seat.segment_id)
    )
    return next(fares)
