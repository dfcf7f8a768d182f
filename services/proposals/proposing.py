"""Making a card: everything is checked and read from the provider anew before anybody is asked for a yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor, Keys
from db.models import Proposal
from db.models.proposals import BookingAction, ProposalAction
from db.repositories.proposals import ProposalRepository
from db.session import Transactions
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer
from domain.orders import ServiceChoice
from providers.calendar.base import CalendarProvider
from services.accounts.sessions import get_account
from services.bookings.errors import NotBookable
from services.bookings.extras import ChosenService, price_services
from services.bookings.party import find_contact, gather_party
from services.bookings.policy import find_lateness, find_warnings
from services.bookings.terms import (
    CancellationTerms,
    ChangeTerms,
    SliceChange,
    find_own_booking,
    quote_cancellation,
    quote_change,
)
from services.calendar.parts import CalendarParts
from services.flights.errors import FlightsUnreachable
from services.flights.market import Market
from services.flights.offers import refresh_offer
from services.payments.gateways import Gateways
from services.proposals import quotes
from services.proposals.quotes import Quote, hash_quote


@dataclass(frozen=True, slots=True)
class ConsentParts:
    """What asking for a yes, and taking it, takes."""

    transactions: Transactions
    market: Market
    keys: Keys
    gateways: Gateways
    calendar: CalendarProvider | None = None
    """None where this server knows none."""

    @property
    def calendar_parts(self) -> CalendarParts:
        return CalendarParts(self.transactions, self.keys, self.calendar)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is put before its user; nowhere for a request over REST."""

    conversation_id: UUID | None = None
    tool_call_id: str | None = None
    """Of the call that asks."""


@dataclass(frozen=True, slots=True)
class PricedBooking:
    """What booking an offer would be now, as its provider says."""

    offer_id: UUID
    offer: FlightOffer
    flow: BookingFlow
    services: tuple[ChosenService, ...]
    previous_fare: Money
    """What the offer cost when it was last looked at."""

    @property
    def total(self) -> Money:
        """The offer and every service."""
        return sum((each.price for each in self.services), start=self.offer.total)

    @property
    def rise(self) -> Money:
        """How much dearer the offer is than it was last shown."""
        return self.offer.total - self.previous_fare


