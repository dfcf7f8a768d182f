"""Who buys and who pays in tests of the services."""

from __future__ import annotations

import pytest

from core.settings import Settings
from db.session import Transactions
from tests.support.airline import Airline
from tests.support.consent import BAG, Buyer, StockedAirline, sell
from tests.support.counter import Counter, DoubtfulTill
from tests.support.shops import make_map
from tests.support.trips import Trips


@pytest.fixture
def till() -> DoubtfulTill:
    return DoubtfulTill()


@pytest.fixture
async def counter(transactions: Transactions, settings: Settings, till: DoubtfulTill) -> Counter:
    """A user whose trips are paid for at the till, or at a MoMo of the same kind."""
    trips = Trips(transactions, settings.keys, Airline())
    await trips.move_in()
    return Counter(trips, till, DoubtfulTill("momo"))


@pytest.fixture
async def buyer(transactions: Transactions, settings: Settings) -> Buyer:
    """A user who asks for what a stocked airline sells: seats and bags too."""
    made = Buyer(transactions, settings.keys, StockedAirline(sell()))
    made.airline.seat_maps, made.airline.bags = (make_map(3),), (BAG,)
    await made.move_in()
    return made
