"""The client of an OpenID provider: what it asks, how often, and what it makes of answers that are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from core.clock import clock
from core.errors import ConfigurationError
from core.settings import Settings
from providers.identity.assemble import create_identity_provider
from providers.identity.base import IdentityRefused, IdentityUnavailable, VerifiedIdentity, make_code_challenge
from providers.identity.google import GoogleIdentity
from tests.providers.identity.test_id_tokens import CLIENT, ISSUER, NONCE, make_claims, published, sign
from tests.support.google import read_query

TOKEN = "https://oauth2.example/token"
KEYS = "https://keys.example/certs"
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
REDIRECT = "https://travel.example/v1/auth/google/callback"

Answer = Callable[[httpx.Request], httpx.Response]


def answer(body: object, status: int = 200, *, cache: str = "") -> Answer:
    return lambda _: httpx.Response(status, json=body, headers={"Cache-Control": cache})


def fail(error: type[httpx.TransportError]) -> Answer:
    def raise_it(request: httpx.Request) -> httpx.Response:
        raise error("secret detail", request=request)

    return raise_it


class Google:
    """The provider's three addresses. Each answers what it is set to; what was asked is kept."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {
            DISCOVERY: answer(
                {
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/o/oauth2/v2/auth",
                    "token_endpoint": TOKEN,
                    "jwks_uri": KEYS,
                }
            ),
            KEYS: answer({"keys": [published("theirs")]}, cache="public, max-age=3600"),
            TOKEN: lambda _: httpx.Response(200, json={"id_token": sign(make_claims())}),
        }
        self.asked: list[httpx.Request] = []
        self.client = GoogleIdentity(
            httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            issuer=ISSUER,
            client_id=CLIENT,
            client_secret="our secret",
            is_simulated=False,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers[str(request.url)](request)

    def count(self, url: str) -> int:
        return sum(str(request.url) == url for request in self.asked)

    def answer_once(self, url: str, first: Answer) -> None:
        """Answer this the first time, and as before from then on."""
        before = self.answers[url]
        self.answers[url] = lambda request: (first if self.count(url) == 1 else before)(request)

    async def redeem(self) -> VerifiedIdentity:
        return await self.client.redeem(code="4/abc", code_verifier="v" * 43, nonce=NONCE, redirect_uri=REDIRECT)


@pytest.fixture
def google() -> Google:
    return Google()


async def test_the_browser_is_sent_with_everything_that_binds_the_answer(google: Google) -> None:
    url = await google.client.authorization_url(state="s", nonce="n", code_challenge="c", redirect_uri=REDIRECT)
    assert url.startswith(f"{ISSUER}/o/oauth2/v2/auth?")
    assert read_query(url) == {
        "client_id": CLIENT,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "openid email profile",
        "state": "s",
        "nonce": "n",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "prompt": "select_account",
    }


def test_the_challenge_is_the_one_the_standard_prints() -> None:
    challenge = make_code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_a_code_is_redeemed_as_google_wants_it(google: Google) -> None:
    identity = await google.redeem()
    assert identity.email == "lan@example.com"
    [sent] = [request for request in google.asked if str(request.url) == TOKEN]
    assert sent.method == "POST"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(sent.content.decode())) == {
        "grant_type": "authorization_code",
        "code": "4/abc",
        "code_verifier": "v" * 43,
        "redirect_uri": REDIRECT,
        "client_id": CLIENT,
        "client_secret": "our secret",
    }


async def test_addresses_and_keys_are_kept_as_long_as_their_answer_allows(google: Google) -> None:
    await google.redeem()
    await google.redeem()
    assert (google.count(DISCOVERY), google.count(KEYS), google.count(TOKEN)) == (1, 1, 2)
    with clock.frozen(clock.now() + timedelta(seconds=3599)):
        await google.redeem()
        assert google.count(KEYS) == 1
    with clock.frozen(clock.now() + timedelta(seconds=3600)):
        await google.redeem()
        assert google.count(KEYS) == 2


@pytest.mark.parametrize(
    ("said", "kept"), [("no-store", 3600), ("max-age=1", 60), ("public,max-age=99999999", 86400), ("s-max-age=5", 3600)]
)
async def test_what_is_kept_is_kept_for_a_sane_time(google: Google, said: str, kept: int) -> None:
    google.answers[KEYS] = answer({"keys": [published()]}, cache=said)
    await google.redeem()
    for seconds, count in ((kept - 1, 1), (kept, 2)):
        with clock.frozen(clock.now() + timedelta(seconds=seconds)):
            await google.redeem()
        assert google.count(KEYS) == count


