"""The house under attack: two tenants who know nothing of each other, with trips, papers and calendars; and a visitor.

It is furnished once, through the doors everybody uses; every story gets a copy of its database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import func, select

from api.app import create_app
from api.deps import Parts
from core.clock import clock
from core.settings import Settings
from db.models import Booking, IdentityDocument, NotificationLog, Proposal
from tests.conftest import NOW
from tests.hostile.attacker import Attacker
from tests.support.accounts import PASSWORD, Account, Lobby
from tests.support.google import Browser
from tests.support.waiting import eventually

SUPPORT_EMAIL = "desk@travel.example"
DESTINATION_DAY = "2026-12-20"
TRIP = {"origin": "HAN", "destination": "DAD", "depart_date": DESTINATION_DAY}


@dataclass(frozen=True)
class Secrets:
    """What of a tenant nobody but they may read, and what not even a model may."""

    email: str
    phone: str
    passport: str
    born: str
    names: tuple[str, ...]
    """Of their travellers: theirs to read, and nobody else's."""
    said_email: str
    said_card: str
    said_passport: str
    """What they write in the chat."""

    @property
    def canaries(self) -> tuple[str, ...]:
        """In the forms they are written in."""
        year, month, day = self.born.split("-")
        return (
            *(self.email, self.phone, self.phone[3:], self.passport),
            *(self.born, f"{day}/{month}/{year}", f"{day}{month}{year}"),
            *(self.said_email, self.said_card, self.said_card.replace(" ", ""), self.said_passport),
        )


SECRETS = {
    "A": Secrets(
        email="an.quetzal@example.com",
        phone="+84907771231",
        passport="K8801234",
        born="1987-03-19",
        names=("Quetzalina", "Xuanthao"),
        said_email="an.moi.q7x@example.org",
        said_card="4111 1111 1111 1111",
        said_passport="B7654321",
    ),
    "B": Secrets(
        email="bo.wombat@example.com",
        phone="+84907774562",
        passport="M5504321",
        born="1991-08-23",
        names=("Wombatine", "Yggdrasila"),
        said_email="bo.moi.w9z@example.org",
        said_card="5555 5555 5555 4444",
        said_passport="D1234567",
    ),
}


@dataclass(frozen=True)
class Belongings:
    """A tenant as furnished: what an attacker may have learned to name."""

    name: str
    user_id: UUID
    passenger_ids: tuple[UUID, ...]
    document_ids: tuple[UUID, ...]
    bookings: tuple[tuple[UUID, str], ...]
    """Their ids and references: one held, one ticketed."""
    offer_id: str

    @property
    def secrets(self) -> Secrets:
        return SECRETS[self.name]

    @property
    def handles(self) -> tuple[str, ...]:
        return tuple(f"pax_{each.hex[-12:]}" for each in self.passenger_ids)

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(reference for _, reference in self.bookings)


@dataclass(frozen=True)
class Estate:
    """A furnished database, and what is in it."""

    database: str
    settings: Settings
    tenants: dict[str, Belongings]
    consents: frozenset[UUID]
    """What was agreed to while it was furnished."""


@dataclass
class House:
    """A running server, the model in it, and the doors to both."""

    app: FastAPI
    attacker: Attacker
    database_url: str
    lobby: Lobby = field(init=False)

    def __post_init__(self) -> None:
        self.lobby = Lobby(self.app)

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.state.parts
        return parts

    async def sign_in(self, name: str) -> Account:
        return await self.lobby.sign_in(SECRETS[name].email)

    async def pay(self, url: str) -> httpx.Response:
        """At the gateway's page, as its owner."""
        async with Browser(self.app).http as browser:
            await browser.get(url)
            return await browser.post(url, data={"answer": "pay"})


