"""Runs turns as tasks of their own, so that a connection that drops takes nothing with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphRecursionError
from langgraph.types import Command
from sqlalchemy.exc import SQLAlchemyError

from core.clock import clock
from core.errors import Overloaded
from core.messages import Language
from core.metrics import RUNS_ACTIVE
from core.security import Actor, Keys
from db.models import Conversation
from db.repositories.runs import BatchStored
from db.session import Transactions
from graph.build import RECURSION_LIMIT, build_graph
from graph.context import TurnContext
from graph.events import RunLog
from graph.nodes.propose import WAITS
from graph.state import State
from graph.suggestions import suggest_actions
from graph.waiting import list_waiting
from providers.calendar.base import CalendarProvider
from providers.llm.asking import ModelFailed
from providers.llm.base import Models
from services.bookings.desk import Desk
from services.conversations.events import fold
from services.conversations.runs import HEARTBEAT_SECONDS, Outcome, RunLost, finish, keep_lease, reply_id_of
from services.conversations.turns import Turn
from services.flights.market import Market
from services.model_usage import ModelLimits, count_tokens, find_tokens_left
from services.payments.gateways import Gateways
from understanding.frame import Frame

log = structlog.get_logger()

MAX_ACTIVE_RUNS = 30
"""In one process; beyond it a message is refused with 503 before anything is written."""

WRAP_UP_SECONDS = 5

TURN_SECONDS = 120
"""The longest a turn may take in all."""


@dataclass(frozen=True, slots=True)
class RunnerParts:
    """What the assembler hands to the runner."""

    transactions: Transactions
    checkpointer: BaseCheckpointSaver[Any]
    models: Models
    market: Market
    keys: Keys
    gateways: Gateways
    calendar: CalendarProvider | None
    desk: Desk
    model_limits: ModelLimits
    support_email: str | None
    currency: str = "VND"


class Runner:
    """The turns under way in this process."""

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        self._graph = build_graph(parts.checkpointer)
        self._active: dict[UUID, asyncio.Task[None]] = {}
        self._nudges: dict[UUID, asyncio.Event] = {}
        self._reserved = 0
        self._is_draining = False

    @contextmanager
    def reserve(self) -> Iterator[None]:
        """Hold a place for a run while its rows are written; raises Overloaded when there is none, or when stopping."""
        if self._is_draining or len(self._active) + self._reserved >= MAX_ACTIVE_RUNS:
            raise Overloaded
        self._reserved += 1
        try:
            yield
        finally:
            self._reserved -= 1

    def start(self, turn: Turn, actor: Actor, client_address: str) -> None:
        """Begin a turn whose rows are committed; its events are the only thing that comes back."""
        task = asyncio.create_task(self._run(turn, actor, client_address))
        self._active[turn.run.id] = task
        self._nudges[turn.run.id] = asyncio.Event()
        RUNS_ACTIVE.set(len(self._active))
        task.add_done_callback(lambda _: self._forget(turn.run.id))

    def _forget(self, run_id: UUID) -> None:
        del self._active[run_id], self._nudges[run_id]
        RUNS_ACTIVE.set(len(self._active))

    def nudge(self, run_id: UUID) -> None:
        """Have a run of this process look at its row now: its cancellation was just asked for there."""
        if run_id in self._nudges:
            self._nudges[run_id].set()

    async def forget_conversation(self, conversation_id: UUID) -> None:
        """Remove what the graph remembers of a deleted conversation."""
        await self._parts.checkpointer.adelete_thread(str(conversation_id))

    async def drain(self, seconds: float) -> None:
        """Take no more turns, let those under way finish, and end in words what has not by then."""
        self._is_draining = True
        if self._active:
            _, late = await asyncio.wait(self._active.values(), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _run(self, turn: Turn, actor: Actor, client_address: str) -> None:
        run, conversation = turn.run, turn.conversation
        language: Language = "vi" if run.language == "vi" else "en"
        context = TurnContext(
            actor=actor,
            conversation_id=conversation.id,
            run_id=run.id,
            message_id=turn.message.id,
            language=language,
            now=clock.now().astimezone(ZoneInfo(conversation.time_zone)),
            currency=self._parts.currency,
            transactions=self._parts.transactions,
            market=self._parts.market,
            keys=self._parts.keys,
            gateways=self._parts.gateways,
            calendar=self._parts.calendar,
            client_address=client_address,
            models=self._parts.models,
            budget=self._parts.model_limits.open_budget(),
            desk=self._parts.desk,
            support_email=self._parts.support_email,
            resume=turn.resume,
        )
        outcome = Outcome(language=language)
        reply_id = reply_id_of(run.id)
        events = RunLog(self._parts.transactions, conversation.id, run.id, reply_id)
        answering = asyncio.create_task(self._answer(turn.message.content, context, events, outcome))
        writing = asyncio.create_task(events.write_out())
        keeping = asyncio.create_task(self._keep_lease(run.id))
        try:
            await asyncio.wait({answering, writing, keeping}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the process is stopping
            outcome.error_code = "run_interrupted"
        await self._stop_answering(answering, writing, keeping, outcome)
        await self._wrap_up(conversation.id, actor, language, events, outcome)
        events.close()
        await asyncio.wait({writing})
        await count_tokens(
            context.transactions,
            context.keys,
            actor,
            client_address=client_address,
            tokens=context.budget.tokens_used,
        )
        outcome.usage = context.record.as_usage()
        outcome.model, outcome.prompt_hash = context.record.model, context.record.prompt_hash
        try:
            async with self._parts.transactions() as session:
                await finish(
                    session,
                    run.id,
                    reply_id=reply_id,
                    shown=fold(events.events),
                    pending=events.pending,
                    after=events.seq,
                    outcome=outcome,
                )
        except (RunLost, BatchStored):
            log.warning("run.lost", run_id=str(run.id))
            await self._forget_if_deleted(conversation.id)
        except Exception:  # the database is gone: the lease runs out and another process ends the run
            log.exception("run.unfinished", run_id=str(run.id))
        if not writing.cancelled() and isinstance(error := writing.exception(), SQLAlchemyError):
            log.error("run.unwritten", run_id=str(run.id), error=type(error).__name__)

    async def _forget_if_deleted(self, conversation_id: UUID) -> None:
        """A conversation deleted in mid-turn must leave no checkpoint that the turn wrote afterwards."""
        async with self._parts.transactions() as session:
            if await session.get(Conversation, conversation_id) is None:
                await self.forget_conversation(conversation_id)

    async def _stop_answering(
        self,
        answering: asyncio.Task[None],
        writing: asyncio.Task[None],
        keeping: asyncio.Task[None],
        outcome: Outcome,
    ) -> None:
        """End the graph and the lease, whichever of the three ended first, so that nothing is added any more."""
        if not answering.done():
            answering.cancel()
            # the writer and the keeper end early, and well, only when somebody asked for the run to stop
            outcome.is_cancelled = any(_ended_well(task) for task in (writing, keeping))
            if not outcome.is_cancelled:
                outcome.error_code = outcome.error_code or "run_interrupted"
        keeping.cancel()
        await asyncio.wait({answering, keeping})

    async def _wrap_up(
        self, conversation_id: UUID, actor: Actor, language: Language, events: RunLog, outcome: Outcome
    ) -> None:
        """Read what the turn left in the state, suggest what to say next, and drop the checkpoints before the last.

        What goes wrong here takes nothing from an answer already given.
        """
        thread = RunnableConfig(configurable={"thread_id": str(conversation_id)})
        try:
            async with asyncio.timeout(WRAP_UP_SECONDS):
                state: State = (await self._graph.aget_state(thread)).values  # type: ignore[assignment]  # a plain dict
                _describe(state, outcome)
                async with self._parts.transactions() as session:
                    outcome.interrupts = await list_waiting(session, actor, state)
                if not (outcome.error_code or outcome.is_cancelled):
                    methods = [gateway.name for gateway in self._parts.gateways.methods]
                    events.end_text()
                    events.end_step()
                    events.add_custom("suggested_actions", suggest_actions(state, language, methods))
                await self._parts.checkpointer.aprune([str(conversation_id)], strategy="keep_latest")
        except Exception:  # an edge: the next turn prunes again
            log.exception("run.not_wrapped_up", conversation_id=str(conversation_id))

    async def _keep_lease(self, run_id: UUID) -> None:
        """Prolong the lease until cancelled; returns when the run's cancellation was asked for."""
        nudge = self._nudges[run_id]
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(nudge.wait(), HEARTBEAT_SECONDS)
            nudge.clear()
            try:
                async with self._parts.transactions() as session:
                    if await keep_lease(session, run_id):
                        return
            except SQLAlchemyError as error:  # the lease outlives a moment without the database
                log.warning("lease.not_kept", run_id=str(run_id), error=type(error).__name__)
                await asyncio.sleep(1)
                nudge.set()

    async def _answer(self, text: str, context: TurnContext, events: RunLog, outcome: Outcome) -> None:
        """Drive the graph and write down what it does; every failure ends in an error code, none escapes."""
        config = RunnableConfig(
            configurable={"thread_id": str(context.conversation_id)}, recursion_limit=RECURSION_LIMIT
        )
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._look_at_day(context)
                await self._drive(text, context, events, config)
        except (GraphRecursionError, TimeoutError):
            outcome.error_code = "turn_too_long"
        except ModelFailed:
            outcome.error_code = "model_failed"
        except Exception:  # an edge: the traveller gets a sentence, we get the traceback
            log.exception("run.failed", run_id=str(context.run_id))
            outcome.error_code = "run_failed"

    async def _look_at_day(self, context: TurnContext) -> None:
        """Hold the turn to what its traveller may still use today, where there are models that cost money."""
        if any(named.is_metered for named in context.models.capable):
            context.budget.tokens_today = await find_tokens_left(
                context.transactions,
                context.keys,
                self._parts.model_limits,
                context.actor,
                client_address=context.client_address,
            )

    async def _drive(self, text: str, context: TurnContext, events: RunLog, config: RunnableConfig) -> None:
        parts = self._graph.astream(
            {"messages": [HumanMessage(text)]},
            config,
            context=context,
            stream_mode=["custom", "updates"],
            durability="sync",
            version="v2",
        )
        async for part in parts:
            if part["type"] == "custom":
                _write_custom(part["data"], events)
            elif part["type"] == "updates":
                for message in _new_messages(part["data"].values()):
                    _write_message(message, events)


