"""One key, one effect: sent twice, sent at once, given up half way, taken over, and by somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

import api.idempotency
from api.deps import AccountHolder
from api.idempotency import LEASE_SECONDS, OnceDep
from api.schemas.fields import FullName, Request
from core.clock import clock
from db.models import IdempotencyKey, Passenger
from db.repositories.idempotency import Claim, IdempotencyRepository, RequestKey
from db.session import Transactions
from services.accounts.errors import EmailTaken
from services.housekeeping import tidy
from tests.conftest import NOW
from tests.support.accounts import sign_up
from tests.support.stored import find_stored

PATH = "/test/companions"
NAME = "Trần Thị Bích Ngọc"
KEY = "3e5f9b1c-8d7a-4c62"
AT_ONCE = 50

Pause = Callable[[], Awaitable[None]]


class CompanionCreate(Request):
    first_name: FullName
    age: int | None = None


class CompanionRead(BaseModel):
    id: UUID
    first_name: str


class Companions:
    """A client of the server with one more creating endpoint, and what that endpoint does after its effect."""

    def __init__(self, client: httpx.AsyncClient, transactions: Transactions) -> None:
        self.client, self._transactions = client, transactions
        self.pause: Pause = _go_on

    async def add(self, key: str | None = KEY, name: str = NAME, **fields: Any) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.client.post(PATH, json={"first_name": name, **fields}, headers=headers)

    async def count(self) -> int:
        async with self._transactions() as session:
            return await session.scalar(select(func.count()).select_from(Passenger)) or 0


async def _go_on() -> None:
    """Nothing happens after the effect."""


@pytest.fixture
async def companions(client: httpx.AsyncClient, transactions: Transactions) -> Companions:
    await sign_up(client)
    companions = Companions(client, transactions)
    router = APIRouter()

    @router.post(PATH)
    async def add_companion(body: CompanionCreate, actor: AccountHolder, once: OnceDep) -> Response:
        async def create(session: AsyncSession) -> Passenger:
            made = Passenger(user_id=actor.require_user(), first_name=body.first_name, last_name="")
            session.add(made)
            await session.flush()
            await companions.pause()
            return made

        return await once.run(201, CompanionRead, create)

    cast("FastAPI", client.app).include_router(router)  # type: ignore[attr-defined]  # set by start_app
    return companions


async def read_keys(transactions: Transactions) -> list[IdempotencyKey]:
    async with transactions() as session:
        return list(await session.scalars(select(IdempotencyKey)))


async def test_repeat_gets_the_same_bytes_and_does_nothing(companions: Companions) -> None:
    first, second = await companions.add(), await companions.add()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["Content-Type"] == second.headers["Content-Type"]
    assert first.json()["first_name"] == NAME
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert await companions.count() == 1


async def test_without_a_key_each_request_is_its_own(companions: Companions) -> None:
    answers = [await companions.add(None) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await companions.count() == 2


async def test_same_json_otherwise_written_is_the_same_request(companions: Companions) -> None:
    headers = {"Idempotency-Key": KEY, "Content-Type": "application/json"}
    bodies = ['{"first_name": "An", "age": 7}', '{ "age":7,\n"first_name":"\\u0041n" }']
    answers = [await companions.client.post(PATH, content=body, headers=headers) for body in bodies]
    assert answers[0].content == answers[1].content
    assert await companions.count() == 1


async def test_key_of_another_request_is_refused(companions: Companions) -> None:
    await companions.add()
    refused = await companions.add(name="Ai đó khác")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert await companions.count() == 1


async def test_somebody_elses_key_is_another_key(companions: Companions) -> None:
    first = await companions.add()
    await sign_up(companions.client, "binh@example.com")
    second = await companions.add(name="Ai đó khác")
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in second.headers
    assert first.json()["id"] != second.json()["id"]


async def test_key_that_cannot_be_is_refused(companions: Companions) -> None:
    for key in ("", " ", "two words", "tab\there", "x" * 256, "\x7f", "é"):
        headers = [(b"Idempotency-Key", key.encode())]
        refused = await companions.client.post(PATH, json={"first_name": NAME}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), key
        assert refused.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await companions.count() == 0


async def test_any_visible_ascii_is_a_key(companions: Companions) -> None:
    for number, key in enumerate(("x" * 255, "!~\"'\\,;="), start=1):
        answers = [await companions.add(key) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert await companions.count() == number


async def test_refused_request_may_be_mended_and_sent_again(companions: Companions) -> None:
    assert (await companions.add(name="")).status_code == 422
    assert (await companions.add()).status_code == 201


@pytest.mark.parametrize(("error", "status"), [(EmailTaken(), 409), (RuntimeError("a bug"), 500)])
async def test_failed_request_leaves_nothing_and_frees_its_key(
    companions: Companions, transactions: Transactions, error: Exception, status: int
) -> None:
    async def fail() -> None:
        raise error

    companions.pause = fail
    assert (await companions.add()).status_code == status
    assert (await companions.count(), await read_keys(transactions)) == (0, [])
    companions.pause = _go_on
    answer = await companions.add(name="Ai đó khác")
    assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (201, False)


class EachItsOwn(IdempotencyRepository):
    """What a key must not be: no two requests ever meet."""

    async def claim(self, key: RequestKey, *, lease_seconds: int) -> Claim | None:
        return await super().claim(key._replace(key_hash=uuid4().bytes), lease_seconds=lease_seconds)


@pytest.mark.parametrize(("repository", "expected"), [(IdempotencyRepository, 1), (EachItsOwn, AT_ONCE)])
async def test_of_many_at_once_one_has_an_effect(
    companions: Companions,
    monkeypatch: pytest.MonkeyPatch,
    repository: type[IdempotencyRepository],
    expected: int,
) -> None:
    monkeypatch.setattr(api.idempotency, "IdempotencyRepository", repository)
    answers = await asyncio.gather(*(companions.add() for _ in range(AT_ONCE)))
    done = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(waiting) == AT_ONCE
    assert {(answer.json()["code"], answer.headers["Retry-After"]) for answer in waiting} <= {
        ("request_under_way", "1")
    }
    assert len([answer for answer in done if "Idempotent-Replayed" not in answer.headers]) == expected
    assert await companions.count() == len({answer.content for answer in done}) == expected


class Holder:
    """A request that has had its effect and not yet committed it."""

    def __init__(self, companions: Companions) -> None:
        self._companions = companions
        self._reached, self._resumed = asyncio.Event(), asyncio.Event()

    async def begin(self) -> None:
        self._companions.pause = self._wait
        self._task = asyncio.create_task(self._companions.add())
        await self._reached.wait()
        self._companions.pause = _go_on

    async def _wait(self) -> None:
        self._reached.set()
        await self._resumed.wait()

    async def go_on(self) -> httpx.Response:
        self._resumed.set()
        return await self._task

    async def die(self) -> None:
        """As a process does: nothing is tidied up, but its connection ends."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
