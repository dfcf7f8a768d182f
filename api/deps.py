"""What endpoints are given: the caller, a transaction, and the parts the assembler made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import language_of
from core.clock import clock
from core.messages import Language
from core.security import BOOKINGS_SCOPE, Actor, Keys
from core.settings import Settings
from db.session import Transactions
from db.wakeups import Wakeups
from graph.runner import Runner
from providers.calendar.base import CalendarProvider
from providers.flights.base import EventReader
from providers.identity.base import IdentityProvider
from providers.llm.base import ModelCheck
from providers.messaging.base import Outbox
from services.accounts.clients import find_site
from services.accounts.errors import TokenInvalid
from services.accounts.sessions import authenticate
from services.bookings.desk import Desk
from services.calendar.parts import CalendarParts
from services.conversations.threads import ThreadDefaults, hash_conversation_token
from services.flights.market import Market
from services.payments.gateways import Gateways
from services.proposals.proposing import ConsentParts


@dataclass(slots=True)
class Parts:
    """Everything a request may need, made once per process."""

    settings: Settings
    transactions: Transactions
    wakeups: Wakeups
    runner: Runner
    market: Market
    desk: Desk
    gateways: Gateways
    outbox: Outbox | None
    """Where simulated mail is; None where mail is real."""
    identity: IdentityProvider | None
    """Google or its simulation; None where there is neither."""
    calendar: CalendarProvider | None
    """As above."""
    duffel_events: EventReader | None
    """Who hears Duffel; None without its secret."""
    check_models: Callable[[], ModelCheck]
    """Whether the chat's models could be asked when that was looked at last."""
    open_streams: int = 0

    @property
    def consent(self) -> ConsentParts:
        return ConsentParts(self.transactions, self.market, self.settings.keys, self.gateways, self.calendar)

    @property
    def thread_defaults(self) -> ThreadDefaults:
        return ThreadDefaults(self.settings.keys, self.settings.default_time_zone)


async def get_parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


PartsDep = Annotated[Parts, Depends(get_parts)]


async def get_session(parts: PartsDep) -> AsyncIterator[AsyncSession]:
    async with parts.transactions() as session:
        yield session


async def get_keys(parts: PartsDep) -> Keys:
    return parts.settings.keys


KeysDep = Annotated[Keys, Depends(get_keys)]


async def get_desk(parts: PartsDep) -> Desk:
    return parts.desk


DeskDep = Annotated[Desk, Depends(get_desk)]


async def get_consent(parts: PartsDep) -> ConsentParts:
    return parts.consent


ConsentDep = Annotated[ConsentParts, Depends(get_consent)]


async def get_calendar(parts: PartsDep) -> CalendarParts:
    return CalendarParts(parts.transactions, parts.settings.keys, parts.calendar)


CalendarDep = Annotated[CalendarParts, Depends(get_calendar)]


async def get_language(request: Request) -> Language:
    return language_of(request)


LanguageDep = Annotated[Language, Depends(get_language)]


# function scope commits before the response goes out, so that a failed commit is never told as a success
Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of /v1/auth/login.")


async def get_actor(
    request: Request,
    parts: PartsDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    conversation_token: Annotated[
        str | None, Header(alias="X-Conversation-Token", min_length=32, max_length=200)
    ] = None,
    site_key: Annotated[str | None, Header(alias="X-Site-Key", max_length=200)] = None,
) -> Actor:
    """The caller: the user of the access token, else a visitor, with the token of their conversation if they hold one.

    A credential that is not valid is refused even where none is needed: raises TokenInvalid and AccountNotFound,
    SiteKeyUnknown and OriginNotAllowed.
    """
    keys = parts.settings.keys
    actor = Actor()
    if credentials is not None:
        async with parts.transactions() as session:
            actor = await authenticate(session, access_token=credentials.credentials, keys=keys)
    elif "authorization" in request.headers:
        raise TokenInvalid
    if conversation_token is not None:
        actor = replace(actor, conversation_token_hash=hash_conversation_token(keys, conversation_token))
    if site_key is not None:
        async with parts.transactions() as session:
            site = await find_site(session, keys, site_key, _find_foreign_origin(request, parts.settings))
        actor = replace(actor, client_id=site.id)
    return actor


def _find_foreign_origin(request: Request, settings: Settings) -> str | None:
    """The origin of the page that sends the request, unless the page is ours."""
    origin = request.headers.get("origin")
    base, url = urlsplit(settings.base_url), request.url
    return None if origin in (f"{base.scheme}://{base.netloc}", f"{url.scheme}://{url.netloc}") else origin


CurrentActor = Annotated[Actor, Depends(get_actor)]


async def get_account_holder(actor: CurrentActor) -> Actor:
    """A caller signed in to their account: 401 and 403 come before a body is looked at."""
    actor.require_user()
    return actor


AccountHolder = Annotated[Actor, Depends(get_account_holder)]


async def get_booking_holder(actor: CurrentActor) -> Actor:
    """A caller who may see to their own bookings, from a page of another origin too."""
    actor.require_user(BOOKINGS_SCOPE)
    return actor


BookingHolder = Annotated[Actor, Depends(get_booking_holder)]


async def get_admin(actor: CurrentActor) -> Actor:
    """A caller signed in as an administrator."""
    actor.require_admin()
    return actor


Admin = Annotated[Actor, Depends(get_admin)]


async def get_today(parts: PartsDep) -> date:
    """The day it is in DEFAULT_TIME_ZONE, by which ages, expiries and departures are told."""
    return clock.now().astimezone(ZoneInfo(parts.settings.default_time_zone)).date()


Today = Annotated[date, Depends(get_today)]


@dataclass(frozen=True, slots=True)
class Page:
    skip: int
    limit: int


async def get_page(
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Page:
    return Page(skip, limit)


PageDep = Annotated[Page, Depends(get_page)]
