"""One yes, to exactly what was shown, that counts once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.clock import clock
from core.errors import Forbidden
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, CHAT_SCOPE, Actor
from db.models import Booking, BookingTransition, Conversation, Proposal
from db.repositories.proposals import ProposalRepository
from domain.money import Money
from domain.orders import ServiceChoice
from providers.flights.base import ProviderDown
from services.bookings.errors import (
    AlreadyBooked,
    PriceChanged,
    ServiceTwice,
    ServiceUnknown,
)
from services.bookings.reading import get_booking
from services.flights.errors import FlightsUnreachable, OfferNotFound
from services.payments.errors import NoPaymentMethod
from services.payments.gateways import Gateways
from services.proposals.approval import approve, approve_in, decline
from services.proposals.errors import (
    ProposalClosed,
    ProposalExpired,
    ProposalNotFound,
    QuoteMismatch,
    TermsChanged,
)
from services.proposals.proposing import propose_booking, propose_cancellation
from tests.conftest import NOW
from tests.support.consent import BAG, Buyer, sell
from tests.support.offers import make_offer, make_slice

HOUR = timedelta(hours=1)


async def test_a_yes_makes_the_booking_it_is_to(buyer: Buyer) -> None:
    proposal = await buyer.propose(services=(ServiceChoice(service_id="bag", quantity=2),))
    booking_id = await buyer.approve(proposal)
    booking = await buyer.read(booking_id)
    assert (booking.phase, booking.flow, booking.amount_minor) == ("holding", "hold", 1600)
    assert (booking.proposal_id, booking.services) == (proposal.id, [{"service_id": "bag", "quantity": 2}])
    card = await buyer.read_card(proposal.id)
    assert (card.status, card.channel, card.booking_id) == ("approved", "card", booking_id)
    async with buyer.transactions() as session:
        move = await session.scalar(select(BookingTransition).where(BookingTransition.booking_id == booking_id))
    assert move
    assert (move.actor, move.proposal_id) == ("user", proposal.id)
    await buyer.advance()
    assert (await buyer.read(booking_id)).phase == "held"


async def test_a_yes_said_again_is_the_same_booking(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    booking_id = await buyer.approve(proposal)
    with clock.frozen(NOW + 9 * HOUR):
        assert await buyer.approve(proposal) == booking_id
    assert await buyer.count_bookings() == 1


async def approve_ten_times(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    ends = await asyncio.gather(*(buyer.approve(proposal) for _ in range(10)), return_exceptions=True)
    assert len(set(ends)) == 1, ends
    assert await buyer.count_bookings() == 1


async def test_ten_at_once_are_one(buyer: Buyer) -> None:
    await approve_ten_times(buyer)


async def test_without_single_use_ten_at_once_would_be_noticed(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a card that was answered may be answered again."""

    async def close_anyway(self: ProposalRepository, proposal_id: UUID, status: str, **values: Any) -> bool:
        values.pop("now")
        await self._session.execute(update(Proposal).where(Proposal.id == proposal_id).values(status=status, **values))
        return True

    monkeypatch.setattr(ProposalRepository, "close", close_anyway)
    with pytest.raises(AssertionError):
        await approve_ten_times(buyer)


