"""Every bug put in on purpose is found."""

from __future__ import annotations

import pytest

from core.settings import Settings
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.telling import open_stage, tell_all

ENOUGH = 300
"""Stories within which each must show; most do in the first dozen."""


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
async def test_bug_put_in_on_purpose_is_found(
    mutant: Mutant, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    async with open_stage(database_url) as stage:
        chronicle = await tell_all(stage, settings.keys, range(ENOUGH), scenes=0.3, stop_early=True)
    assert chronicle.bad, f"{chronicle.told} stories were told and nothing was seen"
