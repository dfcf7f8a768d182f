"""People who sign in with a browser, and web pages of others."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx
from playwright.sync_api import Page

from tests.e2e.conftest import Server
from tests.support.processes import wait_until

PASSWORD = "mưa rào cuối hạ"
NAME = "Nguyễn Thị Lan"


def new_email() -> str:
    return f"lan.{uuid4().hex[:10]}@example.com"


def register(window: Page, email: str | None = None) -> str:
    """Make an account on our sign-in page; gives its address."""
    email = email or new_email()
    window.locator("button.link").last.click()
    window.locator("[autocomplete=name]").fill(NAME)
    window.locator("[autocomplete=username]").fill(email)
    window.locator("[autocomplete=new-password]").fill(PASSWORD)
    window.locator("[type=submit]").click()
    return email


def wait_for_code(server: Server, email: str, word: str, but: str = "") -> str:
    """The code in the newest mail to this address with that word in its subject; not the one named."""

    def find_code() -> str | None:
        mails = httpx.get(f"{server.url}/sandbox/outbox.json").json()
        texts = [mail["text"] for mail in mails if mail["to"] == email and word in mail["subject"].lower()]
        codes: list[str] = [code for text in texts for code in re.findall(r"\b\d{6}\b", text) if code != but]
        return codes[0] if codes else None

    code = wait_until(find_code)
    assert code is not None
    return code


class Site:
    """A web page of somebody else, on an origin of its own."""

    def __init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.html.encode()
                self.send_response(200 if self.path == "/" else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                if self.path == "/":
                    self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name it is called by
                """Quiet."""

        self.html = "<!doctype html><title>Shop</title>"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def carry_chat(self, server_url: str, site_key: str) -> None:
        self.html = (
            f'<!doctype html><html lang="en"><title>Shop</title>'
            f'<script type="module" src="{server_url}/widget.js"></script>'
            f'<travel-chat site-key="{site_key}" open></travel-chat>'
        )


@contextmanager
def serve_site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()
