"""The simulated MoMo: its API, its pay page and the notices it sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from core.clock import clock
from providers.payments.digests import hmac_sha256, is_same_digest
from providers.payments.momo_signing import ANSWERED, CREATE, CREATED, NOTICE, QUERY, REFUND, is_signed, sign
from providers.sandbox.gateway import (
    MOMO_PATH,
    SANDBOX_ACCESS_KEY,
    SANDBOX_PARTNER_CODE,
    SANDBOX_SECRET_KEY,
    AskedCharge,
    DuplicateReference,
    DuplicateRequest,
    GatewayCharge,
    SandboxGateway,
)
from providers.sandbox.gateway_calls import answer_call, read_json
from providers.sandbox.gateway_notices import Send
from providers.sandbox.gateway_page import GatewayDep, Telling, hear_answer, join_query, show_page
from providers.sandbox.identity_face import FormDep

PAY_PATH = "/v2/gateway/pay"
MIN_DONG, MAX_DONG = 1_000, 50_000_000
MINUTES_OPEN = 100
"""For an order that says nothing about its end."""
MAX_MINUTES = 60 * 24 * 30

_STATUS_OF_CODE = {0: 200, 1000: 200, 10: 503, 42: 404}
_CODES = {"open": 1000, "paid": 0, "failed": 1001, "cancelled": 1006, "expired": 1005}
_MESSAGES = {
    0: "Giao dịch thành công.",
    1000: "Giao dịch đã được khởi tạo, chờ người dùng xác nhận thanh toán.",
    1001: "Giao dịch thất bại do tài khoản không đủ tiền.",
    1005: "Giao dịch thất bại do liên kết hết hạn.",
    1006: "Giao dịch thất bại do người dùng đã từ chối xác nhận thanh toán.",
}
_ORDER = re.compile(r"[0-9a-zA-Z]([-_.]*[0-9a-zA-Z]+)*")

router = APIRouter(prefix=MOMO_PATH, include_in_schema=False)


@router.post("/v2/gateway/api/create")
async def create(request: Request, gateway: GatewayDep) -> Response:
    asked = await read_json(request)
    if not _is_signed(CREATE, asked):
        return _answer_created(asked, 13)
    return await answer_call(
        gateway.faults, "create_link", lambda: _create(request, gateway, asked), duplicate=_answer_created(asked, 41)
    )


@router.post("/v2/gateway/api/query")
async def query(request: Request, gateway: GatewayDep) -> Response:
    asked = await read_json(request)
    if not _is_signed(QUERY, asked):
        return _answer(asked, 13)
    return await answer_call(
        gateway.faults, "query", lambda: _query(request, gateway, asked), duplicate=_answer(asked, 40)
    )


@router.post("/v2/gateway/api/refund")
async def refund(request: Request, gateway: GatewayDep) -> Response:
    asked = await read_json(request)
    if not _is_signed(REFUND, asked):
        return _answer(asked, 13)
    return await answer_call(gateway.faults, "refund", lambda: _refund(gateway, asked), duplicate=_answer(asked, 41))


@router.get(PAY_PATH)
async def get_page(request: Request, gateway: GatewayDep) -> Response:
    return show_page(request, "momo", await _find_by_link(gateway, request.query_params))


@router.post(PAY_PATH)
async def answer_page(request: Request, gateway: GatewayDep, form: FormDep) -> Response:
    charge = await _find_by_link(gateway, request.query_params)
    if charge is None:
        return show_page(request, "momo", None)
    return await hear_answer(request, gateway, charge, form.get("answer"), Telling(_make_notice, _make_return_url))


async def _create(request: Request, gateway: SandboxGateway, asked: Mapping[str, Any]) -> JSONResponse:
    amount, minutes = asked.get("amount"), asked.get("orderExpireTime", MINUTES_OPEN)
    if not isinstance(amount, int) or not isinstance(minutes, int) or not 0 < minutes <= MAX_MINUTES:
        return _answer_created(asked, 20)
    if not MIN_DONG <= amount <= MAX_DONG:
        return _answer_created(asked, 22)
    texts = {name: asked.get(name) for name in CREATE if name != "amount"}
    if not all(isinstance(text, str) for text in texts.values()) or not _ORDER.fullmatch(asked["orderId"]):
        return _answer_created(asked, 20)
    now = clock.now()
    charge = AskedCharge(
        gateway="momo",
        reference=asked["orderId"],
        request_id=asked["requestId"],
        dong=amount,
        description=asked["orderInfo"],
        language="vi" if asked.get("lang") == "vi" else "en",
        return_url=asked["redirectUrl"],
        notice_url=asked["ipnUrl"],
        created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    try:
        opened = await gateway.open(charge)
    except DuplicateRequest:
        return _answer_created(asked, 40)
    except DuplicateReference:
        return _answer_created(asked, 41)
    return _answer_created(asked, 0, amount=amount, payUrl=_make_link(request, opened))


async def _query(request: Request, gateway: SandboxGateway, asked: Mapping[str, Any]) -> JSONResponse:
    charge = await gateway.find("momo", str(asked["orderId"]))
    if charge is None:
        return _answer(asked, 42)
    refunds = [
        {
            "orderId": each.reference,
            "amount": each.dong,
            "resultCode": 0,
            "transId": charge.transaction,
            "createdTime": _milliseconds(each.made_at.timestamp()),
        }
        for each in await gateway.list_refunds(charge)
    ]
    more = {"payUrl": _make_link(request, charge)} if charge.state == "open" else {}
    return _answer(
        asked,
        _CODES[charge.state],
        amount=charge.dong,
        transId=charge.transaction,
        payType="qr" if charge.state == "paid" else "",
        extraData="",
        refundTrans=refunds,
        **more,
    )


async def _refund(gateway: SandboxGateway, asked: Mapping[str, Any]) -> JSONResponse:
    amount, number = asked.get("amount"), asked.get("transId")
    if not isinstance(amount, int) or not isinstance(number, int):
        return _answer(asked, 20)
    charge = await gateway.find_by_transaction("momo", number)
    if charge is None:
        return _answer(asked, 42)
    if await gateway.find("momo", str(asked["orderId"])) is not None:
        return _answer(asked, 41)
    outcome = await gateway.refund(charge, reference=str(asked["orderId"]), dong=amount)
    code = {"done": 0, "repeated": 41, "not_paid": 42, "too_much": 1081}[outcome]
    return _answer(asked, code, amount=amount, transId=number)


def _make_notice(charge: GatewayCharge) -> Send:
    async def send(http: httpx.AsyncClient, wrong_by: int, is_forged: bool) -> bool:
        body = _write_result(charge, wrong_by)
        answer = await http.post(charge.notice_url, json=body | ({"signature": "0" * 64} if is_forged else {}))
        return answer.status_code == 204

    return send


def _make_return_url(charge: GatewayCharge) -> str:
    return join_query(charge.return_url, urlencode(_write_result(charge, 0)))


def _write_result(charge: GatewayCharge, wrong_by: int) -> dict[str, Any]:
    """What notice and browser carry."""
    assert charge.settled_at is not None
    code = _CODES[charge.state]
    return _sign(
        NOTICE,
        {
            "partnerCode": SANDBOX_PARTNER_CODE,
            "orderId": charge.reference,
            "requestId": charge.request_id,
            "amount": charge.dong + wrong_by,
            "orderInfo": charge.description,
            "orderType": "momo_wallet",
            "transId": charge.transaction,
            "resultCode": code,
            "message": _MESSAGES[code],
            "payType": "qr",
            "responseTime": _milliseconds(charge.settled_at.timestamp()),
            "extraData": "",
            "paymentOption": "momo",
        },
    )


def _answer_created(asked: Mapping[str, Any], code: int, **more: Any) -> JSONResponse:
    return JSONResponse(_sign(CREATED, _make_answer(asked, code, more)), _STATUS_OF_CODE.get(code, 400))


def _answer(asked: Mapping[str, Any], code: int, **more: Any) -> JSONResponse:
    return JSONResponse(_sign(ANSWERED, _make_answer(asked, code, more)), _STATUS_OF_CODE.get(code, 400))


def _make_answer(asked: Mapping[str, Any], code: int, more: Mapping[str, Any]) -> dict[str, Any]:
    echoed = {name: asked[name] for name in ("requestId", "orderId") if isinstance(asked.get(name), str)}
    return {
        "partnerCode": SANDBOX_PARTNER_CODE,
        **echoed,
        "amount": 0,
        "responseTime": _milliseconds(clock.now().timestamp()),
        "message": _MESSAGES.get(code, f"Yêu cầu bị từ chối ({code})."),
        "resultCode": code,
        **more,
    }


async def _find_by_link(gateway: SandboxGateway, params: Mapping[str, str]) -> GatewayCharge | None:
    reference = params.get("t", "")
    if not is_same_digest(params.get("s"), hmac_sha256(SANDBOX_SECRET_KEY, reference)):
        return None
    return await gateway.find("momo", reference)


def _make_link(request: Request, charge: GatewayCharge) -> str:
    signature = hmac_sha256(SANDBOX_SECRET_KEY, charge.reference)
    base_url = str(request.base_url).rstrip("/")
    return f"{base_url}{MOMO_PATH}{PAY_PATH}?{urlencode({'t': charge.reference, 's': signature})}"


def _is_signed(names: tuple[str, ...], fields: Mapping[str, Any]) -> bool:
    is_ours = fields.get("partnerCode") == SANDBOX_PARTNER_CODE
    return is_ours and is_signed(names, fields, access_key=SANDBOX_ACCESS_KEY, secret_key=SANDBOX_SECRET_KEY)


def _sign(names: tuple[str, ...], fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"signature": sign(names, fields, access_key=SANDBOX_ACCESS_KEY, secret_key=SANDBOX_SECRET_KEY)}


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
