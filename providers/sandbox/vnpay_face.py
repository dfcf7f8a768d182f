"""The simulated VNPAY: its pay page, the notices it sends, and its API of one address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from core.ids import new_id
from providers.payments.vnpay_signing import (
    HASH_FIELD,
    QUERY_REQUEST,
    QUERY_RESPONSE,
    REFUND_REQUEST,
    REFUND_RESPONSE,
    are_values_signed,
    is_query_signed,
    sign_query,
    sign_values,
    write_query,
)
from providers.sandbox.gateway import (
    SANDBOX_HASH_SECRET,
    SANDBOX_TMN_CODE,
    VNPAY_PATH,
    AskedCharge,
    DuplicateReference,
    DuplicateRequest,
    GatewayCharge,
    SandboxGateway,
)
from providers.sandbox.gateway_calls import answer_call, read_json
from providers.sandbox.gateway_notices import Send
from providers.sandbox.gateway_page import VIETNAM, GatewayDep, Telling, hear_answer, join_query, show_page
from providers.sandbox.identity_face import FormDep

PAY_PATH = "/paymentv2/vpcpay.html"
API_PATH = "/merchant_webapi/api/transaction"
MAX_DONG = 10**12
LONGEST_OPEN = timedelta(minutes=15)
"""For a link that says nothing about its end."""

_CODES = {"paid": "00", "failed": "51", "cancelled": "24", "expired": "11"}
_STATUSES = {"open": "01", "paid": "00", "failed": "02", "cancelled": "02", "expired": "02"}

router = APIRouter(prefix=VNPAY_PATH, include_in_schema=False)


@router.get(PAY_PATH)
async def get_page(request: Request, gateway: GatewayDep) -> Response:
    return show_page(request, "vnpay", await _open(gateway, request.query_params))


@router.post(PAY_PATH)
async def answer_page(request: Request, gateway: GatewayDep, form: FormDep) -> Response:
    charge = await _open(gateway, request.query_params)
    if charge is None:
        return show_page(request, "vnpay", None)
    telling = Telling(_make_notice, _make_return_url)
    return await hear_answer(request, gateway, charge, form.get("answer"), telling)


@router.post(API_PATH)
async def call_api(request: Request, gateway: GatewayDep) -> Response:
    asked = {name: value for name, value in (await read_json(request)).items() if isinstance(value, str)}
    command = asked.get("vnp_Command")
    if command not in ("querydr", "refund"):
        return _refuse("03", "Invalid format")
    if asked.get("vnp_TmnCode") != SANDBOX_TMN_CODE:
        return _refuse("02", "Invalid TmnCode")
    if not are_values_signed(QUERY_REQUEST if command == "querydr" else REFUND_REQUEST, asked, SANDBOX_HASH_SECRET):
        return _refuse("97", "Invalid checksum")
    if command == "querydr":
        repeated = _answer(QUERY_RESPONSE, asked, "94")
        return await answer_call(gateway.faults, "query", lambda: _query(gateway, asked), duplicate=repeated)
    repeated = _answer(REFUND_RESPONSE, asked, "94")
    return await answer_call(gateway.faults, "refund", lambda: _refund(gateway, asked), duplicate=repeated)


async def _open(gateway: SandboxGateway, fields: Mapping[str, str]) -> GatewayCharge | None:
    """The charge a link asks for; None where the link is not the shop's, or not complete."""
    known = {name: value for name, value in fields.items() if name.startswith("vnp_")}
    if not is_query_signed(known, SANDBOX_HASH_SECRET) or "vnp_SecureHashType" in known:
        return None
    try:
        asked = _read_link(known, gateway.vnpay_notice_url)
        charge = await gateway.open(asked)
    except (KeyError, ValueError, DuplicateReference, DuplicateRequest):
        return None
    return await gateway.find("vnpay", charge.reference)


def _read_link(fields: Mapping[str, str], notice_url: str) -> AskedCharge:
    """Raises KeyError for what is missing and ValueError for what is wrong."""
    dong, rest = divmod(int(fields["vnp_Amount"]), 100)
    stated = (fields["vnp_Version"], fields["vnp_Command"], fields["vnp_TmnCode"], fields["vnp_CurrCode"])
    if (
        rest
        or not 0 < dong < MAX_DONG
        or stated != ("2.1.0", "pay", SANDBOX_TMN_CODE, "VND")
        or not fields["vnp_IpAddr"]
    ):
        raise ValueError("not a link of this shop")
    created_at = _read_time(fields["vnp_CreateDate"])
    expires = fields.get("vnp_ExpireDate")
    return AskedCharge(
        gateway="vnpay",
        reference=fields["vnp_TxnRef"],
        request_id=fields["vnp_TxnRef"],
        dong=dong,
        description=fields["vnp_OrderInfo"],
        language="vi" if fields["vnp_Locale"] == "vn" else "en",
        return_url=fields["vnp_ReturnUrl"],
        notice_url=notice_url,
        created_at=created_at,
        expires_at=_read_time(expires) if expires else created_at + LONGEST_OPEN,
    )


