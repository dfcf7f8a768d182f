"""Signing up, in and out; passwords, addresses and codes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Cookie, Header, Response

from api.cookies import REFRESH_COOKIE, clear_refresh_cookie, set_refresh_cookie
from api.deps import AccountHolder, CurrentActor, KeysDep, LanguageDep, Parts, PartsDep, Session
from api.errors import describe_errors
from api.limits import guarded, limited
from api.schemas.accounts import (
    EmailChange,
    EmailConfirmation,
    ExchangeCodeCreate,
    ExchangeCodeRead,
    ExchangeRead,
    ExchangeRequest,
    LoginRequest,
    PasswordChange,
    PasswordForgotten,
    PasswordReset,
    RefreshRequest,
    SignInRead,
    SignInRequest,
    TokensRead,
    UserCreate,
    UserRead,
)
from db.models import User
from services.accounts import codes, exchange, profile, registration, sessions
from services.accounts.sessions import SignIn
from services.accounts.tokens import ACCESS_TOKEN_LIFE, Tokens
from services.rate_limits import ACCOUNT, CODES, MAIL, RENEWAL, SIGN_IN

router = APIRouter(prefix="/auth", tags=["auth"])

BEARER: Literal["bearer"] = "bearer"
"""How an access token is shown, as OAuth calls it."""

OriginHeader = Annotated[str, Header(max_length=300, include_in_schema=False)]
RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE, max_length=200, include_in_schema=False)]


@router.post(
    "/register",
    status_code=201,
    response_model=SignInRead,
    responses=describe_errors(409),
    dependencies=[guarded(SIGN_IN), guarded(MAIL, by_mailbox=True)],
)
async def register(
    body: UserCreate, language: LanguageDep, response: Response, session: Session, parts: PartsDep, keys: KeysDep
) -> SignInRead:
    """Make an account and sign in to it; a code to prove the address goes out by mail."""
    opened = await registration.register(
        session,
        email=body.email,
        password=body.password.get_secret_value(),
        full_name=body.full_name,
        phone=body.phone,
        language=language,
        keys=keys,
    )
    return _read_sign_in(opened, body, response, parts)


@router.post("/login", response_model=SignInRead, responses=describe_errors(401, 403), dependencies=[guarded(SIGN_IN)])
async def log_in(body: LoginRequest, response: Response, parts: PartsDep, keys: KeysDep) -> SignInRead:
    """Sign in with a password."""
    opened = await sessions.sign_in(
        parts.transactions, email=body.email, password=body.password.get_secret_value(), keys=keys
    )
    return _read_sign_in(opened, body, response, parts)


@router.post("/refresh", response_model=TokensRead, responses=describe_errors(401), dependencies=[guarded(RENEWAL)])
async def refresh(
    body: RefreshRequest, response: Response, parts: PartsDep, keys: KeysDep, cookie: RefreshCookie = None
) -> TokensRead:
    """Trade a refresh token, once, for the next one and a new access token.

    A token that comes back later than seconds after its use was stolen or copied: its whole session ends.
    """
    sent = body.refresh_token.get_secret_value() if body.refresh_token else None
    tokens = await sessions.refresh(parts.transactions, refresh_token=sent or cookie or "", keys=keys)
    if sent is None:
        set_refresh_cookie(response, parts.settings, tokens.refresh_token)
    return TokensRead(**_token_fields(tokens, in_body=sent is not None))


@router.post("/logout", status_code=204, responses=describe_errors(401, 403, 404), dependencies=[limited(ACCOUNT)])
async def log_out(
    body: RefreshRequest,
    response: Response,
    actor: CurrentActor,
    session: Session,
    keys: KeysDep,
    cookie: RefreshCookie = None,
) -> None:
    """End the session of the access token, of the refresh token, or of the cookie; harmless if it has ended."""
    sent = body.refresh_token.get_secret_value() if body.refresh_token else None
    await sessions.sign_out(session, actor, refresh_token=sent or cookie, keys=keys)
    clear_refresh_cookie(response)


@router.get("/me", response_model=UserRead, responses=describe_errors(401, 403, 404), dependencies=[limited(ACCOUNT)])
async def get_me(actor: AccountHolder, session: Session) -> User:
    """Who the access token belongs to."""
    return await profile.get_me(session, actor)


@router.post("/password", status_code=204, responses=describe_errors(401, 403, 404), dependencies=[limited(CODES)])
async def change_password(
    body: PasswordChange, language: LanguageDep, actor: AccountHolder, parts: PartsDep, keys: KeysDep
) -> None:
    """Set a new password; every other session ends."""
    current = body.current_password
    await codes.change_password(
        parts.transactions,
        actor,
        current_password=current.get_secret_value() if current else None,
        new_password=body.new_password.get_secret_value(),
        language=language,
        keys=keys,
    )


@router.post(
    "/password/forgot", status_code=202, responses=describe_errors(), dependencies=[guarded(MAIL, by_mailbox=True)]
)
async def forget_password(body: PasswordForgotten, language: LanguageDep, session: Session, keys: KeysDep) -> None:
    """Mail a code to this address if an account has it; the answer is the same if none has."""
    await codes.request_password_reset(session, email=body.email, language=language, keys=keys)


@router.post("/password/reset", status_code=204, responses=describe_errors(), dependencies=[guarded(CODES)])
async def reset_password(body: PasswordReset, language: LanguageDep, parts: PartsDep, keys: KeysDep) -> None:
    """Set a new password with the mailed code; every session ends."""
    await codes.reset_password(
        parts.transactions,
        email=body.email,
        code=body.code,
        new_password=body.new_password.get_secret_value(),
        language=language,
        keys=keys,
    )


@router.post(
    "/email",
    status_code=202,
    responses=describe_errors(401, 403, 404, 409),
    dependencies=[limited(MAIL), guarded(MAIL, by_mailbox=True)],
)
async def change_email(
    body: EmailChange, language: LanguageDep, actor: AccountHolder, session: Session, keys: KeysDep
) -> None:
    """Mail a code to a new address, or to the present one to prove it. Needs a sign-in of the last 15 minutes."""
    await codes.request_email_change(session, actor, email=body.email, language=language, keys=keys)


@router.post(
    "/email/confirm",
    response_model=UserRead,
    responses=describe_errors(401, 403, 404, 409),
    dependencies=[limited(CODES)],
)
async def confirm_email(
    body: EmailConfirmation, language: LanguageDep, actor: AccountHolder, parts: PartsDep, keys: KeysDep
) -> User:
    """Take the address the code was mailed to."""
    return await codes.confirm_email(parts.transactions, actor, code=body.code, language=language, keys=keys)


@router.post(
    "/codes",
    status_code=201,
    response_model=ExchangeCodeRead,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def make_exchange_code(
    body: ExchangeCodeCreate, actor: AccountHolder, session: Session, keys: KeysDep, origin: OriginHeader = ""
) -> ExchangeCodeRead:
    """A code, good once and for a minute, that our own page hands to the widget of a conversation on another page."""
    code = await exchange.make_code(
        session,
        actor,
        conversation_id=body.conversation_id,
        site_key=body.site_key,
        origin=body.origin,
        own_origin=origin,
        keys=keys,
    )
    return ExchangeCodeRead(code=code, expires_in=int(exchange.CODE_LIFE.total_seconds()))


@router.post(
    "/exchange",
    response_model=ExchangeRead,
    responses=describe_errors(401, 403, 404),
    dependencies=[guarded(RENEWAL)],
)
async def redeem_exchange_code(
    body: ExchangeRequest,
    actor: CurrentActor,
    parts: PartsDep,
    keys: KeysDep,
    origin: OriginHeader = "",
) -> ExchangeRead:
    """Trade the code for an access token that reaches the chat and the user's own bookings, for 15 minutes."""
    user, token = await exchange.redeem_code(
        parts.transactions,
        actor,
        code=body.code.get_secret_value(),
        conversation_id=body.conversation_id,
        origin=origin,
        keys=keys,
    )
    return ExchangeRead(
        access_token=token,
        token_type=BEARER,
        expires_in=int(ACCESS_TOKEN_LIFE.total_seconds()),
        full_name=user.full_name,
    )


def _read_sign_in(opened: SignIn, body: SignInRequest, response: Response, parts: Parts) -> SignInRead:
    if body.refresh_in == "cookie":
        set_refresh_cookie(response, parts.settings, opened.tokens.refresh_token)
    return SignInRead(
        user=UserRead.model_validate(opened.user),
        **_token_fields(opened.tokens, in_body=body.refresh_in == "body"),
    )


def _token_fields(tokens: Tokens, *, in_body: bool) -> dict[str, Any]:
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token if in_body else None,
        "token_type": BEARER,
        "expires_in": tokens.expires_in,
    }
