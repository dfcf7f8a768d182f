"""Each scenario is really run, with processes of their own and kill -9."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db import keeper
from db.embedded import EmbeddedPostgresError, choose_account, embedded_postgres
from db.keeper import Home, find_postmaster, open_lock, try_lock
from tests.support.processes import App, find_process, list_processes, read_state, reaping_nothing, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tests look at processes in /proc")
NOBODY = pwd.getpwnam("nobody")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who alone may run processes as another user")


@contextmanager
def make_folder() -> Iterator[Path]:
    """Unlike pytest's own folders, one that the account which runs the server for root may enter."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for pid in list_processes(folder):  # only what a failed test has left
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)


@pytest.fixture
def base() -> Iterator[Path]:
    with make_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def first_data_dir() -> Iterator[Path]:
    with make_folder() as folder:
        with embedded_postgres(folder / "data"):
            pass
        yield folder / "data"


@pytest.fixture
def data_dir(base: Path, first_data_dir: Path) -> Path:
    """With a cluster in it already, since copying one is faster than initdb."""
    subprocess.run(["cp", "-a", first_data_dir, base], check=True)
    return base / "data"


@pytest.fixture
def new_data_dir(base: Path) -> Path:
    return base / "new data"


def home_of(data_dir: Path) -> Home:
    return Home(data_dir, *choose_account(data_dir / "postgres"))


def count_rows(data_dir: Path) -> int:
    """On a next start."""
    with embedded_postgres(data_dir) as url, psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM notes").fetchone()
        assert row is not None
        return int(row[0])


def is_nothing_left(data_dir: Path) -> bool:
    return not list_processes(data_dir) and not home_of(data_dir).socket_dir.exists()


def find_server(data_dir: Path) -> int | None:
    return find_postmaster(home_of(data_dir).cluster)


def find_keeper(data_dir: Path) -> int:
    pid = find_process(data_dir, "keeper.py")
    assert pid is not None
    return pid


def kill_server(data_dir: Path) -> int:
    pid = find_server(data_dir)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.fixture
