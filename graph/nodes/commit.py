"""Carries out the traveller's answer to a card. The only node where something happens, and no model is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from core.clock import clock
from core.errors import AppError
from core.messages import Language
from db.models import Proposal
from db.models.proposals import ApprovalChannel
from graph.context import TurnContext
from graph.sentences import (
    after_approval,
    after_decline,
    card_closed,
    card_expired,
    card_refused,
    card_replaced,
    look_again,
    put_aside,
)
from graph.state import OpenCard, State
from graph.waiting import puts_aside
from services.accounts.sessions import get_account
from services.bookings.errors import PriceChanged
from services.bookings.reading import get_booking
from services.calendar.events import list_booking_events
from services.proposals.approval import Approved, approve, decline, get_proposal
from services.proposals.errors import ProposalClosed, ProposalExpired, ProposalNotFound, TermsChanged
from tools.bookings import booking_card, describe_booking
from tools.confirm import confirm_card, describe_question
from tools.proposals import read_question
from tools.wording import money_text
from understanding.consent import read_answer


@dataclass(frozen=True, slots=True)
class _Answer:
    """Which card is answered, and how."""

    proposal_id: UUID
    quote_hash: str
    is_yes: bool
    channel: ApprovalChannel


async def commit(state: State, *, runtime: Runtime[TurnContext]) -> State:
    """Approve or decline; a card that cannot be answered any more says why, and nothing moves."""
    context = runtime.context
    runtime.stream_writer({"step": state["agent"]})
    card, pending = state.get("card"), state.get("pending")
    if pending is not None and puts_aside(state, context):
        kept = await _keep_if_open(card, context)
        return State(**(_tell(runtime, put_aside(context.language), card=kept) | {"pending": None}))
    try:
        answer = _read_answer(state, context)
        # a no needs no second look
        if answer.is_yes and answer.channel == "typed" and card is not None and not card["is_last"]:
            again = await _show_again(card, runtime)
            if again is not None:
                return again
        return await _take(answer, state, runtime)
    except (PriceChanged, TermsChanged) as changed:
        return await _show_successor(changed, card, runtime)
    except AppError as error:
        return _tell(runtime, _explain(error, card, context.language), card=await _keep_if_open(card, context))


async def _show_again(card: OpenCard, runtime: Runtime[TurnContext]) -> State | None:
    """The card once more, in the language of the answer; None where it cannot be answered any more."""
    context, shown = runtime.context, card["card"]
    proposal = await _find_open(card, context)
    if proposal is None or proposal.expires_at <= clock.now():
        return None
    if shown["language"] != context.language:
        shown = confirm_card(await read_question(context, proposal), context.now.tzinfo, context.language)
    runtime.stream_writer({"card": shown})
    return _tell(runtime, look_again(context.language), card=OpenCard(**(card | {"card": shown, "is_last": True})))


def _read_answer(state: State, context: TurnContext) -> _Answer:
    """Raises ProposalNotFound for a click on what is no card of ours."""
    click, card = context.resume, state.get("card")
    if click is None:
        assert card is not None
        said = read_answer(state["messages"][-1].text, context.language, card["card"]["action"])
        return _Answer(UUID(card["card"]["proposal_id"]), card["card"]["quote_hash"], said == "yes", "typed")
    try:
        proposal_id = UUID(click.interrupt_id)
    except ValueError as error:
        raise ProposalNotFound from error
    return _Answer(proposal_id, click.quote_hash, click.is_yes, "card")


async def _take(answer: _Answer, state: State, runtime: Runtime[TurnContext]) -> State:
    context, card, other = runtime.context, state.get("card"), None
    if card is not None and card["card"]["proposal_id"] != str(answer.proposal_id):
        # a click that comes late, or twice, is on an older card than the one that waits
        card, other = None, card
    async with context.transactions() as session:
        proposal = await get_proposal(session, context.actor, answer.proposal_id)
        if proposal.conversation_id != context.conversation_id:
            raise ProposalNotFound
        if not answer.is_yes:
            await decline(
                session,
                context.actor,
                proposal_id=proposal.id,
                channel=answer.channel,
                answered_in=context.message_id,
            )
    if not answer.is_yes:
        _answer_call(runtime, card, {"answer": "declined"})
        text = after_decline(proposal.action, context.language, offers_shown=bool(state.get("offers")))
        kept = await _keep_if_open(other, context)
        return _tell(runtime, text, card=kept, done="declined", story=f"declined {proposal.action}")
    approved = await approve(
        context.consent,
        context.actor,
        proposal_id=proposal.id,
        quote_hash=answer.quote_hash,
        channel=answer.channel,
        answered_in=context.message_id,
    )
    facts = await _carry_on(approved, runtime)
    _answer_call(runtime, card, {"answer": "approved"} | facts)
    told = " ".join(filter(None, ("approved", approved.action, facts.get("booking_reference"))))
    kept = await _keep_if_open(other, context)
    update = _tell(runtime, after_approval(facts, context.language), card=kept, done=facts["done"], story=told)
    # a booking is what was shown last, so that "move it to Friday" means it
    return State(**(update | {"bookings": [str(approved.booking_id)]})) if approved.booking_id else update


async def _carry_on(approved: Approved, runtime: Runtime[TurnContext]) -> dict[str, Any]:
    """What came of a yes, as far as one waits for it; a booking is shown as it is then."""
    context = runtime.context
    if approved.booking_id is None:
        is_written = approved.action == "calendar" and await _is_in_calendar(approved, context)
        return {"action": approved.action, "done": approved.action, "is_written": is_written}
    await context.desk.advance(approved.booking_id)
    async with context.transactions() as session:
        detail = await get_booking(session, context.actor, approved.booking_id)
        account = await get_account(session, detail.booking.user_id)
    runtime.stream_writer({"card": booking_card([detail], context.language)})
    refund = detail.refund if approved.action == "cancel" else None
    return describe_booking(detail, context.now.tzinfo, context.language) | {
        "action": approved.action,
        "phase": detail.phase,
        # what is owed is paid the same way, whether for a booking or for its change
        "done": "held" if detail.amount_due else detail.phase,
        "refund": money_text(refund, context.language) if refund else None,
        "email_sent": account.email_verified_at is not None,
    }


async def _is_in_calendar(approved: Approved, context: TurnContext) -> bool:
    async with context.transactions() as session:
        events = await list_booking_events(session, context.actor, approved.subject_id)
    return all(event.synced_at for event in events)


async def _show_successor(
    changed: PriceChanged | TermsChanged, card: OpenCard | None, runtime: Runtime[TurnContext]
) -> State:
    """The card with the new terms, which asks for a yes of its own."""
    context = runtime.context
    async with context.transactions() as session:
        proposal = await get_proposal(session, context.actor, UUID(changed.extra["proposal_id"]))
    question = await read_question(context, proposal)
    shown = confirm_card(question, context.now.tzinfo, context.language)
    runtime.stream_writer({"card": shown})
    facts = describe_question(question, context.now.tzinfo, context.language) | dict(changed.extra)
    text = card_replaced(facts, context.language)
    return _tell(runtime, text, card=OpenCard(card=shown, call_id=card["call_id"] if card else "", is_last=True))


def _explain(error: AppError, card: OpenCard | None, language: Language) -> str:
    match error:
        case ProposalExpired() if card is not None:
            return card_expired(card["card"]["action"], language)
        case ProposalClosed():
            return card_closed(error.extra["status"], language)  # type: ignore[arg-type]  # a status of proposals
    return card_refused(error.code, error.params, language)


async def _keep_if_open(card: OpenCard | None, context: TurnContext) -> OpenCard | None:
    """A card that was not answered, or failed for a moment, can be answered later."""
    if card is None or await _find_open(card, context) is None:
        return None
    return OpenCard(**(card | {"is_last": False}))


async def _find_open(card: OpenCard, context: TurnContext) -> Proposal | None:
    """The proposal behind a card, as long as it is there and unanswered."""
    try:
        async with context.transactions() as session:
            proposal = await get_proposal(session, context.actor, UUID(card["card"]["proposal_id"]))
    except AppError:
        return None
    return proposal if proposal.status == "open" else None


def _answer_call(runtime: Runtime[TurnContext], card: OpenCard | None, facts: dict[str, Any]) -> None:
    """The tool call that asked is answered for clients only now."""
    if card is not None and card["call_id"]:
        content = json.dumps(facts, ensure_ascii=False)
        runtime.stream_writer({"answered": {"call_id": card["call_id"], "content": content}})


def _tell(
    runtime: Runtime[TurnContext],
    text: str,
    *,
    card: OpenCard | None = None,
    done: str | None = None,
    story: str | None = None,
) -> State:
    runtime.stream_writer({"text": text})
    return State(messages=[AIMessage(text)], card=card, done=done, story=[story] if story else [])
