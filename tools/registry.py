"""Every tool, by what it may do. READ tools look; WRITE tools ask, mail the traveller themselves, or make a link, and
pass a gate first. None of them books, pays, changes or cancels: that takes a yes no tool can say."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from tools.bookings import booking_details, list_my_bookings, resend_confirmation
from tools.calendar import add_to_calendar
from tools.fare_rules import fare_rules
from tools.flights import get_offer_details, search_flights
from tools.payments import payment_status, start_payment
from tools.price_calendar import price_calendar
from tools.proposals import choose_seats, propose_booking, propose_cancellation, propose_change
from tools.readiness import check_travel_readiness
from tools.seat_map import seat_map

READ_TOOLS: tuple[BaseTool, ...] = (
    search_flights,
    price_calendar,
    get_offer_details,
    seat_map,
    fare_rules,
    choose_seats,
    check_travel_readiness,
    list_my_bookings,
    booking_details,
    payment_status,
)
WRITE_TOOLS: tuple[BaseTool, ...] = (
    propose_booking,
    propose_cancellation,
    propose_change,
    start_payment,
    add_to_calendar,
    resend_confirmation,
)
