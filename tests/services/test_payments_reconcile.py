"""Payments nobody told us of are asked about, until they are settled or cannot be paid any more."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.clock import clock
from core.ids import new_id
from db.models import Payment
from providers.payments.base import GatewayDown, NoticeForged
from services.payments.errors import PaymentsUnreachable
from services.payments.parts import PaymentParts
from services.payments.reconcile import reconcile_due
from tests.conftest import NOW
from tests.support.counter import Counter, DoubtfulTill

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def payment(counter: Counter) -> Payment:
    return (await counter.start(await counter.trips.add("held"))).payment


async def look_at(counter: Counter, minutes: float) -> int:
    with clock.frozen(NOW + minutes * MINUTE):
        return await reconcile_due(counter.parts)


async def test_nobody_is_asked_before_a_notice_had_its_chance(
    counter: Counter, till: DoubtfulTill, payment: Payment
) -> None:
    till.finish(payment.reference, "paid")
    assert await look_at(counter, 9.9) == 0
    assert await look_at(counter, 10) == 1
    assert (await counter.payment(payment.id)).status == "captured"
    assert (await counter.trips.read(payment.subject_id)).phase == "paid"
    assert await counter.hear(till.notices[0]) == "repeated"
    assert await look_at(counter, 600) == 0


async def test_the_end_of_a_link_is_asked_about_at_once(counter: Counter, till: DoubtfulTill, payment: Payment) -> None:
    await look_at(counter, 10)
    due = (await counter.payment(payment.id)).due_at
    assert due == NOW + 15 * MINUTE
    with clock.frozen(NOW + 14.9 * MINUTE):
        till.finish(payment.reference, "paid")
    await look_at(counter, 15)
    assert (await counter.payment(payment.id)).status == "captured"


async def test_short_link_is_asked_about_when_it_ends(counter: Counter) -> None:
    booking_id = await counter.trips.add("held")
    await counter.change_booking(booking_id, pay_by=NOW + 7 * MINUTE)
    assert (await counter.start(booking_id)).payment.due_at == NOW + 6 * MINUTE


@pytest.mark.parametrize("is_known", [True, False])
async def test_link_nobody_paid_expires_an_hour_after_its_end(
    counter: Counter, till: DoubtfulTill, payment: Payment, is_known: bool
) -> None:
    if not is_known:
        till.drawers.clear()
    statuses = []
    for minute in range(10, 140, 5):
        await look_at(counter, minute)
        statuses.append((await counter.payment(payment.id)).status)
        if minute < 75:
            assert statuses[-1] == "pending"
    assert statuses[-1] == "expired"
    assert 4 <= till.asked <= 8
    assert (await counter.trips.read(payment.subject_id)).phase == "held"


async def test_money_told_of_after_that_still_counts(counter: Counter, till: DoubtfulTill, payment: Payment) -> None:
    till.finish(payment.reference, "paid")
    notice = till.notices[0]
    till.drawers[payment.reference].state = "pending"
    for minute in range(10, 140, 5):
        await look_at(counter, minute)
    assert (await counter.payment(payment.id)).status == "expired"
    assert await counter.hear(notice) == "accepted"
    found = await counter.payment(payment.id)
    assert (found.status, found.is_applied) == ("captured", True)


async def test_failure_is_found_too(counter: Counter, till: DoubtfulTill, payment: Payment) -> None:
    till.finish(payment.reference, "failed")
    await look_at(counter, 10)
    found = await counter.payment(payment.id)
    assert (found.status, found.reason) == ("failed", "24")


@pytest.mark.parametrize("error", [GatewayDown("x"), NoticeForged("x"), RuntimeError("a bug")])
async def test_without_an_answer_nothing_is_decided(
    counter: Counter, till: DoubtfulTill, payment: Payment, error: Exception
) -> None:
    till.before = [error] * 1_000  # type: ignore[list-item]  # a bug is no gateway's
    for hour in range(1, 24 * 5):
        await look_at(counter, 60 * hour)
    assert (await counter.payment(payment.id)).status == "pending"
    assert 8 <= till.asked <= 16
    till.before = []
    till.drawers[payment.reference].state = "paid"
    till.drawers[payment.reference].transaction = "t"
    await look_at(counter, 60 * 24 * 7)
    assert (await counter.payment(payment.id)).status == "captured"


async def test_gateway_that_is_silent_for_months_is_asked_once_a_day(
    counter: Counter, till: DoubtfulTill, payment: Payment
) -> None:
    till.before = [GatewayDown("x")] * 1_000
    for day in range(1, 61):
        await look_at(counter, 60 * 24 * day)
    assert till.asked == 60
    assert (await counter.payment(payment.id)).status == "pending"


async def test_link_whose_making_was_never_answered_is_asked_about(counter: Counter, till: DoubtfulTill) -> None:
    payment_id = new_id()
    till.after = [GatewayDown("x")]
    with pytest.raises(PaymentsUnreachable):
        await counter.start(await counter.trips.add("held"), payment_id=payment_id)
    till.finish(payment_id.hex, "paid")
    await look_at(counter, 10)
    assert (await counter.payment(payment_id)).status == "captured"


async def test_many_workers_ask_once(counter: Counter, till: DoubtfulTill, payment: Payment) -> None:
    assert payment.status == "pending"
    with clock.frozen(NOW + 10 * MINUTE):
        await asyncio.gather(*(reconcile_due(counter.parts) for _ in range(4)))
    assert till.asked == 1


async def test_payment_of_another_world_is_left_alone(counter: Counter, till: DoubtfulTill, payment: Payment) -> None:
    till.mode = "live"
    await look_at(counter, 10)
    await reconcile_due(PaymentParts(counter.transactions, Counter(counter.trips).gateways))
    assert till.asked == 0
    assert (await counter.payment(payment.id)).status == "pending"


async def test_notice_that_comes_while_one_asks_is_not_undone(
    counter: Counter, till: DoubtfulTill, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.finish(payment.reference, "paid")

    async def ask(_charge: object) -> None:
        await counter.hear(till.notices[0])

    monkeypatch.setattr(till, "ask", ask)
    await look_at(counter, 15 + 61)
    assert (await counter.payment(payment.id)).status == "captured"
