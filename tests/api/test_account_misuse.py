"""What a patient enemy tries with accounts, and what two honest requests at once must not do to each other."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import clock
from db.models import Conversation, IdentityDocument, VerificationCode
from db.repositories.accounts import CodeRepository
from db.repositories.passengers import PassengerRepository
from db.repositories.sealed import SealedRepository, list_sealed_columns
from services.accounts import profile, registration
from services.accounts.tokens import make_access_token, read_access_token
from services.conversations import threads
from tests.support.accounts import ANOTHER_PASSWORD, PASSWORD, Account, Lobby, new_email

MAILS_AN_HOUR = 10


class Pause:
    """Stops a repository's method after it has read, until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        self.reached, self.may_go_on = asyncio.Event(), asyncio.Event()
        original: Callable[..., Awaitable[Any]] = getattr(owner, name)

        async def pause(*arguments: Any) -> Any:
            found = await original(*arguments)
            self.reached.set()
            await self.may_go_on.wait()
            return found

        monkeypatch.setattr(owner, name, pause)


async def open_widget(account: Account, lobby: Lobby) -> str:
    """A token as a foreign page is given one."""
    keys = lobby.parts.settings.keys
    claims = read_access_token(keys, account.access_token)
    return make_access_token(keys, user_id=claims.user_id, session_id=claims.session_id, scopes=["bookings", "chat"])


async def test_whoever_took_an_administrators_address_first_does_not_become_one(lobby: Lobby) -> None:
    squatter = await lobby.join()
    async with lobby.transactions() as session:
        await registration.create_admin(session, email=squatter.email, password=ANOTHER_PASSWORD)
    assert (await squatter.client.get("/v1/admin/users")).status_code == 401
    assert (await squatter.refresh()).status_code == 401
    operator = await lobby.sign_in(squatter.email, ANOTHER_PASSWORD)
    assert (await operator.client.get("/v1/admin/users")).status_code == 200


async def test_conversation_token_of_a_visitors_choosing_reveals_no_key(lobby: Lobby) -> None:
    """What is stored of it must not be what some secret of ours is hashed with."""
    account = await lobby.join()
    await lobby.visitor().post("/v1/auth/password/forgot", json={"email": account.email})
    async with lobby.transactions() as session:
        sent = await session.scalar(
            select(VerificationCode).where(
                VerificationCode.user_id == UUID(account.id), VerificationCode.purpose == "reset_password"
            )
        )
    assert sent is not None
    headers = {"X-Conversation-Token": f"code:{sent.id}"}
    made = await lobby.visitor().post("/v1/chat/conversations", json={}, headers=headers)
    async with lobby.transactions() as session:
        conversation = await session.get_one(Conversation, UUID(made.json()["id"]))
    code = await lobby.read_code(account.email)
    assert sent.code_hash != hmac.new(conversation.token_hash or b"", code.encode(), hashlib.sha256).digest()
    assert sent.code_hash == lobby.parts.settings.keys.hash_secret(f"code:{sent.id}", code), "the guess is a real one"


async def test_widgets_token_does_not_end_the_sign_in_it_came_of(lobby: Lobby) -> None:
    account = await lobby.join()
    headers = {"Authorization": f"Bearer {await open_widget(account, lobby)}"}
    assert (await lobby.visitor().post("/v1/auth/logout", json={}, headers=headers)).status_code == 204
    assert await account.is_let_in()


async def test_nobody_gets_more_letters_than_the_limit_however_they_are_asked_for(lobby: Lobby) -> None:
    victim, letters = new_email(), 0
    for _ in range(2):
        visitor = lobby.visitor()
        for _ in range(7):
            answer = await visitor.post("/v1/auth/register", json={"email": victim, "password": PASSWORD})
            if answer.status_code == 201:
                letters += 1
                headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
                await visitor.delete("/v1/users/me", headers=headers)
    for account in [await lobby.join() for _ in range(2)]:
        answer = await account.client.post("/v1/auth/email", json={"email": victim})
        letters += answer.status_code == 202
        assert answer.status_code == 429
    assert letters == MAILS_AN_HOUR


