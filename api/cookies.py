"""The refresh token as a cookie of our own pages: no script reads it, and no other site's request carries it."""

from __future__ import annotations

from fastapi import Response

from core.settings import Settings
from services.accounts.sessions import IDLE_LIFE

REFRESH_COOKIE = "refresh_token"
AUTH_PATH = "/v1/auth"


def set_refresh_cookie(response: Response, settings: Settings, token: str) -> None:
    response.set_cookie(
        REFRESH_COOKIE,
        token,
        max_age=int(IDLE_LIFE.total_seconds()),
        path=AUTH_PATH,
        httponly=True,
        samesite="strict",
        secure=settings.base_url.startswith("https:"),
    )


def clear_refresh_cookie(response: Response) -> None:
    response.delete_cookie(REFRESH_COOKIE, path=AUTH_PATH, httponly=True, samesite="strict")
