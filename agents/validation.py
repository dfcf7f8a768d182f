from agents.spec import AgentSpec
from tools.fare_rules import fare_rules
from tools.passengers import list_passengers
from tools.readiness import check_travel_readiness
from tools.visa import visa_hints

VALIDATION = AgentSpec(
    name="validation",
    summary="Checks whether travellers can fly a trip: names, ages, passports, visa hints, fare rules.",
    prompt="validation.md",
    tools=(check_travel_readiness, fare_rules, visa_hints, list_passengers),
    model="capable",
)
