"""How spans of days and lengths of stay are said."""

from __future__ import annotations

from collections.abc import Iterator

from understanding import date_rules as rules
from understanding import lunar_rules
from understanding.date_rules import DateContext, DateValue, Stay
from understanding.grammar import Rule


def span_rules() -> Iterator[Rule]:
    yield Rule("{week}", rules.in_week)
    for weekend in ("cuối tuần", "the? weekend", "this|coming weekend", "this|the coming weekend", "upcoming weekend"):
        yield Rule(weekend, lambda context: rules.on_weekend(context, None))
    for that_weekend in ("that weekend", "the? same weekend", "cuối tuần đó|ấy"):
        yield Rule(that_weekend, lambda context: rules.on_weekend_of_base(context, 0))
    for following in ("the? following weekend", "the? weekend after that", "the weekend after", "cuối tuần sau đó"):
        yield Rule(following, lambda context: rules.on_weekend_of_base(context, 1))
    for following in ("the? following week", "tuần sau đó", "tuần kế đó"):
        yield Rule(following, rules.in_following_week)
    for rest in ("later {week}", "the? rest of {week}"):
        yield Rule(rest, lambda context, week: rules.in_rest_of(rules.in_week(context, week), context.today))
    for rest in ("later {months}", "the? rest of {months}"):
        yield Rule(rest, lambda context, n: rules.in_rest_of(rules.in_month_from_now(context, n), context.today))
    yield Rule("cuối {week}", rules.on_weekend)
    yield Rule("the? beginning|start of {week}", lambda context, week: rules.in_week(context, week, (0, 2)))
    yield Rule("the? middle of {week}", lambda context, week: rules.in_week(context, week, (1, 3)))
    yield Rule("đầu|early {week}", lambda context, week: rules.in_week(context, week, (0, 2)))
    yield Rule("giữa|mid {week}", lambda context, week: rules.in_week(context, week, (1, 3)))
    yield Rule("next weekend", rules.on_next_weekend)
    yield Rule("the? weekend after next", lambda context: rules.on_weekend(context, 2))
    yield Rule("weekend of {week}", rules.on_weekend)
    yield Rule(
        "the? {which} week of|in {month} {y}?",
        lambda context, nth, month, year: rules.in_week_of_month(context, nth, month, year),
    )
    yield Rule("the? {which} week of|in {months}", _in_week_of_month_from_now)
    yield Rule("the? {which} weekend of|in {month}", rules.on_nth_weekend)
    yield Rule("tuần {which_behind} của|trong? tháng {n}", rules.in_week_of_month)
    yield Rule("cuối tuần {which_behind} của|trong? tháng {n}", rules.on_nth_weekend)
    yield Rule("tuần {which_behind} của|trong? {months}", _in_week_of_month_from_now)
    yield Rule("{months}", rules.in_month_from_now)
    yield Rule("the? {part} {months}", lambda context, part, months: rules.in_month_from_now(context, months, part))
    yield Rule("the? {part} tháng", rules.in_coming_part_of_month)
    yield Rule("tháng {mo} {y}?", lambda context, mo, year: _in_month(context, None, mo, year))
    yield Rule("the? {part} tháng {mo} {y}?", lambda context, part, mo, year: _in_month(context, part, mo, year))
    yield Rule(
        "tháng {n} {years}", lambda context, n, years: rules.in_month(context, n, None, context.today.year + years)
    )
    yield Rule(
        "{years} ,? tháng {n}", lambda context, years, n: rules.in_month(context, n, None, context.today.year + years)
    )
    for ending in ("ngày cuối cùng? của?", "the? last|final day of"):
        yield Rule(f"{ending} {{months}}", lambda context, n: rules.last_of(rules.in_month_from_now(context, n)))
        yield Rule(f"{ending} tháng {{mo}}", lambda context, mo: rules.last_of(_in_month(context, None, mo, None)))
        yield Rule(f"{ending} {{month}}", lambda context, month: rules.last_of(rules.in_month(context, month)))
    for first_day in ("ngày đầu tiên? của?", "the? first day of"):
        yield Rule(f"{first_day} {{months}}", lambda context, n: rules.on_day_of_month(context, 1, n))
        yield Rule(f"{first_day} tháng {{n}}", lambda context, n: rules.on_day(context, 1, n))
        yield Rule(f"{first_day} {{month}}", lambda context, month: rules.on_day(context, 1, month))
    for until in ("từ giờ|nay|bây giờ? đến|tới|cho cuối|hết", "from? now|today until|till|til|to|through the? end of"):
        yield Rule(
            f"{until} {{months}}", lambda context, n: rules.until_end(context, rules.in_month_from_now(context, n))
        )
        yield Rule(f"{until} tháng {{n}}", lambda context, n: rules.until_end(context, rules.in_month(context, n)))
        yield Rule(
            f"{until} {{month}}", lambda context, month: rules.until_end(context, rules.in_month(context, month))
        )
        yield Rule(f"{until} {{week}}", lambda context, week: rules.until_end(context, rules.in_week(context, week)))
    yield Rule(
        "từ giờ|nay|bây giờ? đến|tới|cho cuối|hết tháng",
        lambda context: rules.until_end(context, rules.in_month_from_now(context, 0)),
    )
    yield Rule("{part} năm", rules.in_year_part)
    yield Rule("the? {part} {years}", rules.in_year_part)
    yield Rule("{clear_month} {y}?", lambda context, month, year: rules.in_month(context, month, None, year))
    yield Rule("in|next|this {month} {y}?", lambda context, month, year: rules.in_month(context, month, None, year))
    yield Rule(
        "the? {part} -? {month} {y}?", lambda context, part, month, year: rules.in_month(context, month, part, year)
    )
    for days in ("từ? ngày? {d} đến|tới|- ngày? {dm}", "from|between {d} to|and|- {dm}"):
        yield Rule(days, lambda context, n, dm: rules.between_days(context, n, *dm))
    yield Rule(
        "từ? ngày? {d} đến|tới|- ngày? {d} tháng {mo}",
        lambda context, first, last, mo: rules.between_days(context, first, last, mo[0]),
    )
    for english in (
        "from|between? the? {figure} to|and|-|through|thru|till|until the? {figure} of? {month}",
        "from? the? {ord} to|-|through|thru|till|until the? {ord} of? {month}",
        "between the? {ord} and|& the? {ord} of? {month}",
    ):
        yield Rule(english, rules.between_days)
    for american in (
        "from? {month} the? {od} to|-|through|thru|till|until the? {od}",
        "between {month} the? {od} and|& the? {od}",
    ):
        yield Rule(american, lambda context, month, first, last: rules.between_days(context, first, last, month))
    for days in ("from? the {ord} to|through|thru|till|until the? {the_ord}", "between the? {ord} and the? {the_ord}"):
        yield Rule(days, rules.between_days_of_month)
    yield Rule("từ? ngày {d} đến|tới|- ngày? {d}", rules.between_days_of_month)
    yield Rule(
        "từ {two_figures} đến|tới|- {two_figures} {this}?", lambda c, n, m, _: rules.between_days_of_month(c, n, m)
    )


