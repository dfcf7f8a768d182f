"""Answers with keys dropped, added and of another type: an adapter reads what it can, and fails only in port words."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from random import Random
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from db.repositories.offers import OfferRepository
from domain.orders import CancellationQuote, ChangeRequest, ServiceChoice
from providers.flights import amadeus_client, amadeus_offers, duffel_client
from providers.flights.amadeus_wire import WireOffer
from providers.flights.base import FlightProviderError, FoundOffer, ProviderDown
from services.flights.rules import answers
from services.flights.search import to_row
from services.flights.selection import Filters, merge_offers, select_offers
from tests.conftest import NOW
from tests.support.box import Box
from tests.support.offers import store
from tests.support.purchases import World, ask, buy

ROUNDS = int(os.environ.get("FUZZ_EXAMPLES", "25"))
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**30, 1.5, 1e308, "", " ", "x", "NaN", "-1", "1e9", "0"),
    *("9999-99-99", "2026-02-30T25:61:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "PT", "ZZZ", "HAN", "VND"),
    *([], {}, [[]], [None], {"x": None}, "a" * 5000, ["a", 1], {"amount": "1", "currency": "VND"}),
)
UNSTORABLE: tuple[Any, ...] = (float("nan"), float("inf"), "\0", "\ud800")
"""For these a whole answer is refused, so that they come seldom: the rest would never be read."""


def pick_junk(random: Random) -> Any:
    return random.choice(UNSTORABLE if random.random() < 0.1 else JUNK)


def spoil(value: Any, random: Random) -> Any:
    """Change one place anywhere in the JSON: every path down is as likely as the next."""
    if isinstance(value, dict) and value and random.random() < 0.95:
        key = random.choice(list(value))
        action = random.random()
        if action < 0.12:
            return {name: each for name, each in value.items() if name != key}
        if action < 0.18:
            return value | {random.choice(["unheardOf", "id", "type", key.upper()]): pick_junk(random)}
        return value | {key: spoil(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.95:
        place = random.randrange(len(value))
        action = random.random()
        if action < 0.06:
            return value[:place] + value[place + 1 :]
        if action < 0.12:
            return [*value, random.choice(value)]
        return [*value[:place], spoil(value[place], random), *value[place + 1 :]]
    return pick_junk(random)


class Spoiler:
    """Changes a few places of each answer, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.spoiled = 0

    def __call__(self, body: Any) -> Any:
        if isinstance(body, dict) and "access_token" in body:
            return body  # without a token nothing else would be read
        self.spoiled += 1
        for _ in range(self._random.choice((1, 1, 2, 5, 20))):
            body = spoil(body, self._random)
        return body


async def use(world: World, found: FoundOffer, order_id: str, call: str) -> None:
    """One call of the port, and what the house does with its answer."""
    provider, query = world.provider, ask(("DLI", "HPH", 2), adults=2)
    if call == "search":
        answered = await provider.search(query)
        await save(world.box, answered)
        offers = [store(each.offer) for each in answered]
        kept = [each for each in offers if answers(query, each.offer, now=NOW) is None]
        select_offers(merge_offers([kept], currency="VND"), Filters(max_stops=0), "best", 8)
    elif call == "price":
        await save(world.box, [await provider.price(found)])
    elif call == "book":
        await provider.book(found, buy(query, found.offer.total))
    elif call == "hold":
        await provider.book(found, buy(query, found.offer.total, "hold", services=(ServiceChoice(service_id="ase_x"),)))
    elif call == "find_order":
        await provider.find_order("nobody's")
    elif call == "cancel":
        nothing = found.offer.total * 0
        quote = CancellationQuote(
            quote_id="ore_x", provider_order_id=order_id, refund=nothing, fee=nothing, expires_at=None
        )
        await provider.cancel(quote)
    elif call == "quote_change":
        await provider.quote_change(order_id, ChangeRequest(slices={0: query.slices[0]}))
    elif call in ("get_order", "quote_cancellation"):
        await getattr(provider, call)(order_id)
    else:
        await getattr(provider, call)(found)


async def save(box: Box, found: list[FoundOffer]) -> None:
    """As the house does, which keeps what it was sent as well."""
    async with box.transactions() as session:
        await OfferRepository(session).save_all([to_row(each) for each in found])


CALLS = (
    *("search", "price", "fare_rules", "seat_map", "services", "book", "hold", "get_order"),
    *("find_order", "quote_cancellation", "cancel", "quote_change"),
)


async def fuzz(box: Box, vendor: str, rounds: int) -> tuple[int, Counter[str]]:
    """Every call over and over; how many answers were spoiled, and how the calls ended."""
    world = World(box, box.providers[vendor])
    query = ask(("DLI", "HPH", 2), adults=2)
    found = await world.find(query)
    order = await world.provider.book(found, buy(query, found.offer.total))
    assert order.provider_order_id
    ends: Counter[str] = Counter()
    spoiled = 0
    for seed in range(rounds):
        if seed % 10 == 9:  # Duffel's face forgets old searches
            found = await world.find(query)
        for call in CALLS:
            spoiler = Spoiler(seed * 1000 + CALLS.index(call))
            with box.spoiled(spoiler):
                try:
                    await use(world, found, order.provider_order_id, call)
                    ends["answered"] += 1
                except FlightProviderError as error:
                    ends[type(error).__name__] += 1
                except Exception as error:  # what is looked for, told with its seed
                    raise AssertionError(f"{call} with seed {seed}") from error
            spoiled += spoiler.spoiled
    return spoiled, ends


@pytest.mark.parametrize("vendor", ["duffel", "amadeus"])
async def test_spoiled_answers_end_in_words_of_the_port(box: Box, vendor: str) -> None:
    spoiled, ends = await fuzz(box, vendor, ROUNDS)
    assert spoiled > ROUNDS * len(CALLS) / 2
    assert ends["answered"] > ROUNDS / 4
    assert ends.total() - ends["answered"] > ROUNDS / 4, ends


def plant(junk: Any) -> Callable[[Any], Any]:
    """Something new in every offer of an answer."""

    def change(body: Any) -> Any:
        if isinstance(body.get("data"), list):
            return body | {"data": [each | {"unheardOf": [junk]} for each in body["data"]]}
        return body

    return change


async def store_planted(box: Box, vendor: str, junk: Any) -> int:
    """How many offers of a search are kept."""
    with box.spoiled(plant(junk)):
        found = await box.providers[vendor].search(ask())
    await save(box, found)
    return len(found)


@pytest.mark.parametrize("client", [duffel_client, amadeus_client])
@pytest.mark.parametrize("junk", UNSTORABLE)
async def test_what_no_database_keeps_is_not_let_in(
    box: Box, monkeypatch: pytest.MonkeyPatch, client: ModuleType, junk: Any
) -> None:
    vendor = client.__name__.rpartition(".")[2].removesuffix("_client")
    assert await store_planted(box, vendor, "harmless") > 0
    with pytest.raises(ProviderDown):
        await store_planted(box, vendor, junk)
    monkeypatch.setattr(client, "read_json", json.loads)
    with pytest.raises((DBAPIError, UnicodeEncodeError)):  # the mutant
        await store_planted(box, vendor, junk)


async def test_reader_that_trusts_what_it_is_sent_is_caught(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amadeus_offers, "parse_offer", WireOffer.model_validate)
    with pytest.raises(AssertionError, match="search with seed"):
        await fuzz(box, "amadeus", ROUNDS)
