"""Many people at the door at once. FUZZ_LOGINS sets how many (`make fuzz` sends a thousand)."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import httpx

from tests.support.accounts import PASSWORD, Lobby

LOGINS = int(os.environ.get("FUZZ_LOGINS", "100"))


async def test_a_crowd_signing_in_is_let_in_refused_or_told_to_wait(client: httpx.AsyncClient) -> None:
    lobby = Lobby(client.app)  # type: ignore[attr-defined]
    account = await lobby.join()

    async def log_in(number: int) -> int:
        password = PASSWORD if number % 2 else "a sunny day in May"
        answer = await lobby.visitor().post("/v1/auth/login", json={"email": account.email, "password": password})
        return answer.status_code

    counts = Counter(await asyncio.gather(*(log_in(number) for number in range(LOGINS))))
    assert set(counts) <= {200, 401, 429, 503}
    assert min(counts[200], counts[401]) >= LOGINS // 10, counts
