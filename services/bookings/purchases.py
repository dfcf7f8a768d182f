"""What a provider is told of a booking, read back from its sealed rows."""

from __future__ import annotations

import json

from core.security import Keys
from db.models import Booking
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.money import Money
from domain.orders import Contact, OrderTraveller, Purchase


async def open_purchase(transactions: Transactions, keys: Keys, booking: Booking) -> Purchase:
    """The same for every attempt."""
    async with transactions() as session:
        rows = await BookingRepository(session).list_passengers([booking.id])
    travellers = [
        OrderTraveller.model_validate(
            json.loads(keys.vault.open(row.details, table="booking_passengers", column="details", row_id=row.id))
        )
        for row in rows
    ]
    contact = keys.vault.open(booking.contact, table="bookings", column="contact", row_id=booking.id)
    return Purchase(
        reference=booking.reference,
        flow="hold",
        travellers=tuple(travellers),
        contact=Contact.model_validate_json(contact),
        total=Money(amount_minor=booking.amount_minor, currency=booking.currency),
    )
