"""What tests of payments have in common."""

from __future__ import annotations

import pytest

from core.settings import Settings
from db.session import Transactions
from tests.support.airline import Airline
from tests.support.counter import Counter, DoubtfulTill
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
