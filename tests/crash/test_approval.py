"""A server that dies between a yes and its reply: what was agreed to happens once, and its traveller is told."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.clock import clock
from core.settings import Settings
from db.models import Booking, Proposal, Run
from db.session import Transactions
from tests.api.test_bookings import LAN
from tests.conftest import NOW
from tests.support.accounts import sign_up
from tests.support.served import serve
from tests.support.server_process import ServerProcess
from tests.support.shopper import BOOK, click_on
from tests.support.talk import SEARCH, Json, Talk
from tests.support.waiting import eventually

FATAL = ("-m", "tests.support.fatal_server")
LATER = NOW + timedelta(minutes=1)
"""When the lease of a run that died is over."""
PAY = "thanh toán bằng VNPAY"


async def test_yes_whose_server_was_killed_books_once_and_the_conversation_goes_on(
    data_dir: Path, database_url: str, transactions: Transactions
) -> None:
    server = ServerProcess(data_dir, FATAL, DATABASE_URL=database_url)
    try:
        server.start()
        async with server.connect() as client:
            await sign_up(client)
            assert (await client.post("/v1/users/me/passengers", json=LAN)).status_code == 201
            talk = await Talk.open(client)
            await talk.ask(SEARCH)
            (waiting,) = (await talk.ask(BOOK))["interrupts"]
            with pytest.raises(httpx.TransportError):
                await click(talk, waiting)
        assert server.wait() == -signal.SIGKILL
    finally:
        server.end()
    (proposal,), (booking,) = await list_rows(transactions, Proposal), await list_rows(transactions, Booking)
    assert (proposal.status, proposal.booking_id) == ("approved", booking.id)
    assert booking.booking_reference is None, "the airline knows nothing of it yet"
    assert [run.status for run in await list_rows(transactions, Run)].count("running") == 1

    settings = Settings(_env_file=None, data_dir=data_dir)
    with clock.frozen(LATER):
        async with serve(settings, database_url) as another:
            another.client.headers["Authorization"] = client.headers["Authorization"]
            await check_recovered(talk.over(another.client), waiting, transactions)


async def check_recovered(talk: Talk, waiting: Json, transactions: Transactions) -> None:
    async def is_held() -> bool:
        (booking,) = await list_rows(transactions, Booking)
        return bool(booking.phase == "held")

    await eventually(is_held)
    again = (await click(talk, waiting)).json()
    (booking,) = await list_rows(transactions, Booking)
    assert booking.phase == "held"
    assert booking.booking_reference in again["content"], "told what became of it"
    assert (again["error"], again["interrupts"]) == (None, [])
    assert [each["run"] for each in (await talk.detail())["messages"] if each["role"] == "assistant"] == [
        *("success", "interrupt", "error", "success"),
    ]
    (payment,) = (await talk.ask(PAY))["attachments"]
    assert (payment["type"], payment["amount"]["amount"]) == ("payment", str(booking.amount_minor))


async def click(talk: Talk, waiting: Json) -> httpx.Response:
    return await talk.client.post(f"{talk.path}/messages", json={"resume": [click_on(waiting)]})


async def list_rows(transactions: Transactions, model: Any) -> list[Any]:
    async with transactions() as session:
        return list(await session.scalars(select(model)))
