"""What waits for its traveller goes on waiting through whatever comes between, and stays what it was."""

from __future__ import annotations

import pytest

from core.messages import say
from tests.api.test_bookings import add_passenger
from tests.support.accounts import Lobby
from tests.support.shopper import Shopper
from tests.support.talk import SEARCH, Json, Talk, results_of


@pytest.fixture
async def shopper(lobby: Lobby) -> Shopper:
    return await Shopper.come(lobby)


async def sign_in(lobby: Lobby, visitor: Talk) -> Talk:
    """The visitor's conversation, as that of somebody who can book for themselves."""
    account = await lobby.join()
    await add_passenger(account)
    token = {"X-Conversation-Token": visitor.client.headers["X-Conversation-Token"]}
    claimed = await account.client.post(f"{visitor.path}/claim", headers=token)
    assert claimed.status_code == 200, claimed.text
    return Talk(account.client, visitor.id)


def ids_of(reply: Json) -> list[str]:
    return [each["id"] for each in reply["interrupts"]]


async def test_second_click_on_an_answered_card_leaves_a_newer_one_open(shopper: Shopper) -> None:
    first = await shopper.open_card()
    await shopper.click(first)
    second = await shopper.book("đặt chuyến số 2")
    late = await shopper.click(first)
    assert ids_of(late) == ids_of({"interrupts": await shopper.pending()}) == [second["id"]]
    run = await shopper.talk.read_log(late["run_id"])
    assert results_of(run) == []
    assert await shopper.statuses() == ["approved", "open"]
    assert len(await shopper.bookings()) == 1


async def test_calling_a_person_leaves_a_card_open(shopper: Shopper) -> None:
    waiting = await shopper.open_card()
    called = await shopper.ask("cho mình gặp nhân viên")
    assert (called["intent"], ids_of(called)) == ("human", [waiting["id"]])
    again = await shopper.ask("đồng ý")
    assert again["content"] == say("said.look_again", "vi"), "it was no longer the last thing shown"
    assert await shopper.statuses() == ["open"]


async def test_question_before_signing_in_leaves_the_booking_waiting(lobby: Lobby, talk: Talk) -> None:
    await talk.ask(SEARCH)
    (asked,) = (await talk.ask("đặt chuyến số 2"))["interrupts"]
    told = await talk.ask("hành lý được mang bao nhiêu ký?")
    assert (asked["card"]["type"], ids_of(told)) == ("sign_in", [asked["id"]])
    (shown,) = (await (await sign_in(lobby, talk)).ask("xong rồi"))["interrupts"]
    assert (shown["action"], shown["card"]["type"]) == ("book", "confirm")


@pytest.mark.parametrize("between", [SEARCH, "cho mình xem các đặt chỗ"])
async def test_what_waits_is_dropped_where_its_numbers_mean_something_else(
    lobby: Lobby, talk: Talk, between: str
) -> None:
    await talk.ask(SEARCH)
    (asked,) = (await talk.ask("đặt chuyến số 2"))["interrupts"]
    told = await talk.ask(between)
    assert asked["id"] not in ids_of(told)


async def test_another_offer_chosen_before_signing_in_is_the_one_on_the_card(lobby: Lobby, talk: Talk) -> None:
    (found,) = (await talk.ask(SEARCH))["attachments"]
    first, second = (found["offers"][at]["offer_id"] for at in (0, 1))
    await talk.ask("đặt chuyến số 2")
    await talk.ask("thôi đặt chuyến số 1")
    (shown,) = (await (await sign_in(lobby, talk)).ask("xong rồi"))["interrupts"]
    assert first != second
    assert shown["card"]["offer_id"] == first
