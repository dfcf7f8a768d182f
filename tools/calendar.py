"""A booking in the traveller's own calendar."""

from __future__ import annotations

from typing import Any
from uuid import uuid5

from langchain.tools import tool
from langgraph.types import Command

from core.messages import say
from services.calendar.errors import CONNECT_PATH, CalendarNotConnected
from services.calendar.events import add_booking
from tools.cards import start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.naming import BookingName, find_booking
from tools.wording import route_text


@tool
async def add_to_calendar(booking: BookingName, runtime: Tooling) -> Command[Any]:
    """Add a booking's flights to the traveller's own Google Calendar, where they follow every later change.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    booking_id, is_simulated = detail.booking.id, bool(ctx.calendar and ctx.calendar.is_simulated)
    base = {"booking_id": str(booking_id), "booking_reference": detail.booking.booking_reference}
    try:
        events = await add_booking(
            ctx.calendar_parts,
            ctx.actor,
            # the same call of the same turn is the same addition
            event_id=uuid5(ctx.run_id, f"calendar {runtime.tool_call_id}"),
            booking_id=booking_id,
            language=ctx.language,
        )
    except CalendarNotConnected:
        lines = [say("google_calendar.connect_first", ctx.language)]
        card = start_card("calendar", lines, ctx.language, simulated=is_simulated)
        show_card(runtime, card | base | {"connect_path": CONNECT_PATH, "events": []})
        raise
    is_written = all(event.synced_at for event in events)
    text = say("google_calendar.added" if is_written else "google_calendar.will_be_added", ctx.language)
    lines = [text, route_text(detail.slices, ctx.language)]
    if is_simulated:
        lines.append(say("calendar.page.simulated", ctx.language))
    rows = [
        {"slice": event.item_position, "segment": event.segment_position, "is_written": event.synced_at is not None}
        for event in events
    ]
    card = start_card("calendar", lines, ctx.language, simulated=is_simulated)
    show_card(runtime, card | base | {"connect_path": None, "events": rows})
    facts = {"booking_reference": detail.booking.booking_reference, "done": text, "flights": len(events)}
    return answer_call(runtime, facts | {"simulated": is_simulated}, {})
