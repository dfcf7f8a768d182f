"""Everything that runs by itself, in the server or in processes of its own."""

from __future__ import annotations

import asyncio

import structlog
from procrastinate import App
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from jobs.queue import JobParts, open_queue
from jobs.sweep import sweep_forever

log = structlog.get_logger()

CONCURRENCY = 4
STOP_SECONDS = 3
"""For what is under way when the worker is told to stop; what is not done by then is done again by another."""
RESTART_SECONDS = 1


async def work_forever(parts: JobParts, database_url: str) -> None:
    """Take jobs and sweep; until cancelled, and then for as long as the jobs under way need, within STOP_SECONDS."""
    is_stopping = asyncio.Event()
    taking = asyncio.create_task(_take_jobs(parts, database_url, is_stopping))
    try:
        await sweep_forever(parts)
    finally:
        # told, not cancelled: opening a pool of connections can lose a cancellation and would go on for ever
        is_stopping.set()
        await taking


async def _take_jobs(parts: JobParts, database_url: str, is_stopping: asyncio.Event) -> None:
    stopping = asyncio.create_task(is_stopping.wait())
    while not is_stopping.is_set():
        try:
            async with open_queue(database_url, parts) as queue:
                await _run_worker(queue, stopping)
        except Exception:  # an edge: the database may be away for a while, and the worker must outlive that
            log.exception("worker.failed")
        await asyncio.wait([stopping], timeout=RESTART_SECONDS)


async def _run_worker(queue: App, stopping: asyncio.Task[bool]) -> None:
    """Until told to stop, or until the worker stops by itself because its connection is lost."""
    worker = Worker(
        queue,
        concurrency=CONCURRENCY,
        delete_jobs=DeleteJobCondition.ALWAYS,
        shutdown_graceful_timeout=STOP_SECONDS,
        install_signal_handlers=False,
    )
    running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]  # the library has no types here
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    worker.stop()  # type: ignore[no-untyped-call]  # as above
    await running
