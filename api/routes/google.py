"""Signing in with Google: the way there and the way back, both walked by the browser."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Depends, Query, Request
from fastapi.responses import RedirectResponse

from api.cookies import set_refresh_cookie
from api.deps import LanguageDep, Parts, PartsDep
from api.errors import describe_errors
from api.limits import guarded
from core.security import new_token
from core.settings import Settings
from providers.identity.base import IdentityProvider
from services.accounts.identities import (
    ATTEMPT_LIFE,
    SIGN_IN_PAGE,
    Callback,
    GoogleNotConfigured,
    finish_sign_in,
    start_sign_in,
)
from services.rate_limits import RENEWAL

PATH = "/v1/auth/google"
BROWSER_COOKIE = "google_sign_in"

_BROWSER_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

router = APIRouter(prefix="/auth/google", tags=["auth"], dependencies=[guarded(RENEWAL)])

LocalPage = Annotated[
    str,
    Query(
        # printable ASCII without a backslash, and no second slash at the start: no browser reads it as another site
        pattern=r"^/([\x21-\x2e\x30-\x5b\x5d-\x7e][\x21-\x5b\x5d-\x7e]*)?$",
        max_length=2000,
        description="The page of ours to end on, with its query.",
        examples=["/sign-in?lang=vi"],
    ),
]
BrowserCookie = Annotated[str, Cookie(alias=BROWSER_COOKIE, include_in_schema=False)]


def callback_url(settings: Settings) -> str:
    """Where Google sends the browser back to, as it must be registered there."""
    return f"{settings.base_url}{PATH}/callback"


async def get_provider(parts: PartsDep) -> IdentityProvider:
    if parts.identity is None:
        raise GoogleNotConfigured
    return parts.identity


ProviderDep = Annotated[IdentityProvider, Depends(get_provider)]


@router.get(
    "/start",
    status_code=303,
    response_class=RedirectResponse,
    responses={303: {"description": "To Google"}, **describe_errors(404)},
)
async def start(
    request: Request,
    parts: PartsDep,
    provider: ProviderDep,
    continue_to: LocalPage = SIGN_IN_PAGE,
    browser: BrowserCookie = "",
) -> RedirectResponse:
    """Send the browser to Google; it comes back to `continue_to`, where an `error` says what went wrong."""
    home = _find_home(request, parts)
    if home is not None:
        return RedirectResponse(home, 303)
    # kept where there is one, so that two tabs do not undo each other
    browser = browser if _BROWSER_SECRET.fullmatch(browser) else new_token()
    url = await start_sign_in(
        parts.transactions,
        provider,
        continue_to=continue_to,
        browser=browser,
        redirect_uri=callback_url(parts.settings),
        keys=parts.settings.keys,
    )
    response = RedirectResponse(url, 303)
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=int(ATTEMPT_LIFE.total_seconds()),
        path=PATH,
        httponly=True,
        samesite="lax",  # the way back begins on Google's page
        secure=parts.settings.base_url.startswith("https:"),
    )
    return response


@router.get(
    "/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={303: {"description": "To the page the sign-in began on"}, **describe_errors(404)},
)
async def finish(
    parts: PartsDep,
    provider: ProviderDep,
    language: LanguageDep,
    state: Annotated[str, Query()] = "",
    code: Annotated[str, Query()] = "",
    error: Annotated[str, Query()] = "",
    browser: BrowserCookie = "",
) -> RedirectResponse:
    """Where Google sends the browser back to. Who is signed in gets the refresh token as a cookie."""
    finished = await finish_sign_in(
        parts.transactions,
        provider,
        Callback(state=state, code=code, error=error, browser=browser),
        redirect_uri=callback_url(parts.settings),
        language=language,
        keys=parts.settings.keys,
    )
    response = RedirectResponse(finished.continue_to, 303)
    if finished.tokens is not None:
        set_refresh_cookie(response, parts.settings, finished.tokens.refresh_token)
    return response


def _find_home(request: Request, parts: Parts) -> str | None:
    """The same address by our own name: a cookie set under `localhost` would not come back with 127.0.0.1."""
    home = urlsplit(parts.settings.base_url)
    if request.url.hostname != "localhost" or parts.settings.public_base_url or home.hostname == "localhost":
        return None
    return str(request.url.replace(scheme=home.scheme, netloc=home.netloc))
