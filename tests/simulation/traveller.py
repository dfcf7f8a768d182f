"""Whoever books, pays, thinks twice and presses twice, on a server that may die before it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.exc import OperationalError

from core.errors import AppError
from core.ids import new_id
from core.security import ACCOUNT_SCOPE, BOOKINGS_SCOPE
from core.security import Actor as Caller
from domain.bookings import OVER, UNPAID, WORKED_ON, Phase
from domain.orders import ChangeRequest
from providers.flights.base import FlightProviderError
from services.bookings.terms import SliceChange
from services.payments.links import Asker, Claimed, start_payment
from services.proposals.approval import approve
from services.proposals.proposing import propose_booking, propose_cancellation, propose_change
from tests.support.offers import DAY, QUERY, make_slice
from tests.support.trips import PRICE, Trips

if TYPE_CHECKING:
    from tests.simulation.story import Story

PATIENCE = 40
"""How often a traveller looks before they give up waiting."""


class Traveller:
    def __init__(self, story: Story) -> None:
        self.story = story

    def _caller(self, user_id: UUID) -> Caller:
        return Caller(kind="user", user_id=user_id, scopes=frozenset({ACCOUNT_SCOPE, BOOKINGS_SCOPE}))

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Call our server, and call again when it dies or has no database; None for a refusal."""
        for _ in range(4):
            try:
                if not self.story.luck("server killed", 0.1):
                    return await call()
                await self._ask_the_dying(call)
            except (AppError, FlightProviderError):
                return None
            except OperationalError:
                await self.story.scheduler.pause(1)
        return None

    async def _ask_the_dying(self, call: Callable[[], Awaitable[Any]]) -> None:
        """Call a server that dies before its answer is here, however far it came."""

        async def serve() -> None:
            with suppress(AppError, FlightProviderError, OperationalError):
                await call()

        request = self.story.scheduler.start("server", serve)
        for _ in range(self.story.dice.randrange(1, 12)):
            await self.story.scheduler.pause(0)
        self.story.scheduler.kill(request)
        while request.task and not request.task.done():
            await self.story.scheduler.pause(0)

    async def _agree(self, proposal: Any) -> Any:
        """Say yes to a card; in two tabs at once, maybe; and a stranger may try before, or instead."""
        if self.story.luck("stranger", 0.25):
            await self._approve(self.story.stranger_id, proposal)
            if self.story.dice.random() < 0.5:
                return None
        self.story.agreed.add(proposal.id)
        if self.story.luck("pressed twice", 0.15):
            other = self.story.scheduler.start("other tab", lambda: self._press(proposal))
            made = await self._approve(self.story.user_id, proposal)
            while other.task and not other.task.done():
                await self.story.scheduler.pause(0)
            return made
        return await self._approve(self.story.user_id, proposal)

    async def _press(self, proposal: Any) -> None:
        with suppress(AppError, OperationalError):
            await approve(
                self.story.consent,
                self._caller(self.story.user_id),
                proposal_id=proposal.id,
                quote_hash=proposal.quote_hash,
                channel="card",
            )

    async def _approve(self, user_id: UUID, proposal: Any) -> Any:
        return await self._ask(
            lambda: approve(
                self.story.consent,
                self._caller(user_id),
                proposal_id=proposal.id,
                quote_hash=proposal.quote_hash,
                channel="card",
            )
        )

    async def travel(self) -> None:
        if self.story.scene is not None:
            booking_id = await self._set_scene(self.story.scene)
            await self._wait(booking_id, lambda phase: phase not in WORKED_ON)
            return
        for _ in range(self.story.dice.choice((1, 1, 2))):
            self.story.airline.is_slow_to_ticket = self.story.dice.random() < 0.2
            begun = await self._set_scene(self.story.waiting) if self.story.dice.random() < 0.5 else await self._book()
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
        trips = Trips(self.story.stage.transactions, self.story.keys, self.story.airline)
        trips.user_id = self.story.user_id
        is_calm, self.story.is_calm = self.story.is_calm, True
        booking_id = await trips.add(phase, flow=self.story.flow if phase in (*UNPAID, "paid") else "hold")
        if phase == "changing":
            self._plan_change()
            (order_id,) = self.story.airline.files
            (quote,) = await self.story.airline.quote_change(order_id, ChangeRequest(slices={0: QUERY.slices[0]}))
            await trips.add_change(booking_id, quote)
        self.story.is_calm = is_calm
        self.story.look_again()
        self.story.airline.is_slow_to_ticket = self.story.dice.random() < 0.2
        self.story.agreed |= trips.agreed
        for payment in trips.payments:
            self.story.tills[0].put(self.story.payment_parts.gateways.make_charge(payment), payment.external_id)
        return booking_id

    async def _book(self) -> UUID | None:
        proposed = await self._ask(
            lambda: propose_booking(
                self.story.consent,
                self._caller(self.story.user_id),
                offer_id=self.story.offer_id,
                passenger_ids=[self.story.passenger_id],
            )
        )
        if proposed is None:
            return None
        await self._agree(proposed)
        latest = "SELECT id FROM bookings WHERE user_id = %s ORDER BY created_at DESC LIMIT 1"
        found: tuple[UUID] | None = self.story.stage.peeping.execute(latest, [self.story.user_id]).fetchone()
        return found[0] if found else None

    async def _wait(self, booking_id: UUID, is_enough: Callable[[str], bool]) -> str:
        phase = ""
        for _ in range(PATIENCE):
            looked = self.story.stage.peeping.execute("SELECT phase FROM bookings WHERE id = %s", [booking_id])
            phase = str(looked.fetchall()[0][0])
            if is_enough(phase):
                return phase
            await self.story.scheduler.pause(self.story.dice.choice((2, 20, 120)))
        return phase

    async def _settle(self, booking_id: UUID) -> None:
        """Pay, or fail to, or twice, or too late, or not at all."""
        whim = self.story.dice.random()
        self.story.scheduler.story.append(f"traveller: whim {whim:.2f}")
        if whim < 0.08:
            await self._open_link(booking_id, "vnpay")
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
            till = self.story.tills[0] if link.payment.provider == "vnpay" else self.story.tills[1]
            if self.story.dice.random() < 0.4:
                till.finish(link.payment.reference, "failed")
            if self.story.dice.random() < 0.15:
                await self.story.scheduler.pause(self.story.dice.choice((300, 1000, 3600)))
            till.finish(link.payment.reference, "paid")
            await self.story.scheduler.pause(1)

    async def _open_link(self, booking_id: UUID, provider: str) -> Any:
        payment_id = new_id()
        return await self._ask(
            lambda: start_payment(
                self.story.transactions,
                self.story.payment_parts.gateways,
                self._caller(self.story.user_id),
                booking_id=booking_id,
                provider=provider,
                claimed=Claimed(),
                asker=Asker("127.0.0.1", "vi"),
                payment_id=payment_id,
            )
        )

    async def _have_second_thoughts(self, booking_id: UUID) -> None:
        whim = self.story.dice.random()
        self.story.scheduler.story.append(f"traveller: second thought {whim:.2f}")
        if whim < 0.35:
            await self._change(booking_id)
        if whim < 0.55:
            await self._wait(booking_id, lambda phase: phase != "changing")
            await self._give_up(booking_id)
            await self._wait(booking_id, lambda phase: phase in (*OVER, "ticketed", "needs_review"))

    async def _give_up(self, booking_id: UUID) -> None:
        proposal = await self._ask(
            lambda: propose_cancellation(self.story.consent, self._caller(self.story.user_id), booking_id=booking_id)
        )
        if proposal is not None:
            await self._agree(proposal)

    def _plan_change(self) -> None:
        self.story.airline.new_slices = (make_slice(self.story.dice.choice(("14:00", "18:00"))),)
        self.story.airline.new_price = PRICE + self.story.dice.choice((-200_000, 0, 300_000))

    async def _change(self, booking_id: UUID) -> None:
        self._plan_change()
        proposals = await self._ask(
            lambda: propose_change(
                self.story.consent,
                self._caller(self.story.user_id),
                booking_id=booking_id,
                changes={0: SliceChange(departs_on=DAY)},
            )
        )
        if not proposals:
            return
        await self._agree(proposals[0])
        if self.story.airline.new_price > PRICE and self.story.dice.random() < 0.8:
            link = await self._open_link(booking_id, "vnpay")
            if link is not None and link.payment.reference in self.story.tills[0].drawers:
                self.story.tills[0].finish(link.payment.reference, "paid")
                await self.story.scheduler.pause(5)
