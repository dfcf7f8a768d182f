"""Personal data in a message, or from the page around it, reaches no row, log, model or answer."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import structlog.testing

from services.conversations import intake
from tests.conftest import StartApp
from tests.support.models import Say, ScriptedModel, scripted_models
from tests.support.stored import find_stored
from tests.support.talk import Json, Talk

PASSPORT, CARD, EMAIL, PHONE = "B7654321", "4111 1111 1111 1111", "lan.nguyen@example.com", "0912 345 678"
SECRETS = [PASSPORT, CARD, CARD.replace(" ", ""), EMAIL, PHONE, PHONE.replace(" ", "")]
MESSAGES = [
    f"Tìm vé Hà Nội đi Đà Nẵng ngày 25/12. Hộ chiếu {PASSPORT}, thẻ {CARD}, email {EMAIL}, điện thoại {PHONE}",
    f"my passport is {PASSPORT}, card {CARD.replace(' ', '')}, mail {EMAIL}, call {PHONE.replace(' ', '')}",
    f"from {PASSPORT} to {EMAIL} on 25 December, {CARD}, {PHONE}",
]

KEPT_IN = {"public.conversations", "public.conversation_messages", "checkpoints.checkpoint_blobs"}
"""Where what is said is kept, once it is fit to be."""


@dataclass
class Traces:
    """Where each secret came out after it had been said."""

    stored: dict[str, set[str]]
    logged: str
    prompted: str
    answered: str

    def find(self) -> dict[str, set[str]]:
        found = {secret: set(tables) for secret, tables in self.stored.items()}
        for place in ("logged", "prompted", "answered"):
            for secret in SECRETS:
                if secret in getattr(self, place):
                    found[secret].add(place)
        return found


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
                context = {"page": {"title": message, "fields": SECRETS}}
                answered += str(await talk.ask(message, context=context))
                answered += str(await talk.say(message, context=context))
            answered += str(await talk.detail())
    assert len(model.prompts) == 2 * len(MESSAGES)
    assert "run.finished" in [entry["event"] for entry in entries]
    return Traces(
        stored=find_stored(database_url, SECRETS),
        logged=f"{entries} {caplog.text}",
        prompted=str(model.prompts),
        answered=answered,
    )


async def test_personal_data_is_nowhere_after_it_was_said(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    traces = await leave_traces(start_app, database_url, caplog)
    assert traces.find() == {secret: set() for secret in SECRETS}
    for placeholder in ("[passport]", "[card]", "[email]", "[phone]"):
        assert placeholder in traces.prompted
        assert find_stored(database_url, [placeholder])[placeholder] >= KEPT_IN


async def test_the_search_finds_personal_data_when_nothing_takes_it_out(
    start_app: StartApp, database_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "redact", lambda text: text)
    found = (await leave_traces(start_app, database_url, caplog)).find()
    for places in found.values():
        assert places >= KEPT_IN | {"prompted", "answered"}
