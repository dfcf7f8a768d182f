"""What the sandbox promises about its answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from domain.airports import cities
from domain.offers import CABIN_CLASSES, SEARCH_WINDOW_DAYS, Baggage, CabinClass, FlightOffer
from domain.travellers import TravellerCounts
from providers.flights.base import UnsoldCurrency
from providers.sandbox import journeys
from providers.sandbox.dice import Dice
from providers.sandbox.network import Network
from providers.sandbox.timetable import MAX_OFFERS, SandboxTimetable
from tests.providers.sandbox.support import NOW, WELL_KNOWN, in_days, make_query, prices, search, timetable_at

ROOT = Path(__file__).parents[3]
FAMILY = TravellerCounts(adults=2, children=1, infants=1)
MIXED_TRIPS = [
    make_query(("HAN", "SGN", in_days(9))),
    make_query(("HAN", "NRT HND", in_days(40)), ("NRT HND", "HAN", in_days(47)), travellers=FAMILY),
    make_query(("SGN", "LAX", in_days(90)), currency="USD"),
    make_query(("VCS", "HPH", in_days(15))),
    make_query(("VCA", "CPT", in_days(30)), currency="EUR"),
    make_query(("SGN", "SIN", in_days(20)), ("SIN", "SYD", in_days(24)), ("SYD", "SGN", in_days(31))),
    make_query(("LHR LGW STN LTN LCY", "JFK EWR LGA", in_days(60)), cabin="business", currency="GBP"),
]


async def search_all(timetable: SandboxTimetable) -> list[FlightOffer]:
    offers = [offer for query in MIXED_TRIPS for offer in await search(timetable, query)]
    assert len(offers) > 150
    return offers


async def test_offers_are_marked_as_simulated_and_named_once(timetable: SandboxTimetable) -> None:
    offers = await search_all(timetable)
    assert all(offer.simulated and offer.provider == "sandbox" for offer in offers)
    assert max(Counter(offer.provider_offer_id for offer in offers).values()) == 1


async def test_answers_are_cheapest_first_and_not_too_many(timetable: SandboxTimetable) -> None:
    for query in MIXED_TRIPS:
        offers = await search(timetable, query)
        assert 0 < len(offers) <= MAX_OFFERS
        assert all(before.total <= after.total for before, after in pairwise(offers))


async def test_slices_answer_the_query(timetable: SandboxTimetable) -> None:
    for query in MIXED_TRIPS:
        for offer in await search(timetable, query):
            for asked, got in zip(query.slices, offer.slices, strict=True):
                assert got.origin in asked.origins
                assert got.destination in asked.destinations
                assert got.departs.at_local.date() == asked.departs_on
            assert all(before.arrives.instant < after.departs.instant for before, after in pairwise(offer.slices))


async def test_offers_survive_storage(timetable: SandboxTimetable) -> None:
    for offer in await search_all(timetable):
        stored = FlightOffer.model_validate(offer.model_dump(mode="json"))
        assert stored == offer
        assert stored.duration == offer.duration


async def test_the_raw_payload_is_plain_json(timetable: SandboxTimetable) -> None:
    found = await timetable.search(MIXED_TRIPS[0])
    assert json.loads(json.dumps(found[0].raw)) == found[0].raw
    assert found[0].raw["flights"][0][0] in found[0].offer.provider_offer_id


async def test_two_instances_give_the_same_answer(timetable: SandboxTimetable) -> None:
    other = timetable_at(NOW)
    assert [await other.search(query) for query in reversed(MIXED_TRIPS)] == [
        await timetable.search(query) for query in reversed(MIXED_TRIPS)
    ]


async def test_another_seed_is_another_world(timetable: SandboxTimetable) -> None:
    ours, theirs = [prices(await search(each, MIXED_TRIPS[0])) for each in (timetable, timetable_at(NOW, seed="b"))]
    assert ours != theirs


CHILD = """
import asyncio, hashlib
from providers.sandbox import dice
{mutation}
from tests.providers.sandbox.test_search import MIXED_TRIPS, search_all, timetable_at, NOW
offers = asyncio.run(search_all(timetable_at(NOW)))
print(hashlib.sha256("".join(offer.model_dump_json() for offer in offers).encode()).hexdigest())
"""
HASH_MUTANT = "dice.Dice.roll = lambda self, *name: hash(tuple(map(str, name))) % 10**6 / 10**6"


def fingerprint(hash_seed: str, mutation: str = "") -> str:
    return subprocess.run(
        [sys.executable, "-c", CHILD.format(mutation=mutation)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_processes_agree_whatever_their_hash_seed() -> None:
    assert fingerprint("1") == fingerprint("2")


def test_a_world_built_on_hash_would_be_noticed() -> None:
    assert fingerprint("1", HASH_MUTANT) != fingerprint("2", HASH_MUTANT)


def test_dice_are_fair_and_keyed() -> None:
    rolls = [Dice("a").roll("x", number) for number in range(4000)]
    assert all(0 <= roll < 1 for roll in rolls)
    assert sum(rolls) / len(rolls) == pytest.approx(0.5, abs=0.03)
    assert Dice("a").roll("x", 1) != Dice("b").roll("x", 1)


async def test_wall_times_are_zone_arithmetic(timetable: SandboxTimetable) -> None:
    for offer in await search_all(timetable):
        for segment in (segment for slice_ in offer.slices for segment in slice_.segments):
            assert timedelta(minutes=30) < segment.duration < timedelta(hours=20)
            there = segment.departs.instant.astimezone(UTC) + segment.duration
            assert there.astimezone(ZoneInfo(segment.arrives.zone)).replace(tzinfo=None) == segment.arrives.at_local


async def test_overnight_arrivals_are_counted_in_local_days(timetable: SandboxTimetable) -> None:
    offers = await search(timetable, make_query(("SGN", "SYD", in_days(30))))
    assert 1 in {offer.slices[0].day_difference for offer in offers}


def list_short_connections(offers: list[FlightOffer]) -> list[timedelta]:
    """Layovers that are shorter than the rule for their kind, or absurdly long."""
    waits = []
    for slice_ in (slice_ for offer in offers for slice_ in offer.slices):
        for (before, after), wait in zip(pairwise(slice_.segments), slice_.layovers, strict=True):
            assert before.destination == after.origin
            domestic = [is_domestic(segment.departs.zone, segment.arrives.zone) for segment in (before, after)]
            least = 45 if all(domestic) else 90 if any(domestic) else 60
            if not timedelta(minutes=least) <= wait <= timedelta(hours=14):
                waits.append(wait)
    return waits


def is_domestic(*zones: str) -> bool:
    """Good enough for the Asian airports of the test: one country, one zone."""
    return len(set(zones)) == 1


CONNECTING_QUERIES = [
    make_query(("VCS", "HPH", in_days(15))),
    make_query(("VCS", "NRT", in_days(15))),
    make_query(("UIH", "BKK", in_days(16))),
    make_query(("HAN", "SIN", in_days(17))),
    make_query(("VCA", "ICN", in_days(18))),
]


async def test_connections_keep_the_legal_minimum(timetable: SandboxTimetable) -> None:
    offers = [offer for query in CONNECTING_QUERIES for offer in await search(timetable, query)]
    assert sum(offer.stops > 0 for offer in offers) > 50
    assert list_short_connections(offers) == []


async def test_a_world_without_minimum_connections_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journeys, "min_connection", lambda *flights: timedelta())
    offers = [offer for query in CONNECTING_QUERIES for offer in await search(timetable_at(NOW), query)]
    assert list_short_connections(offers)


async def test_every_price_is_the_sum_of_its_parts(timetable: SandboxTimetable) -> None:
    for offer in await search_all(timetable):
        parts = [part.count * (part.base_each + part.taxes_each).amount_minor for part in offer.price_parts]
        assert offer.total.amount_minor == sum(parts) > 0


@pytest.mark.parametrize(("route", "child_share"), [(("SGN", "VCS"), 0.75), (("SGN", "AOR"), 1.0)])
async def test_each_kind_of_traveller_has_its_price(
    timetable: SandboxTimetable, route: tuple[str, str], child_share: float
) -> None:
    offers = await search(timetable, make_query((*route, in_days(25)), travellers=FAMILY))
    for offer in offers:
        adult, child, infant = offer.price_parts
        assert [(part.traveller_type, part.count) for part in offer.price_parts] == [
            ("adult", 2),
            ("child", 1),
            ("infant", 1),
        ]
        base = adult.base_each.amount_minor
        assert child.base_each.amount_minor == pytest.approx(base * child_share, abs=1000)
        assert infant.base_each.amount_minor == pytest.approx(base * 0.1, abs=1000)
        assert infant.taxes_each < child.taxes_each == adult.taxes_each


async def test_a_larger_party_pays_the_same_each(timetable: SandboxTimetable) -> None:
    one, four = [
        await search(timetable, make_query(("HAN", "SGN", in_days(25)), travellers=TravellerCounts(adults=adults)))
        for adults in (1, 4)
    ]
    alone = prices(one)
    assert all(total == 4 * alone[key] for key, total in prices(four).items() if key in alone)


async def test_prices_and_seats_hold_for_the_clock_hour() -> None:
    start = NOW.replace(minute=0, second=0)
    first, last = [
        [offer.model_dump(exclude={"expires_at"}) for offer in await search_all(timetable_at(start + after))]
        for after in (timedelta(), timedelta(minutes=59, seconds=59))
    ]
    assert first == last


async def test_prices_drift_from_hour_to_hour() -> None:
    query = make_query(("HAN", "DAD", in_days(30)))
    clocks = [NOW + timedelta(hours=hours) for hours in range(0, 30, 3)]
    by_hour = [prices(await search(timetable_at(clock), query)) for clock in clocks]
    always = set.intersection(*(set(each) for each in by_hour))
    assert len(always) > 10
    for key in always:
        totals = [each[key] for each in by_hour]
        assert len(set(totals)) > 3
        assert max(totals) < 1.25 * min(totals)


async def test_an_offer_id_changes_with_what_changes_the_price() -> None:
    day = in_days(30)
    variants = [
        (NOW, make_query(("HAN", "DAD", day))),
        (NOW + timedelta(hours=1), make_query(("HAN", "DAD", day))),
        (NOW, make_query(("HAN", "DAD", day), currency="USD")),
        (NOW, make_query(("HAN", "DAD", day), travellers=FAMILY)),
        (NOW, make_query(("HAN", "DAD", day), cabin="business")),
        (NOW, make_query(("HAN", "DAD", in_days(31)))),
    ]
    seen: set[str] = set()
    for clock, query in variants:
        names = {offer.provider_offer_id for offer in await search(timetable_at(clock), query)}
        assert names
        assert not names & seen
        seen |= names


async def test_offers_last_twenty_minutes(timetable: SandboxTimetable) -> None:
    offers = await search(timetable, MIXED_TRIPS[0])
    assert {offer.expires_at for offer in offers} == {datetime(2026, 11, 21, 3, 37, tzinfo=UTC)}


async def test_seats_are_finite_and_enough_for_the_party(timetable: SandboxTimetable) -> None:
    party = TravellerCounts(adults=6)
    few = [offer for days in (1, 2, 3) for offer in await search(timetable, make_query(("SGN", "DAD", in_days(days))))]
    assert all(offer.seats_left is not None and 1 <= offer.seats_left <= 9 for offer in few)
    assert any(offer.seats_left is not None and offer.seats_left < 9 for offer in few)
    for days in (1, 2, 3):
        for offer in await search(timetable, make_query(("SGN", "DAD", in_days(days)), travellers=party)):
            assert offer.seats_left is not None
            assert offer.seats_left >= 6


@pytest.mark.parametrize("cabin", CABIN_CLASSES)
async def test_the_cabin_asked_is_the_cabin_got(timetable: SandboxTimetable, cabin: CabinClass) -> None:
    offers = [
        offer
        for route in (("HAN", "SGN"), ("SGN", "NRT"), ("SIN", "LHR"))
        for offer in await search(timetable, make_query((*route, in_days(45)), cabin=cabin))
    ]
    assert offers
    for offer in offers:
        assert {offer.cabin, *(segment.cabin for slice_ in offer.slices for segment in slice_.segments)} == {cabin}


async def test_better_cabins_cost_more(timetable: SandboxTimetable) -> None:
    cheapest = [
        (await search(timetable, make_query(("SIN", "LHR", in_days(45)), cabin=cabin)))[0].total
        for cabin in CABIN_CLASSES
    ]
    assert all(before < after for before, after in pairwise(cheapest))


async def test_brands_of_a_flight_differ_in_price_bags_and_rules(timetable: SandboxTimetable) -> None:
    offers = await search(timetable, make_query(("HAN", "SGN", in_days(25))))
    brands = {offer.fare_brand: offer for offer in offers if offer.carriers == ("VJ",)}
    eco, deluxe, boss = brands["Eco"], brands["Deluxe"], brands["SkyBoss"]
    assert [offer.slices[0].segments[0].checked for offer in (eco, deluxe, boss)] == [
        Baggage(pieces=0),
        Baggage(pieces=1, kg=20),
        Baggage(pieces=1, kg=30),
    ]
    assert eco.slices[0].segments[0].carry_on == Baggage(pieces=1, kg=7)
    assert eco.conditions.refund.allowed is False
    assert eco.conditions.change.fee is not None
    assert eco.conditions.change.fee.amount_minor > 0
    assert boss.conditions.refund.allowed is True
    assert eco.total < deluxe.total < boss.total


async def test_a_return_ticket_of_a_full_service_carrier_is_cheaper_than_two_singles(
    timetable: SandboxTimetable,
) -> None:
    out, back = ("SGN", "SIN", in_days(40)), ("SIN", "SGN", in_days(45))
    singles = [prices(await search(timetable, make_query(leg))) for leg in (out, back)]
    returns = [offer for offer in await search(timetable, make_query(out, back)) if offer.carriers == ("SQ",)]
    compared = 0
    for offer in returns:
        legs = [(offer.fare_brand, *(segment.designator for segment in slice_.segments)) for slice_ in offer.slices]
        if all(leg in single for leg, single in zip(legs, singles, strict=True)):
            compared += 1
            assert offer.total.amount_minor < sum(single[leg] for leg, single in zip(legs, singles, strict=True))
    assert compared


async def test_the_answer_is_varied(timetable: SandboxTimetable) -> None:
    for legs in ([("HAN", "SGN", in_days(25))], [("HAN", "SGN", in_days(25)), ("SGN", "HAN", in_days(30))]):
        offers = await search(timetable, make_query(*legs))
        assert {carrier for offer in offers for carrier in offer.carriers} >= {"VN", "VJ", "QH"}
        assert len({offer.slices[0].departs.at_local.hour // 6 for offer in offers}) >= 3
        assert len({offer.fare_brand for offer in offers}) >= 6


@pytest.mark.parametrize(
    ("origins", "destinations", "day"),
    [
        ("HAN", "HAN", in_days(10)),
        ("HAN", "KBP", in_days(10)),
        ("ZZZ", "HAN", in_days(10)),
        ("HAN", "SGN", in_days(-1)),
        ("HAN", "SGN", in_days(SEARCH_WINDOW_DAYS + 1)),
    ],
)
async def test_where_nothing_flies_the_answer_is_empty(
    timetable: SandboxTimetable, origins: str, destinations: str, day: datetime
) -> None:
    assert await timetable.search(make_query((origins, destinations, day))) == []


async def test_sales_open_for_the_whole_window(timetable: SandboxTimetable) -> None:
    assert await timetable.search(make_query(("HAN", "SGN", in_days(SEARCH_WINDOW_DAYS))))


async def test_a_flight_that_leaves_soon_is_not_sold() -> None:
    noon = datetime(2026, 11, 23, 12, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    offers = await search(timetable_at(noon), make_query(("HAN", "SGN", noon.date())))
    assert offers
    assert min(offer.slices[0].departs.at_local.hour for offer in offers) >= 14


async def test_the_code_of_a_closed_airport_finds_its_successor(timetable: SandboxTimetable) -> None:
    offers = await search(timetable, make_query(("SGN", "PNH", in_days(20))))
    assert {offer.slices[0].destination for offer in offers} == {"KTI"}


async def test_a_currency_without_a_rate_is_refused(timetable: SandboxTimetable) -> None:
    with pytest.raises(UnsoldCurrency, match="XAU"):
        await timetable.search(make_query(("HAN", "SGN", in_days(20)), currency="XAU"))


async def test_nearly_any_two_airports_of_the_world_are_connected(timetable: SandboxTimetable) -> None:
    random, airports, answered = Random(11), Network().airports, 0
    for _ in range(160):
        origin, destination = random.sample(airports, 2)
        offers = await search(timetable, make_query((origin, destination, in_days(random.randrange(2, 360)))))
        assert all(offer.stops <= 3 for offer in offers)
        answered += bool(offers)
    assert answered >= 140


async def test_well_known_cities_are_all_connected(timetable: SandboxTimetable) -> None:
    random, network = Random(12), Network()
    known = [city for city in cities().values() if city.country == "VN" or city.code in WELL_KNOWN]
    served = [city for city in known if any(map(network.serves, city.airports))]
    answered = 0
    for _ in range(150):
        origin, destination = random.sample(served, 2)
        leg = (" ".join(origin.airports), " ".join(destination.airports), in_days(random.randrange(2, 360)))
        answered += bool(await timetable.search(make_query(leg)))
    assert answered == 150


async def test_vietnamese_airports_reach_each_other(timetable: SandboxTimetable) -> None:
    network = Network()
    vietnam = [city.code for city in cities().values() if city.country == "VN" and network.serves(city.code)]
    assert len(vietnam) == 22
    for origin in vietnam:
        for destination in set(vietnam) - {origin}:
            assert await timetable.search(make_query((origin, destination, in_days(12)))), (origin, destination)
