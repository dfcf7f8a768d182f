"""One shape for every provider's flight offer: slices of segments, a fare brand, rules and a price in parts.

Wall times are local to their airport and carry its IANA zone; durations and day differences are computed
from instants, never read from a provider.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.money import Money
from domain.travellers import TravellerCounts, TravellerType

CabinClass = Literal["economy", "premium_economy", "business", "first"]
CABIN_CLASSES: tuple[CabinClass, ...] = get_args(CabinClass)

BookingFlow = Literal["hold", "instant"]
"""Seats first and money later, or both at once."""

SEARCH_WINDOW_DAYS = 361
"""How far ahead airlines sell seats."""


class Value(BaseModel):
    """An immutable value; unknown fields are refused so that a typo cannot hide."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LocalTime(Value):
    """A wall-clock time at an airport."""

    at_local: datetime
    """Naive; what the boarding pass shows."""
    zone: str
    """IANA name, for example Asia/Ho_Chi_Minh."""

    @property
    def instant(self) -> datetime:
        return self.at_local.replace(tzinfo=ZoneInfo(self.zone))


class Baggage(Value):
    """What one traveller may bring on a segment. `pieces` 0 means none included; `kg` None means not stated."""

    pieces: int = Field(ge=0)
    kg: int | None = None


class Segment(Value):
    """One flight number from one airport to another."""

    origin: str
    destination: str
    departs: LocalTime
    arrives: LocalTime
    carrier: str
    """Marketing carrier, IATA two-character code."""
    flight_number: str
    """Digits only, without the carrier: '123'."""
    operating_carrier: str | None
    """None where the provider does not say who flies."""
    aircraft: str | None
    cabin: CabinClass
    carry_on: Baggage | None
    """None where the provider does not say; not the same as nothing included."""
    checked: Baggage | None
    technical_stops: tuple[str, ...] = ()
    """Airports where the aircraft lands on the way under the same flight number."""

    @property
    def designator(self) -> str:
        return f"{self.carrier}{self.flight_number}"

    @property
    def duration(self) -> timedelta:
        return self.arrives.instant - self.departs.instant


class Slice(Value):
    """One direction of travel: the segments between an origin and a destination."""

    segments: tuple[Segment, ...] = Field(min_length=1)

    @property
    def origin(self) -> str:
        return self.segments[0].origin

    @property
    def destination(self) -> str:
        return self.segments[-1].destination

    @property
    def departs(self) -> LocalTime:
        return self.segments[0].departs

    @property
    def arrives(self) -> LocalTime:
        return self.segments[-1].arrives

    @property
    def stops(self) -> int:
        """Landings on the way, with and without a change of planes."""
        return len(self.segments) - 1 + sum(len(segment.technical_stops) for segment in self.segments)

    @property
    def duration(self) -> timedelta:
        return self.arrives.instant - self.departs.instant

    @property
    def day_difference(self) -> int:
        """Days between the local departure and arrival dates: the `+1` beside an arrival time."""
        return (self.arrives.at_local.date() - self.departs.at_local.date()).days

    @property
    def layovers(self) -> tuple[timedelta, ...]:
        pairs = zip(self.segments, self.segments[1:], strict=False)
        return tuple(after.departs.instant - before.arrives.instant for before, after in pairs)


class PricePart(Value):
    """The price of all travellers of one type: `count` times base plus taxes."""

    traveller_type: TravellerType | None
    """None for what the provider does not split: the whole party, or a charge on top."""
    count: int = Field(ge=1)
    base_each: Money
    taxes_each: Money

    @property
    def each(self) -> Money:
        return self.base_each + self.taxes_each

    @property
    def total(self) -> Money:
        return self.each * self.count


class Condition(Value):
    """Whether something is allowed before departure, and for what fee. None means the carrier does not say."""

    allowed: bool | None
    fee: Money | None = None


class Conditions(Value):
    refund: Condition
    change: Condition


class FlightOffer(Value):
    """Something a traveller can buy, at a price, until `expires_at`."""

    provider: str
    provider_offer_id: str
    slices: tuple[Slice, ...] = Field(min_length=1)
    fare_brand: str
    cabin: CabinClass
    price_parts: tuple[PricePart, ...] = Field(min_length=1)
    conditions: Conditions
    seats_left: int | None
    expires_at: AwareDatetime
    simulated: bool
    """True for the sandbox and for a vendor's test mode: no real seat stands behind it."""
    booking_flows: tuple[BookingFlow, ...] = ()
    """How it can be bought; empty where it can only be looked at."""

    @property
    def total(self) -> Money:
        first, *rest = (part.total for part in self.price_parts)
        return sum(rest, start=first)

    @property
    def per_adult(self) -> Money | None:
        """None where the provider prices the party as a whole."""
        first = self.price_parts[0]
        return first.each if first.traveller_type == "adult" else None

    @property
    def travellers(self) -> TravellerCounts | None:
        """Who the price is for; None where the provider prices the party as a whole."""
        counts = {part.traveller_type: part.count for part in self.price_parts}
        if None in counts:
            return None
        return TravellerCounts(
            adults=counts.get("adult", 0), children=counts.get("child", 0), infants=counts.get("infant", 0)
        )

    @property
    def duration(self) -> timedelta:
        return sum((slice_.duration for slice_ in self.slices), start=timedelta())

    @property
    def stops(self) -> int:
        return sum(slice_.stops for slice_ in self.slices)

    @property
    def carriers(self) -> tuple[str, ...]:
        """Marketing carriers in order of appearance, each once."""
        return tuple(dict.fromkeys(s.carrier for slice_ in self.slices for s in slice_.segments))


class SliceQuery(Value):
    """One direction asked for. A city has several airports, so each end is a list of airport codes."""

    origins: tuple[str, ...] = Field(min_length=1)
    destinations: tuple[str, ...] = Field(min_length=1)
    departs_on: date


class FlightQuery(Value):
    """Everything that changes what a provider would answer."""

    slices: tuple[SliceQuery, ...] = Field(min_length=1, max_length=6)
    travellers: TravellerCounts
    cabin: CabinClass
    currency: str

    @property
    def is_round_trip(self) -> bool:
        """Out and back between the same places."""
        first, last = self.slices[0], self.slices[-1]
        return len(self.slices) == 2 and (first.origins, first.destinations) == (last.destinations, last.origins)
