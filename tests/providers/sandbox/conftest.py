from __future__ import annotations

import pytest

from providers.sandbox.timetable import SandboxTimetable
from tests.providers.sandbox.support import NOW, timetable_at


@pytest.fixture(scope="package")
def timetable() -> SandboxTimetable:
    """The world as it is at NOW; searches leave nothing behind but planned routes."""
    return timetable_at(NOW)
