"""Keyed digests in hex, made and compared; whatever comes in, they answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

Digest = Callable[[str, str], str]
"""Of a secret and the text it signs."""


def hmac_sha512(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), _to_bytes(text), hashlib.sha512).hexdigest()


def hmac_sha256(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), _to_bytes(text), hashlib.sha256).hexdigest()


def is_same_digest(claimed: Any, made: str) -> bool:
    """Whether what came is the digest we made: gateways differ in the case of hex letters."""
    return isinstance(claimed, str) and hmac.compare_digest(_to_bytes(claimed.lower()), made.encode())


def _to_bytes(text: str) -> bytes:
    # JSON can carry half a surrogate pair, which plain UTF-8 refuses
    return text.encode("utf-8", "surrogatepass")
