"""Asking Duffel for flights: a search has one place at each end, and children are given by age."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import Any

from domain.airports import city_code
from domain.offers import FlightQuery, SliceQuery
from domain.travellers import TravellerCounts

MAX_REQUESTS = 9
CHILD_YEARS = 8
INFANT_YEARS = 1


def place_code(airports: Sequence[str]) -> str:
    """The code of the city these airports are all of, else of the first."""
    return city_code(airports) or airports[0]


def split_query(query: FlightQuery) -> Iterator[FlightQuery]:
    """The searches that answer a query, at most nine. An end that is no city takes one airport, on the way back too."""
    ends = dict.fromkeys(end for asked in query.slices for end in (asked.origins, asked.destinations))
    choices = [[end] if city_code(end) else [(airport,) for airport in end] for end in ends]
    for chosen in islice(product(*choices), MAX_REQUESTS):
        airports = dict(zip(ends, chosen, strict=True))
        slices = tuple(
            SliceQuery(
                origins=airports[asked.origins],
                destinations=airports[asked.destinations],
                departs_on=asked.departs_on,
            )
            for asked in query.slices
        )
        yield query.model_copy(update={"slices": slices})


def write_offer_request(query: FlightQuery) -> dict[str, Any]:
    """The body of one of the searches."""
    return {
        "slices": [
            {
                "origin": place_code(asked.origins),
                "destination": place_code(asked.destinations),
                "departure_date": asked.departs_on.isoformat(),
            }
            for asked in query.slices
        ],
        "passengers": _write_passengers(query.travellers),
        "cabin_class": query.cabin,
    }


def _write_passengers(travellers: TravellerCounts) -> list[dict[str, Any]]:
    adults: list[dict[str, Any]] = [{"type": "adult"}] * travellers.adults
    return adults + [{"age": CHILD_YEARS}] * travellers.children + [{"age": INFANT_YEARS}] * travellers.infants
