"""The tools for bookings, payments, the calendar and letters: what each does, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from pydantic import ValidationError
from sqlalchemy import select

from core.clock import clock
from core.security import CHAT_SCOPE
from db.models import NotificationLog, Payment
from db.repositories.calendar import CalendarConnectionRepository
from providers.flights.base import ProviderDown
from services.passengers.address_book import delete_passenger
from services.preferences.preferences import replace_preference
from services.proposals.quotes import hash_quote
from tests.conftest import NOW
from tests.support.offers import make_slice
from tests.support.trips import PRICE
from tests.tools.customer import Customer
from tests.tools.desk import Desk
from tools.bookings import booking_details, list_my_bookings, resend_confirmation
from tools.calendar import propose_calendar_entry
from tools.errors import SignInNeeded
from tools.payments import payment_status, start_payment
from tools.proposals import choose_seats, propose_booking, propose_cancellation, propose_change
from tools.readiness import check_travel_readiness
from tools.registry import READ_TOOLS, WRITE_TOOLS

COMMON = {"type", "schema_version", "id", "language", "text", "simulated"}
CONFIRM = {
    *("proposal_id", "quote_hash", "action", "expires_at", "offer_id", "booking_id", "booking_reference", "slices"),
    *("old_slices", "travellers", "fare_brand", "cabin", "services", "total", "fee", "refund", "refund_rule"),
    *("change_rule", "payee", "warnings"),
}
BOOKING = {
    *("position", "booking_id", "booking_reference", "status", "phase", "state", "reason", "slices", "travellers"),
    *("fare_brand", "refund_rule", "change_rule", "total", "amount_due", "pay_by", "warnings", "simulated"),
}
PAYMENT = {
    *("payment_id", "booking_id", "booking_reference", "method", "status", "amount", "refunded", "payment_url"),
    "expires_at",
}
BAD_ARGUMENTS: dict[str, dict[str, Any]] = {
    "propose_booking": {"number": 1, "seats": [{"seat": "window"}]},
    "propose_cancellation": {"booking": ""},
    "propose_change": {"booking": "latest", "departs_on": "2026-12-22", "leg": 0},
    "choose_seats": {"number": 1, "bags": [{"quantity": 10}]},
    "start_payment": {"booking": "latest", "method": "cash"},
    "list_my_bookings": {"status": "mine"},
    "booking_details": {"booking": "x" * 21},
    "payment_status": {"booking": None},
    "propose_calendar_entry": {},
    "resend_confirmation": {"booking": ["latest"]},
    "check_travel_readiness": {"number": 1, "travellers": ["me"] * 10},
}
NOT_FOR_SALE: list[tuple[dict[str, Any], str]] = [
    ({"seats": [{"seat": "3A"}]}, "seat_not_free"),
    ({"seats": [{"seat": "99K"}]}, "seat_not_free"),
    ({"seats": [{"seat": "1A", "traveller": 2}]}, "seat_not_free"),
    ({"seats": [{"seat": "1A", "flight": "VN999"}]}, "flight_unclear"),
    ({"seats": [{"seat": "1A"}, {"seat": "1B"}]}, "service_twice"),
    ({"bags": [{"kind": "carry_on"}]}, "bag_not_sold"),
    ({"bags": [{"quantity": 3}]}, "bag_not_sold"),
    ({"bags": [{"leg": 2}]}, "bag_not_sold"),
]
TOOLS = {tool.name: tool for tool in (*READ_TOOLS, *WRITE_TOOLS)}
BOOKING_TOOLS = set(BAD_ARGUMENTS)
"""Those about bookings."""


async def test_question_to_book_is_the_whole_card_and_no_booking(owner: Customer) -> None:
    answer = await owner.desk.call(propose_booking, number=1)
    card, (proposal,) = answer.card, await owner.list_proposals()
    assert set(card) == COMMON | CONFIRM
    assert (card["proposal_id"], card["quote_hash"]) == (str(proposal.id), proposal.quote_hash)
    assert (proposal.status, proposal.action, card["action"]) == ("open", "book", "book")
    assert card["travellers"] == [{"given_name": "LAN", "family_name": "NGUYEN", "traveller_type": "adult"}]
    assert card["total"] == {"amount": str(PRICE), "currency": "VND"}
    assert (card["payee"], card["simulated"], card["offer_id"]) == (
        "Vietnam Airlines (Test)",
        True,
        owner.desk.state["offers"][0]["id"],
    )
    assert "MÔ PHỎNG" in card["text"]
    assert "NGUYEN/LAN" in card["text"]
    assert answer.facts["status"].startswith("Thẻ đã hiện")
    assert answer.facts["to_pay"] == "1.890.000\u00a0₫"
    assert set(await owner.read_phases()) == {owner.held, owner.ticketed}


async def test_seats_and_bags_wished_for_are_on_the_card_at_the_airlines_price(owner: Customer) -> None:
    wished = {"seats": [{"seat": "1a", "flight": "vn 100"}], "bags": [{"quantity": 2}]}
    checked = await owner.desk.call(choose_seats, number=1, **wished)
    assert set(checked.card) == COMMON | {"offer_id", "fare", "services", "total"}
    total = PRICE + 250_000 + 2 * 300
    assert checked.card["total"]["amount"] == str(total)
    assert checked.facts["seats_and_bags"] == [
        "Chỗ ngồi VN100 1A, khách số 1: 250.000\u00a0₫",
        "Hành lý ký gửi × 2, khách số 1: 600\u00a0₫",
    ]
    card = (await owner.desk.call(propose_booking, number=1, **wished)).card
    assert card["services"] == checked.card["services"]
    assert card["total"]["amount"] == str(total)
    assert all(line in card["text"].split("\n") for line in checked.facts["seats_and_bags"])
    (proposal,) = await owner.list_proposals()
    priced = [(each["seat"], each["quantity"], each["each"]["amount"]) for each in proposal.quote["services"]]
    assert priced == [("VN100 1A", 1, "250000"), (None, 2, "300")]
    for service in proposal.quote["services"]:
        service["each"] = {"amount": "1", "currency": "VND"}
    assert hash_quote(proposal.quote) != proposal.quote_hash, "the yes is to these prices"


@pytest.mark.parametrize("tool", [choose_seats, propose_booking])
async def test_what_is_not_for_sale_is_refused(owner: Customer, tool: BaseTool) -> None:
    for wished, code in NOT_FOR_SALE:
        assert (await owner.desk.refusal(tool, number=1, **wished))["error"] == code, wished
    assert await owner.list_proposals() == []


async def test_price_that_rose_since_it_was_shown_is_told(owner: Customer) -> None:
    cheap = owner.airline.offers[0]
    dear = cheap.price_parts[0].base_each.model_copy(update={"amount_minor": PRICE + 1000})
    part = cheap.price_parts[0].model_copy(update={"base_each": dear})
    owner.sell(cheap.model_copy(update={"price_parts": (part,)}))
    answer = await owner.desk.call(propose_booking, number=1)
    assert answer.facts["price_note"] == "Giá vừa tăng 1.000\u00a0₫, lúc nãy là 1.890.000\u00a0₫."
    assert owner.desk.state["offers"][0]["price"] == PRICE + 1000


async def test_travellers_are_named_by_handle_place_or_as_oneself(owner: Customer) -> None:
    mai = await owner.enter("Mai", "Trần")
    await owner.enter("Bi", "Trần", dob=NOW.date() - timedelta(days=300), gender="male")
    asked = await owner.desk.refusal(propose_booking, number=1)
    assert (asked["error"], asked["params"]["people"]) == (
        "travellers_unclear",
        "1. Nguyễn Lan, 2. Trần Mai, 3. Trần Bi",
    )
    handle = asked["params"]["handles"].split(", ")[1]
    for said in ("2", handle, handle.upper()):
        answer = await owner.desk.call(propose_booking, number=1, travellers=[said])
        assert answer.facts["travellers"] == ["TRAN/MAI"]
    async with owner.transactions() as session:
        await replace_preference(session, owner.actor, fields={"default_passenger_id": mai})
    for said_self in ([], ["me"]):
        answer = await owner.desk.call(propose_booking, number=1, travellers=said_self)
        assert answer.facts["travellers"] == ["TRAN/MAI"]
    assert (await owner.desk.refusal(propose_booking, number=1, travellers=["3"]))["error"] == "travellers_mismatch"
    assert (await owner.desk.refusal(propose_booking, number=1, travellers=["0"]))["error"] == "travellers_unclear"
    assert (await owner.desk.refusal(propose_booking, number=9))["error"] == "offer_number_unknown"


async def test_readiness_tells_all_that_is_missing_at_once(owner: Customer) -> None:
    ready = await owner.desk.call(check_travel_readiness, number=1)
    assert (ready.facts["ready"], ready.facts["problems"]) == (True, [])
    await owner.set_passenger(dob=None, gender=None)
    missing = await owner.desk.call(check_travel_readiness, number=1, travellers=["1"])
    assert missing.facts["ready"] is False
    assert [each.split(":")[0] for each in missing.facts["problems"]] == ["Nguyễn Lan", "Nguyễn Lan"]
    assert set(missing.card) == COMMON
    assert (await owner.desk.refusal(check_travel_readiness, number=1, travellers=["Lan"]))["error"] == (
        "travellers_unclear"
    )


async def test_bookings_are_listed_and_then_named_by_their_place(owner: Customer) -> None:
    listed = await owner.desk.call(list_my_bookings)
    assert set(listed.card) == COMMON | {"bookings"}
    assert [set(row) for row in listed.card["bookings"]] == [BOOKING, BOOKING]
    assert [row["phase"] for row in listed.card["bookings"]] == ["ticketed", "held"]
    assert [row["number"] for row in listed.facts["bookings"]] == [1, 2]
    held = await owner.desk.call(booking_details, booking="2")
    assert held.facts["state"] == "Đang giữ chỗ, chưa thanh toán"
    assert held.facts["to_pay"] == "1.890.000\u00a0₫"
    reference = await owner.reference_of(owner.held)
    assert held.facts == (await owner.desk.call(booking_details, booking=f" {reference.lower()} ")).facts
    latest = await owner.desk.call(booking_details, booking="latest")
    assert latest.facts["booking_reference"] == await owner.reference_of(owner.ticketed)
    assert latest.card["bookings"][0]["booking_id"] == str(owner.ticketed)
    only = await owner.desk.call(list_my_bookings, status="confirmed")
    assert len(only.facts["bookings"]) == 1
    assert (await owner.desk.refusal(booking_details, booking="2"))["error"] == "booking_not_found"
    assert (await owner.desk.call(list_my_bookings, status="refunded")).cards == []


async def test_question_to_cancel_tells_fee_and_refund(owner: Customer) -> None:
    answer = await owner.desk.call(propose_cancellation, booking=await owner.reference_of(owner.ticketed))
    assert set(answer.card) == COMMON | CONFIRM
    assert (answer.card["action"], answer.card["booking_id"]) == ("cancel", str(owner.ticketed))
    assert (answer.card["fee"]["amount"], answer.card["refund"]["amount"]) == ("378000", "1512000")
    assert answer.facts["comes_back"] == "1.512.000\u00a0₫"
    assert (await owner.list_proposals())[0].status == "open"
    cancelled = await owner.add("cancelled")
    refused = await owner.desk.refusal(propose_cancellation, booking=await owner.reference_of(cancelled))
    assert refused["error"] == "booking_not_cancellable"


async def test_only_way_to_change_is_asked_about_at_once(owner: Customer) -> None:
    reference = await owner.reference_of(owner.ticketed)
    owner.airline.new_slices, owner.airline.new_price = (make_slice("18:00"),), PRICE + 90_000
    answer = await owner.desk.call(propose_change, booking=reference, departs_on="20/12/2026")
    assert set(answer.card) == COMMON | CONFIRM
    assert (answer.card["action"], answer.card["total"]["amount"]) == ("change", "90000")
    assert answer.card["slices"][0]["departs_at_local"].endswith("18:00:00")
    assert answer.card["old_slices"][0]["departs_at_local"].endswith("08:00:00")
    assert answer.facts["to_pay"] == "90.000\u00a0₫"
    asked = {"booking": reference, "departs_on": "20/12/2026"}
    assert (await owner.desk.refusal(propose_change, **asked, leg=2))["error"] == "slice_unknown"
    assert (await owner.desk.refusal(propose_change, booking=reference, departs_on="31/2"))["error"] == (
        "impossible_date"
    )
    owner.airline.new_slices = (make_slice(carriers=("VN",)).model_copy(),)
    with clock.frozen(make_slice().departs.instant - timedelta(hours=1)):
        assert (await owner.desk.refusal(propose_change, **asked))["error"] == "no_other_flights"


async def test_link_to_pay_is_on_the_card_and_not_in_the_models_words(owner: Customer) -> None:
    reference = await owner.reference_of(owner.held)
    answer = await owner.desk.call(start_payment, booking=reference, method="momo")
    assert set(answer.card) == COMMON | PAYMENT
    assert answer.card["payment_url"].startswith("https://momo.example/")
    assert answer.card["payment_url"] in answer.card["text"]
    assert "https" not in answer.text
    again = await owner.desk.call(start_payment, booking=reference, method="momo")
    assert again.card["payment_id"] == answer.card["payment_id"], "an unpaid link is given again"
    async with owner.transactions() as session:
        payment = await session.scalar(select(Payment).where(Payment.subject_id == owner.held))
    assert payment
    assert payment.client_address == "203.0.113.9"
    refused = await owner.desk.refusal(start_payment, booking=await owner.reference_of(owner.ticketed))
    assert refused["error"] == "not_payable"


async def test_state_of_payments_is_told(owner: Customer) -> None:
    held, ticketed = await owner.reference_of(owner.held), await owner.reference_of(owner.ticketed)
    unpaid = await owner.desk.call(payment_status, booking=held)
    assert (unpaid.facts["to_pay"], unpaid.facts["payments"], unpaid.cards) == ("1.890.000\u00a0₫", [], [])
    await owner.desk.call(start_payment, booking=held)
    waiting = await owner.desk.call(payment_status, booking=held)
    assert waiting.facts["payments"][0]["status"] == "chưa thanh toán"
    assert waiting.card["payment_url"]
    with clock.frozen(NOW + timedelta(minutes=20)):
        late = await owner.desk.call(payment_status, booking=held)
    assert late.facts["payments"][0]["status"].startswith("liên kết đã hết hạn")
    assert late.card["payment_url"] is None
    paid = await owner.desk.call(payment_status, booking=ticketed)
    assert (paid.facts["to_pay"], paid.facts["payments"][0]["status"]) == (None, "đã thanh toán")
    assert (await owner.desk.refusal(payment_status, booking="ZZZZZZ"))["error"] == "booking_not_found"


async def test_calendar_that_is_not_connected_comes_with_the_way_to_connect_it(owner: Customer) -> None:
    async with owner.transactions() as session:
        await CalendarConnectionRepository(session).take(owner.user_id)
    refused = await owner.desk.refusal(propose_calendar_entry, booking="latest")
    assert refused["error"] == "calendar_not_connected"
    (card,) = owner.desk.cards
    assert (card["type"], card["connect_path"]) == ("calendar", "/v1/users/me/calendar/connect")
    owner.desk.calendar = None
    assert (await owner.desk.refusal(propose_calendar_entry, booking="latest"))["error"] == "calendar_not_configured"


async def test_letter_is_sent_again_to_the_account_alone(owner: Customer) -> None:
    answer = await owner.desk.call(resend_confirmation, booking="latest")
    assert answer.card["type"] == "notice"
    async with owner.transactions() as session:
        (letter,) = await session.scalars(select(NotificationLog).where(NotificationLog.ref_id == owner.ticketed))
    assert (letter.user_id, letter.type) == (owner.user_id, "booking_confirmed")
    assert (await owner.desk.refusal(resend_confirmation, booking="latest"))["error"] == "rate_limited"


async def test_airline_that_is_away_is_said_to_be(owner: Customer) -> None:
    owner.airline.fault = ProviderDown("x")
    assert (await owner.desk.refusal(propose_booking, number=1))["error"] == "flights_unreachable"


async def test_arguments_that_cannot_be_are_refused(owner: Customer) -> None:
    for name, args in BAD_ARGUMENTS.items():
        with pytest.raises(ValidationError):
            await owner.desk.call(TOOLS[name], **args)
    assert await owner.list_proposals() == []


async def test_customer_without_travellers_is_told_to_enter_some(owner: Customer) -> None:
    async with owner.transactions() as session:
        await delete_passenger(session, owner.actor, passenger_id=owner.passenger_id)
    for tool in (propose_booking, check_travel_readiness):
        assert (await owner.desk.refusal(tool, number=1))["error"] == "no_travellers_known"


async def test_token_for_the_chat_alone_reaches_no_booking(owner: Customer) -> None:
    owner.desk.actor = replace(owner.desk.actor, scopes=frozenset({CHAT_SCOPE}))
    for tool in (list_my_bookings, propose_booking, resend_confirmation):
        args = {name: value for name, value in {"number": 1, "booking": "latest"}.items() if name in tool.args}
        assert (await owner.desk.refusal(tool, **args))["error"] == "forbidden"


async def test_visitor_is_shown_the_way_to_sign_in(owner: Customer) -> None:
    visitor = Desk(owner.transactions, owner.parts.market, state=dict(owner.desk.state))
    given = {"booking": "latest", "number": 1, "departs_on": "2026-12-22"}
    for name in BOOKING_TOOLS - {"choose_seats"}:
        args = {key: given[key] for key in TOOLS[name].args if key in given}
        with pytest.raises(SignInNeeded):
            await visitor.call(TOOLS[name], **args)
        (card,) = visitor.cards
        assert (set(card), card["type"]) == (COMMON | {"page_path"}, "sign_in"), name
