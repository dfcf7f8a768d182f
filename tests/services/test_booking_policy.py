"""The rules before any airline is asked: names, ages, papers, time left, and who would be in two places."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.clock import clock
from core.errors import AppError
from core.ids import new_id
from core.settings import Settings
from db.models import Booking, IdentityDocument
from db.repositories.overlaps import OverlapRepository
from db.repositories.proposals import ProposalRepository
from db.session import Transactions
from domain.offers import FlightOffer, Slice
from services.bookings.errors import TooLateToBook
from services.bookings.policy import check_readiness, find_lateness, find_miscount, find_passport_faults, is_domestic
from services.bookings.reading import get_booking, list_bookings
from services.passengers.errors import PassengerNotFound
from tests.conftest import NOW
from tests.support.consent import Buyer, StockedAirline
from tests.support.offers import make_offer, make_slice

DEPARTS = make_slice().departs.instant
HOUR = timedelta(hours=1)


def abroad() -> Slice:
    """From Hà Nội to Bangkok."""
    (segment,) = make_slice().segments
    return Slice(segments=(segment.model_copy(update={"destination": "BKK"}),))


def hold_offer(*slices: Slice) -> FlightOffer:
    offer = make_offer(1000, *slices, name="x", expires_at=NOW + 90 * 24 * HOUR)
    return offer.model_copy(update={"booking_flows": ("hold",), "provider": "test"})


@pytest.fixture
async def buyer(transactions: Transactions, settings: Settings) -> Buyer:
    made = Buyer(transactions, settings.keys, StockedAirline(hold_offer()))
    await made.move_in()
    return made


async def find(buyer: Buyer, *passenger_ids: UUID, offer: FlightOffer | None = None) -> list[tuple[str, bool]]:
    async with buyer.transactions() as session:
        found = await check_readiness(
            session, buyer.actor, buyer.keys, offer=offer or hold_offer(), passenger_ids=passenger_ids
        )
    return [(each.code, each.is_warning) for each in found]


def codes(faults: list[AppError]) -> list[str]:
    return [fault.code for fault in faults]


@pytest.mark.parametrize(
    ("slice_", "left", "is_late"),
    [
        (make_slice(), timedelta(hours=2), False),
        (make_slice(), timedelta(hours=2, seconds=-1), True),
        (abroad(), timedelta(hours=4), False),
        (abroad(), timedelta(hours=4, seconds=-1), True),
    ],
)
def test_the_last_hours_before_departure_are_too_late(slice_: Slice, left: timedelta, is_late: bool) -> None:
    assert bool(find_lateness([slice_], now=DEPARTS - left)) is is_late


def test_a_trip_that_crosses_no_border_is_domestic() -> None:
    assert is_domestic([make_slice()])
    assert not is_domestic([make_slice(), abroad()])


@pytest.mark.parametrize(
    ("expires_on", "found"),
    [(None, ["passport_missing"]), (date(2027, 6, 19), ["passport_expires"]), (date(2027, 6, 20), [])],
)
def test_a_passport_lasts_six_months_beyond_the_landing(expires_on: date | None, found: list[str]) -> None:
    assert codes(find_passport_faults(expires_on, [abroad()])) == found
    assert find_passport_faults(None, [make_slice()]) == []


def test_each_infant_sits_with_an_adult() -> None:
    alone = hold_offer().model_copy(update={"price_parts": make_offer().price_parts})
    assert find_miscount(["adult"], alone) == []
    assert codes(find_miscount(["adult", "infant", "infant"], alone)) == ["travellers_mismatch"]


async def test_too_late_is_said_before_the_airline_is_asked_to_hold(buyer: Buyer) -> None:
    buyer.sell(hold_offer())
    offer_id = await buyer.find_offer()
    with clock.frozen(DEPARTS - HOUR), pytest.raises(TooLateToBook):
        await buyer.propose(offer_id=offer_id)
    assert buyer.airline.books == 0


async def test_a_card_is_no_use_when_it_has_become_too_late(buyer: Buyer) -> None:
    proposal = await buyer.propose()
    with clock.frozen(DEPARTS - HOUR), pytest.raises(TooLateToBook):
        await buyer.approve(proposal)


async def test_everything_that_stands_against_a_trip_is_told_at_once(buyer: Buyer) -> None:
    unready = await buyer.add_passenger(first_name="蘭", last_name="阮", dob=None, gender=None)
    assert await find(buyer, buyer.passenger_id) == []
    found = await find(buyer, buyer.passenger_id, unready, offer=hold_offer(abroad()))
    assert [code for code, _ in found] == [
        "passport_missing",
        "name_not_latin",
        "birth_date_missing",
        "gender_missing",
        "passport_missing",
    ]
    assert {is_warning for _, is_warning in found} == {False}


async def test_lateness_and_a_wrong_party_concern_everybody(buyer: Buyer) -> None:
    child = await buyer.add_passenger(dob=date(2020, 1, 1))
    with clock.frozen(DEPARTS - HOUR):
        assert [code for code, _ in await find(buyer, child)] == ["too_late_to_book", "travellers_mismatch"]


async def test_a_strangers_traveller_is_nobody(buyer: Buyer) -> None:
    with pytest.raises(PassengerNotFound):
        await find(buyer, new_id())


async def test_a_name_that_may_be_cut_is_only_warned_of(buyer: Buyer) -> None:
    long = await buyer.add_passenger(first_name="Nguyễn Thị Bích Phương Thảo")
    assert await find(buyer, long) == [("name_too_long", True)]
    proposal = await buyer.propose(passenger_ids=[long])
    assert proposal.quote["warnings"] == ["name_too_long"]


async def test_a_second_flight_at_the_same_time_is_warned_of_and_booked(buyer: Buyer) -> None:
    later = make_slice("08:30")
    another = make_offer(2000, later, name="y", expires_at=NOW + 3 * HOUR)
    buyer.airline.offers.append(another.model_copy(update={"booking_flows": ("hold",)}))
    first = await buyer.create()
    assert await find(buyer, buyer.passenger_id, offer=hold_offer(later)) == [("overlapping_booking", True)]
    proposal = await buyer.propose(offer_id=await buyer.find_offer(1))
    assert proposal.quote["warnings"] == ["overlapping_booking"]
    second = await buyer.approve(proposal)
    async with buyer.transactions() as session:
        both = await list_bookings(session, buyer.actor, status=None, skip=0, limit=10)
    assert {each.booking.id: each.warnings for each in both} == {
        first: ("overlapping_booking",),
        second: ("overlapping_booking",),
    }


@pytest.mark.parametrize("departs", ["09:25", "06:00"])
async def test_flights_one_after_the_other_are_no_overlap(buyer: Buyer, departs: str) -> None:
    await buyer.create()
    async with buyer.transactions() as session:
        overlaps = OverlapRepository(session)
        assert not await overlaps.has_overlap([buyer.passenger_id], [make_slice(departs)])
        assert await overlaps.has_overlap([buyer.passenger_id], [make_slice("07:00")])
        assert not await overlaps.has_overlap([new_id()], [make_slice("07:00")])


async def test_a_booking_that_ended_overlaps_nothing(buyer: Buyer) -> None:
    booking_id = await buyer.create()
    async with buyer.transactions() as session:
        booking = await session.get(Booking, booking_id)
        assert booking
        booking.phase = "failed"
    assert await find(buyer, buyer.passenger_id) == []
    async with buyer.transactions() as session:
        assert (await get_booking(session, buyer.actor, booking_id)).warnings == ()


@pytest.mark.parametrize(
    ("phase", "at", "stays"),
    [
        ("held", NOW, True),
        ("paid", NOW + timedelta(days=90), True),
        ("ticketed", NOW, True),
        ("ticketed", NOW + timedelta(days=90), False),
        ("cancelled", NOW, False),
    ],
)
async def test_an_account_with_trips_before_it_stays(buyer: Buyer, phase: Any, at: datetime, stays: bool) -> None:
    await buyer.add(phase)
    async with buyer.transactions() as session:
        assert await ProposalRepository(session).has_trips(buyer.user_id, now=at) is stays


async def test_papers_count_for_trips_abroad(buyer: Buyer) -> None:
    document_id = new_id()
    number = buyer.keys.vault.seal("C1234567", table="identity_documents", column="number", row_id=document_id)
    async with buyer.transactions() as session:
        session.add(
            IdentityDocument(
                id=document_id,
                passenger_id=buyer.passenger_id,
                kind="passport",
                number=number,
                issuing_country="VN",
                expires_on=date(2031, 1, 1),
                is_primary=True,
            )
        )
    assert await find(buyer, buyer.passenger_id, offer=hold_offer(abroad())) == []
