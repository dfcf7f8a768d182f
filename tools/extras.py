"""Seats and bags as a model wishes for them, and what a purchase calls them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from core.messages import Language, say
from domain.money import Money
from domain.orders import Service, ServiceChoice, ServiceKind
from domain.seats import SeatMap
from domain.travellers import MAX_TRAVELLERS
from services.bookings.extras import ChosenService
from services.flights.offers import get_seat_maps, get_services
from tools.context import ToolContext
from tools.errors import BagNotSold, FlightUnclear, SeatNotFree
from tools.wording import money_text

TravellerPosition = Annotated[int, Field(ge=1, le=MAX_TRAVELLERS)]


class SeatWish(BaseModel):
    """A seat for one traveller on one flight."""

    seat: Annotated[str, Field(pattern=r"^\d{1,3}[A-Za-z]$")]
    traveller: TravellerPosition = 1
    flight: Annotated[str, Field(max_length=8)] | None = None


class BagWish(BaseModel):
    """Bags for one traveller, on one leg of the trip or on all."""

    kind: ServiceKind = "checked_bag"
    quantity: Annotated[int, Field(ge=1, le=9)] = 1
    traveller: TravellerPosition = 1
    leg: Annotated[int, Field(ge=1, le=6)] | None = None


SeatWishes = Annotated[list[SeatWish], Field(max_length=54)]
BagWishes = Annotated[list[BagWish], Field(max_length=18)]


async def find_choices(
    ctx: ToolContext, offer_id: UUID, seats: Sequence[SeatWish], bags: Sequence[BagWish]
) -> list[ServiceChoice]:
    """What is for sale of what is wished.

    Raises FlightUnclear, SeatNotFree, BagNotSold, and what keeps the provider from being asked.
    """
    choices: list[ServiceChoice] = []
    if seats:
        maps = (await get_seat_maps(ctx.transactions, ctx.market, offer_id)).maps
        choices += [_find_seat(maps, wish) for wish in seats]
    if bags:
        sold = await get_services(ctx.transactions, ctx.market, offer_id)
        legs = range(len(sold.stored.offer.slices))
        choices += [choice for wish in bags for choice in _find_bags(sold.services, wish, legs, ctx.language)]
    return choices


def _find_seat(maps: Sequence[SeatMap], wish: SeatWish) -> ServiceChoice:
    wanted = (wish.flight or "").replace(" ", "").upper()
    fit = [each for each in maps if not wanted or each.designator == wanted]
    if len(fit) != 1:
        raise FlightUnclear(flights=", ".join(each.designator for each in maps))
    (plane,) = fit
    offered = (
        price.service_id
        for cabin in plane.cabins
        for seat in cabin.seats
        if seat.designator == wish.seat.upper()
        for price in seat.prices
        if price.traveller == wish.traveller - 1
    )
    service_id = next(offered, None)
    if service_id is None:
        raise SeatNotFree(seat=wish.seat.upper(), flight=plane.designator)
    return ServiceChoice(service_id=service_id)


def _find_bags(sold: Sequence[Service], wish: BagWish, legs: range, language: Language) -> list[ServiceChoice]:
    """One service where it is good for all legs wished, else one a leg."""
    left = set(legs) if wish.leg is None else {wish.leg - 1}
    fit = [
        each
        for each in sold
        if each.kind == wish.kind and each.traveller == wish.traveller - 1 and each.max_quantity >= wish.quantity
    ]
    chosen: list[ServiceChoice] = []
    for each in sorted(fit, key=lambda service: (not set(service.slices) <= left, -len(service.slices))):
        if left & set(each.slices):
            chosen.append(ServiceChoice(service_id=each.service_id, quantity=wish.quantity))
            left -= set(each.slices)
    if left:
        raise BagNotSold(kind=say(f"papers.extra.{wish.kind}", language), count=wish.quantity)
    return chosen


def service_row(chosen: ChosenService) -> dict[str, object]:
    return {
        "kind": chosen.kind,
        "quantity": chosen.quantity,
        "traveller": chosen.traveller + 1,
        "seat": chosen.seat,
        "price": chosen.price.model_dump(),
    }


def service_text(chosen: ChosenService, language: Language) -> str:
    """Seat VN100 12A, traveller 1: ₫90,000."""
    what = say(f"papers.extra.{chosen.kind}", language)
    what += f" {chosen.seat}" if chosen.seat else f" × {chosen.quantity}"
    return say(
        "confirm.service", language, what=what, number=chosen.traveller + 1, price=price_text(chosen.price, language)
    )


def price_text(price: Money, language: Language) -> str:
    return money_text(price, language) if price.amount_minor else say("offers.rule_free", language)
