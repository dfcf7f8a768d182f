"""What was armed, and what is kept of it."""

from __future__ import annotations

from providers.sandbox.faults import SPENT_KEPT, WIRE_FAULTS, Faults


def test_fault_is_armed_until_it_was_met_often_enough() -> None:
    faults = Faults()
    twice = faults.arm("search", "slow", times=2)
    other = faults.arm("search", "slow")
    assert faults.take("book", WIRE_FAULTS) is None
    assert [faults.take("search", WIRE_FAULTS) for _ in range(4)] == [twice, twice, other, None]
    assert faults.armed == []
    assert [(fault.met, fault.times) for fault in faults.spent] == [(2, 2), (1, 1)]


def test_only_the_last_that_were_met_are_kept() -> None:
    faults = Faults()
    armed = [faults.arm("search", "slow") for _ in range(SPENT_KEPT + 5)]
    for _ in armed:
        faults.take("search", WIRE_FAULTS)
    assert list(faults.spent) == armed[5:]
    faults.clear()
    assert not faults.spent
