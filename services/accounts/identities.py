"""Signing in by the word of an identity provider: the way there and back, and whose account it opens.

AppError
├── NotFound
│   └── GoogleNotConfigured       404
└── GoogleSignInFailed            what came back proves nothing (never answered: the page it began on is told the code)
    ├── GoogleCancelled
    ├── GoogleExpired
    ├── GoogleUnavailable
    ├── GoogleEmailUnverified
    └── GoogleEmailTaken
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import AppError, NotFound
from core.ids import new_id
from core.messages import Language
from core.security import Keys, new_token
from db.models import SignInAttempt, User, UserIdentity
from db.repositories.accounts import SessionRepository, UserRepository
from db.repositories.identities import IdentityRepository, SignInAttemptRepository
from db.session import Transactions
from domain.contacts import normalise_email
from providers.identity.base import (
    IdentityProvider,
    IdentityRefused,
    IdentityUnavailable,
    VerifiedIdentity,
    make_code_challenge,
)
from services.accounts import audit
from services.accounts.errors import AccountLocked, EmailTaken
from services.accounts.registration import add_user
from services.accounts.sessions import open_session
from services.accounts.tokens import Tokens
from services.notifications.queueing import enqueue

log = structlog.get_logger()

ATTEMPT_LIFE = timedelta(minutes=10)
SIGN_IN_PAGE = "/sign-in"
"""Where a sign-in ends that nobody knows the beginning of."""
MAX_NAME_CHARACTERS = 100


class GoogleNotConfigured(NotFound):
    code = "google_not_configured"


class GoogleSignInFailed(AppError):
    code = "google_refused"


class GoogleEmailTaken(GoogleSignInFailed):
    code = "google_email_taken"


class GoogleCancelled(GoogleSignInFailed):
    code = "google_cancelled"


class GoogleExpired(GoogleSignInFailed):
    """Begun too long ago, finished before, or begun in another browser."""

    code = "google_expired"


class GoogleUnavailable(GoogleSignInFailed):
    code = "google_unavailable"


class GoogleEmailUnverified(GoogleSignInFailed):
    code = "google_email_unverified"


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser brings back: the provider's answer, and what shows that the sign-in began in this browser."""

    state: str
    code: str
    error: str
    browser: str


@dataclass(frozen=True, slots=True)
class FinishedSignIn:
    continue_to: str
    """A page of ours; its `error` says why there are no tokens."""
    tokens: Tokens | None


async def start_sign_in(
    transactions: Transactions,
    provider: IdentityProvider,
    *,
    continue_to: str,
    browser: str,
    redirect_uri: str,
    keys: Keys,
) -> str:
    """Where to send the browser: to the provider, or back to `continue_to` when that cannot be reached.

    `browser` is a secret of the browser's, without which what comes back is worth nothing.
    """
    state, nonce, code_verifier, attempt_id = new_token(), new_token(), new_token(), new_id()
    try:
        url = await provider.authorization_url(
            state=state, nonce=nonce, code_challenge=make_code_challenge(code_verifier), redirect_uri=redirect_uri
        )
    except IdentityUnavailable as error:
        log.warning("identity.unavailable", reason=str(error))
        return _add_error(continue_to, GoogleUnavailable.code)
    async with transactions() as session:
        session.add(
            SignInAttempt(
                id=attempt_id,
                state_hash=_hash_state(keys, state, browser),
                nonce=nonce,
                code_verifier=keys.vault.seal(
                    code_verifier, table="sign_in_attempts", column="code_verifier", row_id=attempt_id
                ),
                continue_to=continue_to,
                expires_at=clock.now() + ATTEMPT_LIFE,
            )
        )
    return url


async def finish_sign_in(
    transactions: Transactions,
    provider: IdentityProvider,
    callback: Callback,
    *,
    redirect_uri: str,
    language: Language,
    keys: Keys,
) -> FinishedSignIn:
    """Open a session for whoever the provider vouches for, once for each sign-in begun."""
    async with transactions() as session:
        state_hash = _hash_state(keys, callback.state, callback.browser)
        attempt = await SignInAttemptRepository(session).take(state_hash, now=clock.now())
    if attempt is None:
        return FinishedSignIn(_add_error(SIGN_IN_PAGE, GoogleExpired.code), None)
    try:
        identity = await _redeem(provider, attempt, callback, redirect_uri=redirect_uri, keys=keys)
        tokens = await _sign_in(transactions, identity, language, keys)
    except (GoogleSignInFailed, AccountLocked) as error:
        return FinishedSignIn(_add_error(attempt.continue_to, error.code), None)
    return FinishedSignIn(attempt.continue_to, tokens)