def _ended_well(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _write_custom(data: dict[str, Any], events: RunLog) -> None:
    match data:
        case {"text": delta}:
            events.add_text(delta)
        case {"step": name}:
            events.start_step(name)
        case {"card": card}:
            events.add_card(card)
        case {"route": route}:
            events.add_custom("route", route)
        case {"answered": {"call_id": call_id, "content": content}}:
            events.add_tool_result(call_id, content)


def _write_message(message: object, events: RunLog) -> None:
    if isinstance(message, AIMessage):
        events.end_text()
        for call in message.tool_calls:
            events.add_tool_call(call["id"] or "", call["name"], json.dumps(call["args"], ensure_ascii=False))
    elif isinstance(message, ToolMessage) and WAITS not in message.additional_kwargs:
        events.add_tool_result(message.tool_call_id, message.text)


def _new_messages(updates: Iterable[Any]) -> Iterable[object]:
    """The messages in what nodes returned: a state, a command, or a list of both."""
    for update in updates:
        match update:
            case list():
                yield from _new_messages(update)
            case Command():
                yield from _new_messages([update.update])
            case {"messages": list(messages)}:
                yield from messages


def _describe(state: State, outcome: Outcome) -> None:
    frame = Frame.model_validate(state.get("frame", {}))
    outcome.intent = state.get("reading", {}).get("intent", {}).get("name")
    outcome.agent_name = state.get("agent")
    outcome.state = {
        "frame": frame.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
        "missing": list(frame.missing),
        "asked": state.get("asked"),
    }
