"""The simulated airlines in three forms: as they are, and behind the wire formats of Duffel and Amadeus on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.clock import clock
from db.session import Transactions
from providers.flights.amadeus import Amadeus
from providers.flights.base import FlightProvider
from providers.flights.duffel import Duffel
from providers.sandbox import amadeus_api, duffel_api
from providers.sandbox.amadeus_gate import SANDBOX_AMADEUS_ID, SANDBOX_AMADEUS_SECRET
from providers.sandbox.faults import Faults
from providers.sandbox.faulty import FaultyFlights
from providers.sandbox.flights import SandboxFlights
from tests.support.listening import listen

WORLDS = ("sandbox", "duffel", "amadeus")


Spoil = Callable[[Any], Any]


class SpoiledAnswers:
    """Middleware that has a test change the JSON of every answer on its way out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        spoil: Spoil | None = getattr(scope["app"].state, "spoil", None) if scope["type"] == "http" else None
        if spoil is None:
            await self._app(scope, receive, send)
            return
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        if body:
            body = json.dumps(spoil(json.loads(body))).encode()
        headers = [(key, value) for key, value in sent[0]["headers"] if key != b"content-length"]
        length = [] if sent[0]["status"] == 204 else [(b"content-length", str(len(body)).encode())]
        await send({**sent[0], "headers": headers + length})
        await send({"type": "http.response.body", "body": body})


@dataclass(slots=True)
class Box:
    """A simulated world, and everybody's way into it."""

    world: SandboxFlights
    """As it is, without a wire: what a test compares with."""
    transactions: Transactions
    """Of the database it lives in, where the house's own tables are too."""
    faults: Faults
    providers: dict[str, FlightProvider]
    """By the name of the wire format."""
    app: FastAPI

    @contextmanager
    def spoiled(self, spoil: Spoil) -> Iterator[None]:
        """Change the JSON of all answers of the wire formats until the end of the block."""
        self.app.state.spoil = spoil
        try:
            yield
        finally:
            self.app.state.spoil = None


@asynccontextmanager
async def open_box(transactions: Transactions) -> AsyncIterator[Box]:
    faults = Faults()
    app = FastAPI()
    world = SandboxFlights(transactions, clock.now, faults=faults)
    app.state.sandbox_flights, app.state.sandbox_faults = world, faults
    app.add_middleware(SpoiledAnswers)
    app.include_router(duffel_api.router)
    app.include_router(amadeus_api.router)
    async with listen(app) as url, httpx.AsyncClient(trust_env=False) as http:
        amadeus = Amadeus(
            client_id=SANDBOX_AMADEUS_ID,
            client_secret=SANDBOX_AMADEUS_SECRET,
            base_url=f"{url}/sandbox/amadeus",
            clock=clock.now,
            is_test=True,
        )
        duffel = Duffel(
            http, access_token="duffel_test_x", base_url=f"{url}/sandbox/duffel", clock=clock.now, is_test=True
        )
        providers: dict[str, FlightProvider] = {
            "sandbox": FaultyFlights(world, faults),
            "duffel": duffel,
            "amadeus": amadeus,
        }
        yield Box(world, transactions, faults, providers, app)
