"""Puts the time of day a message says into the frame."""

from __future__ import annotations

from understanding.date_relations import is_correction
from understanding.dates import DateMention
from understanding.directions import Direction, find_direction, is_of_arrival
from understanding.draft import Draft
from understanding.text import Text
from understanding.times import ANY_TIME, TimeMention


def merge_times(
    draft: Draft,
    text: Text,
    times: list[TimeMention],
    mentions: list[DateMention],
    directions: list[Direction | None],
) -> None:
    """The window for the way out; of several the one that corrects the others. No other has a place in the frame."""
    back = [mention for mention, way in zip(mentions, directions, strict=True) if way == "back"]
    ahead = [mention for mention, way in zip(mentions, directions, strict=True) if way != "back"]
    out = [
        time
        for time in times
        if not any(_is_beside(time, mention) for mention in back)
        and (any(_is_beside(time, mention) for mention in ahead) or find_direction(text, time, {}) != "back")
        and not is_of_arrival(text, time.start)
        and not (time.names_flight and draft.before.is_searchable)
    ]
    for position in range(len(out) - 1, 0, -1):
        if is_correction(text, out[position - 1].end, out[position].start):
            out = out[position:]
            break
    if out:
        draft.set("depart_time", None if out[0].window == ANY_TIME else out[0].window)


def _is_beside(time: TimeMention, mention: DateMention) -> bool:
    return time.start <= mention.end and mention.start <= time.end
