"""The command line as a person uses it: processes of their own, looked at from outside."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

import cli
import terminal
from core.ids import new_id
from core.settings import Settings
from db.models import Conversation, SupportTicket
from db.session import Transactions
from providers.sandbox import groq_face
from tests.conftest import NOW
from tests.support.airline import Airline
from tests.support.listening import listen
from tests.support.trips import Trips

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60
FINDING = "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn"

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start_cli(tmp_path: Path) -> Start:
    """`start_cli("serve", PORT="1")`: the program with nothing set but what is named."""

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), *arguments],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "COLUMNS": "200",
                "DATA_DIR": str(tmp_path),
                "CLOCK_FIXED_AT": NOW.isoformat(),
                "PORT": str(find_free_port()),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run_cli(start_cli: Start) -> Run:
    """`run_cli("chat", "hello", PORT="1")`: the program, to its end."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with start_cli(*arguments, **environment) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE_SECONDS)
            finally:
                process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder the database's own account may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="cli-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def test_doctor_says_what_is_on_and_leaves_no_database_running(run_cli: Run, data_dir: Path) -> None:
    done = run_cli("doctor", DATA_DIR=str(data_dir))
    assert done.returncode == 0, done.stderr
    assert f"embedded in {data_dir}, no tables yet" in done.stdout
    assert "simulated timetable: no real seats" in done.stdout
    assert "simulated VNPAY and MoMo: no money moves" in done.stdout
    assert "offline (no GROQ_API_KEY)" in done.stdout
    assert "the first server will have this database's world begin at 2026-11-21 09:00" in done.stdout
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_doctor_leaves_a_database_as_it_finds_it(run_cli: Run, empty_database: str) -> None:
    for _ in range(2):
        done = run_cli("doctor", DATABASE_URL=empty_database)
        assert (done.returncode, "DATABASE_URL, no tables yet" in done.stdout) == (0, True), done.stdout
    with psycopg.connect(empty_database) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


