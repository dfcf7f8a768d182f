"""What the calendar endpoints take and give, in the field names of the API reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.fields import Request
from db.models import CalendarConnection, CalendarEvent
from db.models.calendar import EventState
from services.calendar.events import PRIMARY


class CalendarAdd(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"calendar_id": PRIMARY}]})

    calendar_id: Annotated[str, Field(max_length=254, pattern=r"^[A-Za-z0-9][A-Za-z0-9._%+#@-]*$")] = PRIMARY
    """Google's name for it; `primary` is the account's own."""


class CalendarEventRead(BaseModel):
    """A flight of a booking in a calendar."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    booking_id: UUID
    user_id: UUID
    google_event_id: str
    calendar_id: str
    slice: int = Field(validation_alias="item_position")
    """Position of the direction in the booking, from 0."""
    segment: int = Field(validation_alias="segment_position")
    """Position of the flight in its direction, from 0."""
    state: EventState
    """wanted, unwanted: to be written or removed; parked: left alone until the calendar is connected anew."""
    synced_at: datetime | None
    """When it was last written; null for one that is not there yet, or no more."""
    created_at: datetime


class CalendarAdded(CalendarEventRead):
    """The first flight's event, and those of all flights."""

    events: list[CalendarEventRead]


class CalendarConnectionRead(BaseModel):
    status: Literal["connected", "revoked", "none"]
    """revoked: Google says that the leave was taken back or ran out; connect anew."""
    account: str | None
    """Enough of the Google account's address to know it by."""
    granted_at: datetime | None
    simulated: bool
    """The calendar is this server's own imitation."""


class CalendarConnectStart(BaseModel):
    authorization_url: str
    """To be opened in the browser that asked, within ten minutes."""


def describe_event(event: CalendarEvent) -> CalendarEventRead:
    return CalendarEventRead.model_validate(event)


def describe_addition(events: Sequence[CalendarEvent]) -> CalendarAdded:
    described = [describe_event(event) for event in events]
    return CalendarAdded.model_construct(**described[0].model_dump(), events=described)


def describe_connection(connection: CalendarConnection | None, *, is_simulated: bool) -> CalendarConnectionRead:
    if connection is None:
        return CalendarConnectionRead(status="none", account=None, granted_at=None, simulated=is_simulated)
    return CalendarConnectionRead(
        status="connected" if connection.status == "connected" else "revoked",
        account=connection.account,
        granted_at=connection.granted_at,
        simulated=is_simulated,
    )
