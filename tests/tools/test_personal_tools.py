"""The tools that ask for a yes to the caller's own things, and the ways to change a booking: a card, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.clock import clock
from db.models import Proposal
from domain.money import Money
from domain.offers import Slice
from domain.orders import ChangeQuote
from services.passengers.documents import add_document
from services.preferences.preferences import replace_preference
from services.proposals.approval import approve
from tests.conftest import NOW
from tests.support.airline import HOLD
from tests.support.offers import make_slice
from tests.support.trips import PRICE
from tests.tools.customer import NEW_EMAIL, PASSPORT, Customer
from tools.account import propose_email_change
from tools.calendar import propose_calendar_entry
from tools.documents import propose_document_deletion
from tools.preferences import my_preferences, propose_preference
from tools.proposals import propose_change

COMMON = {"type", "schema_version", "id", "language", "text", "simulated"}
ASKED = COMMON | {"proposal_id", "quote_hash", "action", "expires_at"}


@pytest.fixture
async def at_home(owner: Customer) -> Customer:
    """The owner, signed in on our own page."""
    await owner.open_up()
    return owner


async def last_proposal(customer: Customer) -> Proposal:
    return (await customer.list_proposals())[-1]


async def agree(customer: Customer, card: dict[str, Any]) -> None:
    proposal = await last_proposal(customer)
    assert (card["proposal_id"], card["quote_hash"]) == (str(proposal.id), proposal.quote_hash)
    assert (proposal.conversation_id, proposal.tool_call_id) == (customer.desk.conversation_id, "call")
    await approve(
        customer.consent,
        customer.desk.actor,
        proposal_id=proposal.id,
        quote_hash=card["quote_hash"],
        channel="card",
    )


async def test_calendar_is_asked_for_in_words_and_on_a_card(at_home: Customer) -> None:
    reference = await at_home.reference_of(at_home.ticketed)
    answer = await at_home.desk.call(propose_calendar_entry, booking=reference)
    assert set(answer.card) == ASKED | {"booking_id", "booking_reference", "slices"}
    assert (answer.card["action"], answer.card["booking_reference"]) == ("calendar", reference)
    assert answer.card["text"].startswith("Thêm chuyến Hà Nội → Đà Nẵng")
    assert (answer.facts["shown"], answer.facts["booking_reference"]) == ("confirm", reference)
    at_home.desk.language = "en"
    assert (await at_home.desk.call(propose_calendar_entry, booking=reference)).card["text"].startswith("Add Hanoi")


async def test_preference_is_asked_about_then_told(at_home: Customer) -> None:
    assert (await at_home.desk.call(my_preferences)).facts == {"preferences": []}
    answer = await at_home.desk.call(propose_preference, kind="seat", value="Window")
    assert set(answer.card) == ASKED | {"kind", "value"}
    assert answer.card["text"].startswith("Ghi nhớ cho bạn: Chỗ ngồi: cạnh cửa sổ?")
    assert (answer.facts["action"], answer.facts["question"]) == (
        "remember",
        "Ghi nhớ cho bạn: Chỗ ngồi: cạnh cửa sổ?",
    )
    assert (await at_home.desk.call(my_preferences)).facts == {"preferences": []}, "nobody has said yes"
    await agree(at_home, answer.card)
    told = (await at_home.desk.call(my_preferences)).facts["preferences"]
    assert told[0] == {"kind": "seat", "text": "Chỗ ngồi: cạnh cửa sổ"}
    forget = await at_home.desk.call(propose_preference, kind="seat")
    assert forget.card["value"] is None
    assert forget.card["text"].startswith("Quên điều đã ghi nhớ: Chỗ ngồi")


async def test_what_is_remembered_is_told_in_both_languages(at_home: Customer) -> None:
    fields = {"seat_preference": "aisle", "preferred_airlines": ["VN", "QH"], "meal": "VGML", "home_airport": "SGN"}
    async with at_home.transactions() as session:
        await replace_preference(session, at_home.actor, fields=fields)
    told = (await at_home.desk.call(my_preferences)).facts["preferences"]
    assert [each["kind"] for each in told] == ["seat", "meal", "airline", "airline", "home_airport", "reminders"]
    at_home.desk.language = "en"
    texts = [each["text"] for each in (await at_home.desk.call(my_preferences)).facts["preferences"]]
    assert texts[:2] == ["Seat: on the aisle", "Meal: vegan"]
    assert texts[-1] == "Flight reminders: on"


async def test_preference_of_no_kind_or_value_is_refused(at_home: Customer) -> None:
    refused = await at_home.desk.refusal(propose_preference, kind="seat", value="on the wing")
    assert (refused["error"], refused["params"]["values"]) == ("preference_unclear", "window, middle, aisle")
    with pytest.raises(ValidationError):
        await at_home.desk.call(propose_preference, kind="password", value="x")
    assert await at_home.list_proposals() == []


async def test_document_is_named_by_kind_and_expiry_and_never_by_its_number(at_home: Customer) -> None:
    answer = await at_home.desk.call(propose_document_deletion)
    assert set(answer.card) == ASKED | {"kind", "issuing_country", "expires_in", "traveller"}
    assert (answer.card["kind"], answer.card["expires_in"]) == ("passport", "2031-01")
    assert answer.card["text"].startswith("Xóa hẳn hộ chiếu (VN, hạn 01/2031)?\nCủa: Nguyễn Lan")
    assert PASSPORT not in str(answer)
    assert PASSPORT[-4:] not in answer.card["text"]


async def test_of_several_documents_one_has_to_be_named(at_home: Customer) -> None:
    async with at_home.transactions() as session:
        await add_document(
            session,
            at_home.actor,
            passenger_id=at_home.passenger_id,
            fields={"kind": "identity_card", "number": "001090123456", "issuing_country": "VN", "is_primary": False},
            keys=at_home.keys,
            today=NOW.date(),
        )
    refused = await at_home.desk.refusal(propose_document_deletion)
    assert refused["error"] == "document_unclear"
    assert refused["params"]["documents"] == "1. hộ chiếu (VN, hạn 01/2031), 2. thẻ căn cước (VN)"
    for named in ({"document": 2}, {"kind": "identity_card"}):
        assert (await at_home.desk.call(propose_document_deletion, **named)).card["kind"] == "identity_card"
    assert (await at_home.desk.refusal(propose_document_deletion, document=3))["error"] == "document_unclear"
    with pytest.raises(ValidationError):
        await at_home.desk.call(propose_document_deletion, kind="visa")


async def test_new_address_is_shown_masked(at_home: Customer) -> None:
    answer = await at_home.desk.call(propose_email_change, new_address="[email-1]")
    assert set(answer.card) == ASKED | {"address"}
    assert answer.card["address"] == "c…@example.com"
    assert "c…@example.com" in answer.facts["question"]
    assert NEW_EMAIL not in str(answer)
    assert (await at_home.desk.refusal(propose_email_change, new_address="[email-7]"))["error"] == "placeholder_unknown"
    with pytest.raises(ValidationError):
        await at_home.desk.call(propose_email_change, new_address="mallory@example.com")


async def test_page_of_another_origin_asks_about_the_calendar_only(owner: Customer) -> None:
    for tool, args in ((my_preferences, {}), (propose_preference, {"kind": "seat"}), (propose_document_deletion, {})):
        assert (await owner.desk.refusal(tool, **args))["error"] == "forbidden", tool.name
    assert await owner.list_proposals() == []


# the ways to change a booking


def sell_ways(customer: Customer, monkeypatch: pytest.MonkeyPatch, *ways: tuple[Slice, int]) -> None:
    async def quote_change(order_id: str, _: Any) -> list[ChangeQuote]:
        order = await customer.airline.get_order(order_id)
        assert order.total
        return [
            ChangeQuote(
                quote_id=f"{number}",
                provider_order_id=order_id,
                slices=(slice_,),
                new_total=Money(amount_minor=price, currency="VND"),
                difference=Money(amount_minor=price, currency="VND") - order.total,
                fee=order.total * 0,
                expires_at=clock.now() + HOLD,
            )
            for number, (slice_, price) in enumerate(ways)
        ]

    monkeypatch.setattr(customer.airline, "quote_change", quote_change)


EARLY, NOON, LATE = (
    (make_slice(f"{hour}:00"), PRICE + extra) for hour, extra in (("10", 0), ("12", 50_000), ("18", -1))
)


async def test_several_ways_are_a_list_to_choose_from_and_no_question(
    at_home: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"booking": await at_home.reference_of(at_home.ticketed), "departs_on": "20/12/2026"}
    sell_ways(at_home, monkeypatch, EARLY, NOON)
    listed = await at_home.desk.call(propose_change, **asked)
    assert set(listed.card) == COMMON | {"booking_id", "booking_reference", "old_slices", "options"}
    assert listed.card["type"] == listed.facts["shown"] == "change_options"
    assert [row["position"] for row in listed.card["options"]] == [1, 2]
    assert listed.card["options"][1]["total"] == {"amount": "50000", "currency": "VND"}
    assert [way["to_pay"] for way in listed.facts["ways"]] == ["0\u00a0₫", "50.000\u00a0₫"]
    assert "2. Hà Nội (HAN) → Đà Nẵng (DAD)" in listed.card["text"]
    assert await at_home.list_proposals() == []
    ways = at_home.desk.state["ways"]
    assert (ways["count"], ways["args"]["departs_on"], ways["args"]["leg"]) == (2, "2026-12-20", 1)

    chosen = await at_home.desk.call(propose_change, **ways["args"], option=2)
    assert (chosen.card["type"], chosen.card["total"]["amount"]) == ("confirm", "50000")
    (proposal,) = await at_home.list_proposals()
    assert (proposal.action, proposal.conversation_id) == ("change", at_home.desk.conversation_id)


async def choose_second_after(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, *later: tuple[Slice, int]
) -> dict[str, Any]:
    """Choose noon, which was listed second, when the airline has these ways by then."""
    reference = await customer.reference_of(customer.ticketed)
    sell_ways(customer, monkeypatch, EARLY, NOON)
    await customer.desk.call(propose_change, booking=reference, departs_on="20/12/2026")
    sell_ways(customer, monkeypatch, *later)
    return (await customer.desk.call(propose_change, booking=reference, departs_on="2026-12-20", option=2)).card


async def check_second(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = await choose_second_after(customer, monkeypatch, LATE, EARLY, NOON)
    assert moved["slices"][0]["departs_at_local"].endswith("12:00:00")


async def test_way_is_the_one_that_was_listed_whatever_its_number_is_now(
    at_home: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await check_second(at_home, monkeypatch)


async def test_way_found_by_its_number_would_be_noticed(at_home: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: the second is whatever is second now."""
    monkeypatch.setattr(
        "tools.proposals.pick_way", lambda _, options, __, number: options[number - 1] if number else None
    )
    with pytest.raises(AssertionError):
        await check_second(at_home, monkeypatch)


@pytest.mark.parametrize("later", [(EARLY,), (EARLY, LATE)])
async def test_way_that_has_gone_is_not_replaced_by_another(
    at_home: Customer, monkeypatch: pytest.MonkeyPatch, later: tuple[tuple[Slice, int], ...]
) -> None:
    card = await choose_second_after(at_home, monkeypatch, *later)
    assert (card["type"], len(card["options"])) == ("change_options", len(later))
    assert await at_home.list_proposals() == []


async def test_number_of_another_list_is_none_of_this(at_home: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"booking": await at_home.reference_of(at_home.ticketed), "departs_on": "20/12/2026"}
    sell_ways(at_home, monkeypatch, EARLY, NOON)
    first = await at_home.desk.call(propose_change, **asked, option=2)
    assert first.card["type"] == "change_options", "nothing was listed yet"
    refused = await at_home.desk.refusal(propose_change, **asked, option=3)
    assert (refused["error"], refused["params"]) == ("way_number_unknown", {"number": 3, "count": 2})
    other = await at_home.desk.call(propose_change, **(asked | {"departs_on": "21/12/2026"}), option=2)
    assert other.card["type"] == "change_options"
    assert await at_home.list_proposals() == []
