"""Taking money for bookings, hearing of it, and giving it back."""
