"""Passports and identity cards on file. Their numbers are neither read nor told here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from core.messages import Language
from domain.travellers import DocumentKind
from services.passengers.details import DocumentDetail
from services.passengers.documents import list_documents
from services.passengers.errors import DocumentNotFound
from services.proposals.personal import propose_document_deletion as ask_to_delete
from services.proposals.wording import document_text
from tools.context import ToolContext, Tooling, answer_call
from tools.errors import DocumentUnclear
from tools.naming import TravellerName, find_travellers
from tools.proposals import ask_on_card, read_question
from tools.sign_in import require_sign_in

DocumentNumber = Annotated[int, Field(ge=1, le=20)]


@tool
async def propose_document_deletion(
    runtime: Tooling,
    traveller: TravellerName | None = None,
    kind: DocumentKind | None = None,
    document: DocumentNumber | None = None,
) -> Command[Any]:
    """Show the card that asks to delete a traveller's passport or identity card from file. Deletes nothing itself.

    Args:
        traveller: Whose, e.g. 'me', '2' by number in their list, or 'pax_…'. Leave out for the traveller themselves.
        kind: e.g. 'passport'. Leave out if it was not said.
        document: Its place among those the tool has named, e.g. 1. Leave out unless it asked.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    (person,) = await find_travellers(runtime, [traveller] if traveller else [])
    async with ctx.transactions() as session:
        known = await list_documents(session, ctx.actor, passenger_id=person.id, keys=ctx.keys)
    proposal = await ask_to_delete(
        ctx.consent,
        ctx.actor,
        passenger_id=person.id,
        document_id=_find_document(known, kind, document, ctx.language),
        conversation_id=ctx.conversation_id,
        tool_call_id=runtime.tool_call_id,
    )
    return answer_call(runtime, ask_on_card(runtime, await read_question(ctx, proposal)), {})


def _find_document(
    known: Sequence[DocumentDetail], kind: DocumentKind | None, position: int | None, language: Language
) -> UUID:
    if not known:
        raise DocumentNotFound
    fit = [
        each for number, each in enumerate(known, start=1) if kind in (None, each.kind) and position in (None, number)
    ]
    if len(fit) != 1:
        listed = (f"{number}. {_name_document(each, language)}" for number, each in enumerate(known, start=1))
        raise DocumentUnclear(documents=", ".join(listed))
    return fit[0].id


def _name_document(document: DocumentDetail, language: Language) -> str:
    return document_text(document.kind, document.issuing_country, document.expires_on, language)
