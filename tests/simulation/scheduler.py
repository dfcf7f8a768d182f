"""One actor at a time, in an order drawn from a seed: the same seed is the same story.

An actor is a coroutine that stands still at every `step`: between two steps nothing else runs, so whatever it does
there happens at once, and the order of steps is all there is to draw. It can be killed where it stands, as a process
can, and what it held in its hands is gone.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

STEP_SECONDS = 0.05


class Killed(BaseException):
    """The end of a process, in the middle of what it was doing."""


@dataclass(eq=False)
class Actor:
    name: str
    task: asyncio.Task[None] | None = None
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    stopped_until: float = 0
    is_condemned: bool = False
    at: str = "start"


_me: ContextVar[Actor | None] = ContextVar("actor", default=None)


class Scheduler:
    """Draws who goes next, and keeps the story: what every actor came to, in order."""

    def __init__(self, dice: random.Random) -> None:
        """Seconds pass where actors pause, and a little with every step."""
        self.dice = dice
        self.actors: list[Actor] = []
        self.story: list[str] = []
        self.now = 0.0
        """Seconds since the story began."""

    def start(self, name: str, body: Callable[[], Coroutine[Any, Any, None]]) -> Actor:
        actor = Actor(name)

        async def live() -> None:
            _me.set(actor)
            try:
                await self.step("start")
                await body()
            except Killed:
                self.story.append(f"{name}: killed at {actor.at}")
            finally:
                actor.stands.set()

        self.actors.append(actor)
        actor.task = asyncio.create_task(live())
        return actor

    async def step(self, what: str) -> None:
        """Stand still until it is one's turn again. Outside any actor it is nothing."""
        actor = _me.get()
        if actor is None:
            return
        actor.at = what
        actor.stands.set()
        await actor.turn.wait()
        actor.turn.clear()
        if actor.is_condemned:
            raise Killed
        self.story.append(f"{actor.name}: {what}")

    async def pause(self, seconds: float, what: str = "awake") -> None:
        """Sleep, in the time of the story."""
        actor = _me.get()
        assert actor is not None
        actor.stopped_until = self.now + seconds
        await self.step(what)

    @property
    def running(self) -> Actor | None:
        return _me.get()

    def stall(self, actor: Actor, seconds: float) -> None:
        """Stop a process where it stands, as SIGSTOP does."""
        actor.stopped_until = self.now + seconds
        self.story.append(f"{actor.name}: stalled at {actor.at} for {seconds:.0f} s")

    def kill(self, actor: Actor) -> None:
        actor.is_condemned = True
        actor.stopped_until = 0

    async def run_one(self) -> bool:
        """Let one actor go one step; False when nobody is left. Where all sleep, the clock jumps to the first."""
        alive = [actor for actor in self.actors if actor.task and not actor.task.done()]
        for actor in alive:
            await actor.stands.wait()
        alive = [actor for actor in alive if actor.task and not actor.task.done()]
        if not alive:
            return False
        awake = [actor for actor in alive if actor.stopped_until <= self.now]
        if not awake:
            self.now = min(actor.stopped_until for actor in alive)
            return True
        actor = self.dice.choice(awake)
        self.now += STEP_SECONDS
        actor.stands.clear()
        actor.turn.set()
        await actor.stands.wait()
        if actor.task and actor.at != "start" and actor.task.done() and not actor.task.cancelled():
            actor.task.result()
        return True

    async def close(self) -> None:
        """End whoever still stands somewhere."""
        for actor in self.actors:
            if actor.task and not actor.task.done():
                actor.is_condemned = True
                actor.turn.set()
        await asyncio.gather(*(actor.task for actor in self.actors if actor.task), return_exceptions=True)