async def test_a_new_key_is_found_at_once_and_an_old_one_is_forgotten(google: Google) -> None:
    await google.redeem()
    google.answers[KEYS] = answer({"keys": [published("newer") | {"kid": "next"}]})
    google.answers[TOKEN] = lambda _: httpx.Response(200, json={"id_token": sign(make_claims(), "newer", named="next")})
    assert (await google.redeem()).subject
    google.answers[TOKEN] = lambda _: httpx.Response(200, json={"id_token": sign(make_claims())})
    with pytest.raises(IdentityRefused, match="unknown key"):
        await google.redeem()


async def test_unknown_key_names_do_not_have_the_provider_asked_again_and_again(google: Google) -> None:
    await google.redeem()
    google.answers[TOKEN] = lambda _: httpx.Response(200, json={"id_token": sign(make_claims(), named="made up")})
    for _ in range(5):
        with pytest.raises(IdentityRefused, match="unknown key"):
            await google.redeem()
    assert google.count(KEYS) == 2
    with clock.frozen(clock.now() + timedelta(seconds=30)), pytest.raises(IdentityRefused):
        await google.redeem()
    assert google.count(KEYS) == 3


@pytest.mark.parametrize("url", [DISCOVERY, KEYS])
@pytest.mark.parametrize("first", [answer({}, 503), fail(httpx.ReadTimeout), fail(httpx.RemoteProtocolError)])
async def test_what_can_be_asked_again_is(google: Google, url: str, first: Answer) -> None:
    google.answer_once(url, first)
    assert (await google.redeem()).subject
    assert google.count(url) == 2


DEAD: Mapping[str, Answer] = {
    "down": answer({}, 500),
    "gone": answer({}, 404),
    "silent": fail(httpx.ConnectTimeout),
    "elsewhere": lambda _: httpx.Response(302, headers={"Location": "https://mallory.example"}),
    "no JSON": lambda _: httpx.Response(200, text="<html>"),
    "no object": answer([1]),
}


@pytest.mark.parametrize("url", [DISCOVERY, KEYS])
@pytest.mark.parametrize("case", DEAD)
async def test_without_addresses_or_keys_nobody_is_known(google: Google, url: str, case: str) -> None:
    google.answers[url] = DEAD[case]
    with pytest.raises(IdentityUnavailable):
        await google.redeem()


@pytest.mark.parametrize("change", [{"issuer": "https://mallory.example"}, {"token_endpoint": None}, {"jwks_uri": 5}])
async def test_another_providers_addresses_are_not_used(google: Google, change: dict[str, Any]) -> None:
    document = google.answers[DISCOVERY](httpx.Request("GET", DISCOVERY)).json()
    google.answers[DISCOVERY] = answer(document | change)
    with pytest.raises(IdentityUnavailable):
        await google.redeem()


@pytest.mark.parametrize("body", [{"keys": None}, {}, {"keys": ["theirs", None, {"kid": 5}]}])
async def test_a_list_of_keys_that_is_none_holds_no_key(google: Google, body: object) -> None:
    google.answers[KEYS] = answer(body)
    with pytest.raises(IdentityRefused, match="unknown key"):
        await google.redeem()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer({"error": "invalid_grant", "error_description": "Bad Request"}, 400), IdentityRefused),
        (answer({"error": "redirect_uri_mismatch"}, 400), IdentityUnavailable),
        (answer({"error": "invalid_client"}, 401), IdentityUnavailable),
        (answer({}, 429), IdentityUnavailable),
        (answer({}, 500), IdentityUnavailable),
        (fail(httpx.ReadTimeout), IdentityUnavailable),
        (answer({"access_token": "ya29.x"}), IdentityRefused),
        (answer({"id_token": 5}), IdentityRefused),
        (answer([]), IdentityRefused),
        (lambda _: httpx.Response(200, text="no json"), IdentityRefused),
    ],
)
async def test_an_exchange_that_fails_is_not_repeated(google: Google, given: Answer, error: type[Exception]) -> None:
    google.answers[TOKEN] = given
    with pytest.raises(error) as caught:
        await google.redeem()
    assert google.count(TOKEN) == 1
    assert "secret" not in str(caught.value)


def test_without_settings_the_simulated_google_answers_and_says_so(settings: Settings) -> None:
    provider = create_identity_provider(settings, httpx.AsyncClient())
    assert provider is not None
    assert provider.is_simulated


def test_with_a_client_of_its_own_google_itself_answers(settings: Settings) -> None:
    registered = Settings(_env_file=None, google_client_id="id", google_client_secret="secret")
    provider = create_identity_provider(registered, httpx.AsyncClient())
    assert provider is not None
    assert not provider.is_simulated


def test_production_never_plays_google() -> None:
    production = Settings(_env_file=None, app_env="production")
    assert create_identity_provider(production, httpx.AsyncClient()) is None


def test_half_a_client_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="GOOGLE_CLIENT_SECRET"):
        Settings(_env_file=None, google_client_id="id").ensure_can_serve()
