"""What no tool can do, whatever a model asks of it: reach somebody else's row, tell what is secret, or say yes."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import structlog.testing
from langchain_core.tools import BaseTool
from sqlalchemy import select, true

import tools.confirm
from core.ids import new_id
from db.models import BookingTransition, CalendarEvent, IdentityDocument, User, UserPreference, VerificationCode
from db.models.proposals import ProposalAction
from db.repositories import bookings, passengers
from tests.support.offers import make_slice
from tests.support.trips import PRICE
from tests.tools.customer import BORN, EMAIL, NEW_EMAIL, PASSPORT, PHONE, ROUTE, Customer
from tools.registry import READ_TOOLS, WRITE_TOOLS

TOOLS: tuple[BaseTool, ...] = (*READ_TOOLS, *WRITE_TOOLS)
ROOT = Path(__file__).parents[2]

OUT_OF_REACH = (
    *("services.proposals.approval", "services.proposals.effects"),
    *("services.bookings.creation", "services.bookings.amending"),
    *("services.bookings.advance", "services.bookings.desk"),
)
"""Where a yes is taken, and what is done upon it."""

ARGUMENTS: dict[str, Any] = {
    "number": 1,
    "booking": "latest",
    "departs_on": "20/12/2026",
    "origin": "HAN",
    "destination": "DAD",
    "topic": "baggage",
    "kind": "seat",
    "new_address": "[email-1]",
}
"""What a tool is called with, where it wants it."""
NAMES = {"booking", "traveller", "travellers"}
"""Arguments that name a row of somebody's."""
NOT_ROWS = {
    *("number", "seats", "bags", "leg", "method", "status", "sort", "day", "last_day", "currency", "stay_nights"),
    *("departs_on", "returns_on", "origin", "destination", "further_legs", "adults", "children", "infants", "cabin"),
    *("airlines", "max_stops", "departs_from", "departs_until", "max_total", "budget_currency", "refundable"),
    *("checked_bag", "nearby", "option", "topic", "summary", "kind", "value", "given_name", "family_name"),
    *("document", "new_address"),
}
"""Arguments of everybody's things: an offer's number is of the caller's own screen, a document's of a traveller who is
named, and a placeholder of the conversation it is used in."""


def arguments_of(tool: BaseTool) -> set[str]:
    return set(tool.args) - {"runtime"}


def fill(tool: BaseTool, **given: Any) -> dict[str, Any]:
    required = {name for name, schema in tool.args.items() if "default" not in schema}
    return {name: ARGUMENTS[name] for name in arguments_of(tool) & required & set(ARGUMENTS)} | given


async def compare_answers(owner: Customer, stranger: Customer) -> int:
    """Everything of the owner's that a stranger may name is as if it were made up; how many names were tried."""
    reference, tried = await owner.reference_of(owner.ticketed), 0
    for tool in TOOLS:
        assert arguments_of(tool) <= NAMES | NOT_ROWS, f"{tool.name}: does a new argument name a row?"
        if "booking" in arguments_of(tool):
            theirs = await stranger.desk.refusal(tool, **fill(tool, booking=reference))
            assert theirs == await stranger.desk.refusal(tool, **fill(tool, booking="QQQQQQ")), tool.name
            # as left by whoever used the conversation before
            for listed in ([str(owner.ticketed)], [str(new_id())], []):
                stranger.desk.state["bookings"] = listed
                assert await stranger.desk.refusal(tool, **fill(tool, booking="1")) == theirs, tool.name
            tried += 2
        handle, made_up = f"pax_{owner.passenger_id.hex[-12:]}", "pax_0123456789ab"
        if "travellers" in arguments_of(tool):
            theirs = await stranger.desk.refusal(tool, **fill(tool, travellers=[handle]))
            assert theirs == await stranger.desk.refusal(tool, **fill(tool, travellers=[made_up])), tool.name
            tried += 1
        if "traveller" in arguments_of(tool):
            theirs = await stranger.desk.refusal(tool, traveller=handle)
            assert theirs == await stranger.desk.refusal(tool, traveller=made_up), tool.name
            tried += 1
    assert not stranger.desk.cards
    return tried


async def test_what_is_somebody_elses_is_answered_like_what_does_not_exist(owner: Customer, stranger: Customer) -> None:
    assert await compare_answers(owner, stranger) >= 16
    assert await owner.list_proposals() == []


