from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.clock import clock as core_clock
from db.session import Transactions, create_engine, open_transactions
from providers.sandbox.faults import Faults
from providers.sandbox.flights import SandboxFlights
from providers.sandbox.timetable import SandboxTimetable
from tests.conftest import copy_database
from tests.providers.sandbox.amadeus_client import Face, open_face
from tests.providers.sandbox.buying import MovingClock
from tests.providers.sandbox.duffel_client import Duffel
from tests.providers.sandbox.duffel_world import FakeWorld
from tests.providers.sandbox.support import NOW, timetable_at


@pytest.fixture(scope="package")
def timetable() -> SandboxTimetable:
    """The world as it is at NOW; searches leave nothing behind but planned routes."""
    return timetable_at(NOW)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def flights(transactions: Transactions, clock: MovingClock, faults: Faults) -> SandboxFlights:
    return SandboxFlights(transactions, clock, faults=faults)


@pytest.fixture
def duffel() -> Duffel:
    """Duffel's face over a world of three offers."""
    return Duffel(FakeWorld())


@pytest.fixture(scope="package")
async def amadeus_world(database_server: str, template_database: str) -> AsyncIterator[tuple[SandboxFlights, Faults]]:
    """One world for all tests of Amadeus's face: their orders do not get in each other's way."""
    with copy_database(database_server, template_database) as url:
        engine, faults = create_engine(url), Faults()
        yield SandboxFlights(open_transactions(engine), core_clock.now, faults=faults), faults
        await engine.dispose()


@pytest.fixture
async def face(amadeus_world: tuple[SandboxFlights, Faults]) -> AsyncIterator[Face]:
    """A client of Amadeus's face, with a token."""
    flights, faults = amadeus_world
    faults.clear()
    async with open_face(flights, faults) as face:
        yield face
