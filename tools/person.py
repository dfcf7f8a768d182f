"""A person, please."""

from __future__ import annotations

from typing import Annotated, Any

from langchain.tools import tool
from langchain_core.messages import HumanMessage
from langgraph.types import Command
from pydantic import Field

from core.messages import say
from services.support.tickets import MAX_TOPIC_CHARACTERS, open_ticket
from tools.cards import start_card
from tools.context import ToolContext, Tooling, answer_call, show_card

Summary = Annotated[str, Field(min_length=1, max_length=MAX_TOPIC_CHARACTERS)]


@tool
async def ask_a_person(runtime: Tooling, summary: Summary | None = None) -> Command[Any]:
    """Open a ticket for our people, when the traveller wants a person or nothing else here can help.

    Args:
        summary: What it is about, in a line, e.g. 'Paid twice for one booking'. No personal data.
    """
    ctx: ToolContext = runtime.context
    said = (each.text for each in reversed(runtime.state.get("messages", [])) if isinstance(each, HumanMessage))
    ticket = await open_ticket(
        ctx.transactions,
        ctx.actor,
        ctx.keys,
        conversation_id=ctx.conversation_id,
        topic=summary or say("support.unsaid", ctx.language),
        words=next(said, ""),
        language=ctx.language,
        client_address=ctx.client_address,
        support_email=ctx.support_email,
    )
    told = [say("support.opened", ctx.language, number=ticket.number)]
    if ctx.support_email is None:
        told.append(say("support.nobody_mailed", ctx.language))
    else:
        told += [
            say("support.mailed", ctx.language),
            say("support.address", ctx.language, address=ctx.support_email, number=ticket.number),
        ]
    card = start_card("notice", told, ctx.language, simulated=False) | {"ticket_number": ticket.number}
    show_card(runtime, card)
    facts = {"ticket_number": ticket.number, "is_mailed": ctx.support_email is not None, "done": " ".join(told)}
    return answer_call(runtime, facts, {})
