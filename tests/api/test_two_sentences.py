"""The two sentences everyone tries first, both as JSON and as SSE, against what the timetable answers directly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

import pytest

from core.clock import clock
from domain.offers import FlightOffer, FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from providers.sandbox.timetable import SandboxTimetable
from tests.support.sse import cards_of, text_of
from tests.support.talk import ENGLISH, VIETNAMESE, Json, Talk

MAX_OFFERS = 8


@dataclass(frozen=True)
class Asked:
    """A sentence and what it means."""

    sentence: str
    language: str
    query: FlightQuery
    max_stops: int | None
    opening: str
    """How the reply starts; `{count}` is the number of flights that fit."""
    money: Callable[[int], str]


CASES = [
    Asked(
        VIETNAMESE,
        "vi",
        FlightQuery(
            slices=(SliceQuery(origins=("HAN",), destinations=("DAD",), departs_on=date(2026, 11, 27)),),
            travellers=TravellerCounts(adults=2),
            cabin="economy",
            currency="VND",
        ),
        None,
        "Mình tìm thấy **{count} lựa chọn** cho Hà Nội → Đà Nẵng, thứ Sáu 27/11/2026, 2 người lớn. Rẻ nhất là ",
        lambda amount: f"**{amount:,}\u00a0₫**".replace(",", "."),
    ),
    Asked(
        ENGLISH,
        "en",
        FlightQuery(
            slices=(SliceQuery(origins=("SGN",), destinations=("BKK", "DMK"), departs_on=date(2026, 12, 20)),),
            travellers=TravellerCounts(adults=1),
            cabin="economy",
            currency="VND",
        ),
        0,
        "There are **{count} options** for Ho Chi Minh City → Bangkok, Sunday 20 December 2026, 1 adult, "
        "cheapest first. The cheapest is ",
        lambda amount: f"**₫{amount:,}**",
    ),
]

Ask = Callable[[Talk, str], Awaitable[tuple[str, Json]]]


async def ask_as_json(talk: Talk, sentence: str) -> tuple[str, Json]:
    reply = await talk.ask(sentence)
    (card,) = reply["attachments"]
    return reply["content"], card


async def ask_as_stream(talk: Talk, sentence: str) -> tuple[str, Json]:
    events = await talk.say(sentence)
    (card,) = cards_of(events)
    return text_of(events), card


@pytest.mark.parametrize("ask", [ask_as_json, ask_as_stream], ids=["json", "sse"])
@pytest.mark.parametrize("asked", CASES, ids=["vi", "en"])
async def test_card_and_text_are_what_the_timetable_answers(talk: Talk, asked: Asked, ask: Ask) -> None:
    text, card = await ask(talk, asked.sentence)
    found = [offer for offer, _ in await SandboxTimetable(clock.now).search(asked.query)]
    fitting = [offer for offer in found if asked.max_stops is None or offer.stops <= asked.max_stops]
    shown = fitting[:MAX_OFFERS]
    assert [describe_row(row) for row in card["offers"]] == [describe_offer(offer) for offer in shown]
    assert [row["position"] for row in card["offers"]] == list(range(1, MAX_OFFERS + 1))
    assert card["more"] == len(fitting) - MAX_OFFERS

    totals = [offer.total.amount_minor for offer in shown]
    assert totals == sorted(totals)
    assert len({row["offer_id"] for row in card["offers"]}) == MAX_OFFERS
    assert card["offers"][0]["badges"][0] == "cheapest"

    assert card["language"] == asked.language
    assert text.startswith(asked.opening.format(count=len(fitting)))
    assert asked.money(totals[0]) in text
    assert shown[0].slices[0].segments[0].designator in text


def describe_offer(offer: FlightOffer) -> Json:
    """What a traveller compares, from the timetable's answer."""
    assert offer.per_adult is not None
    return {
        "carrier": offer.carriers[0],
        "fare_brand": offer.fare_brand,
        "cabin": offer.cabin,
        "total": {"amount": str(offer.total.amount_minor), "currency": "VND"},
        "per_adult": {"amount": str(offer.per_adult.amount_minor), "currency": "VND"},
        "seats_left": offer.seats_left,
        "refund": offer.conditions.refund.allowed,
        "change": offer.conditions.change.allowed,
        "slices": [
            {
                "minutes": slice_.duration.total_seconds() / 60,
                "stops": slice_.stops,
                "days": slice_.day_difference,
                "flights": [
                    (
                        segment.designator,
                        segment.origin,
                        segment.destination,
                        f"{segment.departs.at_local:%Y-%m-%dT%H:%M:%S}",
                        f"{segment.arrives.at_local:%Y-%m-%dT%H:%M:%S}",
                        segment.checked.pieces if segment.checked else None,
                    )
                    for segment in slice_.segments
                ],
            }
            for slice_ in offer.slices
        ],
    }


def describe_row(row: Json) -> Json:
    """The same of a card's row."""
    return {
        "carrier": row["carrier"]["code"],
        "fare_brand": row["fare_brand"],
        "cabin": row["cabin"],
        "total": row["total"],
        "per_adult": row["per_adult"],
        "seats_left": row["seats_left"],
        "refund": row["conditions"]["refund"]["allowed"],
        "change": row["conditions"]["change"]["allowed"],
        "slices": [
            {
                "minutes": slice_["duration_minutes"],
                "stops": slice_["stops"],
                "days": slice_["day_difference"],
                "flights": [
                    (
                        segment["designator"],
                        segment["origin"]["code"],
                        segment["destination"]["code"],
                        segment["departs_at_local"],
                        segment["arrives_at_local"],
                        segment["checked"]["pieces"],
                    )
                    for segment in slice_["segments"]
                ],
            }
            for slice_ in row["slices"]
        ],
    }


async def test_card_says_what_was_searched_and_that_it_is_simulated(talk: Talk) -> None:
    _, card = await ask_as_json(talk, VIETNAMESE)
    assert card["simulated"] is True
    assert (card["type"], card["schema_version"]) == ("flight_offers", 1)
    assert card["search"] == {
        "slices": [
            {
                "origin": {"code": "HAN", "name": "Hà Nội"},
                "destination": {"code": "DAD", "name": "Đà Nẵng"},
                "departs_on": "2026-11-27",
            }
        ],
        "travellers": {"adults": 2, "children": 0, "infants": 0},
        "cabin": "economy",
        "updated_minutes": None,
        "missing": [],
    }
    lines = card["text"].splitlines()
    assert len(lines) == MAX_OFFERS
    assert lines[0].startswith(f"1. {card['offers'][0]['carrier']['name']}: HAN–DAD ")
    assert "bay thẳng" in lines[0]


async def test_total_is_the_sum_of_its_parts(talk: Talk) -> None:
    _, card = await ask_as_json(talk, "Hà Nội đi Đà Nẵng 25/12 cho 2 người lớn, 1 trẻ em và 1 em bé")
    for row in card["offers"]:
        assert {part["traveller_type"]: part["count"] for part in row["price_parts"]} == {
            "adult": 2,
            "child": 1,
            "infant": 1,
        }
        assert sum(part["count"] * int(part["each"]["amount"]) for part in row["price_parts"]) == int(
            row["total"]["amount"]
        )


async def test_one_answer_without_a_tool_choice_costs_one_model_call(talk: Talk) -> None:
    for sentence in (VIETNAMESE, ENGLISH):
        usage = (await talk.ask(sentence))["usage"]
        assert usage == {
            "llm_calls": 1,
            "input_tokens": 0,
            "output_tokens": 0,
            "cost_usd": "0",
            "replaced_sentences": 0,
        }
