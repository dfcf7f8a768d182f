"""The whole way with a model: the real client of Groq's asks a simulated Groq over HTTP, which follows a script.

The model calls the tools; what is booked, paid and given back are rows, and none of it without a yes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from core.messages import Language, say
from core.settings import Settings
from providers.llm.assemble import create_models
from providers.llm.base import Models
from providers.sandbox import groq_face
from providers.sandbox.groq_face import SandboxGroq
from providers.sandbox.groq_wire import Step, WrittenCall
from tests.api.test_bookings import LAN, add_passenger
from tests.conftest import copy_database
from tests.support.agui import check_run
from tests.support.listening import listen
from tests.support.talk import Json
from tests.support.way import CARD, PURCHASE, Way, find_paid_seat, set_out, told

KEY = "gsk_of_nobody"
REST_SECONDS = 70
AWKWARD_BYTES = 7
"""Pieces that split letters and events alike."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language: by a traveller nobody but a model can follow, and by that model."""

    wish: str
    found: str
    choose: str
    invented: tuple[str, str, str]
    """Three sentences, of which the second states a price."""
    invented_price: str
    seats: str
    that_seat: str
    here: str
    greeting: str
    rest: str
    money: str
    standing: str
    regret: str
    yes: str


WORDS: dict[Language, Words] = {
    "vi": Words(
        wish="mình muốn bay đi Đà Nẵng",
        found="Mình tìm được mấy chuyến “rất ổn”, mời bạn xem trên thẻ nhé 😀",
        choose="chi tiết chuyến số 1",
        invented=("Chuyến này hợp với bạn.", "Giá đang giảm còn 777.777 ₫ thôi.", "Bạn thấy sao?"),
        invented_price="777.777",
        seats="chỗ ngồi thì bạn thấy sao",
        that_seat="bạn thấy thế nào",
        here="Bạn xem trên thẻ nhé.",
        greeting="xin chào",
        rest="bạn làm giúp mình phần còn lại nhé",
        money="tiền nong thì sao bạn",
        standing="tình hình tới đâu rồi bạn",
        regret="mình đổi ý rồi",
        yes="đồng ý",
    ),
    "en": Words(
        wish="I'd like to fly to Da Nang",
        found="I found a few “very good” ones, please see the card 😀",
        choose="details of the first one",
        invented=("This one suits you.", "It is down to ₫777,777 right now.", "What do you think?"),
        invented_price="777,777",
        seats="and where would I end up sitting",
        that_seat="what would you say about it",
        here="Please see the card.",
        greeting="hello",
        rest="please do the rest for me",
        money="now the money part please",
        standing="so where do we stand",
        regret="I changed my mind about it all",
        yes="yes please",
    ),
}


@dataclass(frozen=True, slots=True)
class Keyed:
    """A server with a key, and the Groq that it asks."""

    app: FastAPI
    groq: SandboxGroq
    models: Models

    def begin_anew(self) -> None:
        self.groq.script.clear()
        self.groq.requests.clear()
        for named in self.models.capable:
            named.rest.begin(0)


@pytest.fixture(scope="module")
async def keyed_app(
    database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Keyed]:
    from api.app import create_app

    vendor = FastAPI()
    vendor.include_router(groq_face.router)
    vendor.state.sandbox_groq = SandboxGroq()
    async with listen(vendor) as origin, httpx.AsyncClient(trust_env=False) as http:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path_factory.mktemp("keyed"),
            secret_key="a key for tests only",
            groq_api_key=SecretStr(KEY),
            groq_base_url=f"{origin}/sandbox/groq",
        )
        models = create_models(settings, http)
        with copy_database(database_server, template_database) as url:
            app = create_app(settings, url, models=models)
            async with app.router.lifespan_context(app):
                yield Keyed(app, vendor.state.sandbox_groq, models)


@pytest.fixture
async def guided(keyed_app: Keyed) -> AsyncIterator[Guided]:
    keyed_app.begin_anew()
    async with set_out(keyed_app.app) as way:
        yield Guided(way, keyed_app.groq)


class Guided:
    """A way on which the model's part of each turn is written beforehand."""

    def __init__(self, way: Way, groq: SandboxGroq) -> None:
        self.way, self.groq = way, groq
        self.runs: list[str] = []

    async def say(self, message: str, *script: Step, calls: int) -> Json:
        """Send, with what the model answers; all of it is asked for, and `calls` models are asked."""
        before = len(self.groq.requests)
        self.groq.script.extend(script)
        reply = await self.way.say(message)
        self.runs.append(reply["run_id"])
        assert not self.groq.script, message
        assert len(self.groq.requests) - before == len(script), message
        assert (reply["usage"]["llm_calls"], reply["error"]) == (calls, None), message
        return reply

    async def click(self, waiting: Json) -> Json:
        before = len(self.groq.requests)
        reply = await self.way.click(waiting)
        self.runs.append(reply["run_id"])
        assert (reply["usage"]["llm_calls"], len(self.groq.requests)) == (0, before)
        return reply

    async def read_logs(self) -> list[Json]:
        """The events of every run, as a client sees them, checked."""
        told: list[Json] = []
        for run in self.runs:
            events = [event.data for event in await self.way.talk.resume(run)]
            check_run(events, waiting=[event["toolCallId"] for event in told if event["type"] == "TOOL_CALL_START"])
            told += events
        return told


def call(name: str, **arguments: Any) -> Step:
    return Step(calls=[WrittenCall(name=name, arguments=json.dumps(arguments))])


def types_of(reply: Json) -> list[str]:
    return [card["type"] for card in reply["attachments"]]


