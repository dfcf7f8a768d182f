"""MoMo v2, payments from its wallet: a link is asked for, a notice (IPN) comes as JSON and wants 204.

Notices are signed. Answers need not be: a signature is checked where there is one, and TLS vouches for the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
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
from providers.payments.momo_signing import (
    ANSWERED,
    CREATE,
    CREATED,
    NOTICE,
    QUERY,
    REFUND,
    SIGNATURE_FIELD,
    is_signed,
    sign,
    write_values,
)
from providers.payments.reading import make_notice, read_code, read_number, read_texts
from providers.payments.wire import Effect, post_json

MIN_DONG, MAX_DONG = 1_000, 50_000_000

SUCCESS, AUTHORISED = "0", "9000"
"""We ask for capture at once, so that what is authorised is paid."""
PAID = frozenset({SUCCESS, AUTHORISED})
FAILED = frozenset(
    {"98", "99", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1017", "1026", "1080", "1081", "1088", "2019"}
    | {"4001", "4002", "4100"}
)
"""Final. Every other code is not: MoMo waits, or did not understand."""
WAITING = frozenset({"1000", "7000", "7002", "8000"})
BUSY = frozenset({"10", "43"})
"""Maintenance, or something like it is under way: nothing happened."""
DUPLICATE = frozenset({"40", "41"})
UNKNOWN_ORDER = "42"
AMOUNT_REFUSED = "22"
UNCLEAR = "99"
"""MoMo does not know what went wrong, so neither do we."""

_LINK = re.compile(r"https?://[!-~]{1,2000}")
_REPLY_STATUS: dict[Verdict, int] = {
    "accepted": 204,
    "repeated": 204,
    "unknown_payment": 204,
    "wrong_amount": 204,
    "forged": 400,
    "unreadable": 400,
    "try_again": 503,
}
"""204 ends it; after anything else MoMo may tell again."""


class Momo:
    """One partner's access."""

    name = "momo"
    currencies = CURRENCIES

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        partner_code: str,
        access_key: str,
        secret_key: str,
        base_url: str,
        clock: Callable[[], datetime],
        mode: GatewayMode,
    ) -> None:
        self._http = http
        self._partner_code = partner_code
        self._access_key = access_key
        self._secret_key = secret_key
        self._api_url = f"{base_url.rstrip('/')}/v2/gateway/api"
        self._clock = clock
        self.mode = mode

    async def create_link(self, charge: Charge) -> str:
        """MoMo knows a repeated request by its id, which is the charge's reference."""
        amount = check_charge(charge)
        if not MIN_DONG <= amount <= MAX_DONG:
            raise GatewayRefused(AMOUNT_REFUSED)
        minutes_left = int((charge.expires_at - self._clock()).total_seconds() // 60)
        signed: dict[str, Any] = {
            "partnerCode": self._partner_code,
            "requestId": charge.reference,
            "amount": amount,
            "orderId": charge.reference,
            "orderInfo": charge.description,
            "redirectUrl": charge.return_url,
            "ipnUrl": charge.notice_url,
            "requestType": "captureWallet",
            "extraData": "",
        }
        unsigned = {"lang": charge.language, "autoCapture": True, "orderExpireTime": max(1, minutes_left)}
        try:
            answer = await self._ask("create", CREATE, signed, unsigned, "read")
            code = _code_of(answer)
            if code == SUCCESS:
                return _read_link(answer)
        except (NoticeForged, NoticeUnreadable) as error:
            raise GatewayDown(str(error)) from error
        if code in DUPLICATE:
            return await self._find_link(charge, code)
        raise _refusal(code)

    def read_notice(self, fields: Mapping[str, Any]) -> PaymentNotice:
        if not self._is_signed(NOTICE, fields):
            raise NoticeForged("wrong signature")
        texts = write_values(NOTICE, fields)
        if texts.get("partnerCode") != self._partner_code:
            raise NoticeUnreadable("another partner's")
        return _make_notice(texts, read_code(texts.get("resultCode", "")))

    def reply(self, verdict: Verdict) -> GatewayReply:
        return GatewayReply(_REPLY_STATUS[verdict], None)

    async def ask(self, charge: Charge) -> PaymentNotice | None:
        check_charge(charge)
        try:
            answer = await self._query(charge.reference, charge.language)
            return None if answer is None else _make_notice(read_texts(answer), _code_of(answer))
        except NoticeUnreadable as error:
            raise GatewayDown(str(error)) from error

    async def refund(self, order: RefundOrder) -> RefundState:
        """A refund is an order of its own at MoMo, which it makes once."""
        signed: dict[str, Any] = {
            "partnerCode": self._partner_code,
            "orderId": order.reference,
            "requestId": order.reference,
            "amount": check_refund(order),
            "transId": int(order.transaction),
            "description": order.description,
        }
        try:
            code = _code_of(await self._ask("refund", REFUND, signed, {"lang": "vi"}, "refund"))
        except (NoticeForged, NoticeUnreadable) as error:
            raise GatewayUnknown(str(error)) from error
        if code in DUPLICATE:
            return await self._look_up_refund(order)
        if code == UNCLEAR:
            raise GatewayUnknown(code)
        state = _refund_state(code)
        if state is None:
            raise _refusal(code)
        return state

    def may_repeat(self, order: RefundOrder, *, asked_at: datetime) -> bool:  # noqa: ARG002 - the port's
        return True

    async def _find_link(self, charge: Charge, code: str) -> str:
        """The link of a charge MoMo already has, while it waits for money. Raises GatewayDown and GatewayRefused."""
        try:
            answer = await self._query(charge.reference, charge.language)
            if answer is not None and _code_of(answer) in WAITING:
                return _read_link(answer)
        except (NoticeForged, NoticeUnreadable):
            pass  # an answer without a link: MoMo need not repeat it
        raise GatewayRefused(code)

    async def _look_up_refund(self, order: RefundOrder) -> RefundState:
        """What became of a refund MoMo already has; pending where it cannot be told."""
        try:
            answer = await self._query(order.charge_reference, "vi")
        except GatewayError:
            return "pending"
        refunds = (answer or {}).get("refundTrans")
        for refund in refunds if isinstance(refunds, list) else []:
            if isinstance(refund, dict) and refund.get("orderId") == order.reference:
                return _refund_state(str(refund.get("resultCode"))) or "pending"
        return "pending"

    async def _query(self, reference: str, language: str) -> dict[str, Any] | None:
        """What MoMo has of a charge; None where it has nothing.

        Raises GatewayDown, GatewayRefused, NoticeForged and NoticeUnreadable.
        """
        signed = {"partnerCode": self._partner_code, "requestId": new_id().hex, "orderId": reference}
        answer = await self._ask("query", QUERY, signed, {"lang": language}, "read")
        code = _code_of(answer)
        if code == UNKNOWN_ORDER:
            return None
        if code not in PAID | FAILED | WAITING:
            raise _refusal(code)
        return answer

    async def _ask(
        self, path: str, names: tuple[str, ...], signed: dict[str, Any], unsigned: Mapping[str, Any], effect: Effect
    ) -> dict[str, Any]:
        """An answer to this question; raises what `post_json` does, and NoticeForged."""
        signature = sign(names, signed, access_key=self._access_key, secret_key=self._secret_key)
        body = {**signed, **unsigned, SIGNATURE_FIELD: signature}
        answer = await post_json(self._http, f"{self._api_url}/{path}", body, effect)
        named = (CREATED, tuple(sorted((*CREATED, "message")))) if path == "create" else (ANSWERED,)
        if answer.get(SIGNATURE_FIELD) and not any(self._is_signed(names, answer) for names in named):
            raise NoticeForged("wrong signature")
        if any(answer.get(name, signed[name]) != signed[name] for name in QUERY):
            raise NoticeForged("an answer to something else")
        return answer

    def _is_signed(self, names: tuple[str, ...], fields: Mapping[str, Any]) -> bool:
        return is_signed(names, fields, access_key=self._access_key, secret_key=self._secret_key)


def _refusal(code: str) -> GatewayError:
    return GatewayDown(f"not now: {code}") if code in BUSY else GatewayRefused(code)


def _refund_state(code: str) -> RefundState | None:
    """None where the code says that nothing was begun."""
    if code == SUCCESS:
        return "done"
    if code in FAILED:
        return "refused"
    return "pending" if code in WAITING or code == AUTHORISED else None


def _state_of(code: str) -> PaymentState:
    if code in PAID:
        return "paid"
    return "failed" if code in FAILED else "pending"


def _code_of(answer: Mapping[str, Any]) -> str:
    return read_code(read_texts(answer).get("resultCode", ""))


def _read_link(answer: Mapping[str, Any]) -> str:
    link = answer.get("payUrl")
    if not isinstance(link, str) or not _LINK.fullmatch(link):
        raise NoticeUnreadable("no link")
    return link


def _make_notice(texts: Mapping[str, str], code: str) -> PaymentNotice:
    return make_notice(
        reference=texts.get("orderId", ""),
        dong=read_number(texts.get("amount", "")),
        transaction=texts.get("transId", ""),
        state=_state_of(code),
        reason=code,
    )
