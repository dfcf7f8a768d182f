"""The processes of a run: two servers and two workers on one database, and every way to hurt them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from db.embedded import prepare_home
from db.keeper import find_postmaster

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60
STOP_SECONDS = 20
LOOK_SECONDS = 0.05
EXCUSED_SECONDS = 15.0
"""After the database was restarted; nobody can start meanwhile."""


@dataclass
class Resident:
    """A server or a worker, whichever process plays it now."""

    name: str
    command: str
    port: int
    pid: int = 0
    lives: int = 0
    is_stalled: bool = False

    @property
    def url(self) -> str:
        """Of the server it is, or which a worker believes in."""
        return f"http://127.0.0.1:{self.port}"


class House:
    """Processes that are started again whenever they die, until `calm`."""

    def __init__(self, folder: Path, seed: int, *, servers: int, workers: int, deadliness: float) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.seed = seed
        self.deadliness = deadliness
        ports = [_find_free_port() for _ in range(servers)]
        self.servers = [Resident(f"server-{place}", "serve", port) for place, port in enumerate(ports)]
        self.workers = [Resident(f"worker-{place}", "worker", ports[place % servers]) for place in range(workers)]
        self.counts: Counter[str] = Counter()
        """What was done to them."""
        self.failures: list[str] = []
        """Processes that ended though nobody had killed them, or would not end when told to."""
        self._doomed: set[int] = set()
        self._database_restarted_at = -EXCUSED_SECONDS
        self._nursery: subprocess.Popen[str] | None = None

    @property
    def residents(self) -> list[Resident]:
        return [*self.servers, *self.workers]

    @property
    def kills(self) -> int:
        return self.counts["killed"] + self.counts["died at a call"]

    async def open(self) -> None:
        """Have everybody up and ready."""
        self._nursery = _start_nursery()
        for each in self.residents:
            self._start(each)
        await self._wait_ready()

    def close(self) -> None:
        """End every process that was started, at once."""
        if self._nursery is not None:
            # ends its input, and leaving waits for it
            with self._nursery, suppress(BrokenPipeError):
                assert self._nursery.stdin is not None
                self._nursery.stdin.close()

    def tend(self) -> None:
        """Start whoever has died again."""
        dead = self._list_dead()
        for each in self.residents:
            if each.pid not in dead:
                continue
            if each.pid not in self._doomed:
                self._explain(each, dead[each.pid])
            self._start(each)

    def kill(self, resident: Resident) -> None:
        """As a crash or the kernel ends it, and start it again."""
        self._doomed.add(resident.pid)
        if self._send(resident, signal.SIGKILL):
            self.counts["killed"] += 1
            self.counts[f"{resident.command} killed"] += 1

    async def stall(self, resident: Resident, seconds: float) -> None:
        """Have it stand still, all its locks and connections held, and go on as if nothing had been."""
        if resident.is_stalled or not self._send(resident, signal.SIGSTOP):
            return
        resident.is_stalled = True
        pid = resident.pid
        self.counts["stalls"] += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            resident.is_stalled = False
            self._ask({"signal": int(signal.SIGCONT), "pid": pid})

    def restart_database(self) -> None:
        """As `pg_ctl restart -m immediate` does: its keeper starts it again, and it replays its log."""
        postmaster = find_postmaster(prepare_home(self.data_dir.resolve()).cluster)
        if postmaster is not None:
            os.kill(postmaster, signal.SIGQUIT)
            self.counts["database restarts"] += 1
            self._database_restarted_at = time.monotonic()

    async def calm(self) -> None:
        """End everybody cleanly and start them once more, never to be hurt again."""
        for each in self.residents:
            self._doomed.add(each.pid)
            self._send(each, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while not {each.pid for each in self.residents} <= self._list_dead().keys():
            if time.monotonic() > deadline:
                deaf = [each.name for each in self.residents if self._send(each, signal.SIGKILL)]
                self.failures += [f"{name}, deaf to SIGTERM" for name in deaf]
            await asyncio.sleep(LOOK_SECONDS)
        self.deadliness = 0.0
        for each in self.residents:
            self._start(each)
        await self._wait_ready()

    def read_complaints(self) -> list[str]:
        """What the processes logged with a traceback."""
        lines = [line for each in self.residents for line in self._log(each).read_text(errors="replace").splitlines()]
        return [line for line in lines if "Traceback" in line]

    def _log(self, resident: Resident) -> Path:
        return self.folder / f"{resident.name}.log"

    def _explain(self, resident: Resident, code: int) -> None:
        """Why somebody died whom nobody here had killed."""
        if code == -signal.SIGKILL and self.deadliness:
            self.counts["died at a call"] += 1
        elif time.monotonic() - self._database_restarted_at < EXCUSED_SECONDS:
            self.counts["ended without a database"] += 1
        else:
            self.failures.append(f"{resident.name}, exit code {code}")

    def _list_dead(self) -> dict[int, int]:
        """The exit codes of all who ever died."""
        return {int(pid): code for pid, code in self._ask({}).items()}

    def _start(self, resident: Resident) -> None:
        env = {
            "PORT": str(resident.port),
            "DATA_DIR": str(self.data_dir),
            "LOG_LEVEL": "warning",
            # each traveller comes from an address of their own
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        order = {
            "command": resident.command,
            "env": env,
            "log": str(self._log(resident)),
            "seed": f"{self.seed} {resident.name} {resident.lives}",
            "deadliness": self.deadliness,
        }
        resident.pid = self._ask({"start": order})
        resident.lives += 1
        self._doomed.discard(resident.pid)
        resident.is_stalled = False

    def _send(self, resident: Resident, number: signal.Signals) -> bool:
        return bool(self._ask({"signal": int(number), "pid": resident.pid}))

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._nursery is not None
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(json.dumps(question) + "\n")
        self._nursery.stdin.flush()
        return json.loads(self._nursery.stdout.readline())

    async def _wait_ready(self) -> None:
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False, timeout=2) as client:
            for each in self.servers:
                while not await _is_ready(client, each):
                    self.tend()
                    await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def open_house(folder: Path, seed: int, *, servers: int, workers: int, deadliness: float) -> AsyncIterator[House]:
    house = House(folder, seed, servers=servers, workers=workers, deadliness=deadliness)
    try:
        await house.open()
        yield house
    finally:
        house.close()


def _start_nursery() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "evals.chaos.nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={"PATH": os.environ["PATH"]},
        # its own session: a Ctrl-C is ours to hear, and to pass on by ending its input
        start_new_session=True,
    )


async def _is_ready(client: httpx.AsyncClient, server: Resident) -> bool:
    try:
        return (await client.get(f"{server.url}/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
