"""From one agent to another: by code where it is clear, by the concierge's model where it is not, once a turn."""

from __future__ import annotations

import json

import pytest

from agents.registry import AGENTS
from tests.support.accounts import Lobby
from tests.support.models import Call, Say
from tests.support.scripted import ScriptedApp
from tests.support.sse import Received, text_of
from tests.support.talk import SEARCH, Json, Talk, results_of, terminals_of

UNSURE = "bạn giúp cái kia nhé"
"""Nothing code could tell the agent by."""
SEARCHED = {"origin": "HAN", "destination": "DAD", "departs_on": "2026-12-01"}


@pytest.fixture
async def talk(scripted: ScriptedApp) -> Talk:
    return await Talk.open(Lobby(scripted.app).visitor())


def routes_of(events: list[Received]) -> list[tuple[str, str]]:
    told = [event.data["value"] for event in events if event.data.get("name") == "route"]
    return [(route["agent"], route["reason"]) for route in told]


def agent_of(events: list[Received]) -> str:
    return str(events[-1].data["result"]["agent_name"])


def steps_of(events: list[Received]) -> list[str]:
    return [event.data["stepName"] for event in events if event.data["type"] == "STEP_STARTED"]


@pytest.mark.parametrize("target", [name for name in AGENTS if name != "concierge"])
async def test_concierge_hands_over_to_every_other_agent(scripted: ScriptedApp, talk: Talk, target: str) -> None:
    scripted.model.play(Call(f"transfer_to_{target}"), Say("Mình đây ạ."))
    events = await talk.say(UNSURE)
    assert routes_of(events) == [("concierge", "unsure"), (target, "handoff")]
    assert (steps_of(events), agent_of(events)) == (["concierge", target], target)
    assert text_of(events).strip() == "Mình đây ạ."
    assert [tool.name for tool in scripted.model.tools[1]] == [tool.name for tool in AGENTS[target].tools]
    assert events[-1].data["result"]["usage"]["llm_calls"] == 2
    # and keeps the conversation
    scripted.model.play(Say("Vâng."))
    assert routes_of(await talk.say(UNSURE)) == [(target, "stays")]


async def test_agent_that_was_handed_the_turn_goes_on_with_its_own_tools(scripted: ScriptedApp, talk: Talk) -> None:
    scripted.model.play(Call("transfer_to_flight"), Call("search_flights", **SEARCHED), Say("Đây ạ."))
    reply = await talk.ask(UNSURE)
    assert [card["type"] for card in reply["attachments"]] == ["flight_offers"]
    assert (reply["agent_name"], reply["usage"]["llm_calls"]) == ("flight", 3)


async def test_first_of_several_handoffs_counts_and_all_are_answered(scripted: ScriptedApp, talk: Talk) -> None:
    both = [Call("transfer_to_calendar"), Call("transfer_to_flight")]
    scripted.model.play(both, Say("Mình đây ạ."))
    events = await talk.say(UNSURE)
    assert routes_of(events)[1:] == [("calendar", "handoff")]
    assert results_of(events) == [{"transferred_to": "calendar"}] * 2


@pytest.mark.parametrize("call", ["transfer_to_booking", "transfer_to_concierge", "transfer_to_flight"])
async def test_nobody_but_the_concierge_hands_over(scripted: ScriptedApp, talk: Talk, call: str) -> None:
    scripted.model.play(Say("Đây ạ."))
    await talk.ask(SEARCH)
    scripted.model.play(Call(call), Say("Vâng."))
    events = await talk.say("chuyến đó thế nào bạn")
    assert (routes_of(events), agent_of(events)) == ([("flight", "stays")], "flight")
    assert results_of(events)[-1]["error"] == "tool_not_allowed"
    assert terminals_of(events) == ["RUN_FINISHED"]


async def test_handing_over_happens_once_a_turn(scripted: ScriptedApp, talk: Talk) -> None:
    scripted.model.play(Call("transfer_to_flight"), Call("transfer_to_booking"), Say("Vâng."))
    events = await talk.say(UNSURE)
    assert [reason for _, reason in routes_of(events)] == ["unsure", "handoff"]
    assert agent_of(events) == "flight"


@pytest.mark.parametrize("call", ["transfer_to_concierge", "transfer_to_wizard", "transfer_to_", "search_flights"])
async def test_concierge_hands_over_to_nobody_there_is_not(scripted: ScriptedApp, talk: Talk, call: str) -> None:
    scripted.model.play(Call(call), Say("Xin lỗi bạn."))
    events = await talk.say(UNSURE)
    assert (results_of(events)[0]["error"], agent_of(events)) == ("tool_not_allowed", "concierge")


def language_told(scripted: ScriptedApp) -> list[str]:
    return [json.loads(prompt[1].text.partition("\n")[2])["language"] for prompt in scripted.model.prompts]


async def test_whoever_takes_over_answers_in_the_language_of_the_message(scripted: ScriptedApp, talk: Talk) -> None:
    scripted.model.play(Say("Chào bạn."))
    await talk.ask("xin chào")
    scripted.model.play(Call("transfer_to_booking"), Call("propose_booking", number=1), Say("There are none yet."))
    events = await talk.say("I would like what we talked about, you know, that thing")
    assert language_told(scripted) == ["en", "en"]
    result: Json = events[-1].data["result"]
    assert (result["language"], result["agent_name"]) == ("en", "booking")
    assert text_of(events).startswith("This needs your account")


async def test_digression_is_answered_and_the_trip_goes_on(scripted: ScriptedApp, talk: Talk) -> None:
    asked = []
    for message, agent in (
        ("Tôi muốn bay đi Đà Nẵng", "flight"),
        ("cảm ơn bạn", "concierge"),
        ("hành lý xách tay được bao nhiêu?", "concierge"),
        ("có được mang mèo không?", "concierge"),
        ("Từ Hà Nội", "flight"),
        ("thứ sáu tuần sau", "flight"),
    ):
        scripted.model.play(Say("Vâng ạ."))
        reply = await talk.ask(message)
        assert (reply["agent_name"], reply["usage"]["llm_calls"]) == (agent, 1), message
        asked.append(reply["state"]["asked"])
    assert asked == ["origin"] * 4 + ["depart_on", None]
    assert [card["type"] for card in reply["attachments"]] == ["flight_offers"]
    assert reply["state"]["frame"]["origin"]["iata"] == "HAN"


async def test_what_is_asked_for_is_answered_to_whoever_asked(scripted: ScriptedApp, talk: Talk) -> None:
    for message in ("Hà Nội đi Đà Nẵng", "27/11"):
        scripted.model.play(Say("Vâng ạ."))
        events = await talk.say(message)
        assert agent_of(events) == "flight"
    assert routes_of(events) == [("flight", "frame complete")]


async def test_every_turn_tells_who_answers_and_why(scripted: ScriptedApp, talk: Talk) -> None:
    told = []
    for message in ("xin chào", "mình muốn bay", SEARCH, "chi tiết chuyến số 2", "đặt chuyến số 1", "gặp nhân viên"):
        scripted.model.play(Say("Vâng ạ."))
        told += routes_of(await talk.say(message))
    assert told == [
        ("concierge", "intent greeting"),
        ("flight", "frame incomplete"),
        ("flight", "frame complete"),
        ("flight", "choice 2"),
        ("booking", "intent book"),
        ("concierge", "intent human"),
    ]
