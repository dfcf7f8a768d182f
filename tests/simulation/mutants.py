"""Bugs put in on purpose, each as one missing check: whoever breaks a promise must be seen doing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, true, update

from core.clock import clock
from db.models import Booking, Payment
from db.repositories import bookings as booking_rows
from db.repositories import proposals as proposal_rows
from db.repositories.bookings import BookingRepository
from db.repositories.payments import PaymentRepository
from domain.bookings import WORKED_ON
from services.bookings import buying, cancelling, work
from services.bookings.work import Work
from services.payments import notices, refunds
from services.payments.subjects import Subject
from services.proposals import effects
from tests.support.till import Till

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]


def everybody_owns_everything(patch: Patch) -> None:
    """Whose card and whose booking it is, is not looked at."""
    for rows in (booking_rows, proposal_rows):
        patch.setattr(rows, "readable_by", lambda _actor: true())


def amounts_are_not_compared(patch: Patch) -> None:
    patch.setattr(notices, "is_amount_due", lambda _payment, _notice: True)


def signatures_are_not_checked(patch: Patch) -> None:
    patch.setattr(Till, "read_notice", lambda self, fields: self._read(fields))


def leases_are_ignored(patch: Patch) -> None:
    """Whoever finds a booking works on it, and tokens keep nobody from writing."""

    async def claim(self: BookingRepository, *, now: Any, lease_seconds: int, booking_id: UUID | None = None) -> Any:
        due = select(Booking.id).where(Booking.phase.in_(WORKED_ON), Booking.due_at <= now).limit(1)
        if booking_id is not None:
            due = due.where(Booking.id == booking_id)
        return await self._session.scalar(
            update(Booking)
            .where(Booking.id == due.scalar_subquery())
            .values(attempts=Booking.attempts + 1)
            .returning(Booking)
            .execution_options(synchronize_session=False)
        )

    patch.setattr(BookingRepository, "claim_due", claim)
    no_call_is_written_down(patch)


def overtaken_workers_write_on(patch: Patch) -> None:
    """Neither token nor phase is compared when a booking is written."""

    async def write(self: BookingRepository, booking: Booking, **values: Any) -> bool:
        statement = update(Booking).where(Booking.id == booking.id).values(updated_at=clock.now(), **values)
        await self._session.execute(statement.execution_options(synchronize_session=False))
        return True

    patch.setattr(BookingRepository, "write", write)


def no_call_is_written_down(patch: Patch) -> None:
    """A crash during a call leaves no trace of it."""

    async def go_on(self: Work, _step: str) -> Work:
        return self

    patch.setattr(Work, "announce", go_on)


def silence_counts_as_refusal(patch: Patch) -> None:
    patch.setattr(buying, "OutcomeUnknown", _Never)
    patch.setattr(buying, "find_reason", lambda _error: "refused")


def silence_is_met_by_asking_again(patch: Patch) -> None:
    """What may have been bought is bought once more."""

    async def buy_again(self: Work) -> None:
        await self.delay(refused="silence")

    patch.setattr(buying, "_look_for_purchase", buy_again)


def what_was_not_bought_is_kept(patch: Patch) -> None:
    async def keep(*_args: Any, **_values: Any) -> int:
        return 0

    patch.setattr(work, "owe", keep)


def late_money_is_kept(patch: Patch) -> None:
    async def keep(*_args: Any, **_values: Any) -> None:
        return None

    patch.setattr(notices, "give_back", keep)


def any_money_pays_for_anything(patch: Patch) -> None:
    """Whether a booking still waits for money is not looked at."""
    taken = Subject.take_money

    async def take(self: Subject, session: Any) -> bool:
        await taken(self, session)
        return True

    async def none_applied(_self: PaymentRepository, _payment: Payment) -> bool:
        return False

    patch.setattr(Subject, "take_money", take)
    patch.setattr(PaymentRepository, "has_applied", none_applied)


def refunds_have_no_name(patch: Patch) -> None:
    """Every try is another refund to the gateway."""
    make = refunds._make_order
    patch.setattr(refunds, "_make_order", lambda *args: make(*args).model_copy(update={"reference": f"r{uuid4().hex}"}))


def refunds_without_an_answer_are_done(patch: Patch) -> None:
    """Told done although the gateway never said so."""

    async def ask(parts: Any, refund: Any, payment: Any, _gateway: Any, _order: Any) -> None:
        await refunds._finish(parts, refund, payment)

    patch.setattr(refunds, "_ask", ask)


def nobody_asks_the_gateways(patch: Patch) -> None:
    """A notice that never comes is never missed; here the last ones do not come."""

    async def ask(_till: Till, _charge: Any) -> None:
        return None

    patch.setattr(Till, "ask", ask)
    patch.setattr(Till, "write_notice", lambda self, reference, **forged: {"reference": reference, "seal": "lost"})


def the_fee_is_forgotten(patch: Patch) -> None:
    """Everything is given back, and the airline keeps its fee."""
    patch.setattr(cancelling, "GiveBack", lambda reason, _amount: work.GiveBack(reason, None))


def orders_of_another_price_are_taken(patch: Patch) -> None:
    patch.setattr(effects, "_ensure_as_quoted", lambda *_args: None)


class _Never(Exception):
    """Nobody raises it."""


MUTANTS: tuple[Mutant, ...] = (
    everybody_owns_everything,
    amounts_are_not_compared,
    signatures_are_not_checked,
    leases_are_ignored,
    overtaken_workers_write_on,
    no_call_is_written_down,
    silence_counts_as_refusal,
    silence_is_met_by_asking_again,
    what_was_not_bought_is_kept,
    late_money_is_kept,
    any_money_pays_for_anything,
    refunds_have_no_name,
    refunds_without_an_answer_are_done,
    nobody_asks_the_gateways,
    the_fee_is_forgotten,
    orders_of_another_price_are_taken,
)
