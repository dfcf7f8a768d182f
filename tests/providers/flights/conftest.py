from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from db.session import create_engine, open_transactions
from tests.conftest import copy_database
from tests.support.box import WORLDS, Box, open_box
from tests.support.purchases import World


@pytest.fixture(scope="package")
async def shared_box(database_server: str, template_database: str) -> AsyncIterator[Box]:
    with copy_database(database_server, template_database) as url:
        engine = create_engine(url)
        async with open_box(open_transactions(engine)) as box:
            yield box
        await engine.dispose()


@pytest.fixture
def box(shared_box: Box) -> Box:
    """A simulated world in which nothing fails yet."""
    shared_box.faults.clear()
    return shared_box


@pytest.fixture(params=WORLDS)
def world(box: Box, request: pytest.FixtureRequest) -> World:
    """One of the forms of the simulated world; a test that takes it runs in all of them."""
    return World(box, box.providers[request.param])
