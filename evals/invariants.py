"""What must be true of every booking and every đồng, whatever happened: one list for all who try to break it.

Rows are compared with each other and with what the world outside has: its orders, the money its gateways took and gave
back. Some rules hold at any instant, the others once nothing is under way any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    Booking,
    BookingCall,
    BookingChange,
    BookingTransition,
    NotificationLog,
    Payment,
    Proposal,
    Refund,
)
from domain.bookings import FLOWN, MOVES, OVER, WORKED_ON, Phase


class OutsideOrder(NamedTuple):
    reference: str
    """Ours."""
    tickets: int
    """Good ones."""
    paid_minor: int


@dataclass(frozen=True, slots=True)
class Outside:
    """What the world has, by our references."""

    orders: Sequence[OutsideOrder]
    taken: Mapping[str, int]
    """Money by charge."""
    given_back: Mapping[str, int]
    """Money by refund."""
    agreed: Collection[UUID] | None = None
    """The proposals their own users said yes to; None where nobody wrote that down."""


class Violation(NamedTuple):
    rule: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Books:
    """Our rows."""

    bookings: Mapping[UUID, Booking]
    transitions: Mapping[UUID, Sequence[BookingTransition]]
    """Of each booking, in order."""
    proposals: Mapping[UUID, Proposal]
    changes: Sequence[BookingChange]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    letters: Sequence[NotificationLog]
    orphans: Collection[UUID]
    """Bookings for which something was bought when they were over, written down for a person to give back."""

    def payments_of(self, booking_id: UUID) -> list[Payment]:
        subjects = {booking_id, *(each.id for each in self.changes if each.booking_id == booking_id)}
        return [payment for payment in self.payments if payment.subject_id in subjects]

    def refunded(self, payment: Payment) -> int:
        return sum(refund.amount_minor for refund in self.refunds if refund.payment_id == payment.id)


async def read_books(session: AsyncSession, user_id: UUID | None = None) -> Books:
    """Everybody's, or one user's."""
    chosen = select(Booking) if user_id is None else select(Booking).where(Booking.user_id == user_id)
    bookings = {booking.id: booking for booking in await session.scalars(chosen)}
    ids = list(bookings)
    moves = select(BookingTransition).where(BookingTransition.booking_id.in_(ids))
    transitions = defaultdict(list)
    # written in the order of the row's own moves: instants may be equal, the chain tells
    for each in await session.scalars(moves.order_by(BookingTransition.created_at, BookingTransition.id)):
        transitions[each.booking_id].append(each)
    changes = list(await session.scalars(select(BookingChange).where(BookingChange.booking_id.in_(ids))))
    subjects = [*ids, *(change.id for change in changes)]
    payments = list(await session.scalars(select(Payment).where(Payment.subject_id.in_(subjects))))
    paid = [payment.id for payment in payments]
    consents = [booking.proposal_id for booking in bookings.values()]
    proposals = await session.scalars(
        select(Proposal).where(or_(Proposal.booking_id.in_(ids), Proposal.id.in_(consents)))
    )
    return Books(
        bookings=bookings,
        transitions=transitions,
        proposals={proposal.id: proposal for proposal in proposals},
        changes=changes,
        payments=payments,
        refunds=list(await session.scalars(select(Refund).where(Refund.payment_id.in_(paid)))),
        orphans=set(
            await session.scalars(
                select(BookingCall.booking_id).where(BookingCall.booking_id.in_(ids), BookingCall.state == "orphaned")
            )
        ),
        letters=list(await session.scalars(select(NotificationLog).where(NotificationLog.ref_id.in_(ids)))),
    )


def find_violations(books: Books, outside: Outside, *, is_quiet: bool) -> list[Violation]:
    """What is not as it must be; with `is_quiet`, nothing is under way any more and nobody is away."""
    rules = (*ALWAYS, *AT_REST) if is_quiet else ALWAYS
    return [Violation(rule.__name__, subject, detail) for rule in rules for subject, detail in rule(books, outside)]


Finding = tuple[str, str]
Rule = Callable[[Books, Outside], Iterable[Finding]]


def every_effect_rests_on_consent(books: Books, outside: Outside) -> Iterator[Finding]:
    """Of that user, for that booking, approved, and by no more than one effect."""
    used: Counter[UUID | None] = Counter()
    for booking in books.bookings.values():
        wanted: list[tuple[str, UUID | None]] = [("book", booking.proposal_id)]
        wanted += [
            ("cancel", move.proposal_id)
            for move in books.transitions[booking.id]
            if move.phase_before and move.phase_after in ("releasing", "cancelling")
        ]
        changes = [("change", each.proposal_id) for each in books.changes if each.booking_id == booking.id]
        wanted += changes
        for action, proposal_id in wanted:
            proposal = books.proposals.get(proposal_id) if proposal_id else None
            if proposal is None or (proposal.action, proposal.status) != (action, "approved"):
                yield str(booking.id), f"no approved consent to {action}"
            elif proposal.user_id != booking.user_id:
                yield str(booking.id), f"somebody else's consent to {action}"
            elif outside.agreed is not None and proposal.id not in outside.agreed:
                yield str(booking.id), f"its user never agreed to {action}"
            elif action == "book" and booking.amount_minor > proposal.quote["amount_minor"] and not changes:
                yield str(booking.id), "dearer than what was agreed to"
        used.update(proposal_id for _, proposal_id in wanted)
    yield from ((str(consent), f"one consent for {times} effects") for consent, times in used.items() if times > 1)


def every_yes_is_its_users_own_and_in_time(books: Books, _outside: Outside) -> Iterator[Finding]:
    """What was agreed to was put before that user, and was answered while it stood."""
    for proposal in books.proposals.values():
        if proposal.status != "approved":
            continue
        if proposal.quote.get("user_id", str(proposal.user_id)) != str(proposal.user_id):
            yield str(proposal.id), "a quote for somebody else"
        if proposal.decided_at is None or proposal.decided_at >= proposal.expires_at:
            yield str(proposal.id), f"answered at {proposal.decided_at}, open until {proposal.expires_at}"


def one_live_booking_a_quote(books: Books, _outside: Outside) -> Iterator[Finding]:
    live = Counter(booking.quote_key for booking in books.bookings.values() if booking.phase not in OVER)
    yield from ((quote, f"{count} live bookings") for quote, count in live.items() if count > 1)


def every_move_is_legal(books: Books, _outside: Outside) -> Iterator[Finding]:
    """From the first to where it stands, without a gap."""
    for booking in books.bookings.values():
        path = _order(books.transitions[booking.id])
        for before, after in pairwise(path):
            if before.phase_after != after.phase_before:
                yield str(booking.id), f"{before.phase_after} then from {after.phase_before}"
        for move in path:
            if move.phase_before and move.phase_after not in MOVES[cast("Phase", move.phase_before)]:
                yield str(booking.id), f"{move.phase_before} -> {move.phase_after}"
        if path and path[-1].phase_after != booking.phase:
            yield str(booking.id), f"is {booking.phase}, last moved to {path[-1].phase_after}"


def nothing_is_bought_twice(books: Books, outside: Outside) -> Iterator[Finding]:
    """At the airline, under one of our references."""
    ticketed = Counter(order.reference for order in outside.orders if order.tickets)
    yield from ((reference, f"{count} ticketed orders") for reference, count in ticketed.items() if count > 1)
    ours = {booking.reference for booking in books.bookings.values()}
    yield from ((order.reference, "an order of nobody's") for order in outside.orders if order.reference not in ours)


def one_applied_payment_a_charge(books: Books, _outside: Outside) -> Iterator[Finding]:
    applied = Counter((each.subject_type, each.subject_id) for each in books.payments if each.is_applied)
    yield from ((str(subject), f"{count} applied") for (_, subject), count in applied.items() if count > 1)


def paid_is_what_was_asked(books: Books, outside: Outside) -> Iterator[Finding]:
    """To the minor unit, by what the gateway itself has."""
    for payment in books.payments:
        taken = outside.taken.get(payment.reference, 0)
        if payment.status == "captured" and taken != payment.amount_minor:
            yield payment.reference, f"captured {payment.amount_minor}, taken {taken}"
    for booking in books.bookings.values():
        moved = any(move.phase_after == "paid" for move in books.transitions[booking.id])
        if moved and not any(each.is_applied for each in books.payments_of(booking.id)):
            yield str(booking.id), "paid without a payment"


def no_more_is_given_back_than_was_taken(books: Books, outside: Outside) -> Iterator[Finding]:
    for payment in books.payments:
        if books.refunded(payment) > payment.amount_minor:
            yield payment.reference, "owed more than was taken"
        given = sum(
            outside.given_back.get(refund.reference, 0) for refund in books.refunds if refund.payment_id == payment.id
        )
        if given > outside.taken.get(payment.reference, 0):
            yield payment.reference, f"given back {given}"


def everything_has_come_to_rest(books: Books, _outside: Outside) -> Iterator[Finding]:
    """Nothing waits for us."""
    for booking in books.bookings.values():
        if booking.phase in WORKED_ON:
            yield str(booking.id), f"still {booking.phase} after {booking.attempts} attempts"
        if booking.phase == "refunding" and not _has_parked_refund(books, booking):
            yield str(booking.id), "still refunding"
    for refund in books.refunds:
        if refund.status in ("due", "calling", "pending"):
            yield refund.reference, f"still {refund.status}"


def the_ledger_adds_up(books: Books, _outside: Outside) -> Iterator[Finding]:
    """Captures less refunds are the live price and the fees kept; money beyond the price has gone back."""
    for booking in books.bookings.values():
        if booking.phase == "needs_review":
            continue
        payments = books.payments_of(booking.id)
        for payment in payments:
            if (
                payment.status == "captured"
                and not payment.is_applied
                and books.refunded(payment) != payment.amount_minor
            ):
                yield payment.reference, "money beyond the price was kept"
        kept = sum(payment.amount_minor - books.refunded(payment) for payment in payments if payment.is_applied)
        price = booking.amount_minor if booking.phase in FLOWN else 0
        if kept != price + booking.fees_minor:
            yield str(booking.id), f"{booking.phase}: kept {kept}, price {price} and fees {booking.fees_minor}"


def the_gateways_have_what_we_have(books: Books, outside: Outside) -> Iterator[Finding]:
    """Every đồng taken is known here, and every refund called done was one."""
    captured = {each.reference: each.amount_minor for each in books.payments if each.status == "captured"}
    for reference, taken in outside.taken.items():
        if captured.get(reference) != taken:
            yield reference, f"taken {taken}, known {captured.get(reference)}"
    for refund in books.refunds:
        given = outside.given_back.get(refund.reference, 0)
        if refund.status == "done" and given != refund.amount_minor:
            yield refund.reference, f"done for {refund.amount_minor}, given {given}"


def tickets_are_confirmed_bookings(books: Books, outside: Outside) -> Iterator[Finding]:
    """No ticket without its booking, and no confirmed booking without its tickets."""
    tickets: Counter[str] = Counter()
    for order in outside.orders:
        tickets[order.reference] += order.tickets
    for booking in books.bookings.values():
        if booking.phase == "needs_review" or booking.id in books.orphans:
            continue
        is_confirmed, has_tickets = booking.phase in FLOWN, tickets[booking.reference] > 0
        if is_confirmed != has_tickets:
            yield str(booking.id), f"{booking.phase} with {tickets[booking.reference]} tickets"


def airlines_have_what_trips_cost(books: Books, outside: Outside) -> Iterator[Finding]:
    """To the minor unit, fees for changes included."""
    paid = {order.reference: order.paid_minor for order in outside.orders if order.tickets}
    for booking in books.bookings.values():
        cost = booking.amount_minor + booking.fees_minor
        if booking.phase in FLOWN and booking.id not in books.orphans and paid.get(booking.reference) != cost:
            yield str(booking.id), f"costs {cost}, paid {paid.get(booking.reference)}"


def every_end_was_told_once(books: Books, _outside: Outside) -> Iterator[Finding]:
    """A letter for each outcome its traveller has to hear of, and never two of one."""
    told: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
    for letter in books.letters:
        told[letter.ref_id][letter.type] += 1
    for booking in books.bookings.values():
        moves = Counter((move.phase_before, move.phase_after) for move in books.transitions[booking.id])
        for type_, ways in TOLD.items():
            expected = sum(moves[way] for way in ways)
            if told[booking.id][type_] != expected:
                yield str(booking.id), f"{type_} told {told[booking.id][type_]} times for {expected} moves"


TOLD: dict[str, tuple[tuple[Phase, Phase], ...]] = {
    "booking_confirmed": (("paid", "ticketed"), ("ticketing", "ticketed"), ("needs_review", "ticketed")),
    "booking_refunded": (("refunding", "refunded"),),
    "booking_expired": (("held", "expired"), ("paying", "expired")),
}
"""Letters that must be written whatever else is, by the moves they tell of."""

ALWAYS: tuple[Rule, ...] = (
    every_effect_rests_on_consent,
    every_yes_is_its_users_own_and_in_time,
    one_live_booking_a_quote,
    every_move_is_legal,
    nothing_is_bought_twice,
    one_applied_payment_a_charge,
    paid_is_what_was_asked,
    no_more_is_given_back_than_was_taken,
)
AT_REST: tuple[Rule, ...] = (
    everything_has_come_to_rest,
    the_ledger_adds_up,
    the_gateways_have_what_we_have,
    tickets_are_confirmed_bookings,
    airlines_have_what_trips_cost,
    every_end_was_told_once,
)


def _has_parked_refund(books: Books, booking: Booking) -> bool:
    paid = {payment.id for payment in books.payments_of(booking.id)}
    return any(refund.payment_id in paid and refund.status == "needs_review" for refund in books.refunds)


def _order(moves: Sequence[BookingTransition]) -> list[BookingTransition]:
    """As they followed each other; of equal instants, as the phases join."""
    rest = list(moves)
    path: list[BookingTransition] = []
    while rest:
        last = path[-1].phase_after if path else None
        following = next((move for move in rest if move.phase_before == last), rest[0])
        rest.remove(following)
        path.append(following)
    return path
