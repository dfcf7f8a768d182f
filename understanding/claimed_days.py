"""Days in a sentence: written out, half written ("20/12", "ngày 20"), named by a weekday, or told from today."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from understanding.claim_base import Found
from understanding.date_rules import DateContext, Options
from understanding.dates import find_dates
from understanding.text import Text

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *(("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun")),
            *(("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct")),
            *(("november", "nov"), ("december", "dec")),
        ),
        start=1,
    )
    for name in names
}
_MONTH = "(?P<month_name>" + "|".join(_MONTHS) + r")\.?"
_WEEKDAYS = {
    "sunday": 6,
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
    "chu nhat": 6,
    "cn": 6,
    **{name: day for day, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"))},
    **{name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{f"thu {name}": day for day, name in enumerate(("hai", "ba", "tu", "nam", "sau", "bay"))},
    **{f"{word}{number}": number - 2 for number in range(2, 8) for word in ("thu ", "t")},
}
_WEEKDAY = "(?:" + "|".join(sorted(_WEEKDAYS, key=len, reverse=True)) + ")"
_BARE_WEEKDAY = re.compile(rf"(?:on |vao |ngay |the |a )?(?P<weekday>{_WEEKDAY})s?")
_BEFORE = re.compile(rf"(?<!\w)(?P<weekday>{_WEEKDAY}),? (?:the |ngay )?$")
_BEHIND = re.compile(rf",? ?\(?(?P<weekday>{_WEEKDAY})(?!\w)\)?")
_REACH_BEFORE = 20
_YEAR = r"(?P<year>(?:19|20)\d\d)"


def _alone(pattern: str) -> re.Pattern[str]:
    """Figures that are not part of others."""
    return re.compile(rf"(?<![\w/.,-]){pattern}(?!\w)(?![/.,-]\d)")


_OF_MONTH = _alone(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})")
_THE_DAY = _alone(r"the (?P<day>\d{1,2})(?:st|nd|rd|th)")
_WRITTEN = (
    _alone(_YEAR + r"-(?P<month>\d\d)-(?P<day>\d\d)(?:t\d\d)?"),
    _alone(r"(?P<day>\d{1,2})(?P<between>[/.-])(?P<month>\d{1,2})(?P=between)" + _YEAR),
    _alone(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<short_year>\d\d)"),
    _alone(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? {_YEAR})?"),
    _alone(rf"{_MONTH} (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? {_YEAR})?"),
    _alone(rf"(?:ngay |mung |mong )?(?P<day>\d{{1,2}}) thang (?P<month>\d{{1,2}})(?:,? (?:nam )?{_YEAR})?"),
    _OF_MONTH,
    _alone(r"ngay (?P<day>\d{1,2})-(?P<month>\d{1,2})"),
    _alone(r"(?:ngay|mung|mong|hom) (?P<day>\d{1,2})"),
    _THE_DAY,
)
_RATIOS = re.compile(r" ?(?:ghe|cho|seats?|sao|stars?|diem|points?|nguoi|khach|of)(?!\w)")
"""Behind "5/12" these make it five of twelve."""
_RANKED = re.compile(r" ?(?:option|one|flight|choice|cheapest|fastest|offer)")
_LUNAR = re.compile(r" ?(?:am lich|al)(?!\w)")
_ROUND_THE_CLOCK = (24, 7)
_TOLD = re.compile(
    rf"(?<!\w)(?:{_WEEKDAY}|mai|kia|mot|hom nay|toi nay|sang nay|chieu nay|trua nay|dem nay|today|tonight|tomorrow|tmr"
    r"|hom qua|yesterday|noel|giang sinh|christmas|tet|new year(?:'s)?|thang|january|february|march|april|may|june|july"
    r"|august|september|october|november|december)(?!\w)"
)


class Day(NamedTuple):
    """A day as far as it was said; `weekday` is the one said beside it."""

    day: int
    month: int | None
    year: int | None
    weekday: int | None
    may_be_month_first: bool = False

    def is_of(self, known: date) -> bool:
        """Whether a known day is the one said."""
        ways = [(self.day, self.month)]
        if self.may_be_month_first and self.month is not None:
            ways.append((self.month, self.day))
        return (
            any(day == known.day and month in (None, known.month) for day, month in ways)
            and self.year in (None, known.year)
            and self.weekday in (None, known.weekday())
        )


def find_written_days(found: Found, *, is_english: bool) -> None:
    """Days in figures, with the weekday beside them."""
    text = found.text
    for pattern in _WRITTEN:
        for match in pattern.finditer(text.folded):
            if found.is_free(match.start(), match.end()) and _is_day(text, match):
                _add_written(found, match, is_english=is_english)


def find_told_days(found: Found, today: date, *, is_english: bool) -> None:
    """Weekdays, and days told from today ("ngày mai", "next Friday"): a frozenset of those that may be meant."""
    text = found.text
    if not _TOLD.search(text.folded):
        return
    context = DateContext(today, day_first=not is_english)
    for mention in find_dates(text):
        start, end = text.tokens[mention.start].start, text.tokens[mention.end - 1].end
        folded = text.folded[start:end]
        if bare := _BARE_WEEKDAY.fullmatch(folded):
            found.add("weekday", start, end, _WEEKDAYS[bare["weekday"]])
        elif _TOLD.search(folded):
            value = mention.value_on(context)
            days = value.days if isinstance(value, Options) else (value,)
            if all(isinstance(day, date) for day in days):
                found.add("date", start, end, frozenset(days))


def _is_day(text: Text, match: re.Match[str]) -> bool:
    groups = match.groupdict()
    day, month = int(groups["day"]), int(groups.get("month") or 1)
    if not 1 <= day <= 31 or not 1 <= month <= 31 or min(day, month) > 12:
        return False
    if groups.get("month_name") == "may" and not text.written[match.start("month_name")].isupper():
        return False
    following = text.folded[match.end() : match.end() + 12]
    if match.re is _OF_MONTH and ((day, month) == _ROUND_THE_CLOCK or _RATIOS.match(following)):
        return False
    if match.re is _THE_DAY and _RANKED.match(following):
        return False
    return not _LUNAR.match(following)


def _add_written(found: Found, match: re.Match[str], *, is_english: bool) -> None:
    groups, folded = match.groupdict(), found.text.folded
    month_name, month = groups.get("month_name"), groups.get("month")
    year = groups.get("year") or (f"20{groups['short_year']}" if groups.get("short_year") else None)
    start, end, weekday = match.start(), match.end(), None
    lead = folded[max(start - _REACH_BEFORE, 0) : start]
    if before := _BEFORE.search(lead):
        weekday, start = _WEEKDAYS[before["weekday"]], start - len(lead) + before.start()
    elif (behind := _BEHIND.match(folded, end)) and not folded[end : end + 1].isalnum():
        weekday, end = _WEEKDAYS[behind["weekday"]], behind.end()
    value = Day(
        int(groups["day"]),
        _MONTHS[month_name] if month_name else int(month) if month else None,
        int(year) if year else None,
        weekday,
        may_be_month_first=is_english and "/" in match[0],
    )
    found.add("date", start, end, value)
