"""A user with a traveller who is asked for a yes: an airline, a way to pay, and every look behind the cards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from core.ids import new_id
from core.security import Actor, Keys
from db.models import Booking, Passenger, Proposal
from db.session import Transactions
from domain.money import Money
from domain.offers import Baggage, FlightOffer
from domain.orders import Service, ServiceChoice
from domain.seats import SeatMap
from providers.flights.base import FoundOffer
from services.bookings.creation import create_booking
from services.bookings.terms import SliceChange
from services.flights.search import search
from services.payments.gateways import Gateways
from services.proposals.approval import approve, get_proposal
from services.proposals.proposing import ConsentParts, propose_booking, propose_change
from tests.conftest import NOW
from tests.support.airline import Airline
from tests.support.offers import DAY, QUERY, make_offer, make_slice
from tests.support.till import Till
from tests.support.trips import PRICE, Trips

BAG = Service(
    service_id="bag",
    kind="checked_bag",
    traveller=0,
    slices=(0,),
    bag=Baggage(pieces=1, kg=23),
    price=Money(amount_minor=300, currency="VND"),
    max_quantity=2,
)


def sell(price: int = 1000, *flows: Any, **wanted: Any) -> FlightOffer:
    offer = make_offer(price, name="x", brand="Eco", expires_at=NOW + timedelta(hours=3), **wanted)
    return offer.model_copy(update={"booking_flows": flows or ("hold", "instant"), "provider": "test"})


class StockedAirline(Airline):
    """Sells seats and bags as well."""

    seat_maps: tuple[SeatMap, ...] = ()
    bags: tuple[Service, ...] = ()

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        return list(self.seat_maps)

    async def services(self, found: FoundOffer) -> list[Service]:
        return list(self.bags)


class Buyer(Trips):
    airline: StockedAirline

    def __init__(self, transactions: Transactions, keys: Keys, airline: StockedAirline) -> None:
        super().__init__(transactions, keys, airline)
        self.consent = ConsentParts(transactions, self.parts.market, keys, Gateways((Till(),), "http://test"))
        self.passenger_id = new_id()

    async def move_in(self) -> None:
        await super().move_in()
        self.passenger_id = await self.add_passenger()

    async def add_passenger(self, **changes: Any) -> UUID:
        person: dict[str, Any] = {
            "first_name": "Lan",
            "last_name": "Nguyễn",
            "gender": "female",
            "dob": date(1990, 5, 17),
            "nationality": "VN",
        }
        async with self.transactions() as session:
            session.add(passenger := Passenger(id=new_id(), user_id=self.user_id, **(person | changes)))
        return passenger.id

    async def find_offer(self, place: int = 0) -> UUID:
        """The id of the cheapest offer the airline has, or of a dearer one."""
        result = await search(self.transactions, self.parts.market, Actor(), query=QUERY, today=NOW.date())
        return result.offers[place].id

    async def propose(self, **wanted: Any) -> Proposal:
        asked: dict[str, Any] = {"offer_id": await self.find_offer(), "passenger_ids": [self.passenger_id]} | wanted
        return await propose_booking(self.consent, self.actor, **asked)

    async def create(
        self,
        booking_id: UUID | None = None,
        agreed_price: str | None = None,
        services: tuple[ServiceChoice, ...] = (),
    ) -> UUID:
        return await create_booking(
            self.consent,
            self.actor,
            booking_id=booking_id or new_id(),
            offer_id=await self.find_offer(),
            passenger_ids=[self.passenger_id],
            services=services,
            agreed_price=agreed_price,
        )

    async def approve(self, proposal: Proposal, quote_hash: str | None = None) -> UUID:
        """Say yes to a card about a booking; gives the booking's id."""
        approved = await approve(
            self.consent,
            self.actor,
            proposal_id=proposal.id,
            quote_hash=quote_hash or proposal.quote_hash,
            channel="card",
        )
        assert approved.booking_id
        return approved.booking_id

    async def read_card(self, proposal_id: UUID) -> Proposal:
        async with self.transactions() as session:
            return await get_proposal(session, self.actor, proposal_id)

    async def count_bookings(self) -> int:
        async with self.transactions() as session:
            return len((await session.scalars(select(Booking.id))).all())

    async def set_passenger(self, **values: Any) -> None:
        async with self.transactions() as session:
            await session.execute(update(Passenger).where(Passenger.id == self.passenger_id).values(**values))

    def sell(self, offer: FlightOffer) -> None:
        self.airline.offers = [offer]


async def offer_change(buyer: Buyer, booking_id: UUID, price: int = PRICE) -> Proposal:
    buyer.airline.new_slices, buyer.airline.new_price = (make_slice("18:00"),), price
    (proposal,) = await propose_change(
        buyer.consent, buyer.actor, booking_id=booking_id, changes={0: SliceChange(departs_on=DAY)}
    )
    return proposal
