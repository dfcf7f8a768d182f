"""The numbers of the tickets a booking has."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.repositories.bookings import BookingRepository
from domain.orders import Ticket


async def write_tickets(session: AsyncSession, booking_id: UUID, tickets: Sequence[Ticket]) -> None:
    """Keep the number of each traveller's ticket; those of before are gone."""
    numbers = {ticket.traveller: ticket.number for ticket in tickets}
    for passenger in await BookingRepository(session).list_passengers([booking_id]):
        passenger.ticket_number = numbers.get(passenger.position)
