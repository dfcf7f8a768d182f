"""Real servers on loopback, as many as a test wants, on one database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import pytest

from core.settings import Settings
from providers.llm.base import Models
from tests.support.models import Say, scripted_models
from tests.support.served import Served, serve

LECTURE = "Chữ. " * 400
REPLY = (
    "Vâng ạ. Mình đã xem. Có chuyến rẻ. Có chuyến nhanh. "
    "Cả hai đều ổn. Bạn cứ nghĩ. Mình đợi đây. Không vội đâu. Bạn hỏi nhé. Mình nghe. Cứ nhắn. Vâng ạ. Bạn chọn nhé."
)


class Serve(Protocol):
    def __call__(self, *, models: Models | None = None) -> AbstractAsyncContextManager[Served]: ...


@pytest.fixture
def start_server(settings: Settings, database_url: str) -> Serve:
    """`async with start_server(models=...) as served`; a second one is a second process of the same product."""

    def start(*, models: Models | None = None) -> AbstractAsyncContextManager[Served]:
        return serve(settings, database_url, models=models)

    return start


@pytest.fixture
async def slow_server(start_server: Serve) -> AsyncIterator[Served]:
    """Its model writes REPLY word by word, slowly enough that a run can be met on its way, for thirty turns."""
    async with start_server(models=scripted_models(*[Say(REPLY, pause=0.05)] * 30)) as served:
        yield served


@pytest.fixture
async def lecturing_server(start_server: Serve) -> AsyncIterator[Served]:
    """Its model's first answer, LECTURE, lasts longer than any test; then it says REPLY."""
    async with start_server(models=scripted_models(Say(LECTURE, pause=0.03), Say(REPLY))) as served:
        yield served
