from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql

from core.settings import Settings
from tests.api.talk import Talk
from tests.conftest import at_database
from tests.support.models import offline_models


@pytest.fixture
def talk(client: httpx.AsyncClient, conversation: dict[str, Any]) -> Talk:
    return Talk(client, conversation["id"])


@pytest.fixture(scope="module")
async def shared_client(
    database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """One server for the many small questions of a module, none of which minds what the others left behind."""
    from api.app import create_app

    name = f"shared_{uuid4().hex[:12]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_database))
        )
    folder: Path = tmp_path_factory.mktemp("shared")
    settings = Settings(_env_file=None, data_dir=folder, secret_key="a key for tests only")
    app = create_app(settings, at_database(database_server, name), models=offline_models())
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30) as running:
            yield running
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
async def shared_talk(shared_client: httpx.AsyncClient) -> Talk:
    made = (await shared_client.post("/v1/chat/conversations", json={})).json()
    shared_client.headers["X-Conversation-Token"] = made["conversation_token"]
    return Talk(shared_client, made["id"])
