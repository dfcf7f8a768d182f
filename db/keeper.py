"""The keeper: a small process that owns the postmaster of one DATA_DIR and outlives every process that uses it.

`db/embedded.py` runs this file as a script of its own. The keeper restarts a postmaster that dies while it is used, and
stops it once nobody uses it, however the users ended. Standard library only, so that it starts in a few milliseconds.

Nothing here believes a pid file. Four locks in DATA_DIR say who is alive, and the kernel drops them with their holders:

    start    one process at a time enters or leaves (shared with its initdb, which may outlive it)
    use      shared: a process uses the server; exclusive: the keeper is stopping it
    keeper   held by the keeper
    server   inherited by the postmaster and all its children: while it is free, none of them is left
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

POLL_SECONDS = 0.02
WATCH_SECONDS = 0.1
STOP_SECONDS = 10
"""For each of three ever harder ways to stop."""
MAX_STARTS_PER_MINUTE = 5
SOCKET_ROOT = Path("/tmp")  # noqa: S108 - short, and the same for all processes whatever their TMPDIR


class Home(NamedTuple):
    """Where one server lives, and the account that runs it."""

    data_dir: Path
    uid: int
    gid: int

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def socket_dir(self) -> Path:
        """A socket's path may have some 100 bytes, less than DATA_DIR itself may have."""
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return SOCKET_ROOT / f"travel-assistant-{self.uid}-{digest}"

    @property
    def account(self) -> dict[str, Any]:
        """The `subprocess` arguments that give up root, which PostgreSQL refuses; none for anybody else."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def lock(self, name: str) -> Path:
        return self.data_dir / f"postgres.{name}.lock"


@contextmanager
def open_lock(path: Path) -> Iterator[int]:
    """The descriptor of a lock file, not locked yet; closing it drops the lock unless a child has inherited it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, operation: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def acquire_lock(descriptor: int, operation: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor, operation):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def is_private_folder(folder: Path, uid: int) -> bool:
    """Whether it is a real folder (no link) that only this user may enter: anybody can make names in /tmp."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and stat.S_IMODE(found.st_mode) == 0o700


def keep_server(home: Home, command: list[str]) -> None:
    """Run the server while somebody uses it, then stop it; give up on one that cannot stay alive."""
    starts: deque[float] = deque(maxlen=MAX_STARTS_PER_MINUTE)
    with open_lock(home.lock("use")) as use:
        while not try_lock(use):
            if len(starts) == MAX_STARTS_PER_MINUTE and time.monotonic() - starts[0] < 60:
                break  # without a word: the last one in the log is the server's own
            starts.append(time.monotonic())
            watch_server(home, start_server(home, command), use)
        remove_socket_folder(home)


def watch_server(home: Home, server: subprocess.Popen[bytes], use: int) -> None:
    """Return when the server has ended: by itself, or stopped here because nobody uses it any more."""
    while server.poll() is None:
        if try_lock(use):
            stop_server(home, server.send_signal)
            server.wait()
        else:
            time.sleep(WATCH_SECONDS)


def start_server(home: Home, command: list[str]) -> subprocess.Popen[bytes]:
    with open_lock(home.lock("server")) as server:
        # The children of a killed postmaster end in their own time, and a new one must not meet them.
        fcntl.flock(server, fcntl.LOCK_EX)
        # Nobody of ours is alive, so whatever process a pid file names is a stranger.
        (home.cluster / "postmaster.pid").unlink(missing_ok=True)
        clear_socket_folder(home)
        return subprocess.Popen(command, pass_fds=[server], **home.account)  # noqa: S603 - our own


def clear_socket_folder(home: Home) -> None:
    folder = home.socket_dir
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, home.uid, home.gid)
    except FileExistsError:
        if not is_private_folder(folder, home.uid):
            sys.exit(f"FATAL: the socket folder {folder} is not a private folder of user id {home.uid}")
    for leftover in folder.iterdir():
        leftover.unlink()


def remove_socket_folder(home: Home) -> None:
    if home.socket_dir.exists() and is_private_folder(home.socket_dir, home.uid):
        shutil.rmtree(home.socket_dir)


def stop_server(home: Home, send: Callable[[int], None]) -> bool:
    """Stop the postmaster and wait until all its processes are gone; False when some will not go.

    SIGINT is the orderly way. A PostgreSQL 18 that is recovering from a crash at that moment may wait for ever
    (seen), so SIGQUIT and SIGKILL follow: its write-ahead log makes good what they interrupt.
    """
    with open_lock(home.lock("server")) as server:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            send(number)
            if acquire_lock(server, fcntl.LOCK_EX, STOP_SECONDS):
                return True
    return False


def stop_orphan(home: Home) -> None:
    """Stop the server that a killed keeper has left behind, if there is one."""

    def send(number: int) -> None:
        postmaster = find_postmaster(home.cluster)
        if postmaster is not None:
            os.kill(postmaster, number)

    with open_lock(home.lock("server")) as server:
        is_gone = try_lock(server)
    if not is_gone and not stop_server(home, send):
        sys.exit(f"FATAL: an earlier server still runs in {home.cluster}")


def find_postmaster(cluster: Path) -> int | None:
    """The pid in postmaster.pid, if that process is alive, no zombie, and really a postmaster of this cluster."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if f"/postgres -D {cluster} " in read_command_line(pid) else None


def read_command_line(pid: int) -> str:
    """Empty for a process that is dead or a zombie."""
    if sys.platform == "linux":  # /proc first: slim containers have no `ps`
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        except (FileNotFoundError, ProcessLookupError):
            return ""
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True).stdout  # noqa: S603 - our own


def main(data_dir: str, uid: str, gid: str, *command: str) -> None:
    """Stop an orphan, then go on as a daemon; the caller waits for the first and not for the second."""
    home = Home(Path(data_dir), int(uid), int(gid))
    stop_orphan(home)
    if os.fork() == 0:
        # Handlers, since SIG_IGN is inherited: a postmaster not quite up would miss the SIGINT that stops it.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        keep_server(home, list(command))


if __name__ == "__main__":
    main(*sys.argv[1:])
