"""Every bug put in on purpose is found, by the same machine."""

from __future__ import annotations

import pytest

from tests.hostile.conftest import OpenCopy
from tests.hostile.mutants import MUTANTS, Mutant
from tests.hostile.telling import tell_all
from tests.hostile.world import Estate

STEPS, STORIES = 60, 4
"""Within which each must show; most do in the first dozen steps."""


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.apply.__name__)
async def test_bug_put_in_on_purpose_is_found(
    mutant: Mutant, open_copy: OpenCopy, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant.apply(monkeypatch)
    chronicle = await tell_all(open_copy, estate, range(STORIES), steps=STEPS, focus=mutant.focus)
    assert chronicle.bad, f"{chronicle.told} stories were told and nothing was seen"
