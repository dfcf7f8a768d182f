from agents.spec import AgentSpec
from tools.bookings import booking_details, list_my_bookings
from tools.passengers import list_passengers, open_passenger_form
from tools.payments import payment_status, start_payment
from tools.proposals import choose_seats, propose_booking, propose_cancellation, propose_change

BOOKING = AgentSpec(
    name="booking",
    summary="Books and pays for an offer on the screen, and changes, cancels or explains what is booked.",
    prompt="booking.md",
    tools=(
        list_my_bookings,
        booking_details,
        payment_status,
        list_passengers,
        choose_seats,
        propose_booking,
        propose_cancellation,
        propose_change,
        start_payment,
        open_passenger_form,
    ),
    model="capable",
)
