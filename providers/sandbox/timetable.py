"""The simulated world's flights: a provider that asks nobody, the same for all who know the seed and the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from zoneinfo import ZoneInfo

from domain.airports import find_airport
from domain.offers import SEARCH_WINDOW_DAYS, FlightQuery, SliceQuery
from providers.flights.base import FoundOffer
from providers.sandbox import fares
from providers.sandbox.demand import Demand
from providers.sandbox.dice import Dice
from providers.sandbox.itineraries import PricedJourney, combine, pick_trips
from providers.sandbox.journeys import Journey, JourneyFinder
from providers.sandbox.network import Network
from providers.sandbox.offers import OfferWriter, list_sales
from providers.sandbox.schedule import Flight, Schedule

MAX_OFFERS = 100
MAX_TRIPS = 60
"""How many trips are offered; their other brands fill what is left of the offers."""


class SandboxTimetable:
    """A FlightProvider of simulated flights.

    The answer is a pure function of the seed, the query and the clock: timetable, seats and prices hold for the whole
    clock hour, only `expires_at` follows the minute. An airport without scheduled service, a date outside the booking
    window and a cabin nobody flies give no offers; a currency without a rate raises `UnsoldCurrency`, which is
    a ValueError.
    """

    name = "sandbox"

    def __init__(self, clock: Callable[[], datetime], *, seed: str = "world") -> None:
        """`clock` gives the current instant, aware."""
        self._clock = clock
        self._dice = Dice(seed)
        self._demand = Demand(self._dice)

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        """At most a hundred offers, cheapest first. Raises UnsoldCurrency."""
        currency = fares.get_currency(query.currency)
        now = self._clock().astimezone(UTC)
        hour = now.replace(minute=0, second=0, microsecond=0)
        trips = pick_trips(combine([self._price_slice(slice_, query, hour) for slice_ in query.slices]), MAX_TRIPS)
        writer = OfferWriter(self.name, query, currency, now)
        found = [writer.write(sale) for sale in islice(list_sales(trips, query.cabin), MAX_OFFERS)]
        return sorted(found, key=lambda each: each.offer.total.amount_minor)

    @cached_property
    def _network(self) -> Network:
        return Network()

    @cached_property
    def _schedule(self) -> Schedule:
        return Schedule(self._network, self._dice)

    def _price_slice(self, slice_: SliceQuery, query: FlightQuery, hour: datetime) -> list[PricedJourney]:
        def is_open(flight: Flight) -> bool:
            return self._demand.seats_left(flight, query.cabin, hour) >= query.travellers.seats

        origins = [code for code in self._served(slice_.origins) if self._sells(code, slice_.departs_on, hour)]
        finder = JourneyFinder(self._network, self._schedule, is_open)
        journeys = finder.find(origins, self._served(slice_.destinations), slice_.departs_on)
        return [self._price_journey(journey, query, hour) for journey in journeys]

    def _served(self, codes: Iterable[str]) -> list[str]:
        """The current codes of those airports that have service."""
        airports = [airport for code in codes if (airport := find_airport(code)) is not None]
        return [code for code in dict.fromkeys(airport.iata for airport in airports) if self._network.serves(code)]

    def _sells(self, origin: str, on: date, hour: datetime) -> bool:
        """Whether the day, local to the origin, is one that airlines sell."""
        today = hour.astimezone(ZoneInfo(self._network.airport(origin).zone)).date()
        return 0 <= (on - today).days <= SEARCH_WINDOW_DAYS

    def _price_journey(self, journey: Journey, query: FlightQuery, hour: datetime) -> PricedJourney:
        flights = journey.flights
        seller = max(flights, key=lambda flight: flight.departure.km).carrier
        km = round(self._network.distance(flights[0].departure.origin.iata, flights[-1].departure.destination.iata))
        levels = [self._demand.price_level(flight, query.cabin, hour) for flight in flights]
        return PricedJourney(
            journey=journey,
            seller=seller,
            km=km,
            fare_usd=fares.fare_usd(journey, seller, query.cabin, km, sum(levels) / len(levels)),
            taxes_usd=fares.taxes_usd(journey, seller),
            seats_left=min(self._demand.seats_left(flight, query.cabin, hour) for flight in flights),
        )