async def propose_booking(
    parts: ConsentParts,
    actor: Actor,
    *,
    offer_id: UUID,
    passenger_ids: Sequence[UUID],
    services: Sequence[ServiceChoice] = (),
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Ask whether to book an offer for passengers of the caller's, at the price it has now.

    Raises what `price_booking` does, and what `party` finds.
    """
    priced = await price_booking(parts, actor, offer_id=offer_id, services=services)
    async with parts.transactions() as session:
        return await write_booking_card(
            session,
            parts.keys,
            actor,
            priced,
            passenger_ids=passenger_ids,
            conversation_id=conversation_id,
            tool_call_id=tool_call_id,
        )


async def price_booking(
    parts: ConsentParts, actor: Actor, *, offer_id: UUID, services: Sequence[ServiceChoice]
) -> PricedBooking:
    """Read everything about a booking from the provider.

    Raises what keeps the offer from being priced (OfferNotFound, OfferExpired, OfferSoldOut, FlightsUnreachable),
    NotBookable, NoPaymentMethod, TooLateToBook, ServiceUnknown and ServiceTwice.
    """
    actor.require_user(BOOKINGS_SCOPE)
    fresh = await refresh_offer(parts.transactions, parts.market, offer_id)
    if not fresh.is_fresh:
        raise FlightsUnreachable
    offer = fresh.stored.offer
    flow = choose_flow(offer)
    parts.gateways.for_currency(offer.total.currency, simulated=offer.simulated)
    for fault in find_lateness(offer.slices, now=clock.now()):
        raise fault
    chosen = await price_services(parts.transactions, parts.market, offer_id, services)
    return PricedBooking(offer_id, offer, flow, chosen, fresh.previous_total)


async def write_booking_card(
    session: AsyncSession,
    keys: Keys,
    actor: Actor,
    priced: PricedBooking,
    *,
    passenger_ids: Sequence[UUID],
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Raises what `party` finds."""
    user_id = actor.require_user(BOOKINGS_SCOPE)
    # the user before everything of theirs, as everywhere
    user = await get_account(session, user_id, for_update=True)
    offer = priced.offer
    members = await gather_party(session, actor, keys, offer=offer, passenger_ids=passenger_ids)
    find_contact(user, members)
    proposal_id = new_id()
    quote = quotes.quote_booking(
        proposal_id=proposal_id,
        user_id=user_id,
        offer_id=priced.offer_id,
        offer=offer,
        flow=priced.flow,
        passengers=[member.passenger for member in members],
        services=priced.services,
        total=priced.total,
        warnings=await find_warnings(session, [member.candidate for member in members], offer.slices),
        expires_at=offer.expires_at,
    )
    place = Place(conversation_id, tool_call_id)
    (proposal,) = await ask(session, user_id, "book", priced.offer_id, [(proposal_id, quote, offer.expires_at)], place)
    return proposal


async def propose_cancellation(
    parts: ConsentParts,
    actor: Actor,
    *,
    booking_id: UUID,
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Ask whether to give a booking up, for what comes back now. Raises what `quote_cancellation` does."""
    terms = await quote_cancellation(parts.transactions, parts.market, actor, booking_id)
    async with parts.transactions() as session:
        return await write_cancellation_card(
            session, actor, terms, conversation_id=conversation_id, tool_call_id=tool_call_id
        )


async def write_cancellation_card(
    session: AsyncSession,
    actor: Actor,
    terms: CancellationTerms,
    *,
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Raises BookingNotFound for a booking that went meanwhile."""
    user_id = actor.require_user(BOOKINGS_SCOPE)
    await get_account(session, user_id, for_update=True)
    await find_own_booking(session, actor, terms.booking_id)
    proposal_id = new_id()
    quote = quotes.quote_cancellation(
        proposal_id=proposal_id, user_id=user_id, slices=terms.slices, terms=terms, expires_at=terms.expires_at
    )
    place = Place(conversation_id, tool_call_id)
    (proposal,) = await ask(
        session, user_id, "cancel", terms.booking_id, [(proposal_id, quote, terms.expires_at)], place
    )
    return proposal


async def propose_change(
    parts: ConsentParts, actor: Actor, *, booking_id: UUID, changes: dict[int, SliceChange]
) -> list[Proposal]:
    """Ask which way to fly otherwise, if any: one card each, cheapest first, of which one can be agreed to.

    Raises what `quote_change` does.
    """
    terms = await quote_change(parts.transactions, parts.market, parts.keys, actor, booking_id, changes=changes)
    async with parts.transactions() as session:
        return await write_change_cards(session, actor, terms)


async def write_change_cards(
    session: AsyncSession,
    actor: Actor,
    terms: ChangeTerms,
    *,
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> list[Proposal]:
    """A card for each option; in a conversation there can be one. Raises BookingNotFound."""
    user_id = actor.require_user(BOOKINGS_SCOPE)
    await get_account(session, user_id, for_update=True)
    await find_own_booking(session, actor, terms.booking_id)
    cards = []
    for option in terms.options:
        proposal_id = new_id()
        quote = quotes.quote_change(
            proposal_id=proposal_id,
            user_id=user_id,
            booking_id=terms.booking_id,
            simulated=terms.simulated,
            slices=terms.slices,
            total=terms.total,
            quote=option,
        )
        cards.append((proposal_id, quote, option.expires_at))
    return await ask(session, user_id, "change", terms.booking_id, cards, Place(conversation_id, tool_call_id))


def choose_flow(offer: FlightOffer) -> BookingFlow:
    """Seats first wherever the carrier lets us; raises NotBookable for what can only be looked at."""
    if not offer.booking_flows:
        raise NotBookable
    return "hold" if "hold" in offer.booking_flows else "instant"


async def ask(
    session: AsyncSession,
    user_id: UUID,
    action: ProposalAction,
    subject_id: UUID,
    cards: Sequence[tuple[UUID, Quote, datetime]],
    place: Place,
) -> list[Proposal]:
    """Put cards before a user, whose row must be locked; older ones about the same thing, and of the same conversation,
    count no more."""
    proposals = [
        Proposal(
            id=proposal_id,
            user_id=user_id,
            conversation_id=place.conversation_id,
            tool_call_id=place.tool_call_id,
            action=action,
            subject_id=subject_id,
            quote=quote,
            quote_hash=hash_quote(quote),
            expires_at=expires_at,
        )
        for proposal_id, quote, expires_at in cards
    ]
    await ProposalRepository(session).void_older(
        user_id,
        subject_id=subject_id,
        actions=rivals_of(action),
        conversation_id=place.conversation_id,
        keep=[proposal.id for proposal in proposals],
        now=clock.now(),
    )
    session.add_all(proposals)
    await session.flush()
    return proposals


def rivals_of(action: str) -> tuple[ProposalAction, ...]:
    """Of which actions one card about a thing takes the place of another: what moves a booking moves it once."""
    bookings: tuple[ProposalAction, ...] = get_args(BookingAction)
    return bookings if action in bookings else (cast("ProposalAction", action),)
