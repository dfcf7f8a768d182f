"""Asking for a yes: to book, to cancel, to change. Nothing here books, cancels or changes; a card is shown, and only
the traveller answers it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from core.messages import say
from db.models import Proposal
from domain.money import Money
from domain.offers import Slice
from services.bookings.extras import price_services
from services.bookings.party import list_known_travellers, name_party
from services.bookings.reading import get_booking
from services.bookings.terms import MAX_CHANGES, SliceChange, quote_change
from services.flights.offers import refresh_offer
from services.proposals import proposing
from services.proposals.quotes import read_passenger_ids
from tools.arguments import DatePhrase, Place, list_airports, read_day, read_place
from tools.cards import Card, start_card
from tools.changes import change_options_card, describe_ways, pick_way, remember_ways
from tools.confirm import AccountQuestion, Question, confirm_card, describe_question
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.errors import NoOtherFlights
from tools.extras import BagWishes, SeatWishes, find_choices, service_row, service_text
from tools.naming import BookingName, TravellerNames, find_booking, find_party
from tools.passenger_form import PAPER_FAULTS, ask_for_papers
from tools.shown import ShownOffer, find_shown
from tools.sign_in import require_sign_in
from tools.wording import money_text, tell_difference

Leg = Annotated[int, Field(ge=1, le=6)]
WayNumber = Annotated[int, Field(ge=1, le=MAX_CHANGES)]


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
    party = await find_party(runtime, travellers or ())
    services = await find_choices(ctx, offer_id, seats or (), bags or ())
    try:
        proposal = await proposing.propose_booking(
            ctx.consent,
            ctx.actor,
            offer_id=offer_id,
            passenger_ids=[each.id for each in party],
            services=services,
            conversation_id=ctx.conversation_id,
            tool_call_id=runtime.tool_call_id,
        )
    except PAPER_FAULTS as fault:
        await ask_for_papers(runtime, party, fault)
        raise
    asked = ask_on_card(runtime, await read_question(ctx, proposal))
    before = Money(amount_minor=shown[number - 1]["price"], currency=shown[number - 1]["currency"])
    now = Money(amount_minor=proposal.quote["fare_minor"], currency=proposal.quote["currency"])
    answer = asked | {
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
        ctx.consent,
        ctx.actor,
        booking_id=detail.booking.id,
        conversation_id=ctx.conversation_id,
        tool_call_id=runtime.tool_call_id,
    )
    asked = ask_on_card(runtime, await read_question(ctx, proposal))
    return answer_call(runtime, asked | {"world": ctx.mode}, {})


@tool
async def propose_change(
    booking: BookingName,
    departs_on: DatePhrase,
    runtime: Tooling,
    leg: Leg = 1,
    origin: Place | None = None,
    destination: Place | None = None,
    option: WayNumber | None = None,
) -> Command[Any]:
    """List other flights for a leg of a booking with what each costs; then, called again with `option`, or at once
    where there is only one, show the card that asks for that change. Changes nothing itself.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
        departs_on: The new day, as the traveller said it or ISO, e.g. '2026-12-22'.
        leg: Which flight of the trip, e.g. 2 for the way back.
        origin: Another place to start from, e.g. 'Huế'. Leave out to keep it.
        destination: Another place to go to. Leave out to keep it.
        option: The number of the way the traveller chose from the list, e.g. 2. Leave out to see the list.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    change = SliceChange(
        departs_on=read_day(departs_on, ctx),
        origins=list_airports(read_place(origin, ctx.language)) if origin else (),
        destinations=list_airports(read_place(destination, ctx.language)) if destination else (),
    )
    detail = await find_booking(runtime, booking)
    reference = detail.booking.booking_reference
    terms = await quote_change(
        ctx.transactions, ctx.market, ctx.keys, ctx.actor, detail.booking.id, changes={leg - 1: change}
    )
    if not terms.options:
        raise NoOtherFlights
    args = {
        "booking": reference or booking,
        "departs_on": change.departs_on.isoformat(),
        "leg": leg,
        "origin": origin,
        "destination": destination,
    }
    chosen = pick_way(runtime, terms.options, args, option)
    if chosen is None:
        show_card(runtime, change_options_card(terms, reference, ctx.language))
        facts = describe_ways(terms, reference, ctx.language) | {"world": ctx.mode}
        return answer_call(runtime, facts, {"ways": remember_ways(terms.options, args), "bookings": []})
    async with ctx.transactions() as session:
        (proposal,) = await proposing.write_change_cards(
            session,
            ctx.actor,
            replace(terms, options=(chosen,)),
            conversation_id=ctx.conversation_id,
            tool_call_id=runtime.tool_call_id,
        )
    asked = ask_on_card(runtime, await read_question(ctx, proposal))
    return answer_call(runtime, asked | {"world": ctx.mode}, {})


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


def ask_on_card(runtime: Tooling, question: Question | AccountQuestion) -> dict[str, Any]:
    """Show the card; what a model is told of it."""
    ctx: ToolContext = runtime.context
    show_card(runtime, confirm_card(question, ctx.now.tzinfo, ctx.language))
    return describe_question(question, ctx.now.tzinfo, ctx.language)


async def read_question(ctx: ToolContext, proposal: Proposal) -> Question | AccountQuestion:
    """A proposal of the caller's with everything its card shows.

    Raises BookingNotFound, PassengerNotFound, and the first InvalidInput that keeps a traveller from flying.
    """
    quote = proposal.quote
    async with ctx.transactions() as session:
        match proposal.action:
            case "book":
                slices = [Slice.model_validate(each) for each in quote["slices"]]
                party = await name_party(
                    session, ctx.actor, ctx.keys, slices=slices, passenger_ids=read_passenger_ids(quote)
                )
                return Question(proposal, party, quote["provider"])
            case "cancel" | "change":
                detail = await get_booking(session, ctx.actor, proposal.subject_id)
                booking = detail.booking
                return Question(proposal, detail.passengers, booking.provider, booking.booking_reference)
            case "calendar":
                detail = await get_booking(session, ctx.actor, proposal.subject_id)
                return AccountQuestion(proposal, booking_reference=detail.booking.booking_reference)
            case "forget_document":
                known = await list_known_travellers(session, ctx.actor)
                holder = next((each for each in known if each.id == UUID(quote["passenger_id"])), None)
                return AccountQuestion(proposal, holder)
    return AccountQuestion(proposal)
