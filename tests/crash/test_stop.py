"""A server told to stop in the middle of runs: it goes soon, and each run has ended one way or the other."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import psycopg

from db.embedded import embedded_postgres
from tests.support.processes import list_processes
from tests.support.server_process import SLOW, ServerProcess
from tests.support.sse import check_log, text_of
from tests.support.talk import SEARCH, Talk, after_text, run_of, types_of

LEAVE_SECONDS = 15
WORD_PAUSE_SECONDS = 0.2
"""A "you are welcome" takes some three seconds, an answer with flights more than ten."""


async def test_server_told_to_stop_finishes_what_it_can_and_ends_the_rest_in_words(data_dir: Path) -> None:
    server = ServerProcess(data_dir, SLOW, WORD_PAUSE_SECONDS=str(WORD_PAUSE_SECONDS))
    try:
        server.start()
        async with server.connect() as client:
            short, long = await Talk.open(client), await Talk.open(client)
            reading = asyncio.create_task(short.stream("cảm ơn"))
            begun = await long.stream(SEARCH, until=after_text)
            server.terminate()
            told_at = time.monotonic()
            whole = await reading
            await asyncio.to_thread(server.wait)
            took = time.monotonic() - told_at
    finally:
        server.end()
    assert took < LEAVE_SECONDS
    check_log(whole)
    assert types_of(whole)[-1] == "RUN_FINISHED"
    runs = await asyncio.to_thread(read_runs, data_dir)
    assert runs[run_of(whole)] == ("success", None, text_of(whole))
    status, code, shown = runs[run_of(begun)]
    assert (status, code) == ("error", "run_interrupted")
    assert shown.startswith(text_of(begun))
    assert not list_processes(data_dir), "neither the server nor its database runs on"


def read_runs(data_dir: Path) -> dict[str, tuple[Any, ...]]:
    """Status, error and reply of every run, from the database the server left behind."""
    statement = """SELECT runs.id::text, status, error_code, content FROM runs
        JOIN conversation_messages ON run_id = runs.id AND role = 'assistant'"""
    with embedded_postgres(data_dir) as url, psycopg.connect(url) as connection:
        return {run_id: tuple(rest) for run_id, *rest in connection.execute(statement)}
