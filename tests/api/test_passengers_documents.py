"""A passenger's passports and identity cards: several, one of them primary, none readable in the database."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update

from core.vault import Unsealable
from db.models import IdentityDocument
from tests.api.test_passengers import BOOK, Json, booked, change, check_refused, enter, read, without_times
from tests.support.accounts import Account, Lobby

__all__ = ["booked"]

CARD: Json = {"kind": "identity_card", "number": "001 190 012 345", "issuing_country": "vn"}
LONG_AGO = date(2020, 1, 1)
SECOND: Json = {"number": "K0123456", "issuing_country": "VN", "expires_on": "2033-01-09"}


def folder(passenger: Json) -> str:
    return f"{BOOK}/{passenger['id']}/documents"


async def add(account: Account, passenger: Json, document: Json, **fields: Any) -> Json:
    answer = await account.client.post(folder(passenger), json=document | fields)
    assert answer.status_code == 201, answer.text
    return without_times(answer.json())


async def list_documents(account: Account, passenger: Json) -> list[Json]:
    answer = await account.client.get(folder(passenger))
    assert answer.status_code == 200, answer.text
    return [without_times(each) for each in answer.json()]


async def list_primary(account: Account, passenger: Json) -> list[str]:
    return [each["number"] for each in await list_documents(account, passenger) if each["is_primary"]]


async def test_passenger_has_several_documents(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    card = await add(account, passenger, CARD)
    assert set(card) == {"id", "kind", "number", "issuing_country", "expires_on", "is_primary"}
    assert (card["number"], card["issuing_country"], card["is_primary"]) == ("001190012345", "VN", False)
    listed = await list_documents(account, passenger)
    assert {each["number"] for each in listed} == {"C1234567", "001190012345"}
    assert (await read(account, passenger))["documents"] == listed


async def test_number_in_the_database_is_sealed_for_its_row(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    await add(account, passenger, SECOND)
    vault = lobby.parts.settings.keys.vault
    async with lobby.transactions() as session:
        theirs = IdentityDocument.passenger_id == UUID(passenger["id"])
        rows = list(await session.scalars(select(IdentityDocument).where(theirs)))
        dump = await session.execute(text("SELECT t::text FROM identity_documents t"))
        everything = "\n".join(row for (row,) in dump)
    assert "C1234567" not in everything
    assert "1234567" not in everything
    opened = {
        row.id: vault.open(row.number, table="identity_documents", column="number", row_id=row.id) for row in rows
    }
    assert set(opened.values()) == {"C1234567", "K0123456"}
    with pytest.raises(Unsealable):
        vault.open(rows[0].number, table="identity_documents", column="number", row_id=rows[1].id)


async def test_first_document_is_primary_whatever_it_says(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account, passport_number=None, passport_expiry=None)
    document = await add(account, passenger, SECOND, is_primary=False)
    assert document["is_primary"]
    answer = await account.client.patch(f"{folder(passenger)}/{document['id']}", json={"is_primary": False})
    assert answer.json()["is_primary"]
    assert (await read(account, passenger))["passport_number"] == "K0123456"


async def test_document_made_primary_takes_over(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    second = await add(account, passenger, SECOND, is_primary=True)
    assert await list_primary(account, passenger) == ["K0123456"]
    shown = await read(account, passenger)
    assert (shown["passport_number"], shown["passport_expiry"]) == ("K0123456", "2033-01-09")
    answer = await account.client.patch(f"{folder(passenger)}/{second['id']}", json={"is_primary": False})
    assert (answer.status_code, answer.json()["is_primary"]) == (200, False)
    assert await list_primary(account, passenger) == ["C1234567"]
    await account.client.patch(f"{folder(passenger)}/{second['id']}", json={"is_primary": True})
    assert await list_primary(account, passenger) == ["K0123456"]


async def test_removed_primary_hands_over_to_a_passport_first(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    card, second = await add(account, passenger, CARD), await add(account, passenger, SECOND)
    numbers = []
    while documents := await list_documents(account, passenger):
        [primary] = [each for each in documents if each["is_primary"]]
        numbers.append(primary["number"])
        answer = await account.client.delete(f"{folder(passenger)}/{primary['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert numbers == ["C1234567", second["number"], card["number"]]


async def test_identity_card_is_never_shown_as_a_passport(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account, passport_number=None, passport_expiry=None)
    card = await add(account, passenger, CARD)
    shown = await read(account, passenger)
    assert (card["is_primary"], shown["passport_number"], shown["warnings"]) == (True, None, [])
    changed = await change(account, passenger, passport_number="C7654321", passport_expiry="2031-01-01")
    assert changed["passport_number"] == "C7654321"
    assert await list_primary(account, passenger) == ["C7654321"]
    assert (await change(account, passenger, passport_number=None))["passport_number"] is None
    assert await list_primary(account, passenger) == [card["number"]]


async def test_changing_a_document_leaves_what_is_not_sent(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    second = await add(account, passenger, SECOND)
    path = f"{folder(passenger)}/{second['id']}"
    changed = (await account.client.patch(path, json={"expires_on": None})).json()
    assert without_times(changed) == second | {"expires_on": None}
    changed = (await account.client.patch(path, json={"number": "p0123 4567"})).json()
    assert changed["number"] == "P01234567"
    assert without_times((await account.client.patch(path, json={})).json()) == without_times(changed)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"number": "12"}, "document_number_invalid"),
        ({"number": "•••• 3456"}, "document_number_masked"),
        ({"issuing_country": "ZZ"}, "country_unknown"),
        ({"issuing_country": "GB"}, "document_number_invalid"),
        ({"kind": "identity_card"}, "document_number_invalid"),
        ({"expires_on": "2026-11-21"}, "document_expiry_passed"),
        ({"is_primary": None}, "field_required"),
    ],
)
async def test_document_that_cannot_be_is_refused_with_its_reason(lobby: Lobby, fields: Json, code: str) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    check_refused(await account.client.post(folder(passenger), json=SECOND | fields), 422, code, "K0123456")
    second = await add(account, passenger, SECOND)
    answer = await account.client.patch(f"{folder(passenger)}/{second['id']}", json=fields)
    check_refused(answer, 422, code, "K0123456")
    assert second in await list_documents(account, passenger)


@pytest.mark.parametrize("field", ["kind", "number"])
async def test_document_keeps_its_kind_and_number(lobby: Lobby, field: str) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    [document] = passenger["documents"]
    answer = await account.client.patch(f"{folder(passenger)}/{document['id']}", json={field: None})
    check_refused(answer, 422, "field_required")


async def test_passenger_holds_ten_documents(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    for number in range(9):
        await add(account, passenger, SECOND, number=f"K000000{number}")
    check_refused(await account.client.post(folder(passenger), json=SECOND), 409, "document_limit_reached")
    assert len(await list_documents(account, passenger)) == 10


async def test_document_of_another_passenger_does_not_exist(lobby: Lobby) -> None:
    account = await lobby.join()
    lan, mai = await enter(account), await enter(account, first_name="Mai")
    [document] = lan["documents"]
    bodies = set()
    for document_id in (document["id"], str(uuid4())):
        for method, body in (("PATCH", {"number": "C7654321"}), ("DELETE", None)):
            answer = await account.client.request(method, f"{folder(mai)}/{document_id}", json=body)
            check_refused(answer, 404, "document_not_found")
            bodies.add((answer.json()["detail"], *sorted(answer.json())))
    assert len(bodies) == 1
    assert await read(account, lan) == lan


@pytest.mark.usefixtures("booked")
async def test_booked_passenger_keeps_their_documents(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    [document] = passenger["documents"]
    path = f"{folder(passenger)}/{document['id']}"
    check_refused(await account.client.patch(path, json={"number": "C7654321"}), 409, "passenger_fixed")
    check_refused(await account.client.delete(path), 409, "passenger_fixed")
    answer = await account.client.post(folder(passenger), json=SECOND | {"is_primary": True})
    check_refused(answer, 409, "passenger_fixed")
    await add(account, passenger, SECOND)
    assert await list_primary(account, passenger) == [document["number"]]


async def test_document_that_has_expired_since_is_kept_and_warned_of(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    async with lobby.transactions() as session:
        theirs = IdentityDocument.passenger_id == UUID(passenger["id"])
        await session.execute(update(IdentityDocument).where(theirs).values(expires_on=LONG_AGO))
    changed = await change(account, passenger, phone=None, passport_expiry=LONG_AGO.isoformat())
    assert [each["code"] for each in changed["warnings"]] == ["passport_expired"]


async def test_primaries_entered_at_once_leave_exactly_one(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    answers = await asyncio.gather(
        *(
            account.client.post(folder(passenger), json=SECOND | {"number": f"K000000{number}", "is_primary": True})
            for number in range(6)
        )
    )
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len(await list_documents(account, passenger)) == 7
    assert len(await list_primary(account, passenger)) == 1


async def test_limits_hold_for_calls_at_once(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    for number in range(7):
        await add(account, passenger, SECOND, number=f"K000000{number}")
    answers = await asyncio.gather(*(account.client.post(folder(passenger), json=SECOND) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]


async def test_changes_at_once_all_take_effect(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    changes: list[Json] = [
        *({"first_name": "Mai"}, {"gender": "other"}, {"phone": None}),
        *({"passport_number": "C7654321"}, {"passport_expiry": "2035-05-05"}, {"dob": "1991-01-01"}),
    ]
    answers = await asyncio.gather(*(account.client.patch(f"{BOOK}/{passenger['id']}", json=each) for each in changes))
    assert [answer.status_code for answer in answers] == [200] * len(changes)
    shown = await read(account, passenger)
    assert {name: shown[name] for each in changes for name in each} == {
        name: value for each in changes for name, value in each.items()
    }


async def test_deleting_during_changes_is_one_or_the_other(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    path = f"{BOOK}/{passenger['id']}"
    answers = await asyncio.gather(
        account.client.patch(path, json={"first_name": "Mai"}),
        account.client.delete(path),
        account.client.patch(path, json={"passport_number": "C7654321"}),
        account.client.post(folder(passenger), json=SECOND),
        account.client.put("/v1/users/me/preferences", json={"default_passenger_id": passenger["id"]}),
    )
    assert answers[1].status_code == 204
    assert answers[0].status_code in (200, 404)
    assert answers[2].status_code in (200, 404)
    assert answers[3].status_code in (201, 404)
    assert answers[4].status_code in (201, 422)
    assert (await account.client.get(path)).status_code == 404
    preferences = await account.client.get("/v1/users/me/preferences")
    assert preferences.status_code == 204 or preferences.json()["default_passenger_id"] is None
