"""The chat in a terminal: a client of the public stream, as any other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
from babel.dates import format_date
from babel.numbers import format_decimal
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.messages import Language, format_money, say

TRIES = 5
"""In a row without a word from the server, before a talk is given up."""
RETRY_SECONDS = 1


class Talk:
    """A conversation over the public stream."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        # what is shown comes from elsewhere: none of it may be read as markup
        self._console = Console(markup=False, emoji=False)
        made = client.post("/v1/chat/conversations", json={"channel": "cli"})
        made.raise_for_status()
        self._path = f"/v1/chat/conversations/{made.json()['id']}"
        client.headers["X-Conversation-Token"] = made.json()["conversation_token"]

    def say(self, text: str) -> bool:
        """Send a message and show the reply as it comes; whether it came, whole and without an error.

        A cut stream is taken up where it broke off, until the server is silent for TRIES in a row.
        """
        request = {"message": text, "client_message_id": str(uuid4())}
        seen, run_id, tries = 0, None, 0
        while tries < TRIES:
            try:
                with self._open_stream(request, run_id, seen) as response:
                    if response.is_error:
                        response.read()
                        self._console.print(response.json()["detail"], style="red")
                        return False
                    for seq, event in read_events(response):
                        seen, tries = seq, 0
                        run_id = event.get("runId", run_id)
                        self._show(event)
                        if event["type"] in ("RUN_FINISHED", "RUN_ERROR"):
                            return bool(event["type"] == "RUN_FINISHED")
            except httpx.TransportError:
                pass  # as a stream that ends before its run does: the server may be on its way back
            tries += 1
            time.sleep(RETRY_SECONDS)
        self._console.print(f"The server at {self._client.base_url} is gone.", style="red")
        return False

    def _open_stream(
        self, request: dict[str, str], run_id: str | None, seen: int
    ) -> AbstractContextManager[httpx.Response]:
        if run_id is None:
            headers = {"Accept": "text/event-stream"}
            return self._client.stream("POST", f"{self._path}/messages", json=request, headers=headers)
        return self._client.stream("GET", f"{self._path}/runs/{run_id}/events", params={"after": seen})

    def _show(self, event: dict[str, Any]) -> None:
        match event:
            case {"type": "TEXT_MESSAGE_CONTENT", "delta": delta}:
                self._console.print(delta.replace("**", ""), end="", highlight=False)
            case {"type": "TEXT_MESSAGE_END"}:
                self._console.print()
            case {"type": "ACTIVITY_SNAPSHOT", "content": {"type": "flight_offers"} as card}:
                self._console.print(offers_table(card))
            case {"type": "ACTIVITY_SNAPSHOT", "content": {"type": "price_calendar"} as card}:
                self._console.print(calendar_table(card))
            case {"type": "ACTIVITY_SNAPSHOT", "content": {"text": text}}:
                # a link to pay that is broken over lines leads nowhere
                self._console.print(text, soft_wrap=True)
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


def calendar_table(card: dict[str, Any]) -> Table:
    """A price_calendar card for a terminal: weeks from Monday on, the cheapest day bold and starred."""
    language, days = card["language"], {date.fromisoformat(day["date"]): day for day in card["days"]}
    currency = next((day["total"]["currency"] for day in card["days"] if day["is_cheapest"]), None)
    table = Table(
        title=say("offers.simulated_title", language) if card["simulated"] else None,
        caption=_calendar_key(currency, language) if currency else None,
        padding=0,
    )
    for heading in say("calendar.weekdays", language).split():
        table.add_column(heading, justify="right")
    monday = min(days) - timedelta(days=min(days).weekday())
    while monday <= max(days):
        week = [monday + timedelta(days=offset) for offset in range(7)]
        table.add_row(*(_calendar_day(day, days[day], currency, language) if day in days else "" for day in week))
        monday += timedelta(days=7)
    return table


def _calendar_key(currency: str, language: Language) -> str:
    none, unknown = say("calendar.none", language), say("calendar.unknown", language)
    return say("calendar.caption", language, currency=currency, none=none, unknown=unknown)


def _calendar_day(day: date, known: dict[str, Any], currency: str | None, language: Language) -> Text:
    """`currency` is the caption's; a total in another one names its own."""
    when, total = format_date(day, "d/M" if language == "vi" else "d MMM", locale=language), known["total"]
    if total is None:
        return Text(f"{when}\n{'–' if known['state'] == 'none' else '?'}", style="dim")
    amount = format_decimal(total["amount"], locale=language)
    if total["currency"] != currency:
        amount = f"{amount}\n{total['currency']}"
    return Text(f"{when} *\n{amount}", style="bold green") if known["is_cheapest"] else Text(f"{when}\n{amount}")


def _times(slice_: dict[str, Any]) -> str:
    later = f" +{slice_['day_difference']}" if slice_["day_difference"] else ""
    departs, arrives = slice_["departs_at_local"][11:16], slice_["arrives_at_local"][11:16]
    return f"{slice_['origin']['code']} {departs} → {slice_['destination']['code']} {arrives}{later}"


def _stops(slice_: dict[str, Any], language: Language) -> str:
    if not slice_["stops"]:
        return say("offers.nonstop", language)
    via = ", ".join(layover["airport"]["code"] for layover in slice_["layovers"])
    return say("offers.stops", language, count=slice_["stops"], via=via)
