"""What goes over the wire to Google Calendar, and what each of its answers means."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest
from pydantic import SecretStr

from core.clock import clock
from core.deadlines import deadline
from domain.offers import LocalTime
from providers.calendar.base import (
    CalendarBusy,
    CalendarDown,
    CalendarEntry,
    CalendarError,
    CalendarRefused,
    EventExists,
    EventGone,
    NotConnected,
)
from providers.calendar.google import CALENDAR_SCOPE, GoogleAddresses, GoogleCalendar
from tests.conftest import NOW

GRANT = SecretStr("1//the-grant")
ENTRY = CalendarEntry(
    summary="VN 50 SGN → LHR",
    location="Tân Sơn Nhất (SGN)",
    description="x",
    starts=LocalTime(at_local=datetime.fromisoformat("2026-12-20T23:30"), zone="Asia/Ho_Chi_Minh"),
    ends=LocalTime(at_local=datetime.fromisoformat("2026-12-21T06:10"), zone="Europe/London"),
    is_firm=True,
    reminders=(1440, 180),
    marks={"booking_id": "b"},
)

Reply = Callable[[httpx.Request], httpx.Response]


class Google:
    """Answers each path from a list, the last for ever."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.tokens: list[httpx.Response | Exception] = [tell(200, access_token="ya29.a", expires_in=3599)]
        self.events: list[httpx.Response | Exception] = [tell(200, id="x")]
        self.calendar = GoogleCalendar(
            httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            client_id="client",
            client_secret="the-secret",
            addresses=GoogleAddresses(),
            is_simulated=False,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answers = self.events if request.url.host == "www.googleapis.com" else self.tokens
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def insert(self) -> None:
        await self.calendar.insert_event(GRANT, "primary", "abcde", ENTRY)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


def tell(status: int, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def refuse(status: int, reason: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return tell(status, headers, error={"errors": [{"domain": "global", "reason": reason}], "code": status})


@pytest.fixture
def google() -> Google:
    return Google()


def test_browser_is_asked_for_leave_that_lasts_and_for_no_more_than_our_own_events(google: Google) -> None:
    url = urlsplit(google.calendar.authorization_url(state="s", code_challenge="c", redirect_uri="https://us/back"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    assert dict(parse_qsl(url.query)) == {
        "client_id": "client",
        "redirect_uri": "https://us/back",
        "response_type": "code",
        "scope": f"openid email {CALENDAR_SCOPE}",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }


async def test_code_becomes_leave(google: Google) -> None:
    id_token = jwt.encode({"email": "lan@gmail.com"}, "k" * 32)
    google.tokens = [tell(200, refresh_token="1//r", scope=f"openid {CALENDAR_SCOPE}", id_token=id_token)]
    grant = await google.calendar.redeem(code="4/c", code_verifier="v", redirect_uri="https://us/back")
    assert (grant.refresh_token.get_secret_value(), grant.may_write, grant.account) == ("1//r", True, "lan@gmail.com")
    assert dict(parse_qsl(google.asked[0].content.decode())) == {
        "grant_type": "authorization_code",
        "code": "4/c",
        "code_verifier": "v",
        "redirect_uri": "https://us/back",
        "client_id": "client",
        "client_secret": "the-secret",
    }
    assert "1//r" not in repr(grant)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (tell(400, error="invalid_grant"), NotConnected),
        (tell(200, access_token="a", scope=CALENDAR_SCOPE), NotConnected),
        (tell(401, error="invalid_client"), CalendarDown),
        (tell(500), CalendarDown),
        (httpx.Response(200, text="<html>"), NotConnected),
        (httpx.ReadTimeout("x"), CalendarDown),
    ],
)
async def test_code_that_gives_nothing(
    google: Google, answer: httpx.Response | Exception, error: type[CalendarError]
) -> None:
    google.tokens = [answer]
    with pytest.raises(error):
        await google.calendar.redeem(code="4/c", code_verifier="v", redirect_uri="https://us/back")


async def test_leave_without_the_calendar_is_told(google: Google) -> None:
    google.tokens = [tell(200, refresh_token="1//r", scope="openid email")]
    grant = await google.calendar.redeem(code="4/c", code_verifier="v", redirect_uri="https://us/back")
    assert (grant.may_write, grant.account) == (False, None)


async def test_event_has_our_id_and_each_end_in_its_own_zone(google: Google) -> None:
    await google.calendar.insert_event(GRANT, "a/b@x", "abcde", ENTRY)
    sent = google.asked[-1]
    assert sent.method == "POST"
    assert sent.url.raw_path == b"/calendar/v3/calendars/a%2Fb%40x/events?sendUpdates=none"
    assert sent.headers["authorization"] == "Bearer ya29.a"
    assert json.loads(sent.content) == {
        "id": "abcde",
        "summary": "VN 50 SGN → LHR",
        "location": "Tân Sơn Nhất (SGN)",
        "description": "x",
        "start": {"dateTime": "2026-12-20T23:30:00+07:00", "timeZone": "Asia/Ho_Chi_Minh"},
        "end": {"dateTime": "2026-12-21T06:10:00+00:00", "timeZone": "Europe/London"},
        "status": "confirmed",
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "popup", "minutes": 1440}, {"method": "popup", "minutes": 180}],
        },
        "extendedProperties": {"private": {"booking_id": "b"}},
    }


