"""A booking in the traveller's own calendar."""

from __future__ import annotations

from typing import Any

from langchain.tools import tool
from langgraph.types import Command

from core.messages import say
from services.calendar.errors import CONNECT_PATH, CalendarNotConnected
from services.proposals.personal import propose_calendar_entry as ask_to_add
from tools.cards import start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.naming import BookingName, find_booking
from tools.proposals import ask_on_card, read_question


@tool
async def propose_calendar_entry(booking: BookingName, runtime: Tooling) -> Command[Any]:
    """Show the card that asks to add a booking's flights to the traveller's Google Calendar, where they follow every
    later change. Adds nothing itself.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    try:
        proposal = await ask_to_add(
            ctx.consent,
            ctx.actor,
            booking_id=detail.booking.id,
            language=ctx.language,
            conversation_id=ctx.conversation_id,
            tool_call_id=runtime.tool_call_id,
        )
    except CalendarNotConnected:
        lines = [say("google_calendar.connect_first", ctx.language)]
        is_simulated = bool(ctx.calendar and ctx.calendar.is_simulated)
        card = start_card("calendar", lines, ctx.language, simulated=is_simulated)
        named = {"booking_id": str(detail.booking.id), "booking_reference": detail.booking.booking_reference}
        show_card(runtime, card | named | {"connect_path": CONNECT_PATH, "events": []})
        raise
    asked = ask_on_card(runtime, await read_question(ctx, proposal))
    return answer_call(runtime, asked | {"world": ctx.mode}, {})
