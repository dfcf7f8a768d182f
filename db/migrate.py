"""One command brings all four schemas to head: ours, the checkpoints', the job queue's and the sandbox's.

Concurrent callers wait for each other under one advisory lock, held by a transaction and not by a session, so that
it works through a transaction-mode pooler.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from langgraph.checkpoint.postgres import PostgresSaver
from procrastinate.schema import SchemaManager
from psycopg import sql
from psycopg.rows import dict_row

from db.session import to_sqlalchemy_url

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(7246173001)"
RETRY_SECONDS = 0.1


def alembic_config(connection: sqlalchemy.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def with_schema(database_url: str, schema: str) -> str:
    """The same database with another search path, for libraries that do not name their schema."""
    url = sqlalchemy.make_url(database_url).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


def migrate(database_url: str, sandbox_ddl: Sequence[str] = ()) -> None:
    """Bring every schema to head; waits for another process that is already doing so.

    The simulated world brings its own statements, which must bear being run again.
    """
    with hold_lock(database_url):
        with psycopg.connect(database_url, autocommit=True) as connection:
            for schema in ("checkpoints", "jobs", "sandbox"):
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            for statement in sandbox_ddl:
                connection.execute(statement.encode())
        upgrade_tables(database_url, "head")
        with psycopg.connect(
            with_schema(database_url, "checkpoints"), autocommit=True, row_factory=dict_row
        ) as connection:
            PostgresSaver(connection).setup()
        with psycopg.connect(with_schema(database_url, "jobs")) as connection:
            if connection.execute("SELECT to_regclass('jobs.procrastinate_jobs')").fetchone() == (None,):
                connection.execute(SchemaManager.get_schema().encode())


@contextmanager
def hold_lock(database_url: str) -> Iterator[None]:
    """Be the only one to migrate this database.

    A process waiting inside PostgreSQL would hold a snapshot, and the checkpoints' CREATE INDEX CONCURRENTLY waits for
    every snapshot: each would wait for the other for ever. So the lock is tried, not waited for.
    """
    with psycopg.connect(database_url) as guard:
        # no parameters: with them the protocol leaves a portal open, and with it a snapshot
        while guard.execute(TRY_LOCK).fetchone() != (True,):
            guard.rollback()
            time.sleep(RETRY_SECONDS)
        yield


def upgrade_tables(database_url: str, revision: str) -> None:
    engine = sqlalchemy.create_engine(
        to_sqlalchemy_url(database_url), poolclass=sqlalchemy.NullPool, hide_parameters=True
    )
    with engine.connect() as connection:
        command.upgrade(alembic_config(connection), revision)


def is_at_head(connection: sqlalchemy.Connection) -> bool:
    """Whether our own tables are the ones this code was written for."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head
