"""The command line."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args
from uuid import UUID

import typer

from core.errors import ConfigurationError
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    import uvicorn
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Transactions

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The travel assistant.", pretty_exceptions_enable=False
)

GRACEFUL_SECONDS = 10
BACKLOG = 2048


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


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of a host; raises ConfigurationError where one cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        sockets = [
            socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=host == "::")
            for family, _, _, _, address in found
        ]
        for each in sockets:
            # asyncio does so only for sockets that name their protocol, which these do not; connections inherit it.
            # Without it a kept connection waits 40 ms for the second half of every answer
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sockets
    except OSError as error:
        raise ConfigurationError(f"HOST={host} PORT={port} cannot be served: {error.strerror}.") from error


def make_server(settings: Settings, database_url: str, announce: Callable[[], None] | None = None) -> uvicorn.Server:
    """The server on a migrated database; it calls `announce` once it answers."""
    import uvicorn

    from api.app import create_app

    class AnnouncedServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if announce:
                announce()

    return AnnouncedServer(
        uvicorn.Config(
            create_app(settings, database_url),
            log_level="warning",
            access_log=False,  # query strings of callbacks carry payment data
            proxy_headers=False,  # whose X-Forwarded-For is believed is ours to say: TRUSTED_PROXIES
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
    )


@app.command()
def serve() -> None:
    """Run the server: the chat page, the API and the streams."""
    settings = _settings_for_serving()

    def announce() -> None:
        worlds = {"simulated": " (flights are simulated)", "test": " (flights of a vendor's test mode)", "live": ""}
        told = worlds[settings.flight_world]
        typer.echo(f"Travel assistant at {settings.base_url}{told}. Stop with Ctrl-C.", err=True)

    with open_migrated_database(settings) as url:
        make_server(settings, url, announce).run(listen(settings.host, settings.port))


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    with open_migrated_database(_settings()):
        typer.echo("The database is up to date.")


@app.command()
def worker() -> None:
    """Do what runs by itself, beside the servers: send mail, end dead runs, tidy up. Any number of them may run."""
    from providers.messaging.smtp import create_smtp_sender

    settings = _settings_for_serving()
    smtp = create_smtp_sender(settings)

    async def run(transactions: Transactions, url: str) -> None:
        import httpx

        from core.clock import clock
        from jobs.queue import JobParts
        from jobs.worker import work_forever
        from providers.calendar.assemble import create_calendar_provider
        from providers.flights.assemble import open_flight_providers
        from providers.payments.assemble import create_payment_gateways
        from providers.sandbox.flights import SandboxFlights
        from providers.sandbox.outbox import SandboxOutbox
        from services.flights.market import Market
        from services.payments.gateways import Gateways

        world = SandboxFlights(transactions, clock.now)
        async with httpx.AsyncClient() as http:
            with open_flight_providers(settings, http, world) as providers:
                sender = smtp or SandboxOutbox(transactions)
                gateways = Gateways(create_payment_gateways(settings, http), settings.base_url)
                calendar = create_calendar_provider(settings, http)
                jobs = JobParts(transactions, sender, settings.keys, Market(providers), gateways, calendar)
                work = asyncio.create_task(work_forever(jobs, url))
                for number in (signal.SIGINT, signal.SIGTERM):
                    asyncio.get_running_loop().add_signal_handler(number, work.cancel)
                typer.echo("Working. Stop with Ctrl-C.", err=True)
                with contextlib.suppress(asyncio.CancelledError):
                    await work

    _run_in_database(settings, run)


@app.command(name="create-admin")
def make_admin(email: str) -> None:
    """Make an administrator; the password is asked for, or read from standard input."""
    from domain.contacts import normalise_email
    from services.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS
    from services.accounts.registration import create_admin

    settings = _settings()
    try:
        address = normalise_email(email)
    except ValueError as error:
        raise ConfigurationError(f"{email} is no e-mail address.") from error
    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise ConfigurationError(f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.")

    async def run(transactions: Transactions, _: str) -> None:
        async with transactions() as session:
            if await create_admin(session, email=address, password=password):
                typer.echo("There was an account: it has this password now, and was signed out everywhere.")

    _run_in_database(settings, run)
    typer.echo(f"{address} is an administrator and can sign in.")


@app.command()
def create_site(
    name: str, origin: Annotated[list[str], typer.Option(help="Of its pages, such as https://shop.example.")]
) -> None:
    """Let a website carry the chat; prints the key its pages name."""
    from core.origins import ensure_private, normalise_origin
    from services.accounts import clients

    settings = _settings()
    try:
        origins = [normalise_origin(each) for each in origin]
        for each in origins:
            ensure_private(each)
    except ValueError as error:
        raise ConfigurationError(f"--origin {error}.") from error

    async def run(transactions: Transactions, _: str) -> None:
        async with transactions() as session:
            key = await clients.create_site(session, name=name, origins=origins, keys=settings.keys)
        typer.echo(key)

    _run_in_database(settings, run)


@app.command()
def revoke_site(key: str) -> None:
    """End a website's key, at once for its visitors and within seconds for its pages."""
    from services.accounts import clients

    settings = _settings()

    async def run(transactions: Transactions, _: str) -> None:
        try:
            async with transactions() as session:
                site = await clients.revoke_site(session, site_key=key, keys=settings.keys)
        except clients.SiteKeyUnknown as error:
            raise ConfigurationError("There is no such key, or it was revoked before.") from error
        typer.echo(f"The key of {site.name} is revoked.")

    _run_in_database(settings, run)


