"""The card on which a traveller is entered: straight from the form to our own interface, past every model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import AppError
from core.messages import say
from core.security import ACCOUNT_SCOPE
from services.bookings.errors import (
    BirthDateMissing,
    ContactMissing,
    GenderMissing,
    NameNotLatin,
    PassportExpires,
    PassportMissing,
)
from services.bookings.party import KnownTraveller
from services.bookings.travellers import TravellerPapers, check_papers
from tools.cards import Card, start_card
from tools.context import ToolContext, Tooling, show_card
from tools.wording import name_text

PASSENGERS_PATH = "/v1/users/me/passengers"
TRAVELLERS_PAGE = "/travellers"
"""Our own page for the same."""

PAPER_FAULTS = (BirthDateMissing, GenderMissing, NameNotLatin, PassportMissing, PassportExpires, ContactMissing)
"""What the form puts right."""
NEEDED = ("last_name", "first_name", "gender", "dob")
"""Without them nobody is booked on any flight."""
PASSPORT = ("passport_number", "passport_expiry", "passport_country")
"""For trips abroad."""


def show_new_passenger_form(runtime: Tooling, prefill: Mapping[str, str]) -> None:
    """Ask for somebody who is not in the caller's list yet."""
    ctx: ToolContext = runtime.context
    text = say("passenger_form.new", ctx.language)
    card = _start(ctx, text, "POST", PASSENGERS_PATH, f"{TRAVELLERS_PAGE}#new")
    fields = _list_fields(ctx, NEEDED, required=True)
    fields += _list_fields(ctx, ("nationality", *PASSPORT, "phone"), required=False)
    show_card(runtime, card | {"passenger_id": None, "fields": fields, "prefill": dict(prefill)})


async def ask_for_papers(runtime: Tooling, party: Sequence[KnownTraveller], fault: AppError) -> None:
    """Show the form of the one in a party who lacks something, or of the first."""
    ctx: ToolContext = runtime.context
    async with ctx.transactions() as session:
        papers = await check_papers(session, ctx.actor, ctx.keys, party)
    is_abroad = isinstance(fault, PassportMissing | PassportExpires)
    lacking = (each for each in papers if each.missing or (is_abroad and not each.has_passport))
    who = next(lacking, papers[0])
    if isinstance(fault, ContactMissing):
        who = replace(who, missing=(*who.missing, "phone"))
    name = name_text(who.traveller.given_name, who.traveller.family_name, ctx.language)
    show_passenger_form(runtime, who, name)


def show_passenger_form(runtime: Tooling, papers: TravellerPapers, name: str) -> None:
    """Ask for what one of the caller's travellers lacks, and for their passport."""
    ctx: ToolContext = runtime.context
    person = papers.traveller
    key = "passenger_form.lacking" if papers.missing else "passenger_form.passport"
    missing = ", ".join(field_label(field, ctx) for field in papers.missing)
    text = say(key, ctx.language, name=name, missing=missing)
    card = _start(ctx, text, "PATCH", f"{PASSENGERS_PATH}/{person.id}", f"{TRAVELLERS_PAGE}#{person.id}")
    fields = [*_list_fields(ctx, papers.missing, required=True), *_list_fields(ctx, PASSPORT, required=False)]
    names = {"first_name": person.given_name, "last_name": person.family_name}
    known = {field: value for field, value in names.items() if field in papers.missing}
    show_card(runtime, card | {"passenger_id": str(person.id), "fields": fields, "prefill": known})


def field_label(field: str, ctx: ToolContext) -> str:
    return say(f"passenger_form.field.{field}", ctx.language)


def _start(ctx: ToolContext, text: str, method: str, path: str, page: str) -> Card:
    lines = [text, say("passenger_form.where", ctx.language, path=page)]
    # a token of a foreign page does not reach travellers: there the form is our own page
    submit = {"method": method, "path": path} if ACCOUNT_SCOPE in ctx.actor.scopes else None
    card = start_card("passenger_form", lines, ctx.language, simulated=False)
    return card | {"submit": submit, "page_path": page}


def _list_fields(ctx: ToolContext, fields: Sequence[str], *, required: bool) -> list[Card]:
    return [{"name": field, "label": field_label(field, ctx), "required": required} for field in fields]
