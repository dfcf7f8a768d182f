"""Whether Duffel's test mode is as we think: it finds flights, and prices them again."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from core.clock import clock
from core.settings import Settings
from domain.offers import FlightQuery, SliceQuery
from providers.flights.duffel import Duffel
from tests.support.offers import QUERY

pytestmark = pytest.mark.live

AHEAD_DAYS = 45


async def test_flights_are_found_and_priced_again(keys: Settings) -> None:
    if keys.duffel_access_token is None:
        pytest.skip("DUFFEL_ACCESS_TOKEN is not set: Duffel is not asked")
    if not keys.tests_duffel:
        pytest.skip("DUFFEL_ACCESS_TOKEN is a live one: only Duffel's test mode is asked")
    day = (clock.now() + timedelta(days=AHEAD_DAYS)).date()
    query = FlightQuery(
        slices=(SliceQuery(origins=("LHR",), destinations=("JFK",), departs_on=day),),
        travellers=QUERY.travellers,
        cabin="economy",
        currency="GBP",
    )
    async with httpx.AsyncClient() as http:
        duffel = Duffel(
            http,
            access_token=keys.duffel_access_token.get_secret_value(),
            base_url=keys.duffel_base_url,
            clock=clock.now,
            is_test=True,
        )
        found = await duffel.search(query)
        assert found
        again = await duffel.price(found[0])
    assert again.offer.provider_offer_id == found[0].offer.provider_offer_id