def test_doctor_names_the_command_a_database_behind_needs(run_cli: Run, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.execute("INSERT INTO alembic_version VALUES ('an older one')")
    done = run_cli("doctor", DATABASE_URL=database_url)
    assert done.returncode == 1
    assert "migrations behind: run travel-assistant migrate" in done.stdout


def test_doctor_tells_the_time_of_the_database_and_not_of_the_setting(run_cli: Run, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO clock_offset (id, \"offset\") VALUES (1, interval '4000 days')")
    done = run_cli("doctor", DATABASE_URL=database_url)
    told = re.search(r"in this database's world it is (\d{4})", done.stdout)
    assert told, done.stdout
    assert int(told[1]) > NOW.year + 5
    assert "migrations at head" in done.stdout


def test_doctor_keeps_a_key_to_itself(run_cli: Run, database_url: str) -> None:
    done = run_cli("doctor", DATABASE_URL=database_url, GROQ_API_KEY="gsk_sesame", GROQ_BASE_URL="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "The models of http://127.0.0.1:9 cannot be read" in done.stdout
    assert "openai/gpt-oss-120b" in done.stdout
    assert "sesame" not in done.stdout + done.stderr


async def test_doctor_names_the_setting_of_a_model_there_is_no_more(run_cli: Run, database_url: str) -> None:
    app = FastAPI()
    app.include_router(groq_face.router)
    app.state.sandbox_groq = groq_face.SandboxGroq()
    async with listen(app) as origin:
        named = {"GROQ_API_KEY": "gsk_sesame", "MODEL_SMALL": "llama-3.1-8b-instant"}
        base = f"{origin}/sandbox/groq"
        done = await asyncio.to_thread(run_cli, "doctor", DATABASE_URL=database_url, GROQ_BASE_URL=base, **named)
    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    assert "MODEL_SMALL=llama-3.1-8b-instant: there is no such model. There are: openai/gpt-oss-120b" in told


def test_doctor_names_the_vendors(run_cli: Run, database_url: str) -> None:
    done = run_cli("doctor", DATABASE_URL=database_url, DUFFEL_ACCESS_TOKEN="duffel_test_sesame")
    assert "Duffel, in test mode: no real seats" in done.stdout
    done = run_cli("doctor", DATABASE_URL=database_url, DUFFEL_ACCESS_TOKEN="duffel_live_sesame")
    assert "Duffel, live" in done.stdout
    assert "sesame" not in done.stdout + done.stderr


def test_doctor_fails_when_something_is_wrong(run_cli: Run) -> None:
    done = run_cli("doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing", AMADEUS_CLIENT_ID="x")
    assert done.returncode == 1
    assert "AMADEUS_CLIENT_SECRET" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_migrate_makes_the_tables_and_can_be_repeated(run_cli: Run, empty_database: str) -> None:
    for _ in range(2):
        done = run_cli("migrate", DATABASE_URL=empty_database)
        assert (done.returncode, done.stdout.strip()) == (0, "The database is up to date."), done.stderr
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)


@pytest.fixture
def empty_database(database_url: str) -> str:
    """The test's database with everything taken out of it again."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for schema in ("public", "checkpoints", "jobs", "sandbox"):
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.execute("CREATE SCHEMA public")
    return database_url


def test_chat_answers_one_sentence_with_a_table_and_ends(run_cli: Run, database_url: str) -> None:
    done = run_cli("chat", *FINDING.split(), DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert "Chuyến bay mô phỏng" in done.stdout
    for heading in ("Hãng", "Chuyến", "Giờ bay", "Tổng"):
        assert heading in done.stdout
    rows = [line for line in done.stdout.splitlines() if "HAN " in line]
    assert len(rows) == 8
    assert all("→ DAD" in row and "₫" in row for row in rows)
    assert "Mình tìm thấy" in done.stdout
    assert "**" not in done.stdout
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("SELECT channel FROM conversations").fetchall()
        told = connection.execute("SELECT content FROM conversation_messages ORDER BY position").fetchall()
    assert stored == [("cli",)]
    assert told[0] == (FINDING,)
    assert told[1][0].replace("**", "") in done.stdout


@pytest.mark.parametrize("command", ["serve", "chat"])
def test_setting_that_would_mix_the_worlds_ends_in_one_line(run_cli: Run, command: str) -> None:
    done = run_cli(
        command,
        DUFFEL_ACCESS_TOKEN="duffel_live_sesame",
        AMADEUS_CLIENT_ID="open",
        AMADEUS_CLIENT_SECRET="sesame",
        AMADEUS_BASE_URL="https://test.api.amadeus.com",
    )
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("travel-assistant: DUFFEL_ACCESS_TOKEN and AMADEUS_BASE_URL")
    assert "sesame" not in line


def test_unreadable_setting_ends_in_one_line(run_cli: Run) -> None:
    done = run_cli("serve", PORT="eighty")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("travel-assistant: The settings cannot be read. PORT: ")


@pytest.mark.parametrize("command", ["serve", "migrate", "chat"])
def test_database_out_of_reach_ends_in_one_line(run_cli: Run, command: str) -> None:
    done = run_cli(command, DATABASE_URL="postgresql://nobody:sesame@127.0.0.1:1/nothing")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("travel-assistant: The database cannot be used: ")
    assert "Connection refused" in line
    assert "sesame" not in line


def test_doctor_does_not_repeat_a_password(run_cli: Run) -> None:
    done = run_cli("doctor", DATABASE_URL="postgresql://travel:open@sesame@127.0.0.1:1/travel")
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr
    assert "sesame" not in done.stdout + done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://::1:8000", "nowhere"])
def test_chat_with_nobody_ends_in_one_line(run_cli: Run, url: str) -> None:
    done = run_cli("chat", "--url", url, "hello")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"travel-assistant: No travel assistant answers at {url}: ")


def test_port_in_use_ends_in_one_line_that_does_not_claim_to_serve(run_cli: Run, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_cli("serve", DATABASE_URL=database_url, PORT=str(port))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"travel-assistant: HOST=127.0.0.1 PORT={port} cannot be served: Address already in use")


@pytest.mark.parametrize(
    ("host", "shown", "reached"),
    [
        ("::1", "http://[::1]", ["[::1]"]),
        ("0.0.0.0", "http://127.0.0.1", ["127.0.0.1"]),
        ("::", "http://127.0.0.1", ["127.0.0.1", "[::1]"]),
    ],
)
def test_server_is_announced_where_it_answers_and_chat_finds_it(
    start_cli: Start, run_cli: Run, database_url: str, host: str, shown: str, reached: list[str]
) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    settings = {"HOST": host, "PORT": str(find_free_port()), "DATABASE_URL": database_url}
    with start_cli("serve", **settings) as server:
        try:
            assert server.stderr is not None
            assert f"Travel assistant at {shown}:{settings['PORT']} " in server.stderr.readline()
            for address in reached:
                answer = httpx.get(f"http://{address}:{settings['PORT']}/readyz", trust_env=False)
                assert answer.status_code == 200
            # a world of its own could not be opened here
            done = run_cli("chat", "xin chào", **settings | {"DATABASE_URL": "postgresql://127.0.0.1:1/nothing"})
            assert done.returncode == 0, done.stderr
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=PATIENCE_SECONDS)


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class Gone(httpx.BaseTransport):
    """A server that opens a conversation, begins a reply when `has_begun`, and is never heard of again."""

    def __init__(self, *, has_begun: bool) -> None:
        self.has_begun = has_begun
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/chat/conversations":
            return httpx.Response(201, json={"id": "c", "conversation_token": "t"})
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        if self.has_begun and len(self.asked) == 1:
            return httpx.Response(200, text='id: 1\ndata: {"type": "RUN_STARTED", "runId": "r"}\n\n')
        raise httpx.ConnectError("refused")


@pytest.mark.parametrize("has_begun", [False, True])
def test_talk_is_given_up_when_the_server_stays_away(
    has_begun: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "RETRY_SECONDS", 0)
    server = Gone(has_begun=has_begun)
    with httpx.Client(base_url="http://server", transport=server) as client:
        assert terminal.Talk(client).say("hello") is False
    assert capsys.readouterr().out.splitlines() == ["The server at http://server is gone."]
    first = ["POST /v1/chat/conversations/c/messages"]
    again = ["GET /v1/chat/conversations/c/runs/r/events?after=1"] if has_begun else first
    assert server.asked == first + again * (terminal.TRIES - 1)


def test_one_shot_talk_without_a_reply_fails(run_cli: Run, database_url: str) -> None:
    done = run_cli("chat", "x" * 5000, DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (1, "")
    assert len(done.stdout.splitlines()) == 1


def test_program_without_a_command_lists_them(run_cli: Run) -> None:
    done = run_cli("--help")
    assert done.returncode == 0
    for command in ("serve", "chat", "doctor", "migrate"):
        assert command in done.stdout


def test_site_key_is_made_and_ended(run_cli: Run, database_url: str) -> None:
    made = run_cli("create-site", "Shop", "--origin", "https://Shop.example", DATABASE_URL=database_url)
    key = made.stdout.strip()
    assert (made.returncode, key.startswith("site_")) == (0, True), made.stderr
    with psycopg.connect(database_url) as connection:
        sites = connection.execute("SELECT kind, name, allowed_origins FROM api_clients").fetchall()
    assert sites == [("site", "Shop", ["https://shop.example"])]
    assert run_cli("revoke-site", key, DATABASE_URL=database_url).returncode == 0
    again = run_cli("revoke-site", key, DATABASE_URL=database_url)
    assert (again.returncode, "revoked before" in again.stderr) == (2, True)


def test_nothing_that_waits_is_said_so_and_nothing_is_settled(run_cli: Run, database_url: str) -> None:
    world = {"DATABASE_URL": database_url}
    assert "Nothing waits for a person." in run_cli("review", **world).stdout
    refused = run_cli("settle", "refund", str(uuid4()), "again", **world)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), refused.stderr


def test_decision_that_is_none_is_told_in_a_line(run_cli: Run) -> None:
    refused = run_cli("settle", "booking", str(uuid4()), "away")
    assert refused.returncode == 2
    assert "away is none of held, ticketed, cancelled" in refused.stderr


async def test_what_waits_for_a_person_is_listed_and_settled(
    run_cli: Run, database_url: str, transactions: Transactions, settings: Settings
) -> None:
    trips = Trips(transactions, settings.keys, Airline())
    await trips.move_in()
    booking_id = await trips.add("needs_review")

    def work() -> None:
        listed = run_cli("review", DATABASE_URL=database_url).stdout
        assert str(booking_id) in listed
        assert "1890000 VND" in listed
        assert "NGUYEN" not in listed
        settled = run_cli("settle", "booking", str(booking_id), "refunding", DATABASE_URL=database_url)
        assert "The booking is refunding." in settled.stdout, settled.stderr

    await asyncio.to_thread(work)
    assert (await trips.read(booking_id)).phase == "refunding"


async def test_traveller_who_asked_for_a_person_is_listed_until_answered(
    run_cli: Run, database_url: str, transactions: Transactions
) -> None:
    conversation_id = new_id()
    async with transactions() as session:
        session.add(Conversation(id=conversation_id, token_hash=b"of a visitor", channel="web", time_zone="UTC"))
        await session.flush()
        session.add(
            SupportTicket(conversation_id=conversation_id, language="en", topic="Paid twice", words="[email-1], help!")
        )

    def work() -> None:
        listed = run_cli("tickets", DATABASE_URL=database_url).stdout
        for told in ("1001", str(conversation_id), "visitor", "Paid twice", "[email-1], help!"):
            assert told in listed
        closed = run_cli("tickets", "close", "1001", DATABASE_URL=database_url)
        assert "Ticket 1001 is closed." in closed.stdout, closed.stderr
        assert run_cli("tickets", DATABASE_URL=database_url).stdout == "Nobody waits for an answer.\n"
        again = run_cli("tickets", "close", "1001", DATABASE_URL=database_url)
        assert (again.returncode, again.stdout) == (2, "")
        assert "No ticket 1001 is open." in again.stderr

    await asyncio.to_thread(work)


def test_origin_that_is_none_is_told_in_a_line(run_cli: Run) -> None:
    done = run_cli("create-site", "Shop", "--origin", "http://shop.example")
    assert (done.returncode, done.stdout) == (2, "")
    assert "should begin with https://" in done.stderr
    assert "Traceback" not in done.stderr


def test_answers_are_not_held_back_for_more_to_send() -> None:
    """Of what is sent in two pieces the second would wait for the first one's acknowledgement, 40 ms."""
    for server in cli.listen("127.0.0.1", 0):
        with server, socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
