"""How long a search of the sandbox timetable takes: `python -m evals.bench.timetable`.

A mix of 200 routes is searched once to plan them, then measured. The ratio to a plain Python loop lets two machines be
compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations, product
from statistics import median
from time import perf_counter

from domain.offers import FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from evals.bench.reference import measure_loop
from providers.sandbox.timetable import SandboxTimetable

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
ROUTES = 200
ROUNDS = 3

VIETNAM = ("HAN", "SGN", "DAD", "CXR", "PQC", "HPH", "HUI", "VCA", "DLI", "VCS")
ASIA = ("BKK", "SIN", "NRT HND", "ICN GMP", "TPE", "HKG", "KUL", "PVG SHA", "DEL", "DPS")
WORLD = ("LAX", "JFK EWR LGA", "LHR LGW STN LTN LCY", "CDG ORY", "FRA", "SYD", "GRU CGH VCP", "JNB", "YYZ", "DEN")


def list_queries() -> list[FlightQuery]:
    """Most of the routes touch Vietnam, and every third trip is a return."""
    groups = (
        permutations(VIETNAM, 2),
        product(VIETNAM, ASIA),
        product(ASIA, WORLD),
        product(VIETNAM, WORLD),
        permutations(WORLD, 2),
    )
    routes = [route for group in groups for route in islice(group, 0, 2 * ROUTES // len(groups), 2)]
    return [_write_query(origin, destination, number) for number, (origin, destination) in enumerate(routes)]


def _write_query(origin: str, destination: str, number: int) -> FlightQuery:
    day = NOW.date() + timedelta(days=5 + number)
    there = SliceQuery(origins=tuple(origin.split()), destinations=tuple(destination.split()), departs_on=day)
    back = SliceQuery(
        origins=there.destinations, destinations=there.origins, departs_on=there.departs_on + timedelta(days=6)
    )
    return FlightQuery(
        slices=(there,) if number % 3 else (there, back),
        travellers=TravellerCounts(adults=1 + number % 2),
        cabin="economy",
        currency="VND",
    )


async def measure_searches(provider: SandboxTimetable, queries: Sequence[FlightQuery]) -> list[float]:
    """Milliseconds of each search."""
    times = []
    for query in queries:
        started = perf_counter()
        await provider.search(query)
        times.append((perf_counter() - started) * 1000)
    return times


async def main() -> None:
    provider, queries = SandboxTimetable(lambda: NOW), list_queries()
    cold = await measure_searches(provider, queries)
    loop = median(measure_loop() for _ in range(20))
    warm = sorted([took for _ in range(ROUNDS) for took in await measure_searches(provider, queries)])
    p99 = warm[int(len(warm) * 0.99)]
    print(f"{len(queries)} routes, reference loop {loop:.2f} ms")
    print(f"first    median {median(cold):6.2f} ms   max {max(cold):6.2f} ms")
    print(f"warm     median {median(warm):6.2f} ms   p99 {p99:6.2f} ms   max {warm[-1]:6.2f} ms")
    print(f"in loops median {median(warm) / loop:6.2f}      p99 {p99 / loop:6.2f}")


if __name__ == "__main__":
    asyncio.run(main())
