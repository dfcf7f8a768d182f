"""The cases hold what they promise, the score tells right from wrong, and what was reached is not lost again."""

from __future__ import annotations

import runpy
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from evals.understanding.cases import Case, Expected, Part, load_cases
from evals.understanding.score import SLOTS, Miss, Score, score_cases

NOW = datetime.fromisoformat("2026-11-20T09:00:00+07:00")
PARTS: tuple[Part, ...] = get_args(Part)


@cache
def cases_of(part: Part) -> list[Case]:
    """Read when asked for: whoever only collects tests does not wait for them."""
    return list(load_cases(part))


@cache
def scores_of(part: Part) -> Mapping[str, Score]:
    return score_cases(cases_of(part))


def test_cases_are_many_and_each_has_a_name_of_its_own() -> None:
    every = [case for part in PARTS for case in cases_of(part)]
    assert max(Counter(case.id for case in every).values()) == 1
    assert sum(len(case.turns) == 1 for case in every) >= 600
    assert sum(len(case.expected) > 1 for case in every) >= 80
    assert {case.language for case in every} == {"vi", "en"}


def test_a_third_is_kept_for_scoring() -> None:
    assert len(cases_of("scoring")) >= sum(len(cases_of(part)) for part in PARTS) / 3


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("part", PARTS)
def test_what_was_reached_is_not_lost(part: Part, language: str) -> None:
    score = scores_of(part)[language]
    # bare numbers: a failure must not show what the cases kept for scoring say
    silent, exact, intents = score.silent, score.exact / score.turns, score.intents_right / score.turns
    assert silent <= SILENT[part]
    assert exact >= EXACT[part]
    assert intents >= INTENTS[part]


EXACT: dict[Part, float] = {"tuning": 0.97, "scoring": 0.92}
INTENTS: dict[Part, float] = {"tuning": 0.96, "scoring": 0.95}
SILENT: dict[Part, int] = {"tuning": 0, "scoring": 7}
"""Dates and places, of some four hundred messages of a language: to be brought down, never up."""


def find_misses(frame: dict[str, Any], said: str = "Boston to Denver next Friday for two") -> list[Miss]:
    """What is wrong with a frame that was meant, where the message is understood as it stands."""
    case = Case("en-0", NOW, [("user", said)], [Expected(said, frame, "search")])
    return score_cases([case])["en"].misses


RIGHT = {"origin": "BOS", "destination": "DEN", "adults": 2, "depart_on": "2026-11-27"}


def test_right_frame_has_no_miss() -> None:
    assert find_misses(RIGHT) == []


@pytest.mark.parametrize(
    ("change", "slot", "verdict", "is_silent"),
    [
        ({"origin": None}, "origin", "invented", True),
        ({"origin": "BWI"}, "origin", "wrong", True),
        ({"depart_on": "2026-11-28"}, "depart_on", "wrong", True),
        ({"adults": None}, "adults", "invented", False),
        ({"cabin": "first"}, "cabin", "missed", False),
    ],
)
def test_wrong_frame_is_told(change: dict[str, Any], slot: str, verdict: str, is_silent: bool) -> None:
    meant = {name: value for name, value in (RIGHT | change).items() if value is not None}
    (miss,) = find_misses(meant)
    assert (miss.slot, miss.verdict, miss.is_silent) == (slot, verdict, is_silent)
    assert slot in SLOTS


def test_value_that_is_among_the_readings_offered_is_asked_and_not_silent() -> None:
    misses = find_misses({"origin": "BOS", "destination": "DEN", "depart_on": "2027-06-03"}, "Boston to Denver 03/06")
    assert {miss.slot: miss.verdict for miss in misses} == {"depart_on": "asked", "ambiguous": "invented"}
    assert not any(miss.is_silent for miss in misses)


def test_report_is_printed_and_its_page_shows_every_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    monkeypatch.setattr(sys, "argv", ["report", "--page", str(page)])
    runpy.run_module("evals.understanding.report", run_name="__main__")
    told = capsys.readouterr().out
    assert [part for part in PARTS if f"\n{part}: " in told] == list(PARTS)
    shown = page.read_text(encoding="utf-8")
    misses = [miss for part in PARTS for score in scores_of(part).values() for miss in score.misses]
    assert len(misses) > 0
    assert all(f"<td>{miss.case}</td>" in shown for miss in misses)
