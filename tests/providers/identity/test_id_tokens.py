"""A token is believed only when everything about it is right; each check is shown to be the one that refuses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from core.clock import clock
from providers.identity.base import IdentityRefused, VerifiedIdentity
from providers.identity.id_tokens import IdTokenReader, read_key_id

ISSUER = "https://accounts.google.com"
CLIENT = "us.apps.googleusercontent.com"
NONCE = "the nonce of this sign-in"

Claims = dict[str, Any]


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published(name: str = "theirs") -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True), "kid": name, "alg": "RS256"}


def now() -> int:
    return int(clock.now().timestamp())


def make_claims(**changes: Any) -> Claims:
    """What Google would say; a change to None leaves the claim out."""
    claims = {
        "iss": ISSUER,
        "azp": CLIENT,
        "aud": CLIENT,
        "sub": "110248495921238986420",
        "email": "lan@example.com",
        "email_verified": True,
        "name": "Nguyễn Thị Lan",
        "nonce": NONCE,
        "iat": now(),
        "exp": now() + 3599,
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def sign(claims: Claims, key: str = "theirs", *, named: str = "theirs") -> str:
    return jwt.encode(claims, private_key(key), algorithm="RS256", headers={"kid": named})


def read(token: str, reader: type[IdTokenReader] = IdTokenReader) -> VerifiedIdentity:
    return reader(issuer=ISSUER, client_id=CLIENT).read(token, published(), nonce=NONCE)


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def test_a_good_token_says_who_it_is() -> None:
    assert read(sign(make_claims())) == VerifiedIdentity(
        issuer=ISSUER,
        subject="110248495921238986420",
        email="lan@example.com",
        email_verified=True,
        keeps_email=False,
        full_name="Nguyễn Thị Lan",
    )


@pytest.mark.parametrize(
    ("changes", "keeps"),
    [
        ({"email": "lan@gmail.com"}, True),
        ({"email": "Lan@GMAIL.com"}, True),
        ({"hd": "example.com"}, True),
        ({"email": "lan@notgmail.com"}, False),
        ({"hd": ""}, False),
        ({"email": None}, False),
    ],
)
def test_a_mailbox_is_the_providers_where_it_runs_it(changes: Claims, keeps: bool) -> None:
    assert read(sign(make_claims(**changes))).keeps_email is keeps


@pytest.mark.parametrize("spelling", [ISSUER, "accounts.google.com"])
def test_both_spellings_of_the_issuer_are_one(spelling: str) -> None:
    assert read(sign(make_claims(iss=spelling))).issuer == ISSUER


@pytest.mark.parametrize("said", [False, None, "true", 1])
def test_an_address_is_verified_only_where_that_is_said_plainly(said: object) -> None:
    assert read(sign(make_claims(email_verified=said))).email_verified is False


def test_a_token_without_address_and_name_still_names_somebody() -> None:
    identity = read(sign(make_claims(email=None, name=None)))
    assert (identity.subject, identity.email, identity.full_name) == ("110248495921238986420", None, None)


def test_the_identity_does_not_show_itself_in_a_log() -> None:
    assert "lan" not in repr(read(sign(make_claims()))).lower()


FALSE_CLAIMS: dict[str, tuple[str, Callable[[], Claims]]] = {
    "another issuer": ("_check_issuer", lambda: make_claims(iss="https://accounts.goog1e.com")),
    "no issuer": ("_check_issuer", lambda: make_claims(iss=None)),
    "an issuer with a path": ("_check_issuer", lambda: make_claims(iss=f"{ISSUER}/")),
    "another client's": ("_check_audience", lambda: make_claims(aud="them", azp="them")),
    "for nobody": ("_check_audience", lambda: make_claims(aud=None)),
    "an audience that only contains us": ("_check_audience", lambda: make_claims(aud=f"not-{CLIENT}")),
    "for several, made for another": ("_check_audience", lambda: make_claims(aud=[CLIENT, "them"], azp="them")),
    "for several, made for nobody": ("_check_audience", lambda: make_claims(aud=[CLIENT, "them"], azp=None)),
    "for us, made for another": ("_check_audience", lambda: make_claims(azp="them")),
    "over": ("_check_times", lambda: make_claims(exp=now() - 30)),
    "without an end": ("_check_times", lambda: make_claims(exp=None)),
    "an end that is no number": ("_check_times", lambda: make_claims(exp="tomorrow")),
    "an endless end": ("_check_times", lambda: make_claims(exp=float("inf"))),
    "without a beginning": ("_check_times", lambda: make_claims(iat=None)),
    "from the future": ("_check_times", lambda: make_claims(iat=now() + 31)),
    "from a future beyond any float": ("_check_times", lambda: make_claims(iat=10**400)),
    "not yet good": ("_check_times", lambda: make_claims(nbf=now() + 31)),
    "another sign-in's": ("_check_nonce", lambda: make_claims(nonce="the nonce of another")),
    "of no sign-in": ("_check_nonce", lambda: make_claims(nonce=None)),
}


@pytest.mark.parametrize("case", FALSE_CLAIMS)
def test_a_token_with_a_false_claim_is_refused(case: str) -> None:
    with pytest.raises(IdentityRefused):
        read(sign(FALSE_CLAIMS[case][1]()))


@pytest.mark.parametrize("case", FALSE_CLAIMS)
def test_only_the_check_for_it_stands_in_the_way_of_a_false_claim(case: str) -> None:
    """A reader that has lost this one check lets the token in: the test above can fail."""
    check, claims = FALSE_CLAIMS[case]
    mutant = type("Mutant", (IdTokenReader,), {check: lambda *_: None})
    assert read(sign(claims()), mutant).subject == "110248495921238986420"


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 256, "a\x00b", "người"])
def test_a_token_that_names_nobody_we_could_store_is_refused(subject: object) -> None:
    with pytest.raises(IdentityRefused):
        read(sign_anything(make_claims() | {"sub": subject}))


def sign_anything(claims: Claims, header: Claims | None = None) -> str:
    """A token of what the library would refuse to sign, signed as RS256 whatever its header says."""
    head = json.dumps(header or {"alg": "RS256", "kid": "theirs"}).encode()
    body = f"{encode(head)}.{encode(json.dumps(claims).encode())}"
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(body.encode(), private_key("theirs"))
    return f"{body}.{encode(signature)}"


def unsigned(alg: str) -> str:
    return f"{encode(json.dumps({'alg': alg, 'kid': 'theirs'}).encode())}.{encode(json.dumps(make_claims()).encode())}."


def signed_with_the_public_key() -> str:
    """The classic: what everybody knows, taken for a shared secret."""
    pem = (
        private_key("theirs")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header = encode(json.dumps({"alg": "HS256", "kid": "theirs"}).encode())
    body = f"{header}.{encode(json.dumps(make_claims()).encode())}"
    return f"{body}.{encode(hmac.new(pem, body.encode(), hashlib.sha256).digest())}"


def with_other_claims() -> str:
    head, _, signature = sign(make_claims()).split(".")
    return f"{head}.{encode(json.dumps(make_claims(sub='1')).encode())}.{signature}"


FORGERIES: dict[str, Callable[[], str]] = {
    "signed by somebody else": lambda: sign(make_claims(), key="mallory's"),
    "with other claims under an old signature": with_other_claims,
    "with no signature": lambda: sign(make_claims()).rsplit(".", 1)[0] + ".",
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "HS256 with the public key": signed_with_the_public_key,
    "a good signature under another name": lambda: sign_anything(make_claims(), {"alg": "RS512", "kid": "theirs"}),
    "critical extensions": lambda: sign_anything(make_claims(), {"alg": "RS256", "kid": "theirs", "crit": ["x"]}),
    "claims that are no object": lambda: sign_anything([]),  # type: ignore[arg-type]
    "half a surrogate pair": lambda: "\ud800.a.b",
    "nothing": lambda: "",
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_token_is_refused(case: str) -> None:
    with pytest.raises(IdentityRefused):
        read(FORGERIES[case]())


@pytest.mark.parametrize(
    "key", [{"kty": "oct", "k": "c2VjcmV0"}, {"kty": "RSA"}, {"kty": "RSA", "n": 5, "e": "AQAB"}, {}, {"kty": "EC"}]
)
def test_a_published_key_that_is_none_opens_nothing(key: dict[str, Any]) -> None:
    with pytest.raises(IdentityRefused):
        IdTokenReader(issuer=ISSUER, client_id=CLIENT).read(sign(make_claims()), key, nonce=NONCE)


def test_a_token_is_good_until_its_end_by_our_clock_and_for_half_a_minute_more() -> None:
    token = sign(make_claims())
    end = clock.now() + timedelta(seconds=3599)
    with clock.frozen(end + timedelta(seconds=29)):
        read(token)
    with clock.frozen(end + timedelta(seconds=30)), pytest.raises(IdentityRefused, match="expired"):
        read(token)


@pytest.mark.parametrize(
    "token", ["", "a.b.c", "\ud800", f"{encode(b'{}')}.e30.", f"{encode(b'[]')}.e30.", "é.e30.e30"]
)
def test_a_text_that_names_no_key_is_refused(token: str) -> None:
    with pytest.raises(IdentityRefused):
        read_key_id(token)
