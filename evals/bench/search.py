"""How long searches take: `python -m evals.bench.search`. Loopback only; about half a minute.

A server with its own database is started for it and stopped again. Each figure comes with a ratio to something else
measured in the same run, so that two machines can be compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpx

from domain.travellers import TravellerCounts
from providers.flights.amadeus_offers import Reading, read_offer
from providers.sandbox.amadeus_api import PATH
from providers.sandbox.amadeus_gate import SANDBOX_AMADEUS_ID, SANDBOX_AMADEUS_SECRET

OFFERS = 250
ROUNDS = 20
CACHED_SEARCHES = 150
AT_ONCE = 100
BURSTS = 3
FIRST_DAY = datetime.now(UTC).date() + timedelta(days=30)
START_SECONDS = 60
ROOT = Path(__file__).parents[2]


@contextmanager
def serve() -> Iterator[str]:
    """A server with nothing in it, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as somebody else
        environment = {"PATH": os.environ["PATH"], "PORT": str(port), "DATA_DIR": folder, "LOG_LEVEL": "error"}
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "serve"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


async def wait_until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                await client.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return


async def fetch_amadeus_offers(client: httpx.AsyncClient) -> list[Any]:
    """Raw offers as the imitation of Amadeus writes them."""
    form = {
        "grant_type": "client_credentials",
        "client_id": SANDBOX_AMADEUS_ID,
        "client_secret": SANDBOX_AMADEUS_SECRET,
    }
    token = (await client.post(f"{PATH}/v1/security/oauth2/token", data=form)).json()["access_token"]
    offers: list[Any] = []
    for day in range(30):
        asked = {
            "currencyCode": "EUR",
            "originDestinations": [
                {
                    "id": "1",
                    "originLocationCode": "SGN",
                    "destinationLocationCode": "NRT",
                    "departureDateTimeRange": {"date": (FIRST_DAY + timedelta(days=day)).isoformat()},
                }
            ],
            "travelers": [{"id": n, "travelerType": "ADULT"} for n in ("1", "2")],
            "sources": ["GDS"],
        }
        headers = {"Authorization": f"Bearer {token}", "X-HTTP-Method-Override": "GET"}
        offers += (await client.post(f"{PATH}/v2/shopping/flight-offers", json=asked, headers=headers)).json()["data"]
        if len(offers) >= OFFERS:
            return offers[:OFFERS]
    raise RuntimeError("too few offers to measure")


def time_calls(call: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each."""
    times = []
    for _ in range(rounds):
        started = perf_counter()
        call()
        times.append((perf_counter() - started) * 1000)
    return times


async def time_requests(ask: Callable[[], Awaitable[httpx.Response]], rounds: int) -> list[float]:
    """Milliseconds of each, one after the other."""
    times = []
    for _ in range(rounds):
        started = perf_counter()
        (await ask()).raise_for_status()
        times.append((perf_counter() - started) * 1000)
    return times


def tell(line: str) -> None:
    print(line)


def show(name: str, times: Sequence[float], reference: float, unit: str) -> None:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    tell(f"{name:44} median {median(ordered):8.2f} ms   p95 {p95:8.2f} ms   {median(ordered) / reference:7.2f} {unit}")


async def measure_normalising(client: httpx.AsyncClient) -> None:
    offers = await fetch_amadeus_offers(client)
    text = json.dumps(offers)
    reading = Reading(
        cabin="economy", currency="EUR", party=TravellerCounts(adults=2), now=datetime.now(UTC), is_simulated=True
    )
    parse = median(time_calls(lambda: json.loads(text), ROUNDS))
    tell(f"reference: json.loads of {len(offers)} Amadeus offers, {len(text) // 1024} kB: {parse:.2f} ms")
    show(
        f"normalise {len(offers)} Amadeus offers",
        time_calls(lambda: [read_offer(raw, reading) for raw in offers], ROUNDS),
        parse,
        "times parsing",
    )


async def search(client: httpx.AsyncClient, day: date) -> httpx.Response:
    query = {"origin": "HAN", "destination": "DAD", "depart_date": day.isoformat(), "limit": 20}
    return await client.post("/v1/flights/search", json=query)


async def measure_cached(client: httpx.AsyncClient) -> None:
    health = median(await time_requests(lambda: client.get("/healthz"), CACHED_SEARCHES))
    tell(f"reference: GET /healthz: {health:.2f} ms")
    fresh = [await time_requests(partial(search, client, FIRST_DAY + timedelta(days=day)), 1) for day in range(20)]
    show("search that asks the provider, over HTTP", [times[0] for times in fresh], health, "times /healthz")
    cached = await time_requests(lambda: search(client, FIRST_DAY), CACHED_SEARCHES)
    show("search answered from what is known, over HTTP", cached, health, "times /healthz")


async def count_provider_calls(client: httpx.AsyncClient) -> int:
    text = (await client.get("/metrics")).text
    found = re.findall(r'flight_provider_calls_total\{operation="search",[^}]*\} (\d+)', text)
    return sum(int(each) for each in found)


async def measure_burst(client: httpx.AsyncClient) -> None:
    walls, alone = [], []
    asked = 0
    for burst in range(BURSTS):
        alone += await time_requests(partial(search, client, FIRST_DAY + timedelta(days=100 + burst)), 1)
        before = await count_provider_calls(client)
        started = perf_counter()
        day = FIRST_DAY + timedelta(days=200 + burst)
        for answer in await asyncio.gather(*(search(client, day) for _ in range(AT_ONCE))):
            answer.raise_for_status()
        walls.append((perf_counter() - started) * 1000)
        asked += await count_provider_calls(client) - before
    tell(f"reference: one such search alone: {median(alone):.2f} ms")
    show(f"{AT_ONCE} equal searches at once, until the last", walls, median(alone), "times one alone")
    tell(f"provider calls for {BURSTS} x {AT_ONCE} searches: {asked}")


async def main() -> None:
    with serve() as url:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, limits=limits) as client:
            await wait_until_ready(client)
            await measure_normalising(client)
            await measure_cached(client)
            await measure_burst(client)


if __name__ == "__main__":
    asyncio.run(main())