@pytest.mark.parametrize("repository", [bookings, passengers])
async def test_without_the_filter_the_stranger_is_noticed(
    owner: Customer, stranger: Customer, repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: everybody may read every booking, or every traveller."""
    monkeypatch.setattr(repository, "readable_by", lambda _: true())
    with pytest.raises(AssertionError):
        await compare_answers(owner, stranger)


async def use_everything(customer: Customer) -> list[str]:
    """Call every tool until it did what it does, then where it cannot; what models and screens were given."""
    customer.airline.new_slices, customer.airline.new_price = (make_slice("18:00"),), PRICE
    await customer.open_up()
    given: list[str] = []
    for tool in TOOLS:
        args = fill(tool, **(ROUTE if "returns_on" in arguments_of(tool) else {}))
        if tool.name == "price_calendar":
            continue  # a search of many days, and of nobody's
        if tool.name == "start_payment":
            args["booking"] = await customer.reference_of(customer.held)
        if tool.name == "search_flights":
            await customer.look()
            continue
        if tool.name == "visa_hints":
            args["destination"] = "Thái Lan"
        answer = await customer.desk.call(tool, **args)
        given += [answer.text, json.dumps(answer.cards, ensure_ascii=False)]
    for args in ({"booking": "QQQQQQ"}, {"travellers": ["3"]}, {"number": 9}):
        for tool in TOOLS:
            if set(args) <= arguments_of(tool):
                given.append(str(await customer.desk.refusal(tool, **fill(tool, **args))))
                given.append(str(customer.desk.cards))
    return given


async def find_leaks(customer: Customer) -> set[str]:
    with structlog.testing.capture_logs() as entries:
        given = await use_everything(customer)
    assert len(given) > 40
    text = "\n".join([*given, str(entries)])
    born = (BORN.isoformat(), f"{BORN:%d/%m/%Y}", f"{BORN:%d%m%Y}")
    return {secret for secret in (PASSPORT, EMAIL, NEW_EMAIL, PHONE, PHONE[3:], *born) if secret in text}


async def test_papers_birth_dates_and_addresses_come_out_of_no_tool(owner: Customer) -> None:
    await owner.enter("Bi", "Trần")
    await owner.set_default()
    assert await find_leaks(owner) == set()


async def test_card_that_told_an_address_would_be_found(owner: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: travellers are shown as they are entered."""
    monkeypatch.setattr(tools.confirm, "ticket_name", lambda _: EMAIL)
    await owner.enter("Bi", "Trần")
    await owner.set_default()
    assert await find_leaks(owner) == {EMAIL}


async def test_no_tool_says_yes_or_moves_a_booking(owner: Customer) -> None:
    await owner.enter("Bi", "Trần")
    await owner.set_default()
    before, moves, own = await owner.read_phases(), await count_moves(owner), await read_own(owner)
    await use_everything(owner)
    assert await owner.read_phases() == before
    assert await count_moves(owner) == moves
    assert await read_own(owner) == own
    cards = await owner.list_proposals()
    assert {card.action for card in cards} == set(get_args(ProposalAction))
    # a newer card takes an older one's place
    assert {card.status for card in cards} <= {"open", "void"}
    assert all(card.channel is None and card.booking_id is None for card in cards)
    assert owner.airline.calls.done == {}, "the airline was asked for nothing with an effect"


async def read_own(customer: Customer) -> list[list[Any]]:
    """What a yes to a card about the account changes."""
    rows = (
        select(CalendarEvent.id),
        select(VerificationCode.id),
        select(IdentityDocument.id).order_by(IdentityDocument.id),
        select(UserPreference.updated_at),
        select(User.email).order_by(User.id),
    )
    async with customer.transactions() as session:
        return [list(await session.scalars(each)) for each in rows]


async def count_moves(customer: Customer) -> int:
    async with customer.transactions() as session:
        return len((await session.scalars(select(BookingTransition.id))).all())


def modules_of(name: str) -> Iterator[str]:
    """What a module of ours imports, itself among it, all the way down."""
    seen, pending = set[str](), [name]
    while pending:
        module = pending.pop()
        path = ROOT / f"{module.replace('.', '/')}.py"
        if module in seen or not path.exists():
            continue
        seen.add(module)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                pending += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                pending += [alias.name for alias in node.names]
    yield from sorted(seen)


def test_no_tool_leads_to_where_a_yes_is_taken() -> None:
    reached = {
        module: {each for each in modules_of(f"tools.{module}") if each in OUT_OF_REACH}
        for module in (path.stem for path in (ROOT / "tools").glob("*.py"))
    }
    assert len(reached) > 15
    assert {module: found for module, found in reached.items() if found} == {}


def test_way_to_a_yes_would_be_found() -> None:
    """The same look at who may take one."""
    for module in ("api.routes.proposals", "services.bookings.creation"):
        assert "services.proposals.approval" in set(modules_of(module))
    assert all((ROOT / f"{module.replace('.', '/')}.py").exists() for module in OUT_OF_REACH)


def test_every_tool_is_declared_once_to_read_or_to_write() -> None:
    names = [tool.name for tool in TOOLS]
    assert len(names) == len(set(names)) == 26
    assert {tool.name for tool in WRITE_TOOLS} == {
        *("propose_booking", "propose_cancellation", "propose_change"),
        *("propose_calendar_entry", "propose_preference", "propose_document_deletion", "propose_email_change"),
        *("start_payment", "resend_confirmation", "ask_a_person"),
    }


def test_no_tool_asks_whose() -> None:
    for tool in TOOLS:
        assert not {name for name in arguments_of(tool) if "user" in name or name.endswith("_id")}, tool.name
