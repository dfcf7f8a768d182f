"""Asking for a yes: to book, to cancel, to change. Nothing here books, cancels or changes; a card is shown, and only
the traveller answers it."""

from __future__ import annotations

from typing import Annotated, Any

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from core.messages import say
from db.models import Proposal
from domain.money import Money
from domain.offers import Slice
from services.bookings.extras import price_services
from services.bookings.party import name_party
from services.bookings.reading import BookingDetail
from services.bookings.terms import SliceChange
from services.flights.offers import refresh_offer
from services.proposals import proposing
from services.proposals.quotes import read_passenger_ids
from tools.arguments import DatePhrase, Place, list_airports, read_day, read_place
from tools.cards import Card, start_card
from tools.confirm import Question, confirm_card, describe_question
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.errors import NoOtherFlights
from tools.extras import BagWishes, SeatWishes, find_choices, service_row, service_text
from tools.naming import BookingName, TravellerNames, find_booking, find_travellers
from tools.shown import ShownOffer, find_shown
from tools.sign_in import require_sign_in
from tools.wording import money_text, tell_difference

Leg = Annotated[int, Field(ge=1, le=6)]


@tool
async def propose_booking(
    number: int,
    runtime: Tooling,
    travellers: TravellerNames | None = None,
    seats: SeatWishes | None = None,
    bags: BagWishes | None = None,
) -> Command[Any]:
    """Show the card that asks the traveller to book an offer. Books nothing: only their own yes on the card does.

    Args:
        number: The offer's number on the screen, e.g. 2.
        travellers: Who flies, e.g. ['me'], ['1', '3'] by number in their list, or ['pax_…']. Leave out for themselves.
        seats: Seats wished for, e.g. [{'seat': '12A', 'traveller': 1, 'flight': 'VN123'}]. Adults are counted first.
        bags: Bags beyond the fare's, e.g. [{'kind': 'checked_bag', 'quantity': 1, 'traveller': 1}].
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    shown: list[ShownOffer] = runtime.state.get("offers", [])
    offer_id = find_shown(shown, number)
    party = await find_travellers(runtime, travellers or ())
    services = await find_choices(ctx, offer_id, seats or (), bags or ())
    proposal = await proposing.propose_booking(
        ctx.consent,
        ctx.actor,
        offer_id=offer_id,
        passenger_ids=[each.id for each in party],
        services=services,
        conversation_id=ctx.conversation_id,
    )
    question = await _with_party(ctx, proposal)
    show_card(runtime, confirm_card(question, ctx.now.tzinfo, ctx.language))
    before = Money(amount_minor=shown[number - 1]["price"], currency=shown[number - 1]["currency"])
    now = Money(amount_minor=proposal.quote["fare_minor"], currency=proposal.quote["currency"])
    answer = describe_question(question, ctx.now.tzinfo, ctx.language) | {
        "number": number,
        "world": ctx.mode,
        "price_note": tell_difference(before, now, ctx.language),
    }
    repriced = {**shown[number - 1], "price": now.amount_minor, "currency": now.currency}
    return answer_call(runtime, answer, {"number": number, "offers": [*shown[: number - 1], repriced, *shown[number:]]})


@tool
async def propose_cancellation(booking: BookingName, runtime: Tooling) -> Command[Any]:
    """Show the card that asks the traveller to cancel a booking, with its fee and refund. Cancels nothing itself.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    proposal = await proposing.propose_cancellation(
        ctx.consent, ctx.actor, booking_id=detail.booking.id, conversation_id=ctx.conversation_id
    )
    question = _about(detail, proposal)
    show_card(runtime, confirm_card(question, ctx.now.tzinfo, ctx.language))
    answer = describe_question(question, ctx.now.tzinfo, ctx.language) | {"world": ctx.mode}
    return answer_call(runtime, answer, {})


