"""Faces of the simulated world, for whoever sits at the machine it runs on. Exist in APP_ENV=local only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from api.deps import PartsDep
from api.errors import language_of
from api.loopback import require_loopback
from core.errors import NotFound
from core.messages import Language, format_clock, format_day, say
from core.templates import render
from providers.messaging.base import Outbox, StoredMail

SHOWN = 50
STYLE = Path(__file__).parent.parent / "pages" / "sandbox.css"

router = APIRouter(prefix="/sandbox", include_in_schema=False, dependencies=[Depends(require_loopback)])


async def get_outbox(parts: PartsDep) -> Outbox:
    if parts.outbox is None:
        raise NotFound
    return parts.outbox


OutboxDep = Annotated[Outbox, Depends(get_outbox)]


@router.get("/outbox")
async def get_outbox_page(
    request: Request, parts: PartsDep, outbox: OutboxDep, lang: Annotated[Language | None, Query()] = None
) -> HTMLResponse:
    language = lang or language_of(request)
    mails = await outbox.list_newest(limit=SHOWN)
    zone = ZoneInfo(parts.settings.default_time_zone)
    page = render(
        "outbox.html.j2",
        language=language,
        other_language="en" if language == "vi" else "vi",
        say=lambda key, **params: say(f"outbox.{key}", language, **params),
        mails=[_describe(stored, language, zone) for stored in mails],
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@router.get("/outbox.json")
async def list_outbox(outbox: OutboxDep) -> JSONResponse:
    """The same for programs, newest first."""
    mails = await outbox.list_newest(limit=SHOWN)
    return JSONResponse([_to_json(stored) for stored in mails], headers={"Cache-Control": "no-store"})


@router.get("/outbox/{message_id}/{position}")
async def get_attachment(
    message_id: UUID, position: Annotated[int, PathParameter(ge=0, le=100)], outbox: OutboxDep
) -> Response:
    """A file of a mail, to be saved: a page among them would be ours to whoever opened it here."""
    found = await outbox.find_attachment(str(message_id), position)
    if found is None:
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "Cache-Control": "no-store"}
    return Response(found.content, media_type=found.content_type, headers=headers)


@router.get("/sandbox.css")
async def get_sandbox_style() -> FileResponse:
    return FileResponse(STYLE, headers={"Cache-Control": "no-cache"})


def _describe(stored: StoredMail, language: Language, zone: ZoneInfo) -> dict[str, Any]:
    at_local = stored.sent_at.astimezone(zone)
    return {
        "subject": stored.mail.subject,
        "to": stored.mail.to,
        "text": stored.mail.text,
        "language": stored.mail.language,
        "attachments": _list_attachments(stored),
        "when": f"{format_clock(at_local)}, {format_day(at_local, language)}",
        "sent_at": stored.sent_at.isoformat(),
    }


def _to_json(stored: StoredMail) -> dict[str, Any]:
    return {
        "message_id": stored.mail.message_id,
        "to": stored.mail.to,
        "subject": stored.mail.subject,
        "text": stored.mail.text,
        "html": stored.mail.html,
        "attachments": _list_attachments(stored),
        "language": stored.mail.language,
        "sent_at": stored.sent_at.isoformat(),
    }


def _list_attachments(stored: StoredMail) -> list[dict[str, str]]:
    return [
        {
            "name": each.name,
            "content_type": each.content_type,
            "url": f"/sandbox/outbox/{stored.mail.message_id}/{position}",
        }
        for position, each in enumerate(stored.mail.attachments)
    ]