def _make_notice(charge: GatewayCharge) -> Send:
    async def send(http: httpx.AsyncClient, wrong_by: int, is_forged: bool) -> bool:
        query = _write_result(charge, wrong_by, "0" * 128 if is_forged else None)
        answer = await http.get(join_query(charge.notice_url, query))
        try:
            heard = answer.json().get("RspCode")
        except (ValueError, AttributeError):
            return False
        return answer.status_code == 200 and heard in ("00", "02")

    return send


def _make_return_url(charge: GatewayCharge) -> str:
    return join_query(charge.return_url, _write_result(charge, 0, None))


def _write_result(charge: GatewayCharge, wrong_by: int, digest: str | None) -> str:
    """What notice and browser carry, as a query string; signed, where no other digest is given."""
    is_paid = charge.state == "paid"
    assert charge.settled_at is not None
    fields = {
        "vnp_TmnCode": SANDBOX_TMN_CODE,
        "vnp_Amount": str((charge.dong + wrong_by) * 100),
        "vnp_BankCode": "NCB",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": charge.description,
        "vnp_TransactionNo": str(charge.transaction),
        "vnp_ResponseCode": _CODES[charge.state],
        "vnp_TransactionStatus": _STATUSES[charge.state],
        "vnp_TxnRef": charge.reference,
        "vnp_BankTranNo": f"VNP{charge.transaction}" if is_paid else "",
        "vnp_PayDate": _write_time(charge.settled_at) if is_paid else "",
    }
    return f"{write_query(fields)}&{HASH_FIELD}={digest or sign_query(fields, SANDBOX_HASH_SECRET)}"


async def _query(gateway: SandboxGateway, asked: Mapping[str, str]) -> JSONResponse:
    charge = await _find(gateway, asked)
    if charge is None:
        return _answer(QUERY_RESPONSE, asked, "91")
    kind = "01" if not charge.refunded_dong else "02" if charge.refunded_dong == charge.dong else "03"
    return _answer(
        QUERY_RESPONSE,
        asked,
        "00",
        vnp_Amount=str(charge.dong * 100),
        vnp_BankCode="NCB",
        vnp_PayDate=_write_time(charge.settled_at) if charge.settled_at else "",
        vnp_TransactionNo=str(charge.transaction),
        vnp_TransactionType=kind,
        vnp_TransactionStatus=_STATUSES[charge.state],
        vnp_OrderInfo=charge.description,
    )


async def _refund(gateway: SandboxGateway, asked: Mapping[str, str]) -> JSONResponse:
    charge = await _find(gateway, asked)
    if charge is None or asked.get("vnp_TransactionNo") != str(charge.transaction):
        return _answer(REFUND_RESPONSE, asked, "91")
    amount, kind = asked.get("vnp_Amount", ""), asked.get("vnp_TransactionType")
    if not (amount.isascii() and amount.isdigit() and amount.endswith("00")) or kind not in ("02", "03"):
        return _answer(REFUND_RESPONSE, asked, "03")
    dong = int(amount) // 100
    if (kind == "02") != (dong == charge.dong):
        return _answer(REFUND_RESPONSE, asked, "03")
    outcome = await gateway.refund(charge, reference=asked["vnp_RequestId"], dong=dong)
    code = {"done": "00", "repeated": "94", "not_paid": "91", "too_much": "95"}[outcome]
    return _answer(
        REFUND_RESPONSE,
        asked,
        code,
        vnp_Amount=amount,
        vnp_TransactionNo=str(charge.transaction),
        vnp_TransactionType=kind,
        vnp_TransactionStatus="00" if outcome == "done" else "",
        vnp_OrderInfo=asked.get("vnp_OrderInfo", ""),
    )


async def _find(gateway: SandboxGateway, asked: Mapping[str, str]) -> GatewayCharge | None:
    """By reference and the time in the link, as VNPAY knows a charge."""
    charge = await gateway.find("vnpay", asked.get("vnp_TxnRef", ""))
    if charge is None or _write_time(charge.created_at) != asked.get("vnp_TransactionDate"):
        return None
    return charge


def _answer(names: tuple[str, ...], asked: Mapping[str, str], code: str, **more: str) -> JSONResponse:
    fields = {
        "vnp_ResponseId": new_id().hex,
        "vnp_Command": asked["vnp_Command"],
        "vnp_ResponseCode": code,
        "vnp_Message": f"Simulated {code}",
        "vnp_TmnCode": SANDBOX_TMN_CODE,
        "vnp_TxnRef": asked.get("vnp_TxnRef", ""),
        **more,
    }
    return JSONResponse(fields | {HASH_FIELD: sign_values(names, fields, SANDBOX_HASH_SECRET)})


def _refuse(code: str, message: str) -> JSONResponse:
    """To somebody whose secret VNPAY does not know, so without a signature."""
    return JSONResponse({"vnp_ResponseId": new_id().hex, "vnp_ResponseCode": code, "vnp_Message": message})


def _write_time(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
