"""Prices of other days for a model: the days it may ask for, what it reads, what people see."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from db.session import Transactions
from domain.offers import FlightQuery
from providers.flights.base import FoundOffer, ProviderDown
from services.flights.errors import CalendarTooLong
from tests.support.providers import Shop, market_of
from tests.support.shops import SECRET, FullShop
from tests.tools.desk import Desk
from tools.cards import MAX_TEXT_LINES
from tools.errors import NotUnderstood, SpanReversed, StayTooLong
from tools.price_calendar import price_calendar

ROUTE = {"origin": "HAN", "destination": "DAD"}
MODEL_BYTES = 2_500


class HolidayShop(FullShop):
    """Flies not on the 22nd, and is out of order on the 23rd."""

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        day = query.slices[0].departs_on.day
        if day == 23:
            raise ProviderDown("x")
        return [] if day == 22 else await super().search(query)


def days_of(card: dict[str, Any]) -> tuple[str, str, int]:
    return card["days"][0]["date"], card["days"][-1]["date"], len(card["days"])


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({"day": "2026-12-20"}, ("2026-12-17", "2026-12-23", 7)),
        ({"day": "20/12"}, ("2026-12-17", "2026-12-23", 7)),
        ({"day": "2026-11-22"}, ("2026-11-21", "2026-11-25", 5)),
        ({"day": "tháng 12"}, ("2026-12-01", "2026-12-31", 31)),
        ({"day": "2026-12-20", "last_day": "2026-12-21"}, ("2026-12-20", "2026-12-21", 2)),
        ({}, ("2026-11-22", "2026-12-22", 31)),
    ],
)
async def test_days_are_those_around_a_day_or_those_of_a_span(
    transactions: Transactions, said: dict[str, str], days: tuple[str, str, int]
) -> None:
    answer = await Desk(transactions, market_of(FullShop())).call(price_calendar, **ROUTE, **said)
    assert days_of(answer.card) == days
    assert len(answer.facts["days"]) == days[2]
    assert len(answer.text.encode()) < MODEL_BYTES
    assert SECRET not in answer.text + str(answer.cards)
    assert len(answer.card["text"].splitlines()) <= MAX_TEXT_LINES


async def test_every_day_has_a_price_or_says_why_not(transactions: Transactions) -> None:
    desk = Desk(transactions, market_of(HolidayShop()), "en")
    answer = await desk.call(price_calendar, **ROUTE, day="2026-12-20", last_day="2026-12-23", stay_nights=2)
    assert answer.facts["days"] == [
        "Sunday 20 December 2026: ₫1,000,020",
        "Monday 21 December 2026: ₫1,000,021",
        "Tuesday 22 December 2026: nothing suitable",
        "Wednesday 23 December 2026: no price yet",
    ]
    assert answer.facts["cheapest_day"] == {
        "date": "Sunday 20 December 2026",
        "returns": "Tuesday 22 December 2026",
        "total": "₫1,000,020",
        "airline": "Vietnam Airlines",
    }
    assert answer.facts["unanswered_days"] == 1
    assert answer.card["search"] == {
        "origin": {"code": "HAN", "name": "Hanoi"},
        "destination": {"code": "DAD", "name": "Da Nang"},
        "travellers": {"adults": 1, "children": 0, "infants": 0},
        "cabin": "economy",
        "stay_nights": 2,
        "missing": ["Test"],
    }
    assert answer.facts["notes"] == ["Test did not answer in time, so there may be more flights."]
    assert desk.state["cheapest_day"] == {"departs_on": "2026-12-20", "returns_on": "2026-12-22"}
    assert [(day["state"], day["is_cheapest"], day["return_date"]) for day in answer.card["days"]] == [
        ("priced", True, "2026-12-22"),
        ("priced", False, "2026-12-23"),
        ("none", False, "2026-12-24"),
        ("unknown", False, "2026-12-25"),
    ]
    assert answer.card["days"][0]["total"] == {"amount": "1000020", "currency": "VND"}


async def test_stay_of_months_has_its_prices(transactions: Transactions) -> None:
    desk = Desk(transactions, market_of(FullShop()))
    answer = await desk.call(price_calendar, **ROUTE, day="2026-12-20", last_day="2026-12-21", stay_nights=120)
    assert [day["return_date"] for day in answer.card["days"]] == ["2027-04-19", "2027-04-20"]


async def test_calendar_without_any_flight_has_no_cheapest_day(transactions: Transactions) -> None:
    answer = await Desk(transactions, market_of(Shop())).call(price_calendar, **ROUTE, day="2026-12-20")
    assert (answer.facts["cheapest_day"], answer.facts["notes"], answer.card["search"]["missing"]) == (None, [], [])
    assert {day["state"] for day in answer.card["days"]} == {"none"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"day": "2026-12-01", "last_day": "2027-01-01"}, CalendarTooLong),
        ({"day": "2026-12-20", "last_day": "2026-12-01"}, SpanReversed),
        ({"day": "2026-11-01"}, NotUnderstood),
        ({"day": "blue"}, NotUnderstood),
        ({"stay_nights": -1}, ValidationError),
        ({"stay_nights": 400}, StayTooLong),
        ({"stay_nights": 10**12}, StayTooLong),
        ({"airlines": ["ZZZ"]}, NotUnderstood),
    ],
)
async def test_days_that_make_no_sense_are_refused_with_their_reason(
    transactions: Transactions, said: dict[str, Any], reason: type[Exception]
) -> None:
    shop = FullShop()
    with pytest.raises(reason):
        await Desk(transactions, market_of(shop)).call(price_calendar, **ROUTE, **said)
    assert shop.asked == 0