async def test_event_is_written_again_and_deleted_under_its_id(google: Google) -> None:
    await google.calendar.update_event(GRANT, "primary", "abcde", ENTRY.model_copy(update={"is_firm": False}))
    google.events = [httpx.Response(204)]
    await google.calendar.delete_event(GRANT, "primary", "abcde")
    put, delete = google.asked[1:]
    assert (put.method, delete.method) == ("PUT", "DELETE")
    assert put.url.path == delete.url.path == "/calendar/v3/calendars/primary/events/abcde"
    assert json.loads(put.content)["status"] == "tentative"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refuse(409, "duplicate"), EventExists),
        (refuse(404, "notFound"), CalendarRefused),
        (refuse(400, "timeRangeEmpty"), CalendarRefused),
        (refuse(403, "insufficientPermissions"), CalendarRefused),
        (refuse(403, "userRateLimitExceeded"), CalendarBusy),
        (refuse(403, "quotaExceeded"), CalendarBusy),
        (refuse(429, "rateLimitExceeded"), CalendarBusy),
        (refuse(500, "backendError"), CalendarDown),
        (httpx.Response(502, text="<html>"), CalendarDown),
        (httpx.Response(302, headers={"location": "https://elsewhere/"}), CalendarDown),
        (httpx.Response(403, text="[" * 100_000), CalendarRefused),
        (tell(403, error={"errors": [{"reason": "no one@example.com"}]}), CalendarRefused),
        (httpx.ConnectError("to lan@gmail.com"), CalendarDown),
        (httpx.ReadTimeout("x"), CalendarDown),
    ],
)
async def test_what_an_answer_means(
    google: Google, answer: httpx.Response | Exception, error: type[CalendarError]
) -> None:
    google.events = [answer]
    with pytest.raises(error) as raised:
        await google.insert()
    assert type(raised.value) is error
    assert "@" not in str(raised.value)
    assert raised.value.__cause__ is None or isinstance(raised.value.__cause__, CalendarError)


@pytest.mark.parametrize("status", [404, 410])
async def test_event_that_is_gone(google: Google, status: int) -> None:
    google.events = [refuse(status, "deleted")]
    with pytest.raises(EventGone):
        await google.calendar.delete_event(GRANT, "primary", "abcde")
    with pytest.raises(EventGone):
        await google.calendar.update_event(GRANT, "primary", "abcde", ENTRY)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("soon", None), ("-1", None), ("9" * 30, None)])
async def test_busy_calendar_says_for_how_long(google: Google, header: str, seconds: int | None) -> None:
    google.events = [refuse(429, "rateLimitExceeded", {"Retry-After": header})]
    with pytest.raises(CalendarBusy) as raised:
        await google.insert()
    assert raised.value.retry_after == seconds


async def test_access_token_is_kept_for_its_hour(google: Google) -> None:
    await google.insert()
    await google.insert()
    with clock.frozen(NOW + timedelta(seconds=3599)):
        await google.insert()
    assert google.paths.count("/token") == 2


async def test_refused_token_is_renewed_once(google: Google) -> None:
    await google.insert()
    google.tokens = [tell(200, access_token="ya29.b", expires_in=3599)]
    google.events = [refuse(401, "authError"), tell(200)]
    await google.insert()
    assert google.asked[-1].headers["authorization"] == "Bearer ya29.b"
    google.events = [refuse(401, "authError")]
    asked = len(google.asked)
    with pytest.raises(NotConnected):
        await google.insert()
    assert len(google.asked) - asked == 3, "a call, a new token, the call again"


async def test_leave_that_was_taken_back(google: Google) -> None:
    google.tokens = [tell(400, error="invalid_grant")]
    with pytest.raises(NotConnected):
        await google.insert()
    assert google.paths == ["/token"]


@pytest.mark.parametrize(("status", "is_done"), [(200, True), (400, True), (503, False)])
async def test_leave_is_given_back(google: Google, status: int, is_done: bool) -> None:
    google.tokens = [tell(status)]
    if is_done:
        await google.calendar.revoke(GRANT)
    else:
        with pytest.raises(CalendarDown):
            await google.calendar.revoke(GRANT)
    assert google.asked[0].url == "https://oauth2.googleapis.com/revoke"
    assert dict(parse_qsl(google.asked[0].content.decode())) == {"token": "1//the-grant"}


async def test_nobody_is_asked_when_no_time_is_left(google: Google) -> None:
    with deadline(0), pytest.raises(CalendarDown):
        await google.insert()
    assert google.asked == []
