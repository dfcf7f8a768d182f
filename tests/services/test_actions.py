"""The record of a conversation: what was asked, answered and done, in order, for its owner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from api.schemas.actions import describe_action
from core.clock import clock
from core.ids import new_id
from core.messages.catalogue import LANGUAGES
from core.security import Actor
from core.settings import Settings
from db.models import Booking, BookingTransition, ConversationMessage, Payment, Proposal, Refund
from db.session import Transactions
from services.conversations.actions import Action, list_actions
from services.conversations.errors import ConversationNotFound
from services.proposals.approval import withdraw_cards
from services.proposals.errors import ProposalExpired
from services.proposals.proposing import propose_cancellation
from tests.conftest import NOW
from tests.support.consent import StockedAirline, sell
from tests.support.personal import Person
from tests.support.trips import PRICE

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def person(transactions: Transactions, settings: Settings) -> Person:
    made = Person(transactions, settings.keys, StockedAirline(sell()))
    await made.move_in()
    return made


async def read(person: Person, actor: Actor | None = None) -> list[Action]:
    async with person.transactions() as session:
        return await list_actions(session, actor or person.actor, person.conversation_id)


async def show(person: Person, proposal: Proposal) -> None:
    card = {"type": "confirm", "proposal_id": str(proposal.id)}
    async with person.transactions() as session:
        session.add(
            ConversationMessage(
                conversation_id=person.conversation_id,
                role="assistant",
                content="?",
                attachments=[{"type": "notice"}, card],
                metadata_={},
            )
        )


async def test_a_purchase_is_told_from_the_question_to_the_money_that_came_back(person: Person) -> None:
    proposal = await person.propose(conversation_id=person.conversation_id)
    with clock.frozen(NOW + MINUTE):
        await show(person, proposal)
    with clock.frozen(NOW + 2 * MINUTE):
        words = await person.write("đồng ý, số mình là 0901234567")
        approved = await person.say_yes(proposal, answered_in=words, channel="typed")
    assert approved.booking_id
    with clock.frozen(NOW + 3 * MINUTE):
        await person.take_money("booking", approved.booking_id, PRICE)
    with clock.frozen(NOW + 4 * MINUTE):
        async with person.transactions() as session:
            payment = await session.scalar(select(Payment).where(Payment.subject_id == approved.booking_id))
            assert payment
            session.add(
                Refund(
                    payment_id=payment.id,
                    reference="r",
                    amount_minor=7,
                    currency="VND",
                    reason="cancelled",
                    status="done",
                    lease_until=clock.now(),
                    due_at=clock.now(),
                    done_at=NOW + 5 * MINUTE,
                )
            )
    found = await read(person)
    assert [each.kind for each in found] == [
        *("proposed", "shown", "approved", "executed", "payment_started", "paid", "refund_owed", "refunded"),
    ]
    assert [(each.at - NOW) // MINUTE for each in found] == [0, 1, 2, 2, 3, 3, 4, 5]
    assert found[2].words == "đồng ý, số mình là [phone-1]"
    assert found[-1].amount
    assert found[-1].amount.amount_minor == 7
    assert {each.proposal.id for each in found} == {proposal.id}


async def test_each_answer_is_told_as_it_was_given(person: Person) -> None:
    declined = await person.ask("remember")
    await person.say_no(declined, answered_in=await person.write("thôi"))
    with clock.frozen(NOW + MINUTE):
        await person.ask("forget_document")
        async with person.transactions() as session:
            await withdraw_cards(session, person.actor, person.conversation_id)
    with clock.frozen(NOW + 2 * MINUTE):
        await person.ask("change_email")
    with clock.frozen(NOW + 60 * MINUTE):
        found = await read(person)
    assert [(each.proposal.action, each.kind) for each in found] == [
        *(("remember", "proposed"), ("remember", "declined")),
        *(("forget_document", "proposed"), ("forget_document", "voided")),
        *(("change_email", "proposed"), ("change_email", "expired")),
    ]
    assert found[1].words == "thôi"


async def test_a_card_that_ran_out_was_not_voided_by_what_came_later(person: Person) -> None:
    late = await person.ask("remember")
    with clock.frozen(late.expires_at + MINUTE), pytest.raises(ProposalExpired):
        await person.say_yes(late)
    assert (await person.read_card(late.id)).status == "void"
    assert [(each.kind, each.at) for each in await read(person)] == [("proposed", NOW), ("expired", late.expires_at)]


async def test_what_is_no_booking_was_done_when_it_was(person: Person) -> None:
    await person.say_yes(await person.ask("remember"))
    with clock.frozen(NOW + MINUTE):
        await person.say_yes(await person.ask("calendar"))
    done = [(each.proposal.action, (each.at - NOW) // MINUTE) for each in await read(person) if each.kind == "executed"]
    assert done == [("remember", 0), ("calendar", 1)]


async def test_a_cancellation_is_done_by_the_move_that_rests_on_it(person: Person) -> None:
    proposal = await propose_cancellation(
        person.consent, person.actor, booking_id=person.trip_id, conversation_id=person.conversation_id
    )
    await person.say_yes(proposal)
    kinds = [each.kind for each in await read(person)]
    # the trip was paid for elsewhere; its money belongs to what is told of it
    assert sorted(kinds) == ["approved", "executed", "paid", "payment_started", "proposed"]


async def test_the_record_is_its_owners(person: Person) -> None:
    await person.ask("remember")
    assert len(await read(person)) == 1
    for stranger in (Actor(), Actor(kind="user", user_id=new_id(), scopes=person.actor.scopes)):
        with pytest.raises(ConversationNotFound):
            await read(person, stranger)


async def test_what_was_asked_elsewhere_is_not_told(person: Person) -> None:
    await person.approve(await person.propose())
    await person.ask("remember", conversation_id=None)
    assert await read(person) == []
    async with person.transactions() as session:
        assert await session.scalar(select(Booking.id).limit(1)), "there is something that could be"
        assert await session.scalar(select(BookingTransition.id).limit(1))


async def test_each_line_is_a_sentence_in_both_languages(person: Person) -> None:
    await person.say_yes(await person.propose(conversation_id=person.conversation_id))
    await person.say_yes(await person.ask("remember"), channel="typed", answered_in=await person.write("ok"))
    found = await read(person)
    texts = {language: [describe_action(each, language).text for each in found] for language in LANGUAGES}
    assert "Bạn đồng ý: “Đặt chuyến Hà Nội → Đà Nẵng, Chủ nhật 20/12/2026?” (bằng một lần bấm)" in texts["vi"]
    assert "You agreed: “Remember for you: Seat: by the window?” (in words: “ok”)" in texts["en"]
    assert all(text and "{" not in text for each in texts.values() for text in each)
