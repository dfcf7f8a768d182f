"""Personal data in a message reaches neither a row, nor a log, nor a model, nor the answer."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from services.conversations import intake
from tests.api.talk import Json, Talk, find_stored
from tests.conftest import StartApp
from tests.support.models import Say, ScriptedModel, scripted_models
from tests.support.sse import text_of

PASSPORT, CARD, EMAIL, PHONE = "B7654321", "4111 1111 1111 1111", "lan.nguyen@example.com", "0912 345 678"
SECRETS = [PASSPORT, CARD, CARD.replace(" ", ""), EMAIL, PHONE, PHONE.replace(" ", "")]
MESSAGES = [
    f"Hộ chiếu của tôi là {PASSPORT}, thẻ {CARD}, email {EMAIL}, điện thoại {PHONE}."
    " Tìm vé Hà Nội đi Đà Nẵng ngày 25/12",
    f"my passport is {PASSPORT}, card {CARD.replace(' ', '')}, mail {EMAIL}, call {PHONE.replace(' ', '')}",
    f"from {PASSPORT} to {EMAIL} on 25 December, {CARD}, {PHONE}",
]


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


async def leave_traces(start_app: StartApp, database_url: str, capsys: pytest.CaptureFixture[str]) -> Traces:
    models = scripted_models(*(Say("Mình đã xem rồi nhé.") for _ in range(2 * len(MESSAGES))))
    model = models.capable[0].model
    assert isinstance(model, ScriptedModel)
    answered = ""
    async with start_app(models) as client:
        made: Json = (await client.post("/v1/chat/conversations", json={})).json()
        client.headers["X-Conversation-Token"] = made["conversation_token"]
        talk = Talk(client, made["id"])
        for message in MESSAGES:
            answered += str(await talk.say(message))
            events = await talk.stream(message)
            assert text_of(events)
            answered += str(events)
        answered += str(await talk.read())
    assert len(model.prompts) == 2 * len(MESSAGES)
    return Traces(find_stored(database_url, SECRETS), capsys.readouterr().out, str(model.prompts), answered)


async def test_personal_data_is_nowhere_after_it_was_said(
    start_app: StartApp, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    traces = await leave_traces(start_app, database_url, capsys)
    assert traces.find() == {secret: set() for secret in SECRETS}
    assert "run.finished" in traces.logged
    for placeholder in ("[passport]", "[card]", "[email]", "[phone]"):
        assert placeholder in traces.prompted
        assert find_stored(database_url, [placeholder])[placeholder] >= {
            "public.conversation_messages",
            "checkpoints.checkpoint_blobs",
        }


async def test_the_search_finds_personal_data_when_nothing_takes_it_out(
    start_app: StartApp, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "redact", lambda text: text)
    found = (await leave_traces(start_app, database_url, capsys)).find()
    for places in found.values():
        assert places >= {"public.conversation_messages", "checkpoints.checkpoint_blobs", "prompted", "answered"}
