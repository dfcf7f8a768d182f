"""Which flights are looked for, in the field names of the API reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from api.schemas.fields import Request, ThreeLetterCode, to_lower
from domain.airports import city_airports
from domain.money import Money
from domain.offers import CabinClass, FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from services.flights.calendar import DAYS_AROUND
from services.flights.nearby import widen
from services.flights.selection import Filters
from understanding.frame import SortKey

TravelClass = Annotated[CabinClass, BeforeValidator(to_lower)]
AirlineCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
MAX_NEARBY_KM = 300


class SliceRequest(Request):
    origin: ThreeLetterCode
    """IATA, of an airport or of a city with several."""
    destination: ThreeLetterCode
    depart_date: date


class Travellers(Request):
    """Who flies, how, and what the price is told in."""

    adults: int = Field(default=1, ge=0, le=99)
    children: int = Field(default=0, ge=0, le=99)
    infants: int = Field(default=0, ge=0, le=99)
    travel_class: TravelClass = "economy"
    currency: ThreeLetterCode = "VND"

    def ask(self, slices: Sequence[SliceQuery]) -> FlightQuery:
        return FlightQuery(
            slices=tuple(slices),
            travellers=TravellerCounts(adults=self.adults, children=self.children, infants=self.infants),
            cabin=self.travel_class,
            currency=self.currency,
        )


class FilterRequest(Request):
    """What the traveller will accept; a field left out accepts all. Times are local and of the first slice."""

    airlines: list[AirlineCode] = Field(default=[], max_length=20)
    max_stops: int | None = Field(default=None, ge=0, le=9)
    departs_from: time | None = None
    departs_until: time | None = None
    arrives_from: time | None = None
    arrives_until: time | None = None
    max_price: Decimal | None = Field(default=None, gt=0, max_digits=12, decimal_places=3)
    """For all travellers, in the search's currency."""
    refundable: bool = False
    checked_bag: bool = False

    @model_validator(mode="after")
    def _have_no_zone(self) -> Self:
        """A time with a zone could not be compared with what an airport's clocks show."""
        times = (self.departs_from, self.departs_until, self.arrives_from, self.arrives_until)
        if any(each is not None and each.tzinfo is not None for each in times):
            raise ValueError("times are local: give them without a zone")
        return self

    def to_filters(self, currency: str) -> Filters:
        return Filters(
            airlines=tuple(self.airlines),
            max_stops=self.max_stops,
            departs_from=self.departs_from,
            departs_until=self.departs_until,
            arrives_from=self.arrives_from,
            arrives_until=self.arrives_until,
            max_total=Money.floor(self.max_price, currency) if self.max_price is not None else None,
            refundable=self.refundable,
            checked_bag=self.checked_bag,
        )


class FlightSearchRequest(Travellers):
    """One way, a round trip, or up to six slices of any kind."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"origin": "HAN", "destination": "DAD", "depart_date": "2026-12-20", "adults": 2},
                {
                    "origin": "SGN",
                    "destination": "BKK",
                    "depart_date": "2026-12-20",
                    "return_date": "2026-12-27",
                    "travel_class": "BUSINESS",
                    "currency": "USD",
                    "filters": {"max_stops": 0, "departs_from": "08:00"},
                },
                {
                    "slices": [
                        {"origin": "SGN", "destination": "BKK", "depart_date": "2026-12-20"},
                        {"origin": "BKK", "destination": "SIN", "depart_date": "2026-12-24"},
                        {"origin": "SIN", "destination": "SGN", "depart_date": "2026-12-27"},
                    ]
                },
            ]
        }
    )

    origin: ThreeLetterCode | None = None
    """IATA, of an airport or of a city with several."""
    destination: ThreeLetterCode | None = None
    depart_date: date | None = None
    return_date: date | None = None
    slices: list[SliceRequest] | None = Field(default=None, min_length=1, max_length=6)
    """In place of the four fields above."""
    nearby_km: int = Field(default=0, ge=0, le=MAX_NEARBY_KM)
    """Airports so near to the ones asked for count too."""
    filters: FilterRequest = FilterRequest()
    sort: SortKey = "price"
    limit: int = Field(default=100, ge=1, le=250)

    @model_validator(mode="after")
    def _name_the_way_once(self) -> Self:
        flat = (self.origin, self.destination, self.depart_date)
        if self.slices is not None and any(field is not None for field in (*flat, self.return_date)):
            raise ValueError("give either slices, or origin, destination and depart_date")
        if self.slices is None and any(field is None for field in flat):
            raise ValueError("origin, destination and depart_date are needed, or slices")
        return self

    def to_query(self) -> FlightQuery:
        """The search in our own words; a code nobody knows stays as it is, for the rules to refuse."""
        slices = [make_slice(*leg) for leg in self._list_legs()]
        return self.ask([widen(slice_, self.nearby_km) for slice_ in slices] if self.nearby_km else slices)

    def _list_legs(self) -> list[tuple[str, str, date]]:
        if self.slices is not None:
            return [(each.origin, each.destination, each.depart_date) for each in self.slices]
        assert self.origin is not None
        assert self.destination is not None
        assert self.depart_date is not None
        there = (self.origin, self.destination, self.depart_date)
        return [there] if self.return_date is None else [there, (self.destination, self.origin, self.return_date)]


class CalendarRequest(Travellers):
    """Which days to compare: three before and after `depart_date`, or all from `first` to `last`."""

    origin: ThreeLetterCode
    destination: ThreeLetterCode
    depart_date: date | None = None
    first: date | None = None
    last: date | None = None
    stay_nights: int | None = Field(default=None, ge=0, le=90)
    """Of a round trip; leave out for one way."""
    max_stops: int | None = Field(default=None, ge=0, le=9)

    @model_validator(mode="after")
    def _name_the_days_once(self) -> Self:
        if (self.first is None) != (self.last is None) or (self.depart_date is None) == (self.first is None):
            raise ValueError("give either depart_date, or first and last")
        return self

    def to_days(self) -> tuple[date, date]:
        if self.first is not None and self.last is not None:
            return self.first, self.last
        assert self.depart_date is not None
        return _shift(self.depart_date, -DAYS_AROUND), _shift(self.depart_date, DAYS_AROUND)

    def to_query(self) -> FlightQuery:
        first, _ = self.to_days()
        slices = [make_slice(self.origin, self.destination, first)]
        if self.stay_nights is not None:
            slices.append(make_slice(self.destination, self.origin, _shift(first, self.stay_nights)))
        return self.ask(slices)


def _shift(day: date, days: int) -> date:
    """Some days later or earlier, but no later than the calendar ends and no earlier than it begins."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def make_slice(origin: str, destination: str, departs_on: date) -> SliceQuery:
    """A slice between all airports its codes stand for; an unknown code stays as it is, for the rules to refuse."""
    origins, destinations = (city_airports(code) or (code,) for code in (origin, destination))
    return SliceQuery(origins=origins, destinations=destinations, departs_on=departs_on)
