"""Events as Google writes them, and what its errors say."""

from __future__ import annotations

import re
from typing import Any

import httpx

from domain.offers import LocalTime
from providers.calendar.base import CalendarEntry

_REASON = re.compile(r"[A-Za-z]{1,40}")


def write_event(entry: CalendarEntry) -> dict[str, Any]:
    return {
        "summary": entry.summary,
        "location": entry.location,
        "description": entry.description,
        "start": _write_time(entry.starts),
        "end": _write_time(entry.ends),
        # an event that its owner has deleted is `cancelled`, and stands again by this
        "status": "confirmed" if entry.is_firm else "tentative",
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "popup", "minutes": minutes} for minutes in entry.reminders],
        },
        "extendedProperties": {"private": entry.marks},
    }


def read_object(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where there is none."""
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def read_error(response: httpx.Response) -> str:
    """The first reason an error gives: one word, or nothing."""
    error = read_object(response).get("error")
    reasons = error.get("errors") if isinstance(error, dict) else None
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    reason = first.get("reason") if isinstance(first, dict) else None
    return reason if isinstance(reason, str) and _REASON.fullmatch(reason) else ""


def read_retry_after(response: httpx.Response) -> int | None:
    value = response.headers.get("retry-after", "")
    return int(value) if re.fullmatch(r"\d{1,5}", value) else None


def _write_time(time: LocalTime) -> dict[str, str]:
    return {"dateTime": time.instant.isoformat(), "timeZone": time.zone}
