"""Sign-ins: opening a session, keeping it with refresh tokens, ending it, and knowing whose a token is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import ACCOUNT_SCOPE, BOOKINGS_SCOPE, CHAT_SCOPE, Actor, Keys, new_token
from db.models import RefreshToken, User, UserSession
from db.repositories.accounts import SessionRepository, UserRepository
from db.session import Transactions
from services.accounts import audit
from services.accounts.errors import AccountLocked, AccountNotFound, CredentialsWrong, SignInAgain, TokenInvalid
from services.accounts.passwords import passwords
from services.accounts.tokens import (
    ACCESS_TOKEN_LIFE,
    Tokens,
    derive_successor,
    make_access_token,
    read_access_token,
)

SESSION_LIFE = timedelta(days=30)
IDLE_LIFE = timedelta(days=7)
"""Of a refresh token nobody uses."""
REUSE_GRACE = timedelta(seconds=10)
"""In which a used refresh token still gives its successor: for two tabs at once, and for an answer lost on the way."""
FRESH_SIGN_IN = timedelta(minutes=15)

FULL_SCOPES = frozenset({ACCOUNT_SCOPE, CHAT_SCOPE, BOOKINGS_SCOPE})

SignInMethod = Literal["register", "password", "google"]


@dataclass(frozen=True, slots=True)
class SignIn:
    user: User
    tokens: Tokens


async def sign_in(transactions: Transactions, *, email: str, password: str, keys: Keys) -> SignIn:
    """Open a session by password; raises CredentialsWrong, and AccountLocked to whoever knows the password."""
    async with transactions() as session:
        user = await UserRepository(session).find_by_email(email)
    # no transaction is open meanwhile: hashing takes its time and connections are few
    is_right = await passwords.verify(password, user.hashed_password if user else None)
    if user is None or not is_right:
        if user is not None:
            async with transactions() as session:
                audit.record(session, "user.sign_in_refused", user_id=user.id)
        raise CredentialsWrong
    async with transactions() as session:
        current = await UserRepository(session).find(user.id, for_update=True)
        if current is None or current.hashed_password != user.hashed_password:  # deleted or changed meanwhile
            raise CredentialsWrong
        return SignIn(current, await open_session(session, current, keys=keys, method="password"))


async def open_session(session: AsyncSession, user: User, *, keys: Keys, method: SignInMethod) -> Tokens:
    """Begin a session for someone who has proved who they are; raises AccountLocked."""
    if not user.is_active:
        raise AccountLocked
    opened = UserSession(user_id=user.id, expires_at=clock.now() + SESSION_LIFE)
    session.add(opened)
    await session.flush()
    refresh_token = new_token()
    session.add(_store_refresh_token(opened.id, refresh_token, keys))
    audit.record(session, "user.signed_in", user_id=user.id, actor=Actor(user_id=user.id), method=method)
    return _make_tokens(user.id, opened.id, refresh_token, keys)


async def refresh(transactions: Transactions, *, refresh_token: str, keys: Keys) -> Tokens:
    """Trade a refresh token for its successor and a new access token; raises TokenInvalid.

    One that was used before ends its whole session, unless it comes again at once and nobody has used its successor.
    """
    async with transactions() as session:
        tokens = await _rotate(session, refresh_token, keys)
    if tokens is None:
        raise TokenInvalid
    return tokens


async def _rotate(session: AsyncSession, refresh_token: str, keys: Keys) -> Tokens | None:
    """The next tokens; None, with what that means for the session written down, when there are none."""
    repository = SessionRepository(session)
    found = await repository.find_token(keys.hash_secret("refresh-token", refresh_token))
    # the session's row is the lock of its tokens: of parallel uses one comes first
    owner = await repository.find(found.session_id, for_update=True) if found else None
    if found is None or owner is None:
        return None
    now = clock.now()
    await session.refresh(found)
    user = await UserRepository(session).find(owner.user_id)
    if user is None or not user.is_active or owner.revoked_at or min(owner.expires_at, found.expires_at) <= now:
        return None
    successor = derive_successor(keys, refresh_token)
    if found.used_at is None:
        found.used_at = now
        session.add(_store_refresh_token(owner.id, successor, keys))
    elif not await _is_repeat(repository, found, successor, keys):
        owner.revoked_at, owner.revoked_reason = now, "refresh_token_reused"
        audit.record(session, "session.refresh_token_reused", user_id=user.id)
        return None
    return _make_tokens(user.id, owner.id, successor, keys)


async def _is_repeat(repository: SessionRepository, used: RefreshToken, successor: str, keys: Keys) -> bool:
    """Whether a used token may still give its successor: it was used just now, and the successor was not."""
    following = await repository.find_token(keys.hash_secret("refresh-token", successor))
    is_recent = used.used_at is not None and clock.now() - used.used_at <= REUSE_GRACE
    return is_recent and following is not None and following.used_at is None


async def sign_out(session: AsyncSession, actor: Actor, *, refresh_token: str | None, keys: Keys) -> None:
    """End the session of the refresh token, and that of the caller; one that is over or unknown is left alone.

    A token handed to a foreign page ends nothing: the sign-in it came of is not the page's.
    """
    repository = SessionRepository(session)
    ending = {actor.session_id} if actor.session_id and ACCOUNT_SCOPE in actor.scopes else set()
    if refresh_token is not None:
        found = await repository.find_token(keys.hash_secret("refresh-token", refresh_token))
        ending |= {found.session_id} if found else set()
    for session_id in sorted(ending):
        owner = await repository.find(session_id, for_update=True)
        if owner is not None and owner.revoked_at is None:
            owner.revoked_at, owner.revoked_reason = clock.now(), "signed_out"
            audit.record(session, "user.signed_out", user_id=owner.user_id)


async def authenticate(session: AsyncSession, *, access_token: str, keys: Keys) -> Actor:
    """Whose token this is, as things stand now; raises TokenInvalid, and AccountNotFound for a deleted account."""
    claims = read_access_token(keys, access_token)
    user = await get_account(session, claims.user_id)
    owner = await SessionRepository(session).find(claims.session_id)
    if owner is None or owner.revoked_at is not None or not user.is_active:
        raise TokenInvalid
    return Actor(
        kind="user",
        user_id=user.id,
        session_id=owner.id,
        scopes=claims.scopes,
        is_superuser=user.is_superuser,
    )


async def get_account(session: AsyncSession, user_id: UUID, *, for_update: bool = False) -> User:
    """An account as it stands now; raises AccountNotFound, also for one that was deleted a moment ago."""
    user = await UserRepository(session).find(user_id, for_update=for_update)
    if user is None:
        raise AccountNotFound
    return user


async def require_fresh_sign_in(session: AsyncSession, actor: Actor) -> UUID:
    """The user's id, if they signed in a moment ago: for what a borrowed phone must not do. Raises SignInAgain."""
    user_id = actor.require_user()
    owner = await SessionRepository(session).find(actor.session_id) if actor.session_id else None
    if owner is None or clock.now() - owner.created_at > FRESH_SIGN_IN:
        raise SignInAgain
    return user_id


def _store_refresh_token(session_id: UUID, refresh_token: str, keys: Keys) -> RefreshToken:
    return RefreshToken(
        session_id=session_id,
        token_hash=keys.hash_secret("refresh-token", refresh_token),
        expires_at=clock.now() + IDLE_LIFE,
    )


def _make_tokens(user_id: UUID, session_id: UUID, refresh_token: str, keys: Keys) -> Tokens:
    access_token = make_access_token(keys, user_id=user_id, session_id=session_id, scopes=FULL_SCOPES)
    return Tokens(access_token, refresh_token, int(ACCESS_TOKEN_LIFE.total_seconds()))
