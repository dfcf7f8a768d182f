"""A real loopback server in this process, for what an in-memory transport hides: bytes as they come, cut wires."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.deps import Parts
from core.settings import Settings
from providers.llm.base import Models
from tests.support.listening import listen
from tests.support.models import offline_models


class Served:
    """One process's worth of the product: a client of it, and a look at the parts behind it."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.app, self.client = app, client

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.state.parts
        return parts

    async def is_idle(self) -> bool:
        """No turn is under way, and nobody reads or waits for one."""
        return not (self.parts.runner._active or self.parts.open_streams or self.parts.wakeups._waiting)


@asynccontextmanager
async def serve(settings: Settings, database_url: str, *, models: Models | None = None) -> AsyncIterator[Served]:
    """The product on a free port until the end of the block."""
    app = create_app(settings, database_url, models=models or offline_models())
    async with listen(app) as url, httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:
        yield Served(app, client)
