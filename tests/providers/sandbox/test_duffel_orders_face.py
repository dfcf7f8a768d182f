"""The simulated Duffel's orders on the wire: booking, paying, cancelling and changing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.clock import clock
from db.session import Transactions
from domain.orders import Purchase
from providers.flights.base import FlightProviderError, InvalidRequest, OfferGone, PriceChanged, ProviderDown, SoldOut
from providers.sandbox import duffel_orders_api
from providers.sandbox.flights import SandboxFlights
from tests.providers.sandbox.duffel_client import ADULT, Duffel, Json, code_of, make_order, pay
from tests.providers.sandbox.duffel_world import FakeWorld, usd


async def test_an_instant_order_is_paid_ticketed_and_keeps_its_reference(duffel: Duffel) -> None:
    order = await duffel.book_instant()
    assert order["id"] == "ord_w1"
    assert order["booking_reference"] == "ABC123"
    assert order["live_mode"] is False
    assert (order["total_amount"], order["total_currency"]) == ("102.50", "USD")
    assert order["metadata"] == {"reference": "attempt-1"}
    assert order["payment_status"]["awaiting_payment"] is False
    assert datetime.fromisoformat(order["payment_status"]["paid_at"]) == clock.now()
    assert order["documents"] == [
        {
            "type": "electronic_ticket",
            "unique_identifier": "7382100000000",
            "passenger_ids": [order["passengers"][0]["id"]],
        }
    ]
    assert order["cancelled_at"] is None
    assert set(order["available_actions"]) == {"cancel", "update", "change"}
    assert (order["passengers"][0]["given_name"], order["passengers"][0]["type"]) == ("Ana", "adult")
    [purchase] = duffel.world.purchases
    assert isinstance(purchase, Purchase)
    assert (purchase.reference, purchase.flow) == ("attempt-1", "instant")
    assert purchase.travellers[0].born_on.isoformat() == "1990-02-01"
    assert (purchase.contact.email, purchase.contact.phone) == ("an@example.com", "+84901234567")


async def test_infants_are_booked_after_the_others_with_their_adults_in_order(duffel: Duffel) -> None:
    offer = (await duffel.search({"age": 1}, {"age": 5}, ADULT))["offers"][0]
    order = (await duffel.book(offer)).json()["data"]
    assert [each.traveller_type for each in duffel.world.purchases[0].travellers] == ["adult", "child", "infant"]
    assert [each["type"] for each in order["passengers"]] == ["adult", "child", "infant_without_seat"]
    assert order["passengers"][0]["infant_passenger_id"] == order["passengers"][2]["id"]


async def test_a_passport_reaches_the_world_and_no_answer(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    sent = make_order(offer)
    sent["passengers"][0]["identity_documents"] = [
        {
            "type": "passport",
            "unique_identifier": "C1234567",
            "issuing_country_code": "VN",
            "expires_on": "2030-01-01",
        }
    ]
    answer = await duffel.post("/air/orders", sent)
    assert "C1234567" not in answer.text
    document = duffel.world.purchases[0].travellers[0].document
    assert document is not None
    assert document.number.get_secret_value() == "C1234567"


async def test_the_payment_has_to_include_the_services(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    read = (await duffel.get(f"/air/offers/{offer['id']}", return_available_services="true")).json()["data"]
    seats = (await duffel.get("/air/seat_maps", offer_id=offer["id"])).json()["data"]
    seat = seats[0]["cabins"][0]["rows"][2]["sections"][0]["elements"][0]["available_services"][0]
    services = [{"id": read["available_services"][0]["id"], "quantity": 2}, {"id": seat["id"], "quantity": 1}]
    short = await duffel.book(offer, services=services)
    assert code_of(short)[2] == "payment_amount_does_not_match_order_amount"
    assert duffel.world.purchases == []
    order = (await duffel.book(offer, services=services, payments=[pay("169.50")])).json()["data"]
    assert order["total_amount"] == "169.50"
    assert [(each["type"], each["quantity"], each["total_amount"]) for each in order["services"]] == [
        ("baggage", 2, "60.00"),
        ("seat", 1, "7.00"),
    ]
    assert order["services"][1]["metadata"]["designator"] == "12A"
    assert [each.service_id for each in duffel.world.purchases[0].services] == ["bag:0", "seat:0:12A"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payments": [pay("1.00")]}, "payment_amount_does_not_match_order_amount"),
        ({"payments": [pay("NaN")]}, "validation_format"),
        ({"payments": [pay("102.50") | {"currency": "VND"}]}, "payment_currency_does_not_match_order_currency"),
        ({"payments": []}, "validation_required"),
        ({"type": "later"}, "validation_format"),
        ({"type": "hold"}, "payments_not_allowed_for_order_type"),
        ({"services": [{"id": "ase_unknown", "quantity": 1}]}, "not_valid_with_selected_offer"),
        ({"passengers": []}, "validation_format"),
        ({"selected_offers": ["off_unknown"]}, "offer_no_longer_available"),
    ],
)
async def test_an_order_that_does_not_add_up_is_refused_before_the_world_hears_of_it(
    duffel: Duffel, changes: Json, code: str
) -> None:
    offer = (await duffel.search())["offers"][0]
    answer = await duffel.book(offer, **changes)
    assert code_of(answer)[::2] == (422, code)
    assert duffel.world.purchases == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"given_name": "Nguyễn"},
        {"family_name": "A very long family name"},
        {"gender": "x"},
        {"phone_number": "0901234567"},
        {"id": "pas_other"},
    ],
)
async def test_a_passenger_the_airline_cannot_take_is_refused_without_repeating_them(
    duffel: Duffel, wrong: Json
) -> None:
    offer = (await duffel.search())["offers"][0]
    sent = make_order(offer)
    sent["passengers"][0] |= wrong
    answer = await duffel.post("/air/orders", sent)
    assert code_of(answer)[:2] == (422, "validation_error")
    assert not any(value in answer.text for value in wrong.values() if len(value) > 1)


async def test_an_infant_needs_an_adult(duffel: Duffel) -> None:
    offer = (await duffel.search(ADULT, {"age": 1}))["offers"][0]
    sent = make_order(offer)
    del sent["passengers"][0]["infant_passenger_id"]
    assert code_of(await duffel.post("/air/orders", sent))[:2] == (422, "validation_error")


async def test_an_offer_request_is_booked_once(duffel: Duffel) -> None:
    first, second, _ = (await duffel.search())["offers"]
    answers = await asyncio.gather(duffel.book(first), duffel.book(first), duffel.book(second))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]
    refused = [answer for answer in answers if answer.status_code == 422]
    assert {code_of(each)[1:] for each in refused} == {("invalid_state_error", "offer_request_already_booked")}
    assert len(duffel.world.purchases) == 1


async def test_without_its_check_an_offer_request_would_be_booked_thrice(
    duffel: Duffel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test before this one would see if nothing were remembered of a booking."""
    monkeypatch.setattr(duffel_orders_api, "check_flow", lambda sent, shown: None)
    first, second, _ = (await duffel.search())["offers"]
    await asyncio.gather(duffel.book(first), duffel.book(first), duffel.book(second))
    assert len(duffel.world.purchases) == 3


