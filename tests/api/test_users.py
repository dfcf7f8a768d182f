"""What users see and change of themselves, take with them, and leave behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import clock
from core.ids import new_id
from db.models import (
    FlightSearch,
    IdempotencyKey,
    IdentityDocument,
    Passenger,
    UserIdentity,
    UserPreference,
)
from db.repositories.accounts import UserRepository
from tests.api.test_auth_rows import USER
from tests.api.test_chat_errors import VIETNAMESE, check_error
from tests.conftest import NOW
from tests.support.accounts import Account, Lobby, new_email
from tests.support.stored import find_stored
from tests.support.talk import SEARCH, Talk

ME = "/v1/users/me"


async def test_profile_is_changed_field_by_field_and_null_clears_one(lobby: Lobby) -> None:
    account = await lobby.join(full_name="Lan", phone="0912345678")
    picture = "https://pictures.example/lan.png"
    answer = await account.client.patch(ME, json={"avatar_url": picture, "phone": None})
    body = answer.json()
    assert (answer.status_code, set(body)) == (200, USER)
    assert (body["full_name"], body["phone"], body["avatar_url"]) == ("Lan", None, picture)
    assert (await account.client.patch(ME, json={})).json() == body
    assert (await account.client.get(ME)).json() == body


@pytest.mark.parametrize(
    "changes",
    [{"is_superuser": True}, {"id": "x"}, {"user_id": "x"}, {"hashed_password": "x"}, {"email_verified_at": "now"}],
)
async def test_what_is_not_the_users_to_change_may_not_be_sent(lobby: Lobby, changes: dict[str, Any]) -> None:
    account = await lobby.join()
    before = (await account.client.get(ME)).json()
    check_error(await account.client.patch(ME, json=changes), 422, "invalid_request")
    assert (await account.client.get(ME)).json() == before


async def test_address_is_not_changed_through_the_profile(lobby: Lobby) -> None:
    account = await lobby.join()
    answer = await account.client.patch(ME, json={"email": new_email(), "full_name": "Mai"})
    check_error(answer, 422, "email_not_editable")
    me = (await account.client.get(ME)).json()
    assert (me["email"], me["full_name"]) == (account.email, None)


@pytest.mark.parametrize("is_active", [True, False])
async def test_only_an_administrator_sends_is_active(lobby: Lobby, is_active: bool) -> None:
    account, admin = await lobby.join(), await lobby.join_as_admin()
    check_error(await account.client.patch(ME, json={"is_active": is_active}), 403, "forbidden")
    assert (await account.client.get(ME)).json()["is_active"] is True
    assert (await admin.client.patch(ME, json={"is_active": True})).status_code == 200


async def test_nobody_changes_somebody_else(lobby: Lobby) -> None:
    account, other = await lobby.join(full_name="Lan"), await lobby.join(full_name="Mai")
    await account.client.patch(ME, json={"full_name": "Hoa"})
    assert (await other.client.get(ME)).json()["full_name"] == "Mai"


NAME, PHONE, PICTURE = "Canary Lan", "+84912000111", "https://canary.example/lan.png"
SURNAME, MAILBOX, SUBJECT = "CANARYNGUYEN", "lan.canary@example.com", "canary-subject"
CANARIES = [NAME, PHONE, PICTURE, SURNAME, MAILBOX, SUBJECT]
SAID = "said.canary@example.com"
"""In a chat, and sealed away."""


async def fill(lobby: Lobby, account: Account) -> None:
    """Leave something of the account's in every table that can hold it."""
    changes = {"full_name": NAME, "phone": PHONE, "avatar_url": PICTURE}
    assert (await account.client.patch(ME, json=changes)).status_code == 200
    await account.client.post("/v1/auth/password/forgot", json={"email": account.email})
    made = (await account.client.post("/v1/chat/conversations", json={})).json()
    assert (await Talk(account.client, made["id"]).ask(f"{SEARCH}, email {SAID}"))["state"]["run"] == "success"
    page = "http://test"
    body = {"conversation_id": made["id"], "origin": page}
    assert (await account.client.post("/v1/auth/codes", json=body, headers={"Origin": page})).status_code == 201
    user_id, passenger_id, vault = UUID(account.id), new_id(), lobby.parts.settings.keys.vault
    document_id = new_id()
    number = vault.seal("B7654321", table="identity_documents", column="number", row_id=document_id)
    async with lobby.transactions() as session:
        session.add(UserIdentity(user_id=user_id, issuer=f"https://{account.id}.example", subject=SUBJECT))
        session.add(Passenger(id=passenger_id, user_id=user_id, first_name="LAN", last_name=SURNAME, email=MAILBOX))
        await session.flush()
        session.add(
            IdentityDocument(id=document_id, passenger_id=passenger_id, number=number, kind="passport", is_primary=True)
        )
        session.add(UserPreference(user_id=user_id, default_passenger_id=passenger_id, cabin_class="business"))
        session.add(
            IdempotencyKey(
                owner_id=user_id, key_hash=b"k", id=new_id(), request_hash=b"r", lease_until=clock.now(), answer=None
            )
        )
        session.add(
            FlightSearch(
                user_id=user_id,
                origin="HAN",
                destination="DAD",
                depart_date=NOW.date(),
                adults=1,
                travel_class="economy",
                query={},
            )
        )


