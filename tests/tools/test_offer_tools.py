"""Looking into one of the offers on the screen: its price now, its seats, its rules."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from langchain_core.tools import BaseTool
from pydantic import ValidationError

from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.orders import FareNote, FareRules
from providers.flights.base import FoundOffer, ProviderDown
from services.flights.errors import FlightsUnreachable, SeatMapUnavailable
from tests.support.offers import make_offer
from tests.support.providers import Shop, market_of
from tests.support.shops import RULES, SECRET, FullShop
from tests.tools.desk import Desk
from tools.cards import MAX_TEXT_LINES
from tools.errors import OfferNumberUnknown
from tools.fare_rules import fare_rules
from tools.flights import get_offer_details, search_flights
from tools.seat_map import seat_map

ROUTE = {"origin": "HAN", "destination": "DAD", "departs_on": "2026-12-20"}
MODEL_BYTES = 2_000
ABOUT_ONE = [get_offer_details, seat_map, fare_rules]


async def test_checks_of_short_answers_have_something_to_find(transactions: Transactions) -> None:
    """What the model must not be given is there, and longer than it may read."""
    desk = await search_in(transactions, FullShop())
    async with transactions() as session:
        row = await OfferRepository(session).find(UUID(desk.state["offers"][0]["id"]))
    assert row is not None
    assert SECRET in str(row.raw)
    for tool in (seat_map, fare_rules):
        assert len(json.dumps((await desk.call(tool, number=1)).card)) > 2 * MODEL_BYTES


async def search_in(transactions: Transactions, shop: Shop, language: str = "en") -> Desk:
    desk = Desk(transactions, market_of(shop), "vi" if language == "vi" else "en")
    await desk.call(search_flights, **ROUTE)
    return desk


@pytest.mark.parametrize(
    ("price", "note"),
    [
        (1_000_000, None),
        (1_120_000, "The price has just gone up by ₫120,000; it was ₫1,000,000."),
        (900_000, "The price has just come down by ₫100,000; it was ₫1,000,000."),
    ],
)
async def test_details_tell_the_price_as_it_is_now(transactions: Transactions, price: int, note: str | None) -> None:
    shop = FullShop(make_offer(1_000_000, name="x"))
    desk = await search_in(transactions, shop)
    shop.offers = [shop.offers[0].model_copy(update={"price_parts": make_offer(price).price_parts})]
    answer = await desk.call(get_offer_details, number=1)
    assert answer.facts["price_note"] == note
    assert answer.facts["total"] == f"₫{price:,}"
    assert desk.state["offers"][0]["price"] == price, "the cheapest is found by the prices of now"


async def test_rise_somebody_else_saw_first_is_told_to_whoever_saw_the_old_price(transactions: Transactions) -> None:
    shop = FullShop(make_offer(1_000_000, name="x"))
    mine, others = await search_in(transactions, shop), await search_in(transactions, shop)
    shop.offers = [shop.offers[0].model_copy(update={"price_parts": make_offer(1_120_000).price_parts})]
    risen = "The price has just gone up by ₫120,000; it was ₫1,000,000."
    assert (await others.call(get_offer_details, number=1)).facts["price_note"] == risen
    assert (await mine.call(get_offer_details, number=1)).facts["price_note"] == risen
    assert mine.state["offers"][0]["price"] == 1_120_000
    assert (await mine.call(get_offer_details, number=1)).facts["price_note"] is None


async def test_rise_known_from_others_is_told_while_the_provider_is_away(transactions: Transactions) -> None:
    shop = FullShop(make_offer(1_000_000, name="x"))
    mine, others = await search_in(transactions, shop), await search_in(transactions, shop)
    shop.offers = [shop.offers[0].model_copy(update={"price_parts": make_offer(1_120_000).price_parts})]
    await others.call(get_offer_details, number=1)
    shop.fault = ProviderDown("x")
    note = (await mine.call(get_offer_details, number=1)).facts["price_note"]
    assert note.startswith("I could not check the price again")
    assert note.endswith("it was ₫1,000,000.")


@pytest.mark.parametrize("tool", ABOUT_ONE)
async def test_offer_looked_into_is_remembered_whoever_asked_for_it(transactions: Transactions, tool: BaseTool) -> None:
    desk = await search_in(transactions, FullShop(make_offer(1), make_offer(2)))
    await desk.call(tool, number=2)
    assert desk.state["number"] == 2


async def test_long_title_of_a_note_is_shortened_where_it_is_read(transactions: Transactions) -> None:
    class WordyShop(FullShop):
        async def fare_rules(self, found: FoundOffer) -> FareRules:
            return RULES.model_copy(update={"notes": (FareNote(title="Penalties " * 40, text="No."),)})

    answer = await (await search_in(transactions, WordyShop())).call(fare_rules, number=1)
    (note,) = answer.facts["carrier_notes"]
    assert len(note) < 80
    assert note.endswith("…: No.")
    assert len(answer.card["notes"][0]["title"]) == 400


async def test_details_say_when_the_price_could_not_be_checked(transactions: Transactions) -> None:
    shop = FullShop(make_offer(1_000_000, name="x"))
    desk = await search_in(transactions, shop, "vi")
    shop.fault = ProviderDown("x")
    answer = await desk.call(get_offer_details, number=1)
    assert answer.facts["price_note"] == "Mình chưa hỏi lại được giá; đây là giá lúc tìm."


async def test_seats_are_told_as_counts_and_ranges_and_shown_one_by_one(transactions: Transactions) -> None:
    desk = await search_in(transactions, FullShop())
    answer = await desk.call(seat_map, number=1)
    (flight,) = answer.facts["flights"]
    (cabin,) = flight["cabins"]
    assert (flight["flight"], flight["airports"]) == ("VN100", "HAN–DAD")
    assert (cabin["free"], cabin["seats"]) == (119, 179)
    assert cabin["prices"][0] == {"price": "free of charge", "free": 114, "rows": "2, 4–5, 7–8, 10–11, 13–14, 16–17, …"}
    assert cabin["prices"][1] == {"price": "₫250,000", "free": 5, "rows": "1"}
    assert cabin["features"] == [
        {"feature": "window", "free": 39, "named": "1A, 2A, 2F, 4A, 4F, 5A, …"},
        {"feature": "aisle", "free": 40, "named": "1C, 1D, 2C, 2D, 4C, 4D, …"},
    ]

    (shown,) = answer.card["maps"]
    (cabin_card,) = shown["cabins"]
    assert (shown["designator"], shown["origin"]["code"], shown["departs_at_local"]) == (
        "VN100",
        "HAN",
        "2026-12-20T08:00:00",
    )
    assert cabin_card["columns"] == ["A", "B", "C", "", "D", "E", "F"]
    first, _, third = cabin_card["rows"][:3]
    assert (first["row"], first["seats"][5]) == (1, None), "no seat stands there"
    assert first["seats"][0] == {
        "designator": "1A",
        "column": "A",
        "is_available": True,
        "price": {"amount": "250000", "currency": "VND"},
        "features": ["window"],
    }
    assert (third["seats"][0]["is_available"], third["seats"][0]["price"]) == (False, None)
    assert len(answer.card["text"].splitlines()) <= MAX_TEXT_LINES
    assert "VN100: 119 of 179 seats free" in answer.card["text"]


async def test_seats_the_carrier_does_not_show_are_a_sentence_not_an_empty_plane(transactions: Transactions) -> None:
    desk = await search_in(transactions, Shop(make_offer(1)))
    with pytest.raises(SeatMapUnavailable):
        await desk.call(seat_map, number=1)


async def test_rules_are_told_in_short_and_shown_whole(transactions: Transactions) -> None:
    desk = await search_in(transactions, FullShop(), "vi")
    answer = await desk.call(fare_rules, number=1)
    assert answer.facts["refund"] == "được, phí 500.000\u00a0₫"
    assert answer.facts["change"] == "không được"
    assert answer.card["refund"] == {"allowed": True, "fee": {"amount": "500000", "currency": "VND"}}
    assert answer.card["notes"] == [RULES.notes[0].model_dump()]
    assert answer.card["offer_id"] == desk.state["offers"][0]["id"]
    assert (answer.card["carry_on"], answer.card["checked"]) == ("1 × 23 kg", "không gồm")
    assert len(answer.card["text"].splitlines()) <= MAX_TEXT_LINES
    assert answer.facts["notes"] == []


async def test_rules_of_another_moment_say_so(transactions: Transactions) -> None:
    shop = FullShop()
    desk = await search_in(transactions, shop, "en")
    shop.fault = ProviderDown("x")
    answer = await desk.call(fare_rules, number=1)
    assert answer.facts["notes"] == [
        "The airline cannot be asked at the moment; these are the rules told with the search."
    ]
    assert answer.facts["carrier_notes"] == []


@pytest.mark.parametrize("tool", ABOUT_ONE)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_answer_about_an_offer_is_short_and_holds_no_payload(
    transactions: Transactions, tool: object, language: str
) -> None:
    desk = await search_in(transactions, FullShop(), language)
    answer = await desk.call(tool, number=1)  # type: ignore[arg-type]  # pytest knows objects
    assert len(answer.text.encode()) < MODEL_BYTES
    assert SECRET not in answer.text + str(answer.cards)


@pytest.mark.parametrize("tool", ABOUT_ONE)
async def test_number_that_is_not_on_the_screen_is_refused(transactions: Transactions, tool: object) -> None:
    desk = await search_in(transactions, FullShop())
    for number in (0, -1, 2):
        with pytest.raises(OfferNumberUnknown):
            await desk.call(tool, number=number)  # type: ignore[arg-type]  # pytest knows objects
    with pytest.raises(ValidationError):
        await desk.call(tool, number="the second")  # type: ignore[arg-type]


async def test_provider_that_is_away_is_said_to_be(transactions: Transactions) -> None:
    class MuteShop(FullShop):
        async def seat_map(self, found: object) -> list[object]:  # type: ignore[override]  # never answers
            raise ProviderDown("x")

    desk = await search_in(transactions, MuteShop())
    with pytest.raises(FlightsUnreachable):
        await desk.call(seat_map, number=1)
