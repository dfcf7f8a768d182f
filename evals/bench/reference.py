"""What other times are compared with, so that figures of two machines can be."""

from __future__ import annotations

from time import perf_counter

LOOP_ADDITIONS = 100_000


def measure_loop() -> float:
    """Milliseconds of a loop that only adds."""
    started = perf_counter()
    total = 0
    for number in range(LOOP_ADDITIONS):
        total += number
    return (perf_counter() - started) * 1000
