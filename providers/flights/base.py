"""The port every flight provider fits: what we ask, in domain words, and what may go wrong."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from domain.offers import FlightOffer, FlightQuery


class FoundOffer(NamedTuple):
    """An offer and the provider's own payload it was read from, which is stored but never shown."""

    offer: FlightOffer
    raw: dict[str, Any]


class UnsoldCurrency(Exception):
    """The provider sells in other currencies only; an empty answer would wrongly say that nothing flies."""


class FlightProvider(Protocol):
    """A source of flight offers."""

    name: str

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        """Offers for the query, cheapest first; an empty list means the provider sells no such flight.

        Raises UnsoldCurrency.
        """
        ...
