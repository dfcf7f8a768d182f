"""Every tool, by what it may do: READ tools look, and no other kind exists until a proposal can be approved."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from tools.fare_rules import fare_rules
from tools.flights import get_offer_details, search_flights
from tools.price_calendar import price_calendar
from tools.seat_map import seat_map

READ_TOOLS: tuple[BaseTool, ...] = (search_flights, price_calendar, get_offer_details, seat_map, fare_rules)
