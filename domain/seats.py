"""What a cabin looks like, and which of its seats are for sale."""

from __future__ import annotations

from typing import Literal

from domain.money import Money
from domain.offers import CabinClass, Value

SeatFeature = Literal["window", "middle", "aisle", "exit_row", "extra_legroom", "bulkhead", "front", "no_infant"]
Deck = Literal["main", "upper", "lower"]


class SeatPrice(Value):
    """A seat for sale to one traveller."""

    traveller: int
    """Position among the offer's travellers: adults first, then children; infants have no seat."""
    price: Money
    """Zero where the fare includes it."""
    service_id: str
    """What a purchase names to get it."""


class Seat(Value):
    row: int
    column: str
    features: tuple[SeatFeature, ...]
    prices: tuple[SeatPrice, ...]
    """One for each traveller who may take it; empty where it is taken or not for this party."""

    @property
    def designator(self) -> str:
        return f"{self.row}{self.column}"

    @property
    def is_available(self) -> bool:
        return bool(self.prices)


class SeatCabin(Value):
    """One deck of one cabin class, row by row from the nose."""

    cabin: CabinClass
    deck: Deck
    columns: tuple[str, ...]
    """Letters from left to right as one faces forward; an empty string is an aisle."""
    seats: tuple[Seat, ...]


class SeatMap(Value):
    """The cabins of one segment that the offer's travellers may sit in."""

    slice_index: int
    segment_index: int
    designator: str
    """The flight: VN123."""
    aircraft: str | None
    cabins: tuple[SeatCabin, ...]
