"""Whatever is searched for: through either wire format and back, an offer is the offer it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.offers import FlightOffer, FlightQuery, LocalTime, Segment, Slice, SliceQuery
from domain.travellers import MAX_TRAVELLERS, TravellerCounts
from services.flights.rules import answers
from tests.conftest import NOW
from tests.support.box import Box
from tests.support.purchases import DAY, World, ask, name

PLACES = (
    *("HAN", "SGN", "DAD", "PQC", "CXR", "HUI", "VCA", "DLI", "SIN", "HKG", "ICN", "NRT", "HND NRT", "SYD", "MEL"),
    *("CDG", "FRA", "LHR", "DXB", "DOH", "DEL", "JFK", "LAX", "SFO", "HNL", "AKL", "GRU", "JNB", "KTM", "ZRH"),
)
"""No code that is also that of a city with further airports: over the wire BKK may mean either. On both
sides of the date line, in zones of quarter hours, with and without summer time."""


@st.composite
def queries(draw: st.DrawFn) -> FlightQuery:
    """A trip of one to three slices through different places, on days in their order."""
    stops = draw(st.lists(st.sampled_from(PLACES), min_size=2, max_size=4, unique_by=lambda place: place[:3]))
    if {"NRT", "HND NRT"} <= set(stops):
        stops = [place for place in stops if place != "NRT"] or stops
    days = sorted(draw(st.lists(st.integers(-30, 250), min_size=len(stops) - 1, max_size=len(stops) - 1)))
    adults, children = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    return FlightQuery(
        slices=tuple(
            SliceQuery(
                origins=tuple(origin.split()), destinations=tuple(end.split()), departs_on=DAY + timedelta(days=day)
            )
            for origin, end, day in zip(stops, stops[1:], days, strict=False)
        ),
        travellers=TravellerCounts(
            adults=adults,
            children=children,
            infants=draw(st.integers(0, min(adults, MAX_TRAVELLERS - adults - children))),
        ),
        cabin=draw(st.sampled_from(("economy", "business"))),
        currency="USD",
    )


def check(offer: FlightOffer, original: FlightOffer, query: FlightQuery) -> None:
    assert answers(query, offer, now=NOW) is None
    assert offer.total == original.total
    assert offer.total.amount_minor == sum(
        part.count * (part.base_each.amount_minor + part.taxes_each.amount_minor) for part in offer.price_parts
    )
    if offer.travellers is not None:
        assert offer.travellers == query.travellers
        assert offer.per_adult == original.per_adult
    assert offer.stops == original.stops
    for slice_, its_original in zip(offer.slices, original.slices, strict=True):
        for segment, its in zip(slice_.segments, its_original.segments, strict=True):
            assert (segment.departs, segment.arrives) == (its.departs, its.arrives)
            assert segment.duration == arithmetic(segment.arrives.at_local, segment.arrives.zone) - arithmetic(
                segment.departs.at_local, segment.departs.zone
            )
            assert (segment.carrier, segment.flight_number, segment.cabin) == (
                its.carrier,
                its.flight_number,
                its.cabin,
            )


def arithmetic(at_local: datetime, zone: str) -> timedelta:
    """The instant as time since the epoch, reckoned from the offset of the zone that day."""
    offset = ZoneInfo(zone).utcoffset(at_local)
    assert offset is not None
    return at_local - datetime(1970, 1, 1) - offset  # noqa: DTZ001 - both are wall times


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
async def test_offer_is_the_same_after_the_wire(world: World, query: FlightQuery) -> None:
    sold = {name(each): each.offer for each in await world.box.world.search(query)}
    answered = await world.provider.search(query)
    found = [each for each in answered if answers(query, each.offer, now=NOW) != "route"]  # MEL is also a city's code
    assert {name(each) for each in found} == set(sold), query
    for each in found:
        check(each.offer, sold[name(each)], query)


@pytest.mark.parametrize("wrong", ["hour", "price", "party"])
async def test_offer_that_lost_something_on_the_way_would_be_noticed(box: Box, wrong: str) -> None:
    query = ask(adults=2)
    original = (await box.world.search(query))[0].offer
    check(original, original, query)
    part, segment = original.price_parts[0], original.slices[0].segments[0]
    changes: dict[str, dict[str, object]] = {
        "price": {"price_parts": (part.model_copy(update={"taxes_each": part.taxes_each * 2}),)},
        "party": {"price_parts": (part.model_copy(update={"count": 1, "base_each": part.each * 2}),)},
        "hour": {"slices": (Slice(segments=(delay(segment),)),)},
    }
    with pytest.raises(AssertionError):
        check(original.model_copy(update=changes[wrong]), original, query)


def delay(segment: Segment) -> Segment:
    late = LocalTime(at_local=segment.arrives.at_local + timedelta(hours=1), zone=segment.arrives.zone)
    return segment.model_copy(update={"arrives": late})
