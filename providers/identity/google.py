"""Sign-in with Google: OpenID Connect with a code, PKCE and a nonce. Only the issuer's name is Google's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from providers.identity.base import IdentityRefused, IdentityUnavailable, VerifiedIdentity
from providers.identity.id_tokens import IdTokenReader, read_key_id
from providers.identity.published import TIMEOUT, PublishedDocument

GOOGLE_ISSUER = "https://accounts.google.com"
SCOPE = "openid email profile"


class GoogleIdentity:
    """A client of one OpenID provider. Keeps the provider's addresses and keys in memory, per process."""

    def __init__(
        self, http: httpx.AsyncClient, *, issuer: str, client_id: str, client_secret: str, is_simulated: bool
    ) -> None:
        """The caller owns the HTTP client."""
        self.is_simulated = is_simulated
        self._http = http
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._addresses = PublishedDocument(http)
        self._keys = PublishedDocument(http)
        self._tokens = IdTokenReader(issuer=issuer, client_id=client_id)

    async def authorization_url(self, *, state: str, nonce: str, code_challenge: str, redirect_uri: str) -> str:
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
            # people share computers: never silently the account that signed in last
            "prompt": "select_account",
        }
        return f"{await self._find_address('authorization_endpoint')}?{urlencode(query)}"

    async def redeem(self, *, code: str, code_verifier: str, nonce: str, redirect_uri: str) -> VerifiedIdentity:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": code_verifier,
            "redirect_uri": redirect_uri,
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        token = await self._exchange(form)
        return self._tokens.read(token, await self._find_key(read_key_id(token)), nonce=nonce)

    async def _find_address(self, name: str) -> str:
        document = await self._addresses.get(f"{self._issuer}/.well-known/openid-configuration")
        address = document.get(name)
        if document.get("issuer") != self._issuer or not isinstance(address, str):
            raise IdentityUnavailable("another provider's addresses")
        return address

    async def _exchange(self, form: Mapping[str, str]) -> str:
        """The ID token for a code. Never repeated: a code whose answer was lost is used all the same."""
        try:
            response = await self._http.post(await self._find_address("token_endpoint"), data=form, timeout=TIMEOUT)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IdentityUnavailable(type(error).__name__) from error
        answer = _read_object(response)
        if response.status_code == httpx.codes.BAD_REQUEST and answer.get("error") == "invalid_grant":
            raise IdentityRefused("code")
        if response.status_code != httpx.codes.OK:  # among them that our client id or secret is wrong
            raise IdentityUnavailable(f"status {response.status_code}")
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise IdentityRefused("no token")
        return token

    async def _find_key(self, key_id: str) -> Mapping[str, Any]:
        """The published key with this id; one we do not know may be new. Raises IdentityRefused."""
        address = await self._find_address("jwks_uri")
        key = _pick_key(await self._keys.get(address), key_id) or _pick_key(await self._keys.get_newer(address), key_id)
        if key is None:
            raise IdentityRefused("unknown key")
        return key


def _read_object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _pick_key(document: Mapping[str, Any], key_id: str) -> Mapping[str, Any] | None:
    keys = document.get("keys")
    candidates = keys if isinstance(keys, list) else []
    return next((key for key in candidates if isinstance(key, dict) and key.get("kid") == key_id), None)
