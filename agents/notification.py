from agents.spec import AgentSpec
from tools.bookings import list_my_bookings, resend_confirmation
from tools.notifications import my_notifications
from tools.preferences import propose_preference

NOTIFICATION = AgentSpec(
    name="notification",
    summary="Tells which letters and reminders there are, switches reminders, and sends a confirmation again.",
    prompt="notification.md",
    tools=(list_my_bookings, my_notifications, resend_confirmation, propose_preference),
    model="small",
)
