"""The frame: what the traveller has asked for so far, as data the graph can act on."""

from __future__ import annotations

from datetime import date, time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.messages import Language as Language
from domain.money import Money
from domain.offers import CabinClass

SlotName = Literal["origin", "destination", "depart_on", "return_on", "stay_nights", "travellers", "new_day"]
"""What a question may be about; "new_day" is that of a flight booked already, and no part of a frame."""
TripKind = Literal["one_way", "round_trip", "multi_city"]
SortKey = Literal["price", "departure", "arrival", "duration", "best"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceRef(Part):
    """A resolved end of a trip. `iata` is a city (metro) code or an airport code, as `kind` says."""

    iata: str
    name: str
    kind: Literal["city", "airport"]


class DateRange(Part):
    """An inclusive span of days."""

    first: date
    last: date


class TimeWindow(Part):
    """A part of the day, inclusive; an open end is None."""

    first: time | None = None
    last: time | None = None


class Leg(Part):
    """One direction of a multi-city trip."""

    origin: PlaceRef
    destination: PlaceRef
    depart_on: date | None = None


class Ambiguity(Part):
    """Something said that has several readings; nothing is chosen until the traveller does."""

    field: str
    phrase: str
    """The words as written."""
    readings: tuple[str, ...]
    """ISO dates, IATA codes or numbers, likeliest first."""


class Problem(Part):
    """Something said that cannot be: `code` names the sentence in the message catalogue, `params` fills it."""

    field: str
    code: str
    params: dict[str, str] = Field(default_factory=dict)


class Frame(Part):
    """The trip as understood across the turns of a conversation. Unsaid things are None, never a default."""

    origin: PlaceRef | None = None
    destination: PlaceRef | None = None
    legs: tuple[Leg, ...] = ()
    depart_on: date | None = None
    depart_range: DateRange | None = None
    return_on: date | None = None
    stay_nights: int | None = None
    depart_time: TimeWindow | None = None
    trip: TripKind | None = None
    adults: int | None = None
    children: int | None = None
    infants: int | None = None
    cabin: CabinClass | None = None
    airlines: tuple[str, ...] = ()
    max_stops: int | None = None
    refundable: bool | None = None
    checked_bag: bool | None = None
    budget: Money | None = None
    sort: SortKey | None = None
    flexible_days: int | None = None
    ambiguous: tuple[Ambiguity, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def missing(self) -> tuple[SlotName, ...]:
        """What a search still needs, in the order we ask for it."""
        wanted: dict[SlotName, object] = {
            "origin": self.origin,
            "destination": self.destination,
            "depart_on": self.depart_on,
        }
        if self.trip == "round_trip":
            wanted["return_on"] = self.return_on
        return tuple(name for name, value in wanted.items() if value is None)

    @property
    def is_searchable(self) -> bool:
        """Whether a search can be made of it. Trips of several legs are understood, and not searched yet.

        A search without a doubtful budget finds what there is; one on a doubtful day or place finds something else.
        """
        is_in_doubt = any(doubt.field != "budget" for doubt in self.ambiguous)
        return self.trip != "multi_city" and not (self.missing or is_in_doubt or self.problems)
