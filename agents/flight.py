from agents.spec import AgentSpec
from tools.fare_rules import fare_rules
from tools.flights import get_offer_details, search_flights
from tools.price_calendar import price_calendar
from tools.seat_map import seat_map

FLIGHT = AgentSpec(
    name="flight",
    summary="Finds flights and explains what they offer.",
    prompt="flight.md",
    tools=(search_flights, price_calendar, get_offer_details, seat_map, fare_rules),
    model="capable",
)
