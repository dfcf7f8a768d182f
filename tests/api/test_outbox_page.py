"""The page where simulated mail is read: there for whoever sits at the machine, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.settings import Settings
from providers.messaging.base import Mail
from tests.conftest import StartApp
from tests.support.accounts import sign_up
from tests.support.mail import CODE, put_letter, put_user
from tests.support.waiting import eventually

PAGES = ("/sandbox/outbox", "/sandbox/outbox.json")


@pytest.fixture
async def app_client(start_app: StartApp) -> AsyncIterator[httpx.AsyncClient]:
    async with start_app() as client:
        yield client


async def send(client: httpx.AsyncClient, *mails: Mail) -> None:
    for mail in mails:
        await client.app.state.parts.outbox.send(mail)  # type: ignore[attr-defined]  # set by start_app


def mail(number: int, **fields: str) -> Mail:
    values: dict[str, Any] = {
        "to": "an@example.com",
        "subject": f"Mail {number}",
        "text": f"Text {number}",
        "html": "",
        "language": "en",
    }
    return Mail(message_id=str(number), **values | fields)


async def test_letter_written_by_the_server_can_be_read_there(
    app_client: httpx.AsyncClient, settings: Settings
) -> None:
    parts = app_client.app.state.parts  # type: ignore[attr-defined]  # set by start_app
    letter = await put_letter(parts.transactions, settings.keys, await put_user(parts.transactions))
    found = await eventually(lambda: read_json(app_client))
    assert [(each["message_id"], CODE in each["text"], CODE in each["html"]) for each in found] == [
        (str(letter), True, True)
    ]
    assert CODE in (await app_client.get("/sandbox/outbox")).text


async def test_code_asked_for_over_the_api_arrives(app_client: httpx.AsyncClient) -> None:
    await sign_up(app_client, "binh@example.com")
    asked = await app_client.post("/v1/auth/password/forgot", json={"email": "binh@example.com"})
    assert asked.is_success, asked.text
    (found, *_) = await eventually(lambda: read_json(app_client))
    assert (found["to"], found["language"]) == ("binh@example.com", "en")


async def read_json(client: httpx.AsyncClient) -> list[dict[str, str]]:
    answer = await client.get("/sandbox/outbox.json")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, str]] = answer.json()
    return found


async def test_page_says_it_is_simulated_in_both_languages(app_client: httpx.AsyncClient) -> None:
    empty = await app_client.get("/sandbox/outbox")
    assert "No mail yet" in empty.text
    await send(app_client, mail(1))
    for params, header, word, html_language in (
        ({"lang": "vi"}, "en", "Mô phỏng", "vi"),
        ({"lang": "en"}, "vi", "Simulated", "en"),
        ({}, "vi-VN,vi;q=0.9", "Mô phỏng", "vi"),
        ({}, "en-US", "Simulated", "en"),
    ):
        page = await app_client.get("/sandbox/outbox", params=params, headers={"Accept-Language": header})
        assert page.status_code == 200
        assert word in page.text
        assert f'<html lang="{html_language}">' in page.text
        assert page.headers["Cache-Control"] == "no-store"


async def test_newest_fifty_are_shown_newest_first(app_client: httpx.AsyncClient) -> None:
    await send(app_client, *(mail(number) for number in range(53)))
    assert [each["message_id"] for each in await read_json(app_client)] == [str(number) for number in range(52, 2, -1)]
    page = (await app_client.get("/sandbox/outbox")).text
    assert page.count("<article") == 50
    assert page.index("Text 52") < page.index("Text 51")


async def test_mail_is_text_on_the_page_and_never_markup(app_client: httpx.AsyncClient) -> None:
    evil = "<script>alert(1)</script>\"'"
    await send(app_client, mail(1, to=f"{evil}@example.com", subject=evil, text=evil, language='en"><i>'))
    page = (await app_client.get("/sandbox/outbox")).text
    assert "<script" not in page
    assert "<i>" not in page
    assert page.count("&lt;script&gt;alert(1)") == 3


async def test_style_is_served_and_the_policy_lets_it_in(app_client: httpx.AsyncClient) -> None:
    style = await app_client.get("/sandbox/sandbox.css")
    assert style.headers["content-type"].startswith("text/css")
    page = await app_client.get("/sandbox/outbox")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<style" not in page.text
    assert " style=" not in page.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        ("192.168.1.20", "test", {}),
        ("203.0.113.9", "localhost", {}),
        ("2001:db8::1", "localhost", {}),
        ("127.0.0.1", "evil.example", {}),
        ("127.0.0.1", "localhost.evil.example", {}),
        ("127.0.0.1", "192.168.1.20", {}),
        ("127.0.0.1", "localhost", {"X-Forwarded-For": "203.0.113.9"}),
        ("127.0.0.1", "localhost", {"Forwarded": "for=203.0.113.9"}),
        ("203.0.113.9", "localhost", {"X-Forwarded-For": "127.0.0.1"}),
    ],
)
async def test_nobody_else_can_tell_that_it_exists(
    app_client: httpx.AsyncClient, path: str, address: str, host: str, headers: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(app_client.app, client=(address, 1234))  # type: ignore[attr-defined]  # set by start_app
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as stranger:
        answer, nothing = await stranger.get(path, headers=headers), await stranger.get("/sandbox/nothing")
    assert answer.status_code == nothing.status_code == 404
    ours, theirs = answer.json(), nothing.json()
    del ours["request_id"], theirs["request_id"]
    assert ours == theirs


@pytest.mark.parametrize(
    ("address", "host"), [("127.0.0.1", "localhost"), ("127.0.0.1", "127.0.0.1:8000"), ("::1", "[::1]:8000")]
)
async def test_this_machine_is_let_in_by_any_of_its_names(
    app_client: httpx.AsyncClient, address: str, host: str
) -> None:
    transport = httpx.ASGITransport(app_client.app, client=(address, 1234))  # type: ignore[attr-defined]  # set by start_app
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as own:
        assert [(await own.get(path)).status_code for path in PAGES] == [200, 200]


async def test_unknown_language_is_refused_in_words(app_client: httpx.AsyncClient) -> None:
    for value in ("de", "", "\x00", "vi" * 1000):
        answer = await app_client.get("/sandbox/outbox", params={"lang": value})
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_request"


async def test_description_of_the_api_is_silent_about_it(app_client: httpx.AsyncClient) -> None:
    assert "sandbox" not in (await app_client.get("/v1/openapi.json")).text


@pytest.mark.parametrize(
    "changes",
    [
        {"app_env": "production"},
        {"smtp_url": "smtp://localhost:1"},
        {"app_env": "production", "smtp_url": "smtp://localhost:1"},
    ],
)
async def test_where_mail_is_real_there_is_no_page(
    settings: Settings, database_url: str, changes: dict[str, Any]
) -> None:
    from api.app import create_app  # here, as in the fixture that starts it

    given = Settings(_env_file=None, data_dir=settings.data_dir, secret_key="a key for tests only", **changes)
    app = create_app(given, database_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert [(await client.get(path)).status_code for path in PAGES] == [404, 404]
