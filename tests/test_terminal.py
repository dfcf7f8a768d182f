"""The chat in a terminal: what comes from outside is shown as it is, and prices name their currency."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from rich.console import Console

from terminal import Talk, calendar_table, offers_table
from tests.e2e.cards import flight_offers, price_calendar

WILD = "[/] [USD 50] [red]x[/red] :smile:"


def answer_with(*events: dict[str, Any]) -> httpx.MockTransport:
    """A server whose one run is these events."""
    log = "".join(f"id: {seq}\ndata: {json.dumps(event)}\n\n" for seq, event in enumerate(events, start=1))

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/chat/conversations":
            return httpx.Response(201, json={"id": "c", "conversation_token": "t"})
        if "refuse" in request.content.decode():
            return httpx.Response(422, json={"detail": WILD})
        return httpx.Response(200, text=log)

    return httpx.MockTransport(handle)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "TEXT_MESSAGE_CONTENT", "delta": WILD},
        {"type": "ACTIVITY_SNAPSHOT", "content": {"type": "fare_rules", "text": WILD}},
        {"type": "CUSTOM", "name": "suggested_actions", "value": [{"text": WILD}]},
        {"type": "RUN_ERROR", "message": WILD},
    ],
    ids=lambda event: event["type"],
)
def test_words_from_outside_are_no_markup(event: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with httpx.Client(base_url="http://server", transport=answer_with(event, {"type": "RUN_FINISHED"})) as client:
        Talk(client).say("hello")
    assert WILD in capsys.readouterr().out


def test_refusal_of_the_server_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    with httpx.Client(base_url="http://server", transport=answer_with()) as client:
        assert Talk(client).say("refuse") is False
    assert WILD in capsys.readouterr().out


def test_link_to_pay_stays_on_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    link = "https://pay.example/" + "x" * 100
    card = {"type": "payment", "text": f"VNPAY · ₫3,950,000\n{link}"}
    events = {"type": "ACTIVITY_SNAPSHOT", "content": card}, {"type": "RUN_FINISHED"}
    with httpx.Client(base_url="http://server", transport=answer_with(*events)) as client:
        Talk(client).say("pay")
    assert link in capsys.readouterr().out.splitlines()


def test_names_on_an_offer_are_no_markup(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    card = flight_offers("en")
    card["offers"][0]["fare_brand"] = WILD
    events = {"type": "ACTIVITY_SNAPSHOT", "content": card}, {"type": "RUN_FINISHED"}
    with httpx.Client(base_url="http://server", transport=answer_with(*events)) as client:
        assert Talk(client).say("hello") is True
    assert WILD in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Simulated or test flights"), ("vi", "Chuyến bay mô phỏng hoặc thử nghiệm")],
)
def test_title_says_that_there_are_no_real_seats(language: str, title: str) -> None:
    assert str(offers_table(flight_offers(language)).title).startswith(title)
    assert offers_table(flight_offers(language) | {"simulated": False}).title is None


def test_day_in_another_currency_than_the_cheapest_names_it() -> None:
    card = price_calendar("en")
    card["days"][0]["total"] = {"amount": "90.50", "currency": "USD"}
    table = calendar_table(card)
    assert "VND" in str(table.caption)
    cells = [str(cell) for column in table.columns for cell in column.cells]
    assert [cell for cell in cells if "USD" in cell] == ["18 Dec\n90.5\nUSD"]
    assert "20 Dec *\n1,290,000" in cells
    Console(quiet=True).print(table)
