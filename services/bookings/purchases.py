"""What a provider is told of a booking, read back from its sealed rows."""

from __future__ import annotations

import json
from typing import cast

from core.security import Keys
from db.models import Booking
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.money import Money
from domain.offers import BookingFlow
from domain.orders import Contact, OrderTraveller, Purchase, ServiceChoice


async def open_purchase(transactions: Transactions, keys: Keys, booking: Booking) -> Purchase:
    """The same for every attempt."""
    contact = keys.vault.open(booking.contact, table="bookings", column="contact", row_id=booking.id)
    return Purchase(
        reference=booking.reference,
        flow=cast("BookingFlow", booking.flow),
        travellers=await open_travellers(transactions, keys, booking),
        contact=Contact.model_validate_json(contact),
        total=Money(amount_minor=booking.amount_minor, currency=booking.currency),
        services=tuple(ServiceChoice.model_validate(each) for each in booking.services),
    )


async def open_travellers(transactions: Transactions, keys: Keys, booking: Booking) -> tuple[OrderTraveller, ...]:
    """As the tickets name them, in the order of the purchase."""
    async with transactions() as session:
        rows = await BookingRepository(session).list_passengers([booking.id])
    return tuple(
        OrderTraveller.model_validate(
            json.loads(keys.vault.open(row.details, table="booking_passengers", column="details", row_id=row.id))
        )
        for row in rows
    )
