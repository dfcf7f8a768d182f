"""A traveller, an airline, a gateway, two workers and bad luck: one story a seed, told to its end and then checked.

The rows are real, in PostgreSQL; the services are the product's own. The clock, the order in which everybody acts, what
the outside world answers, and who dies when, are drawn from the seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import Keys
from db.models import Passenger, User
from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.bookings import Phase
from domain.offers import BookingFlow
from evals.invariants import Outside, OutsideOrder, Violation, find_violations, read_books
from providers.flights.base import (
    FoundOffer,
)
from services.bookings.advance import advance_due, expire_unpaid
from services.bookings.work import BookingParts
from services.flights.market import Market
from services.flights.search import to_row
from services.payments.gateways import Gateways
from services.payments.notices import receive
from services.payments.parts import PaymentParts
from services.payments.reconcile import reconcile_due
from services.payments.refunds import refund_due
from services.proposals.proposing import ConsentParts
from tests.conftest import NOW
from tests.simulation.moods import MoodyAirline, MoodyTill, make_story_offer
from tests.simulation.scheduler import Actor, Scheduler
from tests.simulation.traveller import Traveller
from tests.support.till import Till
from tests.support.trips import PRICE

WORKERS = 2
LOST_HINTS = 0.2
LONGEST_IDLENESS = 60
"""Seconds a worker sleeps where nothing is due."""
SHARE_OF_SCENES = 0.85
SCENES: tuple[Phase, ...] = ("holding", "releasing", "paid", "paid", "cancelling", "changing")
FAULTS = (
    *("worker killed", "worker stalled", "server killed", "connection lost", "commit unanswered"),
    *("airline silent before", "airline silent after", "airline busy", "airline sold out"),
    *("gateway down", "refund unanswered", "notice twice", "notice late", "notice forged", "notice for another sum"),
    *("hint lost", "hint twice", "price risen", "fee risen", "stranger", "pressed twice"),
)

DUE = """
    SELECT 'bookings', min(greatest(due_at, lease_until)) FROM bookings WHERE user_id = %(user)s
        AND phase IN ('holding', 'releasing', 'paid', 'ticketing', 'cancelling', 'changing')
    UNION ALL SELECT 'unpaid', min(pay_by) FROM bookings WHERE user_id = %(user)s AND phase IN ('held', 'paying')
    UNION ALL SELECT 'unpaid changes', min(expires_at) FROM booking_changes JOIN bookings ON bookings.id = booking_id
        WHERE user_id = %(user)s AND status = 'agreed'
    UNION ALL SELECT 'payments', min(greatest(due_at, lease_until)) FROM payments
        WHERE user_id = %(user)s AND status = 'pending'
    UNION ALL SELECT 'refunds', min(greatest(refunds.due_at, refunds.lease_until))
        FROM refunds JOIN payments ON payments.id = payment_id
        WHERE user_id = %(user)s AND refunds.status IN ('due', 'calling', 'pending')