def stranger(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that a stale pid file may name by accident, within reach of the server's signals."""
    with subprocess.Popen(["sleep", "600"], **home_of(data_dir).account) as process:
        yield process
        assert process.poll() is None, "a process that is none of ours got a signal"
        process.kill()


def test_server_is_private_durable_and_gone_after_the_block(
    new_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with embedded_postgres(new_data_dir) as url, psycopg.connect(url) as connection:
        home = home_of(new_data_dir)
        assert connection.info.user == connection.info.dbname == "travel"
        names = ["fsync", "listen_addresses", "max_connections", "server_encoding"]
        assert [connection.execute(f"SHOW {name}").fetchone() for name in names] == [
            ("on",),
            ("",),
            ("300",),
            ("UTF8",),
        ]
        assert connection.info.server_version >= 180000
        assert home.socket_dir.lstat().st_mode & 0o777 == 0o700
        assert new_data_dir.stat().st_mode & 0o067 == 0
        assert all(path.stat().st_mode & 0o077 == 0 for path in new_data_dir.iterdir())
    assert is_nothing_left(new_data_dir)


def test_secrets_in_the_environment_stay_with_the_app(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret-value")
    with embedded_postgres(data_dir):
        read = set()
        for pid in list_processes(data_dir):
            with suppress(FileNotFoundError, ProcessLookupError):  # the server starts and ends some as it likes
                assert b"secret-value" not in Path(f"/proc/{pid}/environ").read_bytes()
                read.add(pid)
        assert read >= {find_keeper(data_dir), find_server(data_dir)}


def test_travellers_data_stays_out_of_the_log(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (passport text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('C1234567')")
        with pytest.raises(psycopg.errors.UniqueViolation, match="C1234567"):
            connection.execute("INSERT INTO people VALUES ('C1234567')")
    log = home_of(data_dir).log.read_text()
    assert "duplicate key" in log
    assert "C1234567" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_app_told_to_stop_returns_when_the_server_is_gone(data_dir: Path, number: signal.Signals) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        app.send(number)
        assert app.wait() in {128 + signal.SIGTERM, -signal.SIGINT}
    assert is_nothing_left(data_dir)
    assert count_rows(data_dir) == 1


def test_second_control_c_ends_the_app_and_the_server_still_stops(data_dir: Path) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        keeper_pid = find_keeper(data_dir)
        os.kill(keeper_pid, signal.SIGSTOP)  # so that the second one surely comes while the app waits for the server
        app.send(signal.SIGINT)
        wait_until(lambda: is_unused(data_dir))
        app.send(signal.SIGINT)
        assert app.wait() == -signal.SIGINT
        assert find_server(data_dir) is not None
        os.kill(keeper_pid, signal.SIGCONT)
    wait_until(lambda: is_nothing_left(data_dir))
    assert count_rows(data_dir) == 1


def is_unused(data_dir: Path) -> bool:
    with open_lock(home_of(data_dir).lock("use")) as use:
        return try_lock(use)


def test_killed_app_leaves_nothing_running(data_dir: Path) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        app.send(signal.SIGKILL)
        app.wait()
    wait_until(lambda: is_nothing_left(data_dir))
    assert count_rows(data_dir) == 1


def test_killed_postmaster_comes_back_while_it_is_used(data_dir: Path) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        killed = kill_server(data_dir)
        assert app.write_row() == 2
        assert find_server(data_dir) not in {killed, None}
        assert app.leave() == 0
    assert is_nothing_left(data_dir)
    assert count_rows(data_dir) == 2


def test_unreaped_postmaster_does_not_count_as_running(data_dir: Path) -> None:
    with App(data_dir) as app, reaping_nothing():
        assert app.wait_ready().write_row() == 1
        os.kill(find_keeper(data_dir), signal.SIGKILL)
        zombie = kill_server(data_dir)
        app.send(signal.SIGKILL)
        app.wait()
        wait_until(lambda: read_state(zombie) == "Z")
        assert (data_dir / "postgres" / "postmaster.pid").read_text().startswith(f"{zombie}\n")
        assert find_server(data_dir) is None
        assert count_rows(data_dir) == 1
        assert read_state(zombie) == "Z"
        assert is_nothing_left(data_dir)


def test_server_of_a_killed_keeper_is_stopped_by_the_last_user(data_dir: Path) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        os.kill(find_keeper(data_dir), signal.SIGKILL)
        assert app.write_row() == 2
        assert app.leave() == 0
    assert is_nothing_left(data_dir)
    assert count_rows(data_dir) == 2


def test_server_without_keeper_and_user_is_taken_over_by_the_next_start(data_dir: Path) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        os.kill(find_keeper(data_dir), signal.SIGKILL)
        app.send(signal.SIGKILL)
        app.wait()
    assert find_server(data_dir) is not None
    assert count_rows(data_dir) == 1
    assert is_nothing_left(data_dir)


@pytest.mark.parametrize("victims", [["initdb"], ["embedded_app"], ["initdb", "embedded_app"]], ids="+".join)
def test_killed_initdb_does_not_break_the_next_start(new_data_dir: Path, victims: list[str]) -> None:
    with App(new_data_dir) as app:
        wait_until(lambda: (new_data_dir / "postgres.new" / "base" / "1").exists())
        for victim in victims:
            pid = find_process(new_data_dir, victim)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        assert app.wait() != 0
        assert not (new_data_dir / "postgres").exists()
    with App(new_data_dir) as app:
        assert app.wait_ready().write_row() == 1
        assert app.leave() == 0
    assert is_nothing_left(new_data_dir)
    assert count_rows(new_data_dir) == 1
    assert not (new_data_dir / "postgres.new").exists()


def test_strangers_pid_in_the_pid_files_neither_blocks_a_start_nor_gets_a_signal(
    data_dir: Path, stranger: subprocess.Popen[bytes]
) -> None:
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        app.leave()
    blame(data_dir, stranger.pid)
    assert count_rows(data_dir) == 1
    assert is_nothing_left(data_dir)


def blame(data_dir: Path, pid: int) -> None:
    """Leave behind what a killed server leaves, with the pid of somebody else."""
    home = home_of(data_dir)
    words = f"{pid}\n{home.cluster}\n1700000000\n5432\n{home.socket_dir}\n\n  5432001  1\nready   \n"
    (home.cluster / "postmaster.pid").write_text(words)
    home.socket_dir.mkdir(mode=0o700)
    os.chown(home.socket_dir, home.uid, home.gid)
    (home.socket_dir / ".s.PGSQL.5432.lock").write_text(words)


def test_only_a_living_postmaster_of_the_same_cluster_is_recognised(
    data_dir: Path, stranger: subprocess.Popen[bytes]
) -> None:
    with embedded_postgres(data_dir):
        cluster = data_dir / "postgres"
        postmaster = find_postmaster(cluster)
        assert postmaster is not None
        assert "/postgres -D" in list_processes(data_dir)[postmaster]
        other = data_dir / "other"
        other.mkdir()
        for words in (str(postmaster), str(stranger.pid), "", "no pid"):
            (other / "postmaster.pid").write_text(words)
            assert find_postmaster(other) is None
        assert find_postmaster(data_dir / "missing") is None


@pytest.mark.parametrize("name", ["with a space", "long-" * 30], ids=["space", "150 characters"])
def test_any_folder_name_works(base: Path, name: str) -> None:
    data_dir = base / name / "data"
    with App(data_dir) as app:
        assert app.wait_ready().write_row() == 1
        assert app.leave() == 0
    assert is_nothing_left(data_dir)
    assert count_rows(data_dir) == 1


@needs_root
def test_root_hands_the_server_to_an_account_without_rights(new_data_dir: Path) -> None:
    new_data_dir.mkdir(mode=0o700)
    before = new_data_dir.parent.stat()
    with App(new_data_dir) as app:
        assert app.wait_ready().write_row() == 1
        postmaster = find_server(new_data_dir)
        assert Path(f"/proc/{postmaster}").stat().st_uid == NOBODY.pw_uid
        assert app.leave() == 0
    assert (new_data_dir / "postgres").stat().st_uid == NOBODY.pw_uid
    assert stat.S_IMODE(new_data_dir.stat().st_mode) == 0o710
    assert new_data_dir.parent.stat() == before


@needs_root
def test_normal_user_runs_it_as_itself(base: Path) -> None:
    os.chown(base, NOBODY.pw_uid, NOBODY.pw_gid)
    data_dir = base / "data"
    account = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}
    with App(data_dir, find_python_for(account), **account) as app:
        assert app.wait_ready().write_row() == 1
        assert Path(f"/proc/{find_server(data_dir)}").stat().st_uid == NOBODY.pw_uid
        app.send(signal.SIGTERM)
        app.wait()
    assert is_nothing_left(data_dir)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert count_rows(data_dir) == 1, "root goes on as the owner of the cluster"
    assert (data_dir / "postgres").stat().st_uid == NOBODY.pw_uid


def find_python_for(account: dict[str, Any]) -> str:
    """An interpreter of our version that the account may run: ours may lie in root's home."""
    question = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            if subprocess.run([python, "-c", question], cwd="/", **account).returncode == 0:
                return python
    pytest.skip(f"no Python {sys.version_info[0]}.{sys.version_info[1]} that a normal user may run")


def test_two_processes_starting_at_once_share_one_server(data_dir: Path) -> None:
    with App(data_dir) as first, App(data_dir) as second:
        first.wait_ready()
        second.wait_ready()
        assert sorted([first.write_row(), second.write_row()]) == [1, 2]
        assert sum("/keeper.py" in command for command in list_processes(data_dir).values()) == 1
        first.send(signal.SIGTERM)
        second.send(signal.SIGTERM)
        first.wait()
        second.wait()
        wait_until(lambda: is_nothing_left(data_dir))  # both may have left before the keeper had
    assert count_rows(data_dir) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_first_of_two_to_leave_does_not_stop_the_second(data_dir: Path, number: signal.Signals) -> None:
    with App(data_dir) as first, App(data_dir) as second:
        assert first.wait_ready().write_row() == 1
        assert second.wait_ready().write_row() == 2
        server = find_server(data_dir)
        first.send(number)
        first.wait()
        assert second.write_row() == 3
        assert find_server(data_dir) == server
        second.leave()
    assert is_nothing_left(data_dir)
    assert count_rows(data_dir) == 3


@needs_root
@pytest.mark.parametrize("closed", ["parent", "existing"])
def test_folder_the_account_may_not_enter_is_named(base: Path, closed: str) -> None:
    blocked = base / "closed"
    blocked.mkdir(mode=0o750)
    data_dir = blocked / "data" if closed == "parent" else blocked
    with pytest.raises(EmbeddedPostgresError, match=f"{blocked};.* DATA_DIR={data_dir}"), embedded_postgres(data_dir):
        pass
    assert stat.S_IMODE(blocked.stat().st_mode) == 0o750
    assert is_nothing_left(data_dir)


def test_folder_that_cannot_be_made_is_named(base: Path) -> None:
    (base / "file").touch()
    data_dir = base / "file" / "data"
    with (
        pytest.raises(EmbeddedPostgresError, match=f"DATA_DIR={data_dir} .*Not a directory"),
        embedded_postgres(data_dir),
    ):
        pass


@needs_root
def test_folder_a_normal_user_may_not_write_is_named(base: Path) -> None:
    account = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}
    with App(base / "data", find_python_for(account), **account) as app:
        assert app.wait() != 0
        assert f"DATA_DIR={base / 'data'} cannot be used: Permission denied in {base}\n" in app.read_errors()


def test_socket_folder_that_others_may_enter_is_refused(data_dir: Path) -> None:
    folder = home_of(data_dir).socket_dir
    folder.mkdir()
    folder.chmod(0o755)
    try:
        with (
            pytest.raises(EmbeddedPostgresError, match=f"{folder} is not a private folder"),
            embedded_postgres(data_dir),
        ):
            pass
        assert not list_processes(data_dir)
        assert folder.exists()
    finally:
        folder.rmdir()


def test_server_that_cannot_start_is_given_up_with_its_last_words(data_dir: Path) -> None:
    with embedded_postgres(data_dir):
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedPostgresError, match="incompatible with server"), embedded_postgres(data_dir):
        pass
    log = home_of(data_dir).log.read_text()
    assert log.count("incompatible with server") == keeper.MAX_STARTS_PER_MINUTE
    assert is_nothing_left(data_dir)


def test_server_that_ignores_the_orderly_stop_is_stopped_the_hard_way(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mutant(monkeypatch, tmp_path, "STOP_SECONDS = 10", "STOP_SECONDS = 0.1")
    with embedded_postgres(data_dir) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE notes (id integer)")
        connection.commit()
        server = find_server(data_dir)
        assert server is not None
        os.kill(server, signal.SIGSTOP)
    assert is_nothing_left(data_dir)
    monkeypatch.undo()
    assert count_rows(data_dir) == 0


def use_mutant(monkeypatch: pytest.MonkeyPatch, folder: Path, line: str, instead: str) -> None:
    """Let a keeper with one line changed run in place of ours."""
    source = Path(keeper.__file__).read_text()
    assert source.count(line) == 1
    mutant = folder / "keeper.py"
    mutant.write_text(source.replace(line, instead))
    monkeypatch.setattr(keeper, "__file__", str(mutant))


def test_keeper_that_believes_the_pid_file_would_be_caught(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: subprocess.Popen[bytes]
) -> None:
    with embedded_postgres(data_dir):
        pass
    blame(data_dir, stranger.pid)
    use_mutant(monkeypatch, tmp_path, '(home.cluster / "postmaster.pid").unlink(missing_ok=True)', "pass")
    with pytest.raises(EmbeddedPostgresError), embedded_postgres(data_dir):
        pass


def test_keeper_that_forgets_to_stop_the_server_would_be_caught(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mutant(
        monkeypatch,
        tmp_path,
        "            stop_server(home, server.send_signal)\n",
        "            return\n",
    )
    with embedded_postgres(data_dir):
        pass
    assert not is_nothing_left(data_dir)
    monkeypatch.undo()
    with embedded_postgres(data_dir):
        pass
    assert is_nothing_left(data_dir)


def test_postmaster_that_does_not_inherit_the_lock_would_be_caught(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_mutant(monkeypatch, tmp_path, "pass_fds=[server]", "pass_fds=[]")
    with embedded_postgres(data_dir):
        os.kill(find_keeper(data_dir), signal.SIGKILL)
        server = find_server(data_dir)
        assert server is not None
    assert not is_nothing_left(data_dir)
    os.kill(server, signal.SIGINT)
    wait_until(lambda: not list_processes(data_dir))
    monkeypatch.undo()
    with embedded_postgres(data_dir):
        pass
    assert is_nothing_left(data_dir)