FILLED = {
    *("users", "user_identities", "user_sessions", "verification_codes", "audit_events"),
    *("passengers", "user_preferences", "conversations", "flight_searches", "notification_logs", "idempotency_keys"),
}
"""Tables that name a user, when everything of theirs is there."""
NOT_OURS = {"sandbox.outbox"}
"""The mailbox of somebody in the sandbox: what was sent is out in the world."""
OUTLIVING = {"audit_events", "rate_limits"}
"""By the user's id only: the record, and how often they came in the minute under way."""


def tables_with(database_url: str, needles: list[str]) -> set[str]:
    """Tables of ours with a row that holds any of these."""
    found = find_stored(database_url, needles)
    return {table.removeprefix("public.") for tables in found.values() for table in tables}


async def test_deleting_the_account_leaves_nothing_but_the_record(client: Any, database_url: str) -> None:
    lobby = Lobby(client.app)
    account, other = await lobby.join(), await lobby.join()
    await fill(lobby, account)
    conversations = (await account.client.get("/v1/chat/conversations")).json()
    named = [account.id]
    personal = [account.email, *CANARIES, *(each["id"] for each in conversations)]
    assert tables_with(database_url, named) >= FILLED
    holding = {"users", "conversations", "exchange_codes", "passengers", "vault_entries"}
    assert tables_with(database_url, personal) >= holding
    answer = await account.client.delete(ME)
    assert (answer.status_code, answer.json()["deleted"]) == (200, True)
    assert answer.json()["kept"]
    assert tables_with(database_url, named) <= OUTLIVING
    assert tables_with(database_url, personal) <= NOT_OURS
    assert "user.deleted" in await lobby.read_audit(account)
    assert await other.is_let_in()
    assert tables_with(database_url, [other.id]) >= {"users", "user_sessions"}


async def test_the_check_notices_rows_that_are_left(client: Any, database_url: str, monkeypatch: Any) -> None:
    async def forget_the_keys(self: UserRepository, user_id: UUID) -> list[UUID]:
        await self._session.execute(text("DELETE FROM users WHERE id = :id"), {"id": user_id})
        return []

    monkeypatch.setattr(UserRepository, "delete", forget_the_keys)
    lobby = Lobby(client.app)
    account = await lobby.join()
    await fill(lobby, account)
    (conversation,) = (await account.client.get("/v1/chat/conversations")).json()
    assert (await account.client.delete(ME)).status_code == 200
    left = tables_with(database_url, [account.id, conversation["id"]])
    assert left >= {"audit_events", "idempotency_keys", "checkpoints.checkpoints"}


async def test_what_is_kept_is_said_in_the_callers_language(lobby: Lobby) -> None:
    account = await lobby.join()
    (kept,) = (await account.client.delete(ME, headers=VIETNAMESE)).json()["kept"]
    assert not kept["what"].isascii()
    assert not kept["why"].isascii()


async def test_address_of_a_deleted_account_is_free_again(lobby: Lobby) -> None:
    account = await lobby.join()
    await account.client.delete(ME)
    assert (await lobby.join(email=account.email)).id != account.id


async def test_deleting_twice_finds_nobody(lobby: Lobby) -> None:
    account = await lobby.join()
    await account.client.delete(ME)
    check_error(await account.client.delete(ME), 404, "account_not_found")


async def test_export_holds_everything_but_secrets(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join(full_name="Somebody Else")
    await fill(lobby, account)
    answer = await account.client.get(f"{ME}/export")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    told = answer.json()
    for table in FILLED - {"verification_codes", "idempotency_keys"}:
        assert told[table], table
    assert [each["value"] for each in told["vault_entries"]] == [SAID]
    for held in (account.id, account.email, "B7654321", SEARCH, *CANARIES):
        assert held in answer.text
    for withheld in ("hashed_password", "$argon2", "token_hash", "value_hash", "Somebody Else", other.id, other.email):
        assert withheld not in answer.text
    assert "user.exported" in await lobby.read_audit(account)