"""


class Stage(NamedTuple):
    """Where stories are told."""

    transactions: Transactions
    peeping: Connection[Any]
    """For looks that are no part of the story."""


@dataclass
class Ending:
    seed: int
    violations: list[Violation]
    reached: Counter[str]
    """Faults met and moves made, how often."""
    story: list[str] = field(repr=False, default_factory=list)


class Story:
    def __init__(self, stage: Stage, keys: Keys, seed: int, *, scenes: float = SHARE_OF_SCENES) -> None:
        """`scenes` is the share of stories that are one step of the whole: they are short, and there the calls are."""
        self.seed = seed
        self.dice = random.Random(seed)
        self.scheduler = Scheduler(self.dice)
        self.reached: Counter[str] = Counter()
        """Faults met and moves made, how often."""
        self.is_calm = self.dice.random() < 0.1
        """A tenth of the stories have no bad luck at all."""
        self.is_over = False
        self.hints: list[tuple[str, dict[str, UUID]]] = []
        self.agreed: set[UUID] = set()
        self.stage = stage
        self._due: dict[str, datetime] | None = None
        self.keys = keys
        self.scene: Phase | None = self.dice.choice(SCENES) if self.dice.random() < scenes else None
        self.flow: BookingFlow = self.dice.choice(("hold", "instant"))
        self.waiting: Phase = "held" if self.flow == "hold" else "paying"
        offer = make_story_offer(PRICE, f"offer {new_id().hex}", (self.flow,))
        self.airline = MoodyAirline(self, offer)
        self.tills = (MoodyTill(self, "vnpay"), MoodyTill(self, "momo"))
        self.market = Market((self.airline,))
        gateways = Gateways(self.tills, "https://travel.example")
        self.bookings_parts = BookingParts(self.transactions, self.market, keys)
        self.payment_parts = PaymentParts(self.transactions, gateways)
        self.consent = ConsentParts(self.transactions, self.market, keys, gateways)
        self.user_id, self.stranger_id, self.passenger_id = new_id(), new_id(), new_id()
        self.offer_id = new_id()
        self.processes: list[Actor] = []
        self._clock = ExitStack()

    # luck

    def luck(self, fault: str, chance: float) -> bool:
        """Whether a fault strikes now."""
        if self.is_calm or self.dice.random() >= chance:
            return False
        self.reached[fault] += 1
        return True

    # doors

    async def call(self, what: str) -> None:
        """A call to the world outside, on its way: it takes time, and whoever makes it may not live to see the end."""
        actor = self.scheduler.running
        if actor in self.processes:
            if self.luck("worker killed", 0.04):
                self.processes[self.processes.index(actor)] = self.scheduler.start("worker anew", self._work)
                self.scheduler.kill(actor)
            elif self.luck("worker stalled", 0.04):
                self.scheduler.stall(actor, self.dice.choice((30, 130, 400)))
        if actor is not None and self.dice.random() < 0.3:
            await self.scheduler.pause(self.dice.choice((1, 5, 20)), what)
        else:
            await self.scheduler.step(what)

    @asynccontextmanager
    async def transactions(self) -> AsyncIterator[AsyncSession]:
        """A transaction, at whose doors a process may stand still, die, or lose its connection."""
        await self.scheduler.step("begin")
        if self.luck("connection lost", 0.01):
            raise OperationalError("begin", None, Exception("connection lost"))
        async with self.stage.transactions() as session:
            yield session
            self.look_again()
        await self.scheduler.step("committed")
        if self.luck("commit unanswered", 0.01):
            raise OperationalError("commit", None, Exception("connection lost"))

    async def hint(self, session: AsyncSession, task_name: str, **ids: UUID) -> None:
        """In place of the queue: hints come late, twice or not at all."""
        await session.flush()
        if not self.luck("hint lost", LOST_HINTS):
            self.hints += [(task_name, ids)] * (2 if self.luck("hint twice", 0.2) else 1)

    # telling

    async def tell(self) -> Ending:
        self._clock.enter_context(clock.frozen(NOW))
        try:
            await self._furnish()
            self._start_processes()
            traveller = self.scheduler.start("traveller", Traveller(self).travel)
            postman = self.scheduler.start("postman", self._deliver)
            devil = self.scheduler.start("devil", self._strike)
            while traveller.task and not traveller.task.done():
                await self._go_on()
            self.is_over = True
            for each in (postman, devil, *self.processes):
                self.scheduler.kill(each)
            while await self._go_on():
                pass
            await self._come_to_rest()
            violations = await self._check()
        finally:
            await self.scheduler.close()
            self._clock.close()
        return Ending(self.seed, violations, self.reached, self.scheduler.story)

    async def _go_on(self) -> bool:
        before = self.scheduler.now
        is_anybody_left = await self.scheduler.run_one()
        if self.scheduler.now != before:
            self._set_clock()
        return is_anybody_left

    def _set_clock(self) -> None:
        self._clock.close()
        self._clock = ExitStack()
        self._clock.enter_context(clock.frozen(NOW + timedelta(seconds=self.scheduler.now)))

    async def _furnish(self) -> None:
        async with self.stage.transactions() as session:
            session.add_all(
                User(id=user_id, email=f"{user_id.hex}@example.com", phone="+84901234567", email_verified_at=NOW)
                for user_id in (self.user_id, self.stranger_id)
            )
            if self.scene is not None:
                return
            await session.flush()
            session.add(
                Passenger(
                    id=self.passenger_id,
                    user_id=self.user_id,
                    first_name="Lan",
                    last_name="Nguyen",
                    gender="female",
                    dob=date(1990, 5, 17),
                    nationality="VN",
                )
            )
            row = to_row(FoundOffer(self.airline.offers[0], {}))
            (self.offer_id,) = await OfferRepository(session).save_all([row])

    # the processes

    def _start_processes(self) -> None:
        for number in range(WORKERS):
            self.processes.append(self.scheduler.start(f"worker {number}", self._work))

    async def _work(self) -> None:
        while not self.is_over:
            try:
                if self.hints and self.dice.random() < 0.8:
                    await self._follow(*self.hints.pop(self.dice.randrange(len(self.hints))))
                else:
                    await self._sweep_when_due()
            except OperationalError:
                await self.scheduler.pause(1)

    async def _follow(self, task: str, ids: dict[str, UUID]) -> None:
        if task == "advance_booking":
            await advance_due(self.bookings_parts, **ids)
        elif task == "refund_payment":
            await refund_due(self.payment_parts, **ids)

    async def _sweep(self, due: dict[str, datetime]) -> None:
        """What the product's sweep does; what finds nothing to do is left out, to save time."""
        for kind, at in due.items():
            if at <= clock.now():
                await self._sweep_one(kind)

    async def _sweep_one(self, kind: str) -> None:
        if kind.startswith("unpaid"):
            await expire_unpaid(self.transactions)
        elif kind == "bookings":
            await advance_due(self.bookings_parts)
        elif kind == "payments":
            await reconcile_due(self.payment_parts)
        else:
            await refund_due(self.payment_parts)

    async def _sweep_when_due(self) -> None:
        due = self._find_due()
        wait = (min(due.values()) - clock.now()).total_seconds() if due else LONGEST_IDLENESS
        if wait > 0:
            await self.scheduler.pause(min(LONGEST_IDLENESS, wait + self.dice.choice((0, 1, 10))))
        else:
            await self._sweep(due)

    def look_again(self) -> None:
        """Something was written."""
        self._due = None

    def _find_due(self) -> dict[str, datetime]:
        """When each kind of work is due next; looked up anew whenever something was written."""
        if self._due is None:
            found = self.stage.peeping.execute(DUE, {"user": self.user_id}).fetchall()
            self._due = {kind: at for kind, at in found if at is not None}
        return self._due

    async def _deliver(self) -> None:
        """Tell us what the gateways have to tell: once or twice, in any order, early or late; and lies besides."""
        while not self.is_over:
            till = self.dice.choice(self.tills)
            await self._lie(till)
            if not till.notices:
                await self.scheduler.pause(self.dice.choice((1, 5)))
                continue
            if self.luck("notice late", 0.2):
                await self.scheduler.pause(self.dice.choice((60, 600, 3600)))
            notice = self.dice.choice(till.notices)
            answer = await self._hear(till, notice)
            # it is told until it is heard
            if answer != "try_again" and not self.luck("notice twice", 0.3):
                till.notices.remove(notice)

    async def _lie(self, till: Till) -> None:
        """Somebody says that a link was paid; or the gateway itself says so, and for how little."""
        for reference, drawer in list(till.drawers.items()):
            if drawer.state == "paid":
                continue
            paid = {"state": "paid", "transaction": "t"}
            if self.luck("notice forged", 0.02):
                await self._hear(till, till.write_notice(reference) | paid)
            if self.luck("notice for another sum", 0.02):
                await self._hear(till, till.sign(till.write_notice(reference) | paid | {"amount_minor": 1_000}))

    async def _hear(self, till: Till, fields: dict[str, Any]) -> str:
        reply = await receive(self.transactions, self.payment_parts.gateways, till.name, fields)
        return (reply.body or {})["verdict"]

    async def _strike(self) -> None:
        """Kill workers wherever they stand; and sometimes the airline gets its tickets printed."""
        while not self.is_over:
            await self.scheduler.pause(self.dice.choice((1, 3, 30, 300)))
            place = self.dice.randrange(len(self.processes))
            if self.luck("worker killed", 0.1):
                self.scheduler.kill(self.processes[place])
                self.processes[place] = self.scheduler.start("worker anew", self._work)
            if self.dice.random() < 0.2:
                self.airline.issue()

    # the end

    async def _come_to_rest(self) -> None:
        """No more bad luck: whatever is still to be done is done by the sweep alone."""
        self.is_calm = True
        self.hints.clear()
        self.airline.issue()
        for till in self.tills:
            # a gateway tells until it is heard
            for notice in till.notices:
                await self._hear(till, notice)
        for _ in range(200):
            due = self._find_due()
            if not due:
                return
            ahead = (min(due.values()) - NOW).total_seconds() + 1
            if ahead > self.scheduler.now:
                self.scheduler.now = ahead
                self._set_clock()
            await self._sweep(due)

    async def _check(self) -> list[Violation]:
        async with self.stage.transactions() as session:
            books = await read_books(session, self.user_id)
        for moves in books.transitions.values():
            for move in moves:
                self.reached[f"{move.phase_before or 'start'} -> {move.phase_after}"] += 1
        return find_violations(books, self._look_outside(), is_quiet=True)

    def _look_outside(self) -> Outside:
        orders = [
            OutsideOrder(
                reference=each.order.reference or "",
                tickets=len(each.order.tickets) if each.order.status == "ticketed" else 0,
                paid_minor=each.paid.amount_minor,
            )
            for each in self.airline.files.values()
        ]
        return Outside(
            orders=orders,
            taken=self.tills[0].taken | self.tills[1].taken,
            given_back=self.tills[0].given_back | self.tills[1].given_back,
            agreed=self.agreed,
        )
