"""A real PostgreSQL for every test that wants one, made by the migrations; nobody else's network."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import sqlalchemy
import structlog
from psycopg import sql
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.clock import clock
from core.settings import Settings
from db.embedded import embedded_postgres
from db.migrate import migrate
from db.session import Transactions, create_engine, open_transactions
from providers.llm.base import Models
from providers.sandbox.schema import SANDBOX_DDL
from services.accounts.passwords import passwords
from tests.support.models import offline_models
from tests.support.providers import close_markets
from tests.support.scripted import ScriptedApp, open_scripted_app

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
"""A Saturday morning."""


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As unconfigured, structlog draws every local variable of a traceback, which takes seconds."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])


@pytest.fixture(scope="session")
def database_server(testrun_uid: str) -> Iterator[str]:
    """One embedded server for all test processes of a run, as the product shares it."""
    # not pytest's own folder: as root it is closed to the account PostgreSQL runs under
    data_dir = Path(tempfile.gettempdir()) / f"travel-tests-{testrun_uid}"
    with embedded_postgres(data_dir) as url:
        yield url
    if not (data_dir / "postgres" / "postmaster.pid").exists():  # we left last
        shutil.rmtree(data_dir)


@pytest.fixture(scope="session")
def template_database(database_server: str) -> str:
    """A migrated database to copy: copying takes milliseconds, migrating a second."""
    name = f"template_{uuid4().hex[:12]}"
    _run_sql(database_server, "CREATE DATABASE {}", name)
    migrate(at_database(database_server, name), SANDBOX_DDL)
    return name


@pytest.fixture
def database_url(database_server: str, template_database: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    with copy_database(database_server, template_database) as url:
        yield url


@pytest.fixture
async def transactions(database_url: str) -> AsyncIterator[Transactions]:
    engine = create_engine(database_url)
    yield open_transactions(engine)
    await close_markets()
    await engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, secret_key="a key for tests only")


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real hash at its smallest: as configured, a sign-in takes a tenth of a second and 64 MiB."""
    hasher = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hash", PasswordHash((hasher,)))
    monkeypatch.setattr(passwords, "_nobodys", None)


@pytest.fixture(autouse=True)
def fixed_clock() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


StartApp = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def start_app(settings: Settings, database_url: str) -> StartApp:
    """Runs the application in this process and gives a client of it: `async with start_app(models=...) as client`."""

    @asynccontextmanager
    async def start(models: Models | None = None) -> AsyncIterator[httpx.AsyncClient]:
        from api.app import create_app  # here, so that tests of the inner rooms do not wait for the outer ones

        app = create_app(settings, database_url, models=models or offline_models())
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30) as client:
                client.app = app  # type: ignore[attr-defined]  # for tests that look behind the API
                yield client

    return start


@pytest.fixture(scope="session")
async def scripted_app(
    database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ScriptedApp]:
    """One server for all tests whose model says what they tell it to; see `scripted`."""
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("scripted"), secret_key="a key for tests only")
    with copy_database(database_server, template_database) as url:
        async with open_scripted_app(settings, url) as scripted:
            yield scripted


@pytest.fixture
def scripted(scripted_app: ScriptedApp) -> ScriptedApp:
    """The same with nothing to say yet, and with no memory of what went wrong before."""
    scripted_app.begin_anew()
    return scripted_app


@pytest.fixture
async def client(start_app: StartApp) -> AsyncIterator[httpx.AsyncClient]:
    async with start_app() as running:
        yield running


@pytest.fixture
async def conversation(client: httpx.AsyncClient) -> dict[str, Any]:
    """An anonymous conversation whose token the client sends from now on."""
    made = (await client.post("/v1/chat/conversations", json={})).json()
    client.headers["X-Conversation-Token"] = made["conversation_token"]
    return dict(made)


@contextmanager
def copy_database(server_url: str, template: str) -> Iterator[str]:
    """A migrated database until the end of the block."""
    name = f"test_{uuid4().hex[:12]}"
    _run_sql(server_url, "CREATE DATABASE {} TEMPLATE {}", name, template)
    yield at_database(server_url, name)
    _run_sql(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def at_database(server_url: str, name: str) -> str:
    return sqlalchemy.make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _run_sql(server_url: str, statement: str, *names: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
