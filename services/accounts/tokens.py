"""Access tokens (signed, a quarter of an hour) and refresh tokens (opaque, used once)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import jwt

from core.clock import clock
from core.ids import new_id
from core.security import Keys
from services.accounts.errors import TokenInvalid

ACCESS_TOKEN_LIFE = timedelta(minutes=15)
ISSUER = "travel-assistant"
AUDIENCE = "travel-assistant/v1"

_ALGORITHM = "HS256"
_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "jti", "sid", "scope"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds the access token lives."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says."""

    user_id: UUID
    session_id: UUID
    scopes: frozenset[str]


def make_access_token(keys: Keys, *, user_id: UUID, session_id: UUID, scopes: Iterable[str]) -> str:
    issued_at = clock.now()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + ACCESS_TOKEN_LIFE).timestamp()),
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": str(new_id()),
        "scope": " ".join(sorted(scopes)),
    }
    return jwt.encode(claims, keys.derive("access-token"), algorithm=_ALGORITHM)


def read_access_token(keys: Keys, token: str) -> AccessClaims:
    """What the token says, if we signed it and its time is not over; raises TokenInvalid."""
    try:
        claims = jwt.decode(
            token,
            keys.derive("access-token"),
            algorithms=[_ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            # the library asks the machine for the time; ours may run elsewhere
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        is_over = clock.now().timestamp() >= int(claims["exp"])
        read = AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), frozenset(claims["scope"].split()))
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
        raise TokenInvalid from error
    if is_over:
        raise TokenInvalid
    return read


def derive_successor(keys: Keys, refresh_token: str) -> str:
    """The refresh token that follows this one: the same however often it is asked for, and unknown without our key."""
    digest = hmac.digest(keys.derive("refresh-successor"), refresh_token.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
