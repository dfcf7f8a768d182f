"""Asking for money: what is due, and one link for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.clock import clock
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor
from domain.bookings import PHASES, UNPAID
from providers.payments.base import GatewayDown, GatewayRefused
from services.bookings.errors import BookingNotFound
from services.payments.errors import (
    AmountMismatch,
    NoPaymentMethod,
    NotPayable,
    PaymentRefused,
    PaymentsUnreachable,
    TooLateToPay,
)
from services.payments.reading import list_payments
from tests.conftest import NOW
from tests.support.counter import DIFFERENCE, Counter, DoubtfulTill
from tests.support.trips import PRICE

MINUTE = timedelta(minutes=1)


async def test_link_is_for_the_price_and_ends_before_the_seats_do(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("held")
    await counter.change_booking(booking_id, pay_by=NOW + 12 * MINUTE)
    made = await counter.start(booking_id)
    payment = made.payment
    assert (payment.amount_minor, payment.currency, made.status, payment.simulated) == (PRICE, "VND", "PENDING", True)
    assert payment.payment_url == f"https://vnpay.example/{payment.reference}"
    assert (payment.reference, payment.expires_at) == (payment.id.hex, NOW + 10 * MINUTE)
    assert till.drawers[payment.reference].charge.amount == made.amount
    assert (await counter.trips.read(booking_id)).pay_by == NOW + 12 * MINUTE


async def test_what_cannot_be_paid_any_more_is_refused(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    await counter.change_booking(booking_id, pay_by=NOW + 3 * MINUTE - timedelta(seconds=1))
    with pytest.raises(TooLateToPay):
        await counter.start(booking_id)


async def test_open_link_is_given_again_until_it_is_nearly_over(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    first = await counter.start(booking_id)
    assert (await counter.start(booking_id)).payment.id == first.payment.id
    assert (await counter.start(booking_id, "momo")).payment.id != first.payment.id
    with clock.frozen(NOW + timedelta(minutes=14, seconds=30)):
        assert (await counter.start(booking_id, "vnpay")).payment.id != first.payment.id


async def test_two_who_ask_at_once_get_one_link(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    made = await asyncio.gather(*(counter.start(booking_id) for _ in range(4)))
    assert len({each.payment.id for each in made}) == 1


async def test_gateway_that_was_down_is_asked_again_for_the_same_payment(counter: Counter, till: DoubtfulTill) -> None:
    booking_id, payment_id = await counter.trips.add("held"), new_id()
    till.before, till.after = [GatewayDown("x")], []
    with pytest.raises(PaymentsUnreachable):
        await counter.start(booking_id, payment_id=payment_id)
    assert (await counter.payment(payment_id)).payment_url is None
    till.after = [GatewayDown("the answer was lost")]
    with pytest.raises(PaymentsUnreachable):
        await counter.start(booking_id, payment_id=payment_id)
    made = await counter.start(booking_id)
    assert (made.payment.id, made.payment.payment_url is not None) == (payment_id, True)
    assert len(till.drawers) == 1


async def test_payment_is_written_down_before_its_link_is_made(
    counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, seen = new_id(), []

    async def look_around(*_: object, **__: object) -> None:
        seen.append((await counter.payment(payment_id)).status)

    monkeypatch.setattr(till, "meet", look_around)
    await counter.start(await counter.trips.add("held"), payment_id=payment_id)
    assert set(seen) == {"pending"}


async def test_gateway_that_refuses_is_not_the_end_of_the_booking(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("held")
    till.before = [GatewayRefused("22")]
    with pytest.raises(PaymentRefused):
        await counter.start(booking_id, "vnpay")
    assert (await counter.start(booking_id, "momo")).payment.payment_url


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase not in UNPAID])
async def test_nothing_is_due_in_other_phases(counter: Counter, phase: Any) -> None:
    booking_id = await counter.trips.add("held")
    await counter.change_booking(booking_id, phase=phase)
    with pytest.raises(NotPayable):
        await counter.start(booking_id)


async def test_change_that_was_agreed_to_is_due(counter: Counter) -> None:
    booking_id = await counter.trips.add("ticketed")
    change_id = await counter.agree_to_change(booking_id)
    payment = (await counter.start(booking_id)).payment
    assert (payment.subject_type, payment.subject_id, payment.amount_minor) == ("booking_change", change_id, DIFFERENCE)


async def test_change_that_costs_nothing_is_not(counter: Counter) -> None:
    booking_id = await counter.trips.add("ticketed")
    await counter.agree_to_change(booking_id, -50_000)
    with pytest.raises(NotPayable):
        await counter.start(booking_id)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [(str(PRICE - 1), "VND"), (str(PRICE), "USD"), (None, "USD"), (f"{PRICE}.5", "VND"), ("1", "XXY")],
)
async def test_other_amount_than_is_due_is_refused(counter: Counter, amount: str | None, currency: str) -> None:
    booking_id = await counter.trips.add("held")
    with pytest.raises(AmountMismatch) as refused:
        await counter.start(booking_id, amount=amount, currency=currency)
    assert refused.value.extra == {"amount": str(PRICE), "currency": "VND"}


async def test_the_right_amount_may_be_said(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    assert (await counter.start(booking_id, amount=f"{PRICE}.00", currency="VND")).payment.amount_minor == PRICE


async def test_gateway_nobody_has_is_no_payment_method(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    with pytest.raises(NoPaymentMethod):
        await counter.start(booking_id, "stripe")


async def test_play_money_and_real_seats_never_meet(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("held")
    for each in counter.gateways.methods:
        each.mode = "live"  # type: ignore[misc]  # a test's gateway is what it is told to be
    with pytest.raises(NoPaymentMethod):
        await counter.start(booking_id)
    till.mode = "test"
    payment = (await counter.start(booking_id)).payment
    till.finish(payment.reference, "paid")
    till.mode = "live"
    assert await counter.hear(till.notices[0]) == "unknown_payment"


async def test_stranger_neither_pays_nor_looks(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    await counter.start(booking_id)
    stranger = Actor(kind="user", user_id=uuid4(), scopes=frozenset({BOOKINGS_SCOPE}))
    with pytest.raises(BookingNotFound):
        await counter.start(booking_id, actor=stranger)
    async with counter.transactions() as session:
        with pytest.raises(BookingNotFound):
            await list_payments(session, stranger, booking_id)
