"""Seats and bags chosen with an offer, at the provider's prices; a client only names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from db.session import Transactions
from domain.money import Money
from domain.offers import Value
from domain.orders import ServiceChoice, ServiceKind
from services.bookings.errors import ServiceTwice, ServiceUnknown
from services.flights.errors import SeatMapUnavailable
from services.flights.market import Market
from services.flights.offers import get_seat_maps, get_services


class ChosenService(Value):
    """A seat or a bag somebody wants, as the provider tells of it now."""

    service_id: str
    quantity: int
    kind: Literal["seat"] | ServiceKind
    traveller: int
    """Position among the offer's travellers: adults first, then children, then infants."""
    slices: tuple[int, ...]
    """Positions of the slices it is good for."""
    seat: str | None = None
    """The flight and the seat: `VN123 12A`."""
    each: Money

    @property
    def price(self) -> Money:
        return self.each * self.quantity

    @property
    def choice(self) -> ServiceChoice:
        return ServiceChoice(service_id=self.service_id, quantity=self.quantity)


async def price_services(
    transactions: Transactions, market: Market, offer_id: UUID, choices: Sequence[ServiceChoice]
) -> tuple[ChosenService, ...]:
    """What was chosen, in that order, at today's prices.

    Raises ServiceUnknown for what is not for sale in that number, ServiceTwice where two are for one place or one
    traveller would have two seats on a flight, and what keeps the provider from being asked.
    """
    if not choices:
        return ()
    ids = [choice.service_id for choice in choices]
    if len(set(ids)) < len(ids):
        raise ServiceTwice
    bags = {each.service_id: each for each in (await get_services(transactions, market, offer_id)).services}
    seats = await _list_seats(transactions, market, offer_id) if set(ids) - set(bags) else {}
    chosen = []
    for choice in choices:
        if (seat := seats.get(choice.service_id)) is not None and choice.quantity == 1:
            chosen.append(seat)
        elif (bag := bags.get(choice.service_id)) is not None and choice.quantity <= bag.max_quantity:
            chosen.append(
                ChosenService(
                    service_id=bag.service_id,
                    quantity=choice.quantity,
                    kind=bag.kind,
                    traveller=bag.traveller,
                    slices=bag.slices,
                    each=bag.price,
                )
            )
        else:
            raise ServiceUnknown
    _ensure_one_seat_each(chosen)
    return tuple(chosen)


async def _list_seats(transactions: Transactions, market: Market, offer_id: UUID) -> dict[str, ChosenService]:
    try:
        maps = (await get_seat_maps(transactions, market, offer_id)).maps
    except SeatMapUnavailable:
        return {}
    return {
        offered.service_id: ChosenService(
            service_id=offered.service_id,
            quantity=1,
            kind="seat",
            traveller=offered.traveller,
            slices=(each.slice_index,),
            seat=f"{each.designator} {seat.designator}",
            each=offered.price,
        )
        for each in maps
        for cabin in each.cabins
        for seat in cabin.seats
        for offered in seat.prices
    }


def _ensure_one_seat_each(chosen: Sequence[ChosenService]) -> None:
    seats = [(each.slices, each.seat, each.traveller) for each in chosen if each.seat is not None]
    places = {(slices, seat) for slices, seat, _ in seats}
    sitters = {(slices, seat.split()[0], traveller) for slices, seat, traveller in seats}
    if len(places) < len(seats) or len(sitters) < len(seats):
        raise ServiceTwice
