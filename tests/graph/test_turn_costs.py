"""What each kind of turn costs, as docs/conversation.md has it: model calls, and the tokens of their prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from providers.llm.asking import CHARACTERS_PER_TOKEN
from tests.support.accounts import Lobby
from tests.support.models import Call, Say, ScriptedModel
from tests.support.scripted import ScriptedApp
from tests.support.shopper import BOOK, YES, Shopper
from tests.support.talk import SEARCH, Json, Talk

PAGE = Path(__file__).parents[2] / "docs" / "conversation.md"
ROW = re.compile(r"^\| (?P<kind>[^|]+?) \| (?P<calls>\d+) \| (?P<tokens>[\d,]+) \|$", re.MULTILINE)
UNSURE = "bạn giúp cái kia nhé"
CHANGE = "mình muốn đổi chuyến bay"
"""A matter of the Booking agent's that code calls no tool for."""
PROPOSE = Call("propose_booking", number=1)


class Turn:
    """The last turn of a conversation, and what the model is asked in it."""

    def __init__(self, scripted: ScriptedApp) -> None:
        self.lobby, self.model = Lobby(scripted.app), scripted.model

    async def shopper(self) -> Shopper:
        return await Shopper.come(self.lobby)

    async def visitor(self) -> Talk:
        return await Talk.open(self.lobby.visitor())

    async def searched(self) -> Shopper:
        shopper = await self.shopper()
        self.model.play(Say("Đây ạ."))
        await shopper.ask(SEARCH)
        return shopper

    async def carded(self) -> tuple[Shopper, Json]:
        shopper = await self.searched()
        return shopper, await shopper.book()

    def script(self, *script: Any) -> None:
        self.model.play(*script)


async def click(turn: Turn) -> Json:
    shopper, waiting = await turn.carded()
    turn.script()
    return await shopper.click(waiting)


async def typed_yes(turn: Turn) -> Json:
    shopper, _ = await turn.carded()
    turn.script()
    return await shopper.ask(YES)


async def card_by_code(turn: Turn) -> Json:
    shopper = await turn.searched()
    turn.script()
    return await shopper.ask(BOOK)


async def sign_in(turn: Turn) -> Json:
    talk = await turn.visitor()
    turn.script(Say("Đây ạ."))
    await talk.ask(SEARCH)
    turn.script()
    return await talk.ask(BOOK)


async def small_talk(turn: Turn) -> Json:
    turn.script(Say("Chào bạn."))
    return await (await turn.visitor()).ask("xin chào")


async def clear_search(turn: Turn) -> Json:
    turn.script(Say("Đây ạ."))
    return await (await turn.visitor()).ask(SEARCH)


async def own_read(turn: Turn) -> Json:
    shopper = await turn.searched()
    turn.script(Call("get_offer_details", number=2), Say("Đây ạ."))
    return await shopper.ask("chuyến đó thế nào bạn")


async def card_by_model(turn: Turn) -> Json:
    shopper = await turn.searched()
    turn.script(PROPOSE)
    return await shopper.ask(CHANGE)


async def handoff(turn: Turn) -> Json:
    turn.script(Call("transfer_to_booking"), Say("Bạn muốn đặt chuyến nào ạ?"))
    return await (await turn.visitor()).ask(UNSURE)


async def card_after_refusal(turn: Turn) -> Json:
    shopper = await turn.searched()
    turn.script(Call("propose_booking", number="một"), PROPOSE)
    return await shopper.ask(CHANGE)


KINDS: dict[str, tuple[Callable[[Turn], Awaitable[Json]], str | None]] = {
    "a click on a card": (click, "booking"),
    "a typed yes": (typed_yes, "booking"),
    "a clear wish to book: code shows the card": (card_by_code, "confirm"),
    "the same by a visitor: the sign-in card": (sign_in, "sign_in"),
    "small talk, a question: no tool": (small_talk, None),
    "a clear search: code looks, a model words it": (clear_search, "flight_offers"),
    "a model looks something up itself": (own_read, None),
    "a model shows the card": (card_by_model, "confirm"),
    "a handoff, and then an answer": (handoff, None),
    "a model shows the card after the gate has refused": (card_after_refusal, "confirm"),
}
"""How to come to each kind of turn, and the card it ends with."""


def count_tokens(model: ScriptedModel) -> int:
    """Of all prompts of a turn with the tools bound to them, as the budget guesses them."""
    said = [message for prompt in model.prompts for message in prompt]
    words = sum(len(message.text) for message in said)
    called = sum(len(json.dumps(message.tool_calls)) for message in said if isinstance(message, AIMessage))
    schemas = sum(len(json.dumps(convert_to_openai_tool(tool))) for tools in model.tools for tool in tools)
    return (words + called + schemas) // CHARACTERS_PER_TOKEN


def read_table() -> dict[str, tuple[int, int]]:
    rows = ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return {row["kind"]: (int(row["calls"]), int(row["tokens"].replace(",", ""))) for row in rows}


def test_table_has_every_kind_of_turn() -> None:
    assert list(read_table()) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
async def test_turn_costs_what_the_table_says(scripted: ScriptedApp, kind: str) -> None:
    come_to, card = KINDS[kind]
    calls, most_tokens = read_table()[kind]
    reply = await come_to(Turn(scripted))
    assert reply["usage"]["llm_calls"] == len(scripted.model.prompts) == calls
    assert [shown["type"] for shown in reply["attachments"]] == ([card] if card else [])
    tokens = count_tokens(scripted.model)
    assert most_tokens / 2 <= tokens <= most_tokens, f"{kind}: {tokens} tokens"
