"""What the notification endpoint gives, in the field names of the API reference."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from db.models.notifications import NotificationStatus


class NotificationLogResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    user_id: UUID
    type: str
    """What it tells, such as `booking_confirmed`; an open set."""
    channel: str
    subject: str | None
    """As it was sent; null before."""
    ref_id: UUID | None
    """What it is about: a booking, or for money given back beyond a price the payment."""
    status: NotificationStatus
    """skipped: overtaken by events, or switched off, by the time it was due."""
    sent_at: datetime | None
