from agents.spec import AgentSpec
from tools.fare_rules import fare_rules
from tools.flights import get_offer_details, search_flights
from tools.price_calendar import price_calendar
from tools.proposals import choose_seats
from tools.seat_map import seat_map

FLIGHT = AgentSpec(
    name="flight",
    summary="Finds flights and cheap days, and explains what an offer has: times, seats, bags, fare rules.",
    prompt="flight.md",
    tools=(search_flights, price_calendar, get_offer_details, seat_map, fare_rules, choose_seats),
    model="capable",
)
