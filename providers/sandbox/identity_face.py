"""The simulated Google as a browser and a client see it: Google's paths, fields and errors, and a page of its own."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from core.messages import Language, choose_language, say
from core.templates import render
from domain.contacts import normalise_email
from providers.sandbox.faults import FaultKind
from providers.sandbox.google_calendar import SandboxCalendars
from providers.sandbox.google_calendar_face import CALENDAR_SCOPES, CalendarsDep
from providers.sandbox.identity import (
    PATH,
    SANDBOX_CLIENT_ID,
    SANDBOX_CLIENT_SECRET,
    TOKEN_SECONDS,
    InvalidGrant,
    Person,
    SandboxGoogle,
)

KEYS_GOOD_SECONDS = 3600
MAX_LINE = 500
TOKEN_FAULTS: tuple[FaultKind, ...] = ("server_error", "revoked")
REVOKE_FAULTS: tuple[FaultKind, ...] = ("server_error",)

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

router = APIRouter(prefix=PATH, include_in_schema=False)


async def get_google(request: Request) -> SandboxGoogle:
    google: SandboxGoogle = request.app.state.sandbox_google
    return google


GoogleDep = Annotated[SandboxGoogle, Depends(get_google)]


async def read_form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode(errors="replace")
    return dict(parse_qsl(body, keep_blank_values=True))


FormDep = Annotated[dict[str, str], Depends(read_form)]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client asks of the browser's owner, as it came."""

    client_id: str
    redirect_uri: str
    response_type: str
    scope: str
    state: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    access_type: str

    @classmethod
    def read(cls, params: Mapping[str, str]) -> AuthorizationRequest:
        return cls(**{name: params.get(name, "") for name in cls.__slots__})

    def names_a_client(self, google: SandboxGoogle) -> bool:
        """Whether the browser may be sent back at all."""
        return self.client_id == SANDBOX_CLIENT_ID and self.redirect_uri in google.redirect_uris

    @property
    def wants_calendar(self) -> bool:
        return not CALENDAR_SCOPES.isdisjoint(self.scope.split())

    def is_complete(self) -> bool:
        return (
            self.response_type == "code"
            and "openid" in self.scope.split()
            # Google asks for none where a client wants more than a sign-in
            and (_is_line(self.nonce) or self.wants_calendar)
            and self.code_challenge_method == "S256"
            and _CHALLENGE.fullmatch(self.code_challenge) is not None
        )

    def answer(self, **params: str) -> RedirectResponse:
        return RedirectResponse(f"{self.redirect_uri}?{urlencode({**params, 'state': self.state})}", 303)


@router.get("/.well-known/openid-configuration")
async def get_configuration(google: GoogleDep) -> JSONResponse:
    document = {
        "issuer": google.issuer,
        "authorization_endpoint": f"{google.issuer}/authorize",
        "token_endpoint": f"{google.issuer}/token",
        "revocation_endpoint": f"{google.issuer}/revoke",
        "jwks_uri": f"{google.issuer}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", *sorted(CALENDAR_SCOPES)],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }
    return JSONResponse(document, headers={"Cache-Control": f"public, max-age={KEYS_GOOD_SECONDS}"})


@router.get("/jwks")
async def list_keys(google: GoogleDep) -> JSONResponse:
    keys = await google.list_public_keys()
    return JSONResponse({"keys": keys}, headers={"Cache-Control": f"public, max-age={KEYS_GOOD_SECONDS}"})


@router.get("/authorize")
async def ask_who(request: Request, google: GoogleDep) -> Response:
    """The page on which somebody says who they are."""
    asked = AuthorizationRequest.read(request.query_params)
    return _refuse(request, asked, google) or _show_page(request, asked)


@router.post("/authorize")
async def hear_who(request: Request, google: GoogleDep, form: FormDep) -> Response:
    asked = AuthorizationRequest.read(form)
    refusal = _refuse(request, asked, google)
    if refusal is not None:
        return refusal
    if form.get("answer") != "allow":
        return asked.answer(error="access_denied")
    person = _read_person(form)
    if person is None:
        return _show_page(request, asked, typed=form)
    scope = " ".join(each for each in asked.scope.split() if "calendar" in form or each not in CALENDAR_SCOPES)
    code = await google.make_code(
        person,
        redirect_uri=asked.redirect_uri,
        nonce=asked.nonce,
        code_challenge=asked.code_challenge,
        scope=scope,
        is_offline=asked.access_type == "offline",
    )
    return asked.answer(code=code, scope=scope)