async def test_new_code_asked_for_while_the_last_one_is_used(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    account = await lobby.join()
    await lobby.visitor().post("/v1/auth/password/forgot", json={"email": account.email})
    body = {"email": account.email, "code": await lobby.read_code(account.email), "new_password": ANOTHER_PASSWORD}
    pause = Pause(monkeypatch, CodeRepository, "find")
    resetting = asyncio.create_task(lobby.visitor().post("/v1/auth/password/reset", json=body))
    await pause.reached.wait()
    asking = asyncio.create_task(lobby.visitor().post("/v1/auth/password/forgot", json={"email": account.email}))
    await asyncio.sleep(0.2)  # time enough to take the locks in the wrong order
    pause.may_go_on.set()
    assert [(await resetting).status_code, (await asking).status_code] == [204, 202]


async def test_account_deleted_while_it_creates_something(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    account = await lobby.join()
    pause = Pause(monkeypatch, PassengerRepository, "count_readable")
    body, headers = {"first_name": "Lan", "last_name": "Nguyen"}, {"Idempotency-Key": "k1"}
    creating = asyncio.create_task(account.client.post("/v1/users/me/passengers", json=body, headers=headers))
    await pause.reached.wait()
    deleting = asyncio.create_task(account.client.delete("/v1/users/me"))
    await asyncio.sleep(0.2)
    pause.may_go_on.set()
    assert (await deleting).status_code == 200
    assert (await creating).status_code in (201, 404, 409)


async def test_account_deleted_between_the_door_and_the_service_is_not_found(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, claimant = await lobby.join(), await lobby.join()
    read, claim = profile.get_me, threads.claim

    async def read_late(*arguments: Any) -> Any:
        await account.client.delete("/v1/users/me")
        return await read(*arguments)

    async def claim_late(*arguments: Any) -> Any:
        await claimant.client.delete("/v1/users/me")
        return await claim(*arguments)

    monkeypatch.setattr(profile, "get_me", read_late)
    monkeypatch.setattr(threads, "claim", claim_late)
    made = (await lobby.visitor().post("/v1/chat/conversations", json={})).json()
    assert (await account.client.get("/v1/users/me")).status_code == 404
    headers = {"X-Conversation-Token": made["conversation_token"]}
    answer = await claimant.client.post(f"/v1/chat/conversations/{made['id']}/claim", headers=headers)
    assert answer.status_code == 404


async def test_code_shown_in_the_wrong_place_is_used_up(lobby: Lobby) -> None:
    account, visitor = await lobby.join(), lobby.visitor()
    made = (await visitor.post("/v1/chat/conversations", json={})).json()
    asked = {"conversation_id": made["id"], "origin": "http://test"}
    answer = await account.client.post("/v1/auth/codes", json=asked, headers={"Origin": "http://test"})
    body = {"code": answer.json()["code"], "conversation_id": made["id"]}
    for origin in ("http://evil.example", "http://test"):
        headers = {"X-Conversation-Token": made["conversation_token"], "Origin": origin}
        assert (await visitor.post("/v1/auth/exchange", json=body, headers=headers)).status_code == 422


async def test_sealing_a_number_anew_is_no_change_of_its_document(lobby: Lobby) -> None:
    account = await lobby.join()
    body = {"first_name": "Lan", "last_name": "Nguyen", "passport_number": "C1234567", "nationality": "VN"}
    made = (await account.client.post("/v1/users/me/passengers", json=body)).json()
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        async with lobby.transactions() as session:
            where = IdentityDocument.passenger_id == UUID(made["id"])
            document = (await session.scalars(select(IdentityDocument).where(where))).one()
            (column,) = (each for each in list_sealed_columns() if each.table.name == "identity_documents")
            await SealedRepository(session, column).replace(document.id, document.number)
    read = (await account.client.get(f"/v1/users/me/passengers/{made['id']}")).json()
    assert read["documents"][0]["updated_at"] == made["documents"][0]["updated_at"]
