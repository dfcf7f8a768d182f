"""A shop of one page beside the simulated gateways, on a real loopback server: it hears notices as the product does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from core.clock import clock
from db.session import Transactions
from domain.money import Money
from providers.payments.base import (
    Charge,
    NoticeForged,
    NoticeUnreadable,
    PaymentGateway,
    PaymentNotice,
    RefundOrder,
    Verdict,
)
from providers.payments.momo import Momo
from providers.payments.vnpay import Vnpay
from providers.sandbox import gateway as box
from providers.sandbox import momo_face, vnpay_face
from providers.sandbox.faults import Faults
from providers.sandbox.gateway import SandboxGateway
from providers.sandbox.gateway_notices import Notices
from tests.support.listening import listen

GatewayName = Literal["vnpay", "momo"]
PRICE = Money(amount_minor=1_890_000, currency="VND")


class Shop:
    """What the shop was told, by whom, and what it answered."""

    def __init__(self, url: str, gateways: dict[GatewayName, PaymentGateway], faults: Faults) -> None:
        self.url = url
        self.gateways = gateways
        self.faults = faults
        self.http = httpx.AsyncClient(timeout=10, trust_env=False)
        self.verdicts: list[Verdict] = []
        self.notices: list[PaymentNotice] = []
        self.is_deaf = False

    def hear(self, gateway: PaymentGateway, fields: dict[str, Any]) -> Response:
        status, body = gateway.reply(self._judge(gateway, fields))
        return Response(status_code=status) if body is None else JSONResponse(body, status)

    def _judge(self, gateway: PaymentGateway, fields: dict[str, Any]) -> Verdict:
        self.verdicts.append(self._read(gateway, fields))
        return self.verdicts[-1]

    def _read(self, gateway: PaymentGateway, fields: dict[str, Any]) -> Verdict:
        if self.is_deaf:
            return "try_again"
        try:
            notice = gateway.read_notice(fields)
        except NoticeForged:
            return "forged"
        except NoticeUnreadable:
            return "unreadable"
        if notice.amount != PRICE:
            return "wrong_amount"
        is_known = any(each.event_id == notice.event_id for each in self.notices)
        self.notices.append(notice)
        return "repeated" if is_known else "accepted"

    def make_charge(self, name: GatewayName, reference: str = "MAY1", **more: Any) -> Charge:
        values: dict[str, Any] = {
            "reference": reference,
            "amount": PRICE,
            "description": "Ve may bay MAY1",
            "created_at": clock.now(),
            "expires_at": clock.now() + timedelta(minutes=15),
            "client_address": "127.0.0.1",
            "language": "vi",
            "return_url": f"{self.url}/return?booking=1",
            "notice_url": f"{self.url}/notice/{name}",
        }
        return Charge(**(values | more))

    def make_refund(
        self, charge: Charge, notice: PaymentNotice, dong: int = PRICE.amount_minor, n: int = 1
    ) -> RefundOrder:
        assert notice.transaction is not None
        return RefundOrder(
            reference=f"{charge.reference}R{n}",
            charge_reference=charge.reference,
            charged_at=charge.created_at,
            transaction=notice.transaction,
            charged=charge.amount,
            amount=Money(amount_minor=dong, currency="VND"),
            description="Hoan tien",
        )

    async def pay(self, link: str, answer: str = "pay") -> httpx.Response:
        """What a browser gets that presses a button of the page."""
        return await self.http.post(link, data={"answer": answer})


def returned(response: httpx.Response) -> dict[str, str]:
    """What the browser brings back to the shop."""
    assert response.status_code == 303, response.text
    address = urlsplit(response.headers["location"])
    assert address.path == "/return"
    return dict(parse_qsl(address.query, keep_blank_values=True))


@asynccontextmanager
async def open_shop(transactions: Transactions) -> AsyncIterator[Shop]:
    app, faults = FastAPI(), Faults()
    app.include_router(vnpay_face.router)
    app.include_router(momo_face.router)
    async with listen(app) as url, httpx.AsyncClient(timeout=5, trust_env=False) as http:
        notices = Notices(http, faults)
        app.state.sandbox_gateway = SandboxGateway(
            transactions, vnpay_notice_url=f"{url}/notice/vnpay", faults=faults, notices=notices
        )
        gateways = make_gateways(http, url)
        shop = Shop(url, gateways, faults)

        @app.get("/notice/vnpay")
        async def hear_vnpay(request: Request) -> Response:
            return shop.hear(gateways["vnpay"], dict(request.query_params))

        @app.post("/notice/momo")
        async def hear_momo(request: Request) -> Response:
            return shop.hear(gateways["momo"], await request.json())

        yield shop
        await notices.close()
        await shop.http.aclose()


def make_gateways(http: httpx.AsyncClient, url: str) -> dict[GatewayName, PaymentGateway]:
    vnpay = Vnpay(
        http,
        tmn_code=box.SANDBOX_TMN_CODE,
        hash_secret=box.SANDBOX_HASH_SECRET,
        pay_url=f"{url}{box.VNPAY_PATH}{vnpay_face.PAY_PATH}",
        api_url=f"{url}{box.VNPAY_PATH}{vnpay_face.API_PATH}",
        clock=clock.now,
        mode="simulated",
    )
    momo = Momo(
        http,
        partner_code=box.SANDBOX_PARTNER_CODE,
        access_key=box.SANDBOX_ACCESS_KEY,
        secret_key=box.SANDBOX_SECRET_KEY,
        base_url=f"{url}{box.MOMO_PATH}",
        clock=clock.now,
        mode="simulated",
    )
    return {"vnpay": vnpay, "momo": momo}
