"""What endpoints are given: the caller, a transaction, and the parts the assembler made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor, hash_token
from core.settings import Settings
from db.session import Transactions
from db.wakeups import Wakeups
from graph.runner import Runner
from services.conversations.threads import ThreadDefaults


@dataclass(slots=True)
class Parts:
    """Everything a request may need, made once per process."""

    settings: Settings
    transactions: Transactions
    wakeups: Wakeups
    runner: Runner
    open_streams: int = 0

    @property
    def thread_defaults(self) -> ThreadDefaults:
        return ThreadDefaults(self.settings.keys.signing_key, self.settings.default_time_zone)


async def get_parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


PartsDep = Annotated[Parts, Depends(get_parts)]


async def get_session(parts: PartsDep) -> AsyncIterator[AsyncSession]:
    async with parts.transactions() as session:
        yield session


# function scope commits before the response goes out, so that a failed commit is never told as a success
Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_actor(
    parts: PartsDep,
    conversation_token: Annotated[
        str | None, Header(alias="X-Conversation-Token", min_length=32, max_length=200)
    ] = None,
) -> Actor:
    """The caller: an anonymous visitor, with the token of their conversation if they hold one."""
    if conversation_token is None:
        return Actor()
    return Actor(conversation_token_hash=hash_token(conversation_token, parts.settings.keys.signing_key))


CurrentActor = Annotated[Actor, Depends(get_actor)]


@dataclass(frozen=True, slots=True)
class Page:
    skip: int
    limit: int


async def get_page(
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Page:
    return Page(skip, limit)


PageDep = Annotated[Page, Depends(get_page)]
