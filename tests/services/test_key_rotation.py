from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from core.ids import new_id
from core.security import Keys
from core.settings import Settings
from core.vault import Unsealable, Vault, new_document_key, read_document_keys
from db.models import (
    CalendarConnectAttempt,
    CalendarConnection,
    Conversation,
    IdempotencyKey,
    IdentityDocument,
    NotificationLog,
    SignInAttempt,
    VaultEntry,
)
from db.repositories.sealed import list_sealed_columns
from db.session import Transactions
from services.conversations.vault import open_entry, put_away
from services.key_rotation import ROWS_AT_ONCE, count_by_key, rotate
from tests.conftest import NOW
from tests.support.accounts import sign_up
from tests.support.airline import Airline
from tests.support.trips import Trips

Json = dict[str, Any]

PASSPORT = "C1234567"


@pytest.fixture
async def sealed_rows(client: httpx.AsyncClient, transactions: Transactions, settings: Settings) -> Json:
    """At least one text in every sealed column; gives the passenger."""
    await sign_up(client)
    body = {"first_name": "Lan", "last_name": "Nguyễn", "passport_number": PASSPORT, "passport_country": "VN"}
    passenger = (await client.post("/v1/users/me/passengers", json=body)).json()
    vault = settings.keys.vault
    attempt_id, key_id, letter_id, leave_id, way_id = (new_id() for _ in range(5))
    async with transactions() as session:
        session.add(
            SignInAttempt(
                id=attempt_id,
                state_hash=b"state",
                nonce="nonce",
                code_verifier=vault.seal(
                    "verifier", table="sign_in_attempts", column="code_verifier", row_id=attempt_id
                ),
                continue_to="/",
                expires_at=NOW,
            )
        )
        session.add(
            CalendarConnectAttempt(
                id=way_id,
                user_id=passenger["user_id"],
                state_hash=b"state",
                code_verifier=vault.seal(
                    "verifier", table="calendar_connect_attempts", column="code_verifier", row_id=way_id
                ),
                expires_at=NOW,
            )
        )
        session.add(
            CalendarConnection(
                id=leave_id,
                user_id=passenger["user_id"],
                refresh_token=vault.seal(
                    "1//token", table="calendar_connections", column="refresh_token", row_id=leave_id
                ),
                granted_at=NOW,
            )
        )
        session.add(
            NotificationLog(
                id=letter_id,
                user_id=passenger["user_id"],
                type="password_changed",
                language="vi",
                letter=vault.seal("{}", table="notification_logs", column="letter", row_id=letter_id),
                lease_until=NOW,
                due_at=NOW + timedelta(days=1),
            )
        )
        session.add(
            IdempotencyKey(
                id=key_id,
                owner_id=new_id(),
                key_hash=b"key",
                request_hash=b"request",
                lease_until=NOW,
                status_code=201,
                answer=vault.seal(json.dumps({}), table="idempotency_keys", column="answer", row_id=key_id),
            )
        )
        talk_id = new_id()
        session.add(Conversation(id=talk_id, channel="web", time_zone="Asia/Ho_Chi_Minh"))
        await session.flush()
        await put_away(session, settings.keys, talk_id, f"passport {PASSPORT}")
    trips = Trips(transactions, settings.keys, Airline())
    await trips.move_in()
    await trips.add("held")
    return dict(passenger)


def with_new_key(settings: Settings) -> Vault:
    """The keys after an operator has put a new one first."""
    old = settings.keys.vault
    return Vault({**read_document_keys(new_document_key()), **old._keys})


async def test_after_rotation_no_text_needs_the_old_key(
    client: httpx.AsyncClient, transactions: Transactions, settings: Settings, sealed_rows: Json
) -> None:
    before = await count_by_key(transactions)
    new = with_new_key(settings)
    assert await rotate(transactions, new) == sum(before.values()) >= len(list(list_sealed_columns())) >= 5
    assert await count_by_key(transactions) == {new.newest_key_id: sum(before.values())}
    async with transactions() as session:
        document = (await session.scalars(select(IdentityDocument))).one()
    place: Json = {"table": "identity_documents", "column": "number", "row_id": document.id}
    assert new.open(document.number, **place) == PASSPORT
    with pytest.raises(Unsealable):
        settings.keys.vault.open(document.number, **place)
    assert await rotate(transactions, new) == 0
    async with transactions() as session:
        said = (await session.scalars(select(VaultEntry))).one()
    assert open_entry(said.id, str(said.ciphertext), Keys(b"", new)) == PASSPORT


async def test_rotation_goes_on_past_one_batch(
    transactions: Transactions, settings: Settings, client: httpx.AsyncClient, sealed_rows: Json
) -> None:
    async with transactions() as session:
        for _ in range(ROWS_AT_ONCE + 1):
            row_id = new_id()
            session.add(
                IdentityDocument(
                    id=row_id,
                    passenger_id=sealed_rows["id"],
                    number=settings.keys.vault.seal(
                        PASSPORT, table="identity_documents", column="number", row_id=row_id
                    ),
                    is_primary=False,
                )
            )
    new = with_new_key(settings)
    await rotate(transactions, new)
    assert set(await count_by_key(transactions)) == {new.newest_key_id}


async def test_number_copied_into_another_row_does_not_open(
    client: httpx.AsyncClient, transactions: Transactions, sealed_rows: Json
) -> None:
    body = {"first_name": "Mai", "last_name": "Trần", "passport_number": "K7654321", "passport_country": "VN"}
    other = (await client.post("/v1/users/me/passengers", json=body)).json()
    async with transactions() as session:
        theirs = await session.scalar(
            select(IdentityDocument.number).where(IdentityDocument.passenger_id == sealed_rows["id"])
        )
        await session.execute(
            update(IdentityDocument).where(IdentityDocument.passenger_id == other["id"]).values(number=theirs)
        )
    answer = await client.get(f"/v1/users/me/passengers/{other['id']}")
    assert answer.status_code == 500, "somebody wrote to the table: nobody's number is shown for another's"
    assert PASSPORT not in answer.text
