"""A loopback server in this process, of any application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from tests.support.waiting import eventually

STOP_SECONDS = 10


@asynccontextmanager
async def listen(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application on a free port until the end of the block; signals stay the test runner's."""
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())

    async def has_started() -> bool:
        assert not serving.done(), serving
        return server.started

    await eventually(has_started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, STOP_SECONDS)
