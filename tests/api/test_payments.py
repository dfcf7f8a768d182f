"""Paying over REST in the simulated world: a link, the gateway's page, its notice, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from core.clock import clock
from db.models import Payment
from providers.payments.vnpay_signing import HASH_FIELD, sign_query
from providers.sandbox.gateway import SANDBOX_HASH_SECRET, SANDBOX_TMN_CODE
from services.payments.parts import PaymentParts
from services.payments.reconcile import reconcile_due
from tests.api.test_bookings import book
from tests.support.accounts import Account, Lobby
from tests.support.google import Browser
from tests.support.waiting import eventually

VNPAY, MOMO = "/v1/payments/webhook/vnpay", "/v1/payments/webhook/momo"
PROVIDERS = ("VNPAY", "MOMO")


@pytest.fixture
async def browser(shared_app: FastAPI) -> AsyncIterator[Browser]:
    browser = Browser(shared_app)
    async with browser.http:
        yield browser


async def start(account: Account, booking_id: str, **body: Any) -> dict[str, Any]:
    answer = await account.client.post(f"/v1/bookings/{booking_id}/payments", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def list_payments(account: Account, booking_id: str) -> list[dict[str, Any]]:
    answer = await account.client.get(f"/v1/bookings/{booking_id}/payments")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def press(browser: Browser, url: str, button: str = "pay") -> httpx.Response:
    assert (await browser.http.get(url)).status_code == 200
    return await browser.http.post(url, data={"answer": button})


async def read_phase(account: Account, booking_id: str) -> str:
    return str((await account.client.get(f"/v1/users/me/bookings/{booking_id}")).json()["phase"])


async def look(browser: Browser, payment: dict[str, Any]) -> dict[str, Any]:
    params = {"reference": payment["id"].replace("-", "")}
    answer = await browser.http.get("/v1/payments/return-status", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def write_notice(payment: dict[str, Any], **changes: str) -> dict[str, str]:
    """What the simulated VNPAY signs for a payment that was made."""
    fields = {
        "vnp_TmnCode": SANDBOX_TMN_CODE,
        "vnp_Amount": f"{payment['amount']}00",
        "vnp_TransactionNo": "14422574",
        "vnp_ResponseCode": "00",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": payment["id"].replace("-", ""),
    } | changes
    return fields | {HASH_FIELD: sign_query(fields, SANDBOX_HASH_SECRET)}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_paid_booking_gets_its_ticket(lobby: Lobby, browser: Browser, provider: str) -> None:
    account = await lobby.join()
    booking = await book(account)
    payment = await start(account, booking["id"], provider=provider)
    assert (payment["status"], payment["simulated"], payment["provider"]) == ("PENDING", True, provider)
    assert (payment["amount"], payment["currency"]) == (booking["total_price"], booking["currency"])
    assert payment["booking_id"] == booking["id"]
    assert payment["created_at"] < payment["expires_at"] <= booking["pay_by"]
    assert await look(browser, payment) == {"state": "waiting", "booking_reference": None}
    back = await press(browser, payment["payment_url"])
    assert back.status_code == 303
    page = await browser.http.get(back.headers["location"])
    assert page.status_code == 200

    async def is_ticketed() -> bool:
        return await read_phase(account, booking["id"]) == "ticketed"

    await eventually(is_ticketed)
    assert await look(browser, payment) == {"state": "booked", "booking_reference": booking["booking_reference"]}
    (paid,) = await list_payments(account, booking["id"])
    assert (paid["status"], paid["payment_url"], paid["refunds"]) == ("COMPLETED", None, [])
    assert paid["paid_at"]
    assert paid["external_id"].isdigit()


async def test_bank_that_refuses_leaves_the_booking_to_be_paid_otherwise(lobby: Lobby, browser: Browser) -> None:
    account = await lobby.join()
    booking = await book(account)
    payment = await start(account, booking["id"])
    assert payment["provider"] == "VNPAY"
    await press(browser, payment["payment_url"], "fail")
    assert (await look(browser, payment))["state"] == "not_paid"
    assert [each["status"] for each in await list_payments(account, booking["id"])] == ["FAILED"]
    assert (await start(account, booking["id"]))["id"] != payment["id"]


async def test_duplicate_notices_do_nothing(lobby: Lobby, browser: Browser, shared_app: FastAPI) -> None:
    account = await lobby.join()
    booking = await book(account)
    payment = await start(account, booking["id"])
    shared_app.state.sandbox_faults.arm("notice", "duplicate_notice")
    await press(browser, payment["payment_url"])
    (paid,) = await list_payments(account, booking["id"])
    assert (paid["status"], paid["refunds"]) == ("COMPLETED", [])


@pytest.mark.parametrize("fault", ["forged_notice", "wrong_amount_notice", "lost_notice"])
async def test_bad_notice_pays_nothing_and_a_question_finds_the_truth(
    lobby: Lobby, browser: Browser, shared_app: FastAPI, fault: Any
) -> None:
    account = await lobby.join()
    booking = await book(account)
    payment = await start(account, booking["id"])
    shared_app.state.sandbox_faults.arm("notice", fault)
    await press(browser, payment["payment_url"])
    assert [each["status"] for each in await list_payments(account, booking["id"])] == ["PENDING"]
    assert await read_phase(account, booking["id"]) == "held"
    await ask_about(lobby, payment)
    assert [each["status"] for each in await list_payments(account, booking["id"])] == ["COMPLETED"]


async def test_browser_that_comes_back_makes_us_ask_the_gateway_once(
    lobby: Lobby, browser: Browser, shared_app: FastAPI
) -> None:
    account = await lobby.join()
    booking = await book(account)
    payment = await start(account, booking["id"])
    shared_app.state.sandbox_faults.arm("notice", "lost_notice")
    back = await press(browser, payment["payment_url"])
    assert await read_phase(account, booking["id"]) == "held"
    assert (await browser.http.get(back.headers["location"])).status_code == 200

    async def is_ticketed() -> bool:
        return await read_phase(account, booking["id"]) == "ticketed"

    await eventually(is_ticketed)


async def ask_about(lobby: Lobby, payment: dict[str, Any]) -> None:
    """What the sweep does ten minutes later."""
    async with lobby.transactions() as session:
        row = await session.get_one(Payment, UUID(payment["id"]))
        row.due_at = clock.now() - timedelta(seconds=1)
    await reconcile_due(PaymentParts(lobby.transactions, lobby.parts.gateways), payment_id=UUID(payment["id"]))


async def test_both_links_paid_give_one_back(lobby: Lobby, browser: Browser) -> None:
    account = await lobby.join()
    booking = await book(account)
    links = [await start(account, booking["id"], provider=provider) for provider in PROVIDERS]
    for link in links:
        await press(browser, link["payment_url"])

    async def is_given_back() -> bool:
        return "REFUNDED" in [each["status"] for each in await list_payments(account, booking["id"])]

    await eventually(is_given_back)
    second, first = await list_payments(account, booking["id"])
    assert (first["status"], second["status"]) == ("COMPLETED", "REFUNDED")
    assert [(each["reason"], each["status"], each["amount"]) for each in second["refunds"]] == [
        ("paid_twice", "COMPLETED", booking["total_price"])
    ]
    assert (await look(browser, links[1]))["state"] == "given_back"


async def test_the_same_request_under_its_key_is_one_payment(lobby: Lobby) -> None:
    account = await lobby.join()
    path, headers = f"/v1/bookings/{(await book(account))['id']}/payments", {"Idempotency-Key": uuid4().hex}
    first, again = [await account.client.post(path, json={}, headers=headers) for _ in range(2)]
    assert (first.status_code, again.content) == (201, first.content)
    refused = await account.client.post(path, json={"provider": "MOMO"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


async def test_gateway_that_is_down_is_told_and_the_next_try_goes_on(lobby: Lobby, shared_app: FastAPI) -> None:
    account = await lobby.join()
    path, headers = f"/v1/bookings/{(await book(account))['id']}/payments", {"Idempotency-Key": uuid4().hex}
    shared_app.state.sandbox_faults.arm("create_link", "server_error_after")
    refused = await account.client.post(path, json={"provider": "MOMO"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (424, "payments_unreachable")
    made = await account.client.post(path, json={"provider": "MOMO"}, headers=headers)
    assert made.status_code == 201, made.text
    assert len((await account.client.get(path)).json()) == 1


async def test_what_contradicts_is_refused(lobby: Lobby) -> None:
    account = await lobby.join()
    booking = await book(account)
    path = f"/v1/bookings/{booking['id']}/payments"
    for body in ({"amount": 1}, {"amount": booking["total_price"], "currency": "USD"}, {"currency": "usd"}):
        refused = await account.client.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "amount_mismatch"), body
    refused = await account.client.post(path, json={"provider": "STRIPE"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_payment_method")
    assert (await account.client.post(path, json={"card": "4111"})).status_code == 422
    body = {"amount": booking["total_price"], "booking_id": str(uuid4()), "provider": "vnpay"}
    made = await account.client.post(path, json=body)
    assert (made.status_code, made.json()["booking_id"]) == (201, booking["id"])
    assert (await lobby.visitor().post(path, json={})).status_code == 401
    assert (await (await lobby.join()).client.post(path, json={})).status_code == 404


# what gateways tell


async def test_notice_by_get_or_post_pays(lobby: Lobby, browser: Browser) -> None:
    account = await lobby.join()
    for method in ("GET", "POST query", "POST form"):
        payment = await start(account, (await book(account))["id"])
        notice, verb = write_notice(payment), method.split()[0]
        sent = {"data": notice} if "form" in method else {"params": notice}
        answers = [await browser.http.request(verb, VNPAY, **sent) for _ in range(2)]  # type: ignore[arg-type]
        assert [(each.status_code, each.json()["RspCode"]) for each in answers] == [(200, "00"), (200, "02")]
        assert (await look(browser, payment))["state"] in ("received", "booked")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"vnp_Amount": "100"}, "04"), ({"vnp_TxnRef": "0" * 32}, "01"), ({"vnp_TmnCode": "OTHER"}, "99")],
)
async def test_signed_notice_of_something_else_pays_nothing(
    lobby: Lobby, browser: Browser, changes: dict[str, str], code: str
) -> None:
    account = await lobby.join()
    payment = await start(account, (await book(account))["id"])
    answer = await browser.http.get(VNPAY, params=write_notice(payment, **changes))
    assert (answer.status_code, answer.json()["RspCode"]) == (200, code)
    assert (await look(browser, payment))["state"] == "waiting"


GARBAGE: list[dict[str, Any]] = [
    {"content": b""},
    {"content": b"\xff\xfe{"},
    {"content": b"[" * 60_000},
    {"content": b"[1]"},
    {"content": b'{"amount": 1e400, "orderId": ["x"], "signature": null}'},
    {"data": {"vnp_SecureHash": "é" * 100}},
    {"params": {"vnp_SecureHash": "", "vnp_TxnRef": "\x00"}},
]


@pytest.mark.parametrize("sent", GARBAGE)
@pytest.mark.parametrize(("path", "status"), [(VNPAY, 200), (MOMO, 400)])
async def test_garbage_is_answered_as_forged(lobby: Lobby, path: str, status: int, sent: dict[str, Any]) -> None:
    answer = await lobby.visitor().post(path, **sent)
    assert answer.status_code == status
    assert path == MOMO or answer.json()["RspCode"] == "97"


async def test_notice_has_a_size_and_an_address(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    assert (await visitor.post(MOMO, content=b"x" * 70_000)).status_code == 413
    assert (await visitor.post("/v1/payments/webhook/stripe", json={})).status_code == 404


async def test_notices_are_never_limited_away(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    answers = await asyncio.gather(*(visitor.get(VNPAY, params={"vnp_TxnRef": "x"}) for _ in range(150)))
    assert {each.status_code for each in answers} == {200}


# the way back


async def test_page_tells_how_it_stands_and_believes_nothing(lobby: Lobby, browser: Browser) -> None:
    account = await lobby.join()
    booking = await book(account)
    payment = await start(account, booking["id"])
    address = f"/payments/return/{payment['id'].replace('-', '')}"
    page = await lobby.visitor().get(address, params=write_notice(payment) | {"lang": "vi"})
    assert page.status_code == 200
    assert 'data-state="waiting"' in page.text
    assert "mô phỏng" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert (await list_payments(account, booking["id"]))[0]["status"] == "PENDING"
    english = (await lobby.visitor().get(address, params={"lang": "en"})).text
    assert "Waiting for the bank" in english
    for secret in (account.email, "NGUYEN", booking["booking_reference"], str(payment["amount"])):
        assert secret not in page.text


async def test_unknown_reference_is_nothing(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    assert (await visitor.get(f"/payments/return/{uuid4().hex}")).status_code == 404
    assert (await visitor.get("/v1/payments/return-status", params={"reference": uuid4().hex})).status_code == 404
    assert (await visitor.get("/v1/payments/return-status", params={"reference": "x"})).status_code == 422


async def test_gateway_sends_the_browser_to_our_page(lobby: Lobby, browser: Browser) -> None:
    account = await lobby.join()
    for provider in PROVIDERS:
        payment = await start(account, (await book(account))["id"], provider=provider)
        back = urlsplit((await press(browser, payment["payment_url"], "cancel")).headers["location"])
        assert back.path == f"/payments/return/{payment['id'].replace('-', '')}"
        assert dict(parse_qsl(back.query))
