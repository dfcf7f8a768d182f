"""Giving money back: never more than was taken, once a reference, and a person where nobody can tell."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from core.clock import clock
from db.models import Booking, Payment, User
from db.repositories.accounts import UserRepository
from db.repositories.payments import PaymentRepository, RefundRepository
from providers.payments.base import GatewayDown, GatewayRefused, GatewayUnknown, RefundOrder
from services.payments.parts import PaymentParts
from services.payments.refunds import LEASE_SECONDS, MAX_ATTEMPTS, RefundExceedsPayment, give_back, owe, refund_due
from tests.conftest import NOW
from tests.providers.payments.support import FakeWire, make_refund, momo_on, vnd, vnpay_on
from tests.support.counter import DIFFERENCE, Counter, DoubtfulTill
from tests.support.trips import PRICE


async def pay(counter: Counter, till: DoubtfulTill) -> UUID:
    """A booking that was paid for at the till, and has its tickets."""
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment
    till.finish(payment.reference, "paid")
    await counter.hear(till.notices[-1])
    await counter.change_booking(booking_id, phase="ticketed")
    return booking_id


async def owe_back(counter: Counter, booking_id: UUID, amount_minor: int | None = None) -> int:
    async with counter.transactions() as session:
        booking = await session.get_one(Booking, booking_id)
        return await owe(session, booking, amount_minor=amount_minor, reason="cancelled")


async def look(counter: Counter, *, times: int = 1) -> None:
    """Give back what is due, each time it is."""
    for number in range(times):
        with clock.frozen(clock.now() + timedelta(days=2) * number):
            await refund_due(counter.parts)


async def statuses(counter: Counter) -> list[str]:
    return [each.status for each in await counter.refunds()]


async def test_refund_goes_out_and_ends_its_booking(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await pay(counter, till)
    assert await owe_back(counter, booking_id) == PRICE
    await counter.change_booking(booking_id, phase="refunding")
    await look(counter)
    assert await counter.refund_states() == [(PRICE, "cancelled", "done")]
    assert list(till.given_back.values()) == [PRICE]
    assert (await counter.trips.read(booking_id)).phase == "refunded"
    (order,) = till.refunds_asked
    assert order.amount == order.charged


async def test_booking_is_refunded_with_the_last_of_its_refunds(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await pay(counter, till)
    await owe_back(counter, booking_id, 500_000)
    await owe_back(counter, booking_id)
    await counter.change_booking(booking_id, phase="refunding")
    till.answers = ["pending", "done"]
    await look(counter)
    assert sorted(await statuses(counter)) == ["done", "pending"]
    assert (await counter.trips.read(booking_id)).phase == "refunding"
    await look(counter, times=2)
    assert await statuses(counter) == ["done", "done"]
    assert (await counter.trips.read(booking_id)).phase == "refunded"
    assert sum(till.given_back.values()) == PRICE


async def test_booking_that_flies_on_stays_as_it_is(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await pay(counter, till)
    await owe_back(counter, booking_id, 100_000)
    await look(counter)
    assert await statuses(counter) == ["done"]
    assert (await counter.trips.read(booking_id)).phase == "ticketed"


async def test_money_for_changes_goes_back_first(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await pay(counter, till)
    change_id = await counter.agree_to_change(booking_id)
    with clock.frozen(NOW + timedelta(minutes=1)):
        payment = (await counter.start(booking_id)).payment
        till.finish(payment.reference, "paid")
        await counter.hear(till.notices[-1])
    assert await owe_back(counter, booking_id, DIFFERENCE + 50_000) == DIFFERENCE + 50_000
    owed = {each.payment_id: each.amount_minor for each in await counter.refunds()}
    assert owed.pop(payment.id) == DIFFERENCE
    assert list(owed.values()) == [50_000]
    assert change_id


async def test_never_more_is_owed_than_was_taken(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await pay(counter, till)
    with capture_logs() as logged:
        await asyncio.gather(*(owe_back(counter, booking_id, 800_000) for _ in range(4)))
    assert sum(each.amount_minor for each in await counter.refunds()) == PRICE
    assert await owe_back(counter, booking_id) == PRICE
    assert [each["event"] for each in logged if each["log_level"] == "error"] == ["refund.more_than_paid"] * 2
    async with counter.transactions() as session:
        payment = await session.get_one(Payment, (await counter.refunds())[0].payment_id)
        with pytest.raises(RefundExceedsPayment):
            await give_back(session, payment, 1, "cancelled")


async def test_money_given_back_twice_is_noticed(
    counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: what is owed already is not counted."""

    async def count_nothing(*_: object) -> int:
        return 0

    monkeypatch.setattr(RefundRepository, "sum_of", count_nothing)
    with pytest.raises(AssertionError):
        await test_never_more_is_owed_than_was_taken(counter, till)


