"""Ids, tokens, the clock and what logs let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.clock import Clock
from core.ids import new_id
from core.logging import ALLOWED_KEYS, keep_allowed_keys, scrub_values
from core.security import Keys, new_token
from core.vault import Vault, new_document_key, read_document_keys


def test_ids_are_unique_and_sort_by_their_time() -> None:
    ids = [new_id() for _ in range(500)]
    assert len(set(ids)) == 500
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, UUID(int=0x8 << 60).variant)}
    milliseconds = [id_.int >> 80 for id_ in ids]
    assert milliseconds == sorted(milliseconds)


def test_token_is_long_and_only_its_keyed_hash_is_worth_storing() -> None:
    token = new_token()
    assert len(token) >= 43
    assert new_token() != token
    keys, others = (Keys(key, Vault(read_document_keys(new_document_key()))) for key in (b"key", b"other key"))
    hashed = keys.hash_secret("a purpose", token)
    assert hashed == keys.hash_secret("a purpose", token)
    assert hashed not in (others.hash_secret("a purpose", token), keys.hash_secret("another", token))
    assert token.encode() not in hashed


def test_clock_runs_on_from_where_it_starts_and_stands_still_when_frozen() -> None:
    clock, at = Clock(), datetime(2026, 1, 1, tzinfo=UTC)
    clock.start_at(timedelta(days=1_000))
    assert clock.now() - datetime.now(UTC) > timedelta(days=999)
    with clock.frozen(at):
        assert clock.now() == at
        with clock.frozen(at + timedelta(hours=1)):
            assert clock.now() == at + timedelta(hours=1)
        assert clock.now() == at
    assert clock.now() != at


def test_log_drops_every_key_that_is_not_listed() -> None:
    entry = {"event": "run.finished", "run_id": "r", "text": "Hà Nội", "email": "a@b.vn", "params": {}}
    assert keep_allowed_keys(None, "info", entry) == {"event": "run.finished", "run_id": "r"}
    assert not ALLOWED_KEYS & {"text", "content", "message", "body", "email", "token", "prompt", "args"}


@pytest.mark.parametrize(
    "secret",
    [
        "lan.nguyen+vé@example.com",
        "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
        "Bearer abc.def",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "B1234567",
    ],
)
def test_secret_in_an_allowed_key_is_blanked(secret: str) -> None:
    entry = {"event": "request.failed", "exception": f"ValueError: cannot read {secret} here", "count": 3}
    scrubbed = scrub_values(None, "error", entry)
    assert secret not in str(scrubbed)
    assert str(scrubbed["exception"]).startswith("ValueError: cannot read [removed]")
    assert scrubbed["count"] == 3


def test_ids_and_routes_pass_the_second_net() -> None:
    entry = {"event": "run.finished", "run_id": str(new_id()), "route": "/v1/chat/messages", "code": "VN6512"}
    assert scrub_values(None, "info", dict(entry)) == entry
