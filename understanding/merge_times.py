"""Puts the time of day a message says into the frame."""

from __future__ import annotations

from understanding.date_relations import is_correction, is_of_event
from understanding.dates import DateMention
from understanding.directions import Direction, find_direction, is_of_arrival
from understanding.draft import Draft
from understanding.frame import TimeWindow
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
    events = [mention for mention in mentions if len(mentions) > 1 and is_of_event(text, mention.start)]
    back = [mention for mention, way in zip(mentions, directions, strict=True) if way == "back"]
    ahead = [mention for mention, way in zip(mentions, directions, strict=True) if way != "back"]
    out = [
        time
        for time in times
        if not any(_is_beside(time, mention) for mention in (*back, *events))
        and (any(_is_beside(time, mention) for mention in ahead) or find_direction(text, time, {}) != "back")
        and not is_of_arrival(text, time.start)
        and not (time.names_flight and draft.before.is_searchable)
    ]
    for position in range(len(out) - 1, 0, -1):
        if is_correction(text, out[position - 1].end, out[position].start):
            out = out[position:]
            break
    days = [[mention for mention in ahead if _is_beside(time, mention)] for time in out[:2]]
    if len(days) > 1 and days[0] and days[1] and days[0] != days[1] and out[0].window != out[1].window:
        return  # "tối nay hoặc sáng mai": which depends on the day
    if out:
        window = next((time.window for time in out if _is_within(time.window, out[0].window)), out[0].window)
        draft.set("depart_time", None if window == ANY_TIME else window)


def _is_within(window: TimeWindow, part: TimeWindow) -> bool:
    """ "Tối nay, tầm 21h trở đi": the hours say more than the part of the day."""
    if window == part or window.first is None or window.last is None or part.first is None or part.last is None:
        return False
    return part.first <= window.first and window.last <= part.last


def _is_beside(time: TimeMention, mention: DateMention) -> bool:
    return time.start <= mention.end and mention.start <= time.end
