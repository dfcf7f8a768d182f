"""How VNPAY signs: forms over their sorted query string, questions and answers over values joined with a pipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from providers.payments.digests import hmac_sha512, is_same_digest

HASH_FIELD = "vnp_SecureHash"
_UNSIGNED = frozenset({HASH_FIELD, "vnp_SecureHashType"})

_ASKED = ("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode")
_ANSWERED = (
    *("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount"),
    *("vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus"),
    "vnp_OrderInfo",
)
QUERY_REQUEST = (
    *_ASKED,
    *("vnp_TxnRef", "vnp_TransactionDate", "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
)
QUERY_RESPONSE = (*_ANSWERED, "vnp_PromotionCode", "vnp_PromotionAmount")
REFUND_REQUEST = (
    *_ASKED,
    *("vnp_TransactionType", "vnp_TxnRef", "vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy"),
    *("vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
)
REFUND_RESPONSE = _ANSWERED
"""The values of each message that are signed, in this order."""


def write_query(fields: Mapping[str, str]) -> str:
    """The query string of a form, which is also what is signed: VNPAY's own fields that say something, by name."""
    signed = {
        name: value
        for name, value in fields.items()
        if name.startswith("vnp_") and name not in _UNSIGNED and value != ""
    }
    return urlencode(sorted(signed.items()), errors="surrogatepass")


def sign_query(fields: Mapping[str, str], secret: str) -> str:
    return hmac_sha512(secret, write_query(fields))


def is_query_signed(fields: Mapping[str, Any], secret: str) -> bool:
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return len(texts) == len(fields) and is_same_digest(texts.get(HASH_FIELD), sign_query(texts, secret))


def sign_values(names: tuple[str, ...], fields: Mapping[str, str], secret: str) -> str:
    """Over the values of these fields; one that is missing counts as empty."""
    return hmac_sha512(secret, "|".join(fields.get(name, "") for name in names))


def are_values_signed(names: tuple[str, ...], fields: Mapping[str, str], secret: str) -> bool:
    return is_same_digest(fields.get(HASH_FIELD), sign_values(names, fields, secret))
