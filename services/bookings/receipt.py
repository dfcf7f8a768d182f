"""A booking on a page to print or keep: who flies what under which tickets, what it cost, and what was paid."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language, format_duration, say
from core.security import Actor
from core.templates import render
from db.models import Refund
from domain.bookings import PUBLIC_STATUSES
from domain.money import Money
from domain.offers import PricePart, Segment
from services.bookings.extras import ChosenService
from services.bookings.facts import BookingFacts, read_own_facts
from services.bookings.wording import (
    bag_text,
    flight_text,
    gateway_name,
    instant_text,
    money_text,
    name_text,
    place_text,
    trip_text,
    wall_time_text,
)

_OWN_WORDS = ("held", "paying", "needs_review")
"""Phases that say more than the status they are under."""
_TRAVELLERS = {"adult": "travellers.adults", "child": "travellers.children", "infant": "travellers.infants"}


@dataclass(frozen=True, slots=True)
class Line:
    """An amount and what it is for."""

    what: str
    amount: str
    when: str = ""


async def get_receipt(session: AsyncSession, actor: Actor, booking_id: UUID, language: Language) -> str:
    """The page of a booking of the caller's, paid or not; raises BookingNotFound."""
    return write_receipt(await read_own_facts(session, actor, booking_id), language)


def write_receipt(facts: BookingFacts, language: Language) -> str:
    booking = facts.booking
    return render(
        "receipt.html.j2",
        language=language,
        say=lambda key, **params: say(f"papers.{key}", language, **params),
        title=say("papers.receipt" if facts.payments else "papers.unpaid", language),
        trip=trip_text(facts, language),
        reference=booking.booking_reference,
        status=_status_text(facts, language),
        booked_at=instant_text(booking.created_at, facts, language),
        pay_by=instant_text(booking.pay_by, facts, language) if booking.phase == "held" and booking.pay_by else None,
        printed_at=instant_text(clock.now(), facts, language),
        booking_id=booking.id,
        passengers=[
            {
                "name": name_text(each),
                "type": say(f"papers.traveller.{each.traveller_type}", language),
                "ticket": each.ticket_number or "–",
            }
            for each in facts.passengers
        ],
        flights=[_describe_flight(segment, language) for segment in facts.segments],
        fare_brand=facts.offer.fare_brand,
        prices=_list_prices(facts, language),
        total=money_text(facts.total, language),
        fees=_fees_text(facts, language),
        payments=[
            Line(
                say("papers.paid_by", language, gateway=gateway_name(each.provider), reference=each.reference),
                money_text(Money(amount_minor=each.amount_minor, currency=each.currency), language),
                instant_text(each.paid_at or each.created_at, facts, language),
            )
            for each in facts.payments
        ],
        refunds=[_describe_refund(facts, each, language) for each in facts.refunds],
        is_simulated=facts.is_simulated,
    )


def _status_text(facts: BookingFacts, language: Language) -> str:
    phase = facts.phase
    return say(f"papers.status.{phase if phase in _OWN_WORDS else PUBLIC_STATUSES[phase].lower()}", language)


def _describe_flight(segment: Segment, language: Language) -> dict[str, str]:
    return {
        "flight": flight_text(segment),
        "cabin": say(f"papers.cabin.{segment.cabin}", language),
        "origin": place_text(segment.origin, language),
        "destination": place_text(segment.destination, language),
        "departs": wall_time_text(segment.departs, language),
        "arrives": wall_time_text(segment.arrives, language),
        "duration": format_duration(segment.duration, language),
        "bags": say(
            "offers.baggage",
            language,
            carry_on=bag_text(segment.carry_on, language),
            checked=bag_text(segment.checked, language),
        ),
    }


def _describe_extra(facts: BookingFacts, extra: ChosenService, language: Language) -> Line:
    what = say(f"papers.extra.{extra.kind}", language)
    if extra.seat:
        what = f"{what} {extra.seat}"
    if extra.quantity > 1:
        what = f"{what} × {extra.quantity}"
    return Line(f"{what} · {name_text(facts.passengers[extra.traveller])}", money_text(extra.price, language))


def _list_prices(facts: BookingFacts, language: Language) -> list[Line]:
    """What the total is made of: the fare, the extras, and what changes made of it since."""
    lines = []
    for part in facts.offer.price_parts:
        who = _party_text(part, language)
        lines.append(Line(who, money_text(part.base_each * part.count, language)))
        if part.taxes_each.amount_minor:
            taxes = money_text(part.taxes_each * part.count, language)
            lines.append(Line(say("papers.taxes", language, who=who), taxes))
    lines += [_describe_extra(facts, each, language) for each in facts.extras]
    explained = sum((each.price for each in facts.extras), start=facts.offer.total)
    if facts.total != explained:
        lines.append(Line(say("papers.since", language), money_text(facts.total - explained, language)))
    return lines


def _party_text(part: PricePart, language: Language) -> str:
    if part.traveller_type is None:
        return say("papers.party", language)
    return say(_TRAVELLERS[part.traveller_type], language, count=part.count)


def _fees_text(facts: BookingFacts, language: Language) -> str | None:
    fees = facts.booking.fees_minor
    return money_text(facts.money(fees), language) if fees else None


def _describe_refund(facts: BookingFacts, refund: Refund, language: Language) -> Line:
    done_at = refund.done_at if refund.status == "done" else None
    amount = Money(amount_minor=refund.amount_minor, currency=refund.currency)
    return Line(
        say(f"papers.refund.{refund.reason}", language),
        money_text(amount, language),
        instant_text(done_at, facts, language) if done_at else say("papers.refund_open", language),
    )
