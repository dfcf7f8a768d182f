"""Who flies, as the chat tells and asks it: nothing of papers or birth dates is said, and forms go past the model."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from pydantic import ValidationError
from sqlalchemy import true, update

from api.routes import pages, passengers
from api.schemas.passengers import PassengerCreate
from core.security import ACCOUNT_SCOPE, CHAT_SCOPE
from db.models import IdentityDocument
from db.repositories import passengers as passenger_rows
from services.passengers.address_book import delete_passenger
from tests.support.consent import Buyer
from tests.tools.customer import BORN, EMAIL, PASSPORT, PHONE, Customer
from tests.tools.desk import Desk
from tools.passenger_form import PASSENGERS_PATH, TRAVELLERS_PAGE
from tools.passengers import list_passengers, open_passenger_form
from tools.proposals import propose_booking
from tools.readiness import check_travel_readiness
from tools.sign_in import SIGN_IN_PAGE

CARD = {
    *("type", "schema_version", "id", "language", "text", "simulated"),
    *("passenger_id", "fields", "prefill", "submit", "page_path"),
}
NEEDED = ["last_name", "first_name", "gender", "dob"]
NO_PASSPORT: dict[str, Any] = dict.fromkeys(("passport_number", "passport_expiry", "passport_country"))
TOOLS = [list_passengers, open_passenger_form]


def required_of(card: dict[str, Any]) -> list[str]:
    return [field["name"] for field in card["fields"] if field["required"]]


def handle_of(passenger_id: UUID) -> str:
    return f"pax_{passenger_id.hex[-12:]}"


def sign_in_on_our_page(customer: Customer) -> None:
    customer.desk.actor = replace(customer.desk.actor, scopes=frozenset({CHAT_SCOPE, ACCOUNT_SCOPE}))


async def test_list_tells_names_and_what_is_missing(owner: Customer) -> None:
    await owner.set_default()
    bi = await owner.enter("Bi", "Trần", dob=None, gender=None, **NO_PASSPORT)
    await owner.enter("An", "Lê", passport_expiry=None)
    answer = await owner.desk.call(list_passengers)
    assert answer.cards == []
    lan, tran, le = answer.facts["passengers"]
    assert lan == {
        "number": 1,
        "name": "Nguyễn Lan",
        "handle": handle_of(owner.passenger_id),
        "is_caller": True,
        "missing": [],
        "passport": "hộ chiếu còn hạn đến 01/2031",
    }
    assert (tran["handle"], tran["missing"]) == (handle_of(bi), ["ngày sinh", "giới tính"])
    assert (tran["is_caller"], tran["passport"]) == (False, "chưa có hộ chiếu, cần có khi bay quốc tế")
    assert le["passport"] == "hộ chiếu chưa có ngày hết hạn"
    owner.desk.language = "en"
    english = (await owner.desk.call(list_passengers)).facts["passengers"]
    assert (english[1]["name"], english[1]["missing"]) == ("Bi Trần", ["date of birth", "gender"])
    assert english[0]["passport"] == "passport valid until 01/2031"


async def test_long_list_says_how_many_it_leaves_out(owner: Customer) -> None:
    for number in range(21):
        await owner.enter("Bi", f"Trần {'I' * (number + 1)}", **NO_PASSPORT)
    facts = (await owner.desk.call(list_passengers)).facts
    assert (len(facts["passengers"]), facts["not_listed"]) == (20, 2)


async def test_nobody_in_the_list_brings_the_form(owner: Customer) -> None:
    newcomer = await open_newcomer(owner)
    answer = await newcomer.call(list_passengers)
    assert answer.facts == {"passengers": [], "not_listed": 0}
    assert answer.card["type"] == "passenger_form"
    for tool in (propose_booking, check_travel_readiness):
        assert (await newcomer.refusal(tool, number=1))["error"] == "no_travellers_known"
        (card,) = newcomer.cards
        assert (card["type"], card["passenger_id"]) == ("passenger_form", None)


async def open_newcomer(owner: Customer) -> Desk:
    """Somebody with an account and nothing in it, who looks at the owner's offers."""
    made = Buyer(owner.transactions, owner.keys, owner.airline)
    await made.move_in()
    async with made.transactions() as session:
        await delete_passenger(session, made.actor, passenger_id=made.passenger_id)
    return Desk(owner.transactions, owner.desk.market, actor=made.actor, keys=owner.keys, state=dict(owner.desk.state))


async def test_form_for_somebody_new_goes_straight_to_our_own_interface(owner: Customer) -> None:
    sign_in_on_our_page(owner)
    answer = await owner.desk.call(open_passenger_form)
    card = answer.card
    assert set(card) == CARD
    assert card["submit"] == {"method": "POST", "path": PASSENGERS_PATH}
    assert (card["passenger_id"], card["prefill"], required_of(card)) == (None, {}, NEEDED)
    assert {field["name"] for field in card["fields"]} <= set(PassengerCreate.model_fields)
    assert card["page_path"] == f"{TRAVELLERS_PAGE}#new"
    assert card["page_path"] in card["text"]
    assert answer.facts == {"shown": "passenger_form", "passenger": None, "prefilled": {}}


