"""What any identity provider does, in our own words.

IdentityError
├── IdentityRefused      what came back proves nothing: a forged, stale or foreign token, a code used before
└── IdentityUnavailable  nothing is known: the provider cannot be reached, does not know us, or makes no sense
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Protocol


class IdentityError(Exception):
    """A sign-in that proved nobody. Its text is a word or two of ours, fit for a log: no token, no address."""


class IdentityRefused(IdentityError):
    """Starting over is the only thing that may help."""


class IdentityUnavailable(IdentityError):
    """Not now."""


@dataclass(frozen=True, slots=True)
class VerifiedIdentity:
    """Who somebody is, by the signed word of a provider. Its repr is silent about what only they may know."""

    issuer: str
    """In one spelling, whichever the provider used."""
    subject: str
    """The provider's own name for the person: the only one that never passes to somebody else."""
    email: str | None
    email_verified: bool
    """Whether the provider has once seen that the address is theirs."""
    keeps_email: bool
    """Whether the provider runs the mailbox itself, and so knows whose it is today."""
    full_name: str | None

    def __repr__(self) -> str:
        return f"VerifiedIdentity({self.issuer})"


class IdentityProvider(Protocol):
    @property
    def is_simulated(self) -> bool:
        """Whether anybody can be anybody there."""
        ...

    async def authorization_url(self, *, state: str, nonce: str, code_challenge: str, redirect_uri: str) -> str:
        """Where to send the browser; `code_challenge` is of method S256. Raises IdentityUnavailable."""
        ...

    async def redeem(self, *, code: str, code_verifier: str, nonce: str, redirect_uri: str) -> VerifiedIdentity:
        """Trade the code the browser came back with, once; raises IdentityRefused, IdentityUnavailable."""
        ...


def make_code_challenge(code_verifier: str) -> str:
    """What may be seen of a verifier until it is used: PKCE's method S256."""
    digest = hashlib.sha256(code_verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
