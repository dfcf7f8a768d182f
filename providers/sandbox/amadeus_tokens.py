"""Bearer tokens of the simulated Amadeus: each carries its own end and a seal, so that any process can check it."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from hashlib import sha256

from providers.sandbox.amadeus_errors import EXPIRED_TOKEN, INVALID_TOKEN, MISSING_TOKEN, Refusal

SANDBOX_AMADEUS_ID = "sandbox-amadeus"
SANDBOX_AMADEUS_SECRET = "not-a-secret"  # noqa: S105 - opens nothing but the simulation
TOKEN_SECONDS = 1799


def is_client(client_id: str, client_secret: str) -> bool:
    is_ours = hmac.compare_digest(client_secret.encode(), SANDBOX_AMADEUS_SECRET.encode())
    return is_ours and client_id == SANDBOX_AMADEUS_ID


def issue_token(now: datetime) -> str:
    """A token that ends after TOKEN_SECONDS; no two are the same."""
    claim = f"{int(now.timestamp()) + TOKEN_SECONDS}.{secrets.token_hex(8)}"
    return f"{claim}.{_seal(claim)}"


def check_token(authorization: str | None, now: datetime) -> None:
    """Raises the Refusal an `Authorization` header deserves."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(MISSING_TOKEN)
    claim, _, seal = token.rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(claim).encode()):
        raise Refusal(INVALID_TOKEN)
    if now.timestamp() >= int(claim.partition(".")[0]):
        raise Refusal(EXPIRED_TOKEN)


def _seal(claim: str) -> str:
    return hmac.new(SANDBOX_AMADEUS_SECRET.encode(), claim.encode(), sha256).hexdigest()[:32]
