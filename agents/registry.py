"""Every agent, once."""

from agents.booking import BOOKING
from agents.calendar import CALENDAR
from agents.concierge import make_concierge
from agents.flight import FLIGHT
from agents.notification import NOTIFICATION
from agents.profile import PROFILE
from agents.spec import AgentSpec
from agents.validation import VALIDATION

SPECIALISTS = (FLIGHT, BOOKING, PROFILE, CALENDAR, VALIDATION, NOTIFICATION)

AGENTS: dict[str, AgentSpec] = {spec.name: spec for spec in (*SPECIALISTS, make_concierge(SPECIALISTS))}
