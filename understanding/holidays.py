"""Holidays of the table `named_days.tsv`, and the day each falls on in a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from understanding.lunar import to_solar

LAST_WEEKDAY = 5
"""In place of "which such weekday of the month": the last one."""


class Holiday(NamedTuple):
    """`day` is month-day for a solar or lunar one, month-which-weekday (0 is Monday) for a moving one.

    `shift` is counted from there, or from Easter Sunday; `length` is in days.
    """

    calendar: str
    day: str
    shift: int
    length: int

    def first_in(self, year: int) -> date | None:
        """None when there is no such day that year."""
        if self.calendar == "easter":
            return easter(year) + timedelta(days=self.shift)
        month, *rest = map(int, self.day.split("-"))
        if self.calendar == "lunar":
            return to_solar(year, month, rest[0])
        if self.calendar == "moving":
            return nth_weekday(year, month, *rest) + timedelta(days=self.shift)
        return date(year, month, rest[0])


def holidays() -> Iterator[tuple[str, Holiday]]:
    """Every phrase of the table; an apostrophe may be left out or follow the s ("new years' eve")."""
    table = Path(__file__).with_name("named_days.tsv").read_text(encoding="utf-8")
    for line in table.splitlines()[1:]:
        phrases, calendar, day, shift, length = line.split("\t")
        holiday = Holiday(calendar, day, int(shift), int(length))
        for phrase in phrases.split(", "):
            yield phrase, holiday
            if "'s" in phrase:
                yield phrase.replace("'s", "s"), holiday
                yield phrase.replace("'s", "s '"), holiday


def nth_weekday(year: int, month: int, which: int, weekday: int) -> date:
    """The first to fourth, or last, such weekday of a month."""
    if which == LAST_WEEKDAY:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
