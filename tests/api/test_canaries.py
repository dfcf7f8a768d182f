"""What only its owner may know comes out nowhere: not in logs, errors or events, nor in a column that can be read."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog.testing

from core.vault import Vault
from tests.conftest import StartApp
from tests.support.accounts import sign_up
from tests.support.stored import disguise, find_stored

EMAIL, PASSWORD, PASSPORT = "canary.q7x@example.com", "canary-Zw9-password", "K8801234"
SECRETS = [EMAIL, PASSWORD, PASSPORT]

ALLOWED = {
    (EMAIL, "public.users"),  # the account's name, which sign-in looks for
    (EMAIL, "sandbox.outbox"),  # the simulated mailbox: the letter has arrived
}
"""Where a secret may be read as it is, and why."""


class Witness:
    """Keeps every error a client was answered and every event it was sent."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def call(self, client: httpx.AsyncClient, method: str, path: str, **arguments: Any) -> httpx.Response:
        answer = await client.request(method, path, **arguments)
        assert answer.status_code < 500, answer.text
        if answer.is_error or "event-stream" in answer.headers["content-type"]:
            self.heard.append(answer.text + str(answer.headers))
        return answer


async def live(client: httpx.AsyncClient, witness: Witness) -> None:
    """Everything a user does with the three secrets, rightly and wrongly."""
    await sign_up(client, EMAIL, password=PASSWORD)
    login = {"email": EMAIL, "password": PASSWORD}
    for body in (
        login,
        login | {"password": PASSWORD + "x"},
        login | {"password": [PASSWORD]},
        {"email": PASSWORD, "password": EMAIL},
        f"{EMAIL}{PASSWORD}",
    ):
        await witness.call(client, "POST", "/v1/auth/login", json=body)
    await witness.call(client, "POST", "/v1/auth/register", json=login)
    await witness.call(client, "POST", "/v1/auth/password/forgot", json={"email": EMAIL})
    reset = {"email": EMAIL, "code": "000000", "new_password": PASSWORD}
    await witness.call(client, "POST", "/v1/auth/password/reset", json=reset)
    await witness.call(client, "POST", "/v1/auth/password/reset", json=reset | {"code": PASSWORD})
    await witness.call(client, "GET", f"/v1/{quote(EMAIL)}/{PASSPORT}?password={PASSWORD}")
    passenger = {"first_name": "Lan", "last_name": "Nguyễn", "passport_number": PASSPORT, "passport_country": "VN"}
    made = (await witness.call(client, "POST", "/v1/users/me/passengers", json=passenger)).json()
    assert made["passport_number"] == PASSPORT
    for wrong in ({"dob": PASSPORT}, {"passport_number": f"{PASSPORT}{PASSPORT}{EMAIL}"}, PASSPORT):
        await witness.call(client, "PATCH", f"/v1/users/me/passengers/{made['id']}", json=wrong)
    listed = await client.get("/v1/users/me/passengers")
    witness.heard.append(listed.text)  # a list masks the number
    said = {"message": f"my passport is {PASSPORT}, mail {EMAIL}"}
    await witness.call(client, "POST", "/v1/chat/messages", json=said, headers={"Accept": "text/event-stream"})
    await witness.call(client, "POST", "/v1/chat/messages", json=said | {"locale": PASSPORT})


async def find_leaks(start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture) -> set[tuple[str, str]]:
    """Each secret with the places it was found in and had no business to be."""
    witness = Witness()
    caplog.set_level("INFO")
    caplog.set_level("WARNING", logger="httpx")  # the caller's own log of what it calls
    with structlog.testing.capture_logs() as entries:
        async with start_app() as client:
            await live(client, witness)
    places = {"answers": "\n".join(witness.heard), "logs": f"{entries}{caplog.text}"}
    assert len(witness.heard) >= 12, "the errors and streams were not reached"
    found = {(secret, place) for secret in SECRETS for place, text in places.items() if has_any(secret, text)}
    for form, tables in find_stored(database_url, [form for secret in SECRETS for form in disguise(secret)]).items():
        secret = next(each for each in SECRETS if form in disguise(each))
        found |= {(secret, table) for table in tables}
    return found


def has_any(secret: str, text: str) -> bool:
    return any(form in text for form in disguise(secret))


async def test_secrets_come_out_nowhere(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = await find_leaks(start_app, database_url, caplog)
    assert found - ALLOWED == set()
    assert (EMAIL, "public.users") in found, "the search itself would miss what is there"


async def test_numbers_that_were_not_sealed_would_be_found(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: a vault that seals nothing."""
    monkeypatch.setattr(Vault, "seal", lambda _, text, **place: text)
    monkeypatch.setattr(Vault, "open", lambda _, text, **place: text)
    found = await find_leaks(start_app, database_url, caplog)
    assert (PASSPORT, "public.identity_documents") in found
