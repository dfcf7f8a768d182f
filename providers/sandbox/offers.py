"""Writing what the sandbox sells as offers: each trip in its fare brands, for the travellers and currency asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.offers import CabinClass, FlightOffer, LocalTime, Segment, Slice
from domain.travellers import TravellerCounts
from providers.flights.base import FoundOffer
from providers.sandbox import fares
from providers.sandbox.demand import SoldSeats
from providers.sandbox.fares import LONG_TRIP_KM, Brand, Currency
from providers.sandbox.itineraries import Itinerary, PricedJourney
from providers.sandbox.rules import booking_flows

OFFER_TTL_MINUTES = 20
MAX_SEATS_SHOWN = 9
"""Airlines do not tell more."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Who wants seats, in which cabin and currency, at which instant, and what orders have taken by then."""

    travellers: TravellerCounts
    cabin: CabinClass
    currency: Currency
    now: datetime
    """In UTC."""
    sold: SoldSeats

    @property
    def hour(self) -> datetime:
        """The start of the clock hour, for all of which prices and the market's seats hold."""
        return self.now.replace(minute=0, second=0, microsecond=0)

    @property
    def expires_at(self) -> datetime:
        """Until when what is answered now can be used."""
        return self.now.replace(second=0, microsecond=0) + timedelta(minutes=OFFER_TTL_MINUTES)


class Sale(NamedTuple):
    """A trip in one brand per slice."""

    trip: Itinerary
    brands: tuple[Brand, ...]


def list_sales(trips: Sequence[Itinerary], cabin: CabinClass) -> Iterator[Sale]:
    """Every trip in its cheapest brands; then the other brands, for the first trip of each seller before the rest."""
    ranked = [(trip, [fares.brands()[priced.seller.brands, cabin] for priced in trip.slices]) for trip in trips]
    yield from (Sale(trip, tuple(family[0] for family in families)) for trip, families in ranked)
    upgradable = [(trip, families[0]) for trip, families in ranked if trip.has_one_seller]
    first_of_seller = {trip.seller.iata: trip for trip, _ in reversed(upgradable)}
    upgradable.sort(key=lambda entry: entry[0] is not first_of_seller[entry[0].seller.iata])
    for trip, family in upgradable:
        yield from (Sale(trip, (brand,) * len(trip.slices)) for brand in family[1:])


@dataclass(frozen=True, slots=True)
class OfferWriter:
    """Writes offers that answer one ask."""

    provider: str
    ask: Ask

    def write(self, sale: Sale, percent: int = 100) -> FoundOffer:
        """The sale at a share of the ordinary price."""
        trip, brands = sale
        currency = self.ask.currency
        fare = sum(fare * brand.factor for fare, brand in zip(trip.fares_usd, brands, strict=True)) * percent / 100
        taxes = trip.taxes_usd * percent / 100
        legs = list(zip(trip.slices, brands, strict=True))
        offer = FlightOffer(
            provider=self.provider,
            provider_offer_id=self._name(sale),
            slices=tuple(self._write_slice(priced, brand) for priced, brand in legs),
            fare_brand=" + ".join(dict.fromkeys(brand.name for brand in brands)),
            cabin=self.ask.cabin,
            price_parts=fares.price_parts(fare, taxes, self.ask.travellers, trip.seller, currency),
            conditions=fares.conditions([(brand, _is_long(priced)) for priced, brand in legs], currency),
            seats_left=min(MAX_SEATS_SHOWN, *(priced.seats_left for priced in trip.slices)),
            expires_at=self.ask.expires_at,
            simulated=True,
            booking_flows=booking_flows(trip, self.ask.now),
        )
        return FoundOffer(offer, self._write_raw(sale, percent))

    def _name(self, sale: Sale) -> str:
        """The same for the same flights, brands, travellers and currency within a clock hour."""
        who, hour = self.ask.travellers, self.ask.now.strftime("%Y%m%d%H")
        return ":".join(
            (
                "_".join(".".join(keys) for keys in _flight_keys(sale.trip)),
                "+".join(dict.fromkeys(brand.name.lower().replace(" ", "-") for brand in sale.brands)),
                self.ask.cabin,
                f"{who.adults}-{who.children}-{who.infants}",
                self.ask.currency.code,
                hour,
            )
        )

    def _write_raw(self, sale: Sale, percent: int) -> dict[str, object]:
        """What it takes to price the same again."""
        return {
            "flights": _flight_keys(sale.trip),
            "sellers": [priced.seller.iata for priced in sale.trip.slices],
            "brands": [brand.name for brand in sale.brands],
            "percent": percent,
            "priced_at": self.ask.hour.isoformat(),
        }

    def _write_slice(self, priced: PricedJourney, brand: Brand) -> Slice:
        checked = brand.checked_long if _is_long(priced) else brand.checked
        return Slice(
            segments=tuple(
                Segment(
                    origin=flight.departure.origin.iata,
                    destination=flight.departure.destination.iata,
                    departs=LocalTime(at_local=flight.departs_local, zone=flight.departure.origin.zone),
                    arrives=LocalTime(at_local=flight.arrives_local, zone=flight.departure.destination.zone),
                    carrier=flight.carrier.iata,
                    flight_number=flight.departure.number,
                    operating_carrier=flight.departure.operator,
                    aircraft=flight.departure.aircraft.code,
                    cabin=self.ask.cabin,
                    carry_on=brand.carry_on,
                    checked=checked,
                )
                for flight in priced.journey.flights
            )
        )


def _flight_keys(trip: Itinerary) -> list[list[str]]:
    return [[flight.key for flight in priced.journey.flights] for priced in trip.slices]


def _is_long(priced: PricedJourney) -> bool:
    return priced.km >= LONG_TRIP_KM
