"""What is on, what is simulated, and what is missing; looked at and left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import typer

from commands.start import explain_unreachable, open_database, read_settings
from core.errors import ConfigurationError
from core.settings import Settings


def doctor() -> None:
    """Say what is on, what is simulated, and what is missing."""
    from rich.console import Console
    from rich.table import Table

    settings = read_settings()
    findings = [
        *_examine(settings),
        _find_flights(settings),
        _find_payments(settings),
        _find_models(settings),
        *_find_letters(settings),
        _find_google(settings),
    ]
    table = Table(show_header=False)
    for finding in findings:
        table.add_row(finding.subject, finding.words, style=finding.colour)
    Console().print(table)
    raise typer.Exit(1 if any(finding.colour == "red" for finding in findings) else 0)


class Finding(NamedTuple):
    """A line of the doctor's: green is well, yellow worth knowing, red stops something."""

    subject: str
    words: str
    colour: str


def _find_flights(settings: Settings) -> Finding:
    vendors = {"Duffel": settings.duffel_access_token, "Amadeus": settings.amadeus_client_id}
    named = " and ".join(name for name, credential in vendors.items() if credential is not None)
    if settings.flight_world == "simulated":
        return Finding("flights", "simulated timetable: no real seats", "yellow")
    if settings.flight_world == "test":
        return Finding("flights", f"{named}, in test mode: no real seats", "yellow")
    return Finding("flights", f"{named}, live", "green")


def _find_payments(settings: Settings) -> Finding:
    from providers.payments.assemble import has_simulated_gateways

    gateways = {"VNPAY": settings.vnpay_tmn_code, "MoMo": settings.momo_partner_code}
    named = " and ".join(name for name, credential in gateways.items() if credential is not None)
    if has_simulated_gateways(settings):
        return Finding("payments", "simulated VNPAY and MoMo: no money moves", "yellow")
    if not named:
        return Finding("payments", "none (no VNPAY_TMN_CODE, no MOMO_PARTNER_CODE): nothing can be paid", "yellow")
    if settings.payment_world == "test":
        return Finding("payments", f"{named}, test systems: no money moves", "yellow")
    return Finding("payments", f"{named}, live", "green")


def _find_models(settings: Settings) -> Finding:
    import httpx

    from providers.llm.base import ModelCheck
    from providers.llm.check import check_models

    async def check() -> ModelCheck:
        async with httpx.AsyncClient() as http:
            return await check_models(settings, http)

    found = asyncio.run(check())
    chain = f"Groq {settings.model_capable}, then {settings.model_small}, then offline"
    if found.status == "offline":
        return Finding("model", "offline (no GROQ_API_KEY): answers are made by code", "yellow")
    if found.problem is None:
        return Finding("model", chain, "green")
    return Finding("model", f"{chain}. {found.problem}", "yellow" if found.status == "unreachable" else "red")


def _find_letters(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        yield Finding("mail", f"simulated: letters stay at {settings.base_url}/sandbox/outbox", "yellow")
    else:
        yield Finding("mail", f"SMTP, from {settings.mail_from}", "green")
    if settings.support_email is None:
        yield Finding("support", "nobody is mailed (no SUPPORT_EMAIL): tickets are only kept", "yellow")
    else:
        yield Finding("support", f"tickets are mailed to {settings.support_email}", "green")


def _find_google(settings: Settings) -> Finding:
    if settings.google_client_id is not None:
        return Finding("Google sign-in", "on", "green")
    without = "simulated by this server" if settings.app_env == "local" else "off"
    return Finding("Google sign-in", f"{without} (no GOOGLE_CLIENT_ID)", "yellow")


def _examine(settings: Settings) -> Iterator[Finding]:
    try:
        settings.ensure_can_serve()
        yield Finding("settings", f"APP_ENV={settings.app_env}, {settings.base_url}", "green")
    except ConfigurationError as error:
        yield Finding("settings", str(error), "red")
    try:
        yield from _examine_database(settings)
    except Exception as error:  # an edge: whatever is wrong is what a doctor is asked for
        yield Finding("database", " ".join(str(error).split()), "red")


def _examine_database(settings: Settings) -> list[Finding]:
    """The database and its world's clock, looked at and left as they are."""
    import sqlalchemy

    from db.migrate import is_at_head
    from db.models import ClockOffset
    from db.session import to_sqlalchemy_url

    where = "DATABASE_URL" if settings.database_url else f"embedded in {settings.data_dir}"
    with open_database(settings) as url, explain_unreachable():
        engine = sqlalchemy.create_engine(to_sqlalchemy_url(url), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            tables = sqlalchemy.inspect(connection)
            offset = None
            if tables.has_table(ClockOffset.__tablename__):
                offset = connection.scalar(sqlalchemy.select(ClockOffset.offset))
            if is_at_head(connection):
                database = Finding("database", f"{where}, migrations at head", "green")
            elif tables.has_table("alembic_version"):
                database = Finding("database", f"{where}, migrations behind: run travel-assistant migrate", "red")
            else:
                database = Finding("database", f"{where}, no tables yet: the first server makes them", "yellow")
    return [database, _describe_clock(settings, offset)]


def _describe_clock(settings: Settings, offset: timedelta | None) -> Finding:
    from core.clock import clock

    if offset is not None:
        return Finding("clock", f"in this database's world it is {clock.now() + offset:%Y-%m-%d %H:%M} UTC", "yellow")
    if settings.clock_fixed_at is not None:
        begins = f"{settings.clock_fixed_at:%Y-%m-%d %H:%M %Z}"
        return Finding("clock", f"the first server will have this database's world begin at {begins}", "yellow")
    return Finding("clock", "wall time", "green")
