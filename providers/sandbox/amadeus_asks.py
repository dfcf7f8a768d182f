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
    Place,
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
        return _read_cabin(value)


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


class SearchParams(Ask):
    """The query string of a search."""

    origin_location_code: str
    destination_location_code: str
    departure_date: date
    return_date: date | None = None
    adults: int = Field(ge=1, le=9)
    children: int = Field(0, ge=0, le=9)
    infants: int = Field(0, ge=0, le=9)
    travel_class: CabinClass = "economy"
    included_airline_codes: str = ""
    excluded_airline_codes: str = ""
    non_stop: Literal["true", "false"] = "false"
    currency_code: str = DEFAULT_CURRENCY
    max_price: int | None = None
    max: int = Field(MAX_OFFERS, ge=1, le=MAX_OFFERS)

    @field_validator("travel_class", mode="before")
    @classmethod
    def _read_travel_class(cls, value: object) -> object:
        return _read_cabin(value)


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
        raise missing("parameter", "X-HTTP-Method-Override")


async def read_json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise invalid_format("pointer", "/") from None


def read(kind: type[AskT], value: Any, place: Place = "pointer") -> AskT:
    """Raises the Refusal for what cannot be read."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise unreadable(error, place) from None


def search_in_params(params: SearchParams) -> Search:
    included, excluded = _split(params.included_airline_codes), _split(params.excluded_airline_codes)
    if included and excluded:
        raise invalid_combination("includedAirlineCodes and excludedAirlineCodes exclude each other")
    origins = _airports((params.origin_location_code,), "parameter", "originLocationCode")
    destinations = _airports((params.destination_location_code,), "parameter", "destinationLocationCode")
    slices = [_read_slice(origins, destinations, params.departure_date, "parameter", "departureDate")]
    if params.return_date is not None:
        if params.return_date < params.departure_date:
            raise invalid_date("parameter", "returnDate")
        slices.append(_read_slice(destinations, origins, params.return_date, "parameter", "returnDate"))
    party = _name_party(TravellerCounts(adults=params.adults, children=params.children, infants=params.infants))
    return Search(
        _write_query(slices, party, params.travel_class, params.currency_code),
        party,
        params.max,
        params.max_price,
        included,
        excluded,
        max_connections=0 if params.non_stop == "true" else None,
    )


def search_in_body(body: SearchBody) -> Search:
    criteria, filters = body.search_criteria, body.search_criteria.flight_filters
    cabins = {restriction.cabin for restriction in filters.cabin_restrictions} or {"economy"}
    if len(cabins) > 1:
        raise invalid_combination("one cabin for the whole trip")
    return Search(
        _write_query(
            [_read_bound(bound, f"/originDestinations/{n}") for n, bound in enumerate(body.origin_destinations)],
            body.travelers,
            cabins.pop(),
            body.currency_code,
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


def _write_query(
    slices: Sequence[SliceQuery], party: Sequence[Traveler], cabin: CabinClass, currency: str
) -> FlightQuery:
    return FlightQuery(slices=tuple(slices), travellers=count_party(party), cabin=cabin, currency=currency)


def _name_party(counts: TravellerCounts) -> tuple[Traveler, ...]:
    """The party of a query string, which names nobody: numbered in order, an infant with each of the first adults."""
    if counts.infants > counts.adults:
        raise invalid_combination("more infants than adults")
    adults = [Traveler(id=str(n), travelerType="ADULT") for n in range(1, counts.adults + 1)]
    children = [Traveler(id=str(n), travelerType="CHILD") for n in range(counts.adults + 1, counts.seats + 1)]
    infants = [
        Traveler(id=str(counts.seats + n), travelerType="HELD_INFANT", associatedAdultId=str(n))
        for n in range(1, counts.infants + 1)
    ]
    return (*adults, *children, *infants)


def _read_bound(bound: OriginDestination, where: str) -> SliceQuery:
    origins = (bound.origin_location_code, *bound.alternative_origins_codes)
    destinations = (bound.destination_location_code, *bound.alternative_destinations_codes)
    return _read_slice(
        _airports(origins, "pointer", f"{where}/originLocationCode"),
        _airports(destinations, "pointer", f"{where}/destinationLocationCode"),
        bound.departure_date_time_range.departs_on,
        "pointer",
        f"{where}/departureDateTimeRange/date",
    )


def _read_slice(
    origins: tuple[str, ...], destinations: tuple[str, ...], departs_on: date, place: Place, where: str
) -> SliceQuery:
    # somewhere on earth it is still yesterday
    if departs_on < (clock.now() - timedelta(hours=12)).date():
        raise invalid_date(place, where)
    return SliceQuery(origins=origins, destinations=destinations, departs_on=departs_on)


def _airports(codes: Iterable[str], place: Place, where: str) -> tuple[str, ...]:
    """The airports of airport and city codes."""
    found = [city_airports(code) for code in codes]
    if not all(found):
        raise invalid_data(place, where)
    return tuple(dict.fromkeys(airport for airports in found for airport in airports))


def _read_cabin(value: object) -> object:
    """Amadeus writes cabins in capitals, and in capitals only."""
    names = {cabin.upper(): cabin for cabin in CABIN_CLASSES}
    return names.get(value) if isinstance(value, str) else value


def _split(codes: str) -> frozenset[str]:
    return frozenset(code for code in codes.split(",") if code)