async def test_an_offer_can_be_booked_after_the_airline_refused_it(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    duffel.world.failing = SoldOut("gone")
    assert code_of(await duffel.book(offer)) == (422, "airline_error", "unsupported_action")
    duffel.world.failing = None
    assert (await duffel.book(offer)).status_code == 201


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (OfferGone("x"), (422, "airline_error", "offer_no_longer_available")),
        (InvalidRequest("x"), (422, "validation_error", "validation_format")),
        (ProviderDown("x"), (500, "api_error", "internal_server_error")),
    ],
)
async def test_what_the_world_refuses_is_told_in_duffels_words(
    duffel: Duffel, error: FlightProviderError, refusal: tuple[int, str, str]
) -> None:
    offer = (await duffel.search())["offers"][0]
    duffel.world.failing = error
    assert code_of(await duffel.book(offer)) == refusal
    assert code_of(await duffel.get(f"/air/offers/{offer['id']}")) == refusal


async def test_a_price_that_rose_in_the_world_is_told_as_changed(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    found = (await duffel.world.search(duffel.world.queries[0]))[0]
    (part,) = found.offer.price_parts
    risen = part.model_copy(update={"taxes_each": part.taxes_each + usd("7.00")})
    duffel.world.failing = PriceChanged(found._replace(offer=found.offer.model_copy(update={"price_parts": (risen,)})))
    assert code_of(await duffel.book(offer)) == (422, "airline_error", "price_changed")
    duffel.world.failing = None
    read = (await duffel.get(f"/air/offers/{offer['id']}")).json()["data"]
    assert read["total_amount"] == "109.50"


async def test_paying_a_price_shown_before_the_last_one_is_a_changed_price(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    duffel.world.price_rise = usd("10.00")
    await duffel.get(f"/air/offers/{offer['id']}")
    assert code_of(await duffel.book(offer))[2] == "price_changed"
    assert (await duffel.book(offer, payments=[pay("112.50")])).status_code == 201


async def test_an_order_accepted_for_later_is_there_for_whoever_looks(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    answer = await duffel.book(offer, metadata={"reference": "attempt-9", "sandbox": "accept_later"})
    assert answer.status_code == 202
    assert "id" not in answer.json()["data"]
    [order] = (await duffel.get("/air/orders")).json()["data"]
    assert order["metadata"]["reference"] == "attempt-9"


# Holding and paying


@pytest.mark.parametrize("kind", ["hold", "pay_later"])
async def test_a_held_order_awaits_its_payment(duffel: Duffel, kind: str) -> None:
    offer = (await duffel.search())["offers"][0]
    order = (await duffel.book(offer, type=kind, payments=[])).json()["data"]
    status = order["payment_status"]
    assert (status["awaiting_payment"], status["paid_at"]) == (True, None)
    assert datetime.fromisoformat(status["payment_required_by"]) == clock.now() + timedelta(hours=3)
    assert order["documents"] == []
    payment = await duffel.post("/air/payments", {"order_id": order["id"], "payment": pay(order["total_amount"])})
    assert payment.status_code == 201
    paid = payment.json()["data"]
    assert paid["id"].startswith("pay_")
    assert (paid["amount"], paid["currency"], paid["type"]) == ("102.50", "USD", "balance")
    order = (await duffel.get(f"/air/orders/{order['id']}")).json()["data"]
    assert (order["payment_status"]["awaiting_payment"], len(order["documents"])) == (False, 1)


async def test_an_instant_only_offer_cannot_be_held(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][1]
    answer = await duffel.book(offer, type="hold", payments=[])
    assert code_of(answer) == (422, "validation_error", "invalid_order_create_type")
    assert duffel.world.purchases == []


@pytest.mark.parametrize(
    ("state", "amount", "code"),
    [
        ({}, "1.00", "payment_amount_does_not_match_order_amount"),
        ({"status": "ticketed"}, "102.50", "already_paid"),
        ({"status": "cancelled"}, "102.50", "already_cancelled"),
        (
            {"status": "cancelled", "pay_by": datetime(2026, 1, 1, tzinfo=UTC)},
            "102.50",
            "past_payment_required_by_date",
        ),
    ],
)
async def test_a_payment_that_cannot_be_taken_is_refused(duffel: Duffel, state: Json, amount: str, code: str) -> None:
    order = await duffel.book_hold()
    duffel.world.orders["w1"] = duffel.world.orders["w1"].model_copy(update=state)
    answer = await duffel.post("/air/payments", {"order_id": order["id"], "payment": pay(amount)})
    assert code_of(answer)[::2] == (422, code)


# Reading orders


@pytest.mark.parametrize("order_id", ["ord_w9", "w1", "off_w1", "ord_"])
async def test_an_unknown_order_is_not_found(duffel: Duffel, order_id: str) -> None:
    await duffel.book_instant()
    assert code_of(await duffel.get(f"/air/orders/{order_id}")) == (404, "invalid_request_error", "not_found")


async def test_orders_are_listed_newest_first_with_their_metadata(duffel: Duffel) -> None:
    for number in range(3):
        offer = (await duffel.search())["offers"][0]
        await duffel.post("/air/orders", make_order(offer, reference=f"attempt-{number}"))
    first = (await duffel.get("/air/orders", limit=2)).json()
    second = (await duffel.get("/air/orders", limit=2, after=first["meta"]["after"])).json()
    references = [order["metadata"]["reference"] for order in first["data"] + second["data"]]
    assert references == ["attempt-2", "attempt-1", "attempt-0"]
    assert second["meta"]["after"] is None


async def test_an_order_outlives_the_process_that_made_it() -> None:
    world = FakeWorld()
    booked = await Duffel(world).book_instant()
    later = Duffel(world)
    read = (await later.get(f"/air/orders/{booked['id']}")).json()["data"]
    assert set(read) == set(booked)
    assert (read["booking_reference"], read["metadata"]) == (booked["booking_reference"], {"reference": "attempt-1"})
    assert [each["id"] for each in read["slices"]] == [each["id"] for each in booked["slices"]]
    assert read["documents"][0]["passenger_ids"] == [read["passengers"][0]["id"]]
    assert [each["id"] for each in (await later.get("/air/orders")).json()["data"]] == [booked["id"]]


# Cancelling and changing


async def test_cancelling_takes_a_quote_and_a_confirmation(duffel: Duffel) -> None:
    order = await duffel.book_instant()
    answer = await duffel.post("/air/order_cancellations", {"order_id": order["id"]})
    assert answer.status_code == 201
    quote = answer.json()["data"]
    assert quote["id"].startswith("ore_")
    assert (quote["order_id"], quote["confirmed_at"], quote["live_mode"]) == (order["id"], None, False)
    assert (quote["refund_amount"], quote["refund_currency"], quote["refund_to"]) == ("40.00", "USD", "balance")
    assert quote["airline_credits"] == []
    still = (await duffel.get(f"/air/orders/{order['id']}")).json()["data"]
    assert still["cancelled_at"] is None
    confirmed = (await duffel.post(f"/air/order_cancellations/{quote['id']}/actions/confirm")).json()["data"]
    assert datetime.fromisoformat(confirmed["confirmed_at"]) == clock.now()
    gone = (await duffel.get(f"/air/orders/{order['id']}")).json()["data"]
    assert (gone["cancelled_at"] is not None, gone["available_actions"]) == (True, [])
    again = await duffel.post("/air/order_cancellations", {"order_id": order["id"]})
    assert code_of(again) == (422, "invalid_state_error", "already_cancelled")


async def test_an_order_that_may_not_be_given_up_is_told_so(duffel: Duffel) -> None:
    order = await duffel.book_instant()
    duffel.world.orders["w1"] = duffel.world.orders["w1"].model_copy(update={"record_locator": "STUCK1"})
    answer = await duffel.post("/air/order_cancellations", {"order_id": order["id"]})
    assert code_of(answer) == (422, "invalid_state_error", "order_not_cancellable")


async def test_changing_takes_a_request_an_offer_and_a_paid_confirmation(duffel: Duffel) -> None:
    order = await duffel.book_instant(back=True)
    new = {"origin": "SGN", "destination": "HAN", "departure_date": "2026-12-20", "cabin_class": "economy"}
    sent = {"order_id": order["id"], "slices": {"remove": [{"slice_id": order["slices"][1]["id"]}], "add": [new]}}
    answer = await duffel.post("/air/order_change_requests", sent)
    assert answer.status_code == 201
    request = answer.json()["data"]
    assert request["id"].startswith("ocr_")
    [offer] = request["order_change_offers"]
    assert offer["id"].startswith("oco_")
    assert (offer["change_total_amount"], offer["penalty_total_amount"]) == ("25.00", "20.00")
    assert offer["new_total_amount"] == "127.50"
    assert offer["new_total_currency"] == "USD"
    assert [each["segments"][0]["departing_at"] for each in offer["slices"]["add"]] == ["2026-12-20T15:05:00"]
    assert [each["id"] for each in offer["slices"]["remove"]] == [order["slices"][1]["id"]]
    change = (await duffel.post("/air/order_changes", {"selected_order_change_offer": offer["id"]})).json()["data"]
    assert change["id"].startswith("oce_")
    assert (change["order_id"], change["confirmed_at"]) == (order["id"], None)
    confirm = f"/air/order_changes/{change['id']}/actions/confirm"
    assert code_of(await duffel.post(confirm))[2] == "validation_required"
    assert code_of(await duffel.post(confirm, {"payment": pay("1.00")}))[2] == (
        "payment_amount_does_not_match_order_amount"
    )
    confirmed = (await duffel.post(confirm, {"payment": pay("25.00")})).json()["data"]
    assert confirmed["confirmed_at"] is not None
    assert code_of(await duffel.post(confirm, {"payment": pay("25.00")}))[2] == "order_change_already_actioned"
    changed = (await duffel.get(f"/air/orders/{order['id']}")).json()["data"]
    assert changed["total_amount"] == "127.50"
    assert changed["slices"][1]["segments"][0]["departing_at"] == "2026-12-20T15:05:00"


async def test_a_slice_of_another_order_cannot_be_changed(duffel: Duffel) -> None:
    order = await duffel.book_instant()
    new = {"origin": "HAN", "destination": "SGN", "departure_date": "2026-12-20"}
    sent = {"order_id": order["id"], "slices": {"remove": [{"slice_id": "sli_other_0"}], "add": [new]}}
    assert code_of(await duffel.post("/air/order_change_requests", sent))[:2] == (422, "validation_error")


# The simulated airlines behind it


async def test_a_trip_is_held_paid_and_cancelled_in_the_simulated_world(transactions: Transactions) -> None:
    duffel = Duffel(SandboxFlights(transactions, clock.now))
    request = await duffel.search(ADULT, {"age": 1})
    offer = next(each for each in request["offers"] if not each["payment_requirements"]["requires_instant_payment"])
    seat_maps = (await duffel.get("/air/seat_maps", offer_id=offer["id"])).json()["data"]
    assert seat_maps[0]["segment_id"] == offer["slices"][0]["segments"][0]["id"]
    held = (await duffel.book(offer, type="hold", payments=[])).json()["data"]
    assert held["payment_status"]["awaiting_payment"] is True
    payment = await duffel.post("/air/payments", {"order_id": held["id"], "payment": pay(held["total_amount"])})
    assert payment.status_code == 201
    paid = (await duffel.get(f"/air/orders/{held['id']}")).json()["data"]
    assert len(paid["documents"]) == 2
    quote = (await duffel.post("/air/order_cancellations", {"order_id": held["id"]})).json()["data"]
    confirmed = await duffel.post(f"/air/order_cancellations/{quote['id']}/actions/confirm")
    assert confirmed.status_code == 200
    gone = (await duffel.get(f"/air/orders/{held['id']}")).json()["data"]
    assert gone["cancelled_at"] is not None
