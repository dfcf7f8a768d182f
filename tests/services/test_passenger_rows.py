"""A caller's passengers are theirs alone, and what changes them goes one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, text, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Forbidden, NotFound, Unauthorized
from core.ids import new_id
from core.security import ACCOUNT_SCOPE, BOOKINGS_SCOPE, CHAT_SCOPE, Actor
from core.settings import Settings
from db.models import Passenger, User
from db.repositories import passengers as repository
from db.repositories.passengers import PassengerRepository
from db.session import Transactions
from services.passengers import address_book, documents
from services.passengers.errors import PassengerNotFound
from services.preferences import preferences
from services.preferences.errors import DefaultPassengerUnknown
from tests.support.waiting import eventually

Call = Callable[[AsyncSession], Awaitable[object]]

TODAY = date(2026, 11, 21)
ANNA, BINH = (Actor(kind="user", user_id=new_id(), scopes=frozenset({ACCOUNT_SCOPE})) for _ in range(2))
LAN = {"first_name": "Lan", "last_name": "Nguyễn", "passport_number": "C1234567", "nationality": "VN"}


@pytest.fixture
async def passenger_id(transactions: Transactions, settings: Settings) -> UUID:
    """Of Binh's address book."""
    async with transactions() as session:
        session.add_all(User(id=actor.user_id, email=f"{actor.user_id}@example.com") for actor in (ANNA, BINH))
        await session.flush()
        made = await address_book.create_passenger(session, BINH, fields=LAN, keys=settings.keys, today=TODAY)
    return made.passenger.id


async def try_everything(transactions: Transactions, settings: Settings, actor: Actor, passenger_id: UUID) -> list[str]:
    """What a caller learns of one passenger: the name of what each call raised, or that it went through."""
    named: dict[str, Any] = {"passenger_id": passenger_id, "keys": settings.keys}
    dated: dict[str, Any] = {**named, "today": TODAY}
    async with transactions() as session:
        found = await PassengerRepository(session).find_readable(actor, passenger_id)
        document_id = next(iter((await PassengerRepository(session).list_documents([passenger_id]))[passenger_id])).id
    learned = ["seen" if found else "unseen"]
    calls: list[Call] = [
        lambda session: address_book.get_passenger(session, actor, **dated),
        lambda session: address_book.update_passenger(session, actor, changes={"first_name": "Mai"}, **dated),
        lambda session: documents.list_documents(session, actor, **named),
        lambda session: documents.add_document(session, actor, fields={"number": "C7654321"}, **dated),
        lambda session: documents.update_document(session, actor, document_id=document_id, changes={}, **dated),
        lambda session: documents.remove_document(session, actor, document_id=document_id, **named),
        lambda session: preferences.update_preference(session, actor, changes={"default_passenger_id": passenger_id}),
        lambda session: address_book.delete_passenger(session, actor, passenger_id=passenger_id),
    ]
    for call in calls:
        try:
            async with transactions() as session:
                await call(session)
        except (NotFound, DefaultPassengerUnknown) as error:
            learned.append(f"{error.code} {error.params} {error.extra}")
        else:
            learned.append("done")
    return learned


async def test_strangers_passenger_does_not_exist(
    transactions: Transactions, settings: Settings, passenger_id: UUID
) -> None:
    learned = await try_everything(transactions, settings, ANNA, passenger_id)
    assert learned == ["unseen", *["passenger_not_found {} {}"] * 6, "default_passenger_unknown {} {}", learned[1]]
    async with transactions() as session:
        assert await address_book.list_passengers(session, ANNA, skip=0, limit=9, keys=settings.keys, today=TODAY) == []
        [still] = await address_book.list_passengers(session, BINH, skip=0, limit=9, keys=settings.keys, today=TODAY)
    assert (still.passenger.first_name, len(still.documents)) == ("Lan", 1)


async def test_owner_can_do_everything(transactions: Transactions, settings: Settings, passenger_id: UUID) -> None:
    assert await try_everything(transactions, settings, BINH, passenger_id) == ["seen", *["done"] * 8]


