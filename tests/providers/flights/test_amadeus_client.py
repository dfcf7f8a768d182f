"""The SDK as we let it out: in time, silent, with one token, and honest about what became of a call."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from core.deadlines import deadline
from providers.flights import amadeus_client
from providers.flights.amadeus_client import AmadeusClient
from providers.flights.base import (
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
)
from providers.flights.guard import READS_AT_ONCE, WRITES_AT_ONCE
from tests.support.amadeus_stub import (
    CLIENT_ID,
    CLIENT_SECRET,
    ORDERS_PATH,
    PREFIX,
    PRICING_PATH,
    SEARCH_PATH,
    TOKEN_PATH,
    AmadeusStub,
    Reply,
    error_reply,
    serve_amadeus,
    token_reply,
)
from tests.support.waiting import eventually

ANSWER = Reply(body={"data": [], "meta": {"count": 0}})
EXPIRED = error_reply(401, 38192)


@pytest.fixture
def stub() -> Iterator[AmadeusStub]:
    with serve_amadeus() as stub:
        stub.on("POST", SEARCH_PATH, ANSWER)
        stub.on("POST", ORDERS_PATH, Reply(201, {"data": {"id": "x"}}))
        yield stub


@pytest.fixture
def client(stub: AmadeusStub) -> Iterator[AmadeusClient]:
    client = make_client(stub.base_url)
    yield client
    client.close()


def make_client(base_url: str) -> AmadeusClient:
    return AmadeusClient(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, base_url=base_url)


async def ask(client: AmadeusClient) -> dict[str, Any]:
    return await client.ask("POST", SEARCH_PATH, {"a": 1})


async def act(client: AmadeusClient) -> dict[str, Any]:
    return await client.act("POST", ORDERS_PATH, {"a": 1})


async def test_a_question_goes_behind_the_base_url_with_the_override_and_a_token(
    stub: AmadeusStub, client: AmadeusClient
) -> None:
    assert await ask(client) == ANSWER.body
    token, asked = stub.asked
    assert (token.method, token.path) == ("POST", PREFIX + TOKEN_PATH)
    assert "x-http-method-override" not in token.headers
    assert asked.path == PREFIX + SEARCH_PATH
    assert asked.headers["x-http-method-override"] == "GET"
    assert asked.headers["authorization"] == "Bearer token-1"
    assert asked.json == {"a": 1}


async def test_pricing_keeps_its_override_with_a_query(stub: AmadeusStub, client: AmadeusClient) -> None:
    stub.on("POST", PRICING_PATH, ANSWER)
    await client.ask("POST", f"{PRICING_PATH}?include=detailed-fare-rules", {})
    assert stub.asked_for(PRICING_PATH)[0].headers["x-http-method-override"] == "GET"


async def test_a_write_has_no_override(stub: AmadeusStub, client: AmadeusClient) -> None:
    await act(client)
    assert "x-http-method-override" not in stub.asked_for(ORDERS_PATH)[0].headers


async def test_ids_go_into_paths_as_they_arrived(stub: AmadeusStub, client: AmadeusClient) -> None:
    stub.on("DELETE", f"{ORDERS_PATH}/eJz%2fAiY%3D", Reply(204))
    assert await client.act("DELETE", f"{ORDERS_PATH}/eJz%2fAiY%3D") == {}
    assert stub.asked[-1].path == f"{PREFIX}{ORDERS_PATH}/eJz%2fAiY%3D"


async def test_a_content_type_with_a_charset_is_read(stub: AmadeusStub, client: AmadeusClient) -> None:
    stub.on("POST", SEARCH_PATH, Reply(body=ANSWER.body, content_type="application/json; charset=utf-8"))
    assert await ask(client) == ANSWER.body


async def test_the_environment_changes_nothing(stub: AmadeusStub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOSTNAME": "nowhere", "LOG_LEVEL": "debug", "SSL": "false", "CUSTOM_APP_ID": "x"}.items():
        monkeypatch.setenv(f"AMADEUS_{name}", value)
    client = make_client(stub.base_url)
    assert await ask(client) == ANSWER.body
    assert stub.asked[-1].headers["user-agent"].startswith("amadeus-python/")
    assert " x/" not in stub.asked[-1].headers["user-agent"]
    client.close()


async def test_whoever_the_guard_lets_in_is_served_at_once(
    client: AmadeusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(client)  # for the token
    everybody = threading.Barrier(READS_AT_ONCE + WRITES_AT_ONCE, timeout=5)
    exchange = client._exchange

    def exchange_together(*args: Any, **kwargs: Any) -> Any:
        everybody.wait()
        return exchange(*args, **kwargs)

    monkeypatch.setattr(client, "_exchange", exchange_together)
    reads, writes = [ask(client) for _ in range(READS_AT_ONCE)], [act(client) for _ in range(WRITES_AT_ONCE)]
    assert all(await asyncio.gather(*reads, *writes))


class TestTokens:
    async def test_calls_at_once_share_one_token(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        await asyncio.gather(*(ask(client) for _ in range(8)))
        assert len(stub.asked_for(TOKEN_PATH)) == 1
        assert len(stub.asked_for(SEARCH_PATH)) == 8

    async def test_the_sdk_by_itself_would_fetch_several(self, stub: AmadeusStub) -> None:
        """So that the test above can fail."""
        stub.on("POST", TOKEN_PATH, Reply(body=token_reply("t").body, fault="slow"))
        client = make_client(stub.base_url)
        del client._sdk.access_token
        await asyncio.gather(*(ask(client) for _ in range(8)))
        assert len(stub.asked_for(TOKEN_PATH)) > 1
        client.close()

    @pytest.mark.parametrize("code", [38190, 38192, "38192"])
    @pytest.mark.parametrize("call", [ask, act])
    async def test_an_expired_token_is_renewed_once(
        self, stub: AmadeusStub, client: AmadeusClient, call: Any, code: int | str
    ) -> None:
        path = SEARCH_PATH if call is ask else ORDERS_PATH
        stub.on("POST", path, error_reply(401, code), Reply(body={"data": {}}))
        assert await call(client) == {"data": {}}
        used = [each.headers["authorization"] for each in stub.asked_for(path)]
        assert used == ["Bearer token-1", "Bearer token-2"]

    async def test_a_token_refused_again_is_not_renewed_for_ever(
        self, stub: AmadeusStub, client: AmadeusClient
    ) -> None:
        stub.on("POST", ORDERS_PATH, EXPIRED)
        with pytest.raises(ProviderDown):
            await act(client)
        assert len(stub.asked_for(ORDERS_PATH)) == 2

    async def test_calls_at_once_renew_an_expired_token_once(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        stub.on("POST", SEARCH_PATH, ANSWER)
        await ask(client)
        stub.expired.add("token-1")
        await asyncio.gather(*(ask(client) for _ in range(4)))
        assert len(stub.asked_for(TOKEN_PATH)) == 2

    async def test_a_token_of_no_length_is_fetched_each_time(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        stub.on("POST", TOKEN_PATH, token_reply("short", expires_in=0))
        await ask(client)
        await ask(client)
        assert len(stub.asked_for(TOKEN_PATH)) == 2

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (Reply(401, {"error": "invalid_client", "code": 38187, "title": "Invalid parameters"}), ProviderRetired),
            (Reply(401, {"error": "invalid_client"}), ProviderRetired),
            (Reply(400, {"error": "unsupported_grant_type"}), ProviderRetired),
            (error_reply(429, 38194), ProviderBusy),
            (error_reply(429, 38195), QuotaSpent),
            (error_reply(500, 38189), ProviderDown),
            (Reply(body={"expires_in": 1799}), ProviderDown),
            (Reply(body=[]), ProviderDown),
            (Reply(body=b"<html>"), ProviderDown),
            (Reply(body=b'{"access_token": "t", "expires_in": Infinity}'), ProviderDown),
            (Reply(fault="drop"), ProviderDown),
        ],
    )
    @pytest.mark.parametrize("call", [ask, act])
    async def test_no_token_means_that_nothing_happened(
        self, stub: AmadeusStub, client: AmadeusClient, call: Any, reply: Reply, error: type[Exception]
    ) -> None:
        stub.on("POST", TOKEN_PATH, reply)
        with pytest.raises(error):
            await call(client)
        assert not stub.asked_for(ORDERS_PATH)

    async def test_who_waits_for_a_token_waits_no_longer_than_it_may(
        self, stub: AmadeusStub, client: AmadeusClient
    ) -> None:
        stub.on("POST", TOKEN_PATH, Reply(body=token_reply("t").body, fault="slow"))
        first = asyncio.create_task(ask(client))
        await eventually(stub.is_asked)
        with deadline(0.05), pytest.raises(ProviderDown):
            await ask(client)
        assert await first == ANSWER.body


BROKEN = [
    Reply(fault="drop"),
    Reply(body=ANSWER.body, fault="truncate"),
    Reply(body=b'{"data": ['),
    Reply(body=b"[1, 2]"),
    Reply(body=b"5"),
    Reply(body=b'{"data": "\xff"}'),
    Reply(body=b"[" * 100_000),
    *(Reply(body=b'{"data": [%s]}' % bad) for bad in (b"NaN", b"-Infinity", b"1e999", b'"\\u0000"', b'"\\ud83d"')),
    Reply(body=b"<html>", content_type="text/html"),
    Reply(500, b"<html>", content_type="text/html"),
    Reply(503),
    Reply(302, headers={"Location": "http://127.0.0.1:9/"}),
    error_reply(500, 141, detail="Primitive Timeout"),
    error_reply(500, "38189"),
    error_reply(400, 38189),
]


class TestTrouble:
    @pytest.mark.parametrize("reply", BROKEN)
    async def test_a_question_without_an_answer_finds_the_provider_down(
        self, stub: AmadeusStub, client: AmadeusClient, reply: Reply
    ) -> None:
        stub.on("POST", SEARCH_PATH, reply)
        with pytest.raises(ProviderDown):
            await ask(client)
        assert len(stub.asked_for(SEARCH_PATH)) == 1

    @pytest.mark.parametrize("reply", BROKEN)
    async def test_a_write_without_an_answer_is_not_known_to_have_failed(
        self, stub: AmadeusStub, client: AmadeusClient, reply: Reply
    ) -> None:
        stub.on("POST", ORDERS_PATH, reply)
        with pytest.raises(OutcomeUnknown):
            await act(client)
        assert len(stub.asked_for(ORDERS_PATH)) == 1

    async def test_a_question_waits_no_longer_than_its_deadline(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        stub.on("POST", SEARCH_PATH, Reply(body=ANSWER.body, fault="slow"))
        await act(client)  # for the token
        with deadline(0.05), pytest.raises(ProviderDown):
            await ask(client)

    async def test_a_question_without_time_is_not_asked(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        await ask(client)
        with deadline(0), pytest.raises(ProviderDown):
            await ask(client)
        assert len(stub.asked_for(SEARCH_PATH)) == 1

    @pytest.mark.parametrize("call", [ask, act])
    async def test_nothing_is_sent_past_the_deadline(
        self, stub: AmadeusStub, client: AmadeusClient, call: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await ask(client)  # for the token
        asked = len(stub.asked)
        connect = socket.create_connection

        def connect_late(*args: Any, **kwargs: Any) -> socket.socket:
            time.sleep(0.06)
            return connect(*args, **kwargs)

        with deadline(0), pytest.raises(ProviderDown):
            await call(client)
        monkeypatch.setattr(socket, "create_connection", connect_late)
        with deadline(0.05), pytest.raises(ProviderDown):
            await call(client)
        assert len(stub.asked) == asked

    async def test_a_write_is_not_sent_again_past_the_deadline(
        self, stub: AmadeusStub, client: AmadeusClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await ask(client)
        stub.on("POST", ORDERS_PATH, EXPIRED, Reply(201, {"data": {"id": "x"}}))

        def fetch_late() -> str:
            time.sleep(0.2)
            return "Bearer late"

        monkeypatch.setattr(client._token, "_fetch", fetch_late)
        with deadline(0.15), pytest.raises(ProviderDown):
            await act(client)
        assert len(stub.asked_for(ORDERS_PATH)) == 1

    async def test_a_write_sent_in_time_and_answered_late_is_unknown(
        self, stub: AmadeusStub, client: AmadeusClient
    ) -> None:
        await ask(client)
        stub.on("POST", ORDERS_PATH, Reply(body={"data": {}}, fault="slow"))
        with deadline(0.1), pytest.raises(OutcomeUnknown):
            await act(client)

    async def test_a_write_that_takes_too_long_is_not_known_to_have_failed(
        self, stub: AmadeusStub, client: AmadeusClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(amadeus_client, "WRITE_SECONDS", 0.05)
        stub.on("POST", ORDERS_PATH, Reply(body={"data": {}}, fault="slow"))
        with pytest.raises(OutcomeUnknown):
            await act(client)

    @pytest.mark.parametrize("call", [ask, act])
    async def test_a_refused_connection_means_that_nothing_happened(self, call: Any) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            client = make_client(f"http://127.0.0.1:{unused.getsockname()[1]}")
            with pytest.raises(ProviderDown):
                await call(client)
        client.close()

    @pytest.mark.parametrize(
        ("number", "error"), [(socket.EAI_NONAME, ProviderRetired), (socket.EAI_AGAIN, ProviderDown)]
    )
    @pytest.mark.parametrize("call", [ask, act])
    async def test_a_host_without_an_address_is_a_retired_provider(
        self, monkeypatch: pytest.MonkeyPatch, call: Any, number: int, error: type[Exception]
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise socket.gaierror(number, "no address")

        monkeypatch.setattr(socket, "create_connection", fail)
        client = make_client("https://api.amadeus.invalid")
        with pytest.raises(error):
            await call(client)
        client.close()

    @pytest.mark.parametrize("source", [None, {"pointer": "/data"}, {"parameter": "x"}, "text", []])
    async def test_an_error_is_read_whatever_its_source_looks_like(
        self, stub: AmadeusStub, client: AmadeusClient, source: Any
    ) -> None:
        stub.on("POST", ORDERS_PATH, error_reply(400, 477, source=source, detail=None))
        with pytest.raises(InvalidRequest, match=r"^status 400 code 477$"):
            await act(client)

    async def test_a_redirect_takes_no_token_elsewhere(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        stub.on("POST", SEARCH_PATH, Reply(302, headers={"Location": f"{stub.base_url}{ORDERS_PATH}"}))
        with pytest.raises(ProviderDown):
            await ask(client)
        assert not stub.asked_for(ORDERS_PATH)

    async def test_a_gone_order_is_told_by_the_codes_given(self, stub: AmadeusStub, client: AmadeusClient) -> None:
        stub.on("GET", f"{ORDERS_PATH}/x", error_reply(404, "1797"))
        with pytest.raises(OfferGone):
            await client.ask("GET", f"{ORDERS_PATH}/x", gone=frozenset({1797}))


class TestSilence:
    SECRETS = (CLIENT_SECRET, CLIENT_ID, "token-1", "NGUYEN", "C1234567", "lan@example.com")

    async def test_nothing_is_logged_or_said(
        self,
        stub: AmadeusStub,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("AMADEUS_LOG_LEVEL", "debug")
        caplog.set_level(logging.DEBUG)
        client = make_client(stub.base_url)
        said = "NGUYEN C1234567 lan@example.com"
        stub.on("POST", ORDERS_PATH, error_reply(400, 477, detail=said, source={"parameter": said}))
        with pytest.raises(InvalidRequest) as refused:
            await client.act("POST", ORDERS_PATH, {"name": said})
        stub.on("POST", TOKEN_PATH, Reply(401, {"error": said, "error_description": said, "code": 38187}))
        client._token.discard("Bearer token-1")
        with pytest.raises(ProviderRetired) as retired:
            await ask(client)
        client.close()
        output = capfd.readouterr()
        heard = [caplog.text, output.out, output.err, repr(refused.value), repr(retired.value)]
        assert not [secret for secret in self.SECRETS for text in heard if secret in text]
        assert not any(secret in repr(chained) for chained in causes(refused.value) for secret in self.SECRETS)

    async def test_a_talkative_sdk_would_be_heard(self, stub: AmadeusStub, caplog: pytest.LogCaptureFixture) -> None:
        """So that the test above can fail."""
        client = make_client(stub.base_url)
        client._sdk.logger, client._sdk.log_level = logging.getLogger("amadeus.loud"), "debug"
        caplog.set_level(logging.DEBUG)
        await ask(client)
        client.close()
        assert CLIENT_SECRET in caplog.text

    def test_clients_leave_no_handlers_behind(self) -> None:
        before = list(logging.getLogger("amadeus").handlers)
        make_client("http://127.0.0.1:9").close()
        assert logging.getLogger("amadeus").handlers == before


def causes(error: BaseException | None) -> list[BaseException]:
    """What a log would print below an error."""
    chain = []
    while error is not None and (
        error := error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    ):
        chain.append(error)
    return chain
