"""The command line: serve, chat, doctor, migrate."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from core.errors import ConfigurationError
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    import httpx
    import uvicorn
    from rich.table import Table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The travel assistant.", pretty_exceptions_enable=False
)

GRACEFUL_SECONDS = 10


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The URL of a migrated database: DATABASE_URL's server, or the embedded one for as long as this lasts."""
    from db.embedded import embedded_postgres
    from db.migrate import migrate

    with contextlib.ExitStack() as stack:
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
        else:
            url = stack.enter_context(embedded_postgres(settings.data_dir))
        migrate(url)
        yield url


def make_server(settings: Settings, database_url: str) -> uvicorn.Server:
    import uvicorn

    from api.app import create_app

    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings, database_url),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,  # query strings of callbacks carry payment data
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
    )


@app.command()
def serve() -> None:
    """Run the server: the chat page, the API and the streams."""
    settings = _settings_for_serving()
    with open_database(settings) as url:
        server = make_server(settings, url)
        typer.echo(f"Travel assistant at {settings.base_url} (flights are simulated). Stop with Ctrl-C.", err=True)
        server.run()
        if not server.started:
            raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    with open_database(_settings()):
        typer.echo("The database is up to date.")


@app.command()
def chat(
    message: Annotated[list[str] | None, typer.Argument(help="Say this and end; without it, talk.")] = None,
    url: Annotated[str | None, typer.Option(help="A running server; without one, it is started for the talk.")] = None,
) -> None:
    """Talk to the assistant in the terminal."""
    import httpx

    settings = _settings_for_serving()
    with contextlib.ExitStack() as stack:
        base_url = url or _find_server(settings) or stack.enter_context(_serve_beside(settings))
        client = stack.enter_context(httpx.Client(base_url=base_url, timeout=60, trust_env=False))
        talk = Talk(client)
        if message:
            talk.say(" ".join(message))
            return
        typer.echo("Bạn muốn bay đi đâu? / Where would you like to fly?  (Ctrl-D to leave)")
        while True:
            try:
                text = input("\n› ").strip()
            except (EOFError, KeyboardInterrupt):
                typer.echo()
                return
            if text:
                talk.say(text)


class Talk:
    """A conversation over the public stream."""

    def __init__(self, client: httpx.Client) -> None:
        from rich.console import Console

        self._client = client
        self._console = Console()
        made = client.post("/v1/chat/conversations", json={"channel": "cli"})
        made.raise_for_status()
        self._path = f"/v1/chat/conversations/{made.json()['id']}"
        client.headers["X-Conversation-Token"] = made.json()["conversation_token"]

    def say(self, text: str) -> None:
        """Send a message and show the reply as it comes; a cut stream is taken up where it broke off."""
        import httpx

        request = {"message": text, "client_message_id": str(uuid4())}
        seen, run_id, is_over = 0, None, False
        while not is_over:
            if run_id is None:
                stream = self._client.stream(
                    "POST", f"{self._path}/messages", json=request, headers={"Accept": "text/event-stream"}
                )
            else:
                stream = self._client.stream("GET", f"{self._path}/runs/{run_id}/events", params={"after": seen})
            try:
                with stream as response:
                    if response.is_error:
                        response.read()
                        self._console.print(response.json()["detail"], style="red")
                        return
                    for seq, event in read_events(response):
                        seen = seq
                        run_id = event.get("runId", run_id)
                        self._show(event)
                        is_over = event["type"] in ("RUN_FINISHED", "RUN_ERROR")
            except httpx.TransportError:
                time.sleep(1)

    def _show(self, event: dict[str, Any]) -> None:
        match event:
            case {"type": "TEXT_MESSAGE_CONTENT", "delta": delta}:
                self._console.print(delta.replace("**", ""), end="", markup=False, highlight=False)
            case {"type": "TEXT_MESSAGE_END"}:
                self._console.print()
            case {"type": "ACTIVITY_SNAPSHOT", "content": {"type": "flight_offers"} as card}:
                self._console.print(offers_table(card))
            case {"type": "ACTIVITY_SNAPSHOT", "content": {"text": text}}:
                self._console.print(text)
            case {"type": "CUSTOM", "name": "suggested_actions", "value": actions}:
                self._console.print(" · ".join(action["text"] for action in actions), style="dim")
            case {"type": "RUN_ERROR", "message": message}:
                self._console.print(message, style="red")


