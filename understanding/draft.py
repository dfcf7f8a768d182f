"""A frame being changed by one message."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from understanding.frame import Ambiguity, Frame, Language, Problem, SlotName

_SAME_QUESTION = {
    "depart_range": "depart_on",
    "children": "travellers",
    "adults": "travellers",
    "infants": "travellers",
}
"""Fields that answer each other's questions: a doubt about one goes away when the other is said."""


class Draft:
    """Collects what a message sets, doubts and refuses; `finish` makes the new frame.

    A field keeps its old value while what was said about it is doubtful or refused.
    """

    def __init__(
        self,
        frame: Frame,
        language: Language,
        today: date,
        asked: AbstractSet[SlotName],
        offered: Ambiguity | None = None,
    ) -> None:
        self.before = frame
        self.language = language
        self.today = today
        self.asked = asked
        """The slots the last question was about."""
        self._values: dict[str, Any] = {}
        self._doubts = {question_of(doubt.field): doubt for doubt in frame.ambiguous}
        self._offered = offered
        self._problems = {
            question_of(problem.field): problem
            for problem in frame.problems
            if getattr(frame, problem.field, None) is None
        }

    @property
    def doubts(self) -> list[Ambiguity]:
        """What the traveller may choose among: what we offered last, then what was doubtful before."""
        doubts = self.before.ambiguous
        if self._offered is None:
            return list(doubts)
        asked = question_of(self._offered.field)
        return [self._offered, *(doubt for doubt in doubts if question_of(doubt.field) != asked)]

    def get(self, field: str) -> Any:
        return self._values.get(field, getattr(self.before, field))

    def is_said(self, field: str) -> bool:
        """Whether this message has set a field."""
        return field in self._values

    def set(self, field: str, value: Any) -> None:
        """A field that was said and understood."""
        self._values[field] = value
        self.settle(field)

    def settle(self, field: str) -> None:
        """Whatever was doubtful about a field no longer is."""
        self._doubts.pop(question_of(field), None)
        self._problems.pop(question_of(field), None)

    def doubt(self, doubt: Ambiguity) -> None:
        self.settle(doubt.field)
        self._doubts[question_of(doubt.field)] = doubt

    def refuse(self, problem: Problem) -> None:
        self.settle(problem.field)
        self._problems[question_of(problem.field)] = problem

    def put(self, field: str, resolved: Any) -> None:
        """A value, a doubt about it, or why it cannot be."""
        if isinstance(resolved, Ambiguity):
            self.doubt(resolved)
        elif isinstance(resolved, Problem):
            self.refuse(resolved)
        else:
            self.set(field, resolved)

    def is_open(self, field: str) -> bool:
        """Whether something about a field is doubtful or refused."""
        return question_of(field) in self._doubts or question_of(field) in self._problems

    def finish(self) -> tuple[Frame, tuple[str, ...]]:
        """The frame after the message, and the fields that changed."""
        frame = self.before.model_copy(
            update={
                **self._values,
                # what was said last is what the traveller thinks of, so it is asked about first
                "ambiguous": tuple(sorted(self._doubts.values(), key=self.before.ambiguous.__contains__)),
                "problems": tuple(sorted(self._problems.values(), key=self.before.problems.__contains__)),
            }
        )
        changed = (field for field in Frame.model_fields if getattr(frame, field) != getattr(self.before, field))
        return frame, tuple(field for field in changed if field not in {"ambiguous", "problems"})


def question_of(field: str) -> str:
    return _SAME_QUESTION.get(field, field)
