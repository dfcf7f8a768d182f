"""Whether travellers can fly an offer as they are entered: names, ages, passports, other trips."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langchain.tools import tool
from langgraph.types import Command

from core.messages import Language, say
from services.bookings.party import KnownTraveller
from services.bookings.policy import Finding, check_readiness
from services.flights.offers import refresh_offer
from tools.cards import start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.naming import TravellerNames, find_party, handle_of
from tools.shown import find_shown
from tools.sign_in import require_sign_in
from tools.wording import name_text


@tool
async def check_travel_readiness(
    number: int, runtime: Tooling, travellers: TravellerNames | None = None
) -> Command[Any]:
    """Check that travellers can be booked on an offer: names, dates of birth, passports, overlapping trips.

    Args:
        number: The offer's number on the screen, e.g. 2.
        travellers: Who flies, e.g. ['me'], ['1', '3'] by number in their list, or ['pax_…']. Leave out for themselves.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    offer_id = find_shown(runtime.state.get("offers", []), number)
    party = await find_party(runtime, travellers or ())
    offer = (await refresh_offer(ctx.transactions, ctx.market, offer_id)).stored.offer
    async with ctx.transactions() as session:
        findings = await check_readiness(
            session, ctx.actor, ctx.keys, offer=offer, passenger_ids=[each.id for each in party]
        )
    names = {each.id: name_text(each.given_name, each.family_name, ctx.language) for each in party}
    sentences = [_sentence(finding, names, ctx.language) for finding in findings]
    is_ready = all(finding.is_warning for finding in findings)
    verdict = say("readiness.ready" if is_ready else "readiness.not_ready", ctx.language)
    show_card(runtime, start_card("notice", [verdict, *sentences], ctx.language, simulated=offer.simulated))
    answer = {
        "number": number,
        "travellers": [_describe(each, ctx.language) for each in party],
        "ready": is_ready,
        "verdict": verdict,
        "problems": _pick(sentences, findings, is_warning=False),
        "warnings": _pick(sentences, findings, is_warning=True),
    }
    return answer_call(runtime, answer, {"number": number})


def _describe(traveller: KnownTraveller, language: Language) -> dict[str, str]:
    name = name_text(traveller.given_name, traveller.family_name, language)
    return {"name": name, "handle": handle_of(traveller)}


def _sentence(finding: Finding, names: dict[UUID, str], language: Language) -> str:
    sentence = say(finding.key, language, **finding.params)
    return f"{names[finding.passenger_id]}: {sentence}" if finding.passenger_id else sentence


def _pick(sentences: list[str], findings: list[Finding], *, is_warning: bool) -> list[str]:
    pairs = zip(sentences, findings, strict=True)
    return [sentence for sentence, finding in pairs if finding.is_warning == is_warning]
