"""Talking on: follow-ups that change the search, questions for what is missing, chips, details, languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

import api.app
from core.clock import clock
from core.messages import Language, say
from core.messages.catalogue import load_catalogue
from domain.offers import FlightQuery
from providers.flights.base import FoundOffer
from providers.sandbox.flights import SandboxFlights
from tests.conftest import NOW, StartApp
from tests.support.accounts import Lobby
from tests.support.shopper import Shopper
from tests.support.talk import ENGLISH, VIETNAMESE, Json, Talk, offers_of
from understanding.read import read_language


def search_of(reply: Json) -> Json:
    (card,) = reply["attachments"]
    return dict(card["search"])


def prices(reply: Json) -> list[Decimal]:
    return [Decimal(offer["total"]["amount"]) for offer in offers_of(reply)]


def departures(reply: Json) -> set[str]:
    return {offer["slices"][0]["departs_at_local"][:10] for offer in offers_of(reply)}


async def test_asking_for_cheaper_keeps_the_trip_and_says_when_nothing_is(talk: Talk) -> None:
    first = await talk.ask(VIETNAMESE)
    cheaper = await talk.ask("Còn chuyến nào rẻ hơn?")
    assert search_of(cheaper) == search_of(first)
    assert prices(cheaper) == sorted(prices(cheaper))
    assert min(prices(cheaper)) <= min(prices(first))
    assert "không có giá nào thấp hơn nữa" in cheaper["content"]
    assert cheaper["intent"] == "refine"


@pytest.mark.parametrize("text", ["only Vietnam Airlines", "chỉ Vietnam Airlines thôi"])
async def test_an_airline_narrows_the_same_search(talk: Talk, text: str) -> None:
    first = await talk.ask(VIETNAMESE)
    narrowed = await talk.ask(text)
    assert search_of(narrowed)["travellers"]["adults"] == 2
    assert departures(narrowed) == departures(first) == {"2026-11-27"}
    assert {offer["carrier"]["code"] for offer in offers_of(first)} != {"VN"}
    assert {segment["designator"][:2] for segment in segments_of(narrowed)} == {"VN"}
    assert narrowed["state"]["frame"]["airlines"] == ["VN"]


def segments_of(reply: Json) -> list[Json]:
    return [segment for offer in offers_of(reply) for slice_ in offer["slices"] for segment in slice_["segments"]]


@pytest.mark.parametrize("text", ["what about the day after?", "Hôm sau thì sao?"])
async def test_the_day_after_moves_the_date_and_nothing_else(talk: Talk, text: str) -> None:
    await talk.ask(VIETNAMESE)
    await talk.ask("chỉ Vietnam Airlines thôi")
    moved = await talk.ask(text)
    assert departures(moved) == {"2026-11-28"}
    assert search_of(moved)["travellers"]["adults"] == 2
    assert {segment["designator"][:2] for segment in segments_of(moved)} == {"VN"}


async def test_every_follow_up_goes_on_from_the_one_before(talk: Talk) -> None:
    await talk.ask(ENGLISH)
    await talk.ask("only Vietnam Airlines")
    later = await talk.ask("what about the day after?")
    freed = await talk.ask("Any airline is fine")
    assert departures(later) == departures(freed) == {"2026-12-21"}
    assert len({offer["carrier"]["code"] for offer in offers_of(freed)}) > 1
    assert (freed["state"]["frame"]["max_stops"], freed["state"]["frame"]["trip"]) == (0, "one_way")


def says(reply: Json, key: str) -> bool:
    """Whether the longest run of fixed words of one way to put a sentence of the catalogue is in a reply."""
    catalogue = load_catalogue(reply["language"])
    ways = [text for name, text in catalogue.items() if name == key or name.startswith(f"{key}.")]
    return any(max(re.split(r"\{\w+\}", way), key=len) in reply["content"] for way in ways)


ASKING: list[tuple[str, Sequence[tuple[str, str | None, list[str], str]]]] = [
    (
        "vi",
        [
            ("Tôi muốn bay đi Đà Nẵng", "origin", ["origin", "depart_on"], "ask.origin_to"),
            ("Từ Hà Nội", "depart_on", ["depart_on"], "ask.depart_on_route"),
            ("thứ sáu tuần sau", None, [], "replies.found"),
        ],
    ),
    (
        "en",
        [
            ("I want to fly to Bangkok", "origin", ["origin", "depart_on"], "ask.origin_to"),
            ("from Saigon", "depart_on", ["depart_on"], "ask.depart_on_route"),
            ("20 December", None, [], "replies.found"),
        ],
    ),
    (
        "vi",
        [
            ("Hà Nội đi Đà Nẵng thứ sáu tuần sau, khứ hồi", "return_on", ["return_on"], "ask.return_on"),
            ("chủ nhật", None, [], "replies.found"),
        ],
    ),
]


@pytest.mark.parametrize(("language", "lines"), ASKING, ids=["vi", "en", "return"])
async def test_what_is_missing_is_asked_for_one_thing_at_a_time(
    talk: Talk, language: str, lines: Sequence[tuple[str, str | None, list[str], str]]
) -> None:
    for text, asked, missing, key in lines:
        reply = await talk.ask(text)
        assert (reply["state"]["asked"], reply["state"]["missing"]) == (asked, missing)
        assert says(reply, key)
        assert reply["language"] == language
        assert len(reply["attachments"]) == (asked is None)


async def test_return_trip_has_two_directions_on_the_card(talk: Talk) -> None:
    reply = await talk.ask("Hà Nội đi Đà Nẵng 25/12, về 28/12")
    for offer in offers_of(reply):
        out, back = offer["slices"]
        assert (out["origin"]["code"], back["origin"]["code"]) == ("HAN", "DAD")
        assert (out["departs_at_local"][:10], back["departs_at_local"][:10]) == ("2026-12-25", "2026-12-28")


@pytest.mark.parametrize("choice", [0, 1])
async def test_a_date_with_two_readings_is_asked_and_its_chips_settle_it(talk: Talk, choice: int) -> None:
    asked = await talk.ask("I would like to fly from Hanoi to Da Nang on 03/12")
    chips = asked["suggested_actions"]
    assert [chip["id"] for chip in chips] == ["reading:2026-12-03", "reading:2027-03-12"]
    assert (asked["state"]["asked"], asked["attachments"]) == ("depart_on", [])
    settled = await talk.ask(chips[choice]["text"])
    assert departures(settled) == {chips[choice]["id"].removeprefix("reading:")}


async def test_chips_are_answered_as_what_they_say(talk: Talk) -> None:
    for sentence, expected in ((VIETNAMESE, "2026-11-28"), (ENGLISH, "2026-12-21")):
        fresh = await Talk.open(talk.client)
        chips = {chip["id"]: chip["text"] for chip in (await fresh.ask(sentence))["suggested_actions"]}
        assert len(chips) <= 4
        details = await fresh.ask(chips["details"])
        assert details["intent"] == "details"
        assert details["attachments"] == []
        assert departures(await fresh.ask(chips["next_day"])) == {expected}


async def test_starters_of_a_greeting_work_as_they_stand(talk: Talk) -> None:
    for greeting, language in (("xin chào", "vi"), ("hello", "en")):
        fresh = await Talk.open(talk.client)
        chips = {chip["id"]: chip["text"] for chip in (await fresh.ask(greeting))["suggested_actions"]}
        assert set(chips) == {"example", "help"}
        assert (await fresh.ask(chips["help"]))["intent"] == "help"
        found = await fresh.ask(chips["example"])
        assert (found["language"], len(offers_of(found))) == (language, 8)


@pytest.mark.parametrize(
    ("sentence", "question", "words"),
    [
        (VIETNAMESE, "Chi tiết chuyến số 3", ("Hành lý", "Hoàn vé", "Đổi vé")),
        (ENGLISH, "details of the third one", ("Bags", "Refund", "Changes")),
    ],
)
async def test_details_are_those_of_the_offer_on_the_screen(
    talk: Talk, sentence: str, question: str, words: tuple[str, ...]
) -> None:
    offer = offers_of(await talk.ask(sentence))[2]
    content = (await talk.ask(question))["content"]
    (slice_,) = offer["slices"]
    for segment in slice_["segments"]:
        assert segment["designator"] in content
        assert segment["departs_at_local"][11:16] in content
        assert segment["arrives_at_local"][11:16] in content
    total = int(offer["total"]["amount"])
    assert f"{total:,}" in content or f"{total:,}".replace(",", ".") in content
    assert offer["fare_brand"] in content
    assert all(word in content for word in words)


async def test_a_number_that_is_not_on_the_screen_is_told_so(talk: Talk) -> None:
    await talk.ask(ENGLISH)
    reply = await talk.ask("details of option 30")
    assert reply["state"]["run"] == "success"
    assert "30" in reply["content"]
    assert reply["attachments"] == []


async def test_each_message_is_answered_in_its_own_language(talk: Talk) -> None:
    conversation = [
        (VIETNAMESE, "vi", "replies.found"),
        ("only Vietnam Airlines", "en", "replies.found"),
        ("Hôm sau thì sao?", "vi", "replies.found"),
        ("which is the cheapest?", "en", "replies.simulated"),
        ("cảm ơn bạn", "vi", "concierge.thanks"),
    ]
    for text, language, key in conversation:
        reply = await talk.ask(text)
        assert reply["language"] == language, text
        assert says(reply, key)
        assert {card["language"] for card in reply["attachments"]} <= {language}


CARD_TURNS = [
    ("flights from Hanoi to Da Nang on 27 November", "en"),
    ("đặt chuyến số 1", "vi"),
    ("can I bring a cat?", "en"),
    ("đồng ý", "vi"),
    ("yes, book it", "en"),
    ("thanh toán bằng VNPAY", "vi"),
    ("show my bookings", "en"),
    ("chi tiết chuyến số 80", "vi"),
    ("details of option 80", "en"),
]


async def test_cards_chips_and_our_own_sentences_follow_the_language_of_each_message(lobby: Lobby) -> None:
    shopper = await Shopper.come(lobby)
    shown: set[str] = set()
    for text, language in CARD_TURNS:
        reply = await shopper.ask(text)
        assert reply["language"] == language, text
        sentences = [reply["content"], *(chip["text"] for chip in reply["suggested_actions"])]
        assert all(read_language(each) in (language, None) for each in sentences), sentences
        for card in reply["attachments"]:
            assert (card["language"], read_language(card["text"])) in ((language, language), (language, None)), text
            shown.add(card["type"])
        waits = [waiting["card"] for waiting in reply["interrupts"] if waiting["card"] in reply["attachments"]]
        assert all(card["language"] == language for card in waits)
    assert shown == {"flight_offers", "confirm", "booking", "payment"}


@pytest.mark.parametrize(("book", "language"), [("đặt chuyến số 1", "vi"), ("book number 1", "en")])
@pytest.mark.parametrize("browser", ["vi", "en"])
async def test_click_is_answered_in_the_language_of_the_conversation(
    lobby: Lobby, book: str, language: Language, browser: str
) -> None:
    shopper = await Shopper.come(lobby)
    shopper.account.client.headers["Accept-Language"] = browser
    waiting = await shopper.open_card(book=book)
    reply = await shopper.click(waiting, yes=False)
    assert (reply["language"], says(reply, "said.declined.book")) == (language, True)
    assert (await shopper.talk.detail())["messages"][-2]["content"] == say("clicks.declined", language)


async def test_card_shown_again_is_in_the_language_of_the_answer(lobby: Lobby) -> None:
    shopper = await Shopper.come(lobby)
    waiting = await shopper.open_card()
    await shopper.ask("can I bring a cat?")
    (again,) = (await shopper.ask("yes, book it"))["interrupts"]
    assert (again["id"], again["quote_hash"]) == (waiting["id"], waiting["quote_hash"])
    assert (waiting["card"]["language"], again["card"]["language"]) == ("vi", "en")
    assert (await shopper.click(again))["language"] == "en"
    assert len(await shopper.bookings()) == 1


async def test_a_message_in_no_language_keeps_the_one_before(talk: Talk) -> None:
    await talk.ask(ENGLISH)
    assert (await talk.ask("VN?"))["language"] == "en"


async def test_locale_decides_where_the_message_does_not(shared_client: httpx.AsyncClient) -> None:
    for locale, language in (("en-GB", "en"), ("vi", "vi"), ("fr-FR", "en")):
        reply = (await shared_client.post("/v1/chat/messages", json={"message": "HAN DAD", "locale": locale})).json()
        assert reply["language"] == language


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[FlightQuery]:
    """What the provider is asked from now on."""
    asked: list[FlightQuery] = []

    class RecordingFlights(SandboxFlights):
        async def search(self, query: FlightQuery) -> list[FoundOffer]:
            asked.append(query)
            return await super().search(query)

    monkeypatch.setattr(api.app, "SandboxFlights", RecordingFlights)
    return asked


async def test_same_search_is_answered_from_the_cache_until_its_prices_expire(
    searches: list[FlightQuery], start_app: StartApp
) -> None:
    async with start_app() as client:
        made = (await client.post("/v1/chat/conversations", json={})).json()
        client.headers["X-Conversation-Token"] = made["conversation_token"]
        first, again = Talk(client, made["id"]), await Talk.open(client)
        ids = [offer["offer_id"] for offer in offers_of(await first.ask(VIETNAMESE))]
        assert [offer["offer_id"] for offer in offers_of(await again.ask(VIETNAMESE))] == ids
        # a filter chooses among what was found, so it asks nobody either
        await again.ask("chỉ Vietnam Airlines thôi")
        assert len(searches) == 1
        await again.ask("Hôm sau thì sao?")
        assert len(searches) == 2
        with clock.frozen(NOW + timedelta(hours=1)):
            await first.ask("chỉ Vietjet thôi")
        assert len(searches) == 3


async def test_expired_price_is_not_shown_as_if_it_held(talk: Talk) -> None:
    await talk.ask(ENGLISH)
    with clock.frozen(NOW + timedelta(hours=1)):
        reply = await talk.ask("details of the first one")
    assert reply["content"] == "This price has expired; I need to search again for a fresh one."
