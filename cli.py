"""The command line."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from commands.doctor import doctor
from commands.operator import review, settle, tickets
from commands.start import open_migrated_database, read_settings, read_settings_for_serving, run_in_database
from core.errors import ConfigurationError
from core.settings import Settings

if TYPE_CHECKING:
    import uvicorn

    from db.session import Transactions

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The travel assistant.", pretty_exceptions_enable=False
)

app.command()(doctor)
app.command()(review)
app.add_typer(settle, name="settle")
app.add_typer(tickets, name="tickets")

GRACEFUL_SECONDS = 10
BACKLOG = 2048


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
    settings = read_settings_for_serving()

    def announce() -> None:
        worlds = {"simulated": " (flights are simulated)", "test": " (flights of a vendor's test mode)", "live": ""}
        told = worlds[settings.flight_world]
        typer.echo(f"Travel assistant at {settings.base_url}{told}. Stop with Ctrl-C.", err=True)

    with open_migrated_database(settings) as url:
        make_server(settings, url, announce).run(listen(settings.host, settings.port))


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    with open_migrated_database(read_settings()):
        typer.echo("The database is up to date.")


@app.command()
def worker() -> None:
    """Do what runs by itself, beside the servers: send mail, end dead runs, tidy up. Any number of them may run."""
    from providers.messaging.smtp import create_smtp_sender

    settings = read_settings_for_serving()
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

    run_in_database(settings, run)


@app.command(name="create-admin")
def make_admin(email: str) -> None:
    """Make an administrator; the password is asked for, or read from standard input."""
    from domain.contacts import normalise_email
    from services.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS
    from services.accounts.registration import create_admin

    settings = read_settings()
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

    run_in_database(settings, run)
    typer.echo(f"{address} is an administrator and can sign in.")


@app.command()
def create_site(
    name: str, origin: Annotated[list[str], typer.Option(help="Of its pages, such as https://shop.example.")]
) -> None:
    """Let a website carry the chat; prints the key its pages name."""
    from core.origins import ensure_private, normalise_origin
    from services.accounts import clients

    settings = read_settings()
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

    run_in_database(settings, run)


@app.command()
def revoke_site(key: str) -> None:
    """End a website's key, at once for its visitors and within seconds for its pages."""
    from services.accounts import clients

    settings = read_settings()

    async def run(transactions: Transactions, _: str) -> None:
        try:
            async with transactions() as session:
                site = await clients.revoke_site(session, site_key=key, keys=settings.keys)
        except clients.SiteKeyUnknown as error:
            raise ConfigurationError("There is no such key, or it was revoked before.") from error
        typer.echo(f"The key of {site.name} is revoked.")

    run_in_database(settings, run)


@app.command()
def rotate_keys() -> None:
    """Seal every document anew with the newest key.

    With DOCUMENT_KEYS, put the new key first and restart every server before this. Without it a key is made here.
    """
    from core.security import add_document_key
    from services.key_rotation import count_by_key, rotate

    settings = read_settings()
    if settings.document_keys is None:
        add_document_key(settings.data_dir)

    async def run(transactions: Transactions, _: str) -> None:
        total = await rotate(transactions, settings.keys.vault)
        typer.echo(f"{total} texts were sealed anew.")
        for key_id, count in (await count_by_key(transactions)).items():
            typer.echo(f"key {key_id}: {count} texts")

    run_in_database(settings, run)


@app.command()
def chat(
    message: Annotated[list[str] | None, typer.Argument(help="Say this and end; without it, talk.")] = None,
    url: Annotated[str | None, typer.Option(help="A running server; without one, it is started for the talk.")] = None,
) -> None:
    """Talk to the assistant in the terminal."""
    import httpx

    from core.logging import configure_logging
    from terminal import Talk

    settings = read_settings_for_serving()
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
