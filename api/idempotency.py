"""Doing a request once, however often it is sent: `Idempotency-Key` on the creating POSTs that ask for it.

    return await once.run(201, PassengerRead, lambda session: passengers.create(session, actor, ...))

The first request under a key claims it, and stores its answer in the transaction of its effect: there is no effect
without its answer, and no answer without its effect. The same request then gets the same bytes for a day.
A process that dies leaves a claim that ends by itself; whoever takes it over ends any right its holder still had.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import BookingHolder, Parts, PartsDep
from core.errors import AppError, Conflict, InvalidInput
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor
from db.models import IdempotencyKey
from db.repositories.idempotency import Claim, IdempotencyRepository, RequestKey

LEASE_SECONDS = 30
"""Much longer than any effect takes; how long a crash keeps its key busy."""
MAX_KEY_CHARACTERS = 255

Effect = Callable[[AsyncSession], Awaitable[object]]
"""The service call that creates something, and what it gives back."""

NamedEffect = Callable[[UUID], Awaitable[object]]
"""The service calls that create something under an id, and what they give back."""

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=MAX_KEY_CHARACTERS,
        pattern=r"^[\x21-\x7e]+$",
        description="Any unguessable text, such as a UUID: sent again with the same request, nothing is done twice.",
    ),
]


class IdempotencyKeyReused(InvalidInput):
    """The key was used for another request."""

    code = "idempotency_key_reused"


class RequestUnderWay(Conflict):
    """The same request is being answered at this moment."""

    code = "request_under_way"
    retry_after = 1


@dataclass(frozen=True, slots=True)
class Once:
    """One request and the key it came with, if any."""

    parts: Parts
    actor: Actor
    request: Request
    key: str | None

    async def run(self, status: int, schema: type[BaseModel], effect: Effect) -> Response:
        """Answer with what the effect gives, or as the first request under this key was answered.

        Raises what the effect raises, which frees the key; IdempotencyKeyReused and RequestUnderWay.
        """
        if self.key is None:
            async with self.parts.transactions() as session:
                content = await _perform(session, schema, effect)
            return _answer(status, content)
        claim = await self._claim(self.key)
        if isinstance(claim, Response):
            return claim
        try:
            return await self._do(claim, status, schema, effect)
        except Exception:
            async with self.parts.transactions() as session:
                await IdempotencyRepository(session).release(claim)
            raise

    async def run_named(self, status: int, schema: type[BaseModel], effect: NamedEffect) -> Response:
        """As `run`, for what takes several transactions and calls to the world.

        The effect is given the id of what it makes, the same for every try under one key, so that a try after a crash
        finds what the one before has made.
        """
        if self.key is None:
            return _answer(status, _write(schema, await effect(new_id())))
        claim = await self._claim(self.key)
        if isinstance(claim, Response):
            return claim
        try:
            content = _write(schema, await effect(claim.id))
        except AppError:
            async with self.parts.transactions() as session:
                await IdempotencyRepository(session).release(claim)
            raise
        except Exception:  # of ours, and perhaps after the effect: who comes again is to find what was made
            async with self.parts.transactions() as session:
                await IdempotencyRepository(session).give_up(claim)
            raise
        async with self.parts.transactions() as session:
            await self._store(session, claim, status, content)
        return _answer(status, content)

    async def _claim(self, header: str) -> Claim | Response:
        """The right to answer, or the answer there is; raises IdempotencyKeyReused and RequestUnderWay."""
        key = await self._identify(header)
        async with self.parts.transactions() as session:
            repository = IdempotencyRepository(session)
            claim = await repository.claim(key, lease_seconds=LEASE_SECONDS)
            answered = None if claim else await repository.find(key)
        return claim or self._replay(answered, key)

    async def _do(self, claim: Claim, status: int, schema: type[BaseModel], effect: Effect) -> Response:
        async with self.parts.transactions() as session:
            content = await _perform(session, schema, effect)
            await self._store(session, claim, status, content)
        return _answer(status, content)

    async def _store(self, session: AsyncSession, claim: Claim, status: int, content: str) -> None:
        """Keep the answer; raises RequestUnderWay where another has taken the claim over, and has the last word."""
        vault = self.parts.settings.keys.vault
        sealed = vault.seal(content, table=IdempotencyKey.__tablename__, column="answer", row_id=claim.id)
        if not await IdempotencyRepository(session).store(claim, status_code=status, answer=sealed):
            raise RequestUnderWay

    def _replay(self, answered: IdempotencyKey | None, key: RequestKey) -> Response:
        """The stored answer. No row: it has just been freed, and the client may come again."""
        if answered is not None and answered.request_hash != key.request_hash:
            raise IdempotencyKeyReused
        if answered is None or answered.status_code is None or answered.answer is None:
            raise RequestUnderWay
        vault = self.parts.settings.keys.vault
        content = vault.open(answered.answer, table=answered.__tablename__, column="answer", row_id=answered.id)
        response = _answer(answered.status_code, content)
        response.headers["Idempotent-Replayed"] = "true"
        return response

    async def _identify(self, key: str) -> RequestKey:
        keys, body = self.parts.settings.keys, await self.request.body()
        request = "\n".join((self.request.method, self.request.url.path, _canonicalise(body)))
        return RequestKey(
            owner_id=self.actor.require_user(BOOKINGS_SCOPE),
            key_hash=keys.hash_secret("idempotency-key", key),
            # with a key of ours, since whoever reads the database may know most of what was sent
            request_hash=keys.hash_secret("idempotent-request", request),
        )


def _canonicalise(body: bytes) -> str:
    """The same text for the same JSON; what is none, and so concerns no endpoint, as it is."""
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return body.hex()


async def _perform(session: AsyncSession, schema: type[BaseModel], effect: Effect) -> str:
    made = await effect(session)
    await session.flush()  # what the database fills in belongs to the answer
    return _write(schema, made)


def _write(schema: type[BaseModel], made: object) -> str:
    return schema.model_validate(made, from_attributes=True).model_dump_json(by_alias=True)


def _answer(status: int, content: str) -> Response:
    return Response(content, status, media_type="application/json")


async def get_once(parts: PartsDep, actor: BookingHolder, request: Request, key: KeyHeader = None) -> Once:
    return Once(parts, actor, request, key)


OnceDep = Annotated[Once, Depends(get_once)]
