"""Two customers of one airline."""

from __future__ import annotations

import pytest

from core.settings import Settings
from db.session import Transactions
from tests.support.consent import StockedAirline
from tests.tools.customer import Customer, open_account, open_airline


@pytest.fixture
def airline() -> StockedAirline:
    return open_airline()


@pytest.fixture
async def owner(airline: StockedAirline, transactions: Transactions, settings: Settings) -> Customer:
    return await open_account(airline, transactions, settings.keys)


@pytest.fixture
async def stranger(owner: Customer) -> Customer:
    return await open_account(owner.airline, owner.transactions, owner.keys)
