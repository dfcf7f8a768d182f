"""The start of a turn: a message or a click, and its run, written together or not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.messages import Language, say
from core.security import Actor
from core.version import CODE_VERSION
from db.models import Conversation, ConversationMessage, Run
from db.repositories.conversations import ConversationRepository
from db.repositories.runs import RunRepository
from services.conversations import threads
from services.conversations.errors import MessageIdReused, RunActive
from services.conversations.intake import make_readable, take_in_context
from services.conversations.runs import end_expired_runs, first_lease
from services.conversations.threads import ThreadDefaults
from services.conversations.vault import put_away
from understanding.read import read_language


@dataclass(frozen=True, slots=True)
class Resume:
    """A click on a card that waits for its traveller."""

    interrupt_id: str
    is_resolved: bool
    """Otherwise it was put aside."""
    is_approved: bool | None = None
    """The answer to a card that asks for a yes; None for any other."""
    quote_hash: str = ""
    """Of what the traveller saw."""

    @property
    def is_yes(self) -> bool:
        return self.is_resolved and self.is_approved is True

    @property
    def is_no(self) -> bool:
        return not self.is_resolved or self.is_approved is False


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a client sends: a text or a click, and where it belongs."""

    text: str | None = None
    resume: Resume | None = None
    conversation_id: UUID | None = None
    """None opens a conversation."""
    new_conversation_id: UUID | None = None
    """The id a new conversation gets, for protocols whose clients name their threads."""
    client_message_id: UUID | None = None
    """The client's name for this message: sent again, it is the same message."""
    run_id: UUID | None = None
    channel: str = "web"
    locale: Language | None = None
    time_zone: str | None = None
    context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a run needs to start. `is_new` is False when the message had been received before: its run is the answer."""

    conversation: Conversation
    message: ConversationMessage
    run: Run
    is_new: bool
    resume: Resume | None = None
    token: str | None = None
    """Of a conversation just opened by an anonymous visitor; told once."""


async def begin_turn(session: AsyncSession, actor: Actor, incoming: Incoming, *, defaults: ThreadDefaults) -> Turn:
    """Take a message or a click in and open its run.

    Raises MessageEmpty, MessageTooLong, UnknownTimeZone, ConversationNotFound, RunActive when a run is under way, and
    MessageIdReused when a client's id came before with another text.
    """
    words = _put_in_words(incoming)
    token = None
    if incoming.conversation_id is None:
        made = await threads.create(
            session,
            actor,
            channel=incoming.channel,
            time_zone=incoming.time_zone,
            context=incoming.context,
            conversation_id=incoming.new_conversation_id,
            defaults=defaults,
        )
        conversation, token = made.conversation, made.token
        content = await put_away(session, defaults.keys, conversation.id, words)
    else:
        # the row lock makes two messages of one conversation take turns, so that exactly one of them opens a run
        conversation = await threads.get(session, actor, incoming.conversation_id, for_update=True)
        # a click is put in the language the conversation is in, whatever the browser's
        words = _put_in_words(incoming, _language_of(conversation)) if incoming.resume else words
        content = await put_away(session, defaults.keys, conversation.id, words)
        earlier = await _find_earlier(session, conversation, incoming, content)
        if earlier is not None:
            return earlier
        await end_expired_runs(session, conversation_id=conversation.id)
        active = await RunRepository(session).find_active(conversation.id)
        if active is not None:
            raise RunActive(active.id)
        if incoming.time_zone is not None:
            conversation.time_zone = threads.ensure_time_zone(incoming.time_zone)
        if incoming.context is not None:
            conversation.context = take_in_context(incoming.context)
    conversation.updated_at = clock.now()
    previous = _language_of(conversation)
    language = read_language(content, previous=previous) or previous or incoming.locale or "vi"
    run = Run(
        id=incoming.run_id or new_id(),
        conversation_id=conversation.id,
        status="running",
        language=language,
        lease_until=first_lease(),
        code_version=CODE_VERSION,
        usage={},
    )
    session.add(run)
    try:
        await session.flush()
    except IntegrityError as error:  # the run id, which a client may choose, is taken
        raise MessageIdReused from error
    message = ConversationMessage(
        conversation_id=conversation.id,
        run_id=run.id,
        role="user",
        content=content,
        language=language,
        client_message_id=incoming.client_message_id,
        metadata_={"resume": asdict(incoming.resume)} if incoming.resume else {},
    )
    session.add(message)
    await session.flush()
    return Turn(conversation, message, run, is_new=True, resume=incoming.resume, token=token)


def _language_of(conversation: Conversation) -> Language | None:
    return "vi" if conversation.language == "vi" else "en" if conversation.language else None


def _put_in_words(incoming: Incoming, language: Language | None = None) -> str:
    """What was said, or what a click says; raises MessageEmpty."""
    if incoming.resume is None:
        return make_readable(incoming.text or "")
    click = "approved" if incoming.resume.is_yes else "declined" if incoming.resume.is_no else "done"
    return say(f"clicks.{click}", language or incoming.locale or "vi")


async def _find_earlier(
    session: AsyncSession, conversation: Conversation, incoming: Incoming, content: str
) -> Turn | None:
    """The turn this message already has, if it is being sent again."""
    if incoming.client_message_id is None:
        return None
    message = await ConversationRepository(session).find_by_client_id(conversation.id, incoming.client_message_id)
    if message is None:
        return None
    resume = asdict(incoming.resume) if incoming.resume else None
    # what a click is called depends on the language, which is not a part of it
    is_same = message.metadata_.get("resume") == resume and (resume or message.content == content)
    if not is_same or message.run_id is None:
        raise MessageIdReused
    return Turn(conversation, message, await session.get_one(Run, message.run_id), is_new=False)
