"""Compares what was understood with what was meant, slot by slot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from evals.understanding.cases import Case
from understanding.batch import follow
from understanding.frame import Frame

SLOTS = (
    *("origin", "destination", "depart_on", "depart_range", "return_on", "stay_nights", "trip", "legs", "depart_time"),
    *("adults", "children", "infants", "cabin", "airlines", "max_stops", "refundable", "checked_bag", "budget"),
    *("sort", "flexible_days", "ambiguous", "refused"),
)
RESOLVED = frozenset(("origin", "destination", "depart_on", "depart_range", "return_on", "legs"))
"""Dates and places: a wrong one is worse than none, for nobody notices."""
WINDOWS = {
    "early_morning": {"04:00-07:59"},
    "morning": {"05:00-11:59"},
    "noon": {"11:00-13:59"},
    "afternoon": {"12:00-17:59"},
    "evening": {"18:00-23:59"},
    # "at night" begins earlier in English than "đêm" does in Vietnamese
    "night": {"18:00-23:59", "21:00-23:59"},
}
BINS = (0.0, 0.5, 0.65, 0.8, 0.95)
"""Lower bounds of the bins in which stated and true confidence are compared."""

Verdict = Literal["right", "missed", "invented", "wrong", "asked"]
"""`asked`: no value, but the right one is among the readings offered."""


class Miss(NamedTuple):
    case: str
    said: str
    slot: str
    meant: str
    understood: str
    verdict: Verdict

    @property
    def is_silent(self) -> bool:
        """A date or place acted on that was not meant."""
        return self.slot in RESOLVED and self.verdict in {"wrong", "invented"}


@dataclass
class Score:
    """Of the cases of one language."""

    turns: int = 0
    exact: int = 0
    intents_right: int = 0
    verdicts: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    confidence: Counter[tuple[float, bool]] = field(default_factory=Counter)
    """By bin and whether the intent was right."""
    misses: list[Miss] = field(default_factory=list)

    @property
    def silent(self) -> int:
        return sum(miss.is_silent for miss in self.misses)

    def precision(self, slot: str) -> float | None:
        right = self.verdicts[slot, "right"]
        given = right + self.verdicts[slot, "wrong"] + self.verdicts[slot, "invented"]
        return right / given if given else None

    def recall(self, slot: str) -> float | None:
        right = self.verdicts[slot, "right"]
        meant = right + self.verdicts[slot, "wrong"] + self.verdicts[slot, "missed"] + self.verdicts[slot, "asked"]
        return right / meant if meant else None


def score_cases(cases: Iterable[Case]) -> dict[str, Score]:
    """A score for each language."""
    scores: dict[str, Score] = {}
    for case in cases:
        score = scores.setdefault(case.language, Score())
        for expected, reading in zip(case.expected, follow(case.now, case.turns), strict=True):
            meant, understood = (describe_expected(expected.frame), describe_frame(reading.frame))
            misses = list(_compare(case.id, expected.said, meant, understood, score))
            score.turns += 1
            score.exact += not misses
            is_right = reading.intent.public_name == expected.intent
            score.intents_right += is_right
            bottom = max(each for each in BINS if each <= reading.intent.confidence)
            score.confidence[bottom, is_right] += 1
            score.misses += misses
            if not is_right:
                confidence = f"{reading.intent.public_name} ({reading.intent.confidence:.2f})"
                score.misses.append(Miss(case.id, expected.said, "intent", expected.intent, confidence, "wrong"))
    return scores


def _compare(
    case: str, said: str, meant: dict[str, set[str]], understood: dict[str, str], score: Score
) -> Iterable[Miss]:
    for slot in SLOTS:
        wanted, got = meant.get(slot, set()), understood.get(slot, "")
        if not wanted and not got:
            continue
        verdict: Verdict = "right"
        if got not in wanted:
            readings = understood.get("ambiguous", "")
            is_asked = any(value in readings for value in wanted) and slot in readings
            verdict = ("asked" if is_asked else "missed") if not got else "wrong" if wanted else "invented"
        score.verdicts[slot, verdict] += 1
        if verdict != "right":
            yield Miss(case, said, slot, " or ".join(sorted(wanted)), got, verdict)


def describe_frame(frame: Frame) -> dict[str, str]:
    """The slots of a frame that hold something, as one string each."""
    plain: dict[str, Any] = {
        "origin": frame.origin and frame.origin.iata,
        "destination": frame.destination and frame.destination.iata,
        "depart_range": frame.depart_range and f"{frame.depart_range.first}..{frame.depart_range.last}",
        "legs": ", ".join(
            f"{leg.origin.iata}-{leg.destination.iata}{f' {leg.depart_on}' if leg.depart_on else ''}"
            for leg in frame.legs
        ),
        "depart_time": frame.depart_time
        and "-".join(
            f"{end:%H:%M}" if end else other
            for end, other in ((frame.depart_time.first, "00:00"), (frame.depart_time.last, "23:59"))
        ),
        "airlines": ",".join(sorted(frame.airlines)),
        "budget": frame.budget and f"{frame.budget.amount.normalize():f} {frame.budget.currency}",
        "ambiguous": "; ".join(sorted(f"{each.field} {'|'.join(sorted(each.readings))}" for each in frame.ambiguous)),
        "refused": "; ".join(sorted(f"{each.field} {each.code}" for each in frame.problems)),
    }
    values = {slot: plain[slot] if slot in plain else getattr(frame, slot) for slot in SLOTS}
    return {slot: str(value) for slot, value in values.items() if value not in (None, "")}


def describe_expected(frame: dict[str, Any]) -> dict[str, set[str]]:
    """The same for the frame of a case: every string that would be right."""
    return {slot: _describe(slot, value) for slot, value in frame.items() if value not in (None, [], {})}


def _describe(slot: str, value: Any) -> set[str]:
    match slot:
        case "depart_range":
            return {f"{value[0]}..{value[1]}"}
        case "legs":
            return {", ".join(value)}
        case "depart_time":
            return WINDOWS.get(value, {value})
        case "airlines":
            return {",".join(sorted(value))}
        case "ambiguous":
            return {"; ".join(sorted(f"{name} {'|'.join(sorted(map(str, each)))}" for name, each in value.items()))}
        case "refused":
            return {"; ".join(sorted(f"{name} {code}" for name, code in value.items()))}
    return {str(value)}
