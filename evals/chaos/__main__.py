"""`python -m evals.chaos --kills 100 --seed 1`: loopback only; about four seconds a kill on two cores.

Exits with 1 when a rule was broken, with 2 when the time was over before enough had happened.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys

from evals.chaos.report import describe
from evals.chaos.run import Outcome, Wanted, open_run, run

BOOKINGS_A_KILL = 5
SECONDS_A_KILL = 8


def read_arguments() -> Wanted:
    parser = argparse.ArgumentParser(prog="python -m evals.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--bookings", type=int, help=f"at least; by default {BOOKINGS_A_KILL} for each kill")
    parser.add_argument("--seed", type=int, help="of the plan; by default another one each time")
    parser.add_argument("--seconds", type=float, help=f"at most, of unrest; by default {SECONDS_A_KILL} for each kill")
    asked = parser.parse_args()
    return Wanted(
        seed=secrets.randbelow(1_000_000) if asked.seed is None else asked.seed,
        kills=asked.kills,
        bookings=asked.kills * BOOKINGS_A_KILL if asked.bookings is None else asked.bookings,
        seconds=60 + asked.kills * SECONDS_A_KILL if asked.seconds is None else asked.seconds,
    )


async def live_through(wanted: Wanted) -> Outcome:
    async with open_run(wanted) as (house, transactions):
        return await run(house, transactions, wanted, tell)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    wanted = read_arguments()
    # as Ctrl-C does: leave through every `finally`
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {wanted.seed}", flush=True)
    try:
        outcome = asyncio.run(live_through(wanted))
    except KeyboardInterrupt:
        sys.exit(130)
    print(describe(outcome))
    sys.exit(1 if outcome.violations else 0 if outcome.is_complete else 2)


if __name__ == "__main__":
    main()
