"""A traveller, an airline, a gateway, two workers and bad luck: one story a seed, told to its end and then checked.

The rows are real, in PostgreSQL; the services are the product's own. The clock, the order in which everybody acts, what
the outside world answers, and who dies when, are drawn from the seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import AppError
from core.ids import new_id
from core.security import ACCOUNT_SCOPE, BOOKINGS_SCOPE, Keys
from core.security import Actor as Caller
from db.models import Passenger, User
from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.bookings import OVER, UNPAID, WORKED_ON, Phase
from domain.offers import BookingFlow, FlightOffer
from domain.orders import ChangeRequest
from evals.invariants import Outside, OutsideOrder, Violation, find_violations, read_books
from providers.flights.base import (
    FlightProviderError,
    FoundOffer,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    SoldOut,
    Write,
)
from providers.payments.base import GatewayDown, GatewayUnknown
from services.bookings.advance import advance_due, expire_unpaid
from services.bookings.terms import SliceChange
from services.bookings.work import BookingParts
from services.flights.market import Market
from services.flights.search import to_row
from services.payments.gateways import Gateways
from services.payments.links import Asker, Claimed, start_payment
from services.payments.notices import receive
from services.payments.parts import PaymentParts
from services.payments.reconcile import reconcile_due
from services.payments.refunds import refund_due
from services.proposals.approval import approve
from services.proposals.proposing import ConsentParts, propose_booking, propose_cancellation, propose_change
from tests.conftest import NOW
from tests.simulation.scheduler import Actor, Scheduler
from tests.support.airline import Airline
from tests.support.offers import DAY, QUERY, make_offer, make_slice
from tests.support.till import Operation, Till
from tests.support.trips import PRICE, Trips

WORKERS = 2
PATIENCE = 40
"""How often a traveller looks before they give up waiting."""
LOST_HINTS = 0.2
LONGEST_IDLENESS = 60
"""Seconds a worker sleeps where nothing is due."""
SCENES: tuple[Phase, ...] = ("holding", "releasing", "paid", "paid", "cancelling", "changing")
FAULTS = (
    *("worker killed", "worker stalled", "server killed", "connection lost", "commit unanswered"),
    *("airline silent before", "airline silent after", "airline busy", "airline sold out"),
    *("gateway down", "refund unanswered", "notice twice", "notice late", "notice forged", "notice for another sum"),
    *("hint lost", "hint twice", "price risen", "stranger", "pressed twice"),
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


class MoodyAirline(Airline):
    def __init__(self, story: Story, offer: FlightOffer) -> None:
        super().__init__(offer)
        self.story = story

    async def meet(self, operation: Write, *, is_done: bool) -> None:
        counts = self.calls.done if is_done else self.calls.asked
        counts[operation] = counts.get(operation, 0) + 1
        await self.story.call(f"airline {operation} {'done' if is_done else 'asked'}")
        luck = self.story.luck
        if is_done:
            if luck("airline silent after", 0.2):
                raise OutcomeUnknown("no answer")
        elif luck("airline silent before", 0.1):
            raise OutcomeUnknown("no answer")
        elif luck("airline busy", 0.1):
            raise ProviderBusy("busy")
        elif operation in ("book", "pay", "change") and luck("airline sold out", 0.08):
            raise SoldOut("sold out")

    async def _read(self) -> None:
        await self.story.call("airline read")
        if self.story.luck("airline busy", 0.1):
            raise ProviderDown("down")

    async def find_order(self, reference: str) -> Any:
        await self._read()
        return await super().find_order(reference)

    async def price(self, found: FoundOffer) -> FoundOffer:
        if self.story.luck("price risen", 0.05):
            self.offers = [
                make_story_offer(PRICE * 110 // 100, found.offer.provider_offer_id, found.offer.booking_flows)
            ]
        return await super().price(found)


class MoodyTill(Till):
    def __init__(self, story: Story, name: str) -> None:
        super().__init__(name)
        self.story = story

    async def meet(self, operation: Operation, *, is_done: bool) -> None:
        await self.story.call(f"{self.name} {operation} {'done' if is_done else 'asked'}")
        if not is_done and self.story.luck("gateway down", 0.1):
            raise GatewayDown("down")
        if is_done and operation == "refund" and self.story.luck("refund unanswered", 0.2):
            raise GatewayUnknown("no answer")


def make_story_offer(price: int, name: str, flows: tuple[BookingFlow, ...]) -> FlightOffer:
    offer = make_offer(price, name=name, expires_at=NOW + timedelta(minutes=30))
    return offer.model_copy(update={"booking_flows": flows})


class Story:
    def __init__(self, stage: Stage, keys: Keys, seed: int) -> None:
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
        self._open, self._peeping = stage
        self._due: dict[str, datetime] | None = None
        self.keys = keys
        self.scene: Phase | None = self.dice.choice(SCENES) if self.dice.random() < 0.7 else None
        """Most stories are one step of the whole, told from its beginning: that is where the calls are."""
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
        async with self._open() as session:
            yield session
            self._due = None
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
            traveller = self.scheduler.start("traveller", self._travel)
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
        async with self._open() as session:
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

    def _find_due(self) -> dict[str, datetime]:
        """When each kind of work is due next; looked up anew whenever something was written."""
        if self._due is None:
            found = self._peeping.execute(DUE, {"user": self.user_id}).fetchall()
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

    # the traveller

    def _caller(self, user_id: UUID) -> Caller:
        return Caller(kind="user", user_id=user_id, scopes=frozenset({ACCOUNT_SCOPE, BOOKINGS_SCOPE}))

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Call our server, and call again when it dies or has no database; None for a refusal."""
        for _ in range(4):
            try:
                if not self.luck("server killed", 0.1):
                    return await call()
                await self._ask_the_dying(call)
            except (AppError, FlightProviderError):
                return None
            except OperationalError:
                await self.scheduler.pause(1)
        return None

    async def _ask_the_dying(self, call: Callable[[], Awaitable[Any]]) -> None:
        """Call a server that dies before its answer is here, however far it came."""

        async def serve() -> None:
            with suppress(AppError, FlightProviderError, OperationalError):
                await call()

        request = self.scheduler.start("server", serve)
        for _ in range(self.dice.randrange(1, 12)):
            await self.scheduler.pause(0)
        self.scheduler.kill(request)
        while request.task and not request.task.done():
            await self.scheduler.pause(0)

    async def _agree(self, proposal: Any) -> Any:
        """Say yes to a card; in two tabs at once, maybe; and a stranger may try before, or instead."""
        if self.luck("stranger", 0.25):
            await self._approve(self.stranger_id, proposal)
            if self.dice.random() < 0.5:
                return None
        self.agreed.add(proposal.id)
        if self.luck("pressed twice", 0.15):
            other = self.scheduler.start("other tab", lambda: self._press(proposal))
            made = await self._approve(self.user_id, proposal)
            while other.task and not other.task.done():
                await self.scheduler.pause(0)
            return made
        return await self._approve(self.user_id, proposal)

    async def _press(self, proposal: Any) -> None:
        with suppress(AppError, OperationalError):
            await approve(
                self.consent,
                self._caller(self.user_id),
                proposal_id=proposal.id,
                quote_hash=proposal.quote_hash,
                channel="card",
            )

    async def _approve(self, user_id: UUID, proposal: Any) -> Any:
        return await self._ask(
            lambda: approve(
                self.consent,
                self._caller(user_id),
                proposal_id=proposal.id,
                quote_hash=proposal.quote_hash,
                channel="card",
            )
        )

    async def _travel(self) -> None:
        if self.scene is not None:
            booking_id = await self._set_scene(self.scene)
            await self._wait(booking_id, lambda phase: phase not in WORKED_ON)
            return
        for _ in range(self.dice.choice((1, 1, 2))):
            self.airline.is_slow_to_ticket = self.dice.random() < 0.2
            begun = await self._set_scene(self.waiting) if self.dice.random() < 0.5 else await self._book()
            if begun is None:
                continue
            booking_id = begun
            phase = await self._wait(booking_id, lambda phase: phase != "holding")
            if phase in UNPAID:
                await self._settle(booking_id)
                phase = await self._wait(booking_id, lambda phase: phase not in (*UNPAID, "paid", "ticketing"))
            if phase == "ticketed":
                await self._have_second_thoughts(booking_id)

    async def _set_scene(self, phase: Phase) -> UUID:
        """Begin in the middle, with everything that belongs there, at the airline and in the tills too."""
        trips = Trips(self._open, self.keys, self.airline)
        trips.user_id = self.user_id
        is_calm, self.is_calm = self.is_calm, True
        booking_id = await trips.add(phase, flow=self.flow if phase in (*UNPAID, "paid") else "hold")
        if phase == "changing":
            self._plan_change()
            (order_id,) = self.airline.files
            (quote,) = await self.airline.quote_change(order_id, ChangeRequest(slices={0: QUERY.slices[0]}))
            await trips.add_change(booking_id, quote)
        self.is_calm = is_calm
        self._due = None
        self.airline.is_slow_to_ticket = self.dice.random() < 0.2
        self.agreed |= trips.agreed
        for payment in trips.payments:
            self.tills[0].put(self.payment_parts.gateways.make_charge(payment), payment.external_id)
        return booking_id

    async def _book(self) -> UUID | None:
        proposed = await self._ask(
            lambda: propose_booking(
                self.consent, self._caller(self.user_id), offer_id=self.offer_id, passenger_ids=[self.passenger_id]
            )
        )
        if proposed is None:
            return None
        await self._agree(proposed)
        latest = "SELECT id FROM bookings WHERE user_id = %s ORDER BY created_at DESC LIMIT 1"
        found: tuple[UUID] | None = self._peeping.execute(latest, [self.user_id]).fetchone()
        return found[0] if found else None

    async def _wait(self, booking_id: UUID, is_enough: Callable[[str], bool]) -> str:
        phase = ""
        for _ in range(PATIENCE):
            looked = self._peeping.execute("SELECT phase FROM bookings WHERE id = %s", [booking_id])
            phase = str(looked.fetchall()[0][0])
            if is_enough(phase):
                return phase
            await self.scheduler.pause(self.dice.choice((2, 20, 120)))
        return phase

    async def _settle(self, booking_id: UUID) -> None:
        """Pay, or fail to, or twice, or too late, or not at all."""
        whim = self.dice.random()
        self.scheduler.story.append(f"traveller: whim {whim:.2f}")
        if whim < 0.08:
            return
        if whim < 0.16:
            await self._give_up(booking_id)
            return
        links = [await self._open_link(booking_id, "vnpay")]
        if whim < 0.35:
            links.append(await self._open_link(booking_id, "momo"))
        if whim < 0.24:
            await self._give_up(booking_id)
        for link in links:
            if link is None:
                continue
            till = self.tills[0] if link.payment.provider == "vnpay" else self.tills[1]
            if self.dice.random() < 0.4:
                till.finish(link.payment.reference, "failed")
            if self.dice.random() < 0.15:
                await self.scheduler.pause(self.dice.choice((300, 1000, 3600)))
            till.finish(link.payment.reference, "paid")
            await self.scheduler.pause(1)

    async def _open_link(self, booking_id: UUID, provider: str) -> Any:
        payment_id = new_id()
        return await self._ask(
            lambda: start_payment(
                self.transactions,
                self.payment_parts.gateways,
                self._caller(self.user_id),
                booking_id=booking_id,
                provider=provider,
                claimed=Claimed(),
                asker=Asker("127.0.0.1", "vi"),
                payment_id=payment_id,
            )
        )

    async def _have_second_thoughts(self, booking_id: UUID) -> None:
        whim = self.dice.random()
        self.scheduler.story.append(f"traveller: second thought {whim:.2f}")
        if whim < 0.35:
            await self._change(booking_id)
        if whim < 0.55:
            await self._wait(booking_id, lambda phase: phase != "changing")
            await self._give_up(booking_id)
            await self._wait(booking_id, lambda phase: phase in (*OVER, "ticketed", "needs_review"))

    async def _give_up(self, booking_id: UUID) -> None:
        proposal = await self._ask(
            lambda: propose_cancellation(self.consent, self._caller(self.user_id), booking_id=booking_id)
        )
        if proposal is not None:
            await self._agree(proposal)

    def _plan_change(self) -> None:
        self.airline.new_slices = (make_slice(self.dice.choice(("14:00", "18:00"))),)
        self.airline.new_price = PRICE + self.dice.choice((-200_000, 0, 300_000))

    async def _change(self, booking_id: UUID) -> None:
        self._plan_change()
        proposals = await self._ask(
            lambda: propose_change(
                self.consent,
                self._caller(self.user_id),
                booking_id=booking_id,
                changes={0: SliceChange(departs_on=DAY)},
            )
        )
        if not proposals:
            return
        await self._agree(proposals[0])
        if self.airline.new_price > PRICE and self.dice.random() < 0.8:
            link = await self._open_link(booking_id, "vnpay")
            if link is not None and link.payment.reference in self.tills[0].drawers:
                self.tills[0].finish(link.payment.reference, "paid")
                await self.scheduler.pause(5)

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
        async with self._open() as session:
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