@router.post("/token")
async def give_tokens(google: GoogleDep, calendars: CalendarsDep, form: FormDep) -> JSONResponse:
    if not _is_client(form):
        return _answer_token(401, error="invalid_client", error_description="Unauthorized")
    fault = calendars.faults.take("calendar_token", TOKEN_FAULTS)
    if fault is not None and fault.kind == "server_error":
        return _answer_token(500, error="internal_failure")
    if fault is not None:
        await calendars.revoke(form.get("refresh_token", ""))
    try:
        if form.get("grant_type") == "authorization_code":
            return await _redeem_code(google, calendars, form)
        if form.get("grant_type") == "refresh_token":
            access_token, scope = await calendars.refresh(form.get("refresh_token", ""))
            return _answer_access(access_token, scope)
    except InvalidGrant:
        return _answer_token(400, error="invalid_grant", error_description="Bad Request")
    return _answer_token(400, error="unsupported_grant_type", error_description="Invalid grant_type")


@router.post("/revoke")
async def revoke_token(request: Request, calendars: CalendarsDep, form: FormDep) -> JSONResponse:
    if calendars.faults.take("calendar_revoke", REVOKE_FAULTS):
        return _answer_token(500, error="internal_failure")
    token = form.get("token") or request.query_params.get("token", "")
    return _answer_token(200) if await calendars.revoke(token) else _answer_token(400, error="invalid_token")


async def _redeem_code(google: SandboxGoogle, calendars: SandboxCalendars, form: Mapping[str, str]) -> JSONResponse:
    redeemed = await google.redeem(
        code=form.get("code", ""),
        code_verifier=form.get("code_verifier", ""),
        redirect_uri=form.get("redirect_uri", ""),
    )
    if not redeemed.is_offline:
        # Google gives one; here it opens nothing
        return _answer_access("ya29.simulated", redeemed.scope, id_token=redeemed.id_token)
    refresh_token = await calendars.grant(redeemed.email, redeemed.scope)
    access_token, scope = await calendars.refresh(refresh_token)
    return _answer_access(access_token, scope, id_token=redeemed.id_token, refresh_token=refresh_token)


def _answer_access(access_token: str, scope: str, **more: str) -> JSONResponse:
    return _answer_token(
        200,
        access_token=access_token,
        expires_in=TOKEN_SECONDS,
        scope=scope,
        token_type="Bearer",  # noqa: S106 - the kind of token, not one
        **more,
    )


def _answer_token(status: int, **fields: Any) -> JSONResponse:
    return JSONResponse(fields, status, headers={"Cache-Control": "no-store"})


def _is_client(form: Mapping[str, str]) -> bool:
    secret = form.get("client_secret", "").encode()
    return form.get("client_id") == SANDBOX_CLIENT_ID and hmac.compare_digest(secret, SANDBOX_CLIENT_SECRET.encode())


def _refuse(request: Request, asked: AuthorizationRequest, google: SandboxGoogle) -> Response | None:
    """To a browser that may not be sent back, a page; to a client we know, an error; None where all is well."""
    if not asked.names_a_client(google):
        return _show_page(request, None, status=400)
    return None if asked.is_complete() else asked.answer(error="invalid_request")


def _read_person(form: Mapping[str, str]) -> Person | None:
    """Who was typed in; None where that is no e-mail address or no name."""
    name = " ".join(form.get("name", "").split())
    try:
        email = normalise_email(form.get("email", ""))
    except ValueError:
        return None
    if not (_is_line(email) and _is_line(name)):
        return None
    return Person(email, email_verified="email_verified" in form, full_name=name)


def _is_line(text: str) -> bool:
    return 0 < len(text) <= MAX_LINE and text.isprintable()


def _show_page(
    request: Request,
    asked: AuthorizationRequest | None,
    *,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page that asks; once more where what was `typed` will not do. Without a request, that there is none."""
    language = _choose_language(request)
    fields = {name: getattr(asked, name) for name in AuthorizationRequest.__slots__} if asked else {}
    page = render(
        "google.html.j2",
        language=language,
        say=lambda key, **params: say(f"google.{key}", language, **params),
        fields=fields,
        typed=typed or {"email_verified": "on", "calendar": "on"},
        wants_calendar=asked is not None and asked.wants_calendar,
        is_wrong=typed is not None,
        other_url=f"{PATH}/authorize?{urlencode({**fields, 'hl': _other(language)})}",
        action=f"{PATH}/authorize?{urlencode({'hl': language})}",
    )
    return HTMLResponse(page, 422 if typed is not None else status, headers={"Cache-Control": "no-store"})


def _choose_language(request: Request) -> Language:
    """`hl`, as Google calls it, or what the browser prefers."""
    return choose_language(request.query_params.get("hl") or request.headers.get("accept-language"))


def _other(language: Language) -> Language:
    return "en" if language == "vi" else "vi"
