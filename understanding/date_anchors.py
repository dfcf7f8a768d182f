"""Days counted from another day: "the day after Christmas", "two weeks from Tuesday", "the week of March tenth"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial

from understanding import date_rules as rules
from understanding import lunar_rules
from understanding.date_rules import DateContext, DateValue, Options
from understanding.frame import DateRange
from understanding.grammar import Found, Grammar, Reader, Rule, Slot
from understanding.holidays import Holiday
from understanding.text import Text

Anchor = Callable[[DateContext], DateValue | None]
"""A day said by itself, from which another is counted."""

MONDAY, THURSDAY, FRIDAY, SATURDAY = 0, 3, 4, 5
_AFTER, _BEFORE = 1, -1


def anchor_slot(slots: Mapping[str, Slot]) -> Reader:
    grammar = Grammar(_anchors(), slots)
    return Reader(grammar.starts, partial(_read_anchor, grammar))


def anchored_rules() -> Iterator[Rule]:
    for way, after in ((_AFTER, "after|following|sau"), (_BEFORE, "before|preceding|trước")):
        yield Rule(f"the? day|night|evening|morning|afternoon {after} {{anchor}}", partial(_days_from, way))
        yield Rule(f"ngày|hôm {after} {{anchor}}", partial(_days_from, way))
        yield Rule(f"a|one day {after} {{anchor}}", partial(_days_from, way))
        yield Rule(f"{{n}} day|days|ngày|hôm|bữa {after} {{anchor}}", partial(_counted_from, way))
        yield Rule(f"a|one week {after} {{anchor}}", partial(_days_from, 7 * way))
        yield Rule(f"{{n}} weeks|week|tuần {after} {{anchor}}", partial(_counted_from, 7 * way))
        yield Rule(f"the week {after} {{anchor}}", partial(_week_of, weeks=way))
        yield Rule(f"the? weekend {after} {{anchor}}", partial(_weekend_from, way))
        yield Rule(f"the? {{wd}} {after} {{anchor}}", partial(_weekday_from, way))
    for way, word in ((_AFTER, "sau"), (_BEFORE, "trước")):
        yield Rule(f"{word} {{anchor}} {{n}} ngày|hôm|bữa", lambda c, at, n, way=way: _days_from(way * n, c, at))
        yield Rule(f"{word} {{anchor}} {{n}} tuần", lambda c, at, n, way=way: _days_from(7 * way * n, c, at))
    yield Rule("a|one week from {anchor}", partial(_days_from, 7))
    yield Rule("a fortnight from|after {anchor}", partial(_days_from, 14))
    yield Rule("{n} day|days from {anchor}", partial(_counted_from, 1))
    yield Rule("{n} weeks|week from {anchor}", partial(_counted_from, 7))
    yield Rule("the? week of {anchor}", _week_of)
    yield Rule("tuần có? {named}", lambda context, holiday: _week_of(context, _holiday_anchor(holiday)))
    yield Rule("{named} week", lambda context, holiday: _week_of(context, _holiday_anchor(holiday)))
    yield Rule(
        "the? {named} holiday|long? weekend", lambda context, holiday: _weekend_of(context, _holiday_anchor(holiday))
    )
    yield Rule("the? weekend of {anchor}", _weekend_of)
    yield Rule("cuối tuần {named}", lambda context, holiday: _weekend_of(context, _holiday_anchor(holiday)))
    for deadline in ("by {anchor}", "no later than {anchor}", "chậm|trễ|muộn nhất là? {anchor}"):
        yield Rule(deadline, lambda context, at: rules.until(context, at(context), inclusive=True))
    for deadline in ("before {anchor}", "trước {anchor}"):
        yield Rule(deadline, lambda context, at: rules.until(context, at(context), inclusive=False))
    for open_ended in ("after {anchor}", "sau {anchor}"):
        yield Rule(open_ended, lambda *_: None)
    for between in ("between {anchor} and|& {anchor}", "giữa {anchor} và {anchor}"):
        yield Rule(between, _between)


def _anchors() -> Iterator[Rule]:
    yield Rule("{named} {years}?", _on_holiday)
    yield Rule("ngày? {dm}", lambda context, dm: rules.on_numeric(context, *dm))
    yield Rule("{iso}", lambda context, iso: rules.on_day(context, iso[2], iso[1], iso[0]))
    yield Rule("ngày? {d} tháng {n}", rules.on_day)
    yield Rule("ngày {d}", rules.on_day_of_month)
    yield Rule("the? {ord} of? {month} ,? {y}?", rules.on_day)
    yield Rule("{figure} of? {month} ,? {y}?", rules.on_day)
    yield Rule("{month} the? {od} ,? {y}?", lambda context, month, day, year: rules.on_day(context, day, month, year))
    yield Rule("the {the_ord}", rules.on_day_of_month)
    yield Rule("{day}", rules.on_offset)
    yield Rule("{wd}", rules.on_weekday)
    yield Rule("this|coming {wd}", rules.on_weekday)
    yield Rule("next {wd}", rules.on_next_weekday)
    yield Rule("{wd} {week}", rules.on_weekday_of_week)
    yield Rule("mùng|mồng {n} tết", lunar_rules.on_tet_day)
    yield Rule("rằm tháng {mo}", lambda context, mo: lunar_rules.on_lunar(context, 15, mo[0]))
    yield Rule("the? new year|years", lambda context: rules.on_day(context, 1, 1))
    for tet in ("tết nguyên? đán?", "the? lunar|chinese new year"):
        yield Rule(tet, lambda context: lunar_rules.on_tet_day(context, 1))


def _read_anchor(grammar: Grammar, text: Text, index: int) -> list[Found]:
    match = grammar.match_at(text, index) if index < len(text.tokens) else None
    if match is None:
        return []
    return [(lambda context: match.rule.build(context, *match.values), match.end)]


def _on_holiday(context: DateContext, holiday: Holiday, years: int | None) -> DateValue:
    """Of Christmas the day itself is what others are counted from."""
    value = rules.on_holiday(context, holiday, years)
    return value.last if isinstance(value, DateRange) else value


def _holiday_anchor(holiday: Holiday) -> Anchor:
    return lambda context: _on_holiday(context, holiday, None)


def _days_from(days: int, context: DateContext, anchor: Anchor) -> DateValue | None:
    return _moved(anchor(context), days)


def _counted_from(unit: int, context: DateContext, count: int, anchor: Anchor) -> DateValue | None:
    return _moved(anchor(context), unit * count)


def _moved(value: DateValue | None, days: int) -> DateValue | None:
    if isinstance(value, Options):
        moved = [rules.shift(day, days) for day in value.days]
        return value._replace(days=tuple(day for day in moved if isinstance(day, date)))
    return rules.shift(value, days) if isinstance(value, date) else value


def _weekday_from(way: int, context: DateContext, weekday: int, anchor: Anchor) -> DateValue | None:
    """The nearest such weekday after or before a day."""

    def build(day: date) -> DateValue:
        following = rules.coming(day, weekday)
        return following if way == _AFTER else following - timedelta(days=14 if day.weekday() == weekday else 7)

    return _each(anchor(context), build)


def _week_of(context: DateContext, anchor: Anchor, *, weeks: int = 0) -> DateValue | None:
    def build(day: date) -> DateValue:
        monday = day + timedelta(days=7 * weeks - day.weekday())
        return rules.span(monday, monday + timedelta(days=6))

    return _each(anchor(context), build)


def _weekend_from(way: int, context: DateContext, anchor: Anchor) -> DateValue | None:
    def build(day: date) -> DateValue:
        saturday = rules.coming(day, SATURDAY)
        if way == _BEFORE:
            saturday -= timedelta(days=14 if day.weekday() >= SATURDAY else 7)
        return rules.span(saturday, saturday + timedelta(days=1))

    return _each(anchor(context), build)


def _weekend_of(context: DateContext, anchor: Anchor) -> DateValue | None:
    """The weekend a day belongs to, made longer by a free day beside it."""

    def build(day: date) -> DateValue:
        saturday = day + timedelta(days=SATURDAY - day.weekday())
        if day.weekday() == MONDAY:
            return rules.span(day - timedelta(days=2), day)
        first = min(saturday, day) if day.weekday() in {THURSDAY, FRIDAY} else saturday
        return rules.span(first, saturday + timedelta(days=1))

    return _each(anchor(context), build)


def _each(value: DateValue | None, build: Callable[[date], DateValue]) -> DateValue | None:
    """What follows from a day, or from each reading of one: of several results their first days are the readings."""
    if isinstance(value, date):
        return build(value)
    if not isinstance(value, Options):
        return value
    built = [each for day in dict.fromkeys(value.days) if isinstance(each := build(day), date | DateRange)]
    if len(built) < 2:
        return built[0] if built else rules.Impossible()
    return Options(tuple(each.first if isinstance(each, DateRange) else each for each in built), confirm=True)


def _between(context: DateContext, first: Anchor, last: Anchor) -> DateValue | None:
    begin = first(context)
    if not isinstance(begin, date):
        return begin
    end = last(context._replace(base=begin, is_return=True))
    return rules.span(begin, end) if isinstance(end, date) and begin <= end else rules.Impossible()
