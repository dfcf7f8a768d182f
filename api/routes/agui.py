"""The door for stock AG-UI clients. Of what they send only ids and the last user message are believed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from ag_ui.core import RunAgentInput, TextPart, UserMessage
from fastapi import APIRouter
from sse_starlette import EventSourceResponse

from api.deps import CurrentActor, PartsDep
from api.errors import describe_errors
from api.limits import ClientAddress, limited
from api.routes.chat import STREAMED, start_turn
from api.schemas.chat import ResumeItem
from api.sse import reserve_stream, stream_run
from core.errors import InvalidInput
from services.conversations.errors import ConversationNotFound, MessageEmpty, ResumeInvalid, ThreadIdTaken
from services.conversations.turns import Incoming, Resume
from services.rate_limits import CHAT

router = APIRouter(tags=["chat"])


class IdNotUuid(InvalidInput):
    code = "id_not_uuid"


def read_text(body: RunAgentInput) -> str:
    """The last message, if it is the user's; anything before it is our own transcript's business."""
    last = body.messages[-1] if body.messages else None
    if not isinstance(last, UserMessage):
        raise MessageEmpty
    if isinstance(last.content, str):
        return last.content
    return "\n".join(part.text for part in last.content if isinstance(part, TextPart))


def read_resume(body: RunAgentInput) -> Resume | None:
    """The click, if it is one; raises ResumeInvalid for more than one, and for an answer that cannot be read."""
    if not body.resume:
        return None
    try:
        (entry,) = body.resume
        fields = entry.model_dump(include={"interrupt_id", "status", "payload"})
        return ResumeItem.model_validate(fields).as_resume()
    except ValueError as error:
        raise ResumeInvalid from error


def read_ids(body: RunAgentInput) -> tuple[UUID, UUID]:
    """Thread and run id; ours are UUIDs."""
    try:
        return UUID(body.thread_id), UUID(body.run_id)
    except ValueError as error:
        raise IdNotUuid from error


@router.post("/ag-ui", responses=STREAMED | describe_errors(401, 403, 404, 409), dependencies=[limited(CHAT)])
async def run_agent(
    body: RunAgentInput,
    actor: CurrentActor,
    parts: PartsDep,
    address: ClientAddress,
) -> EventSourceResponse:
    """Run one turn of a thread. An unknown thread is opened under the caller's X-Conversation-Token, or under a new
    one that comes back in that header; the same run id again is the same run."""
    thread_id, run_id = read_ids(body)
    resume = read_resume(body)
    text = None if resume else read_text(body)
    message = Incoming(text=text, resume=resume, client_message_id=run_id, run_id=run_id, channel="ag-ui")
    known = replace(message, conversation_id=thread_id)
    with reserve_stream(parts):
        try:
            turn = await start_turn(parts, actor, known, address)
        except ConversationNotFound:
            try:
                turn = await start_turn(parts, actor, replace(message, new_conversation_id=thread_id), address)
            except ThreadIdTaken:  # just now by the same client, or by somebody else, who stays unknown
                turn = await start_turn(parts, actor, known, address)
        return stream_run(parts, turn.run.id, headers={"X-Conversation-Token": turn.token} if turn.token else None)
