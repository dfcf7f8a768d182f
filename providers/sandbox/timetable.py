"""The simulated world's flights: an engine that asks nobody, the same for all who know the seed and the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from domain.airports import find_airport
from domain.offers import SEARCH_WINDOW_DAYS, CabinClass, FlightQuery, SliceQuery
from providers.flights.base import FoundOffer
from providers.sandbox import fares
from providers.sandbox.carriers import carriers
from providers.sandbox.demand import NOTHING_SOLD, Demand, SoldSeats
from providers.sandbox.dice import Dice
from providers.sandbox.fares import Brand
from providers.sandbox.itineraries import Itinerary, PricedJourney, combine, pick_trips
from providers.sandbox.journeys import Journey, JourneyFinder
from providers.sandbox.network import Network
from providers.sandbox.offers import Ask, OfferWriter, Sale, list_sales
from providers.sandbox.schedule import Flight, Schedule

MAX_OFFERS = 100
MAX_TRIPS = 60
"""How many trips are offered; their other brands fill what is left of the offers."""


class SandboxTimetable:
    """Who flies, what is left and what it costs.

    An answer is a pure function of the seed, the question, the clock and the seats that orders have taken: timetable
    and prices hold for the whole clock hour, only `expires_at` follows the minute.
    """

    name = "sandbox"

    def __init__(self, clock: Callable[[], datetime], *, seed: str = "world") -> None:
        """`clock` gives the current instant, aware."""
        self._clock = clock
        self.dice = Dice(seed)
        self._demand = Demand(self.dice)

    async def search(self, query: FlightQuery, sold: SoldSeats = NOTHING_SOLD) -> list[FoundOffer]:
        """At most a hundred offers, cheapest first. Raises UnsoldCurrency.

        An airport without scheduled service, a date outside the booking window and a cabin nobody flies give none.
        """
        now = self._clock().astimezone(UTC)
        ask = Ask(query.travellers, query.cabin, fares.get_currency(query.currency), now, sold)
        trips = pick_trips(combine([self.list_journeys(slice_, ask) for slice_ in query.slices]), MAX_TRIPS)
        writer = OfferWriter(self.name, ask)
        found = [writer.write(sale) for sale in islice(list_sales(trips, ask.cabin), MAX_OFFERS)]
        return sorted(found, key=lambda each: each.offer.total.amount_minor)

    def list_journeys(self, slice_: SliceQuery, ask: Ask) -> list[PricedJourney]:
        """Ways to fly that have seats for the party."""

        def is_open(flight: Flight) -> bool:
            return self.seats_left(flight, ask) >= ask.travellers.seats

        origins = [code for code in self._served(slice_.origins) if self._sells(code, slice_.departs_on, ask.hour)]
        finder = JourneyFinder(self._network, self._schedule, is_open)
        journeys = finder.find(origins, self._served(slice_.destinations), slice_.departs_on)
        return [self.price_journey(journey, ask) for journey in journeys]

    def find_journeys(self, keys: Sequence[Sequence[str]]) -> tuple[Journey, ...] | None:
        """The journeys that fly under these keys, one per slice; None where a flight does not exist."""
        flights = [[self._schedule.find_flight(key) for key in slice_] for slice_ in keys]
        known = tuple(Journey(tuple(flight for flight in slice_ if flight is not None)) for slice_ in flights)
        return known if all(None not in slice_ for slice_ in flights) else None

    def seats_left(self, flight: Flight, ask: Ask) -> int:
        return self._demand.seats_left(flight, ask.cabin, ask.hour, ask.sold)

    def price_sale(self, journeys: Sequence[Journey], raw: dict[str, Any], ask: Ask) -> Sale:
        """Journeys in the brands of an offer, whose raw form is given."""
        trip = Itinerary(tuple(self.price_journey(journey, ask) for journey in journeys))
        return Sale(trip, _find_brands(raw, ask.cabin))

    def write_offer(self, sale: Sale, percent: int, ask: Ask) -> FoundOffer:
        return OfferWriter(self.name, ask).write(sale, percent)

    def price_journey(self, journey: Journey, ask: Ask) -> PricedJourney:
        flights = journey.flights
        seller = max(flights, key=lambda flight: flight.departure.km).carrier
        km = round(self._network.distance(flights[0].departure.origin.iata, flights[-1].departure.destination.iata))
        levels = [self._demand.price_level(flight, ask.cabin, ask.hour) for flight in flights]
        return PricedJourney(
            journey=journey,
            seller=seller,
            km=km,
            fare_usd=fares.fare_usd(journey, seller, ask.cabin, km, sum(levels) / len(levels)),
            taxes_usd=fares.taxes_usd(journey, seller),
            seats_left=min(self.seats_left(flight, ask) for flight in flights),
        )

    @cached_property
    def _network(self) -> Network:
        return Network()

    @cached_property
    def _schedule(self) -> Schedule:
        return Schedule(self._network, self.dice)

    def _served(self, codes: Iterable[str]) -> list[str]:
        """The current codes of those airports that have service."""
        airports = [airport for code in codes if (airport := find_airport(code)) is not None]
        return [code for code in dict.fromkeys(airport.iata for airport in airports) if self._network.serves(code)]

    def _sells(self, origin: str, on: date, hour: datetime) -> bool:
        """Whether the day, local to the origin, is one that airlines sell."""
        today = hour.astimezone(ZoneInfo(self._network.airport(origin).zone)).date()
        return 0 <= (on - today).days <= SEARCH_WINDOW_DAYS


def _find_brands(raw: dict[str, Any], cabin: CabinClass) -> tuple[Brand, ...]:
    """The brand of each slice."""
    families = [fares.brands()[carriers()[seller].brands, cabin] for seller in raw["sellers"]]
    return tuple(
        next(brand for brand in family if brand.name == name)
        for family, name in zip(families, raw["brands"], strict=True)
    )
