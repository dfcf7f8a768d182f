"""Charges to pay, gateways that answer what a test tells them to, and their signatures."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from domain.money import Money
from providers.payments.base import Charge, RefundOrder
from providers.payments.momo import Momo
from providers.payments.momo_signing import sign
from providers.payments.vnpay import Vnpay
from providers.payments.vnpay_signing import HASH_FIELD, sign_query, sign_values

NOW = datetime(2026, 11, 21, 17, 30, 5, tzinfo=UTC)
"""Half past midnight of the next day in Vietnam."""
TMN_CODE, HASH_SECRET = "TEST_TMN_CODE", "test_secret"
PARTNER_CODE, ACCESS_KEY, SECRET_KEY = "MOMO", "F8BBA842ECF85", "K951B6PE1waDMi640xX08PD3vg6EkVlz"

Json = dict[str, Any]
Reply = Json | httpx.Response | Exception | Callable[[Json], Json | httpx.Response]


def vnd(dong: int) -> Money:
    return Money(amount_minor=dong, currency="VND")


def make_charge(**more: Any) -> Charge:
    values: Json = {
        "reference": "MAY7KQ2",
        "amount": vnd(1_890_000),
        "description": "Ve may bay MAY7KQ",
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=15),
        "client_address": "203.0.113.9",
        "language": "vi",
        "return_url": "https://shop.test/payments/return?id=1",
        "notice_url": "https://shop.test/payments/notice",
    }
    return Charge(**(values | more))


def make_refund(**more: Any) -> RefundOrder:
    values: Json = {
        "reference": "MAY7KQ2R1",
        "charge_reference": "MAY7KQ2",
        "charged_at": NOW,
        "transaction": "14422574",
        "charged": vnd(1_890_000),
        "amount": vnd(1_890_000),
        "description": "Hoan tien MAY7KQ",
    }
    return RefundOrder(**(values | more))


class FakeWire:
    """Answers in order, the last for good; remembers what was sent."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.sent: list[Json] = []
        self.paths: list[str] = []
        self.seconds: list[float] = []
        """How long each answer was waited for."""
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(json.loads(request.content))
        self.paths.append(request.url.path)
        self.seconds.append(request.extensions["timeout"]["read"])
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        answer = reply(self.sent[-1]) if callable(reply) else reply
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def vnpay_on(wire: FakeWire) -> Vnpay:
    return Vnpay(
        wire.http,
        tmn_code=TMN_CODE,
        hash_secret=HASH_SECRET,
        pay_url="https://vnpay.test/paymentv2/vpcpay.html",
        api_url="https://vnpay.test/api",
        clock=lambda: NOW,
        mode="test",
    )


def momo_on(wire: FakeWire) -> Momo:
    return Momo(
        wire.http,
        partner_code=PARTNER_CODE,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        base_url="https://momo.test/",
        clock=lambda: NOW,
        mode="test",
    )


def sign_vnpay(fields: Json) -> Json:
    """The notice with its hash."""
    return fields | {HASH_FIELD: sign_query(fields, HASH_SECRET)}


def answer_vnpay(names: tuple[str, ...], **fields: str) -> Json:
    """An answer of VNPAY's API with its hash."""
    told = {"vnp_TmnCode": TMN_CODE, "vnp_TxnRef": "MAY7KQ2", "vnp_Message": "told"} | fields
    return told | {HASH_FIELD: sign_values(names, told, HASH_SECRET)}


def sign_momo(names: tuple[str, ...], fields: Json) -> Json:
    return fields | {"signature": sign(names, fields, access_key=ACCESS_KEY, secret_key=SECRET_KEY)}


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