async def test_a_yes_to_something_else_counts_for_nothing(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    other = await buyer.propose()
    for said in (other.quote_hash, "0" * 64):
        with pytest.raises(QuoteMismatch):
            await buyer.approve(proposal, said)
    assert await buyer.count_bookings() == 0


async def test_a_card_that_was_tampered_with_is_not_what_was_shown(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    async with buyer.transactions() as session:
        changed = proposal.quote | {"amount_minor": 1}
        await session.execute(update(Proposal).where(Proposal.id == proposal.id).values(quote=changed))
    with pytest.raises(QuoteMismatch):
        await buyer.approve(proposal)


async def test_a_newer_card_takes_the_place_of_the_older(buyer: Buyer) -> None:
    first = await buyer.propose()
    second = await buyer.propose()
    with pytest.raises(ProposalClosed) as closed:
        await buyer.approve(first)
    assert closed.value.extra["status"] == "void"
    await buyer.approve(second)


async def test_a_new_card_of_a_conversation_takes_the_place_of_all_in_it(buyer: Buyer) -> None:
    async with buyer.transactions() as session:
        thread = Conversation(id=new_id(), user_id=buyer.user_id, channel="web", time_zone="UTC", state={}, context={})
        session.add(thread)
    about_a_trip = await propose_cancellation(
        buyer.consent, buyer.actor, booking_id=await buyer.add("ticketed"), conversation_id=thread.id
    )
    elsewhere = await propose_cancellation(buyer.consent, buyer.actor, booking_id=await buyer.add("ticketed"))
    await buyer.propose(conversation_id=thread.id)
    assert (await buyer.read_card(about_a_trip.id)).status == "void"
    assert (await buyer.read_card(elsewhere.id)).status == "open"


async def test_an_expired_card_never_books(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    with clock.frozen(NOW + 3 * HOUR), pytest.raises(ProposalExpired):
        await buyer.approve(proposal)
    assert (await buyer.read_card(proposal.id)).status == "void"
    with pytest.raises(ProposalClosed):
        await buyer.approve(proposal)
    assert await buyer.count_bookings() == 0


async def test_a_no_is_kept(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    for _ in range(2):
        async with buyer.transactions() as session:
            await decline(session, buyer.actor, proposal_id=proposal.id, channel="card")
    with pytest.raises(ProposalClosed) as closed:
        await buyer.approve(proposal)
    assert closed.value.extra["status"] == "declined"
    approved = await buyer.propose()
    await buyer.approve(approved)
    with pytest.raises(ProposalClosed):
        async with buyer.transactions() as session:
            await decline(session, buyer.actor, proposal_id=approved.id, channel="card")


async def test_a_card_exists_for_its_owner_only(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    stranger = Buyer(buyer.transactions, buyer.keys, buyer.airline)
    await stranger.move_in()
    with pytest.raises(ProposalNotFound):
        await stranger.approve(proposal)
    with pytest.raises(ProposalNotFound):
        async with buyer.transactions() as session:
            await decline(session, stranger.actor, proposal_id=proposal.id, channel="card")
    assert (await buyer.read_card(proposal.id)).status == "open"


@pytest.mark.parametrize(("scope", "may"), [(BOOKINGS_SCOPE, True), (CHAT_SCOPE, False)])
async def test_a_page_of_another_origin_may_answer_with_the_scope_for_it(buyer: Buyer, scope: str, may: bool) -> None:
    widget = Actor(kind="user", user_id=buyer.user_id, scopes=frozenset({scope}))

    async def ask_and_answer() -> UUID | None:
        proposal = await propose_booking(
            buyer.consent, widget, offer_id=await buyer.find_offer(), passenger_ids=[buyer.passenger_id]
        )
        approved = await approve(
            buyer.consent, widget, proposal_id=proposal.id, quote_hash=proposal.quote_hash, channel="card"
        )
        return approved.booking_id

    if may:
        assert await ask_and_answer()
    else:
        with pytest.raises(Forbidden):
            await ask_and_answer()


async def test_a_card_that_runs_out_while_the_airline_is_asked_never_books(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    with clock.frozen(proposal.expires_at), pytest.raises(ProposalExpired):
        async with buyer.transactions() as session:
            await approve_in(session, buyer.consent, buyer.actor, proposal=proposal, channel="card")
    assert await buyer.count_bookings() == 0


async def test_a_risen_price_needs_a_new_yes(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    buyer.sell(sell(1200))
    with pytest.raises(PriceChanged) as risen:
        await buyer.approve(proposal)
    told = risen.value.extra
    assert (told["previous_price"], told["total_price"], told["price_difference"]) == ("1000", "1200", "200")
    assert (await buyer.read_card(proposal.id)).status == "void"
    assert await buyer.count_bookings() == 0
    anew = await buyer.read_card(UUID(told["proposal_id"]))
    assert (anew.status, anew.quote_hash) == ("open", told["quote_hash"])
    booking = await buyer.read(await buyer.approve(anew))
    assert booking.amount_minor == 1200


async def test_a_dearer_bag_needs_a_new_yes_too(buyer: Buyer) -> None:
    proposal = await buyer.propose(services=(ServiceChoice(service_id="bag"),))
    buyer.airline.bags = (BAG.model_copy(update={"price": Money(amount_minor=301, currency="VND")}),)
    with pytest.raises(PriceChanged) as risen:
        await buyer.approve(proposal)
    assert risen.value.extra["price_difference"] == "1"


async def test_a_fallen_price_is_booked_at_less(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    buyer.sell(sell(900))
    assert (await buyer.read(await buyer.approve(proposal))).amount_minor == 900


async def test_another_time_of_departure_needs_a_new_yes(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    later = make_offer(1000, make_slice("09:00"), name="x", brand="Eco", expires_at=NOW + 3 * HOUR)
    buyer.sell(later.model_copy(update={"booking_flows": ("hold",)}))
    with pytest.raises(TermsChanged) as moved:
        await buyer.approve(proposal)
    anew = await buyer.read_card(UUID(moved.value.extra["proposal_id"]))
    assert anew.quote["slices"] != proposal.quote["slices"]


async def test_a_traveller_who_was_renamed_needs_a_new_yes(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    await buyer.set_passenger(first_name="Mai", updated_at=NOW + HOUR)
    with pytest.raises(TermsChanged):
        await buyer.approve(proposal)
    assert await buyer.count_bookings() == 0


async def test_an_airline_that_is_away_leaves_the_card_open(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    buyer.airline.fault = ProviderDown("x")
    with pytest.raises(FlightsUnreachable):
        await buyer.approve(proposal)
    buyer.airline.fault = None
    await buyer.approve(proposal)


async def test_two_cards_for_the_same_are_one_booking(buyer: Buyer) -> None:
    first = await buyer.propose()
    made = await buyer.approve(first)
    second = await buyer.propose()
    with pytest.raises(AlreadyBooked) as twin:
        await buyer.approve(second)
    assert twin.value.extra["booking_id"] == str(made)
    assert (await buyer.read_card(second.id)).status == "open"


async def test_an_offer_nobody_holds_waits_for_its_money(buyer: Buyer) -> None:
    buyer.sell(sell(1000, "instant"))
    booking = await buyer.read(await buyer.approve(await buyer.propose()))
    assert (booking.phase, booking.flow, booking.pay_by) == ("paying", "instant", NOW + timedelta(minutes=20))
    async with buyer.transactions() as session:
        detail = await get_booking(session, buyer.actor, booking.id)
    assert detail.amount_due == Money(amount_minor=1000, currency="VND")


async def test_an_offer_no_gateway_takes_money_for_is_refused_before_the_card(buyer: Buyer) -> None:
    poor = Buyer(buyer.transactions, buyer.keys, buyer.airline)
    poor.consent = type(poor.consent)(poor.transactions, poor.parts.market, poor.keys, Gateways((), "http://test"))
    await poor.move_in()
    with pytest.raises(NoPaymentMethod):
        await poor.propose()


async def test_one_request_rests_on_an_approved_card_of_its_own(buyer: Buyer) -> None:
    booking = await buyer.read(await buyer.create())
    card = await buyer.read_card(booking.proposal_id)
    assert (card.action, card.status, card.channel, card.booking_id) == ("book", "approved", "api", booking.id)
    assert card.quote["amount_minor"] == booking.amount_minor


async def test_one_request_for_a_dearer_offer_gives_the_card_to_agree_to(buyer: Buyer) -> None:
    await buyer.find_offer()
    buyer.sell(sell(1200))
    with pytest.raises(PriceChanged) as risen:
        await buyer.create()
    anew = await buyer.read_card(UUID(risen.value.extra["proposal_id"]))
    assert (await buyer.read(await buyer.approve(anew))).amount_minor == 1200


@pytest.mark.parametrize(
    ("choices", "error"),
    [
        ((ServiceChoice(service_id="nothing of ours"),), ServiceUnknown),
        ((ServiceChoice(service_id="bag", quantity=3),), ServiceUnknown),
        ((ServiceChoice(service_id="s1A", quantity=2),), ServiceUnknown),
        ((ServiceChoice(service_id="s3A"),), ServiceUnknown),
        ((ServiceChoice(service_id="bag"), ServiceChoice(service_id="bag")), ServiceTwice),
        ((ServiceChoice(service_id="s1A"), ServiceChoice(service_id="s1B")), ServiceTwice),
    ],
)
async def test_seats_and_bags_are_the_airlines(
    buyer: Buyer, choices: tuple[ServiceChoice, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await buyer.create(services=choices)


async def test_nothing_is_asked_about_an_offer_that_never_was(buyer: Buyer) -> None:
    with pytest.raises(OfferNotFound):
        await buyer.propose(offer_id=new_id())


async def test_each_booking_and_each_move_by_its_owner_names_a_consent(buyer: Buyer) -> None:
    await buyer.approve(await buyer.propose())
    async with buyer.transactions() as session:
        bookings = list(await session.scalars(select(Booking)))
        by_user = list(await session.scalars(select(BookingTransition).where(BookingTransition.actor == "user")))
    assert bookings
    assert by_user
    assert all(move.proposal_id for move in by_user)
