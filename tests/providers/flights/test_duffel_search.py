"""What Duffel is asked in a search, and what its offers become."""

from __future__ import annotations

import asyncio
import json
import random
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from core.deadlines import deadline, own_deadline
from domain.money import Money
from domain.offers import Baggage, Condition, FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from providers.flights import duffel as duffel_module
from providers.flights.base import FlightProvider, FlightProviderError, FoundOffer, ProviderBusy, ProviderDown
from providers.flights.duffel import Duffel
from providers.flights.duffel_offers import read_offer
from providers.flights.duffel_search import split_query
from providers.flights.guard import GuardedProvider
from providers.flights.unreadable import Unreadable
from tests.providers.flights.duffel_support import (
    DAY,
    NOW,
    TOKEN,
    FakeDuffel,
    found,
    offer,
    outbound,
    page,
    query,
    refusal,
    segment,
)
from tests.support.virtual_time import in_virtual_time

REQUESTS, OFFERS = "POST /air/offer_requests", "GET /air/offers"


@pytest.fixture
def duffel() -> FakeDuffel:
    fake = FakeDuffel()
    fake.on(REQUESTS, (201, {"id": "orq_1", "live_mode": False}))
    fake.on(OFFERS, page([offer()]))
    return fake


def dropped(reason: str) -> float:
    labels = {"provider": "duffel", "reason": reason}
    return REGISTRY.get_sample_value("flight_offers_dropped_total", labels) or 0.0


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


async def test_search_asks_for_the_party_and_reads_the_offers_of_the_request(duffel: FakeDuffel) -> None:
    provider: FlightProvider = duffel.provider()
    (each,) = await provider.search(query(travellers=TravellerCounts(adults=1, children=1, infants=1)))
    assert duffel.sent(REQUESTS) == {
        "slices": [{"origin": "SGN", "destination": "HAN", "departure_date": "2026-12-10"}],
        "passengers": [{"type": "adult"}, {"age": 8}, {"age": 1}],
        "cabin_class": "economy",
    }
    (asked,), (listed,) = duffel.calls(REQUESTS), duffel.calls(OFFERS)
    assert asked.headers["duffel-version"] == "v2"
    assert asked.headers["authorization"] == "Bearer duffel_test_of_ours"
    assert asked.url.params["return_offers"] == "false"
    assert dict(listed.url.params) == {"offer_request_id": "orq_1", "sort": "total_amount", "limit": "200"}
    assert each.raw == offer()


async def test_suppliers_get_no_longer_than_whoever_asked_waits(duffel: FakeDuffel) -> None:
    with deadline(5):
        await duffel.provider().search(query())
    await duffel.provider().search(query())
    hurried, patient = (int(each.url.params["supplier_timeout"]) for each in duffel.calls(REQUESTS))
    assert hurried == 2_000
    assert patient == 5_000


async def test_some_of_the_time_is_kept_for_the_listing(duffel: FakeDuffel) -> None:
    with deadline(7):
        await duffel.provider().search(query())
    (asked,) = duffel.calls(REQUESTS)
    assert 3_500 < int(asked.url.params["supplier_timeout"]) < 4_000


async def test_nothing_is_asked_when_no_time_is_left(duffel: FakeDuffel) -> None:
    with deadline(0), pytest.raises(ProviderDown):
        await duffel.provider().search(query())
    assert duffel.requests == []


async def test_pages_are_followed_three_times_and_sorted(duffel: FakeDuffel) -> None:
    dear = offer("off_2", base_amount="290.00", total_amount="310.00")
    duffel.on(OFFERS, page([dear], "p2"), page([offer("off_3")], "p3"), page([offer("off_4")], "p4"), page([]))
    offers = [each.offer for each in await duffel.provider().search(query())]
    assert [each.provider_offer_id for each in offers] == ["off_3", "off_4", "off_2"]
    assert [each.url.params.get("after") for each in duffel.calls(OFFERS)] == [None, "p2", "p3"]


