"""A short run of real processes that are killed: it holds, it got somewhere, and tampered ledgers do not pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.session import Transactions
from evals.chaos import nursery
from evals.chaos.crowd import KEPT, PAID_TWICE, Accepted, Diary
from evals.chaos.ledger import examine
from evals.chaos.report import describe
from evals.chaos.run import Outcome, Wanted, open_run, run
from evals.chaos.strikes import plan_strikes

WANTED = Wanted(
    seed=257,  # of travellers who all pay, one of them twice, and some of whom change their minds
    kills=3,
    bookings=6,
    seconds=90,  # on a busy machine: some ten are enough else
    met=(KEPT, PAID_TWICE),
    travellers=6,
    servers=1,
    workers=2,
    pause_seconds=(0.2, 0.8),
    horizon_seconds=1,
)


class Ended(NamedTuple):
    outcome: Outcome
    transactions: Transactions


@pytest.fixture(scope="module")
async def ended() -> AsyncIterator[Ended]:
    """What a run has left, its processes still there."""
    async with open_run(WANTED) as (house, transactions):
        yield Ended(await run(house, transactions, WANTED, lambda _: None), transactions)


async def find_rules(ended: Ended, diary: Diary | None = None) -> set[str]:
    findings = await examine(ended.transactions, diary or ended.outcome.diary)
    return {violation.rule for violation in findings.violations}


async def find_rules_after(ended: Ended, *statements: str) -> set[str]:
    """Of a ledger that was tampered with, and is put right again afterwards."""
    async with ended.transactions() as session:
        for statement in statements:
            changed = await session.execute(text(statement))
            assert changed.rowcount > 0, statement  # type: ignore[attr-defined]  # of a statement that writes

        def same() -> object:
            return Borrowed(session)

        rules = await find_rules(ended._replace(transactions=same))  # type: ignore[arg-type]
        await session.rollback()
    return rules


class Borrowed:
    """A transaction under way, handed out as if it were a new one."""

    def __init__(self, session: object) -> None:
        self._session = session

    async def __aenter__(self) -> object:
        return self._session

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_nothing_is_lost_or_doubled_and_something_happened(ended: Ended) -> None:
    outcome = ended.outcome
    assert outcome.violations == [], describe(outcome)
    assert outcome.is_complete, describe(outcome)
    findings = outcome.findings
    assert findings.phases["ticketed"] > 0
    assert findings.tickets == findings.confirmed > 0
    assert findings.payments["captured"] >= 3
    assert findings.refunds["done"] > 0
    assert findings.letters > 2 * WANTED.bookings


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("DELETE FROM sandbox.gateway_refunds", "the_gateways_have_what_we_have"),
        ("DELETE FROM refunds", "the_ledger_adds_up"),
        ("UPDATE sandbox.gateway_charges SET dong = dong + 1000", "paid_is_what_was_asked"),
        ("UPDATE sandbox.orders SET tickets = '{}', status = 'cancelled'", "tickets_are_confirmed_bookings"),
        (
            """INSERT INTO sandbox.orders (order_id, reference, record_locator, status, pay_by, offer, raw,
            extras_minor, paid_minor, tickets, version) SELECT order_id || ' again', reference, record_locator, status,
            pay_by, offer, raw, extras_minor, paid_minor, tickets, version
            FROM sandbox.orders WHERE status = 'ticketed'""",
            "nothing_is_bought_twice",
        ),
        ("DELETE FROM sandbox.outbox", "every_letter_goes_out_once"),
        ("DELETE FROM notification_logs WHERE type = 'booking_confirmed'", "every_end_was_told_once"),
    ],
)
async def test_ledger_that_was_tampered_with_is_found_out(ended: Ended, statement: str, rule: str) -> None:
    assert rule in await find_rules_after(ended, statement)


async def test_booking_that_was_promised_and_is_not_there_is_found_out(ended: Ended) -> None:
    diary = ended.outcome.diary
    (accepted, *_) = diary.accepted.values()
    missing = Accepted(uuid4(), accepted.user_id, accepted.offer_id)
    assert "accepted_is_booked" in await find_rules(ended, replace(diary, accepted=diary.accepted | {"key": missing}))
    twice = replace(diary, accepted=diary.accepted | {"key": accepted})
    assert "one_key_a_booking" in await find_rules(ended, twice)
    assert "booked_is_wanted" in await find_rules(ended, replace(diary, wanted=set()))


def test_seed_gives_the_plan() -> None:
    plans = [list(islice(plan_strikes(seed, (1, 2)), 50)) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]
    assert len({strike.blow for strike in plans[0]}) >= 5


def test_every_pace_is_of_a_constant_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nursery, "PACES", {"jobs.sweep": {"NO_SUCH_SECONDS": 1}})
    with pytest.raises(AttributeError, match="NO_SUCH_SECONDS"):
        nursery.shorten_everything()
