"""The clock a simulated world runs on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


class ClockOffset(Base):
    """At most one row: how far this database's world is from wall time. Set once, read by every process."""

    __tablename__ = "clock_offset"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    offset: Mapped[timedelta]