@pytest.mark.parametrize("language", WORDS)
async def test_model_leads_from_a_wish_to_the_refund(guided: Guided, language: Language) -> None:
    words, way = WORDS[language], guided.way
    seat = await find(guided, words, language)
    waiting = await agree(guided, words, language, seat)
    await guided.click(waiting)
    assert (await way.booking()).phase == "held"

    # the model gives the link, and tells what became of the money
    link = await guided.say(words.money, call("start_payment", booking="latest", method="vnpay"), calls=1)
    assert types_of(link) == ["payment"]
    await way.pay(link)
    booking = await way.reach("ticketed")
    (payment,) = await way.payments()
    assert (payment.status, payment.amount_minor) == ("captured", booking.amount_minor)
    status = call("payment_status", booking="latest")
    assert (await guided.say(words.standing, status, Step(text=words.here), calls=2))["agent_name"] == "booking"

    # it asks whether to cancel, and words alone cancel
    asked = await guided.say(words.regret, call("propose_cancellation", booking="latest"), calls=1)
    assert [each["action"] for each in asked["interrupts"]] == ["cancel"]
    assert (await way.booking()).phase == "ticketed"
    await guided.say(words.yes, calls=0)
    booking = await way.reach("refunded")
    (refund,) = await way.refunds()
    assert (refund.status, refund.amount_minor) == ("done", booking.agreed_refund_minor)
    assert [(each.action, each.status, each.channel) for each in await way.proposals()] == [
        ("book", "approved", "card"),
        ("cancel", "approved", "typed"),
    ]
    assert told(await way.read_actions()) == [
        *PURCHASE,
        *(("cancel", kind) for kind in CARD),
        *(("book", kind) for kind in ("refund_owed", "refunded")),
    ]
    await check_what_was_said(guided, words)


async def find(guided: Guided, words: Words, language: Language) -> str:
    """Flights and a seat, by a model that errs on the way; the seat."""
    # a call no tool takes is shown to the model once, and mended by it
    search = {"origin": "HAN", "destination": "DAD", "departs_on": "2026-11-27", "refundable": True}
    bad_call = '{"name": "search_flihgts"'
    found = await guided.say(
        words.wish,
        Step(refusal="tool_use_failed", ends="with_error", failed_generation=bad_call),
        call("search_flights", **search),
        Step(text=words.found, piece_bytes=AWKWARD_BYTES),
        calls=3,
    )
    assert (types_of(found), found["content"]) == (["flight_offers"], words.found)
    mending = guided.groq.requests[1]["messages"][-1]
    assert (mending["role"], bad_call in mending["content"]) == ("system", True)

    # a price nobody looked up is said by nobody
    chosen = await guided.say(words.choose, Step(text=" ".join(words.invented)), calls=1)
    assert chosen["usage"]["replaced_sentences"] == 1
    assert chosen["content"] == " ".join(
        (words.invented[0], say("grounding.replaced_by_cards", language), words.invented[2])
    )

    shown = await guided.say(words.seats, call("seat_map", number=1), Step(text=words.here), calls=2)
    _, seat, price = find_paid_seat(shown["attachments"][0])
    wished = call("choose_seats", number=1, seats=[{"seat": seat}])
    (card,) = (await guided.say(words.that_seat, wished, Step(text=words.here), calls=2))["attachments"]
    assert (card["type"], int(card["services"][0]["price"]["amount"])) == ("price_breakdown", price)
    return seat


async def agree(guided: Guided, words: Words, language: Language, seat: str) -> Json:
    """To the card that asks whether to book, which waits."""
    # a model that has no more to give is followed by the offline one, and that is said
    limited = Step(refusal="rate_limited", retry_after=REST_SECONDS)
    greeted = await guided.say(words.greeting, limited, calls=2)
    assert greeted["agent_name"] == "concierge"
    assert greeted["content"].endswith(say("models.fell_back", language))
    way = guided.way
    way.wait(timedelta(seconds=REST_SECONDS))

    # the concierge hands over, and who takes over asks at once
    booking = call("propose_booking", number=1, seats=[{"seat": seat}])
    asked = await guided.say(words.rest, call("transfer_to_booking"), booking, calls=2)
    assert (asked["agent_name"], types_of(asked)) == ("booking", ["sign_in"])
    assert await way.proposals() == []
    await way.sign_in()
    (form,) = (await guided.click(asked["interrupts"][0]))["interrupts"]
    assert form["card"]["type"] == "passenger_form"
    await add_passenger(way.account)
    (waiting,) = (await guided.click(form))["interrupts"]
    assert (waiting["action"], await way.bookings()) == ("book", [])
    (proposal,) = await way.proposals()
    assert (proposal.status, proposal.quote_hash) == ("open", waiting["quote_hash"])
    assert [each["seat"].endswith(f" {seat}") for each in proposal.quote["services"]] == [True]
    return dict(waiting)


async def check_what_was_said(guided: Guided, words: Words) -> None:
    """To the traveller and to Groq, all the way."""
    logs, requests = await guided.read_logs(), list(guided.groq.requests)
    routes = [event["value"] for event in logs if event.get("name") == "route"]
    assert [route["agent"] for route in routes if route["reason"] == "handoff"] == ["booking"]
    seen = json.dumps([logs, await guided.way.talk.detail(limit=100)], ensure_ascii=False)
    assert words.found in seen, "what was said is what is looked at"
    assert words.invented_price not in seen
    assert words.invented_price not in json.dumps(requests, ensure_ascii=False)
    hidden = (KEY, LAN["dob"], LAN["phone"], guided.way.account.email)
    assert not any(secret in json.dumps(requests) for secret in hidden)
    asked = Counter(request["model"].rpartition("-")[2] for request in requests)
    assert asked["20b"] == 2, "for the concierge's two turns"
    assert set(asked) == {"20b", "120b"}