@app.command()
def rotate_keys() -> None:
    """Seal every document anew with the newest key.

    With DOCUMENT_KEYS, put the new key first and restart every server before this. Without it a key is made here.
    """
    from core.security import add_document_key
    from services.key_rotation import count_by_key, rotate

    settings = _settings()
    if settings.document_keys is None:
        add_document_key(settings.data_dir)

    async def run(transactions: Transactions, _: str) -> None:
        total = await rotate(transactions, settings.keys.vault)
        typer.echo(f"{total} texts were sealed anew.")
        for key_id, count in (await count_by_key(transactions)).items():
            typer.echo(f"key {key_id}: {count} texts")

    _run_in_database(settings, run)


def _run_in_database(settings: Settings, work: Callable[[Transactions, str], Awaitable[None]]) -> None:
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


@app.command()
def review() -> None:
    """List what waits for a person: bookings, refunds, orders that came too late."""
    from rich.console import Console
    from rich.table import Table

    from services.bookings.review import Case, list_cases

    cases: list[Case] = []

    async def run(transactions: Transactions, _: str) -> None:
        async with transactions() as session:
            cases.extend(await list_cases(session))

    _run_in_database(_settings(), run)
    if not cases:
        typer.echo("Nothing waits for a person.")
        return
    table = Table("what", "id", "since (UTC)", "reason", "provider", "PNR or transaction", "amount")
    for each in cases:
        amount = f"{each.amount.amount} {each.amount.currency}"
        since = f"{each.since:%Y-%m-%d %H:%M}"
        table.add_row(each.kind, str(each.id), since, each.reason, each.provider, each.reference, amount)
    Console(soft_wrap=True).print(table)


settle = typer.Typer(no_args_is_help=True, help="Say how something that waits for a person ended.")
app.add_typer(settle, name="settle")


@settle.command(name="booking")
def settle_booking(
    booking_id: UUID,
    decision: Annotated[str, typer.Argument(metavar="held|ticketed|cancelled|expired|failed|refunding")],
    order: Annotated[str | None, typer.Option(help="The provider's name of the order, where it is not known.")] = None,
    pnr: Annotated[str | None, typer.Option(help="The airline's PNR, where it is not known.")] = None,
) -> None:
    """Take a booking to where it was found to be; `refunding` gives all its money back."""
    from services.bookings import review

    chosen = _choose(decision, get_args(review.Decision))

    async def work(session: AsyncSession) -> str:
        after = await review.settle_booking(session, booking_id, chosen, order_id=order, record_locator=pnr)
        return f"The booking is {after}."

    _settle(work)


@settle.command(name="refund")
def settle_refund(refund_id: UUID, decision: Annotated[str, typer.Argument(metavar="done|again")]) -> None:
    """`done`: the traveller has the money. `again`: they do not, and the gateway may be asked once more."""
    from services.bookings import review

    chosen = _choose(decision, get_args(review.RefundDecision))

    async def work(session: AsyncSession) -> str:
        await review.settle_refund(session, refund_id, chosen)
        return "The refund is done." if chosen == "done" else "The gateway is asked again."

    _settle(work)


@settle.command(name="order")
def settle_order(order_id: UUID) -> None:
    """The tickets that came when their booking was over are given back at the provider."""
    from services.bookings import review

    async def work(session: AsyncSession) -> str:
        await review.settle_order(session, order_id)
        return "The order is done with."

    _settle(work)


