"""A provider that can be asked everything about its offers."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from domain.money import Money
from domain.offers import Condition, FlightOffer, FlightQuery, LocalTime, SliceQuery
from domain.orders import FareNote, FareRules
from domain.seats import Seat, SeatCabin, SeatFeature, SeatMap, SeatPrice
from providers.flights.base import Capability, FoundOffer
from tests.support.offers import ZONE, make_offer
from tests.support.providers import Shop

SECRET = "what only the provider's payload holds"
LETTERS = ("A", "B", "C", "", "D", "E", "F")
ROWS = 30


def vnd(amount: int) -> Money:
    return Money(amount_minor=amount, currency="VND")


def make_seat(row: int, column: str) -> Seat:
    """Every third row is taken; row 1 costs, the others are free of charge."""
    features: dict[str, SeatFeature] = {"A": "window", "F": "window", "C": "aisle", "D": "aisle"}
    price = SeatPrice(traveller=0, price=vnd(250_000 if row == 1 else 0), service_id=f"s{row}{column}")
    return Seat(
        row=row,
        column=column,
        features=(features.get(column, "middle"),),
        prices=() if row % 3 == 0 else (price,),
    )


def make_map(rows: int = ROWS) -> SeatMap:
    seats = tuple(make_seat(row, column) for row in range(1, rows + 1) for column in LETTERS if column)
    return SeatMap(
        slice_index=0,
        segment_index=0,
        designator="VN100",
        aircraft="321",
        # without 1F: there is a door
        cabins=(SeatCabin(cabin="economy", deck="main", columns=LETTERS, seats=(*seats[:5], *seats[6:])),),
    )


RULES = FareRules(
    refund=Condition(allowed=True, fee=vnd(500_000)),
    change=Condition(allowed=False),
    notes=(FareNote(title="No-show", text="The fare is lost. " * 400),),
)


class FullShop(Shop):
    """Flies every route and day, at the day's price where it was given no offers, and shows its seats and rules."""

    capabilities: frozenset[Capability] = frozenset({"fare_rules", "seat_map"})
    maps: tuple[SeatMap, ...] = (make_map(),)

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        await super().search(query)
        offers = self.offers or [make_offer(1_000_000 + query.slices[0].departs_on.day)]
        return [FoundOffer(move(offer, query), {"secret": SECRET}) for offer in offers]

    async def price(self, found: FoundOffer) -> FoundOffer:
        return found if not self.offers else await super().price(found)

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        if self.fault is not None:
            raise self.fault
        return RULES

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        if self.fault is not None:
            raise self.fault
        return list(self.maps)


def move(offer: FlightOffer, query: FlightQuery) -> FlightOffer:
    """The offer's first segment on the days and between the places of a query."""
    like = offer.slices[0].segments[0]

    def fly(asked: SliceQuery) -> dict[str, object]:
        at = datetime.combine(asked.departs_on, time(8))
        return {
            "origin": asked.origins[0],
            "destination": asked.destinations[0],
            "departs": LocalTime(at_local=at, zone=ZONE),
            "arrives": LocalTime(at_local=at + timedelta(hours=2), zone=ZONE),
        }

    slices = tuple(
        offer.slices[0].model_copy(update={"segments": (like.model_copy(update=fly(asked)),)}) for asked in query.slices
    )
    return offer.model_copy(update={"slices": slices, "provider": "test"})
