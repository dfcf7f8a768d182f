"""Paying in a browser: the gateway's page, the way back, the receipt, the letter, and the calendar's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.api.test_bookings import LAN
from tests.api.test_flights import SEARCH
from tests.e2e.accounts import NAME, PASSWORD, new_email, wait_for_code
from tests.e2e.conftest import DESKTOP, PHONE, OpenBrowser, Server, note_problems
from tests.support.processes import wait_until

pytestmark = pytest.mark.e2e


class Customer:
    """Somebody with an account and a booking, as a client of the API."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.email = new_email()
        self.http = httpx.Client(base_url=server.url, timeout=30)

    def join(self, language: str) -> None:
        self.http.headers["Accept-Language"] = language
        account = {"email": self.email, "password": PASSWORD, "full_name": NAME}
        assert self.http.post("/v1/auth/register", json=account).status_code == 201
        self.http.headers["Authorization"] = f"Bearer {self.sign_in()}"
        code = wait_for_code(self.server, self.email, "mã" if language == "vi" else "code")
        assert self.http.post("/v1/auth/email/confirm", json={"code": code}).status_code == 200

    def sign_in(self) -> str:
        answer = self.http.post("/v1/auth/login", json={"email": self.email, "password": PASSWORD})
        token: str = answer.json()["access_token"]
        return token

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def book(self) -> dict[str, Any]:
        passenger = self.post("/v1/users/me/passengers", **LAN)
        offer = self.post("/v1/flights/search", **SEARCH)["offers"][0]
        return self.post("/v1/bookings", passenger_id=passenger["id"], offer_id=offer["offer_id"])

    def read(self, booking_id: str) -> dict[str, Any]:
        return dict(self.http.get(f"/v1/users/me/bookings/{booking_id}").json())


@pytest.fixture
def customer(server: Server) -> Iterator[Customer]:
    made = Customer(server)
    yield made
    made.http.close()


def pay(page: Page, url: str, button: str) -> None:
    page.goto(url)
    page.locator(f"button[value={button}]").click()


@pytest.mark.parametrize(
    ("language", "provider", "viewport"), [("vi", "VNPAY", PHONE), ("en", "MOMO", DESKTOP)], ids=["vi", "en"]
)
def test_traveller_pays_and_comes_back_to_a_ticket(
    customer: Customer, open_browser: OpenBrowser, language: str, provider: str, viewport: Any
) -> None:
    customer.join(language)
    booking = customer.book()
    payment = customer.post(f"/v1/bookings/{booking['id']}/payments", provider=provider)
    page = open_browser("vi-VN" if language == "vi" else "en-GB", viewport).new_page()
    problems = note_problems(page)
    pay(page, payment["payment_url"], "pay")
    expect(page.locator("body")).to_have_attribute("data-state", "booked", timeout=20_000)
    expect(page.locator("[data-pnr]")).to_have_text(booking["booking_reference"])
    expect(page.locator(".simulated")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert customer.read(booking["id"])["status"] == "CONFIRMED"
    assert problems == []
    wide = page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide


def test_payment_the_bank_refused_is_said_and_can_be_made_again(customer: Customer, open_browser: OpenBrowser) -> None:
    customer.join("en")
    booking = customer.book()
    page = open_browser("en-GB", DESKTOP).new_page()
    pay(page, customer.post(f"/v1/bookings/{booking['id']}/payments")["payment_url"], "fail")
    expect(page.locator("body")).to_have_attribute("data-state", "not_paid", timeout=20_000)
    assert customer.read(booking["id"])["phase"] == "held"
    pay(page, customer.post(f"/v1/bookings/{booking['id']}/payments")["payment_url"], "pay")
    expect(page.locator("body")).to_have_attribute("data-state", "booked", timeout=20_000)


def test_confirmation_is_in_the_outbox_with_itinerary_and_receipt(
    customer: Customer, open_browser: OpenBrowser, server: Server
) -> None:
    customer.join("vi")
    booking = customer.book()
    page = open_browser("vi-VN", DESKTOP).new_page()
    pay(page, customer.post(f"/v1/bookings/{booking['id']}/payments")["payment_url"], "pay")
    expect(page.locator("body")).to_have_attribute("data-state", "booked", timeout=20_000)

    def find_confirmation() -> dict[str, Any] | None:
        mails = httpx.get(f"{server.url}/sandbox/outbox.json").json()
        wanted = [mail for mail in mails if mail["to"] == customer.email and mail.get("attachments")]
        return next((mail for mail in wanted if booking["booking_reference"] in mail["text"]), None)

    mail = wait_until(find_confirmation)
    assert mail is not None
    page.goto(f"{server.url}/sandbox/outbox")
    expect(page.get_by_text(re.compile(r"\.ics")).first).to_be_visible()
