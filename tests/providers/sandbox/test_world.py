"""The data: carriers, routes, brands and fares that look like the real ones."""

from __future__ import annotations

import pytest

from domain.airlines import airlines
from domain.airports import cities, city_airports, find_airport
from domain.money import Money
from providers.sandbox.carriers import carriers
from providers.sandbox.fares import brands, currencies, get_currency
from providers.sandbox.network import Network
from providers.sandbox.tables import read_table
from providers.sandbox.timetable import SandboxTimetable
from tests.providers.sandbox.support import WELL_KNOWN, in_days, make_query, search

CLOSED = {"LTH", "KBP"}
"""Main airports of well-known cities without scheduled service here."""
DAYS_AHEAD = (2, 4, 9, 20, 45, 77, 120, 240, 355)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


def test_every_carrier_has_a_name_and_routes() -> None:
    assert set(carriers()) <= set(airlines())
    assert {row["carrier"] for row in read_table("networks.tsv")} == set(carriers())
    assert {row["operator"] for row in read_table("networks.tsv") if row["operator"]} <= set(airlines())


def test_every_airport_is_known_by_its_current_code(network: Network) -> None:
    assert len(network.airports) > 1000
    for code in network.airports:
        airport = find_airport(code)
        assert airport is not None
        assert airport.iata == code


def test_well_known_cities_are_served(network: Network) -> None:
    vietnam = {city.code for city in cities().values() if city.country == "VN"}
    main_airports = {city_airports(name)[0] for name in vietnam.union(WELL_KNOWN)}
    assert {code for code in main_airports if not network.serves(code)} <= CLOSED


def test_no_route_is_listed_twice_or_leads_nowhere() -> None:
    pairs = [
        (row["carrier"], *sorted((row["hub"], station)))
        for row in read_table("networks.tsv")
        for station in row["stations"].split()
    ]
    assert len(pairs) == len(set(pairs))
    assert all(origin != destination for _, origin, destination in pairs)


def test_no_route_is_longer_than_an_aircraft_can_fly(network: Network) -> None:
    for origin in network.airports:
        for destination, links in network.nonstop_from(origin).items():
            km = network.distance(origin, destination)
            assert 60 < km < 15500, (origin, destination)
            assert all(link.carrier.wide or km < 6300 for link in links), (origin, destination)


def test_flight_numbers_have_at_most_four_digits(network: Network) -> None:
    links = [link for code in network.airports for each in network.nonstop_from(code).values() for link in each]
    assert max(link.first_number + 2 * link.daily - 1 for link in links) <= 9999


def test_every_carrier_has_brands_for_its_cabins() -> None:
    for carrier in carriers().values():
        for cabin in carrier.cabins:
            family = brands()[carrier.brands, cabin]
            assert family[0].factor == 1.0
            assert [brand.factor for brand in family] == sorted(brand.factor for brand in family)


@pytest.mark.parametrize(
    ("currency", "minor"), [("VND", 32_875_000), ("USD", 125_000), ("JPY", 193_800), ("EUR", 107_500)]
)
def test_prices_are_round_in_their_currency(currency: str, minor: int) -> None:
    assert get_currency(currency).convert(1250.0) == Money(amount_minor=minor, currency=currency)


def test_many_currencies_are_sold() -> None:
    assert set(currencies()) >= {"VND", "USD", "EUR", "SGD", "THB", "JPY", "KRW", "AUD", "GBP"}


async def test_the_trunk_route_is_dense_all_day_with_the_big_carriers(timetable: SandboxTimetable) -> None:
    offers = await search(timetable, make_query(("HAN", "SGN", in_days(20))))
    flights = {offer.slices[0].segments[0].designator: offer.slices[0].departs.at_local.hour for offer in offers}
    assert len(flights) >= 10
    assert {designator[:2] for designator in flights} >= {"VN", "VJ", "QH"}
    assert min(flights.values()) <= 8
    assert max(flights.values()) >= 19


def test_the_trunk_is_dense_and_the_islands_are_thin(network: Network) -> None:
    def daily(origin: str, destination: str) -> float:
        return sum(link.weekly for link in network.links(origin, destination)) / 7

    assert daily("HAN", "SGN") >= 30
    assert all(daily(*pair) >= 8 for pair in [("HAN", "DAD"), ("SGN", "DAD"), ("SGN", "PQC"), ("HAN", "CXR")])
    assert daily("SGN", "CAH") <= 3
    assert [link.operator for link in network.links("SGN", "VCS")] == ["0V"]


@pytest.mark.parametrize(
    ("origin", "destination", "low", "high"),
    [
        ("HAN", "DAD", 0.9, 2.2),
        ("HAN", "SGN", 1.2, 3.0),
        ("SGN", "BKK", 1.5, 5.0),
        ("HAN", "NRT", 5.0, 12.0),
        ("SGN", "LAX", 14.0, 30.0),
    ],
)
async def test_the_cheapest_brand_costs_about_what_it_does_in_life(
    timetable: SandboxTimetable, origin: str, destination: str, low: float, high: float
) -> None:
    millions = []
    for days in DAYS_AHEAD:
        cheapest: dict[str, int] = {}
        for offer in await search(timetable, make_query((origin, destination, in_days(days)))):
            assert offer.total.amount_minor % 1000 == 0
            cheapest.setdefault(offer.slices[0].segments[0].designator, offer.total.amount_minor)
        millions += [amount / 1e6 for amount in cheapest.values()]
    assert len(millions) > 50
    assert low <= min(millions)
    assert max(millions) <= high
    assert max(millions) > 1.25 * min(millions)


async def test_a_late_booking_costs_more(timetable: SandboxTimetable) -> None:
    late, early = [
        (await search(timetable, make_query(("HAN", "SGN", in_days(days)))))[0].total.amount_minor for days in (3, 59)
    ]
    assert late > early


async def test_lunar_new_year_costs_more(timetable: SandboxTimetable) -> None:
    tet, ordinary = [
        (await search(timetable, make_query(("SGN", "HAN", in_days(days)))))[0].total.amount_minor for days in (74, 102)
    ]
    assert tet > 1.1 * ordinary
