"""A ticket for our people: a row, and a letter to their desk in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language, say
from core.security import Actor, Keys
from db.models import SupportTicket
from db.repositories.conversations import ConversationRepository
from db.repositories.support import SupportTicketRepository
from db.session import Transactions
from services.conversations.errors import ConversationNotFound
from services.notifications.queueing import enqueue
from services.rate_limits import SUPPORT, count_call, hash_caller
from services.support.errors import TicketJustOpened
from understanding.pii import redact
from understanding.text import keep_readable

ASK_AGAIN_AFTER = timedelta(minutes=10)
"""Whoever asks twice in a row is waiting, not asking something else."""
MAX_TOPIC_CHARACTERS = 200
MAX_WORDS_CHARACTERS = 1000


async def open_ticket(
    transactions: Transactions,
    actor: Actor,
    keys: Keys,
    *,
    conversation_id: UUID,
    topic: str,
    words: str,
    language: Language,
    client_address: str,
    support_email: str | None,
) -> SupportTicket:
    """Have a person look at the caller's conversation; without `support_email` the ticket is kept and nobody is mailed.

    `words` are the traveller's last, as the transcript has them. Raises ConversationNotFound, TicketJustOpened within
    ASK_AGAIN_AFTER of the conversation's last ticket, and RateLimited. A conversation has one run at a time, so no two
    calls for one meet.
    """
    async with transactions() as session:
        if await ConversationRepository(session).find_readable(actor, conversation_id) is None:
            raise ConversationNotFound
        since = clock.now() - ASK_AGAIN_AFTER
        last = await SupportTicketRepository(session).find_latest(conversation_id, since=since)
        if last is not None:
            raise TicketJustOpened(number=last.number)
    # a visitor has a new conversation whenever they like
    address = None if actor.user_id else hash_caller(keys, client_address)
    await count_call(transactions, SUPPORT, caller=str(actor.user_id or conversation_id), address=address)
    async with transactions() as session:
        ticket = SupportTicket(
            conversation_id=conversation_id,
            user_id=actor.user_id,
            language=language,
            topic=_shorten(redact(topic), MAX_TOPIC_CHARACTERS),
            words=_shorten(redact(words), MAX_WORDS_CHARACTERS),
        )
        session.add(ticket)
        await session.flush()
        if support_email is not None:
            params = {
                "number": str(ticket.number),
                "conversation": str(conversation_id),
                "who": str(actor.user_id) if actor.user_id else say("support.visitor", language),
                "topic": ticket.topic,
                "words": ticket.words,
            }
            await enqueue(
                session,
                user_id=None,
                type="support_ticket",
                language=language,
                address=support_email,
                params=params,
                keys=keys,
            )
    return ticket


async def list_open_tickets(session: AsyncSession) -> Sequence[SupportTicket]:
    """Who waits for an answer, the longest waiting first. For whoever has the command line, and nobody else."""
    return await SupportTicketRepository(session).list_open()


async def close_ticket(session: AsyncSession, number: int) -> bool:
    """Its traveller was answered, or cannot be; False where none of this number is open. For the command line only."""
    return await SupportTicketRepository(session).close(number)


def _shorten(text: str, limit: int) -> str:
    # on one line, without what would steer the terminal or the mail program of whoever reads it
    plain = " ".join(keep_readable(text).split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"
