"""VNPAY 2.1.0: a signed link, a signed notice (IPN) in a query string, and an API of one address.

Amounts travel times 100 and times in GMT+7. Notices go to the address that the shop has registered with VNPAY, so a
charge's own is not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import httpx

from core.ids import new_id
from providers.payments.base import (
    Charge,
    GatewayDown,
    GatewayError,
    GatewayMode,
    GatewayRefused,
    GatewayReply,
    GatewayUnknown,
    NoticeForged,
    NoticeUnreadable,
    PaymentNotice,
    PaymentState,
    RefundOrder,
    RefundState,
    Verdict,
)
from providers.payments.checks import CURRENCIES, check_charge, check_refund
from providers.payments.reading import make_notice, read_code, read_number, read_texts
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
from providers.payments.wire import REFUND_SECONDS, Effect, post_json

VERSION = "2.1.0"
VIETNAM = timezone(timedelta(hours=7))
HUNDREDTHS = 100
FULL_REFUND, PARTIAL_REFUND = "02", "03"

SUCCESS, NOT_FOUND, REPEATED, REFUND_REFUSED, OTHER_ERROR = "00", "91", "94", "95", "99"
UNREAD = frozenset({"02", "03", "97"})
"""Our terminal, format or signature was wrong: VNPAY did nothing, and cannot always sign that it says so."""

OPEN_STATUSES = frozenset({"01", "04", "07"})
"""Not paid yet; debited and not completed; held as suspicious: money may still come, or go back."""
REFUND_STATUSES: dict[str, RefundState] = {"00": "done", "05": "pending", "06": "pending", "09": "refused"}
"""What became of a refund; the charge it belongs to was paid."""
SUSPICIOUS = "07"

_REPLIES: dict[Verdict, tuple[str, str]] = {
    "accepted": ("00", "Confirm Success"),
    "repeated": ("02", "Order already confirmed"),
    "unknown_payment": ("01", "Order not found"),
    "wrong_amount": ("04", "Invalid amount"),
    "forged": ("97", "Invalid signature"),
    "unreadable": ("99", "Unknown error"),
    "try_again": ("99", "Unknown error"),
}
"""VNPAY tells again until it hears 00 or 02."""

_OUR_ADDRESS = "127.0.0.1"
_CREATED_BY = "assistant"


class Vnpay:
    """One terminal's access."""

    name = "vnpay"
    currencies = CURRENCIES

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        tmn_code: str,
        hash_secret: str,
        pay_url: str,
        api_url: str,
        clock: Callable[[], datetime],
        mode: GatewayMode,
    ) -> None:
        self._http = http
        self._tmn_code = tmn_code
        self._secret = hash_secret
        self._pay_url = pay_url
        self._api_url = api_url
        self._clock = clock
        self.mode = mode

    async def create_link(self, charge: Charge) -> str:
        """The same charge gives the same link; VNPAY hears of it when somebody opens it."""
        fields = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self._tmn_code,
            "vnp_Amount": str(check_charge(charge) * HUNDREDTHS),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": charge.reference,
            "vnp_OrderInfo": charge.description,
            "vnp_OrderType": "other",
            "vnp_Locale": "vn" if charge.language == "vi" else "en",
            "vnp_ReturnUrl": charge.return_url,
            "vnp_IpAddr": charge.client_address,
            "vnp_CreateDate": write_time(charge.created_at),
            "vnp_ExpireDate": write_time(charge.expires_at),
        }
        return f"{self._pay_url}?{write_query(fields)}&{HASH_FIELD}={sign_query(fields, self._secret)}"

    def read_notice(self, fields: Mapping[str, Any]) -> PaymentNotice:
        if not is_query_signed(fields, self._secret):
            raise NoticeForged("wrong signature")
        if fields.get("vnp_TmnCode") != self._tmn_code:
            raise NoticeUnreadable("another terminal's")
        code = read_code(fields.get("vnp_ResponseCode", ""))
        status = read_code(fields.get("vnp_TransactionStatus", ""))
        return _make_notice(fields, _state_told(code, status), status if code == SUCCESS else code)

    def reply(self, verdict: Verdict) -> GatewayReply:
        code, message = _REPLIES[verdict]
        return GatewayReply(200, {"RspCode": code, "Message": message})

    async def ask(self, charge: Charge) -> PaymentNotice | None:
        check_charge(charge)
        answer = await self._query(charge.reference, charge.created_at)
        if answer is None:
            return None
        try:
            status = read_code(answer.get("vnp_TransactionStatus", ""))
            return _make_notice(answer, _state_asked(status), status)
        except NoticeUnreadable as error:
            raise GatewayDown(str(error)) from error

    async def refund(self, order: RefundOrder) -> RefundState:
        """VNPAY knows a repeated refund by its request id on the same day, and a second full one on any."""
        amount = check_refund(order)
        fields = self._address("refund", order.reference, order.charge_reference, order.charged_at) | {
            "vnp_TransactionType": FULL_REFUND if order.amount == order.charged else PARTIAL_REFUND,
            "vnp_Amount": str(amount * HUNDREDTHS),
            "vnp_TransactionNo": order.transaction,
            "vnp_CreateBy": _CREATED_BY,
            "vnp_OrderInfo": order.description,
        }
        try:
            answer = await self._ask(fields, REFUND_REQUEST, REFUND_RESPONSE, "refund")
        except (NoticeForged, NoticeUnreadable) as error:
            raise GatewayUnknown(str(error)) from error
        match answer["vnp_ResponseCode"]:
            case "00":
                return REFUND_STATUSES.get(answer.get("vnp_TransactionStatus", ""), "pending")
            case "94":
                return await self._look_up_refund(order)
            case "95":
                return "refused"
            case "99":
                raise GatewayUnknown(OTHER_ERROR)
            case code:
                raise GatewayRefused(code)

    def may_repeat(self, order: RefundOrder, *, asked_at: datetime) -> bool:
        """A full one always; a part only on its day, which must not end before VNPAY reads the question."""
        arrives_by = self._clock() + timedelta(seconds=REFUND_SECONDS)
        return order.amount == order.charged or _day_of(arrives_by) == _day_of(asked_at)

    async def _look_up_refund(self, order: RefundOrder) -> RefundState:
        """What became of a refund VNPAY already has; pending where it cannot be told.

        Of several partial ones VNPAY does not say which it speaks of.
        """
        try:
            answer = await self._query(order.charge_reference, order.charged_at)
        except GatewayError:
            return "pending"
        if answer is None or answer.get("vnp_TransactionType") != FULL_REFUND or order.amount != order.charged:
            return "pending"
        return REFUND_STATUSES.get(answer.get("vnp_TransactionStatus", ""), "pending")

    async def _query(self, reference: str, created_at: datetime) -> dict[str, str] | None:
        """What VNPAY has of a charge; None where it has nothing. Raises what `ask` does."""
        fields = self._address("querydr", new_id().hex, reference, created_at)
        fields["vnp_OrderInfo"] = f"Query {reference}"
        try:
            answer = await self._ask(fields, QUERY_REQUEST, QUERY_RESPONSE, "read")
        except NoticeUnreadable as error:
            raise GatewayDown(str(error)) from error
        match answer["vnp_ResponseCode"]:
            case "00":
                return answer
            case "91":
                return None
            case "94" | "99" as code:
                raise GatewayDown(f"not now: {code}")
            case code:
                raise GatewayRefused(code)

    def _address(self, command: str, request_id: str, reference: str, created_at: datetime) -> dict[str, str]:
        """What every question begins with; VNPAY knows a charge by its reference and the time in its link."""
        return {
            "vnp_RequestId": request_id,
            "vnp_Version": VERSION,
            "vnp_Command": command,
            "vnp_TmnCode": self._tmn_code,
            "vnp_TxnRef": reference,
            "vnp_TransactionDate": write_time(created_at),
            "vnp_CreateDate": write_time(self._clock()),
            "vnp_IpAddr": _OUR_ADDRESS,
        }

    async def _ask(
        self, fields: dict[str, str], asked: tuple[str, ...], answered: tuple[str, ...], effect: Effect
    ) -> dict[str, str]:
        """An answer of VNPAY's to this question, with a code.

        Raises what `post_json` does, GatewayRefused, NoticeForged and NoticeUnreadable.
        """
        body = fields | {HASH_FIELD: sign_values(asked, fields, self._secret)}
        answer = read_texts(await post_json(self._http, self._api_url, body, effect))
        code = read_code(answer.get("vnp_ResponseCode", ""))
        if code in UNREAD and not answer.get(HASH_FIELD):
            raise GatewayRefused(code)
        if not are_values_signed(answered, answer, self._secret):
            raise NoticeForged("wrong signature")
        if code == SUCCESS and any(answer.get(name) != fields[name] for name in ("vnp_TmnCode", "vnp_TxnRef")):
            raise NoticeForged("an answer to something else")
        return answer


def write_time(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def _day_of(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()


def _state_told(code: str, status: str) -> PaymentState:
    """Of a notice, which says it twice."""
    if code == status == SUCCESS:
        return "paid"
    is_open = code == SUSPICIOUS or status in OPEN_STATUSES or status in REFUND_STATUSES.keys() - {SUCCESS}
    return "pending" if is_open else "failed"


def _state_asked(status: str) -> PaymentState:
    """Of an answer, which goes on to say what became of a refund."""
    if status in REFUND_STATUSES:
        return "paid"
    return "pending" if status in OPEN_STATUSES else "failed"


def _make_notice(fields: Mapping[str, str], state: PaymentState, reason: str) -> PaymentNotice:
    dong, rest = divmod(read_number(fields.get("vnp_Amount", "")), HUNDREDTHS)
    if rest:
        raise NoticeUnreadable("a part of a đồng")
    return make_notice(
        reference=fields.get("vnp_TxnRef", ""),
        dong=dong,
        transaction=fields.get("vnp_TransactionNo", ""),
        state=state,
        reason=reason,
    )
