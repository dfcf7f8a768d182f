"""The address book: what each call answers, and each way it refuses."""

from __future__ import annotations

import json
from typing import Any, get_args
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from core.messages import say
from core.messages.catalogue import LANGUAGES
from db.models import IdentityDocument, Passenger
from domain.documents import DocumentWarning
from domain.names import MAX_NAME_CHARACTERS, NameWarning
from services.passengers import live_bookings
from tests.support.accounts import Account, Lobby

Json = dict[str, Any]

BOOK = "/v1/users/me/passengers"
LAN: Json = {
    "first_name": "Thị Lan",
    "last_name": "Nguyễn",
    "gender": "female",
    "dob": "1990-05-17",
    "nationality": "vn",
    "passport_number": "c 1234-567",
    "passport_expiry": "2031-08-01",
    "email": "Lan@Example.com",
    "phone": "0912 345 678",
}
FIELDS = {
    *("id", "user_id", "first_name", "last_name", "latin_first_name", "latin_last_name", "gender", "dob"),
    *("traveller_type", "passport_number", "passport_expiry", "passport_country", "nationality", "email", "phone"),
    "warnings",
}
TIMES = {"created_at", "updated_at"}


def without_times(body: Json) -> Json:
    """Where the clock stands still, an instant reads as it was written the first time and in UTC from then on."""
    return {name: value for name, value in body.items() if not name.endswith("_at")} | (
        {"documents": [without_times(each) for each in body["documents"]]} if "documents" in body else {}
    )


async def enter(account: Account, **fields: Any) -> Json:
    answer = await account.client.post(BOOK, json=LAN | fields)
    assert answer.status_code == 201, answer.text
    return without_times(answer.json())


async def change(account: Account, passenger: Json, **changes: Any) -> Json:
    answer = await account.client.patch(f"{BOOK}/{passenger['id']}", json=changes)
    assert answer.status_code == 200, answer.text
    return without_times(answer.json())


async def read(account: Account, passenger: Json) -> Json:
    answer = await account.client.get(f"{BOOK}/{passenger['id']}")
    assert answer.status_code == 200, answer.text
    return without_times(answer.json())


