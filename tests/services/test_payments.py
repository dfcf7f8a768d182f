"""Hearing of money: what notices do, in whatever order they come and whoever wrote them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError

import services.payments.notices as notices
from core.clock import clock
from core.errors import NotFound
from core.metrics import PAYMENT_NOTICES
from db.models import User
from domain.bookings import UNPAID
from services.payments.notices import receive
from services.payments.reading import read_return
from services.payments.reconcile import reconcile_due
from tests.conftest import NOW
from tests.providers.payments.support import FakeWire, sign_vnpay, vnpay_on
from tests.support.counter import Counter, DoubtfulTill
from tests.support.till import Till
from tests.support.trips import PRICE

MINUTE = timedelta(minutes=1)


async def pay(counter: Counter, till: Till, booking_id: UUID, provider: str = "vnpay") -> UUID:
    """A link that was paid, and told of."""
    payment = (await counter.start(booking_id, provider)).payment
    till.finish(payment.reference, "paid")
    assert await counter.hear(till.notices[-1], till.name) == "accepted"
    return payment.id


@pytest.mark.parametrize("phase", UNPAID)
async def test_money_moves_its_booking_on_once(counter: Counter, till: DoubtfulTill, phase: Any) -> None:
    booking_id = await counter.trips.add(phase, flow="hold" if phase == "held" else "instant")
    payment_id = await pay(counter, till, booking_id)
    payment = await counter.payment(payment_id)
    assert (payment.status, payment.is_applied, payment.paid_at) == ("captured", True, NOW)
    assert payment.external_id == till.drawers[payment.reference].transaction
    repeats = await asyncio.gather(*(counter.hear(till.notices[0]) for _ in range(4)))
    assert repeats == ["repeated"] * 4
    assert (await counter.trips.moves(booking_id)).count((phase, "paid")) == 1
    assert len(await counter.events()) == 1
    await counter.trips.advance()
    assert (await counter.trips.read(booking_id)).phase == "ticketed"


async def test_money_for_a_change_has_the_airline_asked(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("ticketed")
    change_id = await counter.agree_to_change(booking_id)
    await pay(counter, till, booking_id)
    assert (await counter.change(change_id)).status == "under_way"
    assert (await counter.trips.read(booking_id)).phase == "changing"


async def test_two_links_both_paid_give_one_back(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("held")
    momo = counter.gateways.methods[1]
    assert isinstance(momo, Till)
    second = (await counter.start(booking_id, "momo")).payment
    first_id = await pay(counter, till, booking_id)
    momo.finish(second.reference, "paid")
    assert await counter.hear(momo.notices[0], "momo") == "accepted"
    assert await counter.refund_states() == [(PRICE, "paid_twice", "due")]
    assert [(await counter.payment(each)).is_applied for each in (first_id, second.id)] == [True, False]
    assert (await counter.refunds())[0].payment_id == second.id


@pytest.mark.parametrize("phase", ["releasing", "expired", "cancelled", "failed", "needs_review"])
async def test_late_money_is_owed_back_at_once(counter: Counter, till: DoubtfulTill, phase: Any) -> None:
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment
    await counter.change_booking(booking_id, phase=phase)
    till.finish(payment.reference, "paid")
    assert await counter.hear(till.notices[0]) == "accepted"
    assert await counter.refund_states() == [(PRICE, "paid_late", "due")]
    assert (await counter.trips.read(booking_id)).phase == phase


async def test_money_for_a_booking_that_went_with_its_user_is_owed_back(counter: Counter, till: DoubtfulTill) -> None:
    payment = (await counter.start(booking_id := await counter.trips.add("held"))).payment
    async with counter.transactions() as session:
        await session.delete(await session.get_one(User, counter.trips.user_id))
    till.finish(payment.reference, "paid")
    assert await counter.hear(till.notices[0]) == "accepted"
    assert await counter.refund_states() == [(PRICE, "paid_late", "due")]
    assert booking_id


async def test_second_transaction_of_one_link_is_noticed(counter: Counter, till: DoubtfulTill) -> None:
    payment_id = await pay(counter, till, await counter.trips.add("held"))
    before = (await counter.payment(payment_id)).external_id
    again = till.sign(till.notices[0] | {"transaction": "another"})
    assert await counter.hear(again) == "accepted"
    assert (await counter.payment(payment_id)).external_id == before


WRONG: list[dict[str, Any]] = [{"amount_minor": PRICE - 1_000}, {"amount_minor": PRICE + 1}, {"amount_minor": 0}]


@pytest.mark.parametrize("wrong", WRONG)
async def test_wrong_amount_never_pays(counter: Counter, till: DoubtfulTill, wrong: dict[str, Any]) -> None:
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment
    till.finish(payment.reference, "paid")
    assert await counter.hear(till.sign(till.notices[0] | wrong)) == "wrong_amount"
    found = await counter.payment(payment.id)
    assert (found.status, (await counter.trips.read(booking_id)).phase) == ("pending", "held")
    assert [state for _, state in await counter.events()] == ["wrong_amount"]


async def test_wrong_currency_never_pays(counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch) -> None:
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment
    till.finish(payment.reference, "paid")
    read = till._read
    other = {"amount": {"amount": f"{PRICE / 100:.2f}", "currency": "USD"}}
    monkeypatch.setattr(
        till,
        "_read",
        lambda fields: read(fields).model_copy(update={}).model_validate(read(fields).model_dump() | other),
    )
    assert await counter.hear(till.notices[0]) == "wrong_amount"
    assert (await counter.payment(payment.id)).status == "pending"


async def test_without_the_check_a_wrong_amount_is_noticed(
    counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: any amount will do."""
    monkeypatch.setattr(notices, "is_amount_due", lambda *_: True)
    with pytest.raises(AssertionError):
        await test_wrong_amount_never_pays(counter, till, WRONG[0])


