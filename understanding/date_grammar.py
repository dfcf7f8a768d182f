"""How dates are said, in Vietnamese and English: patterns, each with the rule that gives it a meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from understanding import date_rules as rules
from understanding import date_words as words
from understanding.date_rules import DateContext, DateValue, Stay
from understanding.grammar import DIGITS, Found, Grammar, Reader, Rule, Slot, Vocabulary
from understanding.numbers import number_slot, number_words, ordinal_slot
from understanding.text import Text

_SEPARATED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?!\d|/|\2\d)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?![\d/-])")
_DAYS_AND_NIGHTS = re.compile(r"(\d{1,2})n(\d{1,2})d")


@cache
def date_grammar() -> Grammar:
    return Grammar(_rules(), _slots())


def _slots() -> dict[str, Slot]:
    months = [(name, number) for number, names in enumerate(words.ENGLISH_MONTHS, 1) for name in names.split()]
    number_months = [(f"t{number}", number) for number in range(1, 13)]
    vietnamese_months: list[tuple[str, tuple[int, bool]]] = [("giêng", (1, True)), ("chạp", (12, True))]
    digits = frozenset({DIGITS})
    return {
        "day": Vocabulary(words.DAY_WORDS),
        "wd": Vocabulary(words.weekdays()),
        "week": Vocabulary(words.WEEKS),
        "months": Vocabulary(words.MONTHS_FROM_NOW),
        "years": Vocabulary(words.YEARS_FROM_NOW),
        "part": Vocabulary(words.PARTS),
        "calendar": Vocabulary(words.CALENDARS),
        "named": Vocabulary(words.named_days()),
        "month": Vocabulary(months),
        "clear_month": Vocabulary([(name, number) for name, number in months if name not in {"march", "mar", "may"}]),
        "tmonth": Vocabulary(number_months),
        "mo": Reader(
            number_words().starts | {DIGITS, "gieng", "chap"},
            partial(_read_month, Vocabulary(vietnamese_months)),
        ),
        "n": number_slot(),
        "figure": Reader(digits, _read_figure),
        "ord": ordinal_slot(),
        "figure_ord": Reader(digits, _read_figure_ordinal),
        "y": Reader(digits, _read_year),
        "dm": Reader(digits, _read_separated),
        "iso": Reader(digits, _read_iso),
        "nd": Reader(digits, _read_days_and_nights),
    }


def _rules() -> list[Rule]:
    return [
        *_relative_rules(),
        *_weekday_rules(),
        *_calendar_rules(),
        *_lunar_rules(),
        *_span_rules(),
        *_stay_rules(),
    ]


def _relative_rules() -> Iterator[Rule]:
    yield Rule("{day}", rules.on_offset)
    yield Rule("mai mốt", _say_nothing)
    for following in ("ngày? hôm sau", "ngày tiếp theo", "ngày kế tiếp", "the? next|following day", "the day after"):
        yield Rule(following, lambda context: rules.beside_base(context, 1))
    for before in ("ngày? hôm trước", "the? previous day", "the day before"):
        yield Rule(before, lambda context: rules.beside_base(context, -1))
    yield Rule(
        "muộn|trễ hơn {n} ngày|hôm", lambda context, n: rules.beside_said(context, n) or rules.after_days(context, n)
    )
    for later in ("sau hơn {n} ngày|hôm", "{n} ngày|hôm sau đó", "{n} day|days later"):
        yield Rule(later, lambda context, n: rules.beside_base(context, n) or rules.after_days(context, n))
    yield Rule("a day later", lambda context: rules.beside_base(context, 1))
    for earlier in ("sớm|trước hơn {n} ngày|hôm", "{n} day|days earlier"):
        yield Rule(earlier, lambda context, n: rules.beside_said(context, -n))
    yield Rule("a day earlier", lambda context: rules.beside_said(context, -1))
    for days in (
        "{n} ngày|hôm|bữa nữa|sau",
        "sau {n} ngày|hôm|bữa",
        "in|after {n} day|days",
        "{n} day|days from now|today",
    ):
        yield Rule(days, rules.after_days)
    for weeks in ("{n} tuần nữa|sau", "sau {n} tuần", "in|after {n} week|weeks", "{n} week|weeks from now|today"):
        yield Rule(weeks, lambda context, n: rules.after_days(context, 7 * n))
    for months in ("{n} tháng nữa|sau", "in {n} month|months", "{n} month|months from now|today"):
        yield Rule(months, rules.after_months)
    for within in ("trong {n} ngày tới|nữa", "{n} ngày tới", "in? the? next {n} days", "within {n} days"):
        yield Rule(within, rules.within_days)
    yield Rule("nửa tháng nữa", lambda context: rules.after_days(context, 15))
    yield Rule("in a|one week", lambda context: rules.after_days(context, 7))
    yield Rule("in a fortnight", lambda context: rules.after_days(context, 14))
    yield Rule("in a|one month", lambda context: rules.after_months(context, 1))
    yield Rule("a|one week from|after {day}", lambda context, day: rules.on_offset(context, day + 7))
    yield Rule("a fortnight from|after {day}", lambda context, day: rules.on_offset(context, day + 14))
    yield Rule("{n} days|day from|after {day}", lambda context, n, day: rules.on_offset(context, n + day))
    yield Rule("{n} weeks|week from|after {day}", lambda context, n, day: rules.on_offset(context, 7 * n + day))


def _weekday_rules() -> Iterator[Rule]:
    yield Rule("on? {wd}", rules.on_weekday)
    yield Rule("{wd} này", rules.on_this_weekday)
    yield Rule("this|coming {wd}", rules.on_this_weekday)
    yield Rule("{wd} tới", rules.on_weekday)
    yield Rule("{wd} sau", rules.on_next_weekday)
    yield Rule("next {wd}", rules.on_next_weekday)
    yield Rule("the? following {wd}", lambda context, wd: rules.coming(context.base or context.today, wd))
    yield Rule("last {wd}", lambda context, wd: rules.shift(rules.coming(context.today, wd), -7))
    yield Rule("the? {wd} after next", rules.on_weekday_after_next)
    yield Rule("{wd} week", _on_weekday_plus_week)
    yield Rule("a week from|on {wd}", _on_weekday_plus_week)
    yield Rule("{wd} ,? of? {week}", rules.on_weekday_of_week)
    yield Rule("{week} ,? on? {wd}", lambda context, week, wd: rules.on_weekday_of_week(context, wd, week))
    yield Rule("on? {wd} ,? ngày? {dm}", lambda context, wd, dm: _checked(context, wd, rules.on_numeric(context, *dm)))
    yield Rule("{dm} ( {wd} )", lambda context, dm, wd: _checked(context, wd, rules.on_numeric(context, *dm)))
    yield Rule("{wd} ,? ngày {n}", lambda context, wd, n: _checked(context, wd, rules.on_day_of_month(context, n)))
    yield Rule("{wd} ,? ngày? {n} tháng {mo}", lambda context, wd, n, mo: _checked(context, wd, _on(context, n, mo)))
    yield Rule(
        "on? {wd} ,? the? {figure_ord}", lambda context, wd, n: _checked(context, wd, rules.on_day_of_month(context, n))
    )
    for english in ("on? {wd} ,? the? {ord} of? {month} ,? {y}?", "on? {wd} ,? {figure} {month} ,? {y}?"):
        yield Rule(english, lambda context, wd, n, m, y: _checked(context, wd, rules.on_day(context, n, m, y)))
    for american in ("on? {wd} ,? {month} {ord} ,? {y}?", "on? {wd} ,? {month} {figure} ,? {y}?"):
        yield Rule(american, lambda context, wd, m, n, y: _checked(context, wd, rules.on_day(context, n, m, y)))


def _calendar_rules() -> Iterator[Rule]:
    yield Rule("{iso}", lambda context, iso: rules.on_day(context, iso[2], iso[1], iso[0]))
    yield Rule("ngày? {dm} này|tới?", lambda context, dm: rules.on_numeric(context, *dm))
    yield Rule("ngày? {dm} {years}", lambda context, dm, years: _on_in_years(context, dm[0], dm[1], years))
    for day in ("ngày {n}", "{n} tây", "ngày {n} tây"):
        yield Rule(day, rules.on_day_of_month)
    yield Rule("ngày? {n} {months}", rules.on_day_of_month)
    for dated in ("ngày? {n} tháng|thg|th {mo} năm? {y}?", "ngày? mùng|mồng {n} tháng {mo} năm {y}"):
        yield Rule(dated, _on)
    yield Rule("tháng {mo} ngày {n}", lambda context, mo, n: _on(context, n, mo))
    yield Rule("ngày? {figure} {tmonth}", rules.on_day)
    yield Rule("ngày? {n} tháng {n} {years}", _on_in_years)
    for english in ("the? {ord} of? {month} ,? {y}?", "{figure} of? {month} ,? {y}?"):
        yield Rule(english, rules.on_day)
    for american in ("{month} the? {ord} ,? {y}?", "{month} {figure} ,? {y}?"):
        yield Rule(american, lambda context, month, n, year: rules.on_day(context, n, month, year))
    yield Rule("on? the {figure_ord}", rules.on_day_of_month)
    yield Rule("on? the {figure_ord} of {months}", rules.on_day_of_month)
    yield Rule("{named} {years}?", rules.on_named_day)


def _lunar_rules() -> Iterator[Rule]:
    yield Rule("ngày? {dm} {calendar}", _on_numeric_in_calendar)
    yield Rule("ngày? {n} tháng {mo} {calendar}", _on)
    for leap in ("ngày? {n} tháng {mo} nhuận", "mùng|mồng {n} tháng {mo} nhuận"):
        yield Rule(leap, lambda context, n, mo: rules.on_lunar(context, n, mo[0], is_leap=True))
    yield Rule("rằm tháng {mo} nhuận", lambda context, mo: rules.on_lunar(context, 15, mo[0], is_leap=True))
    yield Rule("ngày? mùng|mồng {n} tháng {mo}", rules.on_mung_of_either)
    yield Rule("ngày? mùng|mồng {n} tháng {mo} {calendar}", _on)
    yield Rule("ngày? rằm tháng {mo}", lambda context, mo: rules.on_lunar(context, 15, mo[0]))
    yield Rule("=rằm này?", lambda context: rules.on_lunar_day(context, 15))
    yield Rule("ngày rằm", lambda context: rules.on_lunar_day(context, 15))
    yield Rule("tháng {mo} nhuận", lambda context, mo: rules.in_lunar_month(context, mo[0], is_leap=True))
    yield Rule("{part}? tháng {mo} âm|al lịch?", lambda context, part, mo: rules.in_lunar_month(context, mo[0], part))
    yield Rule("ngày? mùng|mồng {n}", rules.on_bare_mung)
    yield Rule("ngày? mùng|mồng {n} {calendar}", _on_mung_in_calendar)
    yield Rule("ngày? {n} âm lịch?", _on_mung_in_calendar_lunar)
    for eve in ("đêm? giao thừa", "lunar new year's eve", "tet eve"):
        yield Rule(eve, lambda context: rules.on_tet_day(context, 30))
    for holiday in ("dịp? tết nguyên? đán?", "lunar|chinese new year", "the? tet holiday|holidays"):
        yield Rule(holiday, lambda context: rules.around_tet(context, -1, 2))
    for before in ("trước tết nguyên? đán?", "before tet", "before lunar new year"):
        yield Rule(before, lambda context: rules.around_tet(context, -8, -2))
    for after in ("sau tết nguyên? đán?", "after tet", "after lunar new year"):
        yield Rule(after, lambda context: rules.around_tet(context, 3, 9))
    for day in ("ngày? mùng|mồng {n} tết", "ngày? {n} tết", "the {ord} of tet"):
        yield Rule(day, rules.on_tet_day)
    yield Rule("ra giêng", lambda context: rules.in_lunar_month(context, 1))


def _span_rules() -> Iterator[Rule]:
    yield Rule("{week}", rules.in_week)
    yield Rule("cuối tuần", lambda context: rules.on_weekend(context, None))
    yield Rule("the? weekend", lambda context: rules.on_weekend(context, None))
    yield Rule("this|coming weekend", lambda context: rules.on_weekend(context, None))
    yield Rule("cuối {week}", rules.on_weekend)
    yield Rule("đầu|early {week}", lambda context, week: rules.in_week(context, week, (0, 2)))
    yield Rule("giữa|mid {week}", lambda context, week: rules.in_week(context, week, (1, 3)))
    yield Rule("next weekend", rules.on_next_weekend)
    yield Rule("weekend after next", lambda context: rules.on_weekend(context, 2))
    yield Rule("{months}", rules.in_month_from_now)
    yield Rule("the? {part} {months}", lambda context, part, months: rules.in_month_from_now(context, months, part))
    yield Rule("the? {part} tháng", rules.in_coming_part_of_month)
    yield Rule("tháng {mo} năm? {y}?", lambda context, mo, year: _in_month(context, None, mo, year))
    yield Rule("the? {part} tháng {mo} năm? {y}?", lambda context, part, mo, year: _in_month(context, part, mo, year))
    yield Rule(
        "tháng {n} {years}", lambda context, n, years: rules.in_month(context, n, None, context.today.year + years)
    )
    yield Rule("{part} năm", rules.in_year_part)
    yield Rule("the? {part} {years}", rules.in_year_part)
    yield Rule("{clear_month} {y}?", lambda context, month, year: rules.in_month(context, month, None, year))
    yield Rule("in|next|this {month} {y}?", lambda context, month, year: rules.in_month(context, month, None, year))
    yield Rule(
        "the? {part} -? {month} {y}?", lambda context, part, month, year: rules.in_month(context, month, part, year)
    )
    for days in ("từ? ngày? {n} đến|tới|- ngày? {dm}", "from|between {n} to|and|- {dm}"):
        yield Rule(days, lambda context, n, dm: rules.between_days(context, n, *dm))
    yield Rule(
        "từ? ngày? {n} đến|tới|- ngày? {n} tháng {mo}",
        lambda context, first, last, mo: rules.between_days(context, first, last, mo[0]),
    )
    for english in (
        "from|between? {figure} to|and|- {figure} of? {month}",
        "from|between? the? {ord} to|and|- the? {ord} of? {month}",
    ):
        yield Rule(english, rules.between_days)
    yield Rule(
        "{month} {figure} to|- {figure}",
        lambda context, month, first, last: rules.between_days(context, first, last, month),
    )
    yield Rule("từ? ngày {n} đến|tới|- ngày? {n}", rules.between_days_of_month)


def _stay_rules() -> Iterator[Rule]:
    yield Rule("{nd}", lambda _, nights: Stay((nights,)))
    for both in ("{n} ngày {n} đêm", "{n} days ,? {n} nights", "{n} days and {n} nights"):
        yield Rule(both, lambda _, __, nights: Stay((nights,)))
    for night in ("{n} đêm", "{n} nights", "{n} night"):
        yield Rule(night, lambda _, nights: Stay((nights,)))
    for days in ("đi|trong|ở|chơi {n} ngày", "{figure} ngày", "for? {n} days"):
        yield Rule(days, lambda _, n: Stay((n - 1, n) if n > 1 else (n,)))
    for weeks in ("đi|trong|ở|chơi {n} tuần", "{figure} tuần", "for? {n} weeks"):
        yield Rule(weeks, lambda _, n: Stay((7 * n,)))
    yield Rule("for a|one week", lambda _: Stay((7,)))
    yield Rule("for a fortnight", lambda _: Stay((14,)))


def _say_nothing(_: DateContext) -> None:
    """For words that look like a date and are none: "mai mốt" is "some day"."""


def _on(
    context: DateContext, day: int, month: tuple[int, bool], year_or_calendar: int | bool | None = None
) -> DateValue:
    """A day and a month in words. Giêng and Chạp are lunar by themselves; a calendar or a year may follow."""
    number, is_lunar_month = month
    if year_or_calendar is True or (is_lunar_month and year_or_calendar is None):
        return rules.on_lunar(context, day, number)
    return rules.on_day(context, day, number, None if isinstance(year_or_calendar, bool) else year_or_calendar)


def _on_in_years(context: DateContext, day: int, month: int, years: int) -> DateValue:
    return rules.on_day(context, day, month, context.today.year + years)


def _on_numeric_in_calendar(context: DateContext, numeric: tuple[int, int, int | None], is_lunar: bool) -> DateValue:
    day, month, year = numeric
    return rules.on_lunar(context, day, month) if is_lunar else rules.on_day(context, day, month, year)


def _on_mung_in_calendar(context: DateContext, day: int, is_lunar: bool) -> DateValue:
    return rules.on_lunar_day(context, day) if is_lunar else rules.on_day_of_month(context, day)


def _on_mung_in_calendar_lunar(context: DateContext, day: int) -> DateValue:
    return rules.on_lunar_day(context, day)


def _in_month(context: DateContext, part: str | None, month: tuple[int, bool], year: int | None) -> DateValue:
    number, is_lunar = month
    return rules.in_lunar_month(context, number, part) if is_lunar else rules.in_month(context, number, part, year)


def _in_month_in_years(context: DateContext, part: str | None, month: int, years: int) -> DateValue:
    return rules.in_month(context, month, part, context.today.year + years)


def _on_weekday_plus_week(context: DateContext, weekday: int) -> DateValue:
    return rules.shift(rules.coming(context.start, weekday), 7)


def _checked(context: DateContext, weekday: int, value: DateValue) -> DateValue:
    return rules.with_weekday(context, value, weekday)


def _read_month(names: Vocabulary, text: Text, index: int) -> list[Found]:
    """A Vietnamese month: its number and whether its name is a lunar one."""
    found: list[Found] = list(names.read(text, index))
    found.extend(((number, False), end) for number, end in number_slot().read(text, index))
    return found


def _read_figure(text: Text, index: int) -> list[Found]:
    """A number in digits, where a word would more often be another word ("bay tháng 5")."""
    return [found for found in number_slot().read(text, index) if text.tokens[index].word.isdigit()]


def _read_year(text: Text, index: int) -> list[Found]:
    word = text.tokens[index].word
    is_year = len(word) == 4 and word.isdigit() and word[:2] in {"19", "20", "21"}
    return [(int(word), index + 1)] if is_year else []


def _read_figure_ordinal(text: Text, index: int) -> list[Found]:
    return [found for found in ordinal_slot().read(text, index) if text.tokens[index].word[0].isdigit()]


def _read_days_and_nights(text: Text, index: int) -> list[Found]:
    both = _DAYS_AND_NIGHTS.fullmatch(text.tokens[index].word)
    return [(int(both[2]), index + 1)] if both else []


def _read_separated(text: Text, index: int) -> list[Found]:
    return _read_figures(_SEPARATED, text, index, lambda m: _numeric(m[1], m[3], m[4], m[2]))


def _read_iso(text: Text, index: int) -> list[Found]:
    return _read_figures(_ISO, text, index, lambda m: (int(m[1]), int(m[2]), int(m[3])))


def _numeric(day: str, month: str, year: str | None, separator: str) -> tuple[int, int, int | None] | None:
    if separator != "/" and int(month) > 12:
        return None  # 1.50 and 10-15 are no dates
    return int(day), int(month), None if year is None else int(year) + (2000 if len(year) == 2 else 0)


def _read_figures(
    pattern: re.Pattern[str], text: Text, index: int, build: Callable[[re.Match[str]], Any]
) -> list[Found]:
    start = text.tokens[index].start
    if _is_tail(text, index):
        return []
    figures = pattern.match(text.folded, start)
    end = text.token_ending_at(figures.end(), index) if figures else None
    if figures is None or end is None:
        return []
    value = build(figures)
    return [(value, end)] if value else []


def _is_tail(text: Text, index: int) -> bool:
    """Whether a figure continues a longer one. In 10-12/3 the second does not: the first is a day of its own."""
    start = text.tokens[index].start
    if start < 2 or text.folded[start - 1] not in "/.-" or not text.folded[start - 2].isdigit():
        return False
    return text.folded[start - 1] != "-" or len(text.word(index - 2)) > 2 or text.word(index - 3) == "-"
