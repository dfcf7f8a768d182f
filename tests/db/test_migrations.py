from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy
from alembic import command
from alembic.util import CommandError

from db.migrate import alembic_config, is_at_head, migrate
from db.models import Base
from db.session import to_sqlalchemy_url


def tables_of(database_url: str, schema: str) -> set[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    return {name for (name,) in rows}


@pytest.fixture
def empty_database_url(database_server: str, database_url: str) -> str:
    name = sqlalchemy.make_url(database_url).database
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}"')
        connection.execute(f'CREATE DATABASE "{name}"')
    return database_url


def test_migrate_makes_all_four_schemas(empty_database_url: str) -> None:
    migrate(empty_database_url)
    assert tables_of(empty_database_url, "public") == {*Base.metadata.tables, "alembic_version"}
    assert "checkpoints" in tables_of(empty_database_url, "checkpoints")
    assert "procrastinate_jobs" in tables_of(empty_database_url, "jobs")
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT to_regnamespace('sandbox')").fetchone() != (None,)


def test_processes_that_migrate_at_once_wait_for_each_other(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_database_url] * 4))
    assert tables_of(empty_database_url, "public") == {*Base.metadata.tables, "alembic_version"}


def test_models_and_migrations_agree(database_url: str) -> None:
    engine = sqlalchemy.create_engine(to_sqlalchemy_url(database_url))
    with engine.connect() as connection:
        command.check(alembic_config(connection))
        connection.execute(sqlalchemy.text("ALTER TABLE runs ADD COLUMN forgotten int"))
        with pytest.raises(CommandError, match="forgotten"):
            command.check(alembic_config(connection))
    engine.dispose()


def test_migrations_go_down_and_up_again(database_url: str) -> None:
    engine = sqlalchemy.create_engine(to_sqlalchemy_url(database_url))
    for move, revision, tables in (
        (command.downgrade, "base", set()),
        (command.upgrade, "head", set(Base.metadata.tables)),
    ):
        with engine.connect() as connection:
            move(alembic_config(connection), revision)
        with engine.connect() as connection:
            assert is_at_head(connection) == (revision == "head")
        assert tables_of(database_url, "public") == {*tables, "alembic_version"}
    engine.dispose()


async def test_one_running_run_per_conversation_is_held_by_the_database(database_url: str) -> None:
    insert_conversation = """INSERT INTO conversations (id, channel, time_zone, state, context, created_at, updated_at)
        VALUES (gen_random_uuid(), 'web', 'UTC', '{}', '{}', now(), now()) RETURNING id"""
    insert_run = """INSERT INTO runs (id, conversation_id, status, language, lease_until, last_seq, code_version, usage,
        created_at) VALUES (gen_random_uuid(), %s, %s, 'vi', now(), 0, 'x', '{}', now())"""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        (conversation_id,) = await (await connection.execute(insert_conversation)).fetchone() or (None,)
        for _ in range(2):
            await connection.execute(insert_run, [conversation_id, "success"])
        attempts = [_try(database_url, insert_run, conversation_id) for _ in range(5)]
        assert sorted(await asyncio.gather(*attempts)) == [False] * 4 + [True]


async def _try(database_url: str, statement: str, conversation_id: object) -> bool:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        try:
            await connection.execute(statement, [conversation_id, "running"])
        except psycopg.errors.UniqueViolation:
            return False
        return True
