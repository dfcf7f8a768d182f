"""One server for all tests of the API that do not mind each other's conversations; `client` is one of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from core.settings import Settings
from tests.conftest import copy_database
from tests.support.accounts import Lobby
from tests.support.models import offline_models
from tests.support.talk import Talk


@pytest.fixture(scope="session")
async def shared_app(
    database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FastAPI]:
    from api.app import create_app

    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("shared"), secret_key="a key for tests only")
    with copy_database(database_server, template_database) as url:
        app = create_app(settings, url, models=offline_models())
        async with app.router.lifespan_context(app):
            yield app


@pytest.fixture
async def shared_client(shared_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the shared server who holds nothing yet."""
    async with Lobby(shared_app).visitor() as visitor:
        yield visitor


@pytest.fixture
async def talk(shared_client: httpx.AsyncClient) -> Talk:
    """A visitor of the shared server with a conversation of their own."""
    made = (await shared_client.post("/v1/chat/conversations", json={})).json()
    shared_client.headers["X-Conversation-Token"] = made["conversation_token"]
    return Talk(shared_client, made["id"])


@pytest.fixture
def lobby(shared_app: FastAPI) -> Lobby:
    """The way into the shared server for visitors and for people with accounts."""
    return Lobby(shared_app)


@pytest.fixture
def lone_talk(client: httpx.AsyncClient, conversation: dict[str, Any]) -> Talk:
    """A conversation in a database of the test's own."""
    return Talk(client, conversation["id"])