def check_refused(answer: httpx.Response, status: int, code: str, *secrets: str) -> None:
    """A sentence of ours with this code, which does not quote what was sent."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert isinstance(body["detail"], str)
    assert not any(secret in answer.text for secret in secrets)


async def test_entering_a_passenger_gives_them_as_a_ticket_will_have_them(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    assert set(made) == FIELDS | {"documents"}
    assert made["user_id"] == account.id
    assert (made["first_name"], made["latin_first_name"], made["latin_last_name"]) == ("Thị Lan", "THI LAN", "NGUYEN")
    assert (made["dob"], made["traveller_type"], made["gender"]) == ("1990-05-17", "adult", "female")
    assert (made["passport_number"], made["passport_expiry"]) == ("C1234567", "2031-08-01")
    assert (made["nationality"], made["passport_country"]) == ("VN", "VN")
    assert (made["email"], made["phone"]) == ("lan@example.com", "+84912345678")
    assert made["warnings"] == []
    [document] = made["documents"]
    assert (document["kind"], document["number"], document["is_primary"]) == ("passport", "C1234567", True)
    assert await read(account, made) == made


async def test_name_is_all_a_passenger_needs(lobby: Lobby) -> None:
    account = await lobby.join()
    answer = await account.client.post(BOOK, json={"first_name": "An", "last_name": "Lê"})
    made = answer.json()
    assert answer.status_code == 201
    given = {"id", "user_id", "first_name", "last_name", "latin_first_name", "latin_last_name"}
    assert set(made) == FIELDS | TIMES | {"documents"}
    rest = {name: value for name, value in made.items() if name not in given | TIMES}
    assert rest == {**dict.fromkeys(FIELDS - given), "warnings": [], "documents": []}


async def test_user_id_in_the_body_changes_nothing(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join()
    made = await enter(account, user_id=other.id)
    changed = await change(account, made, user_id=other.id, first_name="Mai")
    assert made["user_id"] == changed["user_id"] == account.id
    assert (await other.client.get(BOOK)).json() == []


async def test_list_has_ones_own_with_numbers_masked(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join()
    made = [await enter(account, first_name=name) for name in ("Lan", "Mai", "Cúc")]
    await enter(other)
    listed = (await account.client.get(BOOK)).json()
    assert {each["id"] for each in listed} == {each["id"] for each in made}
    assert all(set(each) == FIELDS | TIMES for each in listed)
    assert {each["passport_number"] for each in listed} == {"•••• 4567"}
    pages = [(await account.client.get(BOOK, params={"skip": skip, "limit": 1})).json() for skip in range(4)]
    assert [each for page in pages for each in page] == listed
    assert pages[3] == []


@pytest.mark.parametrize("params", [{"skip": -1}, {"limit": 0}, {"limit": 101}, {"skip": "x"}, {"skip": 10**30}])
async def test_page_that_cannot_be_is_refused(lobby: Lobby, params: Json) -> None:
    account = await lobby.join()
    assert (await account.client.get(BOOK, params=params)).status_code == 422


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"first_name": "😀"}, "name_invalid"),
        ({"last_name": "<script>alert(1)</script>"}, "name_invalid"),
        ({"first_name": "Lan2"}, "name_invalid"),
        ({"first_name": ""}, "name_invalid"),
        ({"first_name": "a" * 101}, "name_invalid"),
        ({"dob": "2026-11-22"}, "birth_date_invalid"),
        ({"dob": "1900-01-01"}, "birth_date_invalid"),
        ({"dob": "0001-01-01"}, "birth_date_invalid"),
        ({"passport_expiry": "2026-11-21"}, "document_expiry_passed"),
        ({"passport_expiry": "2020-01-01"}, "document_expiry_passed"),
        ({"nationality": "XX"}, "country_unknown"),
        ({"nationality": "Việt Nam"}, "country_unknown"),
        ({"passport_country": "UK"}, "country_unknown"),
        ({"passport_number": "12345678"}, "document_number_invalid"),
        ({"passport_number": "C12345678901"}, "document_number_invalid"),
        ({"passport_number": ""}, "document_number_invalid"),
        ({"passport_country": "US"}, "document_number_invalid"),
        ({"passport_number": "•••• 4567"}, "document_number_masked"),
        ({"passport_number": None}, "document_number_missing"),
    ],
)
async def test_field_that_cannot_be_is_refused_with_its_reason(lobby: Lobby, fields: Json, code: str) -> None:
    account = await lobby.join()
    sent = [value for value in fields.values() if value and len(value) > 4]
    for language in LANGUAGES:
        headers = {"Accept-Language": language}
        answer = await account.client.post(BOOK, json=LAN | fields, headers=headers)
        check_refused(answer, 422, code, *sent)
        assert answer.json()["detail"] == say(f"errors.{code}", language, limit=MAX_NAME_CHARACTERS)
    assert (await account.client.get(BOOK)).json() == []
    made = await enter(account)
    if code != "document_number_missing":
        check_refused(await account.client.patch(f"{BOOK}/{made['id']}", json=fields), 422, code, *sent)
        assert await read(account, made) == made


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"first_name": "Lan\0"}, "value_error"),
        ({"first_name": "\ud800"}, "string_unicode"),
        ({"first_name": "a" * 201}, "string_too_long"),
        ({"first_name": 5}, "string_type"),
        ({"dob": "2026-02-30"}, "day_format"),
        ({"dob": "17/05/1990"}, "day_format"),
        ({"dob": "0000-01-01"}, "day_format"),
        ({"dob": "99999-01-01"}, "day_format"),
        ({"dob": 10**30}, "day_format"),
        ({"dob": 5}, "day_format"),
        ({"dob": "20260101"}, "day_format"),
        ({"dob": "１９９０-05-17"}, "day_format"),
        ({"gender": "F"}, "literal_error"),
        ({"email": "nobody"}, "value_error"),
        ({"phone": "12"}, "value_error"),
        ({"colour": "red"}, "extra_forbidden"),
        ({"id": str(uuid4())}, "extra_forbidden"),
    ],
)
async def test_malformed_field_is_pointed_at(lobby: Lobby, fields: Json, fault: str) -> None:
    account = await lobby.join()
    body = "".join(f'"{name}": {_as_json(value)},' for name, value in (LAN | fields).items()).rstrip(",")
    answer = await account.client.post(
        BOOK, content=f"{{{body}}}".encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert [(each["loc"][:2], each["type"]) for each in answer.json()["detail"]] == [
        (["body", next(iter(fields))], fault)
    ]


def _as_json(value: Any) -> str:
    """With escapes: half a surrogate pair has no UTF-8."""
    return json.dumps(value)


@pytest.mark.parametrize("missing", ["first_name", "last_name"])
async def test_both_names_are_needed_and_cannot_be_cleared(lobby: Lobby, missing: str) -> None:
    account = await lobby.join()
    body = {name: value for name, value in LAN.items() if name != missing}
    assert (await account.client.post(BOOK, json=body)).status_code == 422
    made = await enter(account)
    answer = await account.client.patch(f"{BOOK}/{made['id']}", json={missing: None})
    check_refused(answer, 422, "field_required")
    assert answer.json()["field"] == missing


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ({"passport_expiry": None}, ["passport_expiry_missing"]),
        ({"passport_expiry": "2027-01-01"}, ["passport_expires_soon"]),
        ({"first_name": "محمد", "last_name": "علي"}, ["latin_letters_needed"]),
        ({"first_name": "Suharto", "last_name": "Suharto"}, ["single_name"]),
        ({"last_name": "Nguyễn" * 4}, ["name_too_long"]),
    ],
)
async def test_what_may_stop_a_passenger_is_warned_of_in_their_language(
    lobby: Lobby, fields: Json, warnings: list[str]
) -> None:
    account = await lobby.join()
    made = await enter(account, **fields)
    for language in LANGUAGES:
        headers = {"Accept-Language": language}
        told = (await account.client.get(f"{BOOK}/{made['id']}", headers=headers)).json()["warnings"]
        said = [{"code": code, "message": say(f"warnings.{code}", language)} for code in warnings]
        assert told == said
        listed = (await account.client.get(BOOK, headers=headers)).json()
        assert listed[0]["warnings"] == told


def test_every_warning_has_words() -> None:
    for code in (*get_args(NameWarning), *get_args(DocumentWarning)):
        assert len({say(f"warnings.{code}", language) for language in LANGUAGES}) == 2


@pytest.mark.parametrize(
    ("dob", "kind"),
    [("2026-11-21", "infant"), ("2024-11-22", "infant"), ("2024-11-21", "child"), ("2014-11-21", "adult")],
)
async def test_passenger_is_counted_by_age_today(lobby: Lobby, dob: str, kind: str) -> None:
    account = await lobby.join()
    assert (await enter(account, dob=dob))["traveller_type"] == kind


async def test_changing_one_field_leaves_the_others(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    changed = await change(account, made, phone=None, gender="other")
    assert changed == made | {"phone": None, "gender": "other"}
    assert await change(account, made) == changed


async def test_new_passport_number_keeps_the_document(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    changed = await change(account, made, passport_number="p00123456", passport_expiry="2036-01-01")
    assert (changed["passport_number"], changed["passport_expiry"]) == ("P00123456", "2036-01-01")
    assert [each["id"] for each in changed["documents"]] == [each["id"] for each in made["documents"]]


async def test_passport_country_is_changed_only_where_the_number_fits(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account, passport_number="C12345678")
    answer = await account.client.patch(f"{BOOK}/{made['id']}", json={"passport_country": "GB"})
    check_refused(answer, 422, "document_number_invalid")
    assert (await change(account, made, passport_country="US"))["passport_country"] == "US"


async def test_passport_number_of_null_removes_the_passport(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    changed = await change(account, made, passport_number=None)
    assert changed["documents"] == []
    assert [changed[name] for name in ("passport_number", "passport_expiry", "passport_country")] == [None] * 3
    for passport in ({"passport_expiry": "2031-01-01"}, {"passport_country": "VN"}):
        answer = await account.client.patch(f"{BOOK}/{made['id']}", json=passport)
        check_refused(answer, 422, "document_number_missing")
    again = await change(account, made, passport_number="C7654321")
    assert (again["passport_number"], again["passport_country"]) == ("C7654321", "VN")


async def test_number_that_is_removed_takes_no_expiry(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    sent = {"passport_number": None, "passport_expiry": "2033-01-01"}
    check_refused(await account.client.patch(f"{BOOK}/{made['id']}", json=sent), 422, "document_number_missing")
    assert await read(account, made) == made


async def test_masked_number_sent_back_changes_nothing(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    [listed] = (await account.client.get(BOOK)).json()
    sent = {"passport_number": listed["passport_number"], "first_name": "Mai"}
    check_refused(await account.client.patch(f"{BOOK}/{made['id']}", json=sent), 422, "document_number_masked")
    assert await read(account, made) == made
    [document] = made["documents"]
    answer = await account.client.patch(
        f"{BOOK}/{made['id']}/documents/{document['id']}", json={"number": listed["passport_number"]}
    )
    check_refused(answer, 422, "document_number_masked")


async def test_form_sent_back_whole_changes_nothing(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    assert await change(account, made, **LAN) == made


async def test_deleted_passenger_is_gone_with_their_documents(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    await account.client.put("/v1/users/me/preferences", json={"default_passenger_id": made["id"]})
    answer = await account.client.delete(f"{BOOK}/{made['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    check_refused(await account.client.get(f"{BOOK}/{made['id']}"), 404, "passenger_not_found")
    check_refused(await account.client.delete(f"{BOOK}/{made['id']}"), 404, "passenger_not_found")
    assert (await account.client.get("/v1/users/me/preferences")).json()["default_passenger_id"] is None
    async with lobby.transactions() as session:
        theirs = IdentityDocument.passenger_id == UUID(made["id"])
        assert await session.scalar(select(func.count()).select_from(IdentityDocument).where(theirs)) == 0


async def test_address_book_holds_a_hundred(lobby: Lobby) -> None:
    account = await lobby.join()
    async with lobby.transactions() as session:
        session.add_all(Passenger(user_id=UUID(account.id), first_name="An", last_name="Lê") for _ in range(99))
    await enter(account)
    check_refused(await account.client.post(BOOK, json=LAN), 409, "passenger_limit_reached")
    assert len((await account.client.get(BOOK, params={"limit": 100})).json()) == 100
    assert len((await account.client.get(BOOK)).json()) == 50


@pytest.fixture
def booked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every passenger is named by a live booking."""

    async def has_one(session: object, passenger_id: UUID) -> bool:
        return True

    monkeypatch.setattr(live_bookings, "has_live_booking", has_one)