def stay_rules() -> Iterator[Rule]:
    for more in (
        "thêm {n} đêm|ngày|hôm|bữa nữa?",
        "another? {n} more|extra night|nights|day|days",
        "another {n} nights",
    ):
        yield Rule(more, lambda _, nights: Stay((nights,), is_more=True))
    yield Rule("another|extra night", lambda *_: Stay((1,), is_more=True))
    for fewer in ("bớt {n} đêm|ngày|hôm|bữa", "{n} night|nights|day|days less|fewer|shorter"):
        yield Rule(fewer, lambda _, nights: Stay((-nights,), is_more=True))
    yield Rule("{nd}", lambda _, nights: Stay((nights,)))
    for both in ("{n} ngày {n} đêm", "{n} days ,? {n} nights", "{n} days and {n} nights"):
        yield Rule(both, lambda _, __, nights: Stay((nights,)))
    for both in ("{n} đêm {n} ngày", "{n} nights ,? {n} days", "{n} nights and {n} days"):
        yield Rule(both, lambda _, nights, __: Stay((nights,)))
    for night in ("{n} đêm", "{n} nights", "{n} night"):
        yield Rule(night, lambda _, nights: Stay((nights,)))
    for days in (
        *("{stay} {about}? {n} ngày|hôm|bữa", "{figure} ngày", "{stay} {about}? {n} days", "{n} -? day -? {journey}"),
        "{n} days there|trip",
    ):
        yield Rule(days, _nights_of_days)
    for weeks in (
        *("{stay} {about}? {n} tuần", "{figure} tuần", "{stay} {about}? {n} weeks|week", "{n} weeks|week there"),
        *("{n} -? week -? {journey}", "{n} weeks"),
    ):
        yield Rule(weeks, _nights_of_weeks)
    for week in ("{stay} {about}? a|one week", "a|one week there", "a week -? long? {journey}", "a week's {journey}"):
        yield Rule(week, lambda *_: Stay((7,)))
    yield Rule("{stay} a|one night", lambda *_: Stay((1,)))
    for fortnight in ("{stay} a fortnight", "a fortnight in|at|there|with"):
        yield Rule(fortnight, lambda *_: Stay((14,)))
    yield Rule("a|one week in|at", lambda *_: Stay((7,)))
    yield Rule("{n} weeks in|at", _nights_of_weeks)
    yield Rule("{n} days in|at", _nights_of_days)


def _nights_of_days(_: DateContext, *values: int | None) -> DateValue:
    """Days count the day of arrival or do not: "ten days" are nine nights or ten."""
    days = next(value for value in values if value is not None)
    return Stay((days - 1, days) if days > 1 else (days,))


def _nights_of_weeks(_: DateContext, *values: int | None) -> DateValue:
    return Stay((7 * next(value for value in values if value is not None),))


def _in_week_of_month_from_now(context: DateContext, which: int, months: int) -> DateValue:
    year, month = rules.month_after(context.today, months)
    return rules.in_week_of_month(context, which, month, year)


def _in_month(context: DateContext, part: str | None, month: tuple[int, bool], year: int | None) -> DateValue:
    number, is_lunar = month
    return (
        lunar_rules.in_lunar_month(context, number, part) if is_lunar else rules.in_month(context, number, part, year)
    )
