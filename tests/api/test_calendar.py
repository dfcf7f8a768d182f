"""Trips in the simulated Google Calendar, the whole way: leave given on its page, events on the wire, its bad days."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.deps import Parts
from core.clock import clock
from db.repositories.calendar import CalendarEventRepository
from providers.sandbox.google_calendar import SandboxCalendars, SandboxEvent
from services.calendar.parts import CalendarParts
from services.calendar.sync import sync_due
from tests.api.test_bookings import book
from tests.api.test_chat_errors import check_error
from tests.support.accounts import Account, Lobby
from tests.support.google import Browser

CONNECT = "/v1/users/me/calendar/connect"
CONNECTION = "/v1/users/me/calendar/connection"
EVENTS = "/v1/users/me/calendar-events"


@dataclass
class Traveller:
    """Somebody with an account, a browser and a Google account of their own."""

    app: FastAPI
    account: Account
    browser: Browser
    google: str

    async def connect(self, **said: Any) -> httpx.Response:
        """The whole way; gives the page it ends on."""
        return await self.browser.connect_calendar(self.account.access_token, email=self.google, **said)

    async def add(self, booking_id: str, **sent: Any) -> httpx.Response:
        return await self.account.client.post(f"/v1/bookings/{booking_id}/calendar", **sent)

    async def standing(self) -> list[SandboxEvent]:
        calendars: SandboxCalendars = self.app.state.sandbox_calendars
        mine = [event for event in await calendars.list_events(limit=10_000) if event.email == self.google]
        return [event for event in mine if not event.is_deleted]

    async def look_again(self, booking_id: str, *, after: timedelta = timedelta(minutes=2)) -> None:
        parts: Parts = self.app.state.parts
        with clock.frozen(clock.now() + after):
            for _ in range(50):
                await sync_due(CalendarParts(parts.transactions, parts.settings.keys, parts.calendar))
                async with parts.transactions() as session:
                    if not await CalendarEventRepository(session).has_due(UUID(booking_id), now=clock.now()):
                        return
                # the app's own worker was quicker to take it up
                await asyncio.sleep(0.1)


@pytest.fixture
async def lan(lobby: Lobby, shared_app: FastAPI) -> AsyncIterator[Traveller]:
    browser = Browser(shared_app)
    async with browser.http:
        yield Traveller(shared_app, await lobby.join(), browser, f"lan-{uuid4().hex[:8]}@gmail.com")
    shared_app.state.sandbox_faults.clear()


async def test_trip_goes_into_the_calendar_and_leaves_it_with_the_booking(lan: Traveller) -> None:
    booking = await book(lan.account)
    page = await lan.connect()
    assert page.status_code == 200
    assert "mô phỏng" in page.text or "simulated" in page.text
    assert (await lan.account.client.get(CONNECTION)).json()["account"].startswith("l…@")
    answer = await lan.add(booking["id"])
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert (added["booking_id"], added["user_id"], added["calendar_id"]) == (booking["id"], lan.account.id, "primary")
    assert added["synced_at"]
    assert [event["state"] for event in added["events"]] == ["synced"] * len(booking["flights"])
    assert added["id"] == added["events"][0]["id"]
    events = await lan.standing()
    assert [event.event_id for event in events] == [event["google_event_id"] for event in added["events"]]
    first, flight = events[0].body, booking["flights"][0]
    assert first["status"] == "tentative"
    assert flight["flight_number"] in first["summary"].replace(" ", "")
    assert first["start"]["timeZone"] == "Asia/Ho_Chi_Minh"
    assert first["start"]["dateTime"].endswith("+07:00")
    assert booking["booking_reference"] in first["description"]
    assert (await lan.account.client.get(f"/v1/bookings/{booking['id']}/calendar")).json() == added["events"]
    assert (await lan.account.client.get(EVENTS)).json() == added["events"][::-1]
    check_error(await lan.add(booking["id"]), 409, "already_in_calendar")
    cancelled = await lan.account.client.post(f"/v1/users/me/bookings/{booking['id']}/cancel")
    assert cancelled.json()["status"] == "CANCELLED"
    await lan.look_again(booking["id"])
    assert await lan.standing() == []


async def test_same_request_under_its_key_adds_once(lan: Traveller) -> None:
    booking = await book(lan.account)
    await lan.connect()
    headers = {"Idempotency-Key": uuid4().hex}
    first, again = [await lan.add(booking["id"], headers=headers) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert [event.writes for event in await lan.standing()] == [1] * len(booking["flights"])


async def test_unconnected_calendar_says_how_to_connect_it(lan: Traveller) -> None:
    booking = await book(lan.account)
    refused = await lan.add(booking["id"], headers={"Accept-Language": "vi"})
    assert (refused.status_code, refused.json()["code"]) == (400, "calendar_not_connected")
    assert refused.json()["detail"] == "Chưa kết nối Google Calendar."
    assert refused.json()["connect_url"] == CONNECT
    nothing = {"status": "none", "account": None, "granted_at": None, "simulated": True}
    assert (await lan.account.client.get(CONNECTION)).json() == nothing


async def test_leave_is_given_once_and_in_the_browser_that_asked(lan: Traveller, shared_app: FastAPI) -> None:
    page = await lan.browser.set_out_for_calendar(lan.account.access_token)
    back = await lan.browser.say(page, email=lan.google)
    another = Browser(shared_app)
    async with another.http:
        assert (await another.http.get(back)).status_code == 400
    assert (await lan.browser.http.get(back)).status_code == 200
    assert (await lan.browser.http.get(back)).status_code == 400


@pytest.mark.parametrize("said", [{"calendar": False}, {"answer": "cancel"}])
async def test_leave_that_was_not_given_is_told_on_the_page(lan: Traveller, said: dict[str, Any]) -> None:
    page = await lan.connect(**said)
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")
    assert (await lan.account.client.get(CONNECTION)).json()["status"] == "none"


async def test_disconnecting_tells_google_and_leaves_the_events(lan: Traveller) -> None:
    booking = await book(lan.account)
    await lan.connect()
    await lan.add(booking["id"])
    assert (await lan.account.client.delete(CONNECTION)).status_code == 204
    assert (await lan.account.client.delete(CONNECTION)).status_code == 204
    assert len(await lan.standing()) == len(booking["flights"])
    assert {event["state"] for event in (await lan.account.client.get(EVENTS)).json()} == {"parked"}
    assert not await lan.app.state.sandbox_calendars.revoke(lan.google), "nothing was left to take back"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("calendar_token", "server_error"),
        ("calendar_insert", "server_error"),
        ("calendar_insert", "server_error_after"),
        ("calendar_insert", "garbage"),
        ("calendar_insert", "rate_limited"),
        ("calendar_insert", "quota_spent"),
        ("calendar_insert", "token_expired"),
    ],
)
async def test_bad_day_at_google_is_slept_off(lan: Traveller, operation: str, kind: str) -> None:
    booking = await book(lan.account)
    await lan.connect()
    fault = lan.app.state.sandbox_faults.arm(operation, kind)
    answer = await lan.add(booking["id"])
    assert answer.status_code == 201, answer.text
    assert fault.met == 1
    await lan.look_again(booking["id"])
    assert len(await lan.standing()) == len(booking["flights"])
    listed = (await lan.account.client.get(f"/v1/bookings/{booking['id']}/calendar")).json()
    assert {event["state"] for event in listed} == {"synced"}


async def test_leave_taken_back_at_google_is_noticed_and_can_be_given_again(lan: Traveller) -> None:
    booking = await book(lan.account)
    await lan.connect()
    lan.app.state.sandbox_faults.arm("calendar_insert", "revoked")
    assert (await lan.add(booking["id"])).json()["state"] == "parked"
    assert (await lan.account.client.get(CONNECTION)).json()["status"] == "revoked"
    assert (await lan.connect()).status_code == 200
    await lan.look_again(booking["id"])
    assert len(await lan.standing()) == len(booking["flights"])


async def test_unknown_calendar_is_parked(lan: Traveller) -> None:
    booking = await book(lan.account)
    await lan.connect()
    answer = await lan.add(booking["id"], json={"calendar_id": "nobody@group.calendar.google.com"})
    assert (answer.status_code, answer.json()["state"], answer.json()["synced_at"]) == (201, "parked", None)


@pytest.mark.parametrize("calendar_id", ["", "..", "../x", "a/b", "x" * 255, "a b", None, 1])
async def test_calendar_with_an_impossible_name_is_refused(lan: Traveller, calendar_id: Any) -> None:
    check_error(await lan.add(str(uuid4()), json={"calendar_id": calendar_id}), 422, "invalid_request")


async def test_page_shows_the_calendars_and_says_that_they_are_simulated(lan: Traveller) -> None:
    booking = await book(lan.account)
    await lan.connect()
    await lan.add(booking["id"])
    for language, label in (("vi", "Mô phỏng"), ("en", "Simulated")):
        page = await lan.browser.http.get("/sandbox/google/calendar", params={"lang": language})
        assert page.status_code == 200
        assert label in page.text
        assert lan.google in page.text


async def test_nothing_of_it_answers_other_machines_or_without_a_token(lobby: Lobby, lan: Traveller) -> None:
    path = "/sandbox/google/calendar/v3/calendars/primary/events"
    async with lobby.visitor() as stranger:
        for each in ("/sandbox/google/calendar", f"{path}/abcde"):
            check_error(await stranger.get(each), 404, "not_found")
    refused = await lan.browser.http.post(path, json={}, headers={"Authorization": "Bearer ya29.simulated"})
    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (401, "authError")


async def test_export_has_the_calendar_without_the_leave(lan: Traveller) -> None:
    booking = await book(lan.account)
    await lan.connect()
    await lan.add(booking["id"])
    found = (await lan.account.client.get("/v1/users/me/export")).json()
    assert len(found["calendar_events"]) == len(booking["flights"])
    (connection,) = found["calendar_connections"]
    assert "refresh_token" not in connection
