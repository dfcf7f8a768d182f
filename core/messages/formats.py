"""How values read in each language: money, dates, times and durations."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from babel.dates import format_date as babel_format_date
from babel.numbers import format_currency

from core.messages.catalogue import Language

WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def format_money(amount: object, currency: str, language: Language) -> str:
    """`amount` is a decimal in major units: 1.890.000 ₫ in Vietnamese, ₫1,890,000 in English."""
    return format_currency(str(amount), currency, locale=language)


def is_worth_something(amount: str | None) -> bool:
    """Whether an amount as it reads is more than nothing."""
    return amount is not None and any(digit in amount for digit in "123456789")


def format_day(day: date, language: Language) -> str:
    """A date with its weekday, so that a wrong one is noticed: thứ Sáu 04/12/2026, Friday 4 December 2026."""
    if language == "vi":
        return f"{WEEKDAYS_VI[day.weekday()]} {day:%d/%m/%Y}"
    return f"{WEEKDAYS_EN[day.weekday()]} {babel_format_date(day, 'd MMMM y', locale='en')}"


def format_clock(at_local: datetime) -> str:
    return f"{at_local:%H:%M}"


def format_duration(length: timedelta, language: Language) -> str:
    """Hours and minutes: 2 giờ 10 phút, 2h 10m."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    hour_unit, minute_unit = (" giờ", " phút") if language == "vi" else ("h", "m")
    parts = [f"{hours}{hour_unit}"] * bool(hours) + [f"{minutes}{minute_unit}"] * bool(minutes or not hours)
    return " ".join(parts)
