"""Every tool, by what it may do. READ tools look; WRITE tools ask, mail the traveller themselves or our own people, or
make a link, and pass a gate first. None of them books, pays, changes or cancels: that takes a yes no tool can say."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from tools.account import propose_email_change
from tools.bookings import booking_details, list_my_bookings, resend_confirmation
from tools.calendar import propose_calendar_entry
from tools.documents import propose_document_deletion
from tools.fare_rules import fare_rules
from tools.flights import get_offer_details, search_flights
from tools.notifications import my_notifications
from tools.passengers import list_passengers, open_passenger_form
from tools.payments import payment_status, start_payment
from tools.person import ask_a_person
from tools.policy import read_policy
from tools.preferences import my_preferences, propose_preference
from tools.price_calendar import price_calendar
from tools.proposals import choose_seats, propose_booking, propose_cancellation, propose_change
from tools.readiness import check_travel_readiness
from tools.seat_map import seat_map
from tools.visa import visa_hints

READ_TOOLS: tuple[BaseTool, ...] = (
    search_flights,
    price_calendar,
    get_offer_details,
    seat_map,
    fare_rules,
    choose_seats,
    check_travel_readiness,
    visa_hints,
    list_my_bookings,
    booking_details,
    payment_status,
    list_passengers,
    open_passenger_form,
    my_preferences,
    my_notifications,
    read_policy,
)
WRITE_TOOLS: tuple[BaseTool, ...] = (
    propose_booking,
    propose_cancellation,
    propose_change,
    start_payment,
    propose_calendar_entry,
    propose_preference,
    propose_document_deletion,
    propose_email_change,
    resend_confirmation,
    ask_a_person,
)
