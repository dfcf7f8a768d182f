"""A client of the simulated Amadeus, for tests: what it asks and what it may rely on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from providers.flights.base import FlightProvider
from providers.sandbox.amadeus_api import PATH, router
from providers.sandbox.amadeus_gate import SANDBOX_AMADEUS_ID, SANDBOX_AMADEUS_SECRET
from providers.sandbox.faults import Faults
from tests.providers.sandbox.support import in_days

JSON_TYPES = {"application/json", "application/vnd.amadeus+json"}
OVERRIDE = {"X-HTTP-Method-Override": "GET"}
SEARCH, PRICING = "/v2/shopping/flight-offers", "/v1/shopping/flight-offers/pricing"
ORDERS, SEAT_MAPS = "/v1/booking/flight-orders", "/v1/shopping/seatmaps"
FAMILY = [
    {"id": "1", "travelerType": "ADULT"},
    {"id": "2", "travelerType": "ADULT"},
    {"id": "3", "travelerType": "CHILD"},
    {"id": "4", "travelerType": "HELD_INFANT", "associatedAdultId": "2"},
]
ADULT = FAMILY[:1]
BORN = {"ADULT": "1990-02-03", "CHILD": "2019-02-03", "HELD_INFANT": "2026-02-03"}


@dataclass
class Face:
    """A client with a token."""

    http: httpx.AsyncClient
    app: FastAPI
    world: FlightProvider
    faults: Faults
    reference: str
    """Ours, by which the world finds what was bought in this test."""

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(PATH + path, params=params)

    async def post(self, path: str, body: Any, headers: dict[str, str] = OVERRIDE) -> httpx.Response:
        return await self.http.post(PATH + path, json=body, headers=headers)

    async def search(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return read_200(await self.post(SEARCH, body or ask()))

    async def price(self, offer: dict[str, Any], query: str = "") -> dict[str, Any]:
        return read_200(await self.post(PRICING + query, pricing(offer)))

    async def book(self, offer: dict[str, Any]) -> httpx.Response:
        return await self.post(ORDERS, booking(offer, self.reference), headers={})

    async def make_order(self, travelers: list[dict[str, str]] = ADULT) -> dict[str, Any]:
        offer = (await self.search(ask(travelers=travelers)))["data"][0]
        answer = await self.book((await self.price(offer))["data"]["flightOffers"][0])
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()["data"]
        return order


def make_app(world: FlightProvider, faults: Faults) -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    app.state.sandbox_flights, app.state.sandbox_faults = world, faults
    return app


async def fetch_token(client: httpx.AsyncClient) -> str:
    answer = await ask_token(client)
    assert answer.status_code == 200
    token: str = answer.json()["access_token"]
    return token


async def ask_token(client: httpx.AsyncClient, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": SANDBOX_AMADEUS_ID,
        "client_secret": SANDBOX_AMADEUS_SECRET,
    }
    return await client.post(f"{PATH}/v1/security/oauth2/token", data=form | changes)


def ask(*bounds: tuple[str, str, int], travelers: list[dict[str, str]] = ADULT, **criteria: Any) -> dict[str, Any]:
    """A search; each bound is (from, to, days ahead)."""
    return {
        "currencyCode": "VND",
        "originDestinations": [
            {
                "id": str(n),
                "originLocationCode": origin,
                "destinationLocationCode": destination,
                "departureDateTimeRange": {"date": in_days(days).isoformat()},
            }
            for n, (origin, destination, days) in enumerate(bounds or [("SGN", "HAN", 20)], 1)
        ],
        "travelers": travelers,
        "sources": ["GDS"],
        "searchCriteria": criteria,
    }


def pricing(*offers: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"type": "flight-offers-pricing", "flightOffers": list(offers)}}


def booking(offer: dict[str, Any], reference: str) -> dict[str, Any]:
    travelers = [
        {
            "id": each["travelerId"],
            "dateOfBirth": BORN[each["travelerType"]],
            "gender": "FEMALE",
            "name": {"firstName": "AN", "lastName": "NGUYEN"},
            "contact": {
                "emailAddress": "an@example.com",
                "phones": [{"deviceType": "MOBILE", "countryCallingCode": "84", "number": "901234567"}],
            },
        }
        for each in offer["travelerPricings"]
    ]
    return {
        "data": {
            "type": "flight-order",
            "flightOffers": [offer],
            "travelers": travelers,
            "remarks": {"general": [{"subType": "GENERAL_MISCELLANEOUS", "text": reference}]},
            "ticketingAgreement": {"option": "CONFIRM"},
        }
    }


def read_200(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] in JSON_TYPES
    body: dict[str, Any] = answer.json()
    return body


def code_of(answer: httpx.Response) -> tuple[int, int | str]:
    """Status and code of the one error, which has to be written as Amadeus writes them."""
    assert answer.headers["content-type"] in JSON_TYPES
    (error,) = answer.json()["errors"]
    assert set(error) <= {"status", "code", "title", "detail", "source"}
    assert set(error.get("source", {})) <= {"parameter", "pointer", "example"}
    assert str(error["status"]) == str(answer.status_code)
    return answer.status_code, error["code"]


def segments_of(offer: dict[str, Any]) -> list[dict[str, Any]]:
    return [segment for itinerary in offer["itineraries"] for segment in itinerary["segments"]]


@asynccontextmanager
async def open_face(world: FlightProvider, faults: Faults) -> AsyncIterator[Face]:
    app = make_app(world, faults)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.headers["Authorization"] = f"Bearer {await fetch_token(client)}"
        yield Face(client, app, world, faults, reference=uuid4().hex)
