"""Who flies where, how often: the routes of every carrier, before they have times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.airports import Airport, distance_km, find_airport
from providers.sandbox.carriers import Carrier, carriers
from providers.sandbox.tables import read_table


@dataclass(frozen=True, slots=True)
class Link:
    """One carrier's flights between its hub and a station, both ways."""

    carrier: Carrier
    operator: str
    """Who flies it: the carrier itself, or a regional partner."""
    hub: str
    station: str
    weekly: int
    """Flights a week, each way."""
    first_number: int
    """The first flight out of the hub; the return has the next number, the second flight the one after."""

    @property
    def daily(self) -> int:
        """Flights on the busiest day, each way."""
        return -(-self.weekly // 7)


class Network:
    """The route map. An airport that is in no link has no scheduled service."""

    def __init__(self) -> None:
        self._links: dict[str, dict[str, list[Link]]] = {}
        self._airports: dict[str, Airport] = {}
        for link in _read_links():
            for origin, destination in ((link.hub, link.station), (link.station, link.hub)):
                self._links.setdefault(origin, {}).setdefault(destination, []).append(link)

    @property
    def airports(self) -> tuple[str, ...]:
        """Codes of all airports with scheduled service."""
        return tuple(self._links)

    def serves(self, code: str) -> bool:
        return code in self._links

    def nonstop_from(self, code: str) -> Mapping[str, Sequence[Link]]:
        """Links by destination, for an airport that has service. The same map serves flights the other way."""
        return self._links[code]

    def links(self, origin: str, destination: str) -> Sequence[Link]:
        return self._links[origin].get(destination, ())

    def find_pair(self, designator: str) -> tuple[str, str] | None:
        """The airports between which a flight number is flown."""
        return self._pairs.get(designator)

    @cached_property
    def _pairs(self) -> dict[str, tuple[str, str]]:
        links = (link for ends in self._links.values() for each in ends.values() for link in each)
        pairs: dict[str, tuple[str, str]] = {}
        for link in links:
            for number in range(link.first_number, link.first_number + 2 * link.daily, 2):
                pairs[f"{link.carrier.iata}{number}"] = (link.hub, link.station)
                pairs[f"{link.carrier.iata}{number + 1}"] = (link.station, link.hub)
        return pairs

    def airport(self, code: str) -> Airport:
        """An airport of this network."""
        if (known := self._airports.get(code)) is None:
            known = find_airport(code)
            assert known is not None, code
            self._airports[code] = known
        return known

    def distance(self, origin: str, destination: str) -> float:
        """Great-circle distance in km."""
        return distance_km(self.airport(origin), self.airport(destination))


def _read_links() -> list[Link]:
    next_numbers = {carrier.iata: carrier.first_number for carrier in carriers().values()}
    links = []
    for row in read_table("networks.tsv"):
        carrier = carriers()[row["carrier"]]
        for station in row["stations"].split():
            link = Link(
                carrier=carrier,
                operator=row["operator"] or carrier.iata,
                hub=row["hub"],
                station=station,
                weekly=int(row["weekly"]),
                first_number=next_numbers[carrier.iata],
            )
            next_numbers[carrier.iata] += 2 * link.daily
            links.append(link)
    return links