async def _redeem(
    provider: IdentityProvider, attempt: SignInAttempt, callback: Callback, *, redirect_uri: str, keys: Keys
) -> VerifiedIdentity:
    if callback.error or not callback.code:
        raise GoogleCancelled if callback.error == "access_denied" else GoogleSignInFailed
    code_verifier = keys.vault.open(
        attempt.code_verifier, table="sign_in_attempts", column="code_verifier", row_id=attempt.id
    )
    try:
        return await provider.redeem(
            code=callback.code, code_verifier=code_verifier, nonce=attempt.nonce, redirect_uri=redirect_uri
        )
    except IdentityRefused as error:
        log.warning("identity.refused", reason=str(error))
        raise GoogleSignInFailed from error
    except IdentityUnavailable as error:
        log.warning("identity.unavailable", reason=str(error))
        raise GoogleUnavailable from error


async def _sign_in(transactions: Transactions, identity: VerifiedIdentity, language: Language, keys: Keys) -> Tokens:
    try:
        return await _sign_in_once(transactions, identity, language, keys)
    except (EmailTaken, IntegrityError):
        # somebody was faster: the same person in another tab, or a registration. Now their row can be read
        return await _sign_in_once(transactions, identity, language, keys)


async def _sign_in_once(
    transactions: Transactions, identity: VerifiedIdentity, language: Language, keys: Keys
) -> Tokens:
    async with transactions() as session:
        user = await IdentityRepository(session).find_user(issuer=identity.issuer, subject=identity.subject)
        if user is None:
            user, is_new = await _find_or_make_user(session, identity)
            letter = await _link(session, user, identity)
            if not is_new:
                await enqueue(
                    session,
                    user_id=user.id,
                    type=letter,
                    language=language,
                    address=user.email,
                    params={},
                    keys=keys,
                )
        return await open_session(session, user, keys=keys, method="google")


async def _find_or_make_user(session: AsyncSession, identity: VerifiedIdentity) -> tuple[User, bool]:
    """The account of the address and whether it was just made, if the provider knows the address to be theirs.

    Raises EmailTaken when somebody made it meanwhile.
    """
    if identity.email is None or not identity.email_verified:
        raise GoogleEmailUnverified
    try:
        email = normalise_email(identity.email)
    except ValueError as error:
        raise GoogleSignInFailed from error
    user = await UserRepository(session).find_by_email(email, for_update=True)
    if user is not None and user.email_verified_at is not None:
        await _ensure_same_person(session, user, identity)
    if user is not None:
        return user, False
    user = User(email=email, email_verified_at=clock.now(), full_name=_clean_name(identity.full_name))
    await add_user(session, user)
    return user, True


async def _ensure_same_person(session: AsyncSession, user: User, identity: VerifiedIdentity) -> None:
    """Refuse to open a proved account to another person who has come by its address: raises GoogleEmailTaken.

    That is so when the provider saw the address once and does not run its mailbox, and when it has given the address to
    somebody else than the one it opened the account for before.
    """
    identities = IdentityRepository(session)
    has_other = await identities.has_other(user.id, issuer=identity.issuer, subject=identity.subject)
    if has_other or not identity.keeps_email:
        raise GoogleEmailTaken


async def _link(session: AsyncSession, user: User, identity: VerifiedIdentity) -> str:
    """Let the identity open the account from now on; gives the letter that tells so.

    Whoever made the account may never have had its address, and wait for its owner to fill it: unless they proved it,
    their password and their sessions end here.
    """
    letter = "google_linked"
    if user.email_verified_at is None:
        letter = "google_linked_password_dropped"
        now = clock.now()
        user.hashed_password, user.email_verified_at = None, now
        await SessionRepository(session).revoke_all(user.id, reason="address_never_proved", now=now)
        audit.record(session, "user.password_dropped", user_id=user.id)
    linked = UserIdentity(user_id=user.id, issuer=identity.issuer, subject=identity.subject)
    await IdentityRepository(session).add(linked)
    audit.record(session, "user.identity_linked", user_id=user.id, provider="google")
    return letter


def _hash_state(keys: Keys, state: str, browser: str) -> bytes:
    """One hash of both, so that a state seen elsewhere finds nothing without the browser it was made for."""
    return keys.hash_secret("sign-in-state", f"{browser}.{state}")


def _add_error(continue_to: str, code: str) -> str:
    """The page with what went wrong in its query."""
    parts = urlsplit(continue_to)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "error"]
    return parts._replace(query=urlencode([*query, ("error", code)])).geturl()


def _clean_name(name: str | None) -> str | None:
    """A name as ours are: one line in NFC, nothing in it that cannot be stored or turns the text around it."""
    visible = filter(str.isprintable, unicodedata.normalize("NFC", name or ""))
    return "".join(visible).strip()[:MAX_NAME_CHARACTERS].strip() or None
