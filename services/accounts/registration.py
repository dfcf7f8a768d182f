"""Becoming a user."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language
from core.security import Keys
from db.models import User
from db.repositories.accounts import CodeRepository, SessionRepository, UserRepository
from services.accounts import audit
from services.accounts.codes import send_code
from services.accounts.errors import EmailTaken
from services.accounts.passwords import passwords
from services.accounts.sessions import SignIn, open_session


async def register(
    session: AsyncSession,
    *,
    email: str,
    password: str,
    full_name: str | None,
    phone: str | None,
    language: Language,
    keys: Keys,
) -> SignIn:
    """Make an account, sign it in, and send a code that will prove the address; raises EmailTaken."""
    # before the first query, so that no connection waits for the hash
    hashed = await passwords.hash(password)
    user = User(email=email, hashed_password=hashed, full_name=full_name, phone=phone)
    await add_user(session, user)
    await send_code(session, user, purpose="change_email", address=email, language=language, keys=keys)
    return SignIn(user, await open_session(session, user, keys=keys, method="register"))


async def create_admin(session: AsyncSession, *, email: str, password: str) -> bool:
    """Make an administrator, or make the account with this address one and give it this password.

    Whoever made that account may have been anybody: its sessions and codes end. Gives whether there was one.
    """
    hashed = await passwords.hash(password)
    user = await UserRepository(session).find_by_email(email, for_update=True)
    has_account = user is not None
    if user is None:
        user = User(email=email)
        await add_user(session, user)
    await SessionRepository(session).revoke_all(user.id, reason="made_admin", now=clock.now())
    await CodeRepository(session).delete_all(user.id)
    user.hashed_password, user.is_superuser, user.is_active = hashed, True, True
    audit.record(session, "user.made_admin", user_id=user.id)
    return has_account


async def add_user(session: AsyncSession, user: User) -> None:
    """Store a new account; of two with the same address at once one gets EmailTaken."""
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    audit.record(session, "user.registered", user_id=user.id)
