"""Somebody with travellers, bookings and a calendar, who talks with the tools; and a stranger at the same airline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.ids import new_id
from core.security import BOOKINGS_SCOPE, CHAT_SCOPE, Actor, Keys
from db.models import Booking, Conversation, Proposal, User, UserSession
from db.session import Transactions
from domain.bookings import Phase
from services.conversations.vault import put_away
from services.passengers.address_book import create_passenger
from services.preferences.preferences import replace_preference
from tests.conftest import NOW
from tests.support.calendars import Diary
from tests.support.consent import BAG, Buyer, StockedAirline, sell
from tests.support.shops import make_map
from tests.support.trips import PRICE
from tests.tools.desk import Desk
from tools.flights import search_flights

NEW_EMAIL = "canary.new7@example.com"
PASSPORT, BORN, EMAIL, PHONE = "K8801234", date(1990, 5, 17), "canary.q7x@example.com", "+84907654321"
ROUTE = {"origin": "HAN", "destination": "DAD", "departs_on": "2026-12-20"}


class Customer(Buyer):
    """Signed in on a foreign page, which is the least a customer can have."""

    desk: Desk
    held: UUID
    ticketed: UUID

    async def move_in(self) -> None:
        async with self.transactions() as session:
            name = f"{self.user_id.hex}.{EMAIL}"
            session.add(User(id=self.user_id, email=name, phone=PHONE, email_verified_at=NOW))
        self.passenger_id = await self.enter("Lan", "Nguyễn")
        self.held, self.ticketed = await self.add("held"), await self.add("ticketed")
        diary = Diary(self.transactions, self.keys)
        diary.trips = self
        await diary.connect()
        scopes = frozenset({CHAT_SCOPE, BOOKINGS_SCOPE})
        self.desk = Desk(
            self.transactions,
            self.parts.market,
            actor=Actor(kind="user", user_id=self.user_id, scopes=scopes),
            keys=self.keys,
            calendar=diary.google,
        )
        await self.look()

    async def look(self) -> None:
        """Have an offer on the screen; a visitor's search, since a user's would need a conversation."""
        visitor = Desk(self.transactions, self.parts.market)
        await visitor.call(search_flights, **ROUTE)
        self.desk.state |= visitor.state

    async def enter(self, first_name: str, last_name: str, **changes: Any) -> UUID:
        fields: dict[str, Any] = {
            "first_name": first_name,
            "last_name": last_name,
            "gender": "female",
            "dob": BORN,
            "nationality": "VN",
            "email": EMAIL,
            "phone": PHONE,
            "passport_number": PASSPORT,
            "passport_country": "VN",
            "passport_expiry": date(2031, 1, 1),
        }
        async with self.transactions() as session:
            made = await create_passenger(
                session, self.actor, fields=fields | changes, keys=self.keys, today=NOW.date()
            )
        return made.passenger.id

    async def open_up(self) -> None:
        """Sign in on our own page, and write a new address in a conversation there."""
        session_id, conversation_id = new_id(), new_id()
        async with self.transactions() as session:
            session.add(UserSession(id=session_id, user_id=self.user_id, expires_at=NOW + timedelta(days=30)))
            session.add(
                Conversation(
                    id=conversation_id, user_id=self.user_id, channel="web", time_zone="UTC", state={}, context={}
                )
            )
            await session.flush()
            await put_away(session, self.keys, conversation_id, f"my new address is {NEW_EMAIL}")
        self.desk.actor = replace(self.actor, session_id=session_id)
        self.desk.conversation_id = conversation_id

    async def set_default(self) -> None:
        """Have the first traveller be the customer themselves."""
        async with self.transactions() as session:
            fields = {"default_passenger_id": self.passenger_id}
            await replace_preference(session, self.actor, fields=fields)

    async def reference_of(self, booking_id: UUID) -> str:
        return (await self.read(booking_id)).booking_reference or ""

    async def list_proposals(self) -> list[Proposal]:
        """The cards shown to this customer, not those the bookings they came with rest on."""
        async with self.transactions() as session:
            rows = select(Proposal).where(Proposal.user_id == self.user_id, Proposal.id.not_in(self.agreed))
            return list(await session.scalars(rows.order_by(Proposal.created_at, Proposal.id)))

    async def read_phases(self) -> dict[UUID, tuple[Phase, int, int]]:
        async with self.transactions() as session:
            rows = await session.scalars(select(Booking).where(Booking.user_id == self.user_id))
            return {row.id: (row.phase, row.token, row.amount_minor) for row in rows}  # type: ignore[misc]


async def open_account(airline: StockedAirline, transactions: Transactions, keys: Keys) -> Customer:
    made = Customer(transactions, keys, airline)
    await made.move_in()
    return made


def open_airline() -> StockedAirline:
    airline = StockedAirline(sell(PRICE))
    airline.seat_maps, airline.bags = (make_map(3),), (BAG,)
    return airline
