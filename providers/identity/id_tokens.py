"""Whether an ID token says what it seems to: signed by the provider, for us, now, for this very sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from core.clock import clock
from providers.identity.base import IdentityRefused, VerifiedIdentity

ALGORITHM = "RS256"
"""The only one believed, whatever a token or a key says of itself."""
LEEWAY = timedelta(seconds=30)
"""By how much the provider's clock may differ from ours."""
MAX_SUBJECT_CHARACTERS = 255

SIGNATURE_ONLY: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
"""The claims are checked here, by our clock and with our reasons."""


class IdTokenReader:
    """Reads the tokens one provider signs for one client."""

    def __init__(self, *, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id

    def read(self, token: str, key: Mapping[str, Any], *, nonce: str) -> VerifiedIdentity:
        """Who the token speaks of; `key` is the published key the token names. Raises IdentityRefused."""
        claims = self._open(token, key)
        self._check_issuer(claims)
        self._check_audience(claims)
        self._check_times(claims)
        self._check_nonce(claims, nonce)
        email, name = claims.get("email"), claims.get("name")
        return VerifiedIdentity(
            issuer=self._issuer,
            subject=_read_subject(claims),
            email=email if isinstance(email, str) else None,
            email_verified=claims.get("email_verified") is True,
            keeps_email=str(email or "").lower().endswith("@gmail.com") or bool(claims.get("hd")),
            full_name=name if isinstance(name, str) else None,
        )

    @staticmethod
    def _open(token: str, key: Mapping[str, Any]) -> dict[str, Any]:
        """The claims, if the key signed them."""
        try:
            public_key = jwt.PyJWK(dict(key), ALGORITHM).key
            return dict(jwt.decode(token, public_key, algorithms=[ALGORITHM], options=SIGNATURE_ONLY))
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise IdentityRefused("signature") from error

    def _check_issuer(self, claims: Mapping[str, Any]) -> None:
        # Google signs with and without the scheme
        if claims.get("iss") not in (self._issuer, self._issuer.removeprefix("https://")):
            raise IdentityRefused("issuer")

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._client_id not in audiences:
            raise IdentityRefused("audience")
        # of several, azp is the one it was made for
        if claims.get("azp", self._client_id if len(audiences) == 1 else None) != self._client_id:
            raise IdentityRefused("authorised party")

    @staticmethod
    def _check_times(claims: Mapping[str, Any]) -> None:
        # whole numbers, of which none is too large to compare
        now, leeway = int(clock.now().timestamp()), int(LEEWAY.total_seconds())
        issued_at, expires_at, not_before = claims.get("iat"), claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(issued_at, int) or not isinstance(expires_at, int) or not isinstance(not_before, int):
            raise IdentityRefused("times")
        if now >= expires_at + leeway:
            raise IdentityRefused("expired")
        if max(issued_at, not_before) > now + leeway:
            raise IdentityRefused("from the future")

    @staticmethod
    def _check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
        if claims.get("nonce") != nonce:
            raise IdentityRefused("nonce")


def read_key_id(token: str) -> str:
    """The key a token names; raises IdentityRefused."""
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError) as error:
        raise IdentityRefused("no token") from error
    if not isinstance(key_id, str):
        raise IdentityRefused("no key named")
    return key_id


def _read_subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
        raise IdentityRefused("subject")
    if not (subject.isascii() and subject.isprintable()):
        raise IdentityRefused("subject")
    return subject
