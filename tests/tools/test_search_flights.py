"""Finding flights for a model: everything it may ask, what it reads, and what it is told of who did not answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

import services.flights.nearby
import services.flights.search
from core.clock import clock
from core.errors import RateLimited
from core.security import Actor
from db.models import User
from db.session import Transactions
from domain.offers import FlightQuery
from providers.flights.base import FoundOffer, ProviderDown, WorldMode
from services.flights.errors import ReturnBeforeDeparture
from services.rate_limits import Bucket
from tests.conftest import NOW
from tests.support.offers import NOTHING, make_offer, make_slice
from tests.support.providers import Shop, market_of
from tests.support.shops import SECRET, FullShop
from tests.tools.desk import Desk
from tools.errors import LegsAndReturn, NotUnderstood
from tools.flights import MAX_OFFERS, search_flights
from tools.wording import baggage_text, checked_text

ROUTE = {"origin": "HAN", "destination": "DAD", "departs_on": "2026-12-20"}
MODEL_BYTES = 4_000


class NotingShop(FullShop):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[FlightQuery] = []

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        self.queries.append(query)
        return await super().search(query)


async def test_offers_are_shown_and_told_in_short(transactions: Transactions) -> None:
    shop = FullShop(*(make_offer(1_000_000 + n) for n in range(20)))
    desk = Desk(transactions, market_of(shop))
    answer = await desk.call(search_flights, **ROUTE)
    assert [row["position"] for row in answer.card["offers"]] == list(range(1, MAX_OFFERS + 1))
    assert len(answer.facts["offers"]) == len(desk.state["offers"]) == MAX_OFFERS
    assert answer.facts["route"] == "Hà Nội → Đà Nẵng"
    assert answer.facts["notes"] == []
    assert (answer.card["search"]["updated_minutes"], answer.card["search"]["missing"]) == (None, [])
    assert len(answer.text.encode()) < MODEL_BYTES
    assert SECRET not in answer.text


async def test_trip_through_several_places_is_one_search(transactions: Transactions) -> None:
    shop = NotingShop()
    legs = [
        {"origin": "DAD", "destination": "SGN", "departs_on": "2026-12-23"},
        {"origin": "SGN", "destination": "HAN", "departs_on": "2026-12-27"},
    ]
    answer = await Desk(transactions, market_of(shop)).call(search_flights, **ROUTE, further_legs=legs)
    assert [(each.origins[0], each.destinations[0], each.departs_on.day) for each in shop.queries[0].slices] == [
        ("HAN", "DAD", 20),
        ("DAD", "SGN", 23),
        ("SGN", "HAN", 27),
    ]
    assert answer.facts["route"] == "Hà Nội → Đà Nẵng → TP. Hồ Chí Minh → Hà Nội"
    assert len(answer.facts["dates"]) == 3


async def test_nearby_airports_are_asked_for_on_request_and_serve_one_end_only(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = {"HAN": ("HPH", "VDO", "THD"), "DAD": ("HUI", "THD")}
    monkeypatch.setattr(services.flights.nearby, "nearby_airports", lambda code, km: near[code])
    shop = NotingShop()
    desk = Desk(transactions, market_of(shop))
    await desk.call(search_flights, **ROUTE, returns_on="2026-12-27")
    await desk.call(search_flights, **ROUTE, returns_on="2026-12-27", nearby=True)
    plain, wide = shop.queries
    assert [each.origins for each in plain.slices] == [("HAN",), ("DAD",)]
    assert [each.origins for each in wide.slices] == [("HAN", "HPH", "VDO"), ("DAD", "HUI")]
    assert [each.destinations for each in wide.slices] == [("DAD", "HUI"), ("HAN", "HPH", "VDO")]


async def test_who_did_not_answer_is_named_on_the_card_and_in_words(transactions: Transactions) -> None:
    mute = Shop(name="duffel")
    mute.fault = ProviderDown("x")
    desk = Desk(transactions, market_of(FullShop(), mute), "en")
    answer = await desk.call(search_flights, **ROUTE)
    assert answer.card["search"]["missing"] == ["Duffel"]
    assert answer.facts["notes"] == ["Duffel did not answer in time, so there may be more flights."]
    assert answer.facts["has_answered"] is True


async def test_nobody_answering_is_not_the_same_as_no_flights(transactions: Transactions) -> None:
    mute = Shop()
    mute.fault = ProviderDown("x")
    answer = await Desk(transactions, market_of(mute)).call(search_flights, **ROUTE)
    empty = await Desk(transactions, market_of(Shop())).call(search_flights, **ROUTE)
    assert (answer.facts["found"], answer.facts["has_answered"], answer.cards) == (0, False, [])
    assert (empty.facts["found"], empty.facts["has_answered"]) == (0, True)


async def test_old_prices_are_told_with_their_age(transactions: Transactions) -> None:
    shop = FullShop(make_offer(100, expires_at=NOW + timedelta(hours=1)))
    desk = Desk(transactions, market_of(shop))
    await desk.call(search_flights, **ROUTE)
    with clock.frozen(NOW + timedelta(minutes=12)):
        answer = await desk.call(search_flights, **ROUTE)
    assert answer.card["search"]["updated_minutes"] == 12
    assert answer.facts["notes"] == ["Giá cập nhật 12 phút trước."]


@pytest.mark.parametrize(
    ("args", "prices", "told"),
    [
        ({"max_total": 100, "budget_currency": "usd"}, ["VND"], ["Prices here are in VND, so I could not hold"]),
        ({"max_total": 2_000_000}, ["USD"], ["Prices here are in USD, so I could not hold"]),
        ({"max_total": 2_000_000}, ["VND"], []),
        ({}, ["VND", "USD"], []),
    ],
)
async def test_budget_that_cannot_be_compared_with_the_prices_is_said_to_be(
    transactions: Transactions, args: dict[str, object], prices: list[str], told: list[str]
) -> None:
    shop = FullShop(*(make_offer(1_000_000, currency=currency) for currency in prices))
    answer = await Desk(transactions, market_of(shop), "en").call(search_flights, **ROUTE, **args)
    assert len(answer.facts["offers"]) == len(prices)
    assert [note[: len(start)] for note, start in zip(answer.facts["notes"], told, strict=True)] == told


async def test_airlines_are_known_in_any_case(transactions: Transactions) -> None:
    answer = await Desk(transactions, market_of(FullShop())).call(search_flights, **ROUTE, airlines=["vn"])
    assert (answer.facts["airlines"], answer.facts["matching"]) == (["Vietnam Airlines"], 1)


async def test_searches_of_a_user_are_counted(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.flights.search, "SEARCH", Bucket("search", per_caller=1))
    async with transactions() as session:
        session.add(user := User(email="an@example.com"))
    desk = Desk(transactions, market_of(FullShop()), actor=Actor(kind="user", user_id=user.id))
    await desk.call(search_flights, **ROUTE)
    with pytest.raises(RateLimited):
        await desk.call(search_flights, **(ROUTE | {"departs_on": "2026-12-21"}))


@pytest.mark.parametrize("mode", ["simulated", "test", "live"])
async def test_model_is_told_what_kind_of_flights_they_are(transactions: Transactions, mode: WorldMode) -> None:
    shop = FullShop()
    shop.mode = mode
    assert (await Desk(transactions, market_of(shop)).call(search_flights, **ROUTE)).facts["world"] == mode


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"departs_on": "2026-11-01"}, NotUnderstood),
        ({"departs_on": "31/2"}, NotUnderstood),
        ({"origin": "Atlantis"}, NotUnderstood),
        ({"returns_on": "2026-12-01"}, ReturnBeforeDeparture),
        ({"returns_on": "2026-12-27", "further_legs": [ROUTE]}, LegsAndReturn),
        ({"further_legs": [ROUTE] * 5}, ValidationError),
        ({"further_legs": [{"origin": "DAD"}]}, ValidationError),
        ({"cabin": "cockpit"}, ValidationError),
        ({"airlines": ["VN", "ZZZ"]}, NotUnderstood),
        ({"max_total": 10**13}, ValidationError),
        ({"max_total": 100, "budget_currency": "QQQ"}, NotUnderstood),
    ],
)
async def test_search_that_makes_no_sense_is_refused_with_its_reason(
    transactions: Transactions, args: dict[str, object], reason: type[Exception]
) -> None:
    shop = FullShop()
    with pytest.raises(reason):
        await Desk(transactions, market_of(shop)).call(search_flights, **(ROUTE | args))
    assert shop.asked == 0


def test_bag_nobody_states_is_not_told_as_none() -> None:
    def offer_with(*checked: object) -> str:
        (slice_,) = make_offer(1, make_slice(carriers=["VN"] * len(checked))).slices
        segments = [
            segment.model_copy(update={"checked": bag}) for segment, bag in zip(slice_.segments, checked, strict=True)
        ]
        return checked_text(make_offer(1, slice_.model_copy(update={"segments": tuple(segments)})), "en")

    bag = make_slice().segments[0].carry_on
    assert offer_with(None) == offer_with(bag, None) == "not stated"
    assert offer_with(NOTHING) == offer_with(NOTHING, None) == "not included"
    assert offer_with(bag) == "1 × 23 kg"
    assert baggage_text(make_offer(1), "en") == "carry-on 1 × 23 kg, checked not included"