async def holder(companions: Companions) -> AsyncIterator[Holder]:
    holder = Holder(companions)
    await holder.begin()
    yield holder
    await holder.die()


def after_the_lease() -> Any:
    return clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS + 1))


async def test_request_under_way_is_waited_for(companions: Companions, holder: Holder) -> None:
    refused = await companions.add()
    assert (refused.status_code, refused.headers["Retry-After"]) == (409, "1")
    assert refused.json()["code"] == "request_under_way"
    first = await holder.go_on()
    assert (await companions.add()).content == first.content
    assert await companions.count() == 1


async def test_dead_holder_is_taken_over_when_its_lease_is_over(
    companions: Companions, holder: Holder, transactions: Transactions
) -> None:
    await holder.die()
    with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS)):
        assert (await companions.add()).status_code == 409
    with after_the_lease():
        assert (await companions.add(name="Ai đó khác")).status_code == 422
        answer = await companions.add()
    assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (201, False)
    assert await companions.count() == 1
    (row,) = await read_keys(transactions)
    assert row.token == 2


class Unfenced(IdempotencyRepository):
    """What storing an answer must not be: whoever once held the request may do it."""

    async def store(self, claim: Claim, *, status_code: int, answer: str) -> bool:
        await self._session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.key_hash == claim.key.key_hash)
            .values(status_code=status_code, answer=answer)
        )
        return True


@pytest.mark.parametrize(("repository", "effects"), [(IdempotencyRepository, 1), (Unfenced, 2)])
async def test_stale_holder_can_change_nothing_any_more(
    companions: Companions,
    holder: Holder,
    monkeypatch: pytest.MonkeyPatch,
    repository: type[IdempotencyRepository],
    effects: int,
) -> None:
    monkeypatch.setattr(api.idempotency, "IdempotencyRepository", repository)
    with after_the_lease():
        taken_over = await companions.add()
    stale = await holder.go_on()
    assert await companions.count() == effects
    if repository is IdempotencyRepository:
        assert (taken_over.status_code, stale.status_code, stale.json()["code"]) == (201, 409, "request_under_way")
        assert (await companions.add()).content == taken_over.content


async def test_stale_holder_cannot_free_the_key(
    companions: Companions, holder: Holder, transactions: Transactions
) -> None:
    with after_the_lease():
        second = Holder(companions)
        await second.begin()
        assert (await holder.go_on()).status_code == 409
        assert (await companions.add()).status_code == 409, "the second is still at it"
        assert (await second.go_on()).status_code == 201
    assert await companions.count() == 1


async def test_answer_is_kept_a_day(companions: Companions, transactions: Transactions) -> None:
    await companions.add()
    counts = []
    for later in (timedelta(hours=24), timedelta(hours=24, seconds=1)):
        with clock.frozen(NOW + later):
            async with transactions() as session:
                await tidy(session)
        counts.append(len(await read_keys(transactions)))
    assert counts == [1, 0]


async def test_table_shows_neither_key_nor_request_nor_answer(companions: Companions, database_url: str) -> None:
    made = await companions.add()
    stored = find_stored(database_url, [KEY, NAME, made.json()["id"]])
    assert stored[NAME] == {"public.passengers"}
    assert stored[KEY] == set()
    assert stored[made.json()["id"]] == {"public.passengers"}


async def test_passengers_and_their_documents_are_entered_once(client: httpx.AsyncClient, database_url: str) -> None:
    await sign_up(client)
    book, numbers = "/v1/users/me/passengers", ["C1234567", "B7654321"]

    async def send(path: str, **body: str) -> dict[str, Any]:
        first, second = [await client.post(path, json=body, headers={"Idempotency-Key": KEY + path}) for _ in range(2)]
        assert (first.status_code, second.content) == (201, first.content)
        assert second.headers["Idempotent-Replayed"] == "true"
        return dict(first.json())

    made = await send(book, first_name="Lan", last_name="Nguyễn", passport_number=numbers[0])
    documents = f"{book}/{made['id']}/documents"
    assert (await send(documents, kind="passport", number=numbers[1]))["number"] == numbers[1]
    assert len((await client.get(book)).json()) == 1
    assert len((await client.get(documents)).json()) == 2
    assert find_stored(database_url, numbers) == {number: set() for number in numbers}
