"""Our own pages and the widget's modules, served as they stand in the source tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from fastapi.responses import Response
from starlette.staticfiles import StaticFiles

from api.deps import PartsDep

router = APIRouter(include_in_schema=False)

ROOT = Path(__file__).parent.parent.parent
PAGES = StaticFiles(directory=ROOT / "api" / "pages")
WIDGET = StaticFiles(directory=ROOT / "widget")
READ = ["GET", "HEAD"]


async def _serve(files: StaticFiles, name: str, request: Request) -> Response:
    """A file, or 304 when the browser has it: it asks each time, so that a new release is seen at once."""
    response = await files.get_response(name, request.scope)
    response.headers["Cache-Control"] = "no-cache"
    return response


async def _serve_widget(name: str, request: Request) -> Response:
    """A module for any page: browsers run one from elsewhere only if it says so."""
    response = await _serve(WIDGET, name, request)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@router.api_route("/", methods=READ)
async def get_chat_page(request: Request) -> Response:
    return await _serve(PAGES, "index.html", request)


@router.api_route("/sign-in", methods=READ)
async def get_sign_in_page(request: Request) -> Response:
    return await _serve(PAGES, "sign_in.html", request)


@router.get("/sign-in/ways")
async def get_ways_to_sign_in(parts: PartsDep) -> dict[str, str]:
    """Whether our pages offer Google (`on`, `simulated` or `off`), and whether letters go out (`on` or `simulated`)."""
    google = "off"
    if parts.identity is not None:
        google = "simulated" if parts.identity.is_simulated else "on"
    return {"google": google, "mail": "on" if parts.outbox is None else "simulated"}


@router.api_route("/travellers", methods=READ)
async def get_travellers_page(request: Request) -> Response:
    return await _serve(PAGES, "travellers.html", request)


@router.api_route("/pages/{name}", methods=READ)
async def get_page_part(
    name: Annotated[str, PathParameter(pattern=r"^[a-z_]{1,40}\.(?:css|js)$")], request: Request
) -> Response:
    return await _serve(PAGES, name, request)


@router.api_route("/page.css", methods=READ)
async def get_page_style(request: Request) -> Response:
    return await _serve(PAGES, "page.css", request)


@router.api_route("/favicon.svg", methods=READ)
async def get_icon(request: Request) -> Response:
    return await _serve(PAGES, "favicon.svg", request)


@router.api_route("/widget.js", methods=READ)
async def get_widget(request: Request) -> Response:
    return await _serve_widget("widget.js", request)


@router.api_route("/widget/{module}.js", methods=READ)
async def get_widget_module(
    module: Annotated[str, PathParameter(pattern=r"^[a-z_]{1,40}$")], request: Request
) -> Response:
    return await _serve_widget(f"{module}.js", request)
