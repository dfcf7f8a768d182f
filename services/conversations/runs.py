"""The life of a run: started under a lease, its events appended, ended once by whoever may.

The process that starts a run keeps its lease. When it dies the lease runs out, and whoever meets the run next ends it
with an error: what was shown stays, and the conversation is usable again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language, say
from core.metrics import RUNS, RUNS_TAKEN_OVER
from db.models import Conversation, ConversationMessage, Run
from db.repositories.runs import Advance, RunRepository
from services.conversations.blocks import parse_markdown
from services.conversations.errors import RunLogExpired
from services.conversations.events import EventData, Shown, closing_events, fold, run_error, run_finished
from services.conversations.waiting import CONFIRMATION, describe_waiting

log = structlog.get_logger()

LEASE_SECONDS = 15
HEARTBEAT_SECONDS = 5
LOG_KEPT = timedelta(hours=24)
"""How long the events of an ended run can be read again."""

REPLY_NAMESPACE = UUID("6f1c0f0e-52b1-4f39-9a43-7f0c7a5a9b1d")


class RunLost(Exception):
    """The run has been ended by another process, or its conversation deleted: stop without a trace."""


@dataclass
class Outcome:
    """How a run ended and what it leaves: filled as the turn goes, stored with the terminal event."""

    language: Language
    intent: str | None = None
    agent_name: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    """The client's view of the conversation after the turn."""
    interrupts: list[dict[str, Any]] | None = None
    """The cards that wait for the traveller, as `waiting.describe_waiting` tells them; None where nobody could look."""
    usage: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    prompt_hash: str | None = None
    is_cancelled: bool = False
    error_code: str | None = None
    """Set when the run failed; names its sentence in the message catalogue under errors."""

    @property
    def status(self) -> str:
        if self.error_code or self.is_cancelled:
            return "error" if self.error_code else "cancelled"
        return "interrupt" if self.interrupts else "success"


def first_lease() -> ColumnElement[datetime]:
    """When a run started now must have been heard of again."""
    return clock.lease_now() + timedelta(seconds=LEASE_SECONDS)


async def append_events(session: AsyncSession, run_id: UUID, events: Sequence[EventData], *, after: int) -> Advance:
    """Store events behind seq `after`, before anyone sees them; raises RunLost when the run is no longer ours."""
    advance = await RunRepository(session).append(run_id, events, after=after)
    if advance is None:
        raise RunLost
    return advance


async def keep_lease(session: AsyncSession, run_id: UUID) -> bool:
    """Prolong a run's lease and tell whether its cancellation was asked for; raises RunLost."""
    is_cancel_requested = await RunRepository(session).extend_lease(run_id, LEASE_SECONDS)
    if is_cancel_requested is None:
        raise RunLost
    return is_cancel_requested


async def finish(
    session: AsyncSession,
    run_id: UUID,
    *,
    reply_id: UUID,
    shown: Shown,
    pending: Sequence[EventData],
    after: int,
    outcome: Outcome,
) -> None:
    """Write the reply and the last events of a run in one transaction, ending with its only terminal event.

    `shown` is what the log showed with `pending`, the events not yet stored, which follow seq `after`. Raises RunLost.
    """
    run = await session.get(Run, run_id)
    if run is None:
        raise RunLost
    if outcome.interrupts is None:
        # a question that was shown may be answered; where none was, the reply before keeps telling what waits
        asked = [card for card in shown.cards if card["type"] == "confirm"]
        outcome.interrupts = [describe_waiting(card, reason=CONFIRMATION, call_id=None) for card in asked] or None
    # the conversation before the run, as everywhere: two that lock in different orders wait for each other for ever
    conversation = await session.get(Conversation, run.conversation_id, with_for_update=True)
    if conversation is None:
        raise RunLost
    result = {
        "message_id": str(reply_id),
        "intent": outcome.intent,
        "agent_name": outcome.agent_name,
        "language": outcome.language,
        "state": outcome.state,
        "usage": outcome.usage,
    }
    error = None
    if outcome.error_code:
        error = {"code": outcome.error_code, "message": say(f"errors.{outcome.error_code}", outcome.language)}
        terminal = run_error(error["code"], error["message"], result=result)
    else:
        terminal = run_finished(
            run.conversation_id,
            run_id,
            cancelled=outcome.is_cancelled,
            interrupts=outcome.interrupts or (),
            result=result,
        )
    await append_events(session, run_id, [*pending, *closing_events(shown), terminal], after=after)
    told = {"interrupts": outcome.interrupts, "error": error}
    session.add(
        ConversationMessage(
            id=reply_id,
            conversation_id=run.conversation_id,
            run_id=run_id,
            role="assistant",
            content=shown.text,
            blocks=parse_markdown(shown.text),
            language=outcome.language,
            intent=outcome.intent,
            agent_name=outcome.agent_name,
            attachments=shown.cards,
            suggested_actions=shown.suggested_actions,
            metadata_={"run": outcome.status} | {name: each for name, each in told.items() if each is not None},
        )
    )
    if outcome.state:
        conversation.state = outcome.state
    conversation.language = outcome.language
    conversation.updated_at = clock.now()
    run.status = outcome.status
    run.error_code = outcome.error_code
    run.usage = outcome.usage
    run.model = outcome.model
    run.prompt_hash = outcome.prompt_hash
    run.finished_at = clock.now()
    await session.flush()
    RUNS.labels(outcome.status).inc()
    log.info(
        "run.finished", run_id=str(run_id), status=outcome.status, code=outcome.error_code, agent=outcome.agent_name
    )


async def end_expired_runs(session: AsyncSession, *, conversation_id: UUID | None = None) -> int:
    """End runs whose process died, all or those of one conversation; what they had shown stays. How many."""
    ended = 0
    # ids, because a rollback to the savepoint takes what the session knows of the rows with it
    expired = [run.id for run in await RunRepository(session).lock_expired(conversation_id=conversation_id)]
    for run_id in expired:
        try:
            # a savepoint each: one run that cannot be ended must not keep the others from it
            async with session.begin_nested():
                await _end_expired(session, run_id)
            ended += 1
        except SQLAlchemyError:
            log.exception("run.unendable", run_id=str(run_id))
    return ended


async def _end_expired(session: AsyncSession, run_id: UUID) -> None:
    run = await session.get_one(Run, run_id)
    events = [event.data for event in await RunRepository(session).list_events(run.id)]
    await finish(
        session,
        run.id,
        reply_id=reply_id_of(run.id),
        shown=fold(events),
        pending=(),
        after=run.last_seq,
        outcome=Outcome(language="vi" if run.language == "vi" else "en", error_code="run_interrupted"),
    )
    RUNS_TAKEN_OVER.inc()
    log.warning("run.taken_over", run_id=str(run.id), conversation_id=str(run.conversation_id))


async def request_cancel(session: AsyncSession, run: Run) -> None:
    """Ask whoever holds the run to stop; does nothing to a run that has ended."""
    if run.status == "running" and run.cancel_requested_at is None:
        run.cancel_requested_at = clock.now()
        await session.flush()


def ensure_log_kept(run: Run) -> None:
    """Raises RunLogExpired when the run ended so long ago that its events are gone; the transcript has its reply."""
    if run.finished_at is not None and run.finished_at < clock.now() - LOG_KEPT:
        raise RunLogExpired


def reply_id_of(run_id: UUID) -> UUID:
    """The id of a run's reply, known before it is written, so that every writer of it agrees.

    Hashed, because some clients choose run ids and must not be able to choose a message's.
    """
    return uuid5(REPLY_NAMESPACE, str(run_id))