async def test_what_is_not_signed_is_not_looked_at(counter: Counter, till: DoubtfulTill) -> None:
    payment = (await counter.start(await counter.trips.add("held"))).payment
    till.finish(payment.reference, "paid")
    before = PAYMENT_NOTICES.labels("vnpay", "forged")._value.get()
    for name, value in till.notices[0].items():
        assert await counter.hear(till.notices[0] | {name: f"{value}0"}) == "forged", name
    assert await counter.hear(till.notices[0] | {"reference": uuid4().hex}) == "forged"
    assert PAYMENT_NOTICES.labels("vnpay", "forged")._value.get() == before + 6
    assert (await counter.payment(payment.id)).status == "pending"
    assert await counter.events() == []


async def test_forged_byte_anywhere_in_a_real_notice_is_refused(counter: Counter) -> None:
    vnpay = vnpay_on(FakeWire({}))
    real = Counter(counter.trips, vnpay)
    booking_id = await real.trips.add("held")
    payment = (await real.start(booking_id)).payment
    fields = sign_vnpay(
        {
            "vnp_TmnCode": "TEST_TMN_CODE",
            "vnp_Amount": str(PRICE * 100),
            "vnp_TransactionNo": "14422574",
            "vnp_ResponseCode": "00",
            "vnp_TransactionStatus": "00",
            "vnp_TxnRef": payment.reference,
        }
    )
    tried = 0
    for name, value in fields.items():
        for place in range(len(value)):
            forged = value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]
            reply = await receive(real.transactions, real.gateways, "vnpay", fields | {name: forged})
            assert reply.body is not None
            assert reply.body["RspCode"] == "97", (name, place)
            tried += 1
    assert tried > 150
    assert (await real.payment(payment.id)).status == "pending"
    assert (await receive(real.transactions, real.gateways, "vnpay", fields)).body == {
        "RspCode": "00",
        "Message": "Confirm Success",
    }
    assert (await real.trips.read(booking_id)).phase == "paid"


async def test_payment_nobody_knows_is_told_as_such(counter: Counter, till: DoubtfulTill) -> None:
    notice = till.sign({"reference": uuid4().hex, "amount_minor": 1, "state": "paid", "transaction": "t"})
    assert await counter.hear(notice) == "unknown_payment"
    with pytest.raises(NotFound):
        await counter.hear(notice, "stripe")


