"""Hashing is dear: a few at a time, in threads, and too many at once are turned away."""

from __future__ import annotations

import asyncio
import threading
import unicodedata

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from core.errors import Overloaded
from services.accounts.passwords import HASHED_AT_ONCE, MAX_WAITING, Passwords

PASSWORD = "mưa rào cuối hạ"


class SlowHasher(Argon2Hasher):
    """Waits to be let go, and keeps count of how many wait with it."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.may_go = threading.Event()
        self.lock = threading.Lock()
        self.busy = self.busiest = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        assert self.may_go.wait(10)
        with self.lock:
            self.busy -= 1
        return super().hash(password, salt=salt)


@pytest.fixture
def quick() -> Passwords:
    return Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


async def test_right_password_is_known_and_no_other(quick: Passwords) -> None:
    hashed = await quick.hash(PASSWORD)
    assert await quick.verify(PASSWORD, hashed)
    assert not await quick.verify(PASSWORD.upper(), hashed)
    assert not await quick.verify("", hashed)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
async def test_password_is_the_same_however_it_was_composed(quick: Passwords, form: str) -> None:
    typed = unicodedata.normalize(form, PASSWORD)  # type: ignore[arg-type]  # the names of the forms
    assert await quick.verify(typed, await quick.hash(PASSWORD))


async def test_hash_is_salted(quick: Passwords) -> None:
    assert await quick.hash(PASSWORD) != await quick.hash(PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, "nobody's", ""])
async def test_nobodys_password_is_never_right(quick: Passwords, password: str) -> None:
    assert not await quick.verify(password, None)


async def test_a_few_are_hashed_at_once_and_too_many_are_turned_away() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    waiting = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await passwords.hash(PASSWORD)
    hasher.may_go.set()
    assert len(set(await asyncio.gather(*waiting))) == MAX_WAITING
    assert hasher.busiest <= HASHED_AT_ONCE
    assert await passwords.hash(PASSWORD), "there is room again"


async def test_caller_who_gives_up_makes_room() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    waiting = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    for task in waiting[HASHED_AT_ONCE:]:
        task.cancel()
    await asyncio.wait(waiting[HASHED_AT_ONCE:])
    hasher.may_go.set()
    assert await passwords.hash(PASSWORD)
    await asyncio.gather(*waiting[:HASHED_AT_ONCE])