@pytest.mark.usefixtures("booked")
async def test_booked_passenger_cannot_be_deleted(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    check_refused(await account.client.delete(f"{BOOK}/{made['id']}"), 400, "passenger_booked")
    assert await read(account, made) == made


@pytest.mark.usefixtures("booked")
async def test_booked_passenger_changes_only_how_they_are_reached(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await enter(account)
    for fields in ({"first_name": "Mai"}, {"dob": None}, {"passport_number": "C7654321"}, {"passport_number": None}):
        answer = await account.client.patch(f"{BOOK}/{made['id']}", json={**fields, "phone": "0987654321"})
        check_refused(answer, 409, "passenger_fixed")
    assert await read(account, made) == made
    whole_form = LAN | {"email": "mai@example.com", "phone": "0987654321"}
    changed = await change(account, made, **whole_form)
    assert changed == made | {"email": "mai@example.com", "phone": "+84987654321"}


@pytest.mark.parametrize("passenger_id", ["not-a-uuid", "%00", "1"])
async def test_id_that_is_none_is_refused(lobby: Lobby, passenger_id: str) -> None:
    account = await lobby.join()
    for method in ("GET", "PATCH", "DELETE"):
        answer = await account.client.request(method, f"{BOOK}/{passenger_id}", json={} if method == "PATCH" else None)
        assert answer.status_code == 422


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_visitor_has_no_address_book(lobby: Lobby, method: str) -> None:
    visitor = lobby.visitor()
    assert (await visitor.request(method, BOOK, json={"x": 1} if method == "POST" else None)).status_code == 401
