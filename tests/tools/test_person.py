"""A person, please: a ticket, and a letter to our desk."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import ValidationError
from sqlalchemy import delete, select

from core.clock import clock
from core.ids import new_id
from core.security import Actor
from db.models import Conversation, NotificationLog, SupportTicket, User
from db.session import Transactions
from services.flights.market import Market
from services.notifications.outbox import send_due
from services.rate_limits import SUPPORT
from services.support.tickets import ASK_AGAIN_AFTER
from tests.conftest import NOW
from tests.support.mail import RecordingSender, put_user
from tests.tools.desk import KEYS, Desk
from tools.person import ask_a_person

TOKEN = b"of a visitor's conversation"
SUPPORT_EMAIL = "desk@shop.example.com"
WORDS = "hộ chiếu [passport-1] của mình bị từ chối, cho gặp người thật"


async def open_conversation(transactions: Transactions, user_id: UUID | None = None) -> UUID:
    conversation_id = new_id()
    async with transactions() as session:
        session.add(
            Conversation(
                id=conversation_id,
                user_id=user_id,
                token_hash=None if user_id else TOKEN,
                channel="web",
                time_zone="Asia/Ho_Chi_Minh",
            )
        )
    return conversation_id


@pytest.fixture
async def visitor(transactions: Transactions) -> Desk:
    desk = Desk(transactions, Market(()), actor=Actor(conversation_token_hash=TOKEN), support_email=SUPPORT_EMAIL)
    desk.conversation_id = await open_conversation(transactions)
    desk.state["messages"] = [HumanMessage("xin chào"), AIMessage("Chào bạn!"), HumanMessage(WORDS)]
    return desk


async def list_tickets(transactions: Transactions) -> list[SupportTicket]:
    async with transactions() as session:
        return list(await session.scalars(select(SupportTicket).order_by(SupportTicket.number)))


async def test_ticket_is_kept_mailed_and_told(visitor: Desk) -> None:
    answer = await visitor.call(ask_a_person, summary="Passport refused,\x1b\x07 mail\nto an@example.com")
    (ticket,) = await list_tickets(visitor.transactions)
    assert (ticket.number, ticket.status, ticket.user_id, ticket.language) == (1001, "open", None, "vi")
    assert (ticket.topic, ticket.words) == ("Passport refused, mail to [email]", WORDS)
    assert answer.facts["ticket_number"] == answer.card["ticket_number"] == 1001
    assert answer.facts["is_mailed"] is True
    assert "1001" in answer.card["text"]
    assert SUPPORT_EMAIL in answer.card["text"]
    sender = RecordingSender()
    assert await send_due(visitor.transactions, sender, KEYS) == 1
    (mail,) = sender.sent
    assert mail.to == SUPPORT_EMAIL
    for told in ("1001", WORDS, "Passport refused", str(visitor.conversation_id), "khách chưa đăng nhập"):
        assert told in mail.text
    assert "an@example.com" not in mail.text


async def test_letter_to_our_desk_is_no_users_and_is_wiped_when_sent(visitor: Desk) -> None:
    await visitor.call(ask_a_person)
    await send_due(visitor.transactions, RecordingSender(), KEYS)
    async with visitor.transactions() as session:
        (letter,) = await session.scalars(select(NotificationLog))
    assert (letter.type, letter.user_id, letter.status, letter.letter) == ("support_ticket", None, "sent", None)


async def test_users_ticket_names_the_account_and_ends_with_it(transactions: Transactions) -> None:
    user_id = await put_user(transactions)
    desk = Desk(transactions, Market(()), actor=Actor(kind="user", user_id=user_id), support_email=SUPPORT_EMAIL)
    desk.conversation_id = await open_conversation(transactions, user_id)
    desk.state["messages"] = [HumanMessage("help")]
    desk.language = "en"
    await desk.call(ask_a_person)
    (ticket,) = await list_tickets(transactions)
    assert (ticket.user_id, ticket.topic) == (user_id, "The traveller wants to talk to a person.")
    sender = RecordingSender()
    await send_due(transactions, sender, KEYS)
    assert str(user_id) in sender.sent[0].text
    async with transactions() as session:
        await session.execute(delete(User).where(User.id == user_id))
    assert await list_tickets(transactions) == []


async def test_without_an_address_the_ticket_is_kept_and_nobody_is_said_to_know(visitor: Desk) -> None:
    visitor.support_email = None
    answer = await visitor.call(ask_a_person, summary="Paid twice")
    assert answer.facts["is_mailed"] is False
    assert "chưa ai được báo" in answer.facts["done"]
    assert len(await list_tickets(visitor.transactions)) == 1
    assert await send_due(visitor.transactions, RecordingSender(), KEYS) == 0


async def test_second_ticket_in_ten_minutes_is_the_first_one(visitor: Desk) -> None:
    await visitor.call(ask_a_person)
    refused = await visitor.refusal(ask_a_person)
    assert (refused["error"], refused["params"]) == ("ticket_just_opened", {"number": 1001})
    assert "1001" in refused["message"]
    assert visitor.cards == []
    with clock.frozen(NOW + ASK_AGAIN_AFTER + timedelta(seconds=1)):
        await visitor.call(ask_a_person)
    assert len(await list_tickets(visitor.transactions)) == 2


async def test_strangers_conversation_is_not_found(visitor: Desk, transactions: Transactions) -> None:
    user_id = await put_user(transactions)
    stranger = Desk(transactions, Market(()), actor=Actor(kind="user", user_id=user_id))
    stranger.conversation_id = visitor.conversation_id
    assert (await stranger.refusal(ask_a_person))["error"] == "conversation_not_found"
    assert await list_tickets(transactions) == []


async def test_user_with_many_conversations_meets_a_limit(transactions: Transactions) -> None:
    user_id = await put_user(transactions)
    desk = Desk(transactions, Market(()), actor=Actor(kind="user", user_id=user_id))
    for _ in range(SUPPORT.per_caller):
        desk.conversation_id = await open_conversation(transactions, user_id)
        await desk.call(ask_a_person)
    desk.conversation_id = await open_conversation(transactions, user_id)
    assert (await desk.refusal(ask_a_person))["error"] == "rate_limited"
    assert len(await list_tickets(transactions)) == SUPPORT.per_caller


async def test_summary_is_a_line(visitor: Desk) -> None:
    with pytest.raises(ValidationError):
        await visitor.call(ask_a_person, summary="x" * 201)
    assert await list_tickets(visitor.transactions) == []