async def test_nothing_is_owed_for_what_nobody_paid(counter: Counter) -> None:
    assert await owe_back(counter, await counter.trips.add("held")) == 0
    assert await counter.refunds() == []


async def test_gateway_that_is_down_is_asked_again(counter: Counter, till: DoubtfulTill) -> None:
    await owe_back(counter, await pay(counter, till))
    till.before = [GatewayDown("x")]
    await look(counter)
    assert await statuses(counter) == ["due"]
    till.repeats = False  # nothing happened, so this is not a repeat
    await look(counter, times=2)
    assert await statuses(counter) == ["done"]


async def test_refund_without_an_answer_is_asked_for_under_its_own_reference(
    counter: Counter, till: DoubtfulTill
) -> None:
    await owe_back(counter, await pay(counter, till))
    till.after = [GatewayUnknown("x")]
    await look(counter)
    assert await statuses(counter) == ["calling"]
    await look(counter, times=2)
    assert await statuses(counter) == ["done"]
    assert len({each.reference for each in till.refunds_asked}) == 1
    assert till.given_back == {till.refunds_asked[0].reference: PRICE}


async def test_refund_is_written_down_before_it_is_asked_for(
    counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owe_back(counter, await pay(counter, till))
    seen: list[str] = []

    async def look_around(*_: object, **__: object) -> None:
        seen.extend(await statuses(counter))

    monkeypatch.setattr(till, "meet", look_around)
    await look(counter)
    assert set(seen) == {"calling"}


async def test_refund_a_crash_cut_off_is_looked_after(counter: Counter, till: DoubtfulTill) -> None:
    await owe_back(counter, await pay(counter, till))
    till.before = [KeyboardInterrupt()]  # type: ignore[list-item]  # what no handler of ours catches
    with pytest.raises(KeyboardInterrupt):
        await look(counter)
    assert await statuses(counter) == ["calling"]
    await look(counter)
    assert len(till.refunds_asked) == 1, "whoever died may still be asking until the lease ends"
    with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS + 1)):
        await look(counter)
    assert await statuses(counter) == ["done"]


@pytest.mark.parametrize("silence", ["calling", "pending"])
async def test_refund_that_could_be_made_twice_needs_a_person(
    counter: Counter, till: DoubtfulTill, silence: str
) -> None:
    await owe_back(counter, await pay(counter, till), 100_000)
    if silence == "calling":
        till.after = [GatewayUnknown("x")]
    else:
        till.answers = ["pending"]
    till.repeats = False
    await look(counter)
    assert await statuses(counter) == [silence]
    with capture_logs() as logged:
        await look(counter, times=2)
    assert await statuses(counter) == ["needs_review"]
    assert len(till.refunds_asked) == 1
    assert [each["reason"] for each in logged if each["event"] == "refund.needs_review"] == ["may_be_done"]


