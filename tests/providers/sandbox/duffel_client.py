"""Duffel's face over a world, a client of it, and what a client sends."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI

from providers.sandbox.duffel_api import router
from providers.sandbox.faults import Faults

HEADERS = {"Authorization": "Bearer duffel_test_key", "Duffel-Version": "v2"}
DAY = "2026-12-10"
DAY_BACK = "2026-12-15"
ADULT = {"type": "adult"}
BASE = "http://test/sandbox/duffel"

Json = dict[str, Any]


class Duffel:
    """The face over a world, and a client of it."""

    def __init__(self, world: Any) -> None:
        self.world = world
        """A FlightProvider; Any, so that tests may look into theirs."""
        self.faults = Faults()
        self.app = FastAPI()
        self.app.include_router(router)
        self.app.state.sandbox_flights = world
        self.app.state.sandbox_faults = self.faults
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=BASE, headers=HEADERS)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(path, params=params)

    async def post(self, path: str, data: Json | None = None, **params: Any) -> httpx.Response:
        return await self.http.post(path, json={"data": data or {}}, params=params)

    async def ask(self, **params: Any) -> Json:
        """An offer request for one adult one way, with what the query string says."""
        body = {"slices": [make_slice()], "passengers": [ADULT]}
        data: Json = (await self.post("/air/offer_requests", body, **params)).json()["data"]
        return data

    async def search(
        self, *passengers: Json, origin: str = "HAN", destination: str = "SGN", back: bool = False
    ) -> Json:
        slices = [make_slice(origin, destination), *([make_slice(destination, origin, DAY_BACK)] if back else [])]
        answer = await self.post("/air/offer_requests", {"slices": slices, "passengers": [*passengers] or [ADULT]})
        assert answer.status_code == 201, answer.text
        data: Json = answer.json()["data"]
        return data

    async def book(self, offer: Json, **changes: Any) -> httpx.Response:
        return await self.post("/air/orders", make_order(offer) | changes)

    async def book_hold(self) -> Json:
        offers = (await self.search())["offers"]
        answer = await self.book(offers[0], type="hold", payments=[])
        assert answer.status_code == 201, answer.text
        data: Json = answer.json()["data"]
        return data

    async def book_instant(self, *, back: bool = False) -> Json:
        answer = await self.book((await self.search(back=back))["offers"][0])
        assert answer.status_code == 201, answer.text
        data: Json = answer.json()["data"]
        return data


def make_slice(origin: str = "HAN", destination: str = "SGN", on: str = DAY) -> Json:
    return {"origin": origin, "destination": destination, "departure_date": on}


def make_order(offer: Json, *, reference: str = "attempt-1") -> Json:
    infants = [each["id"] for each in offer["passengers"] if each["type"] == "infant_without_seat"]
    passengers = []
    for number, passenger in enumerate(offer["passengers"]):
        details: Json = {
            "id": passenger["id"],
            "title": "mr",
            "given_name": f"An{'abc'[number]}",
            "family_name": "Nguyen",
            "gender": "m",
            "born_on": "1990-02-01",
            "email": "an@example.com",
            "phone_number": "+84901234567",
        }
        if passenger["type"] == "adult" and infants:
            details["infant_passenger_id"] = infants.pop()
        passengers.append(details)
    return {
        "type": "instant",
        "selected_offers": [offer["id"]],
        "passengers": passengers,
        "payments": [pay(offer["total_amount"])],
        "metadata": {"reference": reference},
    }


def pay(amount: str) -> Json:
    return {"type": "balance", "amount": amount, "currency": "USD"}


def code_of(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert body["meta"]["status"] == answer.status_code
    assert body["meta"]["request_id"] == answer.headers["x-request-id"]
    [error] = body["errors"]
    assert set(error) - {"source"} == {"type", "title", "message", "documentation_url", "code"}
    return answer.status_code, error["type"], error["code"]
