"""Bags and seats that can be bought with an offer, and what the ones somebody chose come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.money import Money
from domain.offers import Baggage
from domain.orders import Service, ServiceChoice
from domain.seats import SeatMap
from providers.flights.base import InvalidRequest, SoldOut
from providers.sandbox.offers import Ask, Sale
from providers.sandbox.orders import PickedSeats
from providers.sandbox.seats import Cabin, PickedSeat
from providers.sandbox.timetable import SandboxTimetable

BAG_LEVELS = (1.0, 1.4)
"""Checked bags a traveller may add on each slice, and what the first and the second cost times the ordinary price."""

_BAG_KG = {"full": 23, "low_cost": 20}
_BAG_USD, _BAG_USD_PER_KM = 8.0, 0.007


@dataclass(frozen=True, slots=True)
class Extras:
    """What can be added to a sale."""

    timetable: SandboxTimetable
    sale: Sale
    ask: Ask
    picked: PickedSeats

    def list_bags(self) -> list[Service]:
        """For travellers with a seat."""
        return [
            Service(
                service_id=f"bag:{index}:{traveller}:{number}",
                kind="checked_bag",
                traveller=traveller,
                slices=(index,),
                bag=Baggage(pieces=1, kg=_BAG_KG[priced.seller.kind]),
                price=self.ask.currency.convert((_BAG_USD + _BAG_USD_PER_KM * priced.km) * level),
                max_quantity=1,
            )
            for index, priced in enumerate(self.sale.trip.slices)
            for traveller in range(self.ask.travellers.seats)
            for number, level in enumerate(BAG_LEVELS, start=1)
        ]

    def draw_seats(self) -> list[SeatMap]:
        return [
            cabin.draw(slice_index, segment_index, self._find_taken(cabin))
            for slice_index, segment_index, cabin in self._list_cabins()
        ]

    def add_up(self, choices: Sequence[ServiceChoice]) -> tuple[Money, dict[str, list[str]]]:
        """What the chosen things cost together, and the chosen seats by flight.

        Raises InvalidRequest for what was never offered, and SoldOut for a seat that is taken.
        """
        total = Money(amount_minor=0, currency=self.ask.currency.code)
        if not choices:
            return total, {}
        seats = self._price_seats()
        bags = {bag.service_id: bag.price for bag in self.list_bags()}
        picked = [seats[choice.service_id][0] for choice in choices if choice.service_id in seats]
        if len({choice.service_id for choice in choices}) < len(choices) or _clash(picked):
            raise InvalidRequest("a service was chosen twice")
        for choice in choices:
            if choice.quantity != 1 or (choice.service_id not in bags and choice.service_id not in seats):
                raise InvalidRequest("a chosen service is not offered")
            total += bags.get(choice.service_id) or seats[choice.service_id][1]
        taken = {cabin.flight.key: self._find_taken(cabin) for _, _, cabin in self._list_cabins()}
        if any(seat.designator in taken[seat.flight] for seat in picked):
            raise SoldOut("a chosen seat is taken")
        by_flight: dict[str, list[str]] = {}
        for seat in picked:
            by_flight.setdefault(seat.flight, []).append(seat.designator)
        return total, by_flight

    def _list_cabins(self) -> Iterator[tuple[int, int, Cabin]]:
        """With the positions of slice and segment."""
        for slice_index, (priced, brand) in enumerate(zip(self.sale.trip.slices, self.sale.brands, strict=True)):
            for segment_index, flight in enumerate(priced.journey.flights):
                cabin = Cabin(flight, self.ask.cabin, brand, self.ask.travellers, self.ask.currency)
                yield slice_index, segment_index, cabin

    def _find_taken(self, cabin: Cabin) -> frozenset[str]:
        picked = self.picked.get((cabin.flight.key, cabin.cabin), frozenset())
        return cabin.find_taken(self.timetable.dice, self.timetable.seats_left(cabin.flight, self.ask), picked)

    def _price_seats(self) -> dict[str, tuple[PickedSeat, Money]]:
        """Every seat for every traveller who may take it, by service id."""
        return {
            offered.service_id: (PickedSeat(cabin.flight.key, seat.designator, offered.traveller), offered.price)
            for _, _, cabin in self._list_cabins()
            for seat in cabin.list_seats()
            for offered in seat.prices
        }


def _clash(picked: Sequence[PickedSeat]) -> bool:
    """Whether two share a seat, or one has two on a flight."""
    places = {(seat.flight, seat.designator) for seat in picked}
    sitters = {(seat.flight, seat.traveller) for seat in picked}
    return len(places) < len(picked) or len(sitters) < len(picked)
