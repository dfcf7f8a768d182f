"""How MoMo signs: `name=value` joined with `&` in a fixed order, values as they are, the access key first.

The access key is signed but never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.payments.digests import hmac_sha256, is_same_digest

SIGNATURE_FIELD = "signature"

CREATE = (
    *("amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId"),
    "requestType",
)
CREATED = ("amount", "orderId", "partnerCode", "payUrl", "requestId", "responseTime", "resultCode")
NOTICE = (
    *("amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId"),
    *("responseTime", "resultCode", "transId"),
)
"""The notice to the shop, and what the browser brings back."""
QUERY = ("orderId", "partnerCode", "requestId")
REFUND = ("amount", "description", "orderId", "partnerCode", "requestId", "transId")
ANSWERED = ("amount", "message", "orderId", "partnerCode", "requestId", "responseTime", "resultCode", "transId")
"""An answer to a query or a refund."""

_LONGEST_INT = 2**63


def write_signed(names: tuple[str, ...], fields: Mapping[str, str], access_key: str) -> str:
    """What is signed; a field that is missing counts as empty."""
    return "&".join([f"accessKey={access_key}", *(f"{name}={fields.get(name, '')}" for name in names)])


def sign(names: tuple[str, ...], fields: Mapping[str, Any], *, access_key: str, secret_key: str) -> str:
    """Raises ValueError for a value that MoMo has no way to sign."""
    return hmac_sha256(secret_key, write_signed(names, write_values(names, fields), access_key))


def is_signed(names: tuple[str, ...], fields: Mapping[str, Any], *, access_key: str, secret_key: str) -> bool:
    try:
        made = sign(names, fields, access_key=access_key, secret_key=secret_key)
    except ValueError:
        return False
    return is_same_digest(fields.get(SIGNATURE_FIELD), made)


def write_values(names: tuple[str, ...], fields: Mapping[str, Any]) -> dict[str, str]:
    """These fields as text: numbers come as numbers, and as strings from whoever passed them on.

    Raises ValueError for anything else.
    """
    return {name: _write(fields[name]) for name in names if name in fields}


def _write(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LONGEST_INT:
        return str(value)
    raise ValueError("neither text nor a number")
