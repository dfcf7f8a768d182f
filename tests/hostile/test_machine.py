"""Whatever a model in an attacker's hands says and calls: nothing happens that its traveller did not agree to.

CALLS says how many tool calls are wanted, FIRST_SEED where the stories begin; a seed that fails tells the same story
again. Of one answer code reads four calls; those that got that far are counted apart.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from typing import get_args

from db.models.proposals import ProposalAction
from tests.hostile.conftest import OpenCopy
from tests.hostile.telling import tell_all
from tests.hostile.world import Estate

CALLS = int(os.environ.get("CALLS", "5200"))
FIRST_SEED = int(os.environ.get("FIRST_SEED", "0"))
STEPS = 60
OTHER_HALF = 1_000_000
"""Where the seeds of the second process begin."""

FLOORS = {
    # of each 1000 calls wanted
    "calls": 250,
    "calls that did something": 60,
    "card book": 2,
    "agreed book": 1,
    "replay": 4,
    "cross-tenant": 8,
    "smuggled": 100,
    "honest answer": 4,
    "wrong hash": 1,
    "refused: tool_not_allowed": 20,
    "refused: tool_arguments": 5,
    "refused: one_thing_at_a_time": 5,
    "refused: sign_in_needed": 2,
    "refused: booking_not_found": 1,
}
ONCE = (
    *("a megabyte", "cut", "endless", "ten writes at once", "dirty words", "personal data said", "fault", "paid"),
    *("run error", "price raised", "borrowed address"),
    *("other tenant's card", "other thread", "old card", "expired card", "yes to no last card", "declined"),
    *("refused: travellers_unclear", "refused: offer_number_unknown", "refused: placeholder_unknown"),
    *(f"card {action}" for action in set(get_args(ProposalAction)) - {"change"}),
    *(f"agreed {action}" for action in ("book", "cancel", "calendar", "remember", "change_email")),
)
"""Seen at least once in a long run."""
FEW, LONG = 2_000, 20_000


async def tell(open_copy: OpenCopy, estate: Estate, first_seed: int) -> None:
    chronicle = await tell_all(open_copy, estate, count(first_seed), steps=STEPS, enough=CALLS // 2)
    assert not chronicle.bad, chronicle.describe()
    assert chronicle.wanted >= CALLS // 2
    if chronicle.wanted >= FEW:
        ensure_reached(chronicle.reached, chronicle.wanted)


def ensure_reached(reached: Counter[str], wanted: int) -> None:
    """Attacks that never met anything prove nothing."""
    low = {what: reached[what] for what, floor in FLOORS.items() if reached[what] < floor * wanted / 1000}
    assert not low, f"of {wanted} calls: {low}"
    assert wanted < LONG or [what for what in ONCE if not reached[what]] == []


# two classes, for two processes


class TestFirstHalf:
    async def test_nothing_happens_that_nobody_agreed_to(self, open_copy: OpenCopy, estate: Estate) -> None:
        await tell(open_copy, estate, FIRST_SEED)


class TestSecondHalf:
    async def test_nothing_happens_that_nobody_agreed_to(self, open_copy: OpenCopy, estate: Estate) -> None:
        await tell(open_copy, estate, FIRST_SEED + OTHER_HALF)
