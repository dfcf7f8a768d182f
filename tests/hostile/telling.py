"""Stories by the dozen, each on a house of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.hostile.conftest import OpenCopy
from tests.hostile.machine import Ending, Focus, Machine
from tests.hostile.world import Estate


@dataclass
class Chronicle:
    bad: list[Ending] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    told: int = 0
    wanted: int = 0
    """Tool calls the model asked for; `reached["calls"]` are those that got as far as code that answers."""

    def describe(self) -> str:
        """What broke, seed by seed; the seed alone tells the story again."""
        return "\n".join(
            f"seed {each.seed}, step {len(each.story)}, {each.story[-3:]}: {violation}"
            for each in self.bad
            for violation in each.violations
        )


async def tell_all(
    open_copy: OpenCopy,
    estate: Estate,
    seeds: Iterable[int],
    *,
    steps: int,
    enough: int | None = None,
    focus: Focus = "all",
) -> Chronicle:
    """Tell the story of every seed, up to the first that breaks a promise, or until `enough` calls were wanted."""
    chronicle = Chronicle()
    for seed in seeds:
        async with open_copy() as house:
            ending = await Machine(house, estate, seed, steps=steps, focus=focus).tell()
        chronicle.told += 1
        chronicle.wanted += house.attacker.wanted
        chronicle.reached += ending.reached
        if ending.violations:
            chronicle.bad.append(ending)
            break
        if enough is not None and chronicle.wanted >= enough:
            break
    return chronicle
