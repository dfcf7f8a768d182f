from agents.spec import AgentSpec
from tools.bookings import booking_details, list_my_bookings
from tools.calendar import propose_calendar_entry

CALENDAR = AgentSpec(
    name="calendar",
    summary="Puts booked flights into the traveller's own Google Calendar.",
    prompt="calendar.md",
    tools=(list_my_bookings, booking_details, propose_calendar_entry),
    model="small",
)
