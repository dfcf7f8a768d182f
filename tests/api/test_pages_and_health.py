"""The pages, their security headers, health, metrics and request ids."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from api.routes import health
from core.errors import AppError
from services.accounts.errors import AccountLocked
from services.accounts.identities import GoogleSignInFailed
from tests.conftest import NOW
from tests.support.talk import VIETNAMESE, Talk

WIDGET = Path(__file__).parents[2] / "widget"
PAGES = Path(__file__).parents[2] / "api" / "pages"
UUID_ANYWHERE = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)

SERVED = [
    ("/", "text/html"),
    ("/sign-in", "text/html"),
    ("/travellers", "text/html"),
    ("/page.css", "text/css"),
    ("/favicon.svg", "image/svg+xml"),
    ("/widget.js", "text/javascript"),
    *((f"/widget/{path.name}", "text/javascript") for path in sorted(WIDGET.glob("*.js"))),
    *((f"/pages/{path.name}", "text/javascript") for path in sorted(PAGES.glob("*.js"))),
    ("/pages/account.css", "text/css"),
]


@pytest.mark.parametrize(("path", "kind"), SERVED)
async def test_page_is_served_under_a_policy_without_inline_script(
    shared_client: httpx.AsyncClient, path: str, kind: str
) -> None:
    response = await shared_client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(kind)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("path", "holds"), [("/", "<travel-chat"), ("/sign-in", "<main"), ("/travellers", "<main")])
async def test_page_needs_nothing_from_elsewhere(shared_client: httpx.AsyncClient, path: str, holds: str) -> None:
    page = (await shared_client.get(path)).text
    assert holds in page
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page), "an inline script would not run under the policy"
    assert not re.findall(r"\son\w+=|\sstyle=", page)


async def test_scripts_never_read_markup_from_text() -> None:
    scripts = [*WIDGET.glob("*.js"), *PAGES.glob("*.js")]
    assert len(scripts) > 20
    for script in scripts:
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", script.read_text()), (
            script
        )


async def test_widget_may_run_on_any_page_and_our_own_pages_on_ours_only(shared_client: httpx.AsyncClient) -> None:
    for path in ("/widget.js", "/widget/panel.js"):
        assert (await shared_client.get(path)).headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/sign-in", "/pages/account.js", "/sign-in/ways"):
        assert "Access-Control-Allow-Origin" not in (await shared_client.get(path)).headers


async def test_sign_in_page_is_told_what_is_simulated(shared_client: httpx.AsyncClient) -> None:
    assert (await shared_client.get("/sign-in/ways")).json() == {"google": "simulated", "mail": "simulated"}


@pytest.mark.parametrize(
    "name", ["index.html", "nothing.js", "..%2f..%2fcli.js", "%2e%2e/routes/pages.py", "favicon.svg"]
)
async def test_only_the_pages_own_parts_are_served(shared_client: httpx.AsyncClient, name: str) -> None:
    response = await shared_client.get(f"/pages/{name}")
    assert response.status_code in (404, 422)


@pytest.mark.parametrize(
    "name", ["nothing.js", "UPPER.js", "..%2f..%2fcli.js", "%2e%2e/cli.py", "widget.py", "a" * 41 + ".js"]
)
async def test_only_the_widgets_own_modules_are_served(shared_client: httpx.AsyncClient, name: str) -> None:
    response = await shared_client.get(f"/widget/{name}")
    assert response.status_code in (404, 422)
    assert set(response.json()) == {"detail", "code", "request_id"}


async def test_api_answers_carry_the_same_headers(shared_client: httpx.AsyncClient) -> None:
    for path in ("/v1/chat/conversations", "/v1/chat/nowhere", "/v1/openapi.json"):
        response = await shared_client.get(path)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_api_description_documents_the_conversation_and_its_errors(shared_client: httpx.AsyncClient) -> None:
    description = (await shared_client.get("/v1/openapi.json")).json()
    paths = description["paths"]
    assert set(paths) >= {
        "/v1/ag-ui",
        "/v1/auth/login",
        "/v1/users/me/passengers",
        "/v1/chat/conversations",
        "/v1/chat/conversations/{conversation_id}",
        "/v1/chat/conversations/{conversation_id}/messages",
        "/v1/chat/conversations/{conversation_id}/runs/{run_id}/cancel",
        "/v1/chat/conversations/{conversation_id}/runs/{run_id}/events",
        "/v1/chat/messages",
    }
    post = paths["/v1/chat/messages"]["post"]
    assert set(post["responses"]) >= {"200", "404", "409", "422", "503"}
    assert "text/event-stream" in post["responses"]["200"]["content"]
    assert post["responses"]["409"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ErrorBody"
    }
    examples = description["components"]["schemas"]["ChatRequest"]["examples"]
    assert VIETNAMESE in [example.get("message") for example in examples]
    assert (await shared_client.get("/docs")).status_code == 200


async def test_health_and_readiness(shared_client: httpx.AsyncClient) -> None:
    assert (await shared_client.get("/healthz")).json() == {"status": "ok"}
    ready = await shared_client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "status": "ready",
            "checks": {"database": "ok", "migrations": "ok"},
            "providers": {"sandbox": "ok"},
            "models": {"status": "offline", "problem": None},
        },
    )


async def test_a_provider_in_trouble_is_told_of_and_makes_nothing_unready(
    shared_client: httpx.AsyncClient, shared_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_app.state.parts.market, "health", lambda: {"sandbox": "retired"})
    ready = await shared_client.get("/readyz")
    assert (ready.status_code, ready.json()["providers"]) == (200, {"sandbox": "retired"})


async def test_server_on_tables_of_another_version_is_not_ready(client: httpx.AsyncClient, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["checks"]) == (503, {"database": "ok", "migrations": "behind"})
    assert (await client.get("/healthz")).status_code == 200


async def test_metrics_count_without_naming_anyone(talk: Talk) -> None:
    reply = await talk.ask(VIETNAMESE)
    await talk.say("Hôm sau thì sao?")
    await talk.client.get(f"{talk.path}/runs/{reply['run_id']}/events", params={"after": "x"})
    await talk.client.get(f"/somewhere/{uuid4()}")
    await talk.client.get(f"/v1/chat/conversations/{uuid4()}")
    response = await talk.client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    samples = [line for line in response.text.splitlines() if not line.startswith("#")]
    assert any(line.startswith('runs_total{status="success"}') for line in samples)
    assert any(line.startswith('model_calls_total{model="offline",result="answered"}') for line in samples)
    requests = [line for line in samples if line.startswith("http_requests_total{")]
    assert any("/conversations/{conversation_id}/messages" in line for line in requests)
    assert not [line for line in samples if UUID_ANYWHERE.search(line)]
    assert not [line for line in samples if "somewhere" in line]


async def test_metrics_are_told_without_a_database_too(
    shared_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_session: object) -> None:
        raise OperationalError("x", {}, Exception())

    assert "bookings_open{" in (await shared_client.get("/metrics")).text
    monkeypatch.setattr(health, "measure", fail)
    response = await shared_client.get("/metrics")
    assert response.status_code == 200
    assert "http_requests_total{" in response.text
    assert "bookings_open{" not in response.text


@pytest.mark.parametrize("asked", ["abc.DEF-1_2", "a", "x" * 64])
async def test_request_id_of_the_caller_is_kept(shared_client: httpx.AsyncClient, asked: str) -> None:
    response = await shared_client.get("/nowhere", headers={"X-Request-ID": asked})
    assert response.headers["X-Request-ID"] == response.json()["request_id"] == asked


@pytest.mark.parametrize("asked", [None, "", "x" * 65, "two words", "<script>", 'a"b', "a\\r\\nSet-Cookie: x"])
async def test_request_id_that_could_do_harm_is_replaced(shared_client: httpx.AsyncClient, asked: str | None) -> None:
    headers = {} if asked is None else {"X-Request-ID": asked}
    response = await shared_client.get("/nowhere", headers=headers)
    given = response.headers["X-Request-ID"]
    assert given == response.json()["request_id"] != asked
    assert UUID(given).version == 7


async def test_instants_are_utc_in_rfc_3339(talk: Talk) -> None:
    detail = await talk.detail()
    assert detail["created_at"] == f"{NOW.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def test_sign_in_page_has_words_for_every_way_google_can_fail() -> None:
    words = (PAGES / "account_words.js").read_text()
    failures: list[type[AppError]] = [GoogleSignInFailed, *GoogleSignInFailed.__subclasses__(), AccountLocked]
    codes = {each.code for each in failures}
    assert len(codes) > 3
    assert {code: len(re.findall(rf"^    {code}:", words, re.MULTILINE)) for code in codes} == dict.fromkeys(codes, 2)
