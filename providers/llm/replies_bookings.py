"""What the offline model says of bookings and of what was paid for them."""

from __future__ import annotations

from core.messages import Language, find_key, is_worth_something, say
from providers.llm.replies_wording import Facts, say_varied

MAX_LINES = 5
"""Of a list that the card shows whole."""


def tell_bookings(result: Facts, facts: Facts, language: Language) -> str:
    """The list, then the question which of them is meant by what the traveller wants."""
    found, intent = result["bookings"], facts.get("intent")
    if not found:
        return say_varied(
            find_key(language, f"replies.bookings_none.{intent}") or "replies.bookings_none", facts, language
        )
    lines = [
        say_varied("replies.bookings_head", facts, language, count=len(found)),
        *(f"{each['number']}. {_line(each, language)}" for each in found[:MAX_LINES]),
        "",
    ]
    if len(found) > MAX_LINES:
        lines.append(say("replies.bookings_more", language, count=len(found) - MAX_LINES))
    key = find_key(language, f"replies.bookings_next.{intent}") or "replies.bookings_next"
    return "\n".join([*lines, say_varied(key, facts, language)])


def tell_booking(result: Facts, facts: Facts, language: Language) -> str:
    rules = say("replies.booking_rules", language, refund=result["refund"], change=result["change"])
    lines = [
        _head(result, language),
        f"- {result['trip']}",
        say("replies.booking_flights", language, flights=", ".join(result["flights"])),
        say("replies.booking_travellers", language, names=", ".join(result["travellers"])),
        say("replies.booking_total", language, total=result["total"]),
        *([f"- {due}"] if (due := _due_text(result, language)) else []),
        *([say("replies.booking_fare", language, fare=result["fare"])] if result["fare"] else []),
        f"- {rules}",
        *(f"- {warning}" for warning in result["warnings"]),
        "",
        say_varied("replies.booking_next_unpaid" if result["to_pay"] else "replies.booking_next", facts, language),
    ]
    return "\n".join(lines)


def tell_payment(result: Facts, facts: Facts, language: Language) -> str:
    lines = [_head(result, language), *(f"- {_payment_text(each, language)}" for each in result["payments"])]
    if due := _due_text(result, language):
        lines += ["", f"{due[0].upper()}{due[1:]}.", say_varied("replies.payment_next", facts, language)]
    return "\n".join([*lines, *([""] if result["notes"] else []), *result["notes"]])


def _head(result: Facts, language: Language) -> str:
    name = result["booking_reference"]
    key = "replies.booking_head" if name else "replies.booking_head_unnamed"
    told = say(key, language, reference=name, state=result["state"])
    return f"{told} {result['reason']}" if result.get("reason") else told


def _line(booking: Facts, language: Language) -> str:
    name = booking["booking_reference"]
    parts = [f"**{name}**" if name else None, booking["trip"], booking["state"], booking["total"]]
    return " · ".join(part for part in [*parts, _due_text(booking, language)] if part)


def _due_text(told: Facts, language: Language) -> str | None:
    if not told["to_pay"]:
        return None
    key = "replies.still_due_until" if told["pay_by"] else "replies.still_due"
    return say(key, language, amount=told["to_pay"], time=told["pay_by"])


def _payment_text(payment: Facts, language: Language) -> str:
    told = f"{payment['method']} {payment['amount']}: {payment['status']}"
    more = {
        "replies.payment_at": payment["paid_at"],
        "replies.payment_before": payment["pay_before"],
        "replies.payment_refunded": payment["refunded"] if is_worth_something(payment["refunded"]) else None,
    }
    return ", ".join([told, *(say(key, language, value=value) for key, value in more.items() if value)])
