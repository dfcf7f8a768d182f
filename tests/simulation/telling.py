"""Telling stories by the hundred, on one database, with hints caught before they reach the queue."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.abc import PQGen
from psycopg.waiting import wait
from sqlalchemy.ext.asyncio import create_async_engine

import db.hints
from core.security import Keys
from db.session import open_transactions, to_sqlalchemy_url
from evals.invariants import Violation
from tests.simulation.story import SHARE_OF_SCENES, Ending, Stage, Story


@dataclass
class Chronicle:
    """What became of many stories."""

    bad: list[Ending] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    told: int = 0
    steps: int = 0

    def describe(self) -> str:
        """What broke, seed by seed; the seed alone tells the story again."""
        return "\n".join(f"seed {each.seed}: {violation}" for each in self.bad for violation in each.violations)


class _Blocking(AsyncConnection[Any]):
    """Waits for the server without letting go of the loop: nobody else acts meanwhile, and it saves a tenth."""

    async def wait(self, gen: PQGen[Any], *limits: Any, **named_limits: Any) -> Any:
        return wait(gen, self.pgconn.socket, *limits, **named_limits)


@asynccontextmanager
async def open_stage(database_url: str) -> AsyncIterator[Stage]:
    """Transactions as quick as they get: nothing here has to outlive a power cut."""

    async def connect() -> AsyncConnection[Any]:
        return await _Blocking.connect(database_url, options="-c synchronous_commit=off")

    engine = create_async_engine(to_sqlalchemy_url(database_url), pool_reset_on_return=None, async_creator=connect)
    configured = structlog.get_config()
    # what goes wrong in a story is meant to
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with psycopg.connect(database_url, autocommit=True) as peeping:
        yield Stage(open_transactions(engine), peeping)
    structlog.configure(**configured)
    await engine.dispose()


async def tell_all(
    stage: Stage, keys: Keys, seeds: Iterable[int], *, scenes: float = SHARE_OF_SCENES, stop_early: bool = False
) -> Chronicle:
    """Tell the story of every seed; with `stop_early`, up to the first that breaks a rule."""
    chronicle = Chronicle()
    given = db.hints.hint
    callers = [module for module in list(sys.modules.values()) if getattr(module, "hint", None) is given]
    try:
        for seed in seeds:
            story = Story(stage, keys, seed, scenes=scenes)
            for module in callers:
                module.hint = story.hint  # type: ignore[attr-defined]  # found there above
            try:
                ending = await story.tell()
            except Exception as error:  # whatever a server would answer 500 for breaks a promise too
                broken = Violation("nothing_breaks", story.scheduler.story[-1], repr(error)[:300])
                ending = Ending(seed, [broken], story.reached, story.scheduler.story)
            chronicle.told += 1
            chronicle.steps += len(ending.story)
            chronicle.reached += ending.reached
            if ending.violations:
                chronicle.bad.append(ending)
                if stop_early:
                    break
    finally:
        for module in callers:
            module.hint = given  # type: ignore[attr-defined]  # as above
    return chronicle
