"""What will befall the processes, drawn from the seed: whom it meets, when, and what fails besides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import httpx

from evals.chaos.house import House, Resident
from evals.chaos.pace import STALL_SECONDS

Blow = Literal["kill worker", "kill server", "kill both", "stall worker", "stall server", "restart database"]
BLOWS: dict[Blow, float] = {
    "kill worker": 10,
    "kill server": 7,
    "kill both": 2,
    "stall worker": 1.5,
    "stall server": 1,
    "restart database": 1,
}
BETWEEN_DATABASE_RESTARTS_SECONDS = 20.0
"""Its keeper gives up on one that dies five times a minute."""
LOOK_SECONDS = 0.1

ArmedFault = tuple[str, str]
FAULTS: tuple[ArmedFault, ...] = (
    *(("book", kind) for kind in ("slow", "timeout_before", "timeout_after", "server_error_after", "rate_limited")),
    *(("pay", kind) for kind in ("slow", "timeout_before", "timeout_after", "server_error", "cut_after")),
    *(("cancel", kind) for kind in ("slow", "timeout_before", "timeout_after", "server_error")),
    *(("change", kind) for kind in ("slow", "timeout_before", "timeout_after")),
    *(("book", "sold_out"), ("pay", "offer_gone"), ("price", "price_change")),
    *(("get_order", kind) for kind in ("slow", "server_error", "garbage")),
    *(("find_order", kind) for kind in ("slow", "rate_limited", "half_body")),
    *(("create_link", kind) for kind in ("slow", "server_error", "server_error_after")),
    *(("refund", kind) for kind in ("slow", "server_error", "server_error_after", "garbage")),
    ("query", "server_error"),
    *(("notice", kind) for kind in ("duplicate_notice", "late_notice", "lost_notice", "forged_notice")),
    *(("notice", kind) for kind in ("wrong_amount_notice", "redirect_first")),
)


@dataclass(frozen=True, slots=True)
class Strike:
    after_seconds: float
    blow: Blow
    place: int
    """Whom of their kind it meets, counted round."""
    faults: tuple[ArmedFault, ...]
    """Armed at that server, or at the one beside, just before."""
    fault_seconds: float
    lead_seconds: float
    """Between the faults and the blow."""
    stall_seconds: float


def plan_strikes(seed: int, pause_seconds: tuple[float, float]) -> Iterator[Strike]:
    """The same for the same seed, without an end; between two there is a pause of so many seconds."""
    dice = Random(f"{seed} strikes")  # noqa: S311 - bad luck
    while True:
        yield Strike(
            after_seconds=dice.uniform(*pause_seconds),
            blow=dice.choices(list(BLOWS), list(BLOWS.values()))[0],
            place=dice.randrange(60),
            faults=tuple(dice.choices(FAULTS, k=dice.randrange(4))),
            fault_seconds=dice.uniform(0.3, 1.5),
            lead_seconds=dice.uniform(0.0, 0.8),
            stall_seconds=dice.uniform(*STALL_SECONDS),
        )


class Killer:
    """Carries the plan out, and starts again what dies, until cancelled."""

    def __init__(self, house: House, plan: Iterator[Strike], is_due: Callable[[], bool]) -> None:
        """`is_due`: whether enough has happened for the next strike."""
        self._house = house
        self._plan = plan
        self._is_due = is_due
        self._stalls: set[asyncio.Task[None]] = set()
        self._database_restarted_at = 0.0

    async def strike(self) -> None:
        """For ever; whoever stands still when it is cancelled goes on."""
        async with httpx.AsyncClient(trust_env=False, timeout=1) as client:
            tending = asyncio.create_task(self._tend())
            try:
                for strike in self._plan:
                    await asyncio.sleep(strike.after_seconds)
                    while not self._is_due():  # noqa: ASYNC110 - of counts that others keep nobody tells
                        await asyncio.sleep(LOOK_SECONDS)
                    await self._carry_out(client, strike)
            finally:
                for task in (tending, *self._stalls):
                    task.cancel()
                await asyncio.gather(tending, *self._stalls, return_exceptions=True)

    async def _tend(self) -> None:
        while True:
            self._house.tend()
            await asyncio.sleep(LOOK_SECONDS)

    async def _carry_out(self, client: httpx.AsyncClient, strike: Strike) -> None:
        servers, workers = self._house.servers, self._house.workers
        server, worker = servers[strike.place % len(servers)], workers[strike.place % len(workers)]
        for fault in strike.faults:
            await self._arm(client, server, fault, strike.fault_seconds)
        await asyncio.sleep(strike.lead_seconds)
        match strike.blow:
            case "kill worker":
                self._house.kill(worker)
            case "kill server":
                self._house.kill(server)
            case "kill both":
                self._house.kill(server)
                self._house.kill(worker)
            case "stall worker":
                self._stall(worker, strike.stall_seconds)
            case "stall server":
                self._stall(server, strike.stall_seconds)
            case "restart database":
                self._restart_database()

    def _stall(self, resident: Resident, seconds: float) -> None:
        task = asyncio.create_task(self._house.stall(resident, seconds))
        self._stalls.add(task)
        task.add_done_callback(self._stalls.discard)

    def _restart_database(self) -> None:
        now = time.monotonic()
        if now - self._database_restarted_at > BETWEEN_DATABASE_RESTARTS_SECONDS:
            self._database_restarted_at = now
            self._house.restart_database()

    async def _arm(self, client: httpx.AsyncClient, server: Resident, fault: ArmedFault, seconds: float) -> None:
        operation, kind = fault
        body: dict[str, Any] = {"operation": operation, "kind": kind, "seconds": seconds}
        with suppress(httpx.TransportError):  # nobody there to be told
            answer = await client.post(f"{server.url}/sandbox/faults", json=body)
            answer.raise_for_status()
            self._house.counts["faults armed"] += 1
            self._house.counts[f"fault {operation} {kind}"] += 1
