"""Telling the simulated airlines to fail: from this machine, and from nowhere else."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from tests.api.test_chat_errors import check_error
from tests.api.test_flights import SEARCH
from tests.support.accounts import Lobby


@pytest.fixture
def here(app: FastAPI) -> httpx.AsyncClient:
    """Whoever sits at the machine."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.fixture
def app(client: httpx.AsyncClient) -> FastAPI:
    app: FastAPI = client.app  # type: ignore[attr-defined]  # as conftest says
    return app


async def test_armed_fault_is_met_and_told(here: httpx.AsyncClient) -> None:
    fault = {"operation": "search", "kind": "revoked", "times": 2, "seconds": 0}
    armed = await here.post("/sandbox/faults", json=fault)
    assert (armed.status_code, armed.json()) == (201, fault | {"met": 0})
    answer = (await here.post("/v1/flights/search", json=SEARCH)).json()
    assert (answer["offers"], answer["sources"][0]["status"]) == ([], "retired")
    assert (await here.get("/readyz")).json()["providers"] == {"sandbox": "retired"}
    assert (await here.get("/sandbox/faults")).json() == [fault | {"met": 1}]
    assert (await here.delete("/sandbox/faults")).status_code == 204
    assert (await here.get("/sandbox/faults")).json() == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"operation": "search"},
        {"operation": "steal", "kind": "slow"},
        {"operation": "search", "kind": "slow", "times": 0},
        {"operation": "search", "kind": "slow", "seconds": 61},
        {"operation": "search", "kind": "slow", "seconds": "NaN"},
        {"operation": "search", "kind": "slow", "who": "me"},
    ],
)
async def test_fault_nobody_knows_is_refused(here: httpx.AsyncClient, fault: dict[str, object]) -> None:
    check_error(await here.post("/sandbox/faults", json=fault), 422, "invalid_request")


@pytest.mark.parametrize("path", ["/sandbox/faults", "/sandbox/duffel/air/offers", "/sandbox/amadeus/v2/shopping/x"])
async def test_nothing_of_it_answers_other_machines(app: FastAPI, path: str) -> None:
    async with Lobby(app).visitor() as stranger:
        check_error(await stranger.get(path), 404, "not_found")
