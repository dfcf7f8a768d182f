"""What a yes is to, in one form under one hash."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest

from domain.orders import ServiceChoice
from services.proposals.proposing import propose_cancellation
from services.proposals.quotes import hash_quote, write_canonical
from tests.support.consent import Buyer, offer_change
from tests.support.trips import PRICE


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value and every name of a JSON document stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path


def flip(value: Any) -> Any:
    """The smallest other value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return chr(ord(value[0]) ^ 1) + value[1:] if value else "x"


async def quotes_of(buyer: Buyer) -> list[dict[str, Any]]:
    """A quote of each kind."""
    booking = await buyer.propose(services=(ServiceChoice(service_id="bag"), ServiceChoice(service_id="s1A")))
    ticketed = await buyer.add("ticketed")
    cancellation = await propose_cancellation(buyer.consent, buyer.actor, booking_id=ticketed)
    return [booking.quote, cancellation.quote, (await offer_change(buyer, ticketed, PRICE + 100)).quote]


async def test_every_byte_of_a_quote_is_under_its_hash(buyer: Buyer) -> None:
    for quote in await quotes_of(buyer):
        seen, places = {hash_quote(quote)}, list(leaves(quote))
        assert len(places) > 20
        for path in places:
            other = deepcopy(quote)
            inner = other
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = flip(inner[path[-1]])
            seen.add(hash_quote(other))
        assert len(seen) == len(places) + 1


async def test_a_quote_covers_what_is_agreed_to_and_nothing_of_a_document(buyer: Buyer) -> None:
    book, cancel, change = await quotes_of(buyer)
    assert {"proposal_id", "user_id", "offer_id", "passengers", "slices", "conditions", "services"} <= set(book)
    assert (book["amount_minor"], book["fare_minor"], book["currency"]) == (1000 + 300 + 250_000, 1000, "VND")
    assert {"fee_minor", "refund_minor", "booking_id", "expires_at"} <= set(cancel)
    assert {"change", "old_slices", "amount_minor", "expires_at"} <= set(change)
    assert "1990" not in write_canonical(book)
    assert "guy" not in write_canonical(book)


def test_a_quote_has_one_form() -> None:
    assert hash_quote({"b": 1, "a": "é"}) == hash_quote({"a": "e\u0301", "b": 1})
    assert write_canonical({"b": [True, None], "a": "ệ"}) == '{"a":"ệ","b":[true,null]}'
    for value in (1.5, UUID(int=1), {1: 2}):
        with pytest.raises(TypeError):
            write_canonical({"x": value})


async def test_the_stored_quote_has_the_stored_hash(buyer: Buyer) -> None:
    card = await buyer.read_card((await buyer.propose()).id)
    assert hash_quote(card.quote) == card.quote_hash
