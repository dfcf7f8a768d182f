"""Conversations and the messages in them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse

from api.deps import CurrentActor, PageDep, Parts, PartsDep, Session
from api.errors import describe_errors, language_of
from api.limits import ClientAddress, limited
from api.schemas.chat import (
    ActiveRun,
    ChatRequest,
    ChatResponse,
    ConversationCreate,
    ConversationCreated,
    ConversationDetailRead,
    ConversationRead,
    MessageRead,
    RunFault,
    SuggestedAction,
    TurnState,
    Usage,
)
from api.sse import reserve_stream, stream_run
from core.errors import AppError
from core.security import Actor
from db.models import Conversation, ConversationMessage
from services.conversations import threads
from services.conversations.blocks import render_html
from services.conversations.following import follow
from services.conversations.runs import ensure_log_kept, request_cancel
from services.conversations.turns import Incoming, Turn, begin_turn
from services.rate_limits import ACCOUNT, CHAT, OPENING, STREAM
from understanding.read import read_language

router = APIRouter(prefix="/chat", tags=["chat"])

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "The reply, or its AG-UI events.",
    }
}


class CursorInvalid(AppError):
    code = "cursor_invalid"
    status = 400


@router.post(
    "/conversations",
    status_code=201,
    response_model=ConversationCreated,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(OPENING)],
)
async def create_conversation(
    body: ConversationCreate, actor: CurrentActor, session: Session, parts: PartsDep
) -> ConversationCreated:
    """Open a conversation. An anonymous one answers with the token that opens it again."""
    made = await threads.create(
        session,
        actor,
        channel=body.channel,
        time_zone=body.time_zone,
        context=body.context,
        defaults=parts.thread_defaults,
    )
    return ConversationCreated(**_conversation_fields(made.conversation, 0), conversation_token=made.token)


@router.get(
    "/conversations",
    response_model=list[ConversationRead],
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def list_conversations(actor: CurrentActor, session: Session, page: PageDep) -> list[ConversationRead]:
    """The caller's conversations, latest first; a visitor without a token has none."""
    found = await threads.list_conversations(session, actor, skip=page.skip, limit=page.limit)
    return [ConversationRead(**_conversation_fields(conversation, count)) for conversation, count in found]


