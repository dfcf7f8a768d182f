"""The traveller's own list of who flies, and the form for whoever is not in it or not complete."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from langchain.tools import tool
from langchain_core.messages import HumanMessage
from langgraph.types import Command
from pydantic import Field

from core.messages import Language, say
from domain.names import MAX_NAME_CHARACTERS, check_name
from services.bookings.party import list_known_travellers
from services.bookings.travellers import TravellerPapers, check_papers
from tools.context import ToolContext, Tooling, answer_call
from tools.naming import MAX_NAMED_TRAVELLERS, TravellerName, find_travellers, handle_of
from tools.passenger_form import field_label, show_new_passenger_form, show_passenger_form
from tools.sign_in import require_sign_in
from tools.wording import name_text
from understanding.text import read_text

SaidName = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]


@tool
async def list_passengers(runtime: Tooling) -> Command[Any]:
    """List who the traveller can book for: names, handles, and what is missing before they can be booked."""
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    async with ctx.transactions() as session:
        known = await list_known_travellers(session, ctx.actor)
        found = await check_papers(session, ctx.actor, ctx.keys, known[:MAX_NAMED_TRAVELLERS])
    if not known:
        show_new_passenger_form(runtime, {})
    passengers = [{"number": number} | _describe(each, ctx) for number, each in enumerate(found, start=1)]
    return answer_call(runtime, {"passengers": passengers, "not_listed": len(known) - len(found)}, {})


@tool
async def open_passenger_form(
    runtime: Tooling,
    traveller: TravellerName | None = None,
    given_name: SaidName | None = None,
    family_name: SaidName | None = None,
) -> Command[Any]:
    """Show the form to enter a new traveller, or what one lacks. Birth dates and passports go there, never in the chat.

    Args:
        traveller: Whom to complete, e.g. 'me', '2' by number in their list, or 'pax_…'. Leave out for a new one.
        given_name: Of a new traveller, only if the traveller said it, e.g. 'Lan'.
        family_name: Of a new traveller, only if the traveller said it, e.g. 'Nguyễn'.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    if traveller is None:
        names = {"first_name": given_name, "last_name": family_name}
        said = {field: name for field, name in names.items() if name and _is_said(runtime, name)}
        show_new_passenger_form(runtime, said)
        return answer_call(runtime, {"shown": "passenger_form", "passenger": None, "prefilled": said}, {})
    (person,) = await find_travellers(runtime, [traveller])
    async with ctx.transactions() as session:
        (papers,) = await check_papers(session, ctx.actor, ctx.keys, [person])
    described = _describe(papers, ctx)
    show_passenger_form(runtime, papers, described["name"])
    return answer_call(runtime, {"shown": "passenger_form", "passenger": described, "prefilled": {}}, {})


def _describe(papers: TravellerPapers, ctx: ToolContext) -> dict[str, Any]:
    person = papers.traveller
    return {
        "name": name_text(person.given_name, person.family_name, ctx.language),
        "handle": handle_of(person),
        "is_caller": person.is_default,
        "missing": [field_label(field, ctx) for field in papers.missing],
        "passport": _passport_text(papers, ctx.now.date(), ctx.language),
    }


def _passport_text(papers: TravellerPapers, today: date, language: Language) -> str:
    """No more of a passport than for how long it is good, to the month."""
    expires_on = papers.passport_expires_on
    if not papers.has_passport:
        return say("passengers.passport_none", language)
    if expires_on is None:
        return say("passengers.passport_unclear", language)
    key = "passengers.passport_valid" if expires_on > today else "passengers.passport_expired"
    return say(key, language, month=f"{expires_on:%m/%Y}")


def _is_said(runtime: Tooling, name: str) -> bool:
    """Whether it is a name, in the traveller's own words: what else a model may have read fills no form."""
    try:
        wanted = _as_words(check_name(name))
    except ValueError:
        return False
    messages = runtime.state.get("messages", [])
    return any(wanted in _as_words(each.text) for each in messages if isinstance(each, HumanMessage))


def _as_words(text: str) -> str:
    return f" {' '.join(token.word for token in read_text(text).tokens)} "