@tool
async def propose_change(
    booking: BookingName,
    departs_on: DatePhrase,
    runtime: Tooling,
    leg: Leg = 1,
    origin: Place | None = None,
    destination: Place | None = None,
) -> Command[Any]:
    """Show cards with other flights for a leg of a booking and what each costs. Changes nothing itself.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
        departs_on: The new day, as the traveller said it or ISO, e.g. '2026-12-22'.
        leg: Which flight of the trip, e.g. 2 for the way back.
        origin: Another place to start from, e.g. 'Huế'. Leave out to keep it.
        destination: Another place to go to. Leave out to keep it.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    change = SliceChange(
        departs_on=read_day(departs_on, ctx),
        origins=list_airports(read_place(origin, ctx.language)) if origin else (),
        destinations=list_airports(read_place(destination, ctx.language)) if destination else (),
    )
    detail = await find_booking(runtime, booking)
    proposals = await proposing.propose_change(
        ctx.consent,
        ctx.actor,
        booking_id=detail.booking.id,
        changes={leg - 1: change},
        conversation_id=ctx.conversation_id,
    )
    if not proposals:
        raise NoOtherFlights
    questions = [_about(detail, proposal) for proposal in proposals]
    for question in questions:
        show_card(runtime, confirm_card(question, ctx.now.tzinfo, ctx.language))
    ways = [describe_question(question, ctx.now.tzinfo, ctx.language) for question in questions]
    return answer_call(runtime, {"ways": ways, "world": ctx.mode}, {})


@tool
async def choose_seats(
    number: int, runtime: Tooling, seats: SeatWishes | None = None, bags: BagWishes | None = None
) -> Command[Any]:
    """Check that seats and bags are for sale with an offer, and tell their price. Give the same to propose_booking.

    Args:
        number: The offer's number on the screen, e.g. 2.
        seats: e.g. [{'seat': '12A', 'traveller': 1, 'flight': 'VN123'}]. Adults are counted first.
        bags: e.g. [{'kind': 'checked_bag', 'quantity': 1, 'traveller': 1, 'leg': 1}].
    """
    ctx: ToolContext = runtime.context
    offer_id = find_shown(runtime.state.get("offers", []), number)
    wished = await find_choices(ctx, offer_id, seats or (), bags or ())
    fresh = await refresh_offer(ctx.transactions, ctx.market, offer_id)
    chosen = await price_services(ctx.transactions, ctx.market, offer_id, wished)
    offer = fresh.stored.offer
    total = sum((each.price for each in chosen), start=offer.total)
    lines = [service_text(each, ctx.language) for each in chosen]
    lines.append(say("confirm.with_fare", ctx.language, total=money_text(total, ctx.language)))
    card: Card = start_card("price_breakdown", lines, ctx.language, simulated=offer.simulated) | {
        "offer_id": str(offer_id),
        "fare": offer.total.model_dump(),
        "services": [service_row(each) for each in chosen],
        "total": total.model_dump(),
    }
    show_card(runtime, card)
    answer = {
        "number": number,
        "seats_and_bags": lines[:-1],
        "fare": money_text(offer.total, ctx.language),
        "total": money_text(total, ctx.language),
        "world": ctx.mode,
        "notes": [] if fresh.is_fresh else [say("replies.price_unconfirmed", ctx.language)],
    }
    return answer_call(runtime, answer, {"number": number})


async def _with_party(ctx: ToolContext, proposal: Proposal) -> Question:
    quote = proposal.quote
    slices = [Slice.model_validate(each) for each in quote["slices"]]
    async with ctx.transactions() as session:
        party = await name_party(session, ctx.actor, ctx.keys, slices=slices, passenger_ids=read_passenger_ids(quote))
    return Question(proposal, party, quote["provider"])


def _about(detail: BookingDetail, proposal: Proposal) -> Question:
    booking = detail.booking
    return Question(proposal, detail.passengers, booking.provider, booking.booking_reference)
