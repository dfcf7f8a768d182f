"""What must hold when a commit's answer is lost, or when one run cannot be ended."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from db.models import ConversationMessage
from db.repositories.runs import BatchStored
from db.session import Transactions
from services.conversations.runs import append_events, end_expired_runs, reply_id_of
from tests.support.logs import open_text, put_conversation, put_run, read_log, read_run


async def test_a_batch_that_may_have_been_committed_is_not_stored_again(transactions: Transactions) -> None:
    run_id = await put_run(transactions, await put_conversation(transactions))
    before = await read_log(transactions, run_id)
    batch = open_text("một", "hai")
    async with transactions() as session:
        advance = await append_events(session, run_id, batch, after=len(before))
    with pytest.raises(BatchStored):
        async with transactions() as session:
            await append_events(session, run_id, batch, after=len(before))
    log = await read_log(transactions, run_id)
    assert [event.seq for event in log] == list(range(1, advance.last_seq + 1))
    assert [event.data for event in log[len(before) :]] == batch


async def test_a_run_that_cannot_be_ended_keeps_no_other_from_it(transactions: Transactions) -> None:
    stuck = await put_run(transactions, await put_conversation(transactions))
    other = await put_run(transactions, await put_conversation(transactions))
    elsewhere = await put_conversation(transactions)
    async with transactions() as session:
        taken = ConversationMessage(id=reply_id_of(stuck), conversation_id=elsewhere, role="user", content="taken")
        session.add(taken)
    with capture_logs() as logged:
        async with transactions() as session:
            assert await end_expired_runs(session) == 1
    assert [each["run_id"] for each in logged if each["event"] == "run.unendable"] == [str(stuck)]
    assert (await read_run(transactions, other)).status == "error"
    assert (await read_run(transactions, stuck)).status == "running"
