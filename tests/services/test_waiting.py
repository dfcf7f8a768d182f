"""Which card a conversation still waits with, whatever came after it."""

from __future__ import annotations

from typing import Any

import pytest

from core.settings import Settings
from db.models import ConversationMessage, Proposal
from db.session import Transactions
from services.conversations import threads
from services.conversations.waiting import CONFIRMATION, Interrupt, describe_waiting
from services.proposals.proposing import propose_cancellation
from tests.support.consent import StockedAirline, sell
from tests.support.logs import put_run, read_replies
from tests.support.personal import Person


@pytest.fixture
async def person(transactions: Transactions, settings: Settings) -> Person:
    made = Person(transactions, settings.keys, StockedAirline(sell()))
    await made.move_in()
    return made


def draw(proposal: Proposal) -> dict[str, Any]:
    return {"id": "card", "type": "confirm", "text": "?", "proposal_id": str(proposal.id), "action": proposal.action}


async def reply(person: Person, **metadata: Any) -> None:
    async with person.transactions() as session:
        session.add(
            ConversationMessage(
                conversation_id=person.conversation_id, role="assistant", content="!", metadata_=metadata
            )
        )


async def read(person: Person) -> list[Interrupt]:
    async with person.transactions() as session:
        return list((await threads.get_detail(session, person.actor, person.conversation_id, limit=1)).waiting)


async def test_news_of_bookings_leave_a_card_waiting(person: Person) -> None:
    waiting = describe_waiting(draw(await person.ask("remember")), reason=CONFIRMATION, call_id="call")
    await reply(person, interrupts=[waiting])
    for _ in range(6):
        await reply(person)
    assert await read(person) == [waiting]
    await reply(person, interrupts=[])
    assert await read(person) == [], "a turn has told that nothing waits"


async def test_a_card_waits_on_when_the_next_turn_dies(person: Person) -> None:
    waiting = describe_waiting(draw(await person.ask("remember")), reason=CONFIRMATION, call_id="call")
    await reply(person, interrupts=[waiting])
    run_id = await put_run(person.transactions, person.conversation_id)
    assert await read(person) == [waiting]
    (ended,) = await read_replies(person.transactions, run_id)
    assert ended.metadata_["run"] == "error"


async def test_a_card_shown_by_a_turn_that_died_waits_in_place_of_the_one_before(person: Person) -> None:
    before = describe_waiting(draw(await person.ask("remember")), reason=CONFIRMATION, call_id="call")
    await reply(person, interrupts=[before])
    card = draw(
        await propose_cancellation(
            person.consent, person.actor, booking_id=person.trip_id, conversation_id=person.conversation_id
        )
    )
    shown = {"type": "ACTIVITY_SNAPSHOT", "messageId": "card", "activityType": "confirm", "content": card}
    await put_run(person.transactions, person.conversation_id, [shown])
    assert [each["id"] for each in await read(person)] == [card["proposal_id"]]
