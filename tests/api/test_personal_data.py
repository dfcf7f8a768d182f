"""Personal data in a message, or from the page around it, reaches no row, log, model or answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
import structlog.testing

from core.vault import Vault
from services.conversations import intake, turns
from tests.conftest import StartApp
from tests.support.models import Say, ScriptedModel, scripted_models
from tests.support.stored import disguise, find_stored
from tests.support.talk import Json, Talk

PASSPORT, CARD, EMAIL, PHONE = "B7654321", "4111 1111 1111 1111", "lan.nguyen@example.com", "0912 345 678"
BORN, CODE = "17/05/1990", "CVV 739"
SECRETS = [PASSPORT, CARD, CARD.replace(" ", ""), EMAIL, PHONE, PHONE.replace(" ", ""), BORN, CODE]
MESSAGES = [
    f"HN đi Đà Nẵng 25/12. Hộ chiếu {PASSPORT}, thẻ {CARD} {CODE}, email {EMAIL}, sđt {PHONE}, ngày sinh {BORN}",
    f"passport {PASSPORT}, card {CARD.replace(' ', '')}, mail {EMAIL}, call {PHONE.replace(' ', '')}, born {BORN}",
    f"from {PASSPORT} to {EMAIL} on 25 December, {CARD}, {PHONE}",
]
NUMBERED = {"[passport-1]", "[card-1]", "[email-1]", "[phone-1]", "[date of birth-1]"}
"""The same from the first message to the last."""
ON_THE_PAGE = {"[passport]", "[card]", "[email]", "[phone]"}
"""What a page says of its visitor is not asked for again: it is not kept."""

KEPT_IN = {"public.conversation_messages", "checkpoints.checkpoint_blobs"}
"""Where what is said is kept, once it is fit to be."""


@dataclass
class Traces:
    """Where each secret came out after it had been said, in any form."""

    stored: dict[str, set[str]]
    logged: str
    prompted: str
    answered: str

    def find(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for secret in SECRETS:
            forms = disguise(secret)
            told = {
                place
                for place in ("logged", "prompted", "answered")
                if any(form in getattr(self, place) for form in forms)
            }
            found[secret] = told.union(*(self.stored[form] for form in forms))
        return found


def all_forms(secrets: Iterable[str]) -> list[str]:
    return [form for secret in secrets for form in disguise(secret)]


async def leave_traces(start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture) -> Traces:
    """Say each message as JSON and over SSE, with a page that knows it too, and collect what is left of it."""
    models = scripted_models(*(Say("Mình đã xem rồi nhé.") for _ in range(2 * len(MESSAGES))))
    model = models.capable[0].model
    assert isinstance(model, ScriptedModel)
    answered = ""
    # the entries as they were made, before the logs' own filters
    with structlog.testing.capture_logs() as entries, caplog.at_level("INFO"):
        async with start_app(models) as client:
            made: Json = (await client.post("/v1/chat/conversations", json={"context": {"trip": MESSAGES[0]}})).json()
            client.headers["X-Conversation-Token"] = made["conversation_token"]
            talk = Talk(client, made["id"])
            for message in MESSAGES:
                context = {"page": {"title": message, "fields": [PASSPORT, CARD, EMAIL, PHONE]}}
                answered += str(await talk.ask(message, context=context))
                answered += str(await talk.say(message, context=context))
            answered += str(await talk.detail())
    assert len(model.prompts) == 2 * len(MESSAGES)
    assert "run.finished" in [entry["event"] for entry in entries]
    return Traces(
        stored=find_stored(database_url, all_forms(SECRETS)),
        logged=f"{entries} {caplog.text}",
        prompted=str(model.prompts),
        answered=answered,
    )


async def test_personal_data_is_nowhere_after_it_was_said(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    traces = await leave_traces(start_app, database_url, caplog)
    assert traces.find() == {secret: set() for secret in SECRETS}
    stored = find_stored(database_url, [*NUMBERED, *ON_THE_PAGE])
    for placeholder in NUMBERED:
        assert placeholder in traces.prompted
        assert stored[placeholder] >= KEPT_IN
    for placeholder in ON_THE_PAGE:
        assert "public.conversations" in stored[placeholder]
    kept = NUMBERED - {"[card-1]"}
    assert {each for each in NUMBERED if "public.vault_entries" in stored[each]} == kept


async def test_the_search_finds_personal_data_when_nothing_takes_it_out(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def keep_as_it_is(*args: Any) -> str:
        return str(args[-1])

    monkeypatch.setattr(intake, "redact", lambda text: text)
    monkeypatch.setattr(turns, "put_away", keep_as_it_is)
    found = (await leave_traces(start_app, database_url, caplog)).find()
    for places in found.values():
        assert places >= KEPT_IN | {"prompted", "answered"}
    assert "public.conversations" in found[EMAIL]


async def test_the_search_finds_values_that_are_not_sealed(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "seal", lambda _, text, **place: text)
    found = (await leave_traces(start_app, database_url, caplog)).find()
    cards = {CARD, CARD.replace(" ", ""), CODE}
    assert {secret for secret, places in found.items() if places} == set(SECRETS) - cards - {PHONE.replace(" ", "")}
