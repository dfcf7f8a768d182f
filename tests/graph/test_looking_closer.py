"""Prices by day, seats and rules in a conversation, understood and answered without a model."""

from __future__ import annotations

from typing import NamedTuple

import httpx
import pytest

from tests.conftest import StartApp
from tests.support.models import Say, scripted_models
from tests.support.talk import SEARCH, Talk


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
