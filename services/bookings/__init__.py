"""Booking flights: what may be booked, the calls it takes, and what became of them."""
