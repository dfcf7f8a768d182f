"""Every agent, once."""

from agents.concierge import CONCIERGE
from agents.flight import FLIGHT
from agents.spec import AgentSpec

AGENTS: dict[str, AgentSpec] = {spec.name: spec for spec in (FLIGHT, CONCIERGE)}
