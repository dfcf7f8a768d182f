"""How many messages are read a second on one core, and how long the command takes to start.

`python -m evals.bench.understanding`: every message of the cases, each after what was said before it.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

from evals.bench.reference import measure_loop
from evals.understanding.cases import Case, load_cases
from understanding.batch import follow

ROUNDS = 5
STARTS = 5


def measure_reading(cases: list[Case]) -> float:
    """Seconds for every turn of every case."""
    began = perf_counter()
    for case in cases:
        follow(case.now, case.turns)
    return perf_counter() - began


def measure_start() -> float:
    """Seconds from the start of the command to its end, with nothing to read."""
    began = perf_counter()
    subprocess.run([sys.executable, "-m", "cli", "understand"], stdin=subprocess.DEVNULL, check=True)
    return perf_counter() - began


def main() -> None:
    cases = list(load_cases("tuning"))
    messages = sum(len(case.expected) for case in cases)
    first = measure_reading(cases)
    seconds = median(measure_reading(cases) for _ in range(ROUNDS))
    loop = median(measure_loop() for _ in range(20))
    print(f"{messages} messages, reference loop {loop:.2f} ms")
    print(f"read   {messages / seconds:8.0f} a second, {seconds / messages * 1000 / loop:.3f} loops each")
    print(f"first  {first - seconds:8.2f} s more, for the grammars")
    print(f"start  {median(measure_start() for _ in range(STARTS)):8.2f} s")


if __name__ == "__main__":
    main()
