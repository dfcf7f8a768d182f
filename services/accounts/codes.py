"""One-time codes by mail: they prove an address, and so may change it or set a new password.

The user's row is locked before the code's, everywhere.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.messages import Language
from core.security import Actor, Keys
from db.models import User, VerificationCode
from db.models.users import CodePurpose
from db.repositories.accounts import CodeRepository, SessionRepository, UserRepository
from db.session import Transactions
from services.accounts import audit
from services.accounts.errors import CodeInvalid, EmailTaken, PasswordWrong
from services.accounts.passwords import passwords
from services.accounts.sessions import get_account, require_fresh_sign_in
from services.notifications.queueing import enqueue

CODE_LIFE = timedelta(minutes=5)
CODE_DIGITS = 6
MAX_TRIES = 5

_TEMPLATES: dict[CodePurpose, str] = {"reset_password": "reset_password", "change_email": "verify_email"}


async def send_code(
    session: AsyncSession, user: User, *, purpose: CodePurpose, address: str, language: Language, keys: Keys
) -> None:
    """Mail a new code, which makes the one before it worthless. The user's row must be locked, or new."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    code_id = new_id()
    await CodeRepository(session).replace(
        VerificationCode(
            id=code_id,
            user_id=user.id,
            purpose=purpose,
            code_hash=keys.hash_secret(f"code:{code_id}", code),
            address=keys.vault.seal(address, table="verification_codes", column="address", row_id=code_id),
            expires_at=clock.now() + CODE_LIFE,
        )
    )
    await enqueue(
        session,
        user_id=user.id,
        type=_TEMPLATES[purpose],
        language=language,
        address=address,
        params={"code": code, "minutes": str(int(CODE_LIFE.total_seconds() // 60))},
        keys=keys,
    )


async def request_password_reset(session: AsyncSession, *, email: str, language: Language, keys: Keys) -> None:
    """Mail a code to the account with this address; says nothing when there is none."""
    user = await UserRepository(session).find_by_email(email, for_update=True)
    if user is not None and user.is_active:
        await send_code(session, user, purpose="reset_password", address=email, language=language, keys=keys)


async def reset_password(
    transactions: Transactions, *, email: str, code: str, new_password: str, language: Language, keys: Keys
) -> None:
    """Set a new password with the mailed code and end every session; raises CodeInvalid."""
    hashed = await passwords.hash(new_password)
    async with transactions() as session:
        user = await UserRepository(session).find_by_email(email, for_update=True)
        address = await _redeem(session, user.id, "reset_password", code, keys) if user else None
        if user is not None and address == user.email:
            user.hashed_password = hashed
            user.email_verified_at = user.email_verified_at or clock.now()
            await SessionRepository(session).revoke_all(user.id, reason="password_reset", now=clock.now())
            audit.record(session, "user.password_reset", user_id=user.id)
            await _tell(session, user, "password_changed", user.email, language, keys)
            return
    raise CodeInvalid  # outside: the wrong try stays counted


async def change_password(
    transactions: Transactions,
    actor: Actor,
    *,
    current_password: str | None,
    new_password: str,
    language: Language,
    keys: Keys,
) -> None:
    """Set a new password and end every other session.

    Asks for the current one, or for a fresh sign-in where the account has none. Raises PasswordWrong, SignInAgain.
    """
    user_id = actor.require_user()
    async with transactions() as session:
        user = await UserRepository(session).find(user_id)
        hashed_now = user.hashed_password if user else None
        if hashed_now is None:
            await require_fresh_sign_in(session, actor)
    if hashed_now is not None and not await passwords.verify(current_password or "", hashed_now):
        raise PasswordWrong
    hashed = await passwords.hash(new_password)
    async with transactions() as session:
        user = await UserRepository(session).find(user_id, for_update=True)
        if user is None or user.hashed_password != hashed_now:  # changed meanwhile
            raise PasswordWrong
        user.hashed_password = hashed
        await SessionRepository(session).revoke_all(
            user.id, reason="password_changed", now=clock.now(), but=actor.session_id
        )
        audit.record(session, "user.password_changed", user_id=user.id, actor=actor)
        await _tell(session, user, "password_changed", user.email, language, keys)


async def request_email_change(
    session: AsyncSession, actor: Actor, *, email: str, language: Language, keys: Keys
) -> None:
    """Mail a code to a new address, or to the current one to prove it; raises SignInAgain, EmailTaken."""
    user_id = await require_fresh_sign_in(session, actor)
    user = await get_account(session, user_id, for_update=True)
    if email != user.email and await UserRepository(session).find_by_email(email) is not None:
        raise EmailTaken
    await send_code(session, user, purpose="change_email", address=email, language=language, keys=keys)


async def confirm_email(transactions: Transactions, actor: Actor, *, code: str, language: Language, keys: Keys) -> User:
    """Take the address the code was mailed to, and tell the old one; raises CodeInvalid, EmailTaken."""
    user_id = actor.require_user()
    async with transactions() as session:
        user = await get_account(session, user_id, for_update=True)
        address = await _redeem(session, user_id, "change_email", code, keys)
        if address is not None:
            if address != user.email:
                await _tell(session, user, "email_changed", user.email, language, keys)
            user.email, user.email_verified_at = address, clock.now()
            try:
                await session.flush()
            except IntegrityError as error:
                raise EmailTaken from error
            audit.record(session, "user.email_verified", user_id=user_id, actor=actor)
            return user
    raise CodeInvalid  # outside: the wrong try stays counted


async def _redeem(session: AsyncSession, user_id: UUID, purpose: CodePurpose, code: str, keys: Keys) -> str | None:
    """The address a right code was sent to, once; None for any other code, which counts as a try."""
    found = await CodeRepository(session).find(user_id, purpose)
    if found is None or found.used_at or found.tries >= MAX_TRIES or found.expires_at <= clock.now():
        return None
    if not hmac.compare_digest(found.code_hash, keys.hash_secret(f"code:{found.id}", code)):
        found.tries += 1
        return None
    found.used_at = clock.now()
    return keys.vault.open(found.address, table="verification_codes", column="address", row_id=found.id)


async def _tell(session: AsyncSession, user: User, kind: str, address: str, language: Language, keys: Keys) -> None:
    await enqueue(session, user_id=user.id, type=kind, language=language, address=address, params={}, keys=keys)
