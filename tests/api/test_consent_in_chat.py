"""A yes in a chat: what counts as one, what does not, and that whatever else is said or clicked moves nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

import tools.flights
from core.clock import clock
from core.messages import Language, say
from services.proposals import effects
from tests.api.test_chat_errors import check_error
from tests.conftest import NOW
from tests.support.accounts import Lobby
from tests.support.shopper import BOOK, NO, YES, Shopper, click_on
from tests.support.talk import SEARCH, Json, results_of, types_of
from tests.support.waiting import eventually

LATER = NOW + timedelta(minutes=25)
"""A card is over by then."""


@pytest.fixture
async def shopper(lobby: Lobby) -> Shopper:
    return await Shopper.come(lobby)


def refusal(code: str, language: Language = "vi") -> str:
    return f"{say(f'errors.{code}', language)} {say('said.nothing_done', language)}"


def closed(status: str, language: Language = "vi") -> str:
    return say(f"said.closed.{status}", language)


async def test_click_that_does_not_fit_moves_nothing_and_the_card_can_still_be_answered(
    shopper: Shopper, lobby: Lobby
) -> None:
    waiting = await shopper.open_card()
    somebody = await Shopper.come(lobby)
    theirs = await somebody.open_card(book="đặt chuyến số 2")
    other_talk = await shopper.elsewhere()
    elsewhere = await other_talk.open_card(book="đặt chuyến số 3")
    unfitting = [
        (click_on(waiting, quote_hash="0" * 64), "quote_mismatch"),
        (click_on(waiting, quote_hash="ü"), "quote_mismatch"),
        (click_on(theirs), "proposal_not_found"),
        (click_on(theirs, yes=False), "proposal_not_found"),
        (click_on(elsewhere), "proposal_not_found"),
        (click_on(elsewhere, yes=False), "proposal_not_found"),
        (click_on(waiting | {"id": str(uuid4())}), "proposal_not_found"),
        (click_on(waiting | {"id": "the card"}), "proposal_not_found"),
    ]
    for click, code in unfitting:
        reply = (await shopper.post_click([click])).json()
        assert (reply["content"], reply["usage"]["llm_calls"]) == (refusal(code), 0)
        assert (reply["state"]["run"], reply["interrupts"]) == ("interrupt", [waiting])
    assert await shopper.statuses() == ["open", "open"]
    assert await somebody.statuses() == ["open"]
    assert await shopper.bookings() == await somebody.bookings() == []
    assert (await shopper.click(waiting))["interrupts"] == []
    assert len(await shopper.bookings()) == 1
    assert await other_talk.pending() == [elsewhere]


async def test_two_clicks_are_one_booking(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    same = str(uuid4())
    first = await shopper.click(waiting, client_message_id=same)
    again = await shopper.click(waiting, client_message_id=same)
    assert first == again
    reference = (await shopper.bookings())[0].booking_reference
    assert reference
    other = await shopper.click(waiting, client_message_id=str(uuid4()))
    assert other["run_id"] != first["run_id"]
    assert (other["state"]["run"], other["interrupts"], other["usage"]["llm_calls"]) == ("success", [], 0)
    assert reference in first["content"]
    assert reference in other["content"]
    late = await shopper.click(waiting, yes=False)
    assert late["content"] == closed("approved")
    assert len(await shopper.bookings()) == 1
    taken = await shopper.post_click([click_on(waiting, yes=False)], client_message_id=same)
    check_error(taken, 422, "message_id_reused")


async def test_answers_at_once_are_one_booking(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    path = f"/v1/proposals/{waiting['id']}/approve"
    answers = await asyncio.gather(
        *(shopper.post_click([click_on(waiting)]) for _ in range(2)),
        shopper.talk.post(YES),
        shopper.account.client.post(path, json={"quote_hash": waiting["quote_hash"]}),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"run_active"}
    assert any(answer.status_code == 200 for answer in answers[:3])
    assert len(await shopper.bookings()) == 1
    assert await shopper.statuses() == ["approved"]


async def test_two_messages_at_once_take_turns(shopper: Shopper) -> None:
    await shopper.ask(SEARCH)
    answers = await asyncio.gather(shopper.talk.post(BOOK), shopper.talk.post("đặt chuyến số 2"))
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 200])
    assert (await shopper.statuses()).count("open") == 1
    (waiting,) = await shopper.pending()
    assert (await shopper.find(waiting)).status == "open"


async def test_yes_sent_twice_is_one_message(shopper: Shopper) -> None:
    await shopper.open_card()
    same = str(uuid4())
    first = await shopper.ask(YES, client_message_id=same)
    assert await shopper.ask(YES, client_message_id=same) == first
    assert len(await shopper.bookings()) == 1
    assert (await shopper.proposals())[0].channel == "typed"
    assert (await shopper.talk.detail())["message_count"] == 6


async def test_old_card_explains_itself_and_the_newer_one_stays(shopper: Shopper) -> None:
    old = await shopper.open_card()
    newer = await shopper.book("đặt chuyến số 2")
    assert [(await shopper.find(each)).status for each in (old, newer)] == ["void", "open"]
    for yes in (True, False):
        reply = await shopper.click(old, yes=yes)
        assert (reply["content"], reply["interrupts"]) == (closed("void"), [newer])
    assert await shopper.bookings() == []
    await shopper.click(newer)
    (booking,) = await shopper.bookings()
    assert (await shopper.find(newer)).booking_id == booking.id


@pytest.mark.parametrize("by", ["a click", "words"])
async def test_yes_to_an_expired_card_books_nothing(shopper: Shopper, by: str) -> None:
    waiting = await shopper.open_card()
    with clock.frozen(LATER):
        await shopper.sign_in_again()
        assert await shopper.pending() == []
        reply = await (shopper.click(waiting) if by == "a click" else shopper.ask(YES))
        assert (reply["content"], reply["state"]["run"]) == (say("said.expired.book", "vi"), "success")
        assert await shopper.bookings() == []
        assert await shopper.statuses() == ["void"]
        assert (await shopper.click(waiting))["content"] == closed("void")
        # the talk goes on, and a fresh card can be agreed to
        await shopper.open_card()
        await shopper.ask(YES)
    assert len(await shopper.bookings()) == 1


async def test_card_that_expired_meanwhile_is_not_shown_again(shopper: Shopper) -> None:
    await shopper.open_card()
    await shopper.ask("cảm ơn bạn")
    with clock.frozen(LATER):
        await shopper.sign_in_again()
        reply = await shopper.ask(YES)
    assert (reply["content"], reply["interrupts"]) == (say("said.expired.book", "vi"), [])
    assert await shopper.bookings() == []


async def test_question_leaves_the_card_open_and_a_yes_after_it_is_asked_again(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    for question in ("hành lý xách tay được bao nhiêu?", "chi tiết chuyến số 2", "cảm ơn bạn"):
        reply = await shopper.ask(question)
        assert (reply["state"]["run"], reply["interrupts"]) == ("interrupt", [waiting]), question
        assert await shopper.pending() == [waiting]
    again = await shopper.ask(YES)
    assert again["content"] == say("said.look_again", "vi")
    assert again["attachments"] == [waiting["card"]]
    assert again["interrupts"] == [waiting]
    assert await shopper.bookings() == []
    assert (await shopper.ask(YES))["interrupts"] == []
    assert len(await shopper.bookings()) == 1


async def test_click_after_a_question_needs_no_second_look(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    await shopper.ask("hành lý xách tay được bao nhiêu?")
    assert (await shopper.click(waiting))["attachments"][0]["type"] == "booking"
    assert await shopper.statuses() == ["approved"]


@pytest.mark.parametrize("edit", ["bay ngày 28/11", "chỉ Vietnam Airlines thôi", "làm lại từ đầu"])
async def test_another_wish_takes_the_card_back(shopper: Shopper, edit: str) -> None:
    waiting = await shopper.open_card()
    reply = await shopper.ask(edit)
    assert (reply["interrupts"], reply["state"]["run"]) == ([], "success")
    assert await shopper.statuses() == ["void"]
    assert await shopper.pending() == []
    assert (await shopper.click(waiting))["content"] == closed("void")
    await shopper.ask(YES)
    assert await shopper.bookings() == []


@pytest.mark.parametrize("by", ["a click", "words"])
async def test_no_keeps_what_was_found(shopper: Shopper, by: str) -> None:
    waiting = await shopper.open_card()
    reply = await (shopper.click(waiting, yes=False) if by == "a click" else shopper.ask(NO))
    assert reply["content"] == f"{say('said.declined.book', 'vi')} {say('said.search_kept', 'vi')}"
    assert (reply["interrupts"], reply["usage"]["llm_calls"]) == ([], 0)
    (declined,) = await shopper.proposals()
    assert (declined.status, declined.channel) == ("declined", "card" if by == "a click" else "typed")
    assert (await shopper.click(waiting))["content"] == closed("declined")
    await shopper.book("đặt chuyến số 2")
    assert await shopper.statuses() == ["declined", "open"]
    assert await shopper.bookings() == []


async def test_click_that_puts_a_card_aside_is_a_no(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    cancelled = {"interrupt_id": waiting["id"], "status": "cancelled"}
    assert (await shopper.post_click([cancelled])).json()["interrupts"] == []
    assert await shopper.statuses() == ["declined"]


@pytest.mark.parametrize("by", ["a click", "words"])
async def test_risen_price_is_told_with_the_difference_and_needs_a_yes_of_its_own(
    shopper: Shopper, shared_app: FastAPI, by: str
) -> None:
    waiting = await shopper.open_card()
    shared_app.state.sandbox_faults.arm("price", "price_change")
    reply = await (shopper.click(waiting) if by == "a click" else shopper.ask(YES))
    (anew,) = reply["interrupts"]
    before, now = (int(each["card"]["total"]["amount"]) for each in (waiting, anew))
    assert now > before
    for amount in (before, now, now - before):
        assert f"{amount:,}".replace(",", ".") in reply["content"]
    assert (reply["attachments"], reply["usage"]["llm_calls"]) == ([anew["card"]], 0)
    assert [(await shopper.find(each)).status for each in (waiting, anew)] == ["void", "open"]
    assert (await shopper.click(waiting))["content"] == closed("void")
    assert await shopper.bookings() == []
    await shopper.click(anew)
    (booking,) = await shopper.bookings()
    assert booking.amount_minor == now


async def test_reload_shows_what_waits_as_it_was_told(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    assert await shopper.pending() == [waiting]
    shown = (await shopper.talk.detail())["messages"][-1]
    assert (shown["attachments"], shown["run"]) == ([waiting["card"]], "interrupt")
    stranger = {"X-Conversation-Token": "somebody-else" * 3}
    async with shopper.lobby.visitor() as visitor:
        assert (await visitor.get(shopper.talk.path, headers=stranger)).status_code == 404
    # answered elsewhere, it is asked no more
    await shopper.account.client.post(f"/v1/proposals/{waiting['id']}/decline")
    assert await shopper.pending() == []
    assert (await shopper.ask(YES))["content"] == closed("declined")


class Held:
    """A piece of the product that does not come back until it is cancelled."""

    def __init__(self) -> None:
        self.is_reached = False

    async def __call__(self, *_: object, **__: object) -> None:
        self.is_reached = True
        await asyncio.Event().wait()

    async def was_reached(self) -> bool:
        return self.is_reached


async def cancel_inside(shopper: Shopper, held: Held, message: str) -> Json:
    """Say something, and cancel the run while it is held up."""
    asking = asyncio.create_task(shopper.ask(message))
    await eventually(held.was_reached)
    await shopper.talk.cancel(await shopper.talk.wait_for_run())
    return await asking


async def test_cancel_in_mid_tool_leaves_the_conversation_usable(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tools.flights, "search", held := Held())
        assert (await cancel_inside(shopper, held, SEARCH))["state"]["run"] == "cancelled"
    await shopper.open_card()
    assert await shopper.statuses() == ["open"]


async def test_cancel_in_mid_approval_leaves_the_card_to_be_answered_once(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = await shopper.open_card()
    with monkeypatch.context() as patch:
        patch.setattr(effects, "compare", held := Held())
        assert (await cancel_inside(shopper, held, YES))["state"]["run"] == "cancelled"
    assert await shopper.statuses() == ["open"]
    assert await shopper.pending() == [waiting]
    await shopper.click(waiting)
    assert len(await shopper.bookings()) == 1


PAYLOAD = {"approved": True, "quote_hash": "0" * 64}
CLICK = {"interrupt_id": str(uuid4()), "status": "resolved", "payload": PAYLOAD}
MALFORMED: list[Any] = [
    [CLICK, CLICK],
    [CLICK | {"status": "approved"}],
    [CLICK | {"interrupt_id": "x" * 65}],
    [CLICK | {"interrupt_id": None}],
    [CLICK | {"payload": {"approved": True}}],
    [CLICK | {"payload": PAYLOAD | {"quote_hash": 7}}],
    [CLICK | {"payload": PAYLOAD | {"amount": "1"}}],
    [CLICK | {"payload": "yes"}],
    [CLICK | {"user_id": str(uuid4())}],
    ["yes"],
    CLICK,
    "yes",
]


async def test_click_nobody_can_read_is_refused_and_starts_nothing(shopper: Shopper) -> None:
    for resume in MALFORMED:
        check_error(await shopper.talk.client.post(f"{shopper.talk.path}/messages", json={"resume": resume}), 422, CODE)
    assert (await shopper.talk.detail())["message_count"] == 0


CODE = "invalid_request"


async def test_click_without_a_conversation_moves_nothing(shopper: Shopper, shared_client: httpx.AsyncClient) -> None:
    waiting = await shopper.open_card()
    for client in (shopper.account.client, shared_client):
        reply = (await client.post("/v1/chat/messages", json={"resume": [click_on(waiting)]})).json()
        assert (reply["state"]["run"], reply["interrupts"]) == ("success", [])
        assert reply["conversation_id"] != shopper.talk.id
    assert await shopper.statuses() == ["open"]
    assert await shopper.bookings() == []


async def test_call_that_asked_is_answered_only_in_the_run_that_agrees(shopper: Shopper) -> None:
    await shopper.ask(SEARCH)
    asked = await shopper.talk.say(BOOK)
    assert [kind for kind in types_of(asked) if kind.startswith("TOOL_CALL")] == [
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
    ]
    outcome = asked[-1].data["outcome"]
    (waiting,) = outcome["interrupts"]
    assert outcome["type"] == "interrupt"
    between = await shopper.talk.say("cảm ơn bạn")
    assert "TOOL_CALL_RESULT" not in types_of(between)
    call_id = next(event.data["toolCallId"] for event in asked if event.data["type"] == "TOOL_CALL_START")
    assert waiting["toolCallId"] == call_id
    agreed = await shopper.talk.stream(YES)
    assert "TOOL_CALL_RESULT" not in types_of(agreed), "shown again first"
    agreed = await shopper.talk.stream(YES)
    answered = [event.data for event in agreed if event.data["type"] == "TOOL_CALL_RESULT"]
    assert [each["toolCallId"] for each in answered] == [call_id]
    (result,) = results_of(agreed)
    assert result["answer"] == "approved"
    assert result["booking_reference"] == (await shopper.bookings())[0].booking_reference
