"""What travellers say and what it must be understood as, read from YAML.

A case is one message (`say`, `frame`, `intent`) or a dialogue (`turns`, each `hear` or `say` with its `frame` and
`intent`). A frame names what is said and nothing else; in a dialogue it names what changed, null for what is taken
back. The third in `scoring` is only ever used for scoring.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

Part = Literal["tuning", "scoring"]
FOLDER = Path(__file__).parent


class Expected(NamedTuple):
    """After one of the traveller's turns: the whole frame in the words of the cases, and the intent."""

    said: str
    frame: dict[str, Any]
    intent: str


class Case(NamedTuple):
    id: str
    now: datetime
    turns: list[tuple[str, str]]
    """Role and text."""
    expected: list[Expected]

    @property
    def language(self) -> str:
        return self.id[:2]


def load_cases(part: Part, folder: Path = FOLDER) -> Iterator[Case]:
    for path in sorted((folder / part).glob("*.yaml")):
        for written in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield _read_case(written)


def _read_case(written: dict[str, Any]) -> Case:
    turns: list[tuple[str, str]] = []
    expected: list[Expected] = []
    frame: dict[str, Any] = {}
    for turn in written.get("turns", [written]):
        if "hear" in turn:
            turns.append(("assistant", turn["hear"]))
            continue
        turns.append(("user", turn["say"]))
        frame = {name: value for name, value in (frame | turn["frame"]).items() if value is not None}
        expected.append(Expected(turn["say"], frame, turn["intent"]))
    return Case(written["id"], datetime.fromisoformat(written["now"]), turns, expected)
