"""Paying for a booking: a link, and what came of it. No money moves here."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, Literal
from uuid import uuid5

from langchain.tools import tool
from langgraph.types import Command

from core.clock import clock
from core.messages import Language, say
from domain.money import Money
from services.bookings.reading import BookingDetail
from services.bookings.wording import gateway_name
from services.payments.links import Asker, Claimed
from services.payments.links import start_payment as make_link
from services.payments.reading import PaymentDetail, list_payments
from tools.bookings import state_text
from tools.cards import Card, instant_row, start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.naming import BookingName, find_booking
from tools.wording import moment_text, money_text

MAX_PAYMENTS = 5

PaymentMethod = Literal["vnpay", "momo"]


@tool
async def start_payment(booking: BookingName, runtime: Tooling, method: PaymentMethod | None = None) -> Command[Any]:
    """Show a link to pay what is due for a booking, or for a change of it. The traveller pays there, not in the chat.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
        method: e.g. 'momo'. Leave out unless the traveller asked for one.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    payment = await make_link(
        ctx.transactions,
        ctx.gateways,
        ctx.actor,
        booking_id=detail.booking.id,
        provider=method,
        claimed=Claimed(),
        asker=Asker.at(ctx.client_address, ctx.language),
        # the same call of the same turn is the same payment
        payment_id=uuid5(ctx.run_id, f"payment {runtime.tool_call_id}"),
    )
    show_card(runtime, payment_card(detail, payment, ctx.now.tzinfo, ctx.language))
    facts = _describe(payment, ctx.now.tzinfo, ctx.language) | {
        "shown": "payment",
        "booking_reference": detail.booking.booking_reference,
        "note": say("payments.on_the_card", ctx.language),
    }
    return answer_call(runtime, facts, {})


@tool
async def payment_status(booking: BookingName, runtime: Tooling) -> Command[Any]:
    """Tell whether a booking is paid, what is still due until when, and what was refunded.

    Args:
        booking: Its reference (PNR), its number in the list shown last, or 'latest', e.g. 'ABC123'.
    """
    ctx: ToolContext = runtime.context
    detail = await find_booking(runtime, booking)
    async with ctx.transactions() as session:
        found = (await list_payments(session, ctx.actor, detail.booking.id))[:MAX_PAYMENTS]
    if found:
        show_card(runtime, payment_card(detail, found[0], ctx.now.tzinfo, ctx.language))
    due, zone = detail.amount_due, ctx.now.tzinfo
    facts = {
        "booking_reference": detail.booking.booking_reference,
        "state": state_text(detail, ctx.language),
        "to_pay": money_text(due, ctx.language) if due else None,
        "pay_by": moment_text(detail.pay_by, zone, ctx.language) if detail.pay_by else None,
        "payments": [_describe(each, zone, ctx.language) for each in found],
        "notes": [] if found else [say("papers.nothing_paid", ctx.language)],
    }
    return answer_call(runtime, facts, {})


def payment_card(detail: BookingDetail, found: PaymentDetail, zone: tzinfo | None, language: Language) -> Card:
    payment, url = found.payment, _open_url(found)
    return start_card("payment", _list_lines(found, zone, language), language, simulated=payment.simulated) | {
        "payment_id": str(payment.id),
        "booking_id": str(detail.booking.id),
        "booking_reference": detail.booking.booking_reference,
        "method": payment.provider,
        "status": found.status,
        "amount": found.amount.model_dump(),
        "refunded": _refunded_of(found).model_dump(),
        "payment_url": url,
        "expires_at": instant_row(payment.expires_at),
    }


def _open_url(found: PaymentDetail) -> str | None:
    """Where to pay, while it can be paid."""
    payment = found.payment
    return payment.payment_url if payment.status == "pending" and payment.expires_at > clock.now() else None


def _refunded_of(found: PaymentDetail) -> Money:
    done = sum(each.amount_minor for each in found.refunds if each.status == "done")
    return Money(amount_minor=done, currency=found.payment.currency)


def _describe(found: PaymentDetail, zone: tzinfo | None, language: Language) -> dict[str, Any]:
    payment, is_open = found.payment, _open_url(found) is not None
    return {
        "method": gateway_name(payment.provider),
        "amount": money_text(found.amount, language),
        "status": _status_text(found, language),
        "pay_before": moment_text(payment.expires_at, zone, language) if is_open else None,
        "paid_at": moment_text(payment.paid_at, zone, language) if payment.paid_at else None,
        "refunded": money_text(_refunded_of(found), language),
        "simulated": payment.simulated,
    }


def _status_text(found: PaymentDetail, language: Language) -> str:
    if found.status == "PENDING" and _open_url(found) is None:
        return say("payments.lapsed", language)
    return say(f"payments.{found.status.lower()}", language)


def _list_lines(found: PaymentDetail, zone: tzinfo | None, language: Language) -> list[str]:
    facts, url = _describe(found, zone, language), _open_url(found)
    lines = [f"{facts['method']} · {facts['amount']} · {facts['status']}"]
    if url:
        lines += [say("payments.pay_before", language, time=facts["pay_before"]), url]
    return [*lines, say("payment_return.simulated", language)] if found.payment.simulated else lines
