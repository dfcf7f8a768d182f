"""Password hashes: argon2id in a thread, a few at a time, because each takes a tenth of a second and 64 MiB."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.errors import Overloaded

T = TypeVar("T")

MIN_CHARACTERS = 8
MAX_CHARACTERS = 128

HASHED_AT_ONCE = 2
MAX_WAITING = 100


class Passwords:
    """Makes and checks hashes; more callers than can be served in about ten seconds are turned away."""

    def __init__(self, hasher: Argon2Hasher) -> None:
        self._hash = PasswordHash((hasher,))
        self._slots = asyncio.Semaphore(HASHED_AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """What is stored instead of the password; raises Overloaded."""
        return await self._run(lambda: self._hash.hash(_normalise(password)))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether this is the password; takes as long where there is none to compare. Raises Overloaded."""
        return await self._run(lambda: self._verify(_normalise(password), hashed))

    def _verify(self, password: str, hashed: str | None) -> bool:
        if hashed is None:
            self._nobodys = self._nobodys or self._hash.hash("nobody's")
            self._hash.verify(password, self._nobodys)
            return False
        return self._hash.verify(password, hashed)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Overloaded
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _normalise(password: str) -> str:
    """The same characters whichever keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


passwords = Passwords(Argon2Hasher())
"""One per process: what it limits is this machine's memory and cores."""
