"""What cannot be done is said in the caller's language, in one shape, and never as a fault of ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog.testing

import api.sse
import graph.runner
from services.conversations import threads
from tests.support.sse import check_log
from tests.support.talk import Json, Talk

MESSAGES = "/v1/chat/messages"
AS_JSON = {"Content-Type": "application/json"}
VIETNAMESE = {"Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5"}


def check_error(response: httpx.Response, status: int, code: str) -> Json:
    """Exactly the error body, and nothing of ours in it."""
    body: Json = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert set(body) == {"detail", "code", "request_id"}
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert body["detail"]
    assert "Traceback" not in response.text
    return body


SENTENCES = [
    ({"message": ""}, 422, "message_empty", "The message is empty. Please write something."),
    ({"message": " \t\n\u00a0\u3000 "}, 422, "message_empty", "Tin nhắn đang trống, bạn viết gì đó nhé."),
    ({"message": "\0\x07\x1b"}, 422, "message_empty", "The message is empty. Please write something."),
    ({}, 422, "message_empty", "Tin nhắn đang trống, bạn viết gì đó nhé."),
    (
        {"message": "a" * 4001},
        422,
        "message_too_long",
        "The message is longer than 4000 characters. Please shorten it.",
    ),
    (
        {"message": "xin chào" * 1250},
        422,
        "message_too_long",
        "Tin nhắn dài quá 4000 ký tự, bạn rút gọn giúp nhé.",
    ),
    ({"message": "hello", "time_zone": "Mars/Olympus"}, 422, "unknown_time_zone", "This time zone is not known."),
    ({"message": "xin chào", "time_zone": "America"}, 422, "unknown_time_zone", "Múi giờ không hợp lệ."),
    (
        {"message": "hello", "conversation_id": str(uuid4())},
        404,
        "conversation_not_found",
        "This conversation was not found.",
    ),
]


@pytest.mark.parametrize(("body", "status", "code", "sentence"), SENTENCES)
async def test_refusal_is_one_sentence_in_the_language_of_the_message_or_the_browser(
    shared_client: httpx.AsyncClient, body: Json, status: int, code: str, sentence: str
) -> None:
    is_vietnamese = not sentence.isascii()
    headers = VIETNAMESE if is_vietnamese else {"Accept-Language": "en"}
    response = await shared_client.post(MESSAGES, json=body, headers=headers)
    assert check_error(response, status, code)["detail"] == sentence


async def test_longest_message_is_taken(shared_client: httpx.AsyncClient) -> None:
    response = await shared_client.post(MESSAGES, json={"message": "bay " * 1000})
    assert response.status_code == 200


FAULTS = [
    ({"message": "hello", "colour": "red"}, "colour", "extra_forbidden"),
    ({"message": 5}, "message", "string_type"),
    ({"message": ["hello"]}, "message", "string_type"),
    ({"message": "a" * 50_001}, "message", "string_too_long"),
    ({"message": "hello", "conversation_id": "mine"}, "conversation_id", "uuid_parsing"),
    ({"message": "hello", "client_message_id": 7}, "client_message_id", "uuid_type"),
    ({"message": "hello", "channel": "Web Site"}, "channel", "string_pattern_mismatch"),
    ({"message": "hello", "locale": "english please"}, "locale", "string_pattern_mismatch"),
    ({"message": "hello", "time_zone": "../../etc/passwd"}, "time_zone", "string_pattern_mismatch"),
    ({"message": "hello", "context": "home page"}, "context", "dict_type"),
    ({"message": "hello", "context": {"page": "a" * 4_001}}, "context", "value_error"),
    ({"message": "hello", "context": {"page": "nul \0"}}, "context", "value_error"),
    ({"message": "hello", "context": {"nul \0": {"deep": [1]}}}, "context", "value_error"),
    ({"message": "hello", "user_id": 12}, "user_id", "string_type"),
    ({"message": "hello", "resume": {"interrupt_id": "x"}}, "resume", "list_type"),
    ({"message": "hello", "resume": [{"interrupt_id": "x", "status": "maybe"}]}, "status", "literal_error"),
    ({"message": "hello", "resume": [{"interrupt_id": "x"}]}, "status", "missing"),
    ({"message": "hello", "resume": [{"interrupt_id": "x", "status": "resolved"}]}, "resume", "value_error"),
    ({"resume": [{"interrupt_id": "nul \0", "status": "resolved"}]}, "interrupt_id", "string_pattern_mismatch"),
    (
        {"resume": [{"interrupt_id": "x", "status": "resolved", "payload": {"approved": True, "quote_hash": "\0"}}]},
        *("quote_hash", "string_pattern_mismatch"),
    ),
]


@pytest.mark.parametrize(("body", "field", "kind"), FAULTS)
async def test_malformed_payload_lists_its_faults_without_repeating_what_was_sent(
    shared_client: httpx.AsyncClient, body: Json, field: str, kind: str
) -> None:
    response = await shared_client.post(MESSAGES, json=body, headers={"Accept-Language": "en"})
    (fault,) = check_error(response, 422, "invalid_request")["detail"]
    assert set(fault) == {"loc", "msg", "type"}
    assert (fault["loc"][0], fault["loc"][-1], fault["type"]) == ("body", field, kind)
    assert fault["msg"].startswith(("This ", "There "))


async def test_faults_are_told_in_vietnamese_too(shared_client: httpx.AsyncClient) -> None:
    response = await shared_client.post(MESSAGES, json={"message": 5, "colour": 1}, headers=VIETNAMESE)
    faults = check_error(response, 422, "invalid_request")["detail"]
    assert [fault["msg"] for fault in faults] == ["Phải là một chuỗi.", "Không có trường nào tên này."]


RAW_BODIES = [
    (b'{"message": "caf\xe9"}', 400, "invalid_json"),
    (b"\x80\x81\x82\x83", 400, "invalid_json"),
    (b"[" * 30_000, 400, "invalid_json"),
    (b'{"message": ' + b"9" * 5_000 + b"}", 400, "invalid_json"),
    (b'{"message": "hello"', 422, "invalid_request"),
    (b"", 422, "invalid_request"),
    (b"null", 422, "invalid_request"),
    (b'["hello"]', 422, "invalid_request"),
    (b'{"message": "half a \\ud83d"}', 422, "invalid_request"),
    (b'{"message": "hello", "\\ud83d": 1}', 422, "invalid_request"),
    (b'{"message": "hello", "user_id": "\\udc00"}', 422, "invalid_request"),
]


@pytest.mark.parametrize(("content", "status", "code"), RAW_BODIES)
@pytest.mark.parametrize("path", [MESSAGES, "/v1/chat/conversations", "/v1/ag-ui"])
async def test_body_that_is_no_request_is_refused(
    shared_client: httpx.AsyncClient, path: str, content: bytes, status: int, code: str
) -> None:
    check_error(await shared_client.post(path, content=content, headers=AS_JSON), status, code)


async def test_control_characters_are_left_out_of_a_message(talk: Talk) -> None:
    reply = await talk.ask("xin\0 chào\x07\u202e")
    asked = (await talk.detail())["messages"][0]
    assert asked["content"].replace("\u202e", "") == "xin chào"
    assert reply["intent"] == "greeting"


async def test_message_is_kept_in_composed_form(talk: Talk) -> None:
    await talk.ask("xin cha\u0300o")
    assert (await talk.detail())["messages"][0]["content"] == "xin chào"


def json_of_size(size: int) -> bytes:
    return b'{"message": "' + b"a" * (size - 15) + b'"}'


async def send_in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1_000):
        yield body[start : start + 1_000]


@pytest.mark.parametrize("path", [MESSAGES, "/v1/chat/conversations", "/v1/ag-ui"])
@pytest.mark.parametrize("announced", [True, False], ids=["with length", "in chunks"])
async def test_body_of_70_kilobytes_is_too_large(shared_client: httpx.AsyncClient, path: str, announced: bool) -> None:
    body = json_of_size(70_000)
    content = body if announced else send_in_chunks(body)
    response = await shared_client.post(path, content=content, headers=AS_JSON | VIETNAMESE)
    assert ("content-length" in response.request.headers) == announced
    assert check_error(response, 413, "body_too_large")["detail"] == "Nội dung gửi lên quá lớn."


async def test_body_in_chunks_is_read_like_any_other(shared_client: httpx.AsyncClient) -> None:
    content = send_in_chunks(json.dumps({"message": "hello", "context": {"page": "a" * 3_000}}).encode())
    assert (await shared_client.post(MESSAGES, content=content, headers=AS_JSON)).status_code == 200


async def test_strangers_conversation_answers_exactly_like_one_that_does_not_exist(talk: Talk) -> None:
    run_id = (await talk.ask("hello"))["run_id"]
    stranger = {"X-Conversation-Token": "somebody-else" * 3, "X-Request-ID": "same"}
    no_token = {"X-Request-ID": "same"}
    del talk.client.headers["X-Conversation-Token"]
    paths = [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/messages"),
        ("GET", f"/runs/{run_id}/events"),
        ("POST", f"/runs/{run_id}/cancel"),
    ]
    for method, rest in paths:
        body = {"message": "hello"} if rest == "/messages" else None
        answers = [
            await talk.client.request(method, f"/v1/chat/conversations/{id_}{rest}", json=body, headers=headers)
            for id_ in (talk.id, str(uuid4()))
            for headers in (stranger, no_token)
        ]
        check_error(answers[0], 404, "conversation_not_found")
        assert len({answer.content for answer in answers}) == 1, (method, rest)


async def test_run_is_found_only_in_its_own_conversation(talk: Talk) -> None:
    run_id = (await talk.ask("hello"))["run_id"]
    other = await Talk.open(talk.client)
    for path in (f"{other.path}/runs/{run_id}", f"{talk.path}/runs/{uuid4()}"):
        check_error(await talk.client.get(f"{path}/events"), 404, "run_not_found")
        check_error(await talk.client.post(f"{path}/cancel"), 404, "run_not_found")


@pytest.mark.parametrize("cursor", ["abc", "-1", "1.5", str(10**12), "", " ", "1e3", "٣", "0x10"])
async def test_bad_position_in_a_log_is_refused(talk: Talk, cursor: str) -> None:
    run_id = (await talk.ask("hello"))["run_id"]
    path = f"{talk.path}/runs/{run_id}/events"
    answers = [await talk.client.get(path, params={"after": cursor})]
    if cursor.isascii():
        answers.append(await talk.client.get(path, headers={"Last-Event-ID": cursor}))
    for answer in answers:
        check_error(answer, 400, "cursor_invalid")


async def test_cancelling_a_run_that_has_ended_changes_nothing(talk: Talk) -> None:
    reply = await talk.ask("hello")
    before = await talk.read_log(reply["run_id"])
    await talk.cancel(reply["run_id"])
    await talk.cancel(reply["run_id"])
    assert await talk.read_log(reply["run_id"]) == before
    assert (await talk.detail())["messages"][-1]["run"] == "success"
    assert (await talk.ask("thanks"))["state"]["run"] == "success"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/chat/conversations/not-an-id", 422, "invalid_request"),
        ("GET", "/v1/chat/conversations?limit=0", 422, "invalid_request"),
        ("GET", "/v1/chat/conversations?limit=101", 422, "invalid_request"),
        ("GET", "/v1/chat/conversations?skip=-1", 422, "invalid_request"),
        ("GET", f"/v1/chat/conversations?skip={10**20}", 422, "invalid_request"),
        ("PUT", MESSAGES, 405, "method_not_allowed"),
        ("GET", MESSAGES, 405, "method_not_allowed"),
    ],
)
async def test_wrong_address_method_or_page_is_refused(
    shared_client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    check_error(await shared_client.request(method, path), status, code)


async def test_token_too_long_to_be_ours_is_refused(shared_client: httpx.AsyncClient) -> None:
    headers = {"X-Conversation-Token": "x" * 201}
    check_error(await shared_client.get("/v1/chat/conversations", headers=headers), 422, "invalid_request")


UNFLYABLE = [
    ("from Hanoi to Qwertyville on 25 December", "unknown_place", "I don't know the place “Qwertyville”."),
    ("Hà Nội đi Qwertyville ngày 25/12", "unknown_place", "Mình chưa biết “Qwertyville” là nơi nào."),
    ("from Hanoi to Hanoi on 25 December", "same_place", "Both ends of the trip are Hanoi."),
    ("Hà Nội đi Hà Nội ngày 25/12", "same_place", "Điểm đi và điểm đến đều là Hà Nội."),
    ("from Hanoi to Da Nang on 1 November 2026", "date_in_past", "Sunday 1 November 2026 has already passed."),
    ("Hà Nội đi Đà Nẵng ngày 20/11/2026", "date_in_past", "thứ Sáu 20/11/2026 đã qua rồi."),
    ("from Hanoi to Da Nang on 30 February", "impossible_date", "There is no “30 February” in the calendar."),
    ("Hà Nội đi Đà Nẵng ngày 30/2", "impossible_date", "Trong lịch không có “"),
    ("from Hanoi to Da Nang on 25 December 2028", "date_too_far", "Monday 25 December 2028 is too far ahead"),
    ("from Hanoi to Da Nang on 25 December for 0 adults", "no_travellers", "At least one person has to travel."),
    ("Hà Nội đi Đà Nẵng ngày 25/12 cho 0 người lớn", "no_travellers", "Cần ít nhất một khách."),
    ("from Hanoi to Da Nang on 25 December for 12 adults", "too_many_travellers", "12 travellers are too many"),
    ("Hà Nội đi Đà Nẵng ngày 25/12 cho 12 người lớn", "too_many_travellers", "12 khách thì nhiều quá"),
]


@pytest.mark.parametrize(("text", "code", "start"), UNFLYABLE)
async def test_trip_that_cannot_be_is_explained_in_a_sentence_and_the_talk_goes_on(
    shared_client: httpx.AsyncClient, text: str, code: str, start: str
) -> None:
    response = await shared_client.post(MESSAGES, json={"message": text})
    reply = response.json()
    assert response.status_code == 200
    assert reply["content"].startswith(start)
    assert reply["content"].endswith("?")
    assert reply["language"] == ("en" if text.isascii() else "vi")
    assert [problem["code"] for problem in reply["state"]["frame"]["problems"]] == [code]
    assert (reply["state"]["run"], reply["attachments"], reply["error"]) == ("success", [], None)


async def test_overload_is_refused_before_anything_is_written(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph.runner, "MAX_ACTIVE_RUNS", 0)
    response = await talk.post("hello")
    check_error(response, 503, "overloaded")
    assert response.headers["Retry-After"] == "2"
    assert (await talk.detail())["message_count"] == 0


async def test_one_stream_too_many_is_refused(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = (await talk.ask("hello"))["run_id"]
    monkeypatch.setattr(api.sse, "MAX_STREAMS", 0)
    response = await talk.client.get(f"{talk.path}/runs/{run_id}/events")
    check_error(response, 503, "overloaded")
    monkeypatch.undo()
    check_log(await talk.resume(run_id))


async def break_down(*_: Any, **__: Any) -> None:
    raise RuntimeError("internal detail")


async def test_bug_of_ours_is_a_500_that_tells_nothing(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "create", break_down)
    with structlog.testing.capture_logs() as logs:
        response = await talk.client.post("/v1/chat/conversations", json={}, headers=VIETNAMESE)
    body = check_error(response, 500, "internal")
    assert body["detail"] == "Có lỗi phía chúng tôi, bạn thử lại nhé."
    assert "internal detail" not in response.text
    (logged,) = [entry for entry in logs if entry["event"] == "request.failed"]
    assert logged["exc_info"]
