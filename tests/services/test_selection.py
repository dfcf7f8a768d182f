"""Which offers are shown: only what was asked for, in the order asked for, with titles that are true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import Money
from domain.offers import FlightOffer
from services.flights.selection import HOUR_IN_COST, Filters, StoredOffer, select_offers
from tests.support.offers import make_offer, make_slice, store
from understanding.frame import SortKey

BASE = make_offer()
FITS: list[tuple[str, Filters, FlightOffer, bool]] = [
    ("no wishes", Filters(), BASE, True),
    ("its airline", Filters(airlines=("VN", "VJ")), BASE, True),
    ("another airline", Filters(airlines=("VJ",)), BASE, False),
    ("one of two airlines", Filters(airlines=("VN",)), make_offer(1, make_slice(carriers=("VN", "QH"))), False),
    ("nonstop", Filters(max_stops=0), BASE, True),
    ("a stop", Filters(max_stops=0), make_offer(1, make_slice(carriers=("VN", "VN"))), False),
    (
        "a stop on the way back",
        Filters(max_stops=0),
        make_offer(1, make_slice(), make_slice(carriers=("VN", "VN"))),
        False,
    ),
    ("a stop each way", Filters(max_stops=1), make_offer(1, *[make_slice(carriers=("VN", "VN"))] * 2), True),
    ("just in time", Filters(departs_from=time(8), departs_until=time(8)), BASE, True),
    ("too early", Filters(departs_from=time(8, 1)), BASE, False),
    ("too late", Filters(departs_until=time(7, 59)), BASE, False),
    ("just within budget", Filters(max_total=Money(amount_minor=1_000_000, currency="VND")), BASE, True),
    ("over budget", Filters(max_total=Money(amount_minor=999_999, currency="VND")), BASE, False),
    ("budget in other money", Filters(max_total=Money(amount_minor=1, currency="USD")), BASE, True),
    ("not refundable", Filters(refundable=True), BASE, False),
    ("perhaps refundable", Filters(refundable=True), make_offer(refund=None), False),
    ("refundable", Filters(refundable=True), make_offer(refund=True), True),
    ("no bag", Filters(checked_bag=True), BASE, False),
    ("a bag", Filters(checked_bag=True), make_offer(1, make_slice(bag=True)), True),
]


@pytest.mark.parametrize(("filters", "offer", "fits"), [case[1:] for case in FITS], ids=[case[0] for case in FITS])
def test_filter(filters: Filters, offer: FlightOffer, fits: bool) -> None:
    assert filters.accept(offer) is fits


MEASURES: dict[SortKey, Callable[[FlightOffer], Any]] = {
    "price": lambda offer: offer.total.amount_minor,
    "departure": lambda offer: offer.slices[0].departs.instant,
    "arrival": lambda offer: offer.slices[0].arrives.instant,
    "duration": lambda offer: offer.duration,
}


@st.composite
def offers(draw: st.DrawFn) -> list[StoredOffer]:
    one = st.builds(
        lambda price, hour, minutes, carriers: make_offer(price, make_slice(f"{hour:02}:00", minutes, carriers)),
        st.integers(100, 110) | st.integers(100, 10_000),
        st.integers(0, 23),
        st.integers(60, 66) | st.integers(60, 900),
        st.lists(st.sampled_from(["VN", "VJ", "QH"]), min_size=1, max_size=3),
    )
    return [store(offer) for offer in draw(st.lists(one, max_size=12))]


@given(offers(), st.sampled_from([None, *get_args(SortKey)]), st.integers(1, 8), st.sampled_from([None, 0, 1]))
@settings(deadline=None, max_examples=120)
def test_selection_is_sorted_complete_and_honest(
    found: list[StoredOffer], sort: SortKey | None, limit: int, max_stops: int | None
) -> None:
    filters = Filters(max_stops=max_stops)
    selection = select_offers(found, filters, sort, limit)
    matching = [stored for stored in found if filters.accept(stored.offer)]
    assert len(selection.offers) == min(limit, len(matching))
    assert (selection.found, selection.matching) == (len(found), len(matching))
    assert selection.more == len(matching) - len(selection.offers)
    if sort != "best":
        measure = MEASURES[sort or "price"]
        shown = [measure(stored.offer) for stored in selection.offers]
        assert shown == sorted(measure(stored.offer) for stored in matching)[:limit]
    check_badges(selection.badges, selection.offers, matching)


def check_badges(
    badges: dict[Any, tuple[Any, ...]], shown: tuple[StoredOffer, ...], matching: list[StoredOffer]
) -> None:
    """Each title is given at most once, to an offer on the screen that nothing asked for beats."""
    given_titles = [badge for won in badges.values() for badge in won]
    assert len(given_titles) == len(set(given_titles))
    by_id = {stored.id: stored.offer for stored in shown}
    cheapest = min((stored.offer.total.amount_minor for stored in matching), default=1)
    measures: dict[str, Callable[[FlightOffer], Any]] = {
        "cheapest": MEASURES["price"],
        "fastest": MEASURES["duration"],
        "best": lambda offer: offer.total.amount_minor / cheapest + offer.duration / timedelta(hours=1) * HOUR_IN_COST,
    }
    for offer_id, won in badges.items():
        for badge in won:
            measure = measures[badge]
            others = [measure(stored.offer) for stored in matching]
            assert measure(by_id[offer_id]) == min(others)
            assert min(others) < max(others), "a title says nothing where all are alike"


def test_badge_of_one_that_is_beaten_is_noticed() -> None:
    """The mutant of the check above."""
    cheap, dear = store(make_offer(100)), store(make_offer(200))
    with pytest.raises(AssertionError):
        check_badges({dear.id: ("cheapest",)}, (cheap, dear), [cheap, dear])


def test_badges_of_offers_that_differ() -> None:
    cheap = store(make_offer(1_000, make_slice(minutes=600)))
    fast = store(make_offer(3_000, make_slice(minutes=60)))
    good = store(make_offer(1_050, make_slice(minutes=120)))
    assert select_offers([fast, good, cheap], Filters(), None, 3).badges == {
        cheap.id: ("cheapest",),
        fast.id: ("fastest",),
        good.id: ("best",),
    }
    assert select_offers([fast, good, cheap], Filters(), None, 1).badges == {cheap.id: ("cheapest",)}


def test_equal_prices_keep_the_cheaper_first_and_equal_offers_keep_their_order() -> None:
    first, second = store(make_offer(1_000)), store(make_offer(1_000))
    dear_early = store(make_offer(2_000, make_slice("06:00")))
    selection = select_offers([dear_early, first, second], Filters(), "price", 3)
    assert selection.offers == (first, second, dear_early)
    assert select_offers([store(make_offer(2_000)), first], Filters(), "duration", 2).offers[0] == first


def test_nothing_matching_still_says_how_much_was_found() -> None:
    selection = select_offers([store(BASE)], Filters(max_stops=0, airlines=("VJ",)), None, 3)
    assert (selection.offers, selection.matching, selection.found, selection.more) == ((), 0, 1, 0)
    assert select_offers([], Filters(), "best", 3).offers == ()


def test_budget_leaves_out_what_cannot_be_compared_with_it() -> None:
    found = [store(make_offer(150)), store(make_offer(300)), store(make_offer(1, currency="USD"))]
    budget = Filters(max_total=Money(amount_minor=200, currency="VND"))
    assert [each.offer.total.amount_minor for each in select_offers(found, budget, "price", 9).offers] == [150]


def test_budget_in_a_currency_nobody_sells_in_rules_nothing_out() -> None:
    found = [store(make_offer(100, currency="USD")), store(make_offer(300, currency="USD"))]
    budget = Filters(max_total=Money(amount_minor=200, currency="VND"))
    assert select_offers(found, budget, "price", 9).matching == 2
