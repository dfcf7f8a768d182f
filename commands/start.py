"""What commands begin with: the settings, and a database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from core.errors import ConfigurationError
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from db.session import Transactions


def read_settings() -> Settings:
    from core.logging import configure_logging

    settings = load_settings()
    configure_logging(settings.log_level)
    return settings


def read_settings_for_serving() -> Settings:
    settings = read_settings()
    settings.ensure_can_serve()
    return settings


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The URL of DATABASE_URL's server, or of the embedded one for as long as this lasts; its tables are as found."""
    from db.embedded import embedded_postgres

    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
    else:
        with embedded_postgres(settings.data_dir) as url:
            yield url


@contextlib.contextmanager
def open_migrated_database(settings: Settings) -> Iterator[str]:
    """The same at this version's tables; raises ConfigurationError when it cannot be reached."""
    from db.migrate import migrate
    from providers.sandbox.schema import SANDBOX_DDL

    with open_database(settings) as url:
        with explain_unreachable():
            migrate(url, SANDBOX_DDL)
        yield url


@contextlib.contextmanager
def explain_unreachable() -> Iterator[None]:
    """Tell a database that does not answer, or lets nobody in, in one line."""
    import psycopg
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except (psycopg.OperationalError, OperationalError) as error:
        reason = error.orig if isinstance(error, OperationalError) else error
        raise ConfigurationError(f"The database cannot be used: {' '.join(str(reason).split())}") from error


def run_in_database(settings: Settings, work: Callable[[Transactions, str], Awaitable[None]]) -> None:
    """Do something in the migrated database, with the clock of its world; `work` is given its URL too."""
    from db.repositories.clock import start_clock
    from db.session import create_engine, open_transactions

    async def run(url: str) -> None:
        engine = create_engine(url)
        try:
            transactions = open_transactions(engine)
            await start_clock(transactions, settings.clock_fixed_at)
            await work(transactions, url)
        finally:
            await engine.dispose()

    with open_migrated_database(settings) as url:
        asyncio.run(run(url))
