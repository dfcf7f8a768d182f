"""Conversations as their owner sees them: create, list, read, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import InvalidInput
from core.ids import new_id
from core.security import CHAT_SCOPE, Actor, Keys, new_token
from db.models import Conversation, ConversationMessage, Run
from db.repositories.conversations import ConversationRepository
from db.repositories.runs import RunRepository
from services.conversations.errors import ConversationNotFound, MessageNotFound, RunNotFound, ThreadIdTaken
from services.conversations.intake import take_in_context
from services.conversations.runs import end_expired_runs
from services.conversations.waiting import Interrupt, list_waiting


@dataclass(frozen=True, slots=True)
class ThreadDefaults:
    """What the installation decides about new conversations."""

    keys: Keys
    time_zone: str


@dataclass(frozen=True, slots=True)
class NewConversation:
    """A conversation just made. `token` is shown once, to the anonymous visitor who owns it."""

    conversation: Conversation
    token: str | None


@dataclass(frozen=True, slots=True)
class ConversationDetail:
    conversation: Conversation
    messages: Sequence[ConversationMessage]
    message_count: int
    active_run: Run | None
    waiting: Sequence[Interrupt]
    """Cards that wait for their traveller."""


def hash_conversation_token(keys: Keys, token: str) -> bytes:
    """What a visitor's token is stored and recognised as."""
    return keys.hash_secret("conversation-token", token)


class UnknownTimeZone(InvalidInput):
    code = "unknown_time_zone"


def ensure_time_zone(name: str) -> str:
    """The name if it is an IANA zone; raises UnknownTimeZone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone from error
    return name


async def create(
    session: AsyncSession,
    actor: Actor,
    *,
    channel: str,
    time_zone: str | None,
    defaults: ThreadDefaults,
    context: dict[str, Any] | None = None,
    conversation_id: UUID | None = None,
) -> NewConversation:
    """Open a conversation: the user's, or an anonymous one that a token alone opens again.

    A visitor who already holds a token gets no other: the new conversation answers to theirs. Raises ThreadIdTaken.
    """
    token, token_hash = None, actor.conversation_token_hash
    if actor.user_id is None and token_hash is None:
        token = new_token()
        token_hash = hash_conversation_token(defaults.keys, token)
    conversation = Conversation(
        id=conversation_id or new_id(),
        user_id=actor.user_id,
        token_hash=token_hash,
        channel=channel,
        time_zone=ensure_time_zone(time_zone or defaults.time_zone),
        context=take_in_context(context or {}),
        state={},
    )
    session.add(conversation)
    try:
        await session.flush()
    except IntegrityError as error:
        raise ThreadIdTaken from error
    return NewConversation(conversation, token)


async def list_conversations(
    session: AsyncSession, actor: Actor, *, skip: int, limit: int
) -> Sequence[tuple[Conversation, int]]:
    """The caller's conversations with their message counts, newest first."""
    return await ConversationRepository(session).list_readable(actor, skip=skip, limit=limit)


async def get(session: AsyncSession, actor: Actor, conversation_id: UUID, *, for_update: bool = False) -> Conversation:
    """The caller's conversation; a stranger's does not exist for them (ConversationNotFound)."""
    conversation = await ConversationRepository(session).find_readable(actor, conversation_id, for_update=for_update)
    if conversation is None:
        raise ConversationNotFound
    return conversation


async def get_detail(
    session: AsyncSession,
    actor: Actor,
    conversation_id: UUID,
    *,
    limit: int,
    before: UUID | None = None,
    after: UUID | None = None,
) -> ConversationDetail:
    """A page of the transcript and whether a run is under way. A cursor must name a message of this thread."""
    conversation = await get(session, actor, conversation_id)
    await end_expired_runs(session, conversation_id=conversation_id)
    repository = ConversationRepository(session)
    for cursor in (before, after):
        if cursor is not None and await repository.find_message(conversation_id, cursor) is None:
            raise MessageNotFound
    # the run before the messages: one seen as ended has its reply among them, and one that ended meanwhile is no
    # longer active
    run = await RunRepository(session).find_active(conversation_id)
    messages = await repository.list_messages(conversation_id, limit=limit, before=before, after=after)
    has_replied = run is not None and any(each.run_id == run.id and each.role == "assistant" for each in messages)
    return ConversationDetail(
        conversation=conversation,
        messages=messages,
        message_count=await repository.count_messages(conversation_id),
        active_run=None if has_replied else run,
        waiting=await list_waiting(session, actor, conversation_id),
    )


async def get_run(session: AsyncSession, actor: Actor, conversation_id: UUID, run_id: UUID) -> Run:
    """A run of the caller's conversation; raises ConversationNotFound and RunNotFound."""
    await get(session, actor, conversation_id)
    run = await RunRepository(session).find(conversation_id, run_id)
    if run is None:
        raise RunNotFound
    return run


@dataclass(frozen=True, slots=True)
class Reply:
    """How a run that has ended left its conversation."""

    conversation: Conversation
    run: Run
    message: ConversationMessage


async def get_reply(session: AsyncSession, conversation_id: UUID, run_id: UUID) -> Reply:
    """The reply of a finished run, for whoever was let in to begin it: the conversation may have been claimed since.

    Raises ConversationNotFound and RunNotFound when it was deleted meanwhile.
    """
    conversation = await ConversationRepository(session).find(conversation_id)
    if conversation is None:
        raise ConversationNotFound
    run = await RunRepository(session).find(conversation_id, run_id)
    if run is None:
        raise RunNotFound
    message = await ConversationRepository(session).get_message_of_run(run_id, "assistant")
    return Reply(conversation, run, message)


async def delete(session: AsyncSession, actor: Actor, conversation_id: UUID) -> None:
    """Remove a conversation with its messages, runs and events."""
    await get(session, actor, conversation_id, for_update=True)
    await ConversationRepository(session).delete(conversation_id)


async def claim(session: AsyncSession, actor: Actor, conversation_id: UUID) -> tuple[Conversation, int]:
    """Make an anonymous conversation the signed-in caller's, who shows its token; one that is theirs stays so.

    Its token opens it no more. Gives its message count too. Raises ConversationNotFound.
    """
    user_id = actor.require_user(CHAT_SCOPE)
    visitor = Actor(conversation_token_hash=actor.conversation_token_hash)
    repository = ConversationRepository(session)
    conversation = await repository.find_readable(visitor, conversation_id, for_update=True)
    if conversation is None:
        conversation = await get(session, actor, conversation_id)
    else:
        conversation.user_id, conversation.token_hash = user_id, None
        try:
            await session.flush()
        except IntegrityError as error:  # the account was deleted a moment ago
            raise ConversationNotFound from error
    return conversation, await repository.count_messages(conversation_id)
