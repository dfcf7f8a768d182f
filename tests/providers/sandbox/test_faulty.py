"""A network that fails on request, and what it did before it failed."""

from __future__ import annotations

from typing import get_args

import pytest

from providers.flights.base import (
    FlightProvider,
    FlightProviderError,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
)
from providers.sandbox.faults import Faults, WireFault
from providers.sandbox.faulty import SEARCH_FAULTS, FaultyFlights
from providers.sandbox.flights import SandboxFlights
from tests.providers.sandbox.buying import HOME, find, id_of, make_purchase

ERRORS: dict[WireFault, tuple[type[FlightProviderError] | None, type[FlightProviderError] | None, bool]] = {
    "slow": (None, None, True),
    "timeout_before": (ProviderDown, OutcomeUnknown, False),
    "timeout_after": (ProviderDown, OutcomeUnknown, True),
    "cut_before": (ProviderDown, OutcomeUnknown, False),
    "cut_after": (ProviderDown, OutcomeUnknown, True),
    "rate_limited": (ProviderBusy, ProviderBusy, False),
    "quota_spent": (QuotaSpent, QuotaSpent, False),
    "server_error": (ProviderDown, OutcomeUnknown, False),
    "server_error_after": (ProviderDown, OutcomeUnknown, True),
    "garbage": (ProviderDown, OutcomeUnknown, True),
    "half_body": (ProviderDown, OutcomeUnknown, True),
    "revoked": (ProviderRetired, ProviderRetired, False),
}
"""What a read and a write meet, and whether the write has had its effect."""


@pytest.fixture
def faulty(flights: SandboxFlights, faults: Faults) -> FaultyFlights:
    return FaultyFlights(flights, faults)


def test_it_fits_the_port_and_passes_for_what_is_inside(faulty: FaultyFlights, flights: SandboxFlights) -> None:
    provider: FlightProvider = faulty
    assert (provider.name, provider.mode) == (flights.name, flights.mode)
    assert (provider.capabilities, provider.booking_flows) == (flights.capabilities, flights.booking_flows)


def test_every_fault_of_the_wire_is_told_of_here() -> None:
    assert set(ERRORS) | SEARCH_FAULTS == set(get_args(WireFault))


@pytest.mark.parametrize("kind", ERRORS)
async def test_each_fault_is_the_ports_error_and_has_its_effect_or_not(
    faulty: FaultyFlights, flights: SandboxFlights, faults: Faults, kind: WireFault
) -> None:
    found = await find(flights)
    on_read, on_write, has_effect = ERRORS[kind]
    for operation in ("price", "book"):
        faults.arm(operation, kind, seconds=0.01)
    assert await error_of(faulty.price(found)) == on_read
    assert await error_of(faulty.book(found, make_purchase(found.offer))) == on_write
    assert (await flights.find_order("ours-1") is not None) == has_effect
    assert await error_of(faulty.price(found)) is None


async def error_of(attempt: object) -> type[FlightProviderError] | None:
    try:
        await attempt  # type: ignore[misc]  # any call of the port
    except FlightProviderError as error:
        return type(error)
    return None


async def test_a_busy_provider_says_how_long(faulty: FaultyFlights, faults: Faults) -> None:
    faults.arm("search", "rate_limited", seconds=7)
    with pytest.raises(ProviderBusy) as caught:
        await faulty.search(HOME)
    assert caught.value.retry_after == 7


async def test_a_lost_answer_hides_a_refusal_too(
    faulty: FaultyFlights, faults: Faults, flights: SandboxFlights
) -> None:
    found = await find(flights)
    faults.arm("book", "sold_out")
    faults.arm("book", "cut_after")
    with pytest.raises(OutcomeUnknown):
        await faulty.book(found, make_purchase(found.offer))
    assert await flights.find_order("ours-1") is None


async def test_answers_to_a_search_may_be_for_elsewhere_or_lack_an_offer(faulty: FaultyFlights, faults: Faults) -> None:
    right = await faulty.search(HOME)
    faults.arm("search", "wrong_route")
    faults.arm("search", "bad_price")
    assert {found.offer.slices[-1].destination for found in await faulty.search(HOME)} == {"CDG"}
    assert await faulty.search(HOME) == right[1:]
    assert await faulty.search(HOME) == right


async def test_every_operation_goes_through(faulty: FaultyFlights, flights: SandboxFlights) -> None:
    found = await find(flights)
    assert await faulty.fare_rules(found) == await flights.fare_rules(found)
    assert await faulty.seat_map(found) == await flights.seat_map(found)
    assert await faulty.services(found) == await flights.services(found)
    order = await faulty.book(found, make_purchase(found.offer))
    assert order.total is not None
    paid = await faulty.pay(id_of(order), order.total)
    assert await faulty.get_order(id_of(order)) == await faulty.find_order("ours-1") == paid
    cancelled = await faulty.cancel(await faulty.quote_cancellation(id_of(order)))
    assert cancelled.status == "cancelled"