def test_an_offer_is_read_as_ours() -> None:
    each = found(
        slices=[
            outbound(stops=[{"airport": {"iata_code": "DAD"}}]),
            {
                "id": "sli_2",
                "fare_brand_name": "Economy Flex",
                "segments": [
                    segment("HAN", "NRT", "2026-12-20T23:30:00", "2026-12-21T06:30:00", segment_id="seg_2"),
                    segment("NRT", "SGN", "2026-12-21T10:00:00", "2026-12-21T14:30:00", segment_id="seg_3"),
                ],
            },
        ]
    ).offer
    out, back = each.slices
    assert (each.provider, each.provider_offer_id, each.simulated) == ("duffel", "off_1", True)
    assert (each.fare_brand, each.cabin, each.booking_flows) == (
        "Economy Lite + Economy Flex",
        "economy",
        ("hold", "instant"),
    )
    assert out.segments[0].designator == "VN123"
    assert out.segments[0].operating_carrier == "BL"
    assert out.segments[0].technical_stops == ("DAD",)
    assert (out.segments[0].carry_on, out.segments[0].checked) == (Baggage(pieces=1), Baggage(pieces=0))
    assert back.segments[0].arrives.zone == "Asia/Tokyo"
    assert back.duration == timedelta(hours=15)
    assert each.expires_at == datetime.fromisoformat("2026-11-21T02:30:00+00:00")
    assert each.conditions.refund == Condition(allowed=True, fee=usd("30"))
    assert each.conditions.change == Condition(allowed=None)
    assert each.seats_left is None


def test_an_offer_without_its_optional_parts_is_read() -> None:
    bare = segment("SGN", "HAN", "2026-12-10T08:00:00", "2026-12-10T10:10:00")
    for name in ("operating_carrier", "aircraft", "stops", "passengers", "duration"):
        del bare[name]
    raw = offer(slices=[{"id": "sli_1", "segments": [bare]}], tax_amount=None, tax_currency=None, conditions=None)
    del raw["payment_requirements"]
    each = read_offer(raw, cabin="business").offer
    flown = each.slices[0].segments[0]
    assert (flown.operating_carrier, flown.aircraft, flown.carry_on, flown.checked) == (None, None, None, None)
    assert (each.cabin, each.fare_brand, each.booking_flows) == ("business", "Business", ("instant",))
    assert each.price_parts[0].taxes_each == usd("20")
    assert each.conditions.refund.allowed is None


@pytest.mark.parametrize(
    ("passengers", "kind", "count", "base_each"),
    [
        (["adult"], "adult", 1, "90"),
        (["adult", "adult"], "adult", 2, "45"),
        (["adult", "adult", "adult", "adult", "adult", "adult", "adult"], None, 1, "90"),
        (["adult", "child"], None, 1, "90"),
    ],
)
def test_a_price_is_split_only_where_the_split_is_certain(
    passengers: list[str], kind: str | None, count: int, base_each: str
) -> None:
    party = [{"id": f"pas_{i}", "type": each} for i, each in enumerate(passengers)]
    (part,) = found(passengers=party).offer.price_parts
    assert (part.traveller_type, part.count, part.base_each) == (kind, count, usd(base_each))
    assert part.total == usd("110")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (offer(total_amount="NaN"), "bad_price"),
        (offer(total_amount="109.00"), "bad_price"),
        (offer(total_amount="-1.00"), "bad_price"),
        (offer(tax_currency="EUR"), "bad_price"),
        (offer(total_currency="???"), "bad_price"),
        (offer(slices=[outbound(origin={"iata_code": "QQQ"})]), "unknown_airport"),
        (offer(slices=[outbound(arriving_at="2026-12-10T07:00:00")]), "bad_times"),
        (offer(slices=[outbound(departing_at="2026-12-10T08:00:00+07:00")]), "unreadable"),
        (offer(slices=[outbound(marketing_carrier={"iata_code": None})]), "unreadable"),
        (offer(slices=[]), "unreadable"),
        (offer(live_mode=None), "unreadable"),
        ("off_1", "unreadable"),
        (offer(live_mode=True), "wrong_world"),
    ],
)
async def test_an_offer_that_makes_no_sense_is_left_out_and_counted(
    duffel: FakeDuffel, broken: Any, reason: str
) -> None:
    before = dropped(reason)
    duffel.on(OFFERS, page([broken, offer("off_good")]))
    kept = await duffel.provider().search(query())
    assert [each.offer.provider_offer_id for each in kept] == ["off_good"]
    assert dropped(reason) == before + 1