async def test_form_for_an_incomplete_traveller_asks_for_what_is_missing(owner: Customer) -> None:
    sign_in_on_our_page(owner)
    bi = await owner.enter("Bi", "Trần", dob=None)
    for name in ("2", handle_of(bi)):
        answer = await owner.desk.call(open_passenger_form, traveller=name)
        card = answer.card
        assert card["submit"] == {"method": "PATCH", "path": f"{PASSENGERS_PATH}/{bi}"}
        assert (card["passenger_id"], required_of(card), card["prefill"]) == (str(bi), ["dob"], {})
        assert answer.facts["passenger"]["missing"] == ["ngày sinh"]
        assert "ngày sinh" in card["text"]


async def test_name_without_latin_letters_is_shown_to_be_mended(owner: Customer) -> None:
    await owner.enter("太郎", "山田", **NO_PASSPORT)
    card = (await owner.desk.call(open_passenger_form, traveller="2")).card
    assert required_of(card) == ["last_name", "first_name"]
    assert card["prefill"] == {"first_name": "太郎", "last_name": "山田"}


async def test_complete_traveller_may_have_a_passport_entered(owner: Customer) -> None:
    await owner.set_default()
    card = (await owner.desk.call(open_passenger_form, traveller="me")).card
    assert required_of(card) == []
    assert [field["name"] for field in card["fields"]] == ["passport_number", "passport_expiry", "passport_country"]


async def test_on_a_foreign_page_the_form_is_our_own_page(owner: Customer) -> None:
    card = (await owner.desk.call(open_passenger_form)).card
    assert card["submit"] is None
    assert card["page_path"] == f"{TRAVELLERS_PAGE}#new"


@pytest.mark.parametrize(
    ("given", "family", "prefill"),
    [
        ("Văn An", "Trần", {"first_name": "Văn An", "last_name": "Trần"}),
        ("van an", None, {"first_name": "van an"}),
        ("Văn Bình", "Trần", {"last_name": "Trần"}),
        ("An", "Lừa", {"first_name": "An"}),
        ("ă", "[passport-1]", {}),
        ("<b>An</b>", "2", {}),
    ],
)
async def test_only_names_the_traveller_said_are_filled_in(
    owner: Customer, given: str | None, family: str | None, prefill: dict[str, str]
) -> None:
    owner.desk.state["messages"] = [
        HumanMessage("thêm bạn mình Trần Văn An, hộ chiếu [passport-1], bay 2 người"),
        AIMessage("Văn Bình Lừa"),
        ToolMessage("Lừa", tool_call_id="1"),
    ]
    answer = await owner.desk.call(open_passenger_form, given_name=given, family_name=family)
    assert answer.card["prefill"] == answer.facts["prefilled"] == prefill


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_visitor_is_shown_where_to_sign_in(owner: Customer, tool: BaseTool) -> None:
    visitor = Desk(owner.transactions, owner.desk.market)
    assert (await visitor.refusal(tool))["error"] == "sign_in_needed"
    (card,) = visitor.cards
    assert (card["type"], card["page_path"]) == ("sign_in", SIGN_IN_PAGE)
    assert SIGN_IN_PAGE in card["text"]


async def compare_answers(owner: Customer, stranger: Customer) -> None:
    made_up = await stranger.desk.refusal(open_passenger_form, traveller="pax_0123456789ab")
    assert await stranger.desk.refusal(open_passenger_form, traveller=handle_of(owner.passenger_id)) == made_up
    assert not stranger.desk.cards
    told = (await stranger.desk.call(list_passengers)).text
    assert handle_of(owner.passenger_id) not in told


async def test_somebody_elses_traveller_is_as_if_they_did_not_exist(owner: Customer, stranger: Customer) -> None:
    await compare_answers(owner, stranger)


async def test_without_the_filter_the_stranger_is_noticed(
    owner: Customer, stranger: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: everybody may read every traveller."""
    monkeypatch.setattr(passenger_rows, "readable_by", lambda _: true())
    with pytest.raises(AssertionError):
        await compare_answers(owner, stranger)


async def test_no_paper_birth_date_or_address_is_told(owner: Customer) -> None:
    sign_in_on_our_page(owner)
    bi = await owner.enter("Bi", "Trần", gender=None)
    async with owner.transactions() as session:
        expired = update(IdentityDocument).where(IdentityDocument.passenger_id == bi)
        await session.execute(expired.values(expires_on=date(2026, 11, 20)))
    given = [await owner.desk.call(list_passengers)]
    given += [await owner.desk.call(open_passenger_form, traveller=name) for name in ("1", "2")]
    told = "\n".join(f"{each.text} {json.dumps(each.cards, ensure_ascii=False)}" for each in given)
    assert "đã hết hạn từ 11/2026" in told
    born = [BORN.isoformat(), f"{BORN:%d/%m/%Y}", str(BORN.year)]
    secrets = [PASSPORT, PASSPORT[-4:], *born, EMAIL, PHONE, "2026-11-20"]
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        (open_passenger_form, {"traveller": "x" * 21}),
        (open_passenger_form, {"given_name": "A" * 101}),
        (open_passenger_form, {"traveller": ["me"]}),
    ],
)
async def test_arguments_of_no_kind_are_refused(owner: Customer, tool: BaseTool, args: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await owner.desk.call(tool, **args)


def test_cards_point_at_what_exists() -> None:
    served = {route.path for route in (*passengers.router.routes, *pages.router.routes)}  # type: ignore[attr-defined]
    assert f"/v1{passengers.router.prefix}" == PASSENGERS_PATH
    assert {f"{passengers.router.prefix}/{{passenger_id}}", TRAVELLERS_PAGE, SIGN_IN_PAGE} <= served
