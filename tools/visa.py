"""Whether a trip may need a visa: hints, never advice."""

from __future__ import annotations

from typing import Annotated, Any

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from core.messages import Language, format_day, say
from domain.countries import country_name
from domain.visas import HINTS_AS_OF, find_visa_hint
from services.bookings.party import KnownTraveller, list_known_travellers
from services.bookings.visas import list_countries_visited, list_passport_countries
from services.flights.offers import refresh_offer
from tools.cards import start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.errors import NotUnderstood
from tools.naming import TravellerNames, find_travellers
from tools.shown import find_shown
from tools.wording import name_text
from understanding.country_names import find_country

Destination = Annotated[str, Field(min_length=1, max_length=80)]
USUAL_PASSPORT = "VN"
"""What we take a traveller to have who has told nothing else; and say so."""


@tool
async def visa_hints(
    destination: Destination, runtime: Tooling, travellers: TravellerNames | None = None
) -> Command[Any]:
    """Tell whether a short visit usually needs a visa. Only hints: the embassy decides, and the answer says so.

    Args:
        destination: A country or a place in it as they said it, e.g. 'Nhật Bản', or an offer's number, e.g. '2'.
        travellers: Who flies, e.g. ['me'] or ['1', '3'] by number in their list. Leave out for themselves.
    """
    ctx: ToolContext = runtime.context
    passports = await _find_passports(runtime, travellers or [])
    visited, passed = await _find_countries(runtime, destination)
    lines = [_hint_text(name, passport, country, ctx.language) for country in visited for name, passport in passports]
    if not visited:
        lines = [say("visa.domestic", ctx.language)]
    is_assumed = any(passport is None for _, passport in passports)
    notes = [say("visa.assumed", ctx.language)] if is_assumed and visited else []
    notes += [say("visa.transit", ctx.language, country=country_name(each, ctx.language)) for each in passed]
    if visited or passed:
        notes.append(say("visa.ask_embassy", ctx.language, date=format_day(HINTS_AS_OF, ctx.language)))
    show_card(runtime, start_card("notice", [*lines, *notes], ctx.language, simulated=False))
    facts = {"destinations": [country_name(each, ctx.language) for each in visited], "hints": lines, "notes": notes}
    return answer_call(runtime, facts, {})


async def _find_countries(runtime: Tooling, said: str) -> tuple[list[str], list[str]]:
    """Where to, and where planes are changed. Raises NotUnderstood and OfferNumberUnknown."""
    ctx: ToolContext = runtime.context
    if said.strip().isascii() and said.strip().isdigit():
        offer_id = find_shown(runtime.state.get("offers", []), int(said))
        fresh = await refresh_offer(ctx.transactions, ctx.market, offer_id)
        return list_countries_visited(fresh.stored.offer.slices)
    country = find_country(said, ctx.language)
    if country is None:
        raise NotUnderstood("unknown_place", {"phrase": said})
    return [country], []


async def _find_passports(runtime: Tooling, said: TravellerNames) -> list[tuple[str, str | None]]:
    """Whose passport is of which country; the name is "" for a caller of whom nothing is known."""
    ctx: ToolContext = runtime.context
    if said:
        party = await find_travellers(runtime, said)
    elif ctx.actor.user_id is None:
        party = []
    else:
        async with ctx.transactions() as session:
            known = await list_known_travellers(session, ctx.actor)
        party = [each for each in known if each.is_default]
    if not party:
        return [("", None)]
    async with ctx.transactions() as session:
        countries = await list_passport_countries(session, ctx.actor, ctx.keys, [each.id for each in party])
    return [(_name(each, ctx.language), country) for each, country in zip(party, countries, strict=True)]


def _name(traveller: KnownTraveller, language: Language) -> str:
    return name_text(traveller.given_name, traveller.family_name, language)


def _hint_text(name: str, passport: str | None, country: str, language: Language) -> str:
    hint = find_visa_hint(passport or USUAL_PASSPORT, country)
    sentence = say(f"visa.{hint}", language, country=country_name(country, language))
    return f"{name}: {sentence}" if name else sentence
