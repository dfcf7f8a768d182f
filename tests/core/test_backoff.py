from __future__ import annotations

from datetime import timedelta

import pytest

from core.backoff import back_off


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 2), (1, 2), (2, 4), (3, 8), (6, 60), (7, 60), (10**9, 60)])
def test_delay_doubles_up_to_the_longest(attempts: int, seconds: int) -> None:
    assert back_off(attempts, first=timedelta(seconds=2), longest=timedelta(minutes=1)) == timedelta(seconds=seconds)