async def test_a_city_is_asked_for_by_its_code(duffel: FakeDuffel) -> None:
    duffel.on(OFFERS, page([]))
    assert await duffel.provider().search(query(("LHR", "LGW", "STN", "LTN", "LCY"), ("HND", "NRT"))) == []
    (asked,) = duffel.sent(REQUESTS)["slices"]
    assert (asked["origin"], asked["destination"]) == ("LON", "TYO")


async def test_airports_that_are_no_city_are_asked_for_pair_by_pair(duffel: FakeDuffel) -> None:
    to_hph = outbound(destination={"iata_code": "HPH"})
    duffel.on(OFFERS, page([offer("off_han")]), page([offer("off_hph", slices=[to_hph])]))
    kept = await duffel.provider().search(query(destinations=("HAN", "HPH")))
    assert len(duffel.calls(REQUESTS)) == 2
    assert sorted(each.offer.slices[0].destination for each in kept) == ["HAN", "HPH"]


def test_a_city_whose_code_is_also_an_airport_is_asked_for_by_its_airports() -> None:
    assert [each.slices[0].destinations for each in split_query(query(destinations=("BKK", "DMK")))] == [
        ("BKK",),
        ("DMK",),
    ]


def test_a_round_trip_returns_between_the_same_airports_and_asks_nine_times_at_most() -> None:
    south, north = ("SGN", "VCA", "DLI", "CXR"), ("HAN", "HPH", "VDO")
    there = SliceQuery(origins=south, destinations=north, departs_on=DAY)
    back = SliceQuery(origins=north, destinations=south, departs_on=DAY + timedelta(days=5))
    parts = list(split_query(query().model_copy(update={"slices": (there, back)})))
    assert len(parts) == 9
    assert all(part.slices[0].origins == part.slices[1].destinations for part in parts)


async def test_a_part_that_fails_leaves_the_others(duffel: FakeDuffel) -> None:
    duffel.on(OFFERS, refusal(500, "internal_server_error"), page([offer()]))
    assert len(await duffel.provider().search(query(destinations=("HPH", "HAN")))) == 1


class SlowDuffel(httpx.AsyncBaseTransport):
    """Waits for airlines as long as it may, and for some places longer; all in virtual time."""

    def __init__(self, *, too_slow: str = "", listing_seconds: float = 0.0) -> None:
        self.under_way = 0
        self.most_at_once = 0
        self._too_slow = too_slow
        self._listing_seconds = listing_seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if request.method == "GET":
                await asyncio.sleep(self._listing_seconds)
                return page([offer(f"off_{request.url.params['offer_request_id']}")])
            (asked,) = json.loads(request.content)["data"]["slices"]
            is_slow = asked["destination"] == self._too_slow
            await asyncio.sleep(60 if is_slow else int(request.url.params["supplier_timeout"]) / 1000)
            return httpx.Response(201, json={"data": {"id": asked["destination"]}})
        finally:
            self.under_way -= 1

    def provider(self, kind: type[Duffel] = Duffel) -> GuardedProvider:
        http = httpx.AsyncClient(transport=self)
        inner = kind(http, access_token=TOKEN, base_url="https://duffel.test", clock=lambda: NOW, is_test=True)
        return GuardedProvider(inner, monotonic=time.monotonic)


@in_virtual_time
async def test_a_slow_airline_leaves_time_for_the_others() -> None:
    with deadline(8):
        assert len(await SlowDuffel(listing_seconds=1.5).provider().search(query())) == 1


