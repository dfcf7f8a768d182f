"""What can keep a trip out of a calendar.

AppError
├── CalendarNotConnected       400  with the way to connect it in `connect_url`
├── NotFound
│   └── CalendarNotConfigured  404  this server knows no calendar
└── Conflict
    ├── BookingNotForCalendar  409  no seats yet, given up, or flown
    └── AlreadyInCalendar      409  it stays true there by itself
"""

from __future__ import annotations

from core.errors import AppError, Conflict, NotFound

CONNECT_PATH = "/v1/users/me/calendar/connect"
"""POST there, and open the `authorization_url` of the answer in a browser."""


class CalendarNotConnected(AppError):
    code = "calendar_not_connected"

    def __init__(self) -> None:
        super().__init__(extra={"connect_url": CONNECT_PATH})


class CalendarNotConfigured(NotFound):
    code = "calendar_not_configured"


class BookingNotForCalendar(Conflict):
    code = "booking_not_for_calendar"


class AlreadyInCalendar(Conflict):
    code = "already_in_calendar"