@pytest.mark.parametrize("refusal", ["error", "answer"])
async def test_refused_refund_needs_a_person(counter: Counter, till: DoubtfulTill, refusal: str) -> None:
    booking_id = await pay(counter, till)
    await owe_back(counter, booking_id)
    await counter.change_booking(booking_id, phase="refunding")
    if refusal == "error":
        till.before = [GatewayRefused("91")]
    else:
        till.answers = ["refused"]
    await look(counter, times=3)
    assert await statuses(counter) == ["needs_review"]
    assert len(till.refunds_asked) == 1
    assert (await counter.trips.read(booking_id)).phase == "refunding"


async def test_refund_nobody_ever_answers_is_handed_over(counter: Counter, till: DoubtfulTill) -> None:
    await owe_back(counter, await pay(counter, till))
    till.before = [GatewayDown("x")] * 100
    await look(counter, times=MAX_ATTEMPTS + 2)
    assert await statuses(counter) == ["needs_review"]
    assert len(till.refunds_asked) == MAX_ATTEMPTS


async def test_refund_of_a_gateway_that_is_gone_waits_for_it(counter: Counter, till: DoubtfulTill) -> None:
    await owe_back(counter, await pay(counter, till))
    without = PaymentParts(counter.transactions, Counter(counter.trips).gateways)
    await refund_due(without)
    assert await statuses(counter) == ["due"]
    await look(counter, times=2)
    assert await statuses(counter) == ["done"]


async def test_many_workers_ask_once(counter: Counter, till: DoubtfulTill) -> None:
    await owe_back(counter, await pay(counter, till))
    await asyncio.gather(*(refund_due(counter.parts) for _ in range(4)))
    assert len(till.refunds_asked) == 1


async def test_overtaken_worker_writes_nothing(counter: Counter, till: DoubtfulTill) -> None:
    await owe_back(counter, await pay(counter, till))

    async def overtake(order: RefundOrder) -> str:
        with clock.frozen(clock.now() + timedelta(seconds=LEASE_SECONDS + 1)):
            del till.refund
            await refund_due(counter.parts)
        assert order.reference in till.given_back
        raise GatewayRefused("told too late")

    till.refund = overtake  # type: ignore[method-assign, assignment]
    await look(counter)
    assert await statuses(counter) == ["done"]


async def test_refund_of_a_closed_account_still_goes_out(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await pay(counter, till)
    await owe_back(counter, booking_id)
    async with counter.transactions() as session:
        await session.delete(await session.get_one(User, counter.trips.user_id))
    await look(counter)
    assert await statuses(counter) == ["done"]


EVENING = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
"""Half past eleven at night in Vietnam."""


@pytest.mark.parametrize(
    ("asked_at", "part", "expected"),
    [
        (EVENING - timedelta(hours=1), 100_000, False),  # the day over there has ended since
        (EVENING + timedelta(minutes=45), 100_000, True),
        (EVENING - timedelta(hours=1), 1_890_000, True),
    ],
)
def test_vnpay_repeats_a_partial_refund_on_its_day_only(asked_at: datetime, part: int, expected: bool) -> None:
    order = make_refund(amount=vnd(part))
    assert vnpay_on(FakeWire({})).may_repeat(order, asked_at=asked_at) is expected
    assert momo_on(FakeWire({})).may_repeat(order, asked_at=asked_at)


async def test_account_is_closed_once_who_gives_its_money_back_is_done(counter: Counter) -> None:
    booking_id, user_id = await counter.trips.add("refunding"), counter.trips.user_id
    has_user = asyncio.Event()

    async def give() -> None:
        async with counter.transactions() as session:
            await PaymentRepository(session).lock_user(user_id)
            has_user.set()
            await asyncio.sleep(0.1)
            assert await PaymentRepository(session).lock_booking(booking_id) is not None

    async def close() -> None:
        await has_user.wait()
        async with counter.transactions() as session:
            await UserRepository(session).delete(user_id)

    await asyncio.gather(give(), close())
    async with counter.transactions() as session:
        assert await session.get(Booking, booking_id) is None
