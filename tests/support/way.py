"""A traveller's whole way through the product, over HTTP, with a look at the rows behind every screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from sqlalchemy import select

from api.deps import Parts
from core.clock import clock
from db.models import Booking, BookingChange, CalendarEvent, Payment, Proposal, Refund
from domain.bookings import Phase
from tests.api.test_bookings import add_passenger
from tests.support.accounts import Account, Lobby
from tests.support.google import Browser
from tests.support.shopper import click_on
from tests.support.talk import Json, Talk
from tests.support.waiting import eventually

BETWEEN_TURNS = timedelta(seconds=5)
CARD = ("proposed", "shown", "approved", "executed")
PURCHASE = [("book", kind) for kind in (*CARD, "payment_started", "paid")]
"""What is on record of them."""


class Way:
    """One traveller with a conversation and a browser; the clock moves on with every turn."""

    def __init__(self, app: FastAPI, talk: Talk, browser: Browser, moved_clocks: ExitStack) -> None:
        self.parts: Parts = app.state.parts
        self.lobby, self.talk, self.browser = Lobby(app), talk, browser
        self._moved_clocks = moved_clocks
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        assert self._account is not None, "nobody has signed in"
        return self._account

    def wait(self, time: timedelta = BETWEEN_TURNS) -> None:
        """Nothing happens meanwhile."""
        self._moved_clocks.enter_context(clock.frozen(clock.now() + time))

    async def say(self, message: str) -> Json:
        self.wait()
        return await self.talk.ask(message)

    async def click(self, waiting: Json, *, yes: bool = True) -> Json:
        """Answer a card that asks for a yes, or say that what another asks for is done."""
        self.wait()
        resume = click_on(waiting, yes=yes) if waiting["quote_hash"] else _click_done(waiting)
        answer = await self.talk.client.post(f"{self.talk.path}/messages", json={"resume": [resume]})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def answer(self, waiting: Json, *, words: str | None) -> Json:
        """With words, or else with a click."""
        return await self.click(waiting) if words is None else await self.say(words)

    async def sign_in(self) -> None:
        """On our own page; the conversation becomes the account's."""
        self._account = await self.lobby.join()
        token = {"X-Conversation-Token": self.talk.client.headers["X-Conversation-Token"]}
        claimed = await self.account.client.post(f"{self.talk.path}/claim", headers=token)
        assert claimed.status_code == 200, claimed.text
        self.talk = Talk(self.account.client, self.talk.id)

    async def arrive(self) -> None:
        """Signed in, and with somebody to fly, before anything is asked."""
        await self.sign_in()
        await add_passenger(self.account)

    async def buy(self, search: str, book: str, pay: str) -> Booking:
        """Find, agree, pay, and hold tickets."""
        await self.say(search)
        (waiting,) = (await self.say(book))["interrupts"]
        await self.click(waiting)
        await self.pay(await self.say(pay))
        return await self.reach("ticketed")

    async def pay(self, reply: Json) -> None:
        """At the gateway, by the link on a reply."""
        self.wait()
        url = next(card["payment_url"] for card in reply["attachments"] if card["type"] == "payment")
        assert (await self.browser.http.get(url)).status_code == 200
        assert (await self.browser.http.post(url, data={"answer": "pay"})).status_code == 303

    async def connect_calendar(self) -> None:
        self.wait()
        await self.browser.connect_calendar(self.account.access_token, email=f"lan-{uuid4().hex[:8]}@gmail.com")

    async def read_actions(self, account: Account | None = None, **params: Any) -> list[Json]:
        """The record of the conversation."""
        client = (account or self.account).client
        answer = await client.get(f"{self.talk.path}/actions", **params)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    async def rows(self, statement: Any) -> list[Any]:
        async with self.parts.transactions() as session:
            return list(await session.scalars(statement))

    async def bookings(self) -> list[Booking]:
        return await self.rows(select(Booking).where(Booking.user_id == UUID(self.account.id)))

    async def booking(self) -> Booking:
        """The only one."""
        (booking,) = await self.bookings()
        return booking

    async def reach(self, *phases: Phase) -> Booking:
        """The only booking once it is in one of these phases."""

        async def look() -> Booking | None:
            booking = await self.booking()
            return booking if booking.phase in phases else None

        booking = await eventually(look)
        assert booking is not None
        return booking

    async def proposals(self) -> list[Proposal]:
        """Every card of the conversation, the first one first."""
        mine = select(Proposal).where(Proposal.conversation_id == UUID(self.talk.id))
        return await self.rows(mine.order_by(Proposal.created_at))

    async def payments(self) -> list[Payment]:
        """For a booking and for its changes, the first one first."""
        ids = [(await self.booking()).id, *(change.id for change in await self.changes())]
        return await self.rows(select(Payment).where(Payment.subject_id.in_(ids)).order_by(Payment.created_at))

    async def refunds(self) -> list[Refund]:
        ids = [payment.id for payment in await self.payments()]
        return await self.rows(select(Refund).where(Refund.payment_id.in_(ids)).order_by(Refund.created_at))

    async def changes(self) -> list[BookingChange]:
        booking = await self.booking()
        return await self.rows(select(BookingChange).where(BookingChange.booking_id == booking.id))

    async def calendar_events(self) -> list[CalendarEvent]:
        """Those that stand in the calendar."""
        booking = await self.booking()
        events = select(CalendarEvent).where(CalendarEvent.booking_id == booking.id)
        return await self.rows(events.where(CalendarEvent.synced_at.is_not(None)))


@asynccontextmanager
async def set_out(app: FastAPI) -> AsyncIterator[Way]:
    """A visitor with a conversation of their own."""
    browser, visitor = Browser(app), Lobby(app).visitor()
    async with browser.http, visitor:
        made = (await visitor.post("/v1/chat/conversations", json={})).json()
        visitor.headers["X-Conversation-Token"] = made["conversation_token"]
        with ExitStack() as moved_clocks:
            yield Way(app, Talk(visitor, made["id"]), browser, moved_clocks)


def told(actions: Sequence[Json]) -> list[tuple[str, str]]:
    """What each of them is about, and what was done."""
    return [(each["action"], each["kind"]) for each in actions]


def find_paid_seat(card: Json) -> tuple[str, str, int]:
    """The flight, a seat at the back and its price, from a card of seats."""
    (plane,) = card["maps"]
    rows = [row for cabin in plane["cabins"] for row in cabin["rows"]]
    seats = [seat for row in rows for seat in row["seats"] if seat and seat["price"]]
    seat = next(seat for seat in reversed(seats) if int(seat["price"]["amount"]))
    return plane["designator"], seat["designator"], int(seat["price"]["amount"])


def _click_done(waiting: Json) -> Json:
    return {"interrupt_id": waiting["id"], "status": "resolved", "payload": None}
