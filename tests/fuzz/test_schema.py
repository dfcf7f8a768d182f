"""Every operation of the published schema, called with what it allows and forbids, by a generator that reads it.

No answer may be a fault of ours, and each must be one the schema declares, in the shape it declares. FUZZ_EXAMPLES sets
how many calls an operation gets (`make fuzz` asks for many).
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.settings import Settings
from db.session import Transactions
from services import rate_limits
from services.accounts.registration import create_admin
from tests.support.accounts import PASSWORD, sign_up
from tests.support.served import Served, serve

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
SECONDS = 60 * EXAMPLES
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
ENDING = ("delete_me_v1_users_me_delete", "log_out_v1_auth_logout_post")
"""After these the caller has no account or no session, and every other call would only be refused."""


@pytest.fixture
async def served(settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """A server that does not count: one told to wait would answer every call alike."""

    async def count_nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(rate_limits, "_count", count_nothing)
    async with serve(settings, database_url) as running:
        yield running


async def fuzz(served: Served, tmp_path: Path, *selection: str) -> str:
    """Run the generator against some operations as the client; gives its report. A bad one fails the test."""
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{served.client.base_url}/v1/openapi.json"),
        *("--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--checks", ",".join(CHECKS)),
        *("--seed", "20261121", "--workers", "1", "--continue-on-failure"),
        *("--header", f"Authorization:{served.client.headers['Authorization']}", "--warnings", "off", "--no-color"),
        *("--suppress-health-check", "all", *selection),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
    )
    output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    report = output.decode()
    assert process.returncode == 0, report
    return report


def count_calls(report: str) -> int:
    found = re.search(r"(\d+) generated", report)
    assert found, report
    return int(found.group(1))


async def test_a_users_calls_are_answered_as_declared(served: Served, tmp_path: Path) -> None:
    await sign_up(served.client)
    excluded = [part for name in ENDING for part in ("--exclude-operation-id", name)]
    report = await fuzz(served, tmp_path, "--exclude-path-regex", "/admin/", *excluded)
    assert count_calls(report) >= 30 * EXAMPLES


async def test_an_administrators_calls_are_answered_as_declared(
    served: Served, tmp_path: Path, transactions: Transactions
) -> None:
    async with transactions() as session:
        await create_admin(session, email="boss@example.com", password=PASSWORD)
    answer = await served.client.post("/v1/auth/login", json={"email": "boss@example.com", "password": PASSWORD})
    served.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    report = await fuzz(served, tmp_path, "--include-path-regex", "/admin/")
    assert count_calls(report) >= 3 * EXAMPLES


async def test_calls_that_end_a_session_are_answered_as_declared(served: Served, tmp_path: Path) -> None:
    await sign_up(served.client)
    included = [part for name in ENDING for part in ("--include-operation-id", name)]
    assert count_calls(await fuzz(served, tmp_path, *included)) >= len(ENDING)
