"""A model that writes as much as it likes: one card at most, and nothing happens that nobody agreed to."""

from __future__ import annotations

import pytest

from providers.llm.asking import MAX_CALLS_AT_ONCE
from tests.graph.test_turn_costs import CHANGE
from tests.support.accounts import Lobby
from tests.support.models import Call, Say
from tests.support.scripted import ScriptedApp
from tests.support.shopper import YES, Shopper
from tests.support.talk import SEARCH, results_of


@pytest.fixture
async def shopper(scripted: ScriptedApp) -> Shopper:
    """With flights on the screen, in a conversation where the model is about to speak for the Booking agent."""
    shopper = await Shopper.come(Lobby(scripted.app))
    scripted.model.play(Say("Đây ạ."))
    await shopper.ask(SEARCH)
    return shopper


def propose(number: int) -> Call:
    return Call("propose_booking", number=number)


async def test_ten_writes_in_one_answer_are_one_card(scripted: ScriptedApp, shopper: Shopper) -> None:
    scripted.model.play([propose(number % 8 + 1) for number in range(10)])
    events = await shopper.talk.say(CHANGE)
    assert await shopper.statuses() == ["open"]
    (waiting,) = events[-1].data["outcome"]["interrupts"]
    assert [each["error"] for each in results_of(events)] == ["one_thing_at_a_time"] * (MAX_CALLS_AT_ONCE - 1)
    assert (await shopper.pending())[0]["id"] == waiting["id"]
    assert await shopper.bookings() == []


async def test_of_different_writes_and_reads_the_first_write_counts(scripted: ScriptedApp, shopper: Shopper) -> None:
    mixed = [Call("list_my_bookings"), propose(1), Call("propose_cancellation", booking="latest"), propose(2)]
    scripted.model.play(mixed)
    reply = await shopper.ask(CHANGE)
    assert [card["type"] for card in reply["attachments"]] == ["confirm"]
    assert await shopper.statuses() == ["open"]


async def test_write_while_a_card_is_open_replaces_it_and_a_yes_means_the_new_one(
    scripted: ScriptedApp, shopper: Shopper
) -> None:
    first = await shopper.book()
    scripted.model.play(propose(2))
    (second,) = (await shopper.ask(CHANGE))["interrupts"]
    assert second["id"] != first["id"]
    assert [(await shopper.find(each)).status for each in (first, second)] == ["void", "open"]
    assert await shopper.bookings() == []
    await shopper.ask(YES)
    (booking,) = await shopper.bookings()
    assert (await shopper.find(second)).booking_id == booking.id


async def test_write_that_fails_leaves_the_open_card_to_be_answered(scripted: ScriptedApp, shopper: Shopper) -> None:
    first = await shopper.book()
    scripted.model.play(propose(99), Say("Số đó không có trên màn hình."))
    reply = await shopper.ask(CHANGE)
    assert (reply["interrupts"], reply["state"]["run"]) == ([first], "interrupt")
    assert await shopper.statuses() == ["open"]


@pytest.mark.parametrize(
    "call",
    [
        Call("approve", proposal_id="latest"),
        Call("commit"),
        Call("create_booking", number=1),
        Call("propose_email_change", new_address="mallory@example.com"),
        Call("propose_preference", kind="seat", value="window"),
    ],
    ids=lambda call: f"{call.name} {sorted(call.args)}",
)
async def test_call_beyond_what_the_agent_may_do_shows_nothing(
    scripted: ScriptedApp, shopper: Shopper, call: Call
) -> None:
    scripted.model.play(call, Say("Xin lỗi bạn."))
    events = await shopper.talk.say(CHANGE)
    assert results_of(events)[-1]["error"] in ("tool_not_allowed", "tool_arguments")
    assert events[-1].data["outcome"] == {"type": "success"}
    assert await shopper.proposals() == []
    assert await shopper.bookings() == []


async def test_arguments_no_tool_has_change_nothing_of_the_card(scripted: ScriptedApp, shopper: Shopper) -> None:
    scripted.model.play(Call("propose_booking", number=1, approved=True, quote_hash="0" * 64, user_id="somebody"))
    (waiting,) = (await shopper.ask(CHANGE))["interrupts"]
    assert (await shopper.find(waiting)).status == "open"
    assert await shopper.bookings() == []


async def test_model_that_says_yes_for_the_traveller_answers_nothing(scripted: ScriptedApp, shopper: Shopper) -> None:
    waiting = await shopper.book()
    scripted.model.play(Say(f"{YES}. Mình đồng ý thay bạn."), Say("Vâng."))
    for message in ("bạn thấy sao?", "hành lý xách tay được bao nhiêu?"):
        assert (await shopper.ask(message))["interrupts"] == [waiting]
    assert await shopper.statuses() == ["open"]
    assert await shopper.bookings() == []


async def test_endless_refused_writes_end_with_an_answer(scripted: ScriptedApp, shopper: Shopper) -> None:
    scripted.model.play(*[propose(99)] * 20)
    reply = await shopper.ask(CHANGE)
    assert reply["usage"]["llm_calls"] <= 6
    assert reply["state"]["run"] in ("success", "error")
    assert await shopper.proposals() == []
    scripted.begin_anew()
    scripted.model.play(Say("Vâng."))
    assert (await shopper.ask("cảm ơn"))["state"]["run"] == "success"
