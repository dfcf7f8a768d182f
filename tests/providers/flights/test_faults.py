"""The table of docs/flight-faults.md, cell by cell, in every world."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from domain.orders import Order
from providers.flights.base import (
    FlightProviderError,
    FoundOffer,
    OfferGone,
    Operation,
    OutcomeUnknown,
    PriceChanged,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    SoldOut,
)
from providers.flights.guard import GuardedProvider
from providers.sandbox.faults import WIRE_FAULTS, WORLD_FAULTS, FaultKind
from services.flights.rules import answers
from tests.conftest import NOW
from tests.support.purchases import World, ask, buy

TABLE = Path(__file__).parents[3] / "docs" / "flight-faults.md"
SHORT = 0.05
"""Seconds that the slow ones take."""
WORDS: dict[type[FlightProviderError], str] = {
    ProviderDown: "down",
    ProviderBusy: "busy",
    QuotaSpent: "quota",
    OutcomeUnknown: "unknown",
    ProviderRetired: "retired",
    PriceChanged: "changed",
    SoldOut: "sold out",
    OfferGone: "gone",
}
EXCEPTIONS = {
    ("duffel", "quota_spent", "search"): "busy",
    ("duffel", "quota_spent", "price"): "busy",
    ("duffel", "quota_spent", "book"): "busy, no effect",
    ("duffel", "quota_spent", "cancel"): "busy, no effect",
    ("duffel", "garbage", "cancel"): "done",
}
"""What the table says in words."""


def read_table() -> dict[tuple[str, str], str]:
    """What the page says, by fault and operation."""
    rows = [line.strip("|").split("|") for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    header, _, *body = ([cell.strip() for cell in row] for row in rows)
    return {(row[0], operation): row[place] for row in body for place, operation in enumerate(header) if place > 1}


CELLS = {key: cell for key, cell in read_table().items() if cell != "—"}


def test_table_holds_every_fault() -> None:
    assert {fault for fault, _ in read_table()} == {*WIRE_FAULTS, *WORLD_FAULTS}
    assert len(CELLS) > 50


@pytest.mark.parametrize(("fault", "operation"), CELLS)
async def test_fault_shows_as_the_page_says(world: World, fault: FaultKind, operation: Operation) -> None:
    expected = EXCEPTIONS.get((world.provider.name, fault, operation), CELLS[fault, operation])
    query = ask(("HAN", "SGN", 3))
    found = await world.find(query)
    # Amadeus cancels what is not ticketed yet, and its simulated airline tickets nothing under such a remark
    unticketed = buy(query, found.offer.total, reference=f"unticketed {uuid4().hex}")
    order = await world.provider.book(found, unticketed) if operation == "cancel" else None
    quote = await world.provider.quote_cancellation(order.provider_order_id or "") if order else None
    usual = len(await world.provider.search(query))
    armed = world.box.faults.arm(operation, fault, seconds=SHORT)
    purchase = buy(query, found.offer.total)
    try:
        if operation == "search":
            seen = count(usual, await world.provider.search(query))
        elif operation == "price":
            priced = await world.provider.price(found)
            seen = "answered" if priced.offer.total == found.offer.total else "dearer"
        elif operation == "book":
            await world.provider.book(found, purchase)
            seen = "done"
        else:
            assert quote
            await world.provider.cancel(quote)
            seen = "done"
    except FlightProviderError as error:
        seen = next(word for kind, word in WORDS.items() if isinstance(error, kind))
    assert armed.met == 1, "the fault was not met"
    if operation == "book" and seen != "done":
        seen += ", effect" if await world.box.world.find_order(purchase.reference) else ", no effect"
    if operation == "cancel" and seen != "done":
        assert order
        seen += ", effect" if await is_cancelled(world, order) else ", no effect"
    assert seen == expected


def count(usual: int, found: list[FoundOffer]) -> str:
    return {usual: "answered", usual - 1: "one less", 0: "nothing"}.get(len(found), f"{len(found)} of {usual}")


async def is_cancelled(world: World, order: Order) -> bool:
    assert order.provider_order_id
    try:
        return (await world.provider.get_order(order.provider_order_id)).status == "cancelled"
    except OfferGone:  # Amadeus forgets what was deleted
        return True


@pytest.mark.parametrize("fault", ["wrong_route"])
async def test_offers_that_go_elsewhere_are_known_for_it(world: World, fault: FaultKind) -> None:
    query = ask(("HAN", "SGN", 3))
    world.box.faults.arm("search", fault)
    found = await world.provider.search(query)
    assert {answers(query, each.offer, now=NOW) for each in found} <= {"route"}


@pytest.mark.parametrize("fault", ["server_error", "garbage", "cut_before", "half_body"])
async def test_guard_asks_a_read_again_and_a_write_never(world: World, fault: FaultKind) -> None:
    guarded = GuardedProvider(world.provider)
    query = ask(("HAN", "SGN", 3))
    armed = world.box.faults.arm("search", fault, times=2)
    found = await guarded.search(query)
    assert (armed.met, len(found) > 10) == (2, True)
    armed = world.box.faults.arm("book", fault, times=2)
    with pytest.raises(OutcomeUnknown):
        await guarded.book(found[0], buy(query, found[0].offer.total))
    assert armed.met == 1


async def test_wait_that_was_asked_for_is_longer_than_patience(world: World) -> None:
    armed = world.box.faults.arm("search", "rate_limited", times=9, seconds=55)
    with pytest.raises(ProviderBusy) as raised:
        await GuardedProvider(world.provider).search(ask())
    if world.provider.name == "amadeus":  # it never says how long
        assert (armed.met, raised.value.retry_after) == (3, None)
        return
    assert armed.met == 1
    assert raised.value.retry_after == pytest.approx(55, abs=2)
