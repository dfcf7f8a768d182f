"""How dates are said, in Vietnamese and English: patterns, each with the rule that gives it a meaning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache

from understanding import date_rules as rules
from understanding import lunar_rules
from understanding.date_anchors import anchor_slot, anchored_rules
from understanding.date_rules import DateContext, DateValue
from understanding.date_slots import date_slots
from understanding.date_spans import span_rules, stay_rules
from understanding.date_words import UNMARKED_AM
from understanding.grammar import Grammar, Rule


@cache
def date_grammar() -> Grammar:
    slots = date_slots()
    return Grammar(_rules(), slots | {"anchor": anchor_slot(slots)})


def _rules() -> list[Rule]:
    return [
        *_relative_rules(),
        *_weekday_rules(),
        *_calendar_rules(),
        *_lunar_rules(),
        *span_rules(),
        *stay_rules(),
        *anchored_rules(),
    ]


def _relative_rules() -> Iterator[Rule]:
    yield Rule("{day}", rules.on_offset)
    for stated in (
        "{day} là? {d} rồi",
        "{day} là ngày? {d}",
        "{day} là? {wd} rồi",
        "{day} là {wd}",
        "today is the? {ord}",
    ):
        yield Rule(stated, _say_nothing)
    for same in ("the? same day", "that same? day", "cùng ngày", "ngay trong ngày", "trong ngày", "hôm đó", "ngày đó"):
        yield Rule(same, rules.on_same_day)
    yield Rule("mai mốt", _say_nothing)
    for following in (
        "ngày? hôm sau",
        "ngày tiếp theo",
        "ngày kế tiếp",
        "the? next|following day",
        "the day after",
        "the? day after that",
        *("the? next|following morning|afternoon|evening|night", "the? morning|evening|night after"),
        *("a|one day after", "sau đó một|1 ngày|hôm|bữa"),
    ):
        yield Rule(following, lambda context: rules.beside_base(context, 1))
    for before in (
        *("ngày? hôm trước", "the? previous day", "the day before", "the? previous night|evening"),
        *("the? night|evening|morning|afternoon before", "a|one day before|prior|ahead|early|beforehand"),
    ):
        yield Rule(before, lambda context: rules.beside_base(context, -1))
    for before in (
        *("trước đó {n} ngày|hôm|bữa", "trước {n} ngày|hôm|bữa", "{n} ngày|hôm|bữa trước đó"),
        "{n} days before|prior|ahead|early|beforehand",
    ):
        yield Rule(before, lambda context, n: rules.beside_base(context, -n))
    for after in ("{n} days after", "sau đó {n} ngày|hôm|bữa"):
        yield Rule(after, lambda context, n: rules.beside_base(context, n))
    yield Rule(
        "muộn|trễ hơn {n} ngày|hôm", lambda context, n: rules.beside_said(context, n) or rules.after_days(context, n)
    )
    for later in ("sau hơn {n} ngày|hôm", "{n} ngày|hôm|bữa sau đó", "{n} day|days later", "{n} day|days after that"):
        yield Rule(later, lambda context, n: rules.beside_base(context, n) or rules.after_days(context, n))
    for later in ("a|one day later", "a|one day after that"):
        yield Rule(later, lambda context: rules.beside_base(context, 1))
    for later in ("{n} tuần sau đó", "{n} week|weeks later", "{n} week|weeks after that"):
        yield Rule(later, lambda context, n: rules.beside_base(context, 7 * n) or rules.after_days(context, 7 * n))
    for later in ("a|one week later", "a|one week after that", "the? week after that"):
        yield Rule(later, lambda context: rules.beside_base(context, 7))
    for earlier in ("sớm|trước hơn {n} ngày|hôm", "{n} day|days earlier"):
        yield Rule(earlier, lambda context, n: rules.beside_said(context, -n))
    for earlier in ("a day earlier", "up a|one day", "sớm lên một ngày"):
        yield Rule(earlier, lambda context: rules.beside_said(context, -1))
    for earlier in ("up {n} days", "sớm lên {n} ngày|hôm|bữa"):
        yield Rule(earlier, lambda context, n: rules.beside_said(context, -n))
    yield Rule("back a|one day", lambda context: rules.beside_said(context, 1))
    yield Rule("back a|one week", lambda context: rules.beside_said(context, 7))
    yield Rule("back {n} weeks", lambda context, n: rules.beside_said(context, 7 * n))
    for later in ("back {n} days", "lùi lại|xuống|thêm? {n} ngày|hôm|bữa", "trễ|muộn lại {n} ngày|hôm|bữa"):
        yield Rule(later, lambda context, n: rules.beside_said(context, n))
    for days in (
        "{n} ngày|hôm|bữa nữa|sau",
        "sau {n} ngày|hôm|bữa",
        "in|after {n} day|days",
        "in? {n} day|days from now|today",
        "in about|around|roughly|maybe {n} days",
        "in {n} day|days time",
        "in {n} days ' time",
        "{n} ngày|hôm|bữa nữa? kể|tính từ hôm|bữa|bây nay|giờ",
    ):
        yield Rule(days, rules.after_days)
    for weeks in (
        *("{n} tuần nữa|sau", "sau {n} tuần", "in|after {n} week|weeks", "in? {n} week|weeks from now|today"),
        "{n} tuần nữa? kể|tính từ hôm|bữa|bây nay|giờ",
    ):
        yield Rule(weeks, lambda context, n: rules.after_days(context, 7 * n))
    for months in ("{n} tháng nữa|sau", "in {n} month|months", "in? {n} month|months from now|today"):
        yield Rule(months, rules.after_months)
    for within in ("trong vòng? {n} ngày tới|nữa", "{n} ngày tới", "in? the? next {n} days", "within {n} days"):
        yield Rule(within, rules.within_days)
    yield Rule("nửa tháng nữa", lambda context: rules.after_days(context, 15))
    for week in ("in a|one week", "in? a|one week from now|today", "in a week's time"):
        yield Rule(week, lambda context: rules.after_days(context, 7))
    yield Rule("in? a fortnight from? now|today?", lambda context: rules.after_days(context, 14))
    yield Rule("in? a|one month from? now|today?", lambda context: rules.after_months(context, 1))


def _weekday_rules() -> Iterator[Rule]:
    yield Rule("{wd}", rules.on_weekday)
    yield Rule("{wd} này", rules.on_this_weekday)
    yield Rule("this|coming {wd}", rules.on_this_weekday)
    for gone in ("ngày? {dm} vừa rồi|qua", "ngày? {d} tháng {n} vừa rồi|qua"):
        yield Rule(gone, lambda context, *said: rules.last_such(context, *(said[0] if len(said) == 1 else said)))
    for coming in ("{wd} tới", "{wd} gần nhất", "this|the upcoming|coming {wd}", "upcoming {wd}", "{wd} coming"):
        yield Rule(coming, rules.on_weekday)
    yield Rule("{wd} sau", rules.on_next_weekday)
    yield Rule("next|nxt {wd}", rules.on_next_weekday)
    for following in (
        "the? following {wd}",
        "the? {wd} following",
        "the? {wd} right? after that",
        "the? very next {wd}",
    ):
        yield Rule(following, rules.on_following_weekday)
    for following in ("{wd} liền|ngay sau đó?", "{wd} kế tiếp|đó?", "{wd} tiếp theo", "{wd} sau đó", "the {wd} after"):
        yield Rule(following, rules.on_following_weekday)
    for same_week in (
        *("that same? {wd}", "{wd} đó", "{wd} tuần đó|ấy", "{wd} cùng tuần", "{wd} trong tuần đó|ấy", "cùng tuần {wd}"),
        *("{wd} of that week", "{wd} of the same week", "{wd} the? same week", "{wd} that week"),
    ):
        yield Rule(same_week, rules.on_weekday_of_base)
    yield Rule("{wd} tuần sau đó", _on_weekday_of_following_week)
    yield Rule("{wd} of? the following week", _on_weekday_of_following_week)
    yield Rule("last {wd}", lambda context, wd: rules.shift(rules.coming(context.today, wd), -7))
    yield Rule("the? {wd} after next", rules.on_weekday_after_next)
    yield Rule("{wd} week", _on_weekday_plus_week)
    yield Rule("a|one week on {wd}", _on_weekday_plus_week)
    yield Rule("{wd} fortnight", lambda context, wd: rules.shift(rules.coming(context.start, wd), 14))
    yield Rule("{wd} in a week", _on_weekday_plus_week)
    yield Rule("{wd} ,? of? {week}", rules.on_weekday_of_week)
    yield Rule("{week} ,? on? {wd}", lambda context, week, wd: rules.on_weekday_of_week(context, wd, week))
    yield Rule("{wd} ,? ngày? {dm}", lambda context, wd, dm: _checked(context, wd, rules.on_numeric(context, *dm)))
    yield Rule("{dm} ( {wd} )", lambda context, dm, wd: _checked(context, wd, rules.on_numeric(context, *dm)))
    for day in ("{wd} ,? ngày {d}", "{wd} ,? on? the {the_ord}", "{wd} ,? {figure_ord}"):
        yield Rule(day, rules.on_weekday_and_day)
    yield Rule("{wd} ,? ngày? {d} tháng {mo}", lambda context, wd, n, mo: _checked(context, wd, _on(context, n, mo)))
    yield Rule(
        "{wd} ,? ngày? mùng|mồng {n} tháng {mo}",
        lambda context, wd, n, mo: _checked(context, wd, lunar_rules.on_mung_of_either(context, n, mo)),
    )
    yield Rule(
        "{wd} ,? ngày? mùng|mồng {n}",
        lambda context, wd, n: _checked(context, wd, lunar_rules.on_bare_mung(context, n)),
    )
    yield Rule("{n} tuần nữa ,? vào? {wd}", lambda context, n, wd: rules.on_weekday_of_week(context, wd, n))
    for english in ("{wd} ,? the? {ord} of? {month} ,? {y}?", "{wd} ,? {figure} {month} ,? {y}?"):
        yield Rule(english, lambda context, wd, n, m, y: _checked(context, wd, rules.on_day(context, n, m, y)))
    yield Rule(
        "{wd} ,? {month} .? the? {od} ,? {y}?",
        lambda context, wd, m, n, y: _checked(context, wd, rules.on_day(context, n, m, y)),
    )
    for nth in ("the? {which} {wd} of|in? {month} {y}?",):
        yield Rule(nth, lambda context, nth, wd, month, y: rules.on_nth_weekday(context, nth, wd, month, y))
    yield Rule(
        "the? {which} {wd} of|in {months}", lambda context, nth, wd, months: _nth_of_month(context, nth, wd, months)
    )
    yield Rule(
        "{wd} {which_behind} của|trong? tháng {n}",
        lambda context, wd, nth, month: rules.on_nth_weekday(context, nth, wd, month),
    )


def _calendar_rules() -> Iterator[Rule]:
    yield Rule("{iso}", lambda context, iso: rules.on_day(context, iso[2], iso[1], iso[0]))
    yield Rule("ngày|hôm? {dm} {this}?", lambda context, dm, _: rules.on_numeric(context, *dm))
    yield Rule("ngày? {dm} {years}", lambda context, dm, years: _on_in_years(context, dm[0], dm[1], years))
    for day in ("ngày|hôm|bữa {d}", "{d} tây", "ngày|bữa {d} tây"):
        yield Rule(day, rules.on_day_of_month)
    yield Rule("ngày? {d} cùng tháng", rules.on_day_of_month)
    yield Rule("{two_figures} {this}", lambda context, day, _: rules.on_day_of_month(context, day))
    yield Rule("{lone}", rules.on_day_of_month)
    yield Rule("{compact}", lambda context, compact: rules.on_day(context, *compact))
    yield Rule("{figure} -|/ {month}", rules.on_day)
    yield Rule("{figure} -|/ {month} -|/ {short_y}", rules.on_day)
    yield Rule("{years} ,? ngày? {dm}", lambda context, years, dm: _on_in_years(context, dm[0], dm[1], years))
    yield Rule("{years} ,? ngày {d} tháng {n}", lambda context, years, d, n: _on_in_years(context, d, n, years))
    yield Rule("ngày? {d} {months}", rules.on_day_of_month)
    yield Rule("ngày? mùng|mồng {n} {months}", rules.on_day_of_month)
    for dated in ("ngày? {d} tháng|thg|th {mo} {y}?", "ngày? mùng|mồng {n} tháng {mo} năm {y}"):
        yield Rule(dated, _on)
    yield Rule("tháng {mo} ngày {d}", lambda context, mo, n: _on(context, n, mo))
    yield Rule("ngày? {figure} {tmonth}", rules.on_day)
    yield Rule("ngày? {d} tháng {n} {years}", _on_in_years)
    for english in ("the? {ord} of? {month} ,? {y}?", "{figure} of? {month} ,? {y}?"):
        yield Rule(english, rules.on_day)
    yield Rule("{month} .? the? {od} ,? {y}?", lambda context, month, n, year: rules.on_day(context, n, month, year))
    yield Rule("the {the_ord}", rules.on_day_of_month)
    yield Rule("the? {ord} of {months}", rules.on_day_of_month)
    yield Rule("{the_ord}", rules.on_day_of_month)
    yield Rule("{named} {years}?", rules.on_holiday)
    yield Rule("the? {named} holiday|holidays", lambda context, named: rules.on_holiday(context, named))
    for either in ("{month} the? {od} or the? {od}",):
        yield Rule(either, lambda context, month, first, second: rules.either_day(context, first, second, month))
    for either in ("the? {ord} or the? {ord} of? {month}", "ngày? {d} hoặc|hay ngày? {d} tháng {n}"):
        yield Rule(either, rules.either_day)
    yield Rule("{two_figures} hoặc|hay|or ngày? {lone}", rules.either_day_of_month)
    yield Rule("ngày? {d} hoặc|hay ngày? {dm}", lambda context, first, dm: rules.either_day(context, first, *dm[:2]))


def _lunar_rules() -> Iterator[Rule]:
    yield Rule("ngày? {dm} {calendar}", _on_numeric_in_calendar)
    yield Rule("ngày? {n} tháng {mo} {calendar}", _on)
    for leap in ("ngày? {n} tháng {mo} nhuận", "mùng|mồng {n} tháng {mo} nhuận"):
        yield Rule(leap, lambda context, n, mo: lunar_rules.on_lunar(context, n, mo[0], is_leap=True))
    yield Rule("rằm tháng {mo} nhuận", lambda context, mo: lunar_rules.on_lunar(context, 15, mo[0], is_leap=True))
    yield Rule("ngày? mùng|mồng {n} tháng {mo}", lunar_rules.on_mung_of_either)
    yield Rule("ngày? mùng|mồng {n} tháng {mo} {calendar}", _on)
    yield Rule(
        "ngày? mùng|mồng {dm}", lambda context, dm: lunar_rules.on_mung_of_either(context, dm[0], (dm[1], False))
    )
    yield Rule("ngày? mùng|mồng {dm} {calendar}", _on_numeric_in_calendar)
    yield Rule("ngày? mùng|mồng {n} tết tây|dương lịch?", lambda context, n: rules.on_day(context, n, 1))
    yield Rule("ngày? rằm tháng {mo} {calendar}?", lambda context, mo, _: lunar_rules.on_lunar(context, 15, mo[0]))
    yield Rule("=rằm này?", lambda context: lunar_rules.on_lunar_day(context, 15))
    yield Rule("ngày rằm", lambda context: lunar_rules.on_lunar_day(context, 15))
    yield Rule("tháng {mo} nhuận", lambda context, mo: lunar_rules.in_lunar_month(context, mo[0], is_leap=True))
    yield Rule(
        "{part}? tháng {mo} âm|al lịch?", lambda context, part, mo: lunar_rules.in_lunar_month(context, mo[0], part)
    )
    yield Rule("ngày? mùng|mồng {n}", lunar_rules.on_bare_mung)
    yield Rule("ngày? mùng|mồng {n} {calendar}", _on_mung_in_calendar)
    for lunar in ("ngày {n} âm lịch?", "{n} =âm", "{n} âm lịch"):
        yield Rule(lunar, lunar_rules.on_lunar_day)
    for eve in ("đêm? giao thừa", "lunar|chinese new year's eve", "the? eve of tết", "tết eve"):
        yield Rule(eve, lambda context: lunar_rules.on_tet_day(context, 30))
    for holiday in ("dịp? tết nguyên? đán?", "lunar|chinese new year", "the? tet holiday|holidays"):
        yield Rule(holiday, lambda context: lunar_rules.around_tet(context, -1, 2))
    for before in ("trước tết nguyên? đán?", "before tet", "before lunar new year"):
        yield Rule(before, lambda context: lunar_rules.around_tet(context, -8, -2))
    for after in ("sau|qua tết nguyên? đán?", "after tet", "after lunar new year"):
        yield Rule(after, lambda context: lunar_rules.around_tet(context, 3, 9))
    for day in (
        "ngày? mùng|mồng {n} tết",
        "ngày? {n} tết",
        "the? {ord} of tết",
        "the? {ord} day of tết",
        "the? {ord} tết",
        "tết day {n}",
        "day {n} of tết",
    ):
        yield Rule(day, lunar_rules.on_tet_day)
    yield Rule("dịp tết tây|dương lịch?", lambda context: rules.on_day(context, 1, 1))
    yield Rule("từ giờ|nay|bây giờ? đến|tới tết", _until_tet)
    yield Rule("đầu năm âm lịch?", lambda context: lunar_rules.in_lunar_month(context, 1, "early"))
    yield Rule("ra giêng", lambda context: lunar_rules.in_lunar_month(context, 1))


def _until_tet(context: DateContext) -> DateValue | None:
    return rules.until(context, lunar_rules.on_tet_day(context, 1), inclusive=False)


def _say_nothing(*_: object) -> None:
    """For words that look like a date and are none: "mai mốt" is "some day"."""


def _on(
    context: DateContext, day: int, month: tuple[int, bool], year_or_calendar: int | bool | str | None = None
) -> DateValue:
    """A day and a month in words. Giêng and Chạp are lunar by themselves; a calendar or a year may follow."""
    number, is_lunar_month = month
    if year_or_calendar in (True, UNMARKED_AM) or (is_lunar_month and year_or_calendar is None):
        return lunar_rules.on_lunar(context, day, number)
    return rules.on_day(context, day, number, None if isinstance(year_or_calendar, bool | str) else year_or_calendar)


def _on_in_years(context: DateContext, day: int, month: int, years: int) -> DateValue:
    return rules.on_day(context, day, month, context.today.year + years)


def _on_numeric_in_calendar(
    context: DateContext, numeric: tuple[int, int, int | None], is_lunar: bool | str
) -> DateValue:
    day, month, year = numeric
    if is_lunar == UNMARKED_AM and not context.day_first:
        return rules.on_numeric(context, day, month, year)
    return lunar_rules.on_lunar(context, day, month) if is_lunar else rules.on_day(context, day, month, year)


def _on_mung_in_calendar(context: DateContext, day: int, is_lunar: bool | str) -> DateValue:
    return lunar_rules.on_lunar_day(context, day) if is_lunar else rules.on_day_of_month(context, day)


def _on_weekday_plus_week(context: DateContext, weekday: int) -> DateValue:
    return rules.shift(rules.coming(context.start, weekday), 7)


def _checked(context: DateContext, weekday: int, value: DateValue) -> DateValue:
    return rules.with_weekday(context, value, weekday)


def _on_weekday_of_following_week(context: DateContext, weekday: int) -> DateValue:
    following = rules.in_following_week(context)
    return following.first + timedelta(days=weekday)


def _nth_of_month(context: DateContext, which: int, weekday: int, months: int) -> DateValue:
    year, month = rules.month_after(context.today, months)
    return rules.on_nth_weekday(context, which, weekday, month, year)
