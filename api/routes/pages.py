"""The chat page and the widget's modules, served as they stand in the source tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse

from core.errors import NotFound

router = APIRouter(include_in_schema=False)

PAGES = Path(__file__).parent.parent / "pages"
WIDGET = Path(__file__).parent.parent.parent / "widget"
REVALIDATE = {"Cache-Control": "no-cache"}
"""Browsers ask each time and mostly get a 304: a new release is seen at once."""


@router.get("/")
async def get_chat_page() -> FileResponse:
    return FileResponse(PAGES / "index.html", headers=REVALIDATE)


@router.get("/page.css")
async def get_page_style() -> FileResponse:
    return FileResponse(PAGES / "page.css", headers=REVALIDATE)


@router.get("/favicon.svg")
async def get_icon() -> FileResponse:
    return FileResponse(PAGES / "favicon.svg", headers=REVALIDATE)


@router.get("/widget.js")
async def get_widget() -> FileResponse:
    return FileResponse(WIDGET / "widget.js", headers=REVALIDATE)


@router.get("/widget/{module}.js")
async def get_widget_module(module: Annotated[str, PathParameter(pattern=r"^[a-z_]{1,40}$")]) -> FileResponse:
    path = WIDGET / f"{module}.js"
    if not path.is_file():
        raise NotFound
    return FileResponse(path, headers=REVALIDATE)
