"""A yes to giving a booking up or to flying otherwise, and what may not be touched."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from db.models import Booking, BookingChange, BookingTransition
from domain.bookings import Phase
from domain.money import Money
from services.bookings.amending import cancel_booking, change_booking
from services.bookings.errors import (
    BookingBusy,
    BookingNotCancellable,
    BookingNotChangeable,
    SliceUnknown,
)
from services.bookings.reading import get_booking
from services.bookings.terms import SliceChange
from services.flights.errors import DateTooFar, UnknownPlace
from services.proposals.errors import (
    ProposalNotFound,
    QuoteMismatch,
    TermsChanged,
)
from services.proposals.proposing import propose_cancellation, propose_change
from tests.conftest import NOW
from tests.support.consent import Buyer, offer_change
from tests.support.offers import DAY
from tests.support.trips import PRICE

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("phase", "after"), [("held", "releasing"), ("paying", "cancelled")])
async def test_what_nobody_paid_for_is_given_up_at_once(buyer: Buyer, phase: Phase, after: Phase) -> None:
    booking_id = await buyer.add(phase)
    proposal = await propose_cancellation(buyer.consent, buyer.actor, booking_id=booking_id)
    assert [proposal.quote[name] for name in ("paid_minor", "fee_minor", "refund_minor")] == [0, 0, 0]
    assert await buyer.approve(proposal) == booking_id
    assert (await buyer.read(booking_id)).phase == after


async def test_tickets_are_given_up_for_what_was_promised(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    proposal = await propose_cancellation(buyer.consent, buyer.actor, booking_id=booking_id)
    assert (proposal.quote["refund_minor"], proposal.quote["fee_minor"]) == (PRICE * 80 // 100, PRICE * 20 // 100)
    await buyer.approve(proposal)
    booking = await buyer.read(booking_id)
    assert (booking.phase, booking.agreed_refund_minor) == ("cancelling", PRICE * 80 // 100)
    async with buyer.transactions() as session:
        moves = await session.scalars(select(BookingTransition).where(BookingTransition.booking_id == booking_id))
    assert [move.proposal_id for move in moves][-1:] == [proposal.id]


async def test_a_risen_fee_needs_a_new_yes(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    proposal = await propose_cancellation(buyer.consent, buyer.actor, booking_id=booking_id)
    buyer.airline.refund_percent = 70
    with pytest.raises(TermsChanged) as dearer:
        await cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id, quote_hash=proposal.quote_hash)
    assert (await buyer.read(booking_id)).phase == "ticketed"
    await cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id, quote_hash=dearer.value.extra["quote_hash"])
    assert (await buyer.read(booking_id)).agreed_refund_minor == PRICE * 70 // 100


async def test_a_fallen_fee_is_given_without_asking(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    proposal = await propose_cancellation(buyer.consent, buyer.actor, booking_id=booking_id)
    buyer.airline.refund_percent = 90
    await buyer.approve(proposal)
    assert (await buyer.read(booking_id)).agreed_refund_minor == PRICE * 90 // 100


async def test_no_more_comes_back_than_was_paid(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    buyer.airline.refund_percent = 150
    proposal = await propose_cancellation(buyer.consent, buyer.actor, booking_id=booking_id)
    assert (proposal.quote["refund_minor"], proposal.quote["fee_minor"]) == (PRICE, 0)


async def test_without_a_hash_it_is_given_up_on_the_terms_of_the_moment(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    await cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id)
    assert (await buyer.read(booking_id)).agreed_refund_minor == PRICE * 80 // 100
    other = await buyer.add("ticketed")
    with pytest.raises(QuoteMismatch):
        await cancel_booking(buyer.consent, buyer.actor, booking_id=other, quote_hash="0" * 64)


@pytest.mark.parametrize("phase", ["holding", "paid", "ticketing", "cancelling", "needs_review"])
async def test_what_is_being_worked_on_is_left_alone(buyer: Buyer, phase: Phase) -> None:
    booking_id = await buyer.add(phase)
    with pytest.raises(BookingBusy):
        await cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id)
    with pytest.raises(BookingBusy):
        await offer_change(buyer, booking_id)


async def test_what_has_ended_stays_as_it_is(buyer: Buyer) -> None:
    booking_id = await buyer.add("cancelled")
    with pytest.raises(BookingNotCancellable):
        await cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id)
    with pytest.raises(BookingNotChangeable):
        await offer_change(buyer, booking_id)


async def test_ten_at_once_give_up_once(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    ends = await asyncio.gather(
        *(cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id) for _ in range(10)), return_exceptions=True
    )
    assert [end for end in ends if end is not None and not isinstance(end, BookingBusy)] == []
    assert ends.count(None) == 1
    assert ("ticketed", "cancelling") in await buyer.moves(booking_id)


# flying otherwise


async def find_change(buyer: Buyer, booking_id: UUID) -> list[tuple[str, int]]:
    async with buyer.transactions() as session:
        rows = await session.scalars(
            select(BookingChange).where(BookingChange.booking_id == booking_id).order_by(BookingChange.created_at)
        )
        return [(row.status, row.difference_minor) for row in rows]


async def test_a_change_that_costs_something_waits_for_its_money(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    await buyer.approve(await offer_change(buyer, booking_id, PRICE + 500))
    assert (await buyer.read(booking_id)).phase == "ticketed"
    assert await find_change(buyer, booking_id) == [("agreed", 500)]
    async with buyer.transactions() as session:
        detail = await get_booking(session, buyer.actor, booking_id)
    assert detail.amount_due == Money(amount_minor=500, currency="VND")
    assert detail.pay_by == NOW + HOUR
    async with buyer.transactions() as session:
        (await session.get_one(Booking, booking_id)).phase = "needs_review"
        assert (await get_booking(session, buyer.actor, booking_id)).amount_due is None


async def test_a_change_that_costs_nothing_is_asked_for_at_once(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    proposal = await offer_change(buyer, booking_id, PRICE - 500)
    await change_booking(
        buyer.consent, buyer.actor, booking_id=booking_id, quote_id=proposal.id, quote_hash=proposal.quote_hash
    )
    assert (await buyer.read(booking_id)).phase == "changing"
    await buyer.advance()
    booking = await buyer.read(booking_id)
    assert (booking.phase, booking.amount_minor) == ("ticketed", PRICE - 500)
    assert await find_change(buyer, booking_id) == [("done", -500)]


async def test_another_change_takes_the_place_of_one_nobody_paid_for(buyer: Buyer) -> None:
    booking_id = await buyer.add("ticketed")
    await buyer.approve(await offer_change(buyer, booking_id, PRICE + 500))
    await buyer.approve(await offer_change(buyer, booking_id, PRICE + 700))
    assert await find_change(buyer, booking_id) == [("failed", 500), ("agreed", 700)]
    await cancel_booking(buyer.consent, buyer.actor, booking_id=booking_id)
    assert await find_change(buyer, booking_id) == [("failed", 500), ("failed", 700)]


async def test_a_change_quote_is_of_its_booking(buyer: Buyer) -> None:
    booking_id, other = await buyer.add("ticketed"), await buyer.add("ticketed")
    proposal = await offer_change(buyer, booking_id)
    with pytest.raises(ProposalNotFound):
        await change_booking(
            buyer.consent, buyer.actor, booking_id=other, quote_id=proposal.id, quote_hash=proposal.quote_hash
        )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({1: SliceChange(departs_on=DAY)}, SliceUnknown),
        ({0: SliceChange(departs_on=DAY.replace(year=9999))}, DateTooFar),
        ({0: SliceChange(departs_on=DAY, origins=("QQQ",))}, UnknownPlace),
    ],
)
async def test_a_change_that_makes_no_sense_says_why(
    buyer: Buyer, change: dict[int, SliceChange], error: type[Exception]
) -> None:
    booking_id = await buyer.add("ticketed")
    with pytest.raises(error):
        await propose_change(buyer.consent, buyer.actor, booking_id=booking_id, changes=change)
