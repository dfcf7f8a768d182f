"""Preferences: none, told, replaced, changed; and each way they are refused."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.api.test_passengers import check_refused, enter
from tests.support.accounts import Lobby

Json = dict[str, Any]

PATH = "/v1/users/me/preferences"
ALL: Json = {
    "cabin_class": "Premium_Economy",
    "preferred_airlines": ["vn", "QH"],
    "seat_preference": "Window",
    "locale": "vi",
    "currency": "vnd",
    "home_airport": "sgn",
    "meal": "vgml",
}
STORED = {
    "cabin_class": "PREMIUM_ECONOMY",
    "preferred_airlines": ["VN", "QH"],
    "seat_preference": "window",
    "default_passenger_id": None,
    "locale": "vi",
    "currency": "VND",
    "home_airport": "SGN",
    "meal": "VGML",
    "reminders": True,
}
NOTHING: Json = {**dict.fromkeys(STORED), "preferred_airlines": [], "reminders": True}
EXTRA = {"id", "user_id", "created_at", "updated_at"}


def told(body: Json) -> Json:
    assert set(body) == STORED.keys() | EXTRA
    return {name: body[name] for name in STORED}


async def test_there_are_none_at_first(lobby: Lobby) -> None:
    account = await lobby.join()
    answer = await account.client.get(PATH)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_put_makes_them_and_then_replaces_all(lobby: Lobby) -> None:
    account = await lobby.join()
    first = await account.client.put(PATH, json=ALL)
    assert (first.status_code, told(first.json())) == (201, STORED)
    assert first.json()["user_id"] == account.id
    assert told((await account.client.get(PATH)).json()) == STORED
    second = await account.client.put(PATH, json={"seat_preference": "aisle"})
    assert (second.status_code, told(second.json())) == (200, NOTHING | {"seat_preference": "aisle"})
    assert second.json()["id"] == first.json()["id"]
    assert told((await account.client.put(PATH, json={})).json()) == NOTHING


async def test_patch_changes_what_is_sent(lobby: Lobby) -> None:
    account = await lobby.join()
    first = await account.client.patch(PATH, json={"cabin_class": "FIRST"})
    assert (first.status_code, told(first.json())) == (201, NOTHING | {"cabin_class": "FIRST"})
    await account.client.put(PATH, json=ALL)
    changes = {"meal": None, "preferred_airlines": None, "currency": "USD"}
    changed = await account.client.patch(PATH, json=changes)
    assert (changed.status_code, told(changed.json())) == (
        200,
        STORED | {"meal": None, "preferred_airlines": [], "currency": "USD"},
    )
    assert told((await account.client.patch(PATH, json={})).json()) == told(changed.json())


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"preferred_airlines": ["VN", "XX"]}, "airline_unknown"),
        ({"preferred_airlines": ["VN", "vn"]}, "airline_repeated"),
        ({"currency": "ABC"}, "currency_unknown"),
        ({"currency": "DEM"}, "currency_unknown"),
        ({"home_airport": "QQQ"}, "airport_unknown"),
        ({"default_passenger_id": str(uuid4())}, "default_passenger_unknown"),
        ({"cabin_class": "luxury"}, "invalid_request"),
        ({"preferred_airlines": ["VN"] * 11}, "invalid_request"),
        ({"preferred_airlines": "VN"}, "invalid_request"),
        ({"preferred_airlines": ["VN\n"]}, "invalid_request"),
        ({"preferred_airlines": [None]}, "invalid_request"),
        ({"seat_preference": "wing"}, "invalid_request"),
        ({"locale": "fr"}, "invalid_request"),
        ({"currency": "₫"}, "invalid_request"),
        ({"home_airport": "SGN\0"}, "invalid_request"),
        ({"home_airport": 5}, "invalid_request"),
        ({"meal": "PIZZA"}, "invalid_request"),
        ({"default_passenger_id": "1"}, "invalid_request"),
        ({"colour": "red"}, "invalid_request"),
    ],
)
async def test_preference_that_cannot_be_is_refused(lobby: Lobby, method: str, fields: Json, code: str) -> None:
    account = await lobby.join()
    answer = await account.client.request(method, PATH, json=fields)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]
    assert (await account.client.get(PATH)).status_code == 204


async def test_default_passenger_is_one_of_ones_own(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join()
    mine, theirs = await enter(account), await enter(other)
    kept = await account.client.put(PATH, json={"default_passenger_id": mine["id"]})
    assert kept.json()["default_passenger_id"] == mine["id"]
    for method in ("PUT", "PATCH"):
        answer = await account.client.request(method, PATH, json={"default_passenger_id": theirs["id"]})
        check_refused(answer, 422, "default_passenger_unknown", theirs["id"])
    assert told((await account.client.get(PATH)).json()) == told(kept.json())


async def test_closed_airport_becomes_its_successor(lobby: Lobby) -> None:
    account = await lobby.join()
    assert (await account.client.put(PATH, json={"home_airport": "PNH"})).json()["home_airport"] == "KTI"


async def test_first_calls_at_once_make_one_row(lobby: Lobby) -> None:
    account = await lobby.join()
    answers = await asyncio.gather(*(account.client.put(PATH, json=ALL) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_changes_at_once_all_take_effect(lobby: Lobby) -> None:
    account = await lobby.join()
    await asyncio.gather(*(account.client.patch(PATH, json={name: value}) for name, value in ALL.items()))
    assert told((await account.client.get(PATH)).json()) == STORED


async def test_leaving_during_changes_is_one_or_the_other(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await enter(account)
    path = f"/v1/users/me/passengers/{passenger['id']}"
    answers = await asyncio.gather(
        account.client.put(PATH, json={"default_passenger_id": passenger["id"]}),
        account.client.delete("/v1/users/me"),
        account.client.patch(path, json={"passport_number": "C7654321"}),
        account.client.post("/v1/users/me/passengers", json={"first_name": "Mai", "last_name": "Lê"}),
        account.client.post(f"{path}/documents", json={"number": "C7654322"}),
    )
    assert answers[1].status_code == 200
    assert all(answer.status_code in (200, 201, 401, 404, 422) for answer in answers), [each.text for each in answers]


async def test_preferences_are_ones_own(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join()
    await account.client.put(PATH, json=ALL)
    assert (await other.client.get(PATH)).status_code == 204
    assert (await lobby.visitor().get(PATH)).status_code == 401
    assert (await lobby.visitor().put(PATH, json={"colour": "red"})).status_code == 401