def _settle(work: Callable[[AsyncSession], Awaitable[str]]) -> None:
    """Do it in one transaction and say what came of it, or why it cannot be."""
    from services.bookings.review import CannotSettle

    async def run(transactions: Transactions, _: str) -> None:
        try:
            async with transactions() as session:
                told = await work(session)
        except CannotSettle as error:
            raise ConfigurationError(str(error)) from error
        typer.echo(told)

    _run_in_database(_settings(), run)


def _choose(decision: str, decisions: tuple[Any, ...]) -> Any:
    if decision not in decisions:
        raise ConfigurationError(f"{decision} is none of {', '.join(decisions)}.")
    return decision


@app.command()
def chat(
    message: Annotated[list[str] | None, typer.Argument(help="Say this and end; without it, talk.")] = None,
    url: Annotated[str | None, typer.Option(help="A running server; without one, it is started for the talk.")] = None,
) -> None:
    """Talk to the assistant in the terminal."""
    import httpx

    from core.logging import configure_logging
    from terminal import Talk

    settings = _settings_for_serving()
    configure_logging("error")  # a log line between two sentences is no talk
    with contextlib.ExitStack() as stack:
        base_url = url or _find_server(settings) or stack.enter_context(_serve_beside(settings))
        try:
            talk = Talk(stack.enter_context(httpx.Client(base_url=base_url, timeout=60, trust_env=False)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error).partition("\n")[0]
            raise ConfigurationError(f"No travel assistant answers at {base_url}: {reason}") from error
        if message:
            raise typer.Exit(0 if talk.say(" ".join(message)) else 1)
        typer.echo("Bạn muốn bay đi đâu? / Where would you like to fly?  (Ctrl-D to leave)")
        while True:
            try:
                text = input("\n› ").strip()
            except (EOFError, KeyboardInterrupt):
                typer.echo()
                return
            if text:
                talk.say(text)


@app.command()
def understand() -> None:
    """Read conversations, a JSON object a line, from standard input; write what each turn means, a line each."""
    from core.logging import configure_logging
    from understanding.batch import read_conversations

    configure_logging("error")
    gc.disable()  # the grammars live for ever: looking for garbage among them takes as long as making them
    for line in read_conversations(sys.stdin.buffer):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()  # whoever writes a line may wait for its answer
        gc.enable()


@app.command()
def doctor() -> None:
    """Say what is on, what is simulated, and what is missing."""
    from rich.console import Console
    from rich.table import Table

    settings = _settings()
    findings = [*_examine(settings), _find_flights(settings), _find_payments(settings)]
    if settings.groq_api_key is None:
        findings.append(Finding("model", "offline (no GROQ_API_KEY): answers are made by code", "yellow"))
    else:
        models = f"Groq {settings.model_capable}, then {settings.model_small}, then offline"
        findings.append(Finding("model", models, "green"))
    if settings.smtp_url is None:
        findings.append(Finding("mail", f"simulated: letters stay at {settings.base_url}/sandbox/outbox", "yellow"))
    else:
        findings.append(Finding("mail", f"SMTP, from {settings.mail_from}", "green"))
    if settings.google_client_id is None:
        without = "simulated by this server" if settings.app_env == "local" else "off"
        findings.append(Finding("Google sign-in", f"{without} (no GOOGLE_CLIENT_ID)", "yellow"))
    else:
        findings.append(Finding("Google sign-in", "on", "green"))
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


def _settings() -> Settings:
    from core.logging import configure_logging

    settings = load_settings()
    configure_logging(settings.log_level)
    return settings


def _settings_for_serving() -> Settings:
    settings = _settings()
    settings.ensure_can_serve()
    return settings


def _find_server(settings: Settings) -> str | None:
    import httpx

    try:
        answer = httpx.get(f"{settings.base_url}/healthz", timeout=1, trust_env=False)
    except httpx.TransportError:
        return None
    return settings.base_url if answer.is_success else None


@contextlib.contextmanager
def _serve_beside(settings: Settings) -> Iterator[str]:
    """A server of our own on a free port, for as long as the talk lasts."""
    with open_migrated_database(settings) as url:
        server = make_server(settings, url)
        (own,) = listen("127.0.0.1", 0)
        base_url = f"http://127.0.0.1:{own.getsockname()[1]}"

        def run() -> None:
            with own:  # closed also when the server cannot start, so that nobody waits for it
                server.run([own])

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield base_url
        finally:
            server.should_exit = True
            thread.join()


def main() -> None:
    """Entry point: settings that cannot work end in one line, and SIGTERM leaves through every `finally`."""
    from db.embedded import EmbeddedPostgresError

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except (ConfigurationError, EmbeddedPostgresError) as error:
        typer.echo(f"travel-assistant: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