@pytest.mark.parametrize("error", [OperationalError("x", {}, Exception("deadlock")), RuntimeError("a bug")])
async def test_trouble_of_ours_has_the_gateway_tell_again(
    counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    payment = (await counter.start(await counter.trips.add("held"))).payment
    till.finish(payment.reference, "paid")

    async def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(notices, "lock_subject", fail)
        assert await counter.hear(till.notices[0]) == "try_again"
    assert await counter.hear(till.notices[0]) == "accepted"


async def told_in_order(counter: Counter, till: DoubtfulTill, order: tuple[str, ...]) -> tuple[Any, ...]:
    """Everything that can be heard of a payment which failed first and was paid then, in this order."""
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment
    till.finish(payment.reference, "failed")
    failed = till.notices[-1]
    till.finish(payment.reference, "paid")
    paid = till.notices[-1]

    async def come_back() -> None:
        async with counter.transactions() as session:
            await read_return(session, payment.reference)

    async def ask() -> None:
        with clock.frozen(NOW + 11 * MINUTE):
            await reconcile_due(counter.parts, payment_id=payment.id)

    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "ok": lambda: counter.hear(paid),
        "dup": lambda: counter.hear(paid),
        "fail": lambda: counter.hear(failed),
        "return": come_back,
        "answer": ask,
    }
    for name in order:
        await acts[name]()
    found = await counter.payment(payment.id)
    moves = await counter.trips.moves(booking_id)
    moved = tuple(move for move in moves if move[0])
    return found.status, found.is_applied, found.reason, found.external_id is not None, moved


async def test_every_order_of_what_is_told_ends_in_one_state(counter: Counter, till: DoubtfulTill) -> None:
    # the repeat is the same notice: which of the two comes first makes no difference
    every = permutations(("ok", "dup", "fail", "return", "answer"))
    orders = [order for order in every if order.index("ok") < order.index("dup")]
    ends = {await told_in_order(counter, till, order) for order in orders}
    assert len(orders) == 60
    assert ends == {("captured", True, None, True, (("held", "paid"),))}
    assert await counter.refunds() == []


async def test_money_that_came_late_is_not_forgotten_for_a_late_failure(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment
    await counter.change_booking(booking_id, phase="expired")
    for state in ("failed", "paid"):
        till.finish(payment.reference, state)
    for notice in reversed(till.notices):
        await counter.hear(notice)
    assert (await counter.payment(payment.id)).status == "captured"


async def test_a_payment_that_could_go_back_is_noticed(
    counter: Counter, till: DoubtfulTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: whatever was told last holds."""
    monkeypatch.setattr(notices, "_climbs", lambda *_: True)
    with pytest.raises(AssertionError, match="failed"):
        await test_money_that_came_late_is_not_forgotten_for_a_late_failure(counter, till)


async def test_coming_back_changes_nothing_and_tells_how_it_stands(counter: Counter, till: DoubtfulTill) -> None:
    booking_id = await counter.trips.add("held")
    payment = (await counter.start(booking_id)).payment

    async def state() -> str:
        async with counter.transactions() as session:
            return (await read_return(session, payment.reference)).state

    assert await state() == "waiting"
    till.finish(payment.reference, "failed")
    await counter.hear(till.notices[-1])
    assert await state() == "not_paid"
    till.finish(payment.reference, "paid")
    assert await state() == "not_paid"
    await counter.hear(till.notices[-1])
    assert await state() == "received"
    await counter.change_booking(booking_id, phase="needs_review")
    assert await state() == "received"
    await counter.change_booking(booking_id, phase="ticketed", booking_reference="ABC123")
    async with counter.transactions() as session:
        found = await read_return(session, payment.reference)
    assert (found.state, found.booking_reference) == ("booked", "ABC123")
    await counter.change_booking(booking_id, phase="refunding")
    assert await state() == "given_back"
