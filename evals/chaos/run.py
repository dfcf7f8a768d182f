"""One run from the first process to the last row: unrest, calm, reckoning."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.embedded import embedded_postgres
from db.session import Transactions, create_engine, open_transactions
from evals.chaos.crowd import Diary, Traveller
from evals.chaos.house import House, open_house
from evals.chaos.ledger import Findings, examine, wait_for_rest
from evals.chaos.line import BROKEN
from evals.chaos.strikes import Killer, plan_strikes
from evals.invariants import Violation

CALM_SECONDS = 240.0
"""In which everything comes to rest, or never does; the longest thing to wait for is a link nobody paid by."""
JOINING_AT_ONCE = 4
STAGGER_SECONDS = 0.2
PROGRESS_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to reach before it may end."""

    seed: int
    kills: int
    bookings: int
    seconds: float
    """The unrest ends then, whatever was reached."""
    met: tuple[str, ...] = ()
    """What the crowd must have met besides, each once at least."""
    travellers: int = 36
    servers: int = 2
    workers: int = 2
    deadliness: float = 0.015
    """The chance of a process to die at a call with an effect, right before or right after."""
    pause_seconds: tuple[float, float] = (0.5, 3.0)
    """Between two strikes, at least and at most."""
    horizon_seconds: float = 600
    """What is due within this time of the end is waited for: links nobody paid by, holds that lapse."""

    def is_reached(self, kills: int, diary: Diary) -> bool:
        return (
            kills >= self.kills and len(diary.accepted) >= self.bookings and all(diary.met[each] for each in self.met)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    wanted: Wanted
    findings: Findings
    done: Counter[str]
    """To the processes."""
    diary: Diary
    kills: int
    unrest_seconds: float
    calm_seconds: float
    left: Mapping[str, int]
    """What was still due at the end."""
    failures: list[str]
    """Processes that ended by themselves, or would not when told to."""
    complaints: list[str]
    """What they logged with a traceback."""

    @property
    def violations(self) -> list[Violation]:
        still = [Violation("everything_has_come_to_rest", what, str(count)) for what, count in self.left.items()]
        ended = [Violation("processes_end_when_told", name, "") for name in self.failures]
        broken = [Violation("no_answer_is_500", "", str(self.diary.met[BROKEN]))] if self.diary.met[BROKEN] else []
        return [*self.findings.violations, *still, *ended, *broken]

    @property
    def is_complete(self) -> bool:
        return self.wanted.is_reached(self.kills, self.diary)


@contextmanager
def _open_folder() -> Iterator[Path]:
    # directly in /tmp: as root the database runs as another user, who may not enter folders that are ours alone
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@asynccontextmanager
async def open_run(wanted: Wanted) -> AsyncIterator[tuple[House, Transactions]]:
    """Processes and a database in a folder of their own; nothing of it is left afterwards."""
    with _open_folder() as folder, embedded_postgres(folder / "data") as url:
        engine = create_engine(url)
        try:
            async with open_house(
                folder, wanted.seed, servers=wanted.servers, workers=wanted.workers, deadliness=0.0
            ) as house:
                yield house, open_transactions(engine)
        finally:
            await engine.dispose()


Tell = Callable[[str], None]
"""Hears how far a run is."""


async def run(house: House, transactions: Transactions, wanted: Wanted, tell: Tell) -> Outcome:
    """Unrest until enough was reached, then calm until nothing is due, then the reckoning."""
    diary = Diary()
    crowd = [
        Traveller(number, wanted.seed, [each.url for each in house.servers], diary)
        for number in range(wanted.travellers)
    ]
    try:
        await _join_all(crowd)
        begun = time.monotonic()
        house.deadliness = wanted.deadliness
        await _make_unrest(house, crowd, wanted, diary, tell)
        unrest_seconds = time.monotonic() - begun
    finally:
        await asyncio.gather(*(each.close() for each in crowd))
    tell("calm")
    await house.calm()
    begun = time.monotonic()
    left = await wait_for_rest(transactions, CALM_SECONDS, horizon_seconds=wanted.horizon_seconds)
    tell(f"at rest, but for {left}" if left else "at rest")
    calm_seconds = time.monotonic() - begun
    house.tend()
    findings = await examine(transactions, diary)
    return Outcome(
        wanted,
        findings,
        house.counts,
        diary,
        house.kills,
        unrest_seconds,
        calm_seconds,
        left,
        house.failures,
        house.read_complaints(),
    )


async def _join_all(crowd: Sequence[Traveller]) -> None:
    """A few at a time: passwords are slow to hash, and nothing is tried here yet."""
    door = asyncio.Semaphore(JOINING_AT_ONCE)

    async def join(traveller: Traveller) -> None:
        async with door:
            await traveller.join()

    await asyncio.gather(*(join(each) for each in crowd))


async def _make_unrest(house: House, crowd: Iterable[Traveller], wanted: Wanted, diary: Diary, tell: Tell) -> None:
    deadline = time.monotonic() + wanted.seconds

    def is_enough() -> bool:
        return wanted.is_reached(house.kills, diary) or time.monotonic() > deadline

    def is_due() -> bool:
        """Kills keep step with bookings: each is to meet some under way."""
        return house.kills * wanted.bookings <= len(diary.accepted) * wanted.kills

    async def live(traveller: Traveller) -> None:
        await asyncio.sleep(traveller.number * STAGGER_SECONDS)
        while not is_enough():
            await traveller.travel()

    async def report() -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            tell(f"{house.kills} kills, {len(diary.accepted)} bookings")

    killer = Killer(house, plan_strikes(wanted.seed, wanted.pause_seconds), is_due)
    async with asyncio.TaskGroup() as group:
        others = [group.create_task(work) for work in (report(), killer.strike())]
        await asyncio.gather(*(live(each) for each in crowd))
        for each in others:
            each.cancel()