def read_events(response: httpx.Response) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events of a stream, each with its seq."""
    seq = 0
    for line in response.iter_lines():
        if line.startswith("id:"):
            seq = int(line[3:])
        elif line.startswith("data:"):
            yield seq, json.loads(line[5:])


def offers_table(card: dict[str, Any]) -> Table:
    """A flight_offers card for a terminal."""
    from decimal import Decimal

    from rich.table import Table

    from core.messages import format_money, say

    language = card["language"]
    table = Table(title=say("offers.simulated_title", language) if card["simulated"] else None)
    for heading in ("number", "airline", "flight", "times", "stops", "fare", "total"):
        table.add_column(say(f"offers.column_{heading}", language))
    for offer in card["offers"]:
        slices = offer["slices"]
        table.add_row(
            str(offer["position"]),
            offer["carrier"]["name"],
            "\n".join(" ".join(segment["designator"] for segment in slice_["segments"]) for slice_ in slices),
            "\n".join(_times(slice_) for slice_ in slices),
            "\n".join(_stops(slice_, language) for slice_ in slices),
            offer["fare_brand"],
            format_money(Decimal(offer["total"]["amount"]), offer["total"]["currency"], language),
        )
    return table


def _times(slice_: dict[str, Any]) -> str:
    later = f" +{slice_['day_difference']}" if slice_["day_difference"] else ""
    departs, arrives = slice_["departs_at_local"][11:16], slice_["arrives_at_local"][11:16]
    return f"{slice_['origin']['code']} {departs} → {slice_['destination']['code']} {arrives}{later}"


def _stops(slice_: dict[str, Any], language: Any) -> str:
    from core.messages import say

    if not slice_["stops"]:
        return say("offers.nonstop", language)
    via = ", ".join(layover["airport"]["code"] for layover in slice_["layovers"])
    return say("offers.stops", language, count=slice_["stops"], via=via)


@app.command()
def doctor() -> None:
    """Say what is on, what is simulated, and what is missing."""
    from rich.console import Console
    from rich.table import Table

    settings = _settings()
    table = Table(show_header=False)
    faults = []
    for name, check in (("settings", _check_settings), ("database", _check_database)):
        try:
            table.add_row(name, check(settings), style="green")
        except Exception as error:  # an edge: whatever is wrong is what a doctor is asked for
            faults.append(name)
            table.add_row(name, str(error), style="red")
    table.add_row("flights", "simulated timetable; no booking, no payment", style="yellow")
    if settings.groq_api_key is None:
        table.add_row("model", "offline (no GROQ_API_KEY): answers are made by code", style="yellow")
    else:
        table.add_row(
            "model", f"Groq {settings.model_capable}, then {settings.model_small}, then offline", style="green"
        )
    if settings.clock_fixed_at is not None:
        table.add_row("clock", f"this world began at {settings.clock_fixed_at:%Y-%m-%d %H:%M %Z}", style="yellow")
    Console().print(table)
    raise typer.Exit(1 if faults else 0)


def _check_settings(settings: Settings) -> str:
    settings.ensure_can_serve()
    return f"APP_ENV={settings.app_env}, {settings.base_url}"


def _check_database(settings: Settings) -> str:
    with open_database(settings):
        where = "DATABASE_URL" if settings.database_url else f"embedded in {settings.data_dir}"
        return f"{where}, migrations at head"


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
    with open_database(settings) as url:
        server = make_server(settings.model_copy(update={"port": 0}), url)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.05)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://{settings.host}:{port}"
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
