"""A model that is not there is told by the name of its setting, before a traveller meets it."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from core.settings import Settings
from providers.llm.check import ModelWatch, check_models
from providers.sandbox.groq_face import SandboxGroq
from tests.support.waiting import eventually


async def test_models_that_are_there_are_well(keyed_settings: Settings) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        check = await check_models(keyed_settings, http)
    assert (check.status, check.problem) == ("ok", None)


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({"model_capable": "llama-3.3-70b-versatile"}, "unknown_model", "MODEL_CAPABLE=llama-3.3-70b-versatile: there"),
        ({"model_small": "gemma2-9b-it"}, "unknown_model", "There are: openai/gpt-oss-120b, openai/gpt-oss-20b"),
        ({"groq_api_key": SecretStr("sesame")}, "key_refused", "GROQ_API_KEY"),
        ({"groq_base_url": "http://127.0.0.1:9"}, "unreachable", "http://127.0.0.1:9"),
        ({"groq_base_url": "http://[x"}, "unreachable", "http://[x"),
    ],
)
async def test_what_is_wrong_names_the_setting(
    keyed_settings: Settings, changed: dict[str, object], status: str, told: str
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        check = await check_models(keyed_settings.model_copy(update=changed), http)
    assert check.status == status
    assert check.problem is not None
    assert told in check.problem
    assert "sesame" not in check.problem


async def test_a_list_nobody_can_read_is_no_news(keyed_settings: Settings) -> None:
    answers = [httpx.Response(200, text="<html>"), httpx.Response(200, json={"data": [{}]}), httpx.Response(502)]
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answers.pop(0))) as http:
        for _ in range(3):
            assert (await check_models(keyed_settings, http)).status == "unreachable"


async def test_what_changes_is_logged_once(
    keyed_settings: Settings, groq: SandboxGroq, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        watch = ModelWatch(keyed_settings, http)
        assert watch.last.status == "unchecked"
        with capture_logs() as logged:
            await watch.look()
            monkeypatch.setattr(groq, "models", ("openai/gpt-oss-20b",))
            await watch.look()
            await watch.look()
    assert [(each["event"], each["log_level"]) for each in logged] == [
        ("models.checked", "info"),
        ("models.unusable", "error"),
    ]
    assert (
        watch.last.problem
        == "MODEL_CAPABLE=openai/gpt-oss-120b: there is no such model. There are: openai/gpt-oss-20b."
    )


async def test_a_server_looks_by_itself_when_it_starts(keyed_settings: Settings) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        watch = ModelWatch(keyed_settings, http)
        watching = asyncio.create_task(watch.watch())

        async def has_looked() -> bool:
            return watch.last.status == "ok"

        await eventually(has_looked)
        watching.cancel()
        await asyncio.wait([watching])


async def test_nothing_is_watched_without_a_key(settings: Settings) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500))) as http:
        watch = ModelWatch(settings, http)
        await asyncio.wait_for(watch.watch(), 5)
    assert watch.last.status == "offline"
