"""What a fare allows once it is bought."""

from __future__ import annotations

from typing import Any

from langchain.tools import tool
from langgraph.types import Command

from core.messages import Language, say
from domain.airlines import airline_name
from services.flights.offers import OfferRules, get_fare_rules
from tools.cards import Card, condition_row, start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.shown import find_shown
from tools.wording import baggage_text, carry_on_text, checked_text, condition_text

MAX_NOTES = 4
MAX_TITLE_CHARACTERS = 60
MAX_NOTE_CHARACTERS = 280
"""What a model and a plain screen get of the carrier's own words; the card has them whole."""


@tool
async def fare_rules(number: int, runtime: Tooling) -> Command[Any]:
    """Tell what an offer's fare allows: refund, change of flights and their fees, bags, and the airline's own notes.

    Args:
        number: The offer's number on the screen, e.g. 2.
    """
    ctx: ToolContext = runtime.context
    language = ctx.language
    offer_id = find_shown(runtime.state.get("offers", []), number)
    told = await get_fare_rules(ctx.transactions, ctx.market, offer_id)
    show_card(runtime, fare_rules_card(told, language))
    offer, rules = told.stored.offer, told.rules
    answer = {
        "number": number,
        "airline": airline_name(offer.carriers[0]),
        "fare": offer.fare_brand,
        "world": ctx.mode,
        "refund": condition_text(rules.refund, language),
        "change": condition_text(rules.change, language),
        "baggage": baggage_text(offer, language),
        "carrier_notes": _note_lines(told),
        "notes": [] if told.is_fresh else [say("replies.rules_unconfirmed", language)],
    }
    return answer_call(runtime, answer, {"number": number})


def fare_rules_card(told: OfferRules, language: Language) -> Card:
    offer, rules = told.stored.offer, told.rules
    airline = airline_name(offer.carriers[0])
    terms = say(
        "replies.details_rules",
        language,
        refund=condition_text(rules.refund, language),
        change=condition_text(rules.change, language),
        baggage=baggage_text(offer, language),
    )
    lines = [f"{airline} · {offer.fare_brand}", terms, *_note_lines(told)]
    return start_card("fare_rules", lines, language, simulated=offer.simulated) | {
        "offer_id": str(told.stored.id),
        "airline": airline,
        "fare_brand": offer.fare_brand,
        "refund": condition_row(rules.refund),
        "change": condition_row(rules.change),
        "carry_on": carry_on_text(offer, language),
        "checked": checked_text(offer, language),
        "notes": [note.model_dump() for note in rules.notes],
    }


def _note_lines(told: OfferRules) -> list[str]:
    return [
        f"{_shorten(note.title, MAX_TITLE_CHARACTERS)}: {_shorten(note.text, MAX_NOTE_CHARACTERS)}"
        for note in told.rules.notes[:MAX_NOTES]
    ]


def _shorten(text: str, limit: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= limit else f"{plain[:limit]}…"
