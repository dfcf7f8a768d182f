"""The breaker's states, by a clock that only tests move."""

from __future__ import annotations

import pytest

from providers.flights.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Admission, Breaker
from providers.flights.retry_budget import FLOOR, WINDOW_SECONDS, RetryBudget


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker(time)


def admitted(breaker: Breaker) -> Admission:
    admission = breaker.admit()
    assert admission is not None
    return admission


def fail_often(breaker: Breaker, times: int = FAILURES_TO_OPEN) -> None:
    for _ in range(times):
        breaker.fail(admitted(breaker))


def count_admitted(breaker: Breaker, calls: int = 5) -> int:
    return sum(breaker.admit() is not None for _ in range(calls))


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    fail_often(breaker, FAILURES_TO_OPEN - 1)
    assert breaker.is_closed
    assert breaker.has_failed
    fail_often(breaker, 1)
    assert not breaker.is_closed
    assert breaker.admit() is None


def test_an_answer_in_between_starts_the_count_again(breaker: Breaker) -> None:
    fail_often(breaker, FAILURES_TO_OPEN - 1)
    breaker.succeed(admitted(breaker))
    assert not breaker.has_failed
    fail_often(breaker, FAILURES_TO_OPEN - 1)
    assert breaker.is_closed


def test_what_told_nothing_neither_fails_nor_heals(breaker: Breaker) -> None:
    fail_often(breaker, FAILURES_TO_OPEN - 1)
    breaker.abandon(admitted(breaker))
    assert breaker.is_closed
    fail_often(breaker, 1)
    assert not breaker.is_closed


def test_nothing_passes_before_its_time_and_then_one_call(breaker: Breaker, time: Time) -> None:
    fail_often(breaker)
    time.now = OPEN_SECONDS - 0.1
    assert count_admitted(breaker) == 0
    time.now = OPEN_SECONDS
    assert count_admitted(breaker) == 1


class LetsAllThrough(Breaker):
    """The mistake of a half-open breaker that forgets its probe."""

    def admit(self) -> Admission | None:
        self._is_probing = False
        return super().admit()


def test_a_breaker_without_a_single_probe_would_be_noticed(time: Time) -> None:
    breaker = LetsAllThrough(time)
    fail_often(breaker)
    time.now = OPEN_SECONDS
    assert count_admitted(breaker) == 5


def test_a_good_probe_closes_it(breaker: Breaker, time: Time) -> None:
    fail_often(breaker)
    time.now = OPEN_SECONDS
    breaker.succeed(admitted(breaker))
    assert breaker.is_closed
    assert count_admitted(breaker) == 5


def test_a_bad_probe_opens_it_for_as_long_again(breaker: Breaker, time: Time) -> None:
    fail_often(breaker)
    time.now = OPEN_SECONDS
    breaker.fail(admitted(breaker))
    time.now = 2 * OPEN_SECONDS - 0.1
    assert breaker.admit() is None
    time.now = 2 * OPEN_SECONDS
    assert breaker.admit() is not None


def test_a_probe_given_up_lets_the_next_call_find_out(breaker: Breaker, time: Time) -> None:
    fail_often(breaker)
    time.now = OPEN_SECONDS
    breaker.abandon(admitted(breaker))
    assert not breaker.is_closed
    assert count_admitted(breaker) == 1


def test_calls_from_before_it_opened_decide_nothing(breaker: Breaker, time: Time) -> None:
    slow = [admitted(breaker) for _ in range(3)]
    fail_often(breaker)
    breaker.succeed(slow[0])
    assert not breaker.is_closed
    time.now = OPEN_SECONDS
    probe = admitted(breaker)
    breaker.abandon(slow[1])
    breaker.fail(slow[2])
    assert breaker.admit() is None
    breaker.succeed(probe)
    assert breaker.is_closed


def test_opened_on_purpose_it_stays_so_for_as_long_as_told(breaker: Breaker, time: Time) -> None:
    breaker.open(3600)
    time.now = 3599
    assert breaker.admit() is None
    time.now = 3600
    assert count_admitted(breaker) == 1


def test_a_few_calls_may_always_be_repeated(time: Time) -> None:
    budget = RetryBudget(time)
    budget.count_call()
    assert [budget.take() for _ in range(FLOOR + 2)] == [True] * FLOOR + [False] * 2
    time.now = WINDOW_SECONDS
    assert budget.take()


def test_of_many_calls_a_tenth_may_be_repeated(time: Time) -> None:
    budget = RetryBudget(time)
    for _ in range(200):
        budget.count_call()
    assert sum(budget.take() for _ in range(200)) == 20
