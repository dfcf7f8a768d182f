"""Leave to write in somebody's calendar: asked for, given once for each asking, and given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import Actor, Keys, new_token
from db.models import CalendarConnectAttempt, CalendarConnection
from db.repositories.calendar import CalendarConnectionRepository
from domain.contacts import mask_email
from providers.calendar.base import CalendarError, CalendarGrant, NotConnected
from providers.identity.base import make_code_challenge
from services.accounts import audit
from services.calendar.parts import CalendarParts
from services.calendar.planning import park_events, resume_events

log = structlog.get_logger()

ATTEMPT_LIFE = timedelta(minutes=10)

Outcome = Literal["connected", "cancelled", "expired", "not_allowed", "refused", "unavailable"]
"""How a way to Google and back ended. expired: begun too long ago, used before, or begun in another browser.
not_allowed: everything was agreed to but the writing."""


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser brings back: Google's answer, and what shows that the way began in this browser."""

    state: str
    code: str
    error: str
    browser: str


async def begin(parts: CalendarParts, actor: Actor, *, browser: str, redirect_uri: str) -> str:
    """Where to send the browser, to be asked for leave; `browser` is a secret of its own. Raises CalendarNotConfigured.

    Without that secret what comes back is worth nothing: nobody's calendar is connected to another's account by a link.
    """
    user_id = actor.require_user()
    calendar = parts.require_calendar()
    state, code_verifier, attempt_id = new_token(), new_token(), new_id()
    async with parts.transactions() as session:
        session.add(
            CalendarConnectAttempt(
                id=attempt_id,
                user_id=user_id,
                state_hash=_hash_state(parts.keys, state, browser),
                code_verifier=parts.keys.vault.seal(
                    code_verifier, table="calendar_connect_attempts", column="code_verifier", row_id=attempt_id
                ),
                expires_at=clock.now() + ATTEMPT_LIFE,
            )
        )
    return calendar.authorization_url(
        state=state, code_challenge=make_code_challenge(code_verifier), redirect_uri=redirect_uri
    )


async def finish(parts: CalendarParts, callback: Callback, *, redirect_uri: str) -> Outcome:
    """Keep the leave that was given, for whoever set out to get it; once for each setting out."""
    calendar = parts.require_calendar()
    async with parts.transactions() as session:
        state_hash = _hash_state(parts.keys, callback.state, callback.browser)
        attempt = await CalendarConnectionRepository(session).take_attempt(state_hash, now=clock.now())
    if attempt is None:
        return "expired"
    if callback.error or not callback.code:
        return "cancelled" if callback.error == "access_denied" else "refused"
    code_verifier = parts.keys.vault.open(
        attempt.code_verifier, table="calendar_connect_attempts", column="code_verifier", row_id=attempt.id
    )
    try:
        grant = await calendar.redeem(code=callback.code, code_verifier=code_verifier, redirect_uri=redirect_uri)
    except NotConnected as error:
        log.warning("calendar.refused", reason=str(error))
        return "refused"
    except CalendarError as error:
        log.warning("calendar.unavailable", reason=str(error))
        return "unavailable"
    if not grant.may_write:
        return "not_allowed"
    async with parts.transactions() as session:
        await _keep(session, parts.keys, attempt.user_id, grant)
    return "connected"


async def find_connection(session: AsyncSession, actor: Actor) -> CalendarConnection | None:
    """The caller's connection; one that is `revoked` has to be made anew."""
    return await CalendarConnectionRepository(session).find(actor.require_user())


async def disconnect(parts: CalendarParts, actor: Actor) -> None:
    """Forget the leave, and tell Google so; what stands in the calendar stays. Nothing where there is none."""
    user_id = actor.require_user()
    async with parts.transactions() as session:
        ended = await CalendarConnectionRepository(session).take(user_id)
        if ended is None:
            return
        await park_events(session, user_id)
        audit.record(session, "user.calendar_disconnected", user_id=user_id, actor=actor)
    if parts.calendar is None:
        return
    try:
        await parts.calendar.revoke(open_grant(parts.keys, ended))
    except CalendarError as error:  # nobody has the token any more; its owner sees the leave on their Google page
        log.warning("calendar.not_revoked", reason=str(error))


def open_grant(keys: Keys, connection: CalendarConnection) -> SecretStr:
    return SecretStr(
        keys.vault.open(
            connection.refresh_token, table="calendar_connections", column="refresh_token", row_id=connection.id
        )
    )


async def _keep(session: AsyncSession, keys: Keys, user_id: UUID, grant: CalendarGrant) -> None:
    connection_id = new_id()
    await CalendarConnectionRepository(session).put(
        CalendarConnection(
            id=connection_id,
            user_id=user_id,
            refresh_token=keys.vault.seal(
                grant.refresh_token.get_secret_value(),
                table="calendar_connections",
                column="refresh_token",
                row_id=connection_id,
            ),
            account=mask_email(grant.account) if grant.account else None,
            granted_at=clock.now(),
        )
    )
    await resume_events(session, user_id)
    audit.record(session, "user.calendar_connected", user_id=user_id)


def _hash_state(keys: Keys, state: str, browser: str) -> bytes:
    """One hash of both, so that a state seen elsewhere finds nothing without the browser it was made for."""
    return keys.hash_secret("calendar-connect-state", f"{browser}.{state}")
