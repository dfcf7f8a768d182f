"""A real server, a real browser, and the chat page as a traveller handles it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    ViewportSize,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
START_SECONDS = 60
STOP_SECONDS = 30
ANSWER_MILLISECONDS = 20_000


class Server:
    """`serve` in a process of its own, on a fixed port and one data folder, so that it can be stopped and come back."""

    def __init__(self, data_dir: Path) -> None:
        self.port = _find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = data_dir.with_suffix(".log")
        self._env = os.environ | {
            "PORT": str(self.port),
            "DATA_DIR": str(data_dir),
            "CLOCK_FIXED_AT": "2026-11-21T09:00:00+07:00",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "cli.py", "serve"]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not get ready:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)
        self._process = None

    def run(self, *command: str) -> str:
        """What a command on the same data prints."""
        arguments = [sys.executable, "cli.py", *command]
        return subprocess.run(arguments, cwd=ROOT, env=self._env, check=True, capture_output=True, text=True).stdout

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


class Chat:
    """The chat on a page, and whatever went wrong on that page."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.problems = note_problems(self.page)
        self.page.goto(url)
        self.find(".welcome").wait_for()

    def find(self, selector: str) -> Locator:
        """Elements inside the widget."""
        return self.page.locator(f"travel-chat {selector}")

    def ask(self, text: str) -> None:
        """Type a message, send it with Enter, and wait until the answer is whole."""
        answers = self.find(".assistant").count()
        self.find("textarea").fill(text)
        self.find("textarea").press("Enter")
        self.find(".assistant").nth(answers).wait_for()
        self.wait_for_rest()

    def wait_for_rest(self) -> None:
        self.find(".send:not(.stop)").wait_for(timeout=ANSWER_MILLISECONDS)

    def measure_overflow(self) -> list[str]:
        """What is wider than the room it has: the page, the log, a card."""
        script = """() => {
          const panel = document.querySelector("travel-chat").shadowRoot.querySelector(".panel");
          const boxes = [document.documentElement, panel, ...panel.querySelectorAll(".log, .card, .offer")];
          const wide = boxes.filter((box) => box.scrollWidth > box.clientWidth);
          return wide.map((box) => `${box.tagName}.${box.className}`);
        }"""
        wide: list[str] = self.page.evaluate(script)
        return wide


def note_problems(page: Page) -> list[str]:
    """What goes wrong on the page from now on."""
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return problems


OpenBrowser = Callable[[str, ViewportSize], BrowserContext]
OpenChat = Callable[[str, ViewportSize], Chat]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} was found")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(BROWSER_FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def server(browser: Browser) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="e2e-", dir="/tmp") as folder:
        # as root the database runs as another user, who may not enter pytest's own folders
        Path(folder).chmod(0o755)
        running = Server(Path(folder) / "data")
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture
def open_browser(browser: Browser) -> Iterator[OpenBrowser]:
    """A new visitor's browser, with its language and screen."""
    contexts: list[BrowserContext] = []

    def open_context(locale: str, viewport: ViewportSize) -> BrowserContext:
        is_phone = viewport == PHONE
        contexts.append(
            browser.new_context(
                locale=locale,
                viewport=viewport,
                timezone_id="Asia/Ho_Chi_Minh",
                is_mobile=is_phone,
                has_touch=is_phone,
            )
        )
        return contexts[-1]

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def open_chat(open_browser: OpenBrowser, server: Server) -> OpenChat:
    """Open the chat page as a new visitor."""
    return lambda locale, viewport: Chat(open_browser(locale, viewport), server.url)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
