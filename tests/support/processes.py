"""Real processes for tests: a child that uses the embedded PostgreSQL, and a look at what runs (Linux, by /proc)."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests" / "db" / "embedded_app.py"
PATIENCE_SECONDS = 30


class App:
    """A child process inside `embedded_postgres(data_dir)` that writes a row whenever it is told to."""

    def __init__(self, data_dir: Path, python: str = sys.executable, **options: Any) -> None:
        search = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry.endswith("site-packages"))])
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            [python, APP, data_dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,
            **options,
        )

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()

    def read_line(self) -> str:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE_SECONDS)[0], "the child says nothing"
        return self.process.stdout.readline().decode().strip()

    def wait_ready(self) -> App:
        line = self.read_line()
        assert line == "READY", self.read_errors()
        return self

    def read_errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def write_row(self) -> int:
        """The number of rows afterwards."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"write\n")
        return int(self.read_line())

    def leave(self) -> int:
        """Close its input, on which it ends by itself; its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.wait()

    def send(self, number: signal.Signals) -> None:
        """To its whole process group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def wait(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)


Found = TypeVar("Found")


def wait_until(find: Callable[[], Found]) -> Found:
    """The first true answer of `find`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)
    return found


def list_processes(folder: Path) -> dict[int, str]:
    """Pid and command line of each living process (no zombies) whose command line or working folder names `folder`."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in command or (command and str(folder) in str((entry / "cwd").readlink())):
                found[int(entry.name)] = command
    return found


def find_process(folder: Path, part: str) -> int | None:
    """The process of that folder with `part` in its command line."""
    return next((pid for pid, command in sorted(list_processes(folder).items()) if part in command), None)


def read_state(pid: int) -> str:
    """One letter: R, S, Z for a zombie, …; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def reaping_nothing() -> Iterator[None]:
    """Meanwhile orphaned grandchildren become children of this process, and zombies when they end; Linux only."""
    prctl, set_child_subreaper = ctypes.CDLL(None, use_errno=True).prctl, 36
    assert prctl(set_child_subreaper, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        assert prctl(set_child_subreaper, 0, 0, 0, 0) == 0
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
