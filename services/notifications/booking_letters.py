"""Letters about bookings: written when they are sent, from what is true then, to where their owner is then."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language, format_day, say
from db.models import Booking, NotificationLog, Payment
from db.repositories.accounts import UserRepository
from db.repositories.bookings import BookingRepository
from db.repositories.notifications import NotificationRepository
from db.repositories.payments import PaymentRepository
from domain.bookings import FLOWN, Phase
from domain.money import Money
from providers.messaging.base import Attachment, Mail, MailNotAccepted
from services.bookings.announcements import REMINDERS, list_reminders
from services.bookings.facts import BookingFacts, read_facts
from services.bookings.itinerary import calendar_type, write_itinerary
from services.bookings.receipt import write_receipt
from services.bookings.wording import (
    flight_text,
    instant_text,
    money_text,
    name_text,
    paper_name,
    times_text,
    trip_text,
)
from services.notifications.letters import Particulars, compose

STILL_TRUE: dict[str, tuple[Phase, ...]] = {
    "booking_held": ("held",),
    "booking_confirmed": FLOWN,
    "booking_changed": FLOWN,
    "booking_not_changed": FLOWN,
    "booking_cancelled": ("cancelled", "refunding", "refunded"),
    "booking_not_cancelled": ("held", "paid", "ticketing", *FLOWN),
    "booking_expired": ("expired",),
    "booking_failed": ("failed", "refunding", "refunded"),
    "booking_refunded": ("refunded",),
    "booking_needs_review": ("needs_review",),
    "schedule_changed": FLOWN,
    # as long as a change is only asked for, the flights are as before
    **dict.fromkeys(REMINDERS, ("ticketed", "changing")),
}
"""Where each letter still says what is so. Overtaken, it is not sent: what overtook it has a letter of its own."""
WITH_CALENDAR = ("booking_confirmed", "booking_changed", "schedule_changed")
WITH_RECEIPT = ("booking_confirmed", "booking_changed", "booking_refunded")
WITH_REASON = ("booking_cancelled", "booking_not_cancelled", "booking_failed")
WITH_MONEY_BACK = ("booking_cancelled", "booking_expired", "booking_failed", "booking_refunded")


class LetterOvertaken(Exception):
    """What it would tell is no longer so, or nobody wants to be told."""


async def write_booking_letter(session: AsyncSession, claimed: NotificationLog, *, is_simulated: bool) -> Mail:
    """Raises LetterOvertaken, and MailNotAccepted where the account has no address that its owner confirmed."""
    booking, payment = await _find_subject(session, claimed)
    facts = await read_facts(session, booking)
    if payment is None:
        await _ensure_true(session, claimed, facts)
    user = await UserRepository(session).find(facts.booking.user_id)
    if user is None:
        raise LetterOvertaken
    if user.email_verified_at is None:
        raise MailNotAccepted("address not verified")
    language: Language = "vi" if claimed.language == "vi" else "en"
    return compose(
        claimed.type,
        language,
        {},
        message_id=str(claimed.id),
        to=user.email,
        is_simulated=is_simulated,
        particulars=(
            _describe_refund(facts, payment, language) if payment else _describe(claimed.type, facts, language)
        ),
    )


async def _find_subject(session: AsyncSession, claimed: NotificationLog) -> tuple[Booking, Payment | None]:
    payment, booking_id = None, claimed.ref_id
    if claimed.type == "payment_refunded" and claimed.ref_id is not None:
        payments = PaymentRepository(session)
        payment = await payments.find(claimed.ref_id)
        booking_id = await payments.find_booking_id(payment) if payment else None
    booking = await session.get(Booking, booking_id) if booking_id else None
    if booking is None:
        raise LetterOvertaken
    return booking, payment


async def _ensure_true(session: AsyncSession, claimed: NotificationLog, facts: BookingFacts) -> None:
    if facts.phase not in STILL_TRUE[claimed.type]:
        raise LetterOvertaken
    if claimed.type in REMINDERS:
        items = await BookingRepository(session).list_items([facts.booking.id])
        departs = {each.id: each.slice_.departs.instant for each in list_reminders(facts.booking.id, items)}
        # of a flight that is flown at another time by now, or has left
        if departs.get(claimed.id, clock.now()) <= clock.now():
            raise LetterOvertaken
        if not await NotificationRepository(session).wants_reminders(facts.booking.user_id):
            raise LetterOvertaken


def _describe(letter_type: str, facts: BookingFacts, language: Language) -> Particulars:
    sentences = []
    if letter_type in WITH_REASON and facts.booking.reason:
        sentences.append(say(f"bookings.reason.{facts.booking.reason}", language))
    # money that came too late has letters of its own
    if letter_type in WITH_MONEY_BACK and (facts.paid.amount_minor or not facts.payments):
        sentences.append(_money_back_text(facts, language))
    return Particulars(
        trip=trip_text(facts, language),
        flights=_list_flights(facts, language),
        facts=_list_facts(letter_type, facts, language),
        sentences=tuple(sentences),
        banners=_list_banners(facts, language),
        attachments=_write_attachments(letter_type, facts, language),
    )


def _describe_refund(facts: BookingFacts, payment: Payment, language: Language) -> Particulars:
    own = [each for each in facts.refunds if each.payment_id == payment.id]
    amount = Money(amount_minor=sum(each.amount_minor for each in own), currency=payment.currency)
    key = "mail.money.done" if all(each.status == "done" for each in own) else "mail.money.due"
    return Particulars(
        trip=trip_text(facts, language),
        facts=_list_reference(facts, language),
        sentences=(say(key, language, amount=money_text(amount, language)),),
        banners=_list_banners(facts, language),
    )


def _money_back_text(facts: BookingFacts, language: Language) -> str:
    if not facts.paid.amount_minor:
        return say("mail.money.not_charged", language)
    if not facts.refunded.amount_minor:
        return say("mail.money.kept", language, amount=money_text(facts.kept, language))
    key = "mail.money.done" if facts.is_refund_done else "mail.money.due"
    return say(key, language, amount=money_text(facts.refunded, language))


def _list_flights(facts: BookingFacts, language: Language) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            times_text(segment, language),
            f"{format_day(segment.departs.at_local.date(), language)} · {flight_text(segment)}",
        )
        for segment in facts.segments
    )


def _list_reference(facts: BookingFacts, language: Language) -> tuple[tuple[str, str], ...]:
    reference = facts.booking.booking_reference
    return ((say("papers.reference", language), reference),) if reference else ()


def _list_facts(letter_type: str, facts: BookingFacts, language: Language) -> tuple[tuple[str, str], ...]:
    booking = facts.booking
    found = list(_list_reference(facts, language))
    if letter_type == "booking_held" and booking.pay_by is not None:
        found.append((say("papers.pay_by", language), instant_text(booking.pay_by, facts, language)))
    for passenger in facts.passengers:
        ticket = f" · {passenger.ticket_number}" if passenger.ticket_number else ""
        found.append((say("papers.passenger", language), name_text(passenger) + ticket))
    if letter_type == "booking_held":
        found.append((say("papers.to_pay", language), money_text(facts.total, language)))
    elif facts.paid.amount_minor:
        found.append((say("papers.paid", language), money_text(facts.paid, language)))
    return tuple(found)


def _list_banners(facts: BookingFacts, language: Language) -> tuple[str, ...]:
    return (say("papers.simulated", language),) if facts.is_simulated else ()


def _write_attachments(letter_type: str, facts: BookingFacts, language: Language) -> tuple[Attachment, ...]:
    name, found = paper_name(facts), []
    if letter_type in WITH_CALENDAR or (letter_type == "booking_cancelled" and facts.booking.confirmed_at):
        found.append(Attachment(f"{name}.ics", calendar_type(facts), write_itinerary(facts, language)))
    if letter_type in WITH_RECEIPT:
        receipt = write_receipt(facts, language).encode()
        found.append(Attachment(say("papers.receipt_file", language, name=name), "text/html", receipt))
    return tuple(found)
