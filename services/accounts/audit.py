"""The record of what matters for security."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import AuditEvent


def record(
    session: AsyncSession, action: str, *, user_id: UUID | None = None, actor: Actor | None = None, **details: str
) -> None:
    """Note that something happened to an account, in the transaction it happened in. Details are words of ours."""
    session.add(
        AuditEvent(
            action=action,
            user_id=user_id,
            actor_id=actor.user_id if actor else None,
            client_id=actor.client_id if actor else None,
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
            details=details,
        )
    )