@router.get(
    "/conversations/{conversation_id}",
    response_model=ConversationDetailRead,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def get_conversation(
    conversation_id: UUID,
    actor: CurrentActor,
    session: Session,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: UUID | None = None,
    after: UUID | None = None,
) -> ConversationDetailRead:
    """A conversation with a page of its messages in order, and the run under way if there is one."""
    detail = await threads.get_detail(session, actor, conversation_id, limit=limit, before=before, after=after)
    run = detail.active_run
    return ConversationDetailRead(
        **_conversation_fields(detail.conversation, detail.message_count),
        messages=[_read_message(message) for message in detail.messages],
        pending_interrupts=list(detail.waiting),
        active_run=ActiveRun(id=run.id, last_seq=run.last_seq) if run else None,
    )


@router.delete(
    "/conversations/{conversation_id}",
    status_code=204,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def delete_conversation(conversation_id: UUID, actor: CurrentActor, parts: PartsDep) -> Response:
    """Remove a conversation and everything said in it."""
    async with parts.transactions() as session:
        await threads.delete(session, actor, conversation_id)
    await parts.runner.forget_conversation(conversation_id)
    return Response(status_code=204)


@router.post(
    "/conversations/{conversation_id}/claim",
    response_model=ConversationRead,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def claim_conversation(conversation_id: UUID, actor: CurrentActor, session: Session) -> ConversationRead:
    """Make an anonymous conversation the signed-in user's, who sends its token along; it opens it no more."""
    conversation, count = await threads.claim(session, actor, conversation_id)
    return ConversationRead(**_conversation_fields(conversation, count))


@router.post(
    "/messages",
    response_model=ChatResponse,
    responses=STREAMED | describe_errors(401, 403, 404, 409),
    dependencies=[limited(CHAT)],
)
async def send_message(
    body: ChatRequest, request: Request, actor: CurrentActor, parts: PartsDep, address: ClientAddress
) -> Response:
    """Say something; without a `conversation_id` a new conversation is opened. SSE with `Accept: text/event-stream`."""
    return await _send(body, body.conversation_id, request, actor, parts, address)


@router.post(
    "/conversations/{conversation_id}/messages",
    response_model=ChatResponse,
    responses=STREAMED | describe_errors(401, 403, 404, 409),
    dependencies=[limited(CHAT)],
)
async def send_message_to(
    conversation_id: UUID,
    body: ChatRequest,
    request: Request,
    actor: CurrentActor,
    parts: PartsDep,
    address: ClientAddress,
) -> Response:
    """Say something in a conversation; the path decides which."""
    return await _send(body, conversation_id, request, actor, parts, address)


@router.get(
    "/conversations/{conversation_id}/runs/{run_id}/events",
    responses=STREAMED | describe_errors(400, 401, 403, 404, 410),
    dependencies=[limited(STREAM)],
)
async def follow_run(
    conversation_id: UUID,
    run_id: UUID,
    actor: CurrentActor,
    parts: PartsDep,
    last_event_id: Annotated[str | None, Header()] = None,
    after: str | None = None,
) -> EventSourceResponse:
    """The events of a run after a cursor: those there are, then those to come, up to the terminal one."""
    cursor = read_cursor(last_event_id if last_event_id is not None else after)
    async with parts.transactions() as session:
        ensure_log_kept(await threads.get_run(session, actor, conversation_id, run_id))
    with reserve_stream(parts):
        return stream_run(parts, run_id, after=cursor)


@router.post(
    "/conversations/{conversation_id}/runs/{run_id}/cancel",
    status_code=202,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def cancel_run(conversation_id: UUID, run_id: UUID, actor: CurrentActor, parts: PartsDep) -> dict[str, str]:
    """Ask a run to stop; it ends with outcome `cancelled` and the conversation goes on. Harmless if it has ended."""
    async with parts.transactions() as session:
        run = await threads.get_run(session, actor, conversation_id, run_id)
        await request_cancel(session, run)
    parts.runner.nudge(run_id)
    return {"run_id": str(run_id)}


def read_cursor(text: str | None) -> int:
    """A position in a log; nothing means its start. Raises CursorInvalid."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise CursorInvalid
    return int(text)


async def _send(
    body: ChatRequest, conversation_id: UUID | None, request: Request, actor: Actor, parts: Parts, address: str
) -> Response:
    request.state.language = read_language((body.message or "")[:500]) or body.language
    incoming = Incoming(
        text=body.message,
        resume=body.resume[0].as_resume() if body.resume else None,
        conversation_id=conversation_id,
        client_message_id=body.client_message_id,
        channel=body.channel,
        locale=body.language or language_of(request),
        time_zone=body.time_zone,
        context=body.context,
    )
    with reserve_stream(parts):
        turn = await start_turn(parts, actor, incoming, address)
        headers = {"X-Conversation-Token": turn.token} if turn.token else {}
        if "text/event-stream" in request.headers.get("accept", ""):
            return stream_run(parts, turn.run.id, headers=headers)
        async for _ in follow(parts.transactions, parts.wakeups, turn.run.id):
            pass
    return JSONResponse((await _read_reply(parts, turn)).model_dump(mode="json"), headers=headers)


async def start_turn(parts: Parts, actor: Actor, incoming: Incoming, address: str) -> Turn:
    """Commit a message with its run, then set the run going."""
    with parts.runner.reserve():
        async with parts.transactions() as session:
            turn = await begin_turn(session, actor, incoming, defaults=parts.thread_defaults)
        if turn.is_new:
            parts.runner.start(turn, actor, address)
    return turn


async def _read_reply(parts: Parts, turn: Turn) -> ChatResponse:
    async with parts.transactions() as session:
        reply = await threads.get_reply(session, turn.conversation.id, turn.run.id)
    message = _read_message(reply.message)
    view = reply.conversation.state
    return ChatResponse(
        conversation_id=reply.conversation.id,
        run_id=reply.run.id,
        message_id=message.id,
        content=message.content,
        html=render_html(message.blocks),
        language=message.language or reply.run.language,
        intent=message.intent,
        agent_name=message.agent_name,
        state=TurnState(
            run=message.run or "error",
            frame=view.get("frame", {}),
            missing=view.get("missing", []),
            asked=view.get("asked"),
        ),
        error=message.error,
        suggested_actions=message.suggested_actions,
        attachments=message.attachments,
        interrupts=reply.message.metadata_.get("interrupts", []),
        usage=Usage(**reply.run.usage) if reply.run.usage else None,
        created_at=message.created_at,
        conversation_token=turn.token,
    )


def _conversation_fields(conversation: Conversation, message_count: int) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "user_id": conversation.user_id,
        "channel": conversation.channel,
        "state": conversation.state,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "message_count": message_count,
    }


def _read_message(message: ConversationMessage) -> MessageRead:
    error = message.metadata_.get("error")
    return MessageRead(
        id=message.id,
        role=message.role,
        content=message.content,
        blocks=message.blocks,
        language=message.language,
        intent=message.intent,
        agent_name=message.agent_name,
        run_id=message.run_id,
        run=message.metadata_.get("run"),
        error=RunFault(**error) if error else None,
        attachments=message.attachments,
        suggested_actions=[SuggestedAction(**action) for action in message.suggested_actions],
        created_at=message.created_at,
    )
