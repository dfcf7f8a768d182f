"""Bookings over REST, in the simulated world: held, read, listed, given up, and refused with the reason."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from tests.api.test_chat_errors import check_error
from tests.api.test_flights import SEARCH
from tests.support.accounts import Account, Lobby

LAN: dict[str, Any] = {
    "first_name": "Lan",
    "last_name": "Nguyễn",
    "gender": "female",
    "dob": "1990-05-17",
    "nationality": "VN",
    "phone": "+84901234567",
}
PASSPORT = {"passport_number": "C1234567", "passport_expiry": "2031-01-01", "passport_country": "VN"}
ABROAD = {"origin": "SGN", "destination": "BKK", "depart_date": "2026-12-20"}


async def add_passenger(account: Account, **changes: Any) -> str:
    answer = await account.client.post("/v1/users/me/passengers", json=LAN | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def find_offer(account: Account, **changes: Any) -> dict[str, Any]:
    """The cheapest offer."""
    answer = await account.client.post("/v1/flights/search", json=SEARCH | changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["offers"][0])


async def book(account: Account, **changes: Any) -> dict[str, Any]:
    body = {"passenger_id": await add_passenger(account), "offer_id": (await find_offer(account))["offer_id"]}
    answer = await account.client.post("/v1/bookings", json=body | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_booking_is_held_and_can_be_read(lobby: Lobby) -> None:
    account = await lobby.join()
    offer = await find_offer(account)
    passenger = await add_passenger(account)
    body = {"passenger_id": passenger, "offer_id": offer["offer_id"]}
    answer = await account.client.post("/v1/bookings", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["status"], made["phase"], made["reason"], made["simulated"]) == ("PENDING", "held", None, True)
    assert made["id"] == made["booking_id"]
    assert (made["passenger_id"], made["user_id"]) == (passenger, account.id)
    assert len(made["booking_reference"]) == 6
    assert made["pay_by"] > made["created_at"]
    assert (made["total_price"], made["currency"], made["flights"]) == (
        offer["total_price"],
        offer["currency"],
        offer["segments"],
    )
    assert [(each["given_name"], each["family_name"]) for each in made["passengers"]] == [("LAN", "NGUYEN")]
    assert (await account.client.get(f"/v1/users/me/bookings/{made['id']}")).json() == made
    assert (await account.client.get("/v1/users/me/bookings")).json() == [made]
    assert (await account.client.get("/v1/users/me/bookings", params={"status": "CONFIRMED"})).json() == []
    assert (await lobby.visitor().get("/v1/users/me/bookings")).status_code == 401


async def test_a_family_flies_in_the_order_of_the_ticket(lobby: Lobby) -> None:
    account = await lobby.join()
    born = {"Bé": "2026-01-10", "Mai": "2019-03-04", "Lan": "1990-05-17", "Hùng": "1988-01-01"}
    ids = [await add_passenger(account, first_name=name, dob=day) for name, day in born.items()]
    offer = await find_offer(account, adults=2, children=1, infants=1)
    made = await book(account, passenger_id=None, passenger_ids=ids, offer_id=offer["offer_id"])
    assert [(each["given_name"], each["traveller_type"]) for each in made["passengers"]] == [
        ("LAN", "adult"),
        ("HUNG", "adult"),
        ("MAI", "child"),
        ("BE", "infant"),
    ]


async def test_the_same_request_under_its_key_is_one_booking(lobby: Lobby) -> None:
    account = await lobby.join()
    body = {"passenger_id": await add_passenger(account), "offer_id": (await find_offer(account))["offer_id"]}
    headers = {"Idempotency-Key": uuid4().hex}
    first = await account.client.post("/v1/bookings", json=body, headers=headers)
    again = await account.client.post("/v1/bookings", json=body, headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    refused = await account.client.post("/v1/bookings", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_booked")
    assert refused.json()["booking_id"] == first.json()["id"]


async def test_dearer_offer_needs_a_new_yes(lobby: Lobby, shared_app: FastAPI) -> None:
    account = await lobby.join()
    offer = await find_offer(account)
    body = {"passenger_id": await add_passenger(account), "offer_id": offer["offer_id"]}
    shared_app.state.sandbox_faults.arm("price", "price_change")
    refused = await account.client.post("/v1/bookings", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
    assert int(refused.json()["total_price"]) > int(offer["total_price"])
    made = await account.client.post("/v1/bookings", json=body)
    assert made.status_code == 201, made.text


async def test_airline_that_says_no_is_told_as_such(lobby: Lobby, shared_app: FastAPI) -> None:
    account = await lobby.join()
    shared_app.state.sandbox_faults.arm("book", "sold_out")
    made = await book(account)
    assert (made["status"], made["booking_reference"]) == ("FAILED", None)
    assert made["reason"] == "The flight is sold out."


async def test_answer_that_was_lost_is_found_again(lobby: Lobby, shared_app: FastAPI) -> None:
    account = await lobby.join()
    shared_app.state.sandbox_faults.arm("book", "cut_after")
    made = await book(account)
    assert (made["status"], made["phase"]) == ("PENDING", "holding")
    assert len(await shared_app.state.sandbox_flights.list_orders(50)) > 0


async def test_hold_is_given_up_by_either_method(lobby: Lobby) -> None:
    for method in ("PATCH", "POST"):
        account = await lobby.join()
        made = await book(account)
        path = f"/v1/users/me/bookings/{made['id']}/cancel"
        body = {"reason": "Đổi kế hoạch"} if method == "POST" else None
        answer = await account.client.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["phase"]) == ("CANCELLED", "cancelled")
        check_error(await account.client.request(method, path), 400, "booking_not_cancellable")


async def test_traveller_of_a_live_booking_stays_as_they_are(lobby: Lobby) -> None:
    account = await lobby.join()
    passenger = await add_passenger(account)
    made = await book(account, passenger_id=passenger)
    path = f"/v1/users/me/passengers/{passenger}"
    check_error(await account.client.delete(path), 400, "passenger_booked")
    check_error(await account.client.patch(path, json={"first_name": "Mai"}), 409, "passenger_fixed")
    await account.client.post(f"/v1/users/me/bookings/{made['id']}/cancel")
    assert (await account.client.delete(path)).status_code == 204
    assert (await account.client.get(f"/v1/users/me/bookings/{made['id']}")).json()["passenger_id"] is None


@pytest.mark.parametrize(
    ("passenger", "search", "code"),
    [
        ({"dob": None}, {}, "birth_date_missing"),
        ({"gender": None}, {}, "gender_missing"),
        ({"phone": None}, {}, "contact_missing"),
        ({"first_name": "蘭"}, {}, "name_not_latin"),
        ({"dob": "2019-03-04"}, {}, "travellers_mismatch"),
        ({}, {"adults": 2}, "travellers_mismatch"),
        ({}, ABROAD, "passport_missing"),
        (PASSPORT | {"passport_expiry": "2027-06-19"}, ABROAD, "passport_expires"),
    ],
)
async def test_traveller_who_cannot_fly_is_told_why_before_anybody_is_asked(
    lobby: Lobby, passenger: dict[str, Any], search: dict[str, Any], code: str
) -> None:
    account = await lobby.join()
    offer = await find_offer(account, **search)
    wanted = {name: value for name, value in (LAN | passenger).items() if value is not None}
    made = await account.client.post("/v1/users/me/passengers", json=wanted)
    assert made.status_code == 201, made.text
    body = {"passenger_id": made.json()["id"], "offer_id": offer["offer_id"]}
    check_error(await account.client.post("/v1/bookings", json=body), 422, code)
    assert (await account.client.get("/v1/users/me/bookings")).json() == []


async def test_passport_that_lasts_long_enough_will_do(lobby: Lobby) -> None:
    account = await lobby.join()
    offer = await find_offer(account, **ABROAD)
    passenger = await add_passenger(account, **PASSPORT | {"passport_expiry": "2027-06-20"})
    made = await book(account, passenger_id=passenger, offer_id=offer["offer_id"])
    assert made["phase"] == "held"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"offer_id": str(uuid4())}, 404, "offer_not_found"),
        ({"passenger_id": str(uuid4())}, 404, "passenger_not_found"),
        ({"passenger_id": None}, 422, "invalid_request"),
        ({"passenger_ids": []}, 422, "invalid_request"),
        ({"passenger_id": None, "passenger_ids": [str(uuid4())] * 2}, 422, "traveller_twice"),
        ({"passenger_id": None, "passenger_ids": [str(uuid4())] * 10}, 422, "invalid_request"),
        ({"amount": 1}, 422, "invalid_request"),
    ],
)
async def test_booking_that_cannot_be_made_says_why(
    lobby: Lobby, changes: dict[str, Any], status: int, code: str
) -> None:
    account = await lobby.join()
    body = {"passenger_id": await add_passenger(account), "offer_id": (await find_offer(account))["offer_id"]}
    check_error(await account.client.post("/v1/bookings", json=body | changes), status, code)


async def test_strangers_traveller_cannot_be_booked(lobby: Lobby) -> None:
    account, stranger = await lobby.join(), await lobby.join()
    body = {"passenger_id": await add_passenger(account), "offer_id": (await find_offer(account))["offer_id"]}
    check_error(await stranger.client.post("/v1/bookings", json=body), 404, "passenger_not_found")


async def test_seats_and_bags_are_booked_by_the_ids_they_are_shown_with(lobby: Lobby) -> None:
    account = await lobby.join()
    offer = await find_offer(account)
    path = f"/v1/flights/offers/{offer['offer_id']}"
    (plane,) = (await account.client.get(f"{path}/seat-map")).json()["seat_maps"]
    seat = next(price for cabin in plane["cabins"] for seat in cabin["seats"] for price in seat["prices"])
    sold = (await account.client.get(f"{path}/services")).json()
    assert (sold["offer_id"], sold["simulated"]) == (offer["offer_id"], True)
    bag = next(each for each in sold["services"] if each["kind"] == "checked_bag")
    assert (bag["traveller"], bag["slices"], bag["max_quantity"] >= 1) == (0, [0], True)
    services = [{"service_id": seat["service_id"]}, {"service_id": bag["service_id"], "quantity": 1}]
    body = {"passenger_id": await add_passenger(account), "offer_id": offer["offer_id"], "services": services}
    answer = await account.client.post("/v1/bookings", json=body)
    assert answer.status_code == 201, answer.text
    extras = int(seat["price"]["amount"]) + int(bag["price"]["amount"])
    assert int(answer.json()["total_price"]) == int(offer["total_price"]) + extras
    assert [each["service_id"] for each in answer.json()["services"]] == [each["service_id"] for each in services]


async def test_key_finds_its_booking_again_after_a_fault_of_ours(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    account = await lobby.join()
    body = {"passenger_id": await add_passenger(account), "offer_id": (await find_offer(account))["offer_id"]}
    headers = {"Idempotency-Key": uuid4().hex}

    def fail_once(*_args: Any) -> Any:
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr("api.routes.bookings.describe_booking", fail_once)
    failed = await account.client.post("/v1/bookings", json=body, headers=headers)
    again = await account.client.post("/v1/bookings", json=body, headers=headers)
    assert (failed.status_code, again.status_code) == (500, 201)
    assert [each["id"] for each in (await account.client.get("/v1/users/me/bookings")).json()] == [again.json()["id"]]