def make_settings(base: Settings) -> Settings:
    """Wide enough for a whole story in a minute; what limits a turn stays."""
    return base.model_copy(
        update={
            "support_email": SUPPORT_EMAIL,
            "model_day_tokens_per_user": 10**9,
            "model_day_tokens_per_address": 10**9,
        }
    )


@asynccontextmanager
async def open_house(settings: Settings, database_url: str) -> AsyncIterator[House]:
    attacker = Attacker()
    app = create_app(settings, database_url, models=attacker.models)
    async with app.router.lifespan_context(app):
        yield House(app, attacker, database_url)


async def furnish(house: House, settings: Settings, database: str) -> Estate:
    tenants = {name: await _move_in(house, name) for name in SECRETS}
    await _let_rest(house)
    async with house.parts.transactions() as session:
        consents = frozenset(await session.scalars(select(Proposal.id).where(Proposal.status == "approved")))
    return Estate(database, settings, tenants, consents)


async def _move_in(house: House, name: str) -> Belongings:
    secrets = SECRETS[name]
    body = {"email": secrets.email, "password": PASSWORD}
    made = await house.lobby.visitor().post("/v1/auth/register", json=body)
    assert made.status_code == 201, made.text
    account = await house.sign_in(name)
    await house.lobby.change_user(account, email_verified_at=NOW, phone=secrets.phone)
    passengers = [await _enter(account, secrets, who) for who in (0, 1)]
    preference = {"default_passenger_id": passengers[0]}
    assert (await account.client.patch("/v1/users/me/preferences", json=preference)).is_success
    async with house.parts.transactions() as session:
        documents = tuple(
            await session.scalars(
                select(IdentityDocument.id).where(IdentityDocument.passenger_id.in_(map(UUID, passengers)))
            )
        )
    browser = Browser(house.app)
    async with browser.http:
        connected = await browser.connect_calendar(account.access_token, email=f"{name.lower()}.cal@gmail.com")
        assert connected.is_success
    found = (await account.client.post("/v1/flights/search", json=TRIP)).json()["offers"]
    bookings = []
    for offer in found[:2]:
        body = {"passenger_id": passengers[0], "offer_id": offer["offer_id"]}
        booked = await account.client.post("/v1/bookings", json=body)
        assert booked.status_code == 201, booked.text
        bookings.append((UUID(booked.json()["id"]), str(booked.json()["booking_reference"])))
    await _pay_for(house, account, bookings[0][0])
    return Belongings(
        name, UUID(account.id), tuple(map(UUID, passengers)), documents, tuple(bookings), found[0]["offer_id"]
    )


async def _enter(account: Account, secrets: Secrets, who: int) -> str:
    person: dict[str, Any] = {
        "first_name": secrets.names[who],
        "last_name": "Nguyen",
        "gender": "female",
        "dob": secrets.born,
        "nationality": "VN",
        "phone": secrets.phone,
    }
    if who == 1:  # nobody who is booked: papers of theirs can be deleted
        person |= {"passport_number": secrets.passport, "passport_expiry": "2031-01-01", "passport_country": "VN"}
    answer = await account.client.post("/v1/users/me/passengers", json=person)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _pay_for(house: House, account: Account, booking_id: UUID) -> None:
    link = await account.client.post(f"/v1/bookings/{booking_id}/payments", json={"provider": "vnpay"})
    assert link.is_success, link.text
    await house.pay(link.json()["payment_url"])

    async def is_ticketed() -> bool:
        async with house.parts.transactions() as session:
            return await session.scalar(select(Booking.phase).where(Booking.id == booking_id)) == "ticketed"

    await eventually(is_ticketed)


async def _let_rest(house: House) -> None:
    """Until the letters due are out, so that no copy begins with one under way."""

    async def is_quiet() -> bool:
        async with house.parts.transactions() as session:
            due = (NotificationLog.status == "queued") & (NotificationLog.due_at <= clock.now())
            return not await session.scalar(select(func.count()).select_from(NotificationLog).where(due))

    await eventually(is_quiet)
