"""What is left when all is over: our rows, the sandbox's own, and what the crowd was told, compared with each other."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Transactions
from domain.bookings import FLOWN, WORKED_ON
from evals.chaos.crowd import Diary
from evals.invariants import Books, Outside, OutsideOrder, Violation, find_violations, read_books

LOOK_SECONDS = 0.5

_UNDER_WAY = text(
    """
    WITH horizon AS (SELECT clock_timestamp() + make_interval(secs => :horizon_seconds) AS ends),
    parked AS (SELECT coalesce(c.booking_id, p.subject_id) AS booking_id FROM refunds r
        JOIN payments p ON p.id = r.payment_id LEFT JOIN booking_changes c ON c.id = p.subject_id
        WHERE r.status = 'needs_review')
    SELECT 'bookings ' || phase, count(*) FROM bookings, horizon
        WHERE phase = ANY(:worked_on) OR (phase IN ('held', 'paying') AND pay_by < ends)
        OR (phase = 'refunding' AND id NOT IN (SELECT booking_id FROM parked)) GROUP BY 1
    UNION ALL SELECT 'payments', count(*) FROM payments p, horizon WHERE status = 'pending' AND (due_at < ends
        OR EXISTS (SELECT 1 FROM sandbox.gateway_charges c WHERE c.reference = p.reference AND c.state = 'paid'))
    UNION ALL SELECT 'refunds', count(*) FROM refunds WHERE status IN ('due', 'calling', 'pending')
    UNION ALL SELECT 'letters', count(*) FROM notification_logs WHERE status = 'queued' AND created_at > due_at
    """
)
_ORDERS = text("SELECT reference, status, cardinality(tickets), paid_minor FROM sandbox.orders")
_TAKEN = text("SELECT reference, dong FROM sandbox.gateway_charges WHERE state = 'paid'")
_GIVEN_BACK = text("SELECT reference, sum(dong)::bigint FROM sandbox.gateway_refunds GROUP BY reference")
_UNSENT = text(
    """SELECT l.id, l.type, l.status, count(o.id) FROM notification_logs l
    LEFT JOIN sandbox.outbox o ON o.message_id = l.id::text
    WHERE l.status IN ('sent', 'failed') GROUP BY l.id HAVING count(o.id) <> 1 OR l.status = 'failed'"""
)
_SLOWEST = text(
    """SELECT max(extract(epoch FROM ended - created_at)) FROM (
        SELECT phase_after, created_at, lead(created_at) OVER (PARTITION BY booking_id ORDER BY created_at, id) AS ended
        FROM booking_transitions) moves WHERE phase_after = ANY(:worked_on)"""
)


class Findings(NamedTuple):
    violations: list[Violation]
    phases: Counter[str]
    payments: Counter[str]
    refunds: Counter[str]
    tickets: int
    """Good ones' orders, at the airlines."""
    confirmed: int
    letters: int
    longest_wait_seconds: float
    """That a booking stood where the next move was ours."""


async def wait_for_rest(transactions: Transactions, seconds: float, *, horizon_seconds: float) -> Mapping[str, int]:
    """Until nothing is due any more, or within the horizon; what still is when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        async with transactions() as session:
            rows = await session.execute(_UNDER_WAY, {"worked_on": list(WORKED_ON), "horizon_seconds": horizon_seconds})
            left = {str(what): int(count) for what, count in rows if count}
        if not left or time.monotonic() > deadline:
            return left
        await asyncio.sleep(LOOK_SECONDS)


async def examine(transactions: Transactions, diary: Diary) -> Findings:
    """Everything that must hold, once nothing is due."""
    async with transactions() as session:
        books = await read_books(session)
        outside = await look_outside(session)
        slowest = await session.scalar(_SLOWEST, {"worked_on": list(WORKED_ON)})
        unsent = (await session.execute(_UNSENT)).all()
    violations = find_violations(books, outside, is_quiet=True)
    violations += [
        Violation("every_letter_goes_out_once", str(id_), f"{type_}: {status}, {mails} mails")
        for id_, type_, status, mails in unsent
    ]
    violations += check_promises(books, diary)
    return Findings(
        violations=violations,
        phases=Counter(booking.phase for booking in books.bookings.values()),
        payments=Counter(payment.status for payment in books.payments),
        refunds=Counter(refund.status for refund in books.refunds),
        tickets=sum(order.tickets > 0 for order in outside.orders),
        confirmed=sum(booking.phase in FLOWN for booking in books.bookings.values()),
        letters=len(books.letters),
        longest_wait_seconds=float(slowest or 0),
    )


async def look_outside(session: AsyncSession) -> Outside:
    """The sandbox's own rows, which nothing of ours but its calls has written."""
    orders = await session.execute(_ORDERS)
    return Outside(
        orders=[
            OutsideOrder(reference, tickets if status == "ticketed" else 0, paid)
            for reference, status, tickets, paid in orders
        ],
        taken=await _read_sums(session, _TAKEN),
        given_back=await _read_sums(session, _GIVEN_BACK),
    )


async def _read_sums(session: AsyncSession, statement: TextClause) -> dict[str, int]:
    return {str(reference): int(dong) for reference, dong in await session.execute(statement)}


def check_promises(books: Books, diary: Diary) -> list[Violation]:
    """What the crowd was told is so, and nothing is so that nobody asked for."""
    found = [Violation("one_answer_a_key", "", surprise) for surprise in diary.surprises]
    keys = Counter(accepted.booking_id for accepted in diary.accepted.values())
    found += [Violation("one_key_a_booking", str(id_), f"{count} keys") for id_, count in keys.items() if count > 1]
    for key, accepted in diary.accepted.items():
        booking = books.bookings.get(accepted.booking_id)
        if booking is None:
            found.append(Violation("accepted_is_booked", key, f"no booking {accepted.booking_id}"))
        elif (booking.user_id, booking.offer_id) != (accepted.user_id, accepted.offer_id):
            found.append(Violation("accepted_is_booked", key, "somebody else's, or another offer"))
    for booking in books.bookings.values():
        if (booking.user_id, booking.offer_id) not in diary.wanted:
            found.append(Violation("booked_is_wanted", str(booking.id), "nobody asked for it"))
    return found + _check_consent(books, diary.agreed)


def _check_consent(books: Books, agreed: set[UUID]) -> list[Violation]:
    return [
        Violation("given_up_is_wanted", str(proposal.booking_id), f"nobody agreed to {proposal.action}")
        for proposal in books.proposals.values()
        if proposal.action == "change" and proposal.status == "approved" and proposal.id not in agreed
    ]
