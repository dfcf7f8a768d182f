"""Seat maps and bags of the simulated airlines."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.money import Money
from domain.offers import FlightQuery
from domain.seats import Seat, SeatMap
from providers.flights.base import FoundOffer, InvalidRequest, SoldOut
from providers.sandbox.demand import SEATS
from providers.sandbox.flights import SandboxFlights
from providers.sandbox.seats import COLUMNS, EXIT_ROWS
from tests.providers.sandbox.buying import FAMILY, MovingClock, buy, find, find_scarce, id_of
from tests.providers.sandbox.support import in_days, make_query

HOME_FAMILY = make_query(("HAN", "SGN", in_days(20)), travellers=FAMILY)
NO_MONEY = Money(amount_minor=0, currency="VND")


def seats_of(seat_map: SeatMap) -> list[Seat]:
    return [seat for cabin in seat_map.cabins for seat in cabin.seats]


async def draw(flights: SandboxFlights, found: FoundOffer) -> list[Seat]:
    """The seats of a nonstop one-way trip."""
    (seat_map,) = await flights.seat_map(found)
    return seats_of(seat_map)


def test_every_cabin_has_a_layout() -> None:
    assert set(COLUMNS) == {(size, cabin) for size, cabins in SEATS.items() for cabin in cabins}
    assert set(EXIT_ROWS) == set(SEATS)


@pytest.mark.parametrize(
    "query",
    [
        make_query(("SGN", "LAX", in_days(60))),
        make_query(("SGN", "LAX", in_days(60)), cabin="business"),
        make_query(("SGN", "SIN", in_days(20)), ("SIN", "SGN", in_days(24)), cabin="premium_economy"),
        make_query(("HAN", "DIN", in_days(20))),
        HOME_FAMILY,
    ],
    ids=["long", "business", "premium", "turboprop", "family"],
)
async def test_each_segment_has_a_map_with_as_many_seats_as_the_cabin(
    flights: SandboxFlights, query: FlightQuery
) -> None:
    found = (await flights.search(query))[0]
    maps = await flights.seat_map(found)
    segments = [
        (place, index, segment)
        for place, slice_ in enumerate(found.offer.slices)
        for index, segment in enumerate(slice_.segments)
    ]
    assert [(each.slice_index, each.segment_index, each.designator) for each in maps] == [
        (place, index, segment.designator) for place, index, segment in segments
    ]
    sizes = {cabins[query.cabin] for cabins in SEATS.values() if query.cabin in cabins}
    for seat_map in maps:
        seats = seats_of(seat_map)
        assert len(seats) == len({seat.designator for seat in seats})
        assert len(seats) in sizes
        assert {cabin.cabin for cabin in seat_map.cabins} == {query.cabin}
        assert {seat.column for seat in seats} <= set(seat_map.cabins[0].columns)


async def test_what_is_free_is_what_is_left(flights: SandboxFlights, clock: MovingClock) -> None:
    few = await find_scarce(flights, clock)
    seats = await draw(flights, few)
    assert sum(seat.is_available for seat in seats) == few.offer.seats_left


async def test_a_picked_seat_is_taken_and_the_others_stay_as_they_were(flights: SandboxFlights) -> None:
    found = await find(flights, brand="Economy Lite")
    before = await draw(flights, found)
    seat = next(seat for seat in before if seat.is_available)
    order = await buy(flights, found, services=[seat.prices[0].service_id], extras=seat.prices[0].price)
    assert order.total == found.offer.total + seat.prices[0].price
    after = await draw(flights, found)
    assert [each.designator for each in before if each not in after] == [seat.designator]
    assert not next(each for each in after if each.designator == seat.designator).is_available
    with pytest.raises(SoldOut):
        await buy(flights, found, services=[seat.prices[0].service_id])
    await flights.cancel(await flights.quote_cancellation(id_of(order)))
    assert await draw(flights, found) == before


async def test_seats_never_come_free_as_more_are_sold(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights)
    flight = found.raw["flights"][0]
    before = {seat.designator for seat in await draw(flights, found) if seat.is_available}
    clock.now = found.offer.slices[0].departs.instant.replace(hour=0)
    later = next(
        each
        for each in await flights.search(make_query(("HAN", "SGN", in_days(20))))
        if each.raw["flights"] == [flight]
    )
    after = {seat.designator for seat in await draw(flights, later) if seat.is_available}
    assert after < before


async def test_features_and_prices_go_together(flights: SandboxFlights) -> None:
    seats = await draw(flights, await find(flights, brand="Economy Lite"))
    prices = {seat.features: seat.prices[0].price for seat in seats if seat.is_available}
    legroom = [price for features, price in prices.items() if "extra_legroom" in features]
    middle = [price for features, price in prices.items() if features == ("middle",)]
    window = [price for features, price in prices.items() if features == ("window",)]
    assert NO_MONEY < middle[0] < window[0] < min(legroom)
    counted = Counter(feature for seat in seats for feature in seat.features)
    assert counted["window"] > 0
    assert counted["exit_row"] > 0


async def test_flexible_brands_include_the_seat(flights: SandboxFlights) -> None:
    seats = await draw(flights, await find(flights, brand="Economy Flex"))
    assert {price.price for seat in seats for price in seat.prices} == {NO_MONEY}


async def test_infants_have_no_seat_and_keep_out_of_exit_rows(flights: SandboxFlights) -> None:
    """Two adults, of whom the first has the infant, and a child."""
    seats = await draw(flights, await find(flights, HOME_FAMILY))
    buyers = {
        "exit_row" in seat.features: {price.traveller for price in seat.prices} for seat in seats if seat.is_available
    }
    assert buyers == {True: {1}, False: {0, 1, 2}}
    assert all(("no_infant" in seat.features) == ("exit_row" in seat.features) for seat in seats)


async def test_service_ids_name_flight_seat_and_traveller(flights: SandboxFlights) -> None:
    found = await find(flights, HOME_FAMILY)
    seat = next(seat for seat in await draw(flights, found) if seat.is_available)
    assert seat.prices[0].service_id == f"seat:{found.raw['flights'][0][0]}:{seat.designator}:0"


async def test_two_bags_for_each_seat_on_each_slice(flights: SandboxFlights) -> None:
    found = await find(flights, make_query(("SGN", "SIN", in_days(20)), ("SIN", "SGN", in_days(24)), travellers=FAMILY))
    bags = await flights.services(found)
    assert Counter((bag.traveller, bag.slices) for bag in bags) == {
        (traveller, (place,)): 2 for traveller in range(3) for place in range(2)
    }
    assert bags[0].price < bags[1].price
    chosen, extras = [bags[0], bags[-1]], bags[0].price + bags[-1].price
    order = await buy(flights, found, services=[bag.service_id for bag in chosen], extras=extras)
    assert order.total == found.offer.total + extras


async def test_bags_cost_more_the_farther_they_go(flights: SandboxFlights) -> None:
    near, far = [
        (await flights.services((await flights.search(make_query(("SGN", to, in_days(20)))))[0]))[0].price
        for to in ("DAD", "LAX")
    ]
    assert near < far


async def test_what_was_never_offered_cannot_be_chosen(flights: SandboxFlights) -> None:
    found = await find(flights, HOME_FAMILY)
    bag = (await flights.services(found))[0].service_id
    free = [seat for seat in await draw(flights, found) if seat.is_available and len(seat.prices) == 3]
    exit_seat = next(seat for seat in await draw(flights, found) if "exit_row" in seat.features and seat.is_available)
    for services in (
        ["bag:9:0:1"],
        [bag, bag],
        [free[0].prices[0].service_id, free[0].prices[1].service_id],
        [free[0].prices[0].service_id, free[1].prices[0].service_id],
        [exit_seat.prices[0].service_id.removesuffix("1") + "0"],
    ):
        with pytest.raises(InvalidRequest):
            await buy(flights, found, services=services)


async def test_fare_rules_say_what_the_offer_says(flights: SandboxFlights) -> None:
    found = await find(flights, brand="Economy Lite")
    rules = await flights.fare_rules(found)
    assert (rules.refund, rules.change) == (found.offer.conditions.refund, found.offer.conditions.change)
    assert 2 <= len(rules.notes) <= 4
    assert all(note.text.startswith("Simulated rule: ") for note in rules.notes)
