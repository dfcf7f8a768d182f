"""The simulated Groq of a server: it plays its script for this machine, and for nobody else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.test_chat_errors import check_error
from tests.support.accounts import Lobby

SCRIPT, COMPLETIONS = "/sandbox/groq/script", "/sandbox/groq/openai/v1/chat/completions"
KEY = {"Authorization": "Bearer gsk_x"}
BODY = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "chào"}]}


@pytest.fixture
def app(client: httpx.AsyncClient) -> FastAPI:
    app: FastAPI = client.app  # type: ignore[attr-defined]  # as conftest says
    return app


async def test_each_request_takes_a_step(client: httpx.AsyncClient) -> None:
    call = {"name": "find", "arguments": "null"}
    steps: list[dict[str, Any]] = [{"text": "Chào."}, {"calls": [call]}, {"refusal": "day_spent", "retry_after": 70}]
    assert (await client.post(SCRIPT, json=steps)).json() == {"steps": 3}
    said, called, refused, after = [await client.post(COMPLETIONS, json=BODY, headers=KEY) for _ in range(4)]
    assert said.json()["choices"][0]["message"] == {"role": "assistant", "content": "Chào."}
    message = called.json()["choices"][0]["message"]
    assert "content" not in message
    assert message["tool_calls"][0]["function"] == call
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "70")
    assert "per day (TPD)" in refused.json()["error"]["message"]
    assert after.status_code == 503, "nothing was left to play"
    told = (await client.get(SCRIPT)).json()
    assert told == {"steps": [], "requests": [BODY] * 4}
    assert (await client.delete(SCRIPT)).status_code == 204
    assert (await client.get(SCRIPT)).json() == {"steps": [], "requests": []}


async def test_key_and_model_are_looked_at(client: httpx.AsyncClient) -> None:
    assert (await client.post(COMPLETIONS, json=BODY)).status_code == 401
    assert (await client.get("/sandbox/groq/openai/v1/models")).status_code == 401
    unknown = await client.post(COMPLETIONS, json=BODY | {"model": "llama-3.3-70b-versatile"}, headers=KEY)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize("step", [{"ends": "badly"}, {"refusal": "no"}, {"seconds": 61}, {"who": "me"}, "text"])
async def test_a_step_nobody_knows_is_refused(client: httpx.AsyncClient, step: object) -> None:
    check_error(await client.post(SCRIPT, json=[step]), 422, "invalid_request")


@pytest.mark.parametrize("path", [SCRIPT, "/sandbox/groq/openai/v1/models"])
async def test_nothing_of_it_answers_other_machines(app: FastAPI, path: str) -> None:
    async with Lobby(app).visitor() as stranger:
        check_error(await stranger.get(path, headers=KEY), 404, "not_found")
