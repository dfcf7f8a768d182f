"""What a user is written about their booking, and when: a letter a move, and reminders before they fly.

Each is a row in the transaction of what it tells of, under an id made of the booking, the letter and the occasion: said
twice, it is one letter. What it says is read when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import RateLimited
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Booking, BookingItem, Payment, Refund
from db.repositories.bookings import BookingRepository
from db.repositories.notifications import NotificationRepository
from domain.bookings import OVER, Phase
from domain.offers import Slice
from services.accounts.sessions import get_account
from services.bookings.errors import BookingNotFound
from services.bookings.facts import crosses_border
from services.notifications.errors import EmailUnverified, NothingToConfirm
from services.notifications.queueing import enqueue_about

CHECK_IN, DEPARTURE = "check_in_opens", "departure_soon"
REMINDERS = (CHECK_IN, DEPARTURE)
CHECK_IN_BEFORE = timedelta(hours=24)
DEPARTURE_BEFORE = timedelta(hours=3)
DEPARTURE_ABROAD_BEFORE = timedelta(hours=4)
RESEND_AFTER = timedelta(minutes=2)

_LETTERS: dict[Phase, str] = {
    "held": "booking_held",
    "ticketed": "booking_confirmed",
    "cancelled": "booking_cancelled",
    "expired": "booking_expired",
    "failed": "booking_failed",
    "refunding": "booking_cancelled",
    "refunded": "booking_refunded",
    "needs_review": "booking_needs_review",
}
_RESENT: dict[Phase, str] = {
    "held": "booking_held",
    "ticketed": "booking_confirmed",
    "changing": "booking_confirmed",
    "cancelling": "booking_confirmed",
}


@dataclass(frozen=True, slots=True)
class Reminder:
    id: UUID
    type: str
    due_at: datetime
    slice_: Slice


async def announce(session: AsyncSession, booking: Booking, after: Phase, reason: str | None) -> None:
    """Tell of a move, in its transaction; `booking` is as it was before. Its items must be as they are after."""
    letter = _choose_letter(booking, after, reason)
    if letter is not None:
        # whoever arrives at a phase again has claimed the booking in between
        await _tell(session, booking, letter, f"{booking.token} {booking.phase} {after}")
    if after == "ticketed":
        await plan_reminders(session, booking)
    elif after in OVER:
        await _drop_reminders(session, booking, keep=())


async def announce_refund(session: AsyncSession, payment: Payment, refund: Refund) -> None:
    """Tell that money beyond a booking's price goes back, when it is owed and again when it has arrived.

    What a booking that is over gives back is told by its own letters, and not here.
    """
    if payment.user_id is None or refund.reason in ("cancelled", "not_bought"):
        return
    name = f"payment_refunded {refund.status == 'done'}"
    await enqueue_about(
        session, uuid5(refund.id, name), user_id=payment.user_id, type="payment_refunded", ref_id=payment.id
    )


async def announce_schedule_change(session: AsyncSession, booking: Booking) -> None:
    """Tell that the airline moved a flight; the booking's items must be as they are now."""
    items = await BookingRepository(session).list_items([booking.id])
    await _tell(session, booking, "schedule_changed", " ".join(item.starts_at.isoformat() for item in items))
    await plan_reminders(session, booking)


async def plan_reminders(session: AsyncSession, booking: Booking) -> None:
    """Have each departure still to come reminded of, and none that was given up for it."""
    items = await BookingRepository(session).list_items([booking.id])
    planned = [each for each in list_reminders(booking.id, items) if each.due_at > clock.now()]
    await _drop_reminders(session, booking, keep=[each.id for each in planned])
    for each in planned:
        await enqueue_about(
            session, each.id, user_id=booking.user_id, type=each.type, ref_id=booking.id, due_at=each.due_at
        )


def list_reminders(booking_id: UUID, items: Sequence[BookingItem]) -> Iterator[Reminder]:
    """Every reminder a trip has, whether or not its time is over."""
    for item in items:
        if item.kind == "flight_slice":
            slice_ = Slice.model_validate(item.payload)
            leaving = DEPARTURE_ABROAD_BEFORE if crosses_border(slice_) else DEPARTURE_BEFORE
            for type_, before in ((CHECK_IN, CHECK_IN_BEFORE), (DEPARTURE, leaving)):
                name = uuid5(booking_id, f"{type_} {item.position} {item.starts_at.isoformat()}")
                yield Reminder(name, type_, item.starts_at - before, slice_)


async def resend_confirmation(session: AsyncSession, actor: Actor, booking_id: UUID) -> None:
    """Have the letter about a hold or a ticket written again, to the caller's own verified address.

    Raises BookingNotFound, NothingToConfirm, EmailUnverified, and RateLimited within RESEND_AFTER of the last one.
    """
    user = await get_account(session, actor.require_user(BOOKINGS_SCOPE))
    # in hand: of two who ask at once the second finds the letter of the first
    booking = await BookingRepository(session).find_readable(actor, booking_id, for_update=True)
    if booking is None:
        raise BookingNotFound
    letter = _RESENT.get(cast("Phase", booking.phase))
    if letter is None:
        raise NothingToConfirm
    if user.email_verified_at is None:
        raise EmailUnverified
    last = await NotificationRepository(session).find_latest(user_id=user.id, ref_id=booking.id, type=letter)
    if last is not None and (wait := last + RESEND_AFTER - clock.now()) > timedelta():
        raise RateLimited(retry_after=-(-wait // timedelta(seconds=1)))
    await enqueue_about(session, new_id(), user_id=user.id, type=letter, ref_id=booking.id)


def _choose_letter(booking: Booking, after: Phase, reason: str | None) -> str | None:
    """A way back is a refusal of what the user asked for, and told as such."""
    if booking.phase in ("releasing", "cancelling") and after in ("held", "ticketed"):
        return "booking_not_cancelled"
    if booking.phase == "changing" and after == "ticketed":
        return "booking_not_changed" if reason == "not_changed" else "booking_changed"
    if after == "refunding" and booking.confirmed_at is None:
        return "booking_failed"
    return _LETTERS.get(after)


async def _tell(session: AsyncSession, booking: Booking, letter: str, occasion: str) -> None:
    name = uuid5(booking.id, f"{letter} {occasion}")
    await enqueue_about(session, name, user_id=booking.user_id, type=letter, ref_id=booking.id)


async def _drop_reminders(session: AsyncSession, booking: Booking, *, keep: Sequence[UUID]) -> None:
    await NotificationRepository(session).drop_queued(
        user_id=booking.user_id, ref_id=booking.id, types=REMINDERS, keep=keep
    )