async def test_without_the_ownership_filter_a_stranger_would_get_through(
    transactions: Transactions, settings: Settings, passenger_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one filter is what keeps strangers out of all of it."""

    def see_all(actor: Actor) -> ColumnElement[bool]:
        return true()

    monkeypatch.setattr(repository, "readable_by", see_all)
    assert await try_everything(transactions, settings, ANNA, passenger_id) == ["seen", *["done"] * 8]


async def test_stranger_is_told_the_same_as_about_a_passenger_that_never_was(
    transactions: Transactions, settings: Settings, passenger_id: UUID
) -> None:
    told = []
    for asked in (passenger_id, new_id()):
        with pytest.raises(PassengerNotFound) as refused:
            async with transactions() as session:
                await address_book.get_passenger(session, ANNA, passenger_id=asked, keys=settings.keys, today=TODAY)
        told.append((refused.value.code, refused.value.params, refused.value.extra))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("actor", "error"),
    [
        (Actor(), Unauthorized),
        (Actor(conversation_token_hash=b"visitor"), Unauthorized),
        (Actor(kind="user", user_id=BINH.user_id, scopes=frozenset({CHAT_SCOPE, BOOKINGS_SCOPE})), Forbidden),
    ],
)
async def test_token_that_is_not_of_the_account_opens_nothing(
    transactions: Transactions, settings: Settings, passenger_id: UUID, actor: Actor, error: type[Exception]
) -> None:
    """A widget on a foreign page has such a token."""
    dated: dict[str, Any] = {"keys": settings.keys, "today": TODAY}
    calls: list[Call] = [
        lambda session: address_book.list_passengers(session, actor, skip=0, limit=9, **dated),
        lambda session: address_book.create_passenger(session, actor, fields=LAN, **dated),
        lambda session: address_book.get_passenger(session, actor, passenger_id=passenger_id, **dated),
        lambda session: address_book.update_passenger(session, actor, passenger_id=passenger_id, changes={}, **dated),
        lambda session: address_book.delete_passenger(session, actor, passenger_id=passenger_id),
        lambda session: documents.list_documents(session, actor, passenger_id=passenger_id, keys=settings.keys),
        lambda session: preferences.find_preference(session, actor),
        lambda session: preferences.replace_preference(session, actor, fields={}),
    ]
    for call in calls:
        with pytest.raises(error):
            async with transactions() as session:
                await call(session)


async def add_primary_beside_another(transactions: Transactions, settings: Settings, passenger_id: UUID) -> int:
    """Add a primary document while another transaction has added one and not ended; gives the documents then there."""

    async def add(number: str) -> None:
        fields = {"number": number, "is_primary": True}
        async with transactions() as session:
            await documents.add_document(
                session, BINH, passenger_id=passenger_id, fields=fields, keys=settings.keys, today=TODAY
            )
            if number == "C0000001":
                second.append(asyncio.create_task(add("C0000002")))
                await eventually(is_somebody_waiting)

    async def is_somebody_waiting() -> bool:
        async with transactions() as session:
            return bool(await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    second: list[asyncio.Task[None]] = []
    await add("C0000001")
    await second[0]
    async with transactions() as session:
        found = await documents.list_documents(session, BINH, passenger_id=passenger_id, keys=settings.keys)
    assert [each.number for each in found if each.is_primary] == ["C0000002"]
    return len(found)


async def test_second_primary_waits_for_the_first(
    transactions: Transactions, settings: Settings, passenger_id: UUID
) -> None:
    assert await add_primary_beside_another(transactions, settings, passenger_id) == 3


async def test_without_the_lock_the_second_primary_would_fail(
    transactions: Transactions, settings: Settings, passenger_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_locked = PassengerRepository.find_readable

    async def find_unlocked(
        self: PassengerRepository, actor: Actor, passenger_id: UUID, *, for_update: bool = False
    ) -> Passenger | None:
        return await find_locked(self, actor, passenger_id)

    monkeypatch.setattr(PassengerRepository, "find_readable", find_unlocked)
    with pytest.raises(IntegrityError):
        await add_primary_beside_another(transactions, settings, passenger_id)
