"""The traveller's own bookings: a list, one in detail, and its letter again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Literal

from langchain.tools import tool
from langgraph.types import Command

from core.messages import Language, say
from domain.bookings import PublicStatus
from services.bookings.announcements import resend_confirmation as resend_letter
from services.bookings.reading import BookingDetail, list_bookings
from tools.cards import Card, condition_row, instant_row, slice_row, start_card
from tools.confirm import ticket_name, traveller_row, warning_rows
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.naming import BookingName, find_booking
from tools.sign_in import require_sign_in
from tools.wording import condition_text, moment_text, money_text, route_text

MAX_BOOKINGS = 10
"""What one card and one answer hold."""
OWN_WORDS = ("held", "paying", "needs_review")
"""Phases with words of their own; the others are told as their public status."""

BookingState = Literal["pending", "confirmed", "cancelled", "failed", "refunded"]
STATUSES: dict[BookingState, PublicStatus] = {
    "pending": "PENDING",
    "confirmed": "CONFIRMED",
    "cancelled": "CANCELLED",
    "failed": "FAILED",
    "refunded": "REFUNDED",
}


@tool
async def list_my_bookings(runtime: Tooling, status: BookingState | None = None) -> Command[Any]:
    """List the traveller's own bookings, latest first, and show them. Their numbers serve in the other tools.

    Args:
        status: Only these, e.g. 'confirmed'. Leave out for all.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    async with ctx.transactions() as session:
        found = await list_bookings(
            session, ctx.actor, status=STATUSES[status] if status else None, skip=0, limit=MAX_BOOKINGS
        )
    if found:
        show_card(runtime, booking_card(found, ctx.language))
    facts = [
        describe_booking(detail, ctx.now.tzinfo, ctx.language) | {"number": number}
        for number, detail in enumerate(found, start=1)
    ]
    remembered = {"bookings": [str(each.booking.id) for each in found], "ways": None}
    return answer_call(runtime, {"bookings": facts}, remembered)


@tool
async def booking_details(booking: BookingName, runtime: Tooling) -> Command[Any]:
    """Explain one booking of the traveller's: state, flights, travellers, what is due until when, and its rules.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    show_card(runtime, booking_card([detail], ctx.language))
    conditions = detail.offer.conditions
    facts = describe_booking(detail, ctx.now.tzinfo, ctx.language) | {
        "flights": [segment.designator for slice_ in detail.slices for segment in slice_.segments],
        "fare": detail.offer.fare_brand,
        "refund": condition_text(conditions.refund, ctx.language),
        "change": condition_text(conditions.change, ctx.language),
        "warnings": [row["message"] for row in warning_rows(detail.warnings, ctx.language)],
    }
    return answer_call(runtime, facts, {})


@tool
async def resend_confirmation(booking: BookingName, runtime: Tooling) -> Command[Any]:
    """Mail the letter about a held or ticketed booking again, to the traveller's own confirmed address.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    async with ctx.transactions() as session:
        await resend_letter(session, ctx.actor, detail.booking.id)
    text = say("letters.resent", ctx.language)
    show_card(runtime, start_card("notice", [text], ctx.language, simulated=False))
    return answer_call(runtime, {"booking_reference": detail.booking.booking_reference, "done": text}, {})


def booking_card(found: Sequence[BookingDetail], language: Language) -> Card:
    lines = [f"{number}. {_line(detail, language)}" for number, detail in enumerate(found, start=1)]
    is_simulated = any(detail.offer.simulated for detail in found)
    if is_simulated:
        lines.append(say("papers.simulated", language))
    return start_card("booking", lines, language, simulated=is_simulated) | {
        "bookings": [booking_row(detail, position, language) for position, detail in enumerate(found, start=1)]
    }


def booking_row(detail: BookingDetail, position: int, language: Language) -> Card:
    booking, conditions = detail.booking, detail.offer.conditions
    return {
        "position": position,
        "booking_id": str(booking.id),
        "booking_reference": booking.booking_reference,
        "status": detail.status,
        "phase": detail.phase,
        "state": state_text(detail, language),
        "reason": _reason_text(detail, language),
        "slices": [slice_row(each, language) for each in detail.slices],
        "travellers": [traveller_row(each) | {"ticket_number": each.ticket_number} for each in detail.passengers],
        "fare_brand": detail.offer.fare_brand,
        "refund_rule": condition_row(conditions.refund),
        "change_rule": condition_row(conditions.change),
        "total": detail.total.model_dump(),
        "amount_due": detail.amount_due.model_dump() if detail.amount_due else None,
        "pay_by": instant_row(detail.pay_by) if detail.pay_by else None,
        "warnings": warning_rows(detail.warnings, language),
        "simulated": detail.offer.simulated,
    }


def state_text(detail: BookingDetail, language: Language) -> str:
    word = detail.phase if detail.phase in OWN_WORDS else detail.status.lower()
    return say(f"papers.status.{word}", language)


def describe_booking(detail: BookingDetail, zone: tzinfo | None, language: Language) -> dict[str, Any]:
    """A booking for a model, in words."""
    due = detail.amount_due
    return {
        "booking_reference": detail.booking.booking_reference,
        "state": state_text(detail, language),
        "reason": _reason_text(detail, language),
        "trip": route_text(detail.slices, language),
        "travellers": [ticket_name(each) for each in detail.passengers],
        "total": money_text(detail.total, language),
        "to_pay": money_text(due, language) if due else None,
        "pay_by": moment_text(detail.pay_by, zone, language) if detail.pay_by else None,
        "simulated": detail.offer.simulated,
    }


def _reason_text(detail: BookingDetail, language: Language) -> str | None:
    reason = detail.booking.reason
    return say(f"bookings.reason.{reason}", language) if reason else None


def _line(detail: BookingDetail, language: Language) -> str:
    parts = (
        detail.booking.booking_reference,
        route_text(detail.slices, language),
        state_text(detail, language),
        money_text(detail.total, language),
    )
    return " · ".join(part for part in parts if part)
