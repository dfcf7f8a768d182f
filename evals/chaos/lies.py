"""Notices written by somebody who is not the gateway, or by a gateway that errs."""

from __future__ import annotations

from typing import Any, Literal

from providers.payments.momo_signing import NOTICE, SIGNATURE_FIELD
from providers.payments.momo_signing import sign as sign_momo
from providers.payments.vnpay_signing import HASH_FIELD, sign_query
from providers.sandbox.gateway import (
    SANDBOX_ACCESS_KEY,
    SANDBOX_HASH_SECRET,
    SANDBOX_PARTNER_CODE,
    SANDBOX_SECRET_KEY,
    SANDBOX_TMN_CODE,
)

Lie = Literal["forged", "mismatched"]
LIES: tuple[Lie, ...] = ("forged", "mismatched")
SHORT_BY_DONG = 1_000


def write_lie(gateway: str, lie: Lie, reference: str, dong: int) -> dict[str, Any]:
    """That a charge was paid: in full under a signature of nobody's, or too little under a good one."""
    told = dong if lie == "forged" else max(1, dong - SHORT_BY_DONG)
    return _write_vnpay(lie, reference, told) if gateway == "vnpay" else _write_momo(lie, reference, told)


def _write_vnpay(lie: Lie, reference: str, dong: int) -> dict[str, Any]:
    fields = {
        "vnp_TmnCode": SANDBOX_TMN_CODE,
        "vnp_Amount": str(dong * 100),
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": f"Ve may bay {reference}",
        "vnp_TransactionNo": "99999999",
        "vnp_ResponseCode": "00",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": reference,
    }
    return fields | {HASH_FIELD: "0" * 128 if lie == "forged" else sign_query(fields, SANDBOX_HASH_SECRET)}


def _write_momo(lie: Lie, reference: str, dong: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "partnerCode": SANDBOX_PARTNER_CODE,
        "orderId": reference,
        "requestId": reference,
        "amount": dong,
        "orderInfo": f"Ve may bay {reference}",
        "orderType": "momo_wallet",
        "transId": 9_999_999_999,
        "resultCode": 0,
        "message": "Giao dịch thành công.",
        "payType": "qr",
        "responseTime": 0,
        "extraData": "",
    }
    signed = sign_momo(NOTICE, fields, access_key=SANDBOX_ACCESS_KEY, secret_key=SANDBOX_SECRET_KEY)
    return fields | {SIGNATURE_FIELD: "0" * 64 if lie == "forged" else signed}
