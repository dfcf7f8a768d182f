"""One furnished database for all; each story and each injection gets a copy of it, and a server on the copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import psycopg
import pytest
import sqlalchemy
from psycopg import sql
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.clock import clock
from core.settings import Settings
from graph import events
from services.accounts.passwords import passwords
from tests.conftest import NOW, copy_database
from tests.hostile.world import Estate, House, furnish, make_settings, open_house


@pytest.fixture(scope="session")
async def estate(
    database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Estate]:
    data_dir = tmp_path_factory.mktemp("hostile")
    settings = make_settings(Settings(_env_file=None, data_dir=data_dir, secret_key="a key for tests only"))
    with (
        copy_database(database_server, template_database) as url,
        clock.frozen(NOW),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(passwords, "_hash", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
        async with open_house(settings, url) as house:
            made = await furnish(house, settings, str(sqlalchemy.make_url(url).database))
        yield made


OpenCopy = Callable[[], AbstractAsyncContextManager[House]]


@pytest.fixture
def open_copy(estate: Estate, database_server: str) -> Iterator[OpenCopy]:
    """A server on a copy of the furnished database, for as long as the block lasts."""

    @asynccontextmanager
    async def start() -> AsyncIterator[House]:
        with copy_database(database_server, estate.database) as url:
            with psycopg.connect(url, autocommit=True) as connection:  # nothing here has to outlive a power cut
                name = sql.Identifier(str(sqlalchemy.make_url(url).database))
                connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
            async with open_house(estate.settings, url) as house:
                yield house

    with pytest.MonkeyPatch.context() as patch:
        # nobody reads these words as they come, and a turn ends after its last batch
        patch.setattr(events, "BATCH_SECONDS", 0.02)
        yield start
