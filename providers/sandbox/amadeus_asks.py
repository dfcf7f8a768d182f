"""What a client asks the simulated Amadeus, read into the port's words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from core.clock import clock
from domain.airports import city_airports
from domain.offers import CABIN_CLASSES, CabinClass, FlightOffer, FlightQuery, SliceQuery
from domain.travellers import MAX_TRAVELLERS, TravellerCounts, TravellerType
from providers.sandbox.amadeus_errors import (
    invalid_combination,
    invalid_data,
    invalid_date,
    invalid_format,
    missing,
    unreadable,
)

DEFAULT_CURRENCY = "EUR"
MAX_OFFERS = 250

WireTravelerType = Literal["ADULT", "CHILD", "HELD_INFANT"]
"""The others (SENIOR, STUDENT, SEATED_INFANT …) are not sold here."""

_TYPES: dict[WireTravelerType, TravellerType] = {"ADULT": "adult", "CHILD": "child", "HELD_INFANT": "infant"}


class Ask(BaseModel):
    """A part of a request. What we do not know we do not read, as Amadeus does not."""

    model_config = ConfigDict(alias_generator=to_camel)


AskT = TypeVar("AskT", bound=Ask)


class Traveler(Ask):
    """Somebody in a search or in an offer's prices."""

    id: str
    traveler_type: WireTravelerType
    associated_adult_id: str | None = None

    @property
    def traveller_type(self) -> TravellerType:
        return _TYPES[self.traveler_type]


class DateRange(Ask):
    departs_on: date = Field(alias="date")


class OriginDestination(Ask):
    id: str
    origin_location_code: str
    destination_location_code: str
    alternative_origins_codes: tuple[str, ...] = Field((), max_length=2)
    alternative_destinations_codes: tuple[str, ...] = Field((), max_length=2)
    departure_date_time_range: DateRange


class CabinRestriction(Ask):
    cabin: CabinClass

    @field_validator("cabin", mode="before")
    @classmethod
    def _read_cabin(cls, value: object) -> object:
        """Amadeus writes cabins in capitals, and in capitals only."""
        names = {cabin.upper(): cabin for cabin in CABIN_CLASSES}
        return names.get(value) if isinstance(value, str) else value


class CarrierRestrictions(Ask):
    included_carrier_codes: tuple[str, ...] = ()
    excluded_carrier_codes: tuple[str, ...] = ()


class ConnectionRestriction(Ask):
    max_number_of_connections: int | None = None


class FlightFilters(Ask):
    cabin_restrictions: tuple[CabinRestriction, ...] = ()
    carrier_restrictions: CarrierRestrictions = CarrierRestrictions()
    connection_restriction: ConnectionRestriction = ConnectionRestriction()


class SearchCriteria(Ask):
    max_flight_offers: int = Field(MAX_OFFERS, ge=1, le=MAX_OFFERS)
    max_price: int | None = None
    flight_filters: FlightFilters = FlightFilters()


class SearchBody(Ask):
    currency_code: str = DEFAULT_CURRENCY
    origin_destinations: tuple[OriginDestination, ...] = Field(min_length=1, max_length=6)
    travelers: tuple[Traveler, ...] = Field(min_length=1, max_length=2 * MAX_TRAVELLERS)
    sources: tuple[Literal["GDS"], ...] = Field(min_length=1)
    search_criteria: SearchCriteria = SearchCriteria()


class Search(NamedTuple):
    """A question to the port, who asks in which order, and which of the answers are wanted."""

    query: FlightQuery
    party: tuple[Traveler, ...]
    limit: int
    max_price: int | None
    """Per traveller, in major units."""
    included_carriers: frozenset[str]
    excluded_carriers: frozenset[str]
    max_connections: int | None

    def wants(self, offer: FlightOffer) -> bool:
        carriers, adult = set(offer.carriers), offer.per_adult
        return (
            (not self.included_carriers or carriers <= self.included_carriers)
            and not carriers & self.excluded_carriers
            and (self.max_price is None or (adult is not None and adult.amount <= self.max_price))
            and (
                self.max_connections is None
                or all(len(slice_.segments) - 1 <= self.max_connections for slice_ in offer.slices)
            )
        )


def require_override(request: Request) -> None:
    """A question that is posted has to say that it is one."""
    if request.headers.get("X-HTTP-Method-Override") != "GET":
        raise missing("X-HTTP-Method-Override", place="parameter")


async def read_json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise invalid_format("/") from None


def read(kind: type[AskT], value: Any) -> AskT:
    """Raises the Refusal for what cannot be read."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise unreadable(error) from None


def read_search(body: SearchBody) -> Search:
    criteria, filters = body.search_criteria, body.search_criteria.flight_filters
    cabins = {restriction.cabin for restriction in filters.cabin_restrictions} or {"economy"}
    if len(cabins) > 1:
        raise invalid_combination("one cabin for the whole trip")
    return Search(
        FlightQuery(
            slices=tuple(
                _read_bound(bound, f"/originDestinations/{n}") for n, bound in enumerate(body.origin_destinations)
            ),
            travellers=count_party(body.travelers),
            cabin=cabins.pop(),
            currency=body.currency_code,
        ),
        body.travelers,
        criteria.max_flight_offers,
        criteria.max_price,
        frozenset(filters.carrier_restrictions.included_carrier_codes),
        frozenset(filters.carrier_restrictions.excluded_carrier_codes),
        filters.connection_restriction.max_number_of_connections,
    )


def in_purchase_order(party: Sequence[Traveler]) -> list[Traveler]:
    """Adults, children, infants; first the adults with an infant, in the order of the infants."""
    infants = [each for each in party if each.traveller_type == "infant"]
    laps = [each.associated_adult_id for each in infants]
    adults = [each for each in party if each.traveller_type == "adult"]
    adults.sort(key=lambda each: laps.index(each.id) if each.id in laps else len(laps))
    return [*adults, *(each for each in party if each.traveller_type == "child"), *infants]


def count_party(party: Sequence[Traveler]) -> TravellerCounts:
    """Raises a Refusal for a party that nobody sells to."""
    kinds = [each.traveller_type for each in party]
    counts = TravellerCounts(adults=kinds.count("adult"), children=kinds.count("child"), infants=kinds.count("infant"))
    if counts.seats > MAX_TRAVELLERS:
        raise invalid_combination("at most 9 seated travelers")
    adults = {each.id for each in party if each.traveller_type == "adult"}
    laps = [each.associated_adult_id for each in party if each.traveller_type == "infant"]
    if len({each.id for each in party}) < len(party) or not adults.issuperset(laps) or len(set(laps)) < len(laps):
        raise invalid_combination("each traveler an id, each infant an adult of its own")
    return counts


def _read_bound(bound: OriginDestination, where: str) -> SliceQuery:
    origins = (bound.origin_location_code, *bound.alternative_origins_codes)
    destinations = (bound.destination_location_code, *bound.alternative_destinations_codes)
    departs_on = bound.departure_date_time_range.departs_on
    # somewhere on earth it is still yesterday
    if departs_on < (clock.now() - timedelta(hours=12)).date():
        raise invalid_date(f"{where}/departureDateTimeRange/date")
    return SliceQuery(
        origins=_airports(origins, f"{where}/originLocationCode"),
        destinations=_airports(destinations, f"{where}/destinationLocationCode"),
        departs_on=departs_on,
    )


def _airports(codes: Iterable[str], where: str) -> tuple[str, ...]:
    """The airports of airport and city codes."""
    found = [city_airports(code) for code in codes]
    if not all(found):
        raise invalid_data(where)
    return tuple(dict.fromkeys(airport for airports in found for airport in airports))
