from agents.spec import AgentSpec
from tools.flights import get_offer_details, search_flights

FLIGHT = AgentSpec(
    name="flight",
    summary="Finds flights and explains what they offer.",
    prompt="flight.md",
    tools=(search_flights, get_offer_details),
    model="capable",
)
