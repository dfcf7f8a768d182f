"""The product in a process of its own, on one port and one data folder, to be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.support.processes import ROOT

CLI = (str(ROOT / "cli.py"), "serve")
SLOW = ("-m", "tests.support.slow_server")
START_SECONDS = 60
STOP_SECONDS = 30


class ServerProcess:
    """Started with `start`, over and over; what it writes goes to a file beside its data."""

    def __init__(self, data_dir: Path, command: tuple[str, ...] = CLI, **env: str) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self._command = [sys.executable, *command]
        self._log = data_dir.with_suffix(".log")
        self._env = {name: value for name, value in os.environ.items() if name not in ("GROQ_API_KEY", "DATABASE_URL")}
        self._env |= {
            "PORT": str(self.port),
            "DATA_DIR": str(data_dir),
            "CLOCK_FIXED_AT": "2026-11-21T09:00:00+07:00",
            "PYTHONPATH": str(ROOT),
            **env,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once /readyz says so."""
        with self._log.open("ab") as log:
            # its own folder, so that no .env of a developer's is read
            cwd = self.data_dir.parent
            self._process = subprocess.Popen(self._command, cwd=cwd, env=self._env, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert self._process.poll() is None, self.read_log()
            assert time.monotonic() < deadline, self.read_log()
            time.sleep(0.05)

    def kill(self) -> None:
        """As a crash or the kernel ends it: no `finally` runs."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
            yield client

    def terminate(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Whatever its state is."""
        if self._process is not None and self._process.poll() is None:
            self.terminate()
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.kill()

    def read_log(self) -> str:
        return self._log.read_text()[-3000:]

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