class Unhurried(Duffel):
    """The mistake of letting a search take all the time of its caller's limit."""

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        with own_deadline(60):
            return await super().search(query)


@in_virtual_time
async def test_a_part_that_is_late_leaves_the_others() -> None:
    destinations = ("HPH", "HAN", "VDO")
    with deadline(9):
        kept = await SlowDuffel(too_slow="HPH").provider().search(query(destinations=destinations))
        assert sorted(each.offer.provider_offer_id for each in kept) == ["off_HAN", "off_VDO"]
    with deadline(9), pytest.raises(ProviderDown):
        await SlowDuffel(too_slow="HPH").provider(Unhurried).search(query(destinations=destinations))


@in_virtual_time
async def test_three_parts_are_asked_at_a_time() -> None:
    slow = SlowDuffel()
    assert len(await slow.provider().search(query(destinations=("HPH", "HAN", "VDO", "DAD")))) == 4
    assert slow.most_at_once == 3


async def test_a_mistake_of_ours_in_a_part_is_not_taken_for_a_bad_answer(
    duffel: FakeDuffel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(part: FlightQuery) -> Any:
        return {"HAN": {}}[part.slices[0].destinations[0]]

    monkeypatch.setattr(duffel_module, "write_offer_request", write)
    with pytest.raises(KeyError):
        await duffel.provider().search(query(destinations=("HPH", "HAN")))


async def test_a_part_that_fails_is_told_when_the_others_found_nothing(duffel: FakeDuffel) -> None:
    duffel.on(OFFERS, page([]), refusal(429, "rate_limit_exceeded"))
    with pytest.raises(ProviderBusy):
        await duffel.provider().search(query(destinations=("HPH", "HAN")))


async def test_an_offer_request_that_vanished_is_no_gone_offer(duffel: FakeDuffel) -> None:
    duffel.on(OFFERS, refusal(404, "not_found"))
    with pytest.raises(ProviderDown):
        await duffel.provider().search(query())


def mutate(value: Any, dice: random.Random) -> Any:
    """The same JSON with something in it replaced or left out."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(list(value))
        if dice.random() < 0.1:
            return {name: each for name, each in value.items() if name != key}
        return value | {key: mutate(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.9:
        at = dice.randrange(len(value))
        return [*value[:at], mutate(value[at], dice), *value[at + 1 :]]
    odd: list[Any] = [
        None,
        "",
        "x" * 300,
        -1,
        10**30,
        1.5,
        True,
        [],
        {},
        [None],
        {"id": []},
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
    ]
    return dice.choice([*odd, "0001-01-01T00:00:00Z", "9" * 40, "1e9", "２０", "-0.00", "\u202e"])


def test_reading_an_offer_fails_in_one_way_only() -> None:
    dice = random.Random(7)
    read = 0
    for _ in range(1500):
        raw = offer()
        for _ in range(dice.randint(1, 3)):
            raw = mutate(raw, dice)
        try:
            each = read_offer(raw, cabin="economy").offer
        except Unreadable:
            continue
        read += 1
        assert each.total.amount_minor > 0
        assert each.duration > timedelta()
    assert 100 < read < 1400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"data":',
        b'{"data":NaN}',
        b'{"data":"\\ud800"}',
        b'{"data":"\\u0000"}',
        b"[" * 99999,
    ],
)
async def test_a_body_without_data_is_a_provider_that_is_down(duffel: FakeDuffel, body: bytes) -> None:
    duffel.on(REQUESTS, httpx.Response(200, content=body))
    with pytest.raises(ProviderDown):
        await duffel.provider().search(query())


@pytest.mark.parametrize("data", [[], "orq", 7, {"id": 7}, True])
async def test_data_of_another_kind_is_a_port_error_everywhere(duffel: FakeDuffel, data: Any) -> None:
    duffel.on(REQUESTS, (201, data))
    with pytest.raises(FlightProviderError):
        await duffel.provider().search(query())
