"""Prices by day, seats and rules in a conversation, understood and answered without a model."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from tests.conftest import StartApp
from tests.support.models import Call, Say, scripted_models
from tests.support.talk import SEARCH, Talk, results_of


class Case(NamedTuple):
    search: str
    question: str
    card: str
    said: tuple[str, ...]


HANOI_DANANG = "from Hanoi to Da Nang on 27 November"
CASES = [
    Case(SEARCH, "sơ đồ ghế số 2", "seat_map", ("Ghế của chuyến số 2", "Cửa sổ: còn", "mô phỏng")),
    Case(SEARCH, "điều kiện vé số 1", "fare_rules", ("Điều kiện vé của chuyến số 1", "Hoàn vé:", "mô phỏng")),
    Case(SEARCH, "ngày nào rẻ nhất tháng 12", "price_calendar", ("Ngày rẻ nhất cho Hà Nội → Đà Nẵng", "/12/2026")),
    Case(SEARCH, "giá rẻ nhất quanh ngày 20/12", "price_calendar", ("Ngày rẻ nhất cho Hà Nội → Đà Nẵng",)),
    Case(HANOI_DANANG, "seat map of 2", "seat_map", ("Seats of option 2", "Window: ", "simulated")),
    Case(HANOI_DANANG, "can I refund the first one", "fare_rules", ("Fare rules of option 1", "Refund:")),
    Case(HANOI_DANANG, "cheapest day in December", "price_calendar", ("The cheapest day for Hanoi → Da Nang",)),
]


@pytest.fixture
async def talk(client: httpx.AsyncClient) -> Talk:
    return await Talk.open(client)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)
async def test_question_is_answered_in_words_and_on_a_card(talk: Talk, case: Case) -> None:
    await talk.ask(case.search)
    reply = await talk.ask(case.question)
    assert [card["type"] for card in reply["attachments"]] == [case.card]
    assert all(words in reply["content"] for words in case.said), reply["content"]
    assert reply["attachments"][0]["simulated"] is True


async def test_seats_and_rules_without_a_number_are_those_of_the_offer_looked_into(talk: Talk) -> None:
    await talk.ask(SEARCH)
    await talk.ask("chi tiết chuyến số 3")
    assert "chuyến số 3" in (await talk.ask("còn ghế cửa sổ không"))["content"]
    assert "chuyến số 3" in (await talk.ask("hoàn vé được không"))["content"]
    await talk.ask("lịch giá")
    assert "chuyến số 3" in (await talk.ask("xem sơ đồ ghế"))["content"], "its offers are still on the screen"
    await talk.ask("hôm sau thì sao?")
    assert "chuyến số 1" in (await talk.ask("còn ghế cửa sổ không"))["content"]


async def test_calendar_without_a_day_is_of_the_coming_month(talk: Talk) -> None:
    reply = await talk.ask("lịch giá Hà Nội đi Đà Nẵng")
    days = reply["attachments"][0]["days"]
    assert (days[0]["date"], days[-1]["date"]) == ("2026-11-22", "2026-12-22")


async def test_calendar_without_a_route_asks_for_it(talk: Talk) -> None:
    reply = await talk.ask("ngày nào rẻ nhất tháng 12")
    assert (reply["state"]["asked"], reply["attachments"]) == ("origin", [])


async def test_seats_without_an_offer_are_no_dead_end(talk: Talk) -> None:
    assert "đâu" in (await talk.ask("xem sơ đồ ghế"))["content"]


async def test_model_words_what_code_has_looked_up(start_app: StartApp) -> None:
    models = scripted_models(Say("Vâng."), Say("Còn nhiều ghế ạ."))
    async with start_app(models) as client:
        talk = await Talk.open(client)
        await talk.ask(SEARCH)
        reply = await talk.ask("sơ đồ ghế số 2")
    assert (reply["content"].strip(), reply["usage"]["llm_calls"]) == ("Còn nhiều ghế ạ.", 1)
    assert [card["type"] for card in reply["attachments"]] == ["seat_map"]


async def test_seats_asked_for_before_a_search_lead_to_it(talk: Talk) -> None:
    asked = await talk.ask("xem sơ đồ ghế Hà Nội đi Đà Nẵng")
    assert asked["state"]["asked"] == "depart_on"
    await talk.ask("27/11")
    assert "chuyến số 1" in (await talk.ask("xem sơ đồ ghế"))["content"]


async def test_calendar_of_a_round_trip_asks_for_the_nights_and_goes_on(talk: Talk) -> None:
    await talk.ask("lịch giá Hà Nội đi Đà Nẵng 10/12 đến 11/12")
    asked = await talk.ask("lịch giá khứ hồi")
    assert (asked["state"]["asked"], asked["attachments"]) == ("stay_nights", [])
    assert "mấy đêm" in asked["content"]
    (card,) = (await talk.ask("4 đêm"))["attachments"]
    assert (card["type"], card["search"]["stay_nights"], len(card["days"])) == ("price_calendar", 4, 2)


async def test_offer_a_model_looked_into_is_the_one_asked_about_next(start_app: StartApp) -> None:
    models = scripted_models(Say("Vâng."), Call("get_offer_details", number=3), Say("Đây ạ."), Say("Ghế đây ạ."))
    async with start_app(models) as client:
        talk = await Talk.open(client)
        await talk.ask(SEARCH)
        await talk.ask("chuyến này sao bạn")
        events = await talk.say("xem sơ đồ ghế")
    assert results_of(events)[0]["number"] == 3


@pytest.mark.parametrize(
    ("search", "calendar"),
    [
        (SEARCH, "lịch giá Hà Nội đi Đà Nẵng 10/12 đến 11/12, ở 4 đêm"),
        (HANOI_DANANG, "price calendar from Hanoi to Da Nang, 10 to 11 December"),
    ],
)
async def test_chips_after_looking_closer_are_answered_as_what_they_say(talk: Talk, search: str, calendar: str) -> None:
    found = chips_of(await talk.ask(search))
    assert [card["type"] for card in (await talk.ask(found["calendar"]))["attachments"]] == ["price_calendar"]
    await talk.ask(search)
    looked = chips_of(await talk.ask(found["details"]))
    assert [card["type"] for card in (await talk.ask(looked["seats"]))["attachments"]] == ["seat_map"]
    (prices,) = (reply := await talk.ask(calendar))["attachments"]
    (best,) = (day for day in prices["days"] if day["is_cheapest"])
    (card,) = (await talk.ask(chips_of(reply)["cheapest_day"]))["attachments"]
    days = [slice_["departs_on"] for slice_ in card["search"]["slices"]]
    assert days == [day for day in (best["date"], best["return_date"]) if day]


def chips_of(reply: dict[str, Any]) -> dict[str, str]:
    chips = {chip["id"]: chip["text"] for chip in reply["suggested_actions"]}
    assert len(chips) <= 4
    return chips
